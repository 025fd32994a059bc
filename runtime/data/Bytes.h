//===- Bytes.h - Large blocks of bytes --------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_BYTES_H
#define AGON_RUNTIME_DATA_BYTES_H

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace agon::rt {

/// Where large blocks lie: on huge pages of memory where the system has them to give; or in files of a folder, which
/// have no name, so that they are gone when the program is, and are looked at as memory.
class BlockStore {
public:
  BlockStore() = default;
  explicit BlockStore(std::string folder) : folder(std::move(folder)) {}

  /// Blocks of this size lie here; smaller ones do not count.
  static constexpr size_t least = size_t(4) << 20;

  bool isOnDisk() const { return !folder.empty(); }
  /// \throws std::bad_alloc; Failure (InputOutput): the folder cannot be written, or has no room for so much.
  void *allocate(size_t bytes) const;
  void release(void *block, size_t bytes) const;

private:
  std::string folder;
};

/// Elements start with any value: data sets are filled by reading, and zeroing 4 KiB at a time would take longer than
/// the reading itself.
template <typename T> struct UnfilledAllocator {
  using value_type = T;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;
  UnfilledAllocator() = default;
  explicit UnfilledAllocator(std::shared_ptr<const BlockStore> store) : store(std::move(store)) {}
  template <typename U> UnfilledAllocator(const UnfilledAllocator<U> &other) : store(other.store) {}

  T *allocate(size_t count) {
    if (count > size_t(-1) / 2 / sizeof(T))
      throw std::bad_alloc();
    size_t bytes = count * sizeof(T);
    if (bytes < BlockStore::least)
      return static_cast<T *>(::operator new(bytes));
    return static_cast<T *>((store ? *store : BlockStore()).allocate(bytes));
  }
  void deallocate(T *block, size_t count) {
    size_t bytes = count * sizeof(T);
    if (bytes < BlockStore::least)
      ::operator delete(block);
    else
      (store ? *store : BlockStore()).release(block, bytes);
  }
  template <typename U> void construct(U *at) { ::new (static_cast<void *>(at)) U; }
  template <typename U, typename... Args> void construct(U *at, Args &&...args) {
    ::new (static_cast<void *>(at)) U(std::forward<Args>(args)...);
  }
  friend bool operator==(const UnfilledAllocator &a, const UnfilledAllocator &b) { return a.store == b.store; }

  std::shared_ptr<const BlockStore> store; ///< null: memory
};

using Bytes = std::vector<std::byte, UnfilledAllocator<std::byte>>;

/// Whether a block's bytes need no memory.
inline bool isOnDisk(const Bytes &bytes) {
  const auto &store = bytes.get_allocator().store;
  return store && store->isOnDisk();
}

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_BYTES_H
