//===- Bytes.h - Large blocks of bytes --------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_BYTES_H
#define AGON_RUNTIME_DATA_BYTES_H

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <sys/mman.h>
#include <utility>
#include <vector>

namespace agon::rt {

/// Elements start with any value, and large blocks lie on huge pages where the
/// system has them to give: data sets are filled by reading, and zeroing 4 KiB
/// at a time would take longer than the reading itself.
template <typename T> struct UnfilledAllocator {
  using value_type = T;
  UnfilledAllocator() = default;
  template <typename U> UnfilledAllocator(const UnfilledAllocator<U> &) {}

  T *allocate(size_t count) {
    constexpr size_t hugePage = size_t(2) << 20;
    size_t bytes = count * sizeof(T);
    if (bytes < 2 * hugePage)
      return static_cast<T *>(::operator new(bytes));
    if (bytes > size_t(-1) / 2)
      throw std::bad_alloc();
    void *block = std::aligned_alloc(hugePage, (bytes + hugePage - 1) / hugePage * hugePage);
    if (!block)
      throw std::bad_alloc();
    (void)madvise(block, bytes, MADV_HUGEPAGE); // advice only
    return static_cast<T *>(block);
  }
  void deallocate(T *block, size_t count) {
    if (count * sizeof(T) < 2 * (size_t(2) << 20))
      ::operator delete(block);
    else
      std::free(block);
  }
  template <typename U> void construct(U *at) { ::new (static_cast<void *>(at)) U; }
  template <typename U, typename... Args> void construct(U *at, Args &&...args) {
    ::new (static_cast<void *>(at)) U(std::forward<Args>(args)...);
  }
  friend bool operator==(const UnfilledAllocator &, const UnfilledAllocator &) { return true; }
};

using Bytes = std::vector<std::byte, UnfilledAllocator<std::byte>>;

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_BYTES_H
