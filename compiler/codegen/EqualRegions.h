//===- EqualRegions.h - Regions that are one kernel -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_EQUALREGIONS_H
#define AGON_COMPILER_CODEGEN_EQUALREGIONS_H

#include "dialects/agon/Agon.h"
#include "llvm/ADT/MapVector.h"
#include <map>

namespace agon::codegen {

/// What makes two regions one kernel: equal bodies and plans, and buffers shared alike.
struct RegionKey {
  RegionOp region;
  /// The buffer of each input, then of each result, numbered in the order of their first use.
  llvm::SmallVector<unsigned> bufferOf;
  /// The place of each buffer.
  llvm::SmallVector<mlir::Attribute> places;

  /// Of a region that is placed; of one within another, as if each value had a buffer of its own.
  explicit RegionKey(RegionOp region);
  llvm::hash_code hash() const;
  bool isSameKernel(const RegionKey &other) const;
};

/// A value for each kernel. The regions of its keys must stay unchanged.
template <typename T> class ByKernel {
public:
  /// What was kept for an equal region; null if nothing.
  T *find(const RegionKey &key) {
    for (auto &[known, value] : buckets[key.hash()])
      if (known.isSameKernel(key))
        return &value;
    return nullptr;
  }
  /// Keeps `value` for regions equal to `key`'s; valid until the next one is kept.
  T *keep(const RegionKey &key, T value) { return &buckets[key.hash()].emplace_back(key, std::move(value)).second; }

private:
  std::map<size_t, std::vector<std::pair<RegionKey, T>>> buckets;
};

} // namespace agon::codegen
#endif
