//===- Arena.h - Static placement of buffers with known lifetimes -*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_ARENA_H
#define AGON_COMPILER_CODEGEN_ARENA_H

#include <cstdint>
#include <vector>

namespace agon::codegen {

/// Every buffer starts at a multiple of this many bytes: a cache line and the
/// widest vector.
constexpr uint64_t arenaAlignment = 64;

constexpr uint64_t alignToArena(uint64_t bytes) {
  return (bytes + arenaAlignment - 1) / arenaAlignment * arenaAlignment;
}

/// A buffer that lives from the operation that defines it to its last reader,
/// both ends included (indices into a straight-line function).
struct Lifetime {
  uint64_t bytes;
  int64_t first, last;
  uint64_t offset = 0; ///< Filled by packArena.
};

/// Gives each lifetime an offset so that buffers alive together do not
/// overlap, and returns the bytes needed. Greedy: the largest buffer first, each
/// at the lowest gap that fits (Pisarchyk and Lee 2020, "Efficient memory
/// management for deep neural net inference"), and the same with the largest
/// product of bytes and lifetime first, whichever needs less.
uint64_t packArena(std::vector<Lifetime> &lifetimes);

} // namespace agon::codegen
#endif
