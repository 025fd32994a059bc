//===- Parallel.h - Work on many records at once ----------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_PARALLEL_H
#define AGON_RUNTIME_DATA_PARALLEL_H

#include <cstddef>
#include <functional>

namespace agon::rt {

/// Calls `body` with 0 .. count - 1 on up to `threads` threads, in no particular order.
/// \throws what the call for the least number threw, of those that threw; further numbers may have been left out.
void parallelFor(size_t count, int threads, const std::function<void(size_t)> &body);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_PARALLEL_H
