//===- Permute.h - Tensors in another order of their axes -------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_PERMUTE_H
#define AGON_RUNTIME_CORE_PERMUTE_H

#include <cstddef>
#include <cstdint>
#include <span>

namespace agon::rt {

/// Whether each of 0 ... n - 1 occurs once.
bool isPermutation(std::span<const uint32_t> order);

/// Copies a row-major tensor of `shape` so that axis i of the copy, row-major
/// too, is axis order[i]. Elements have 4 or 8 bytes, aligned or not; the two
/// places must not overlap.
void permute(const std::byte *from, std::byte *to, std::span<const int64_t> shape, std::span<const uint32_t> order,
             size_t elementBytes);

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_PERMUTE_H
