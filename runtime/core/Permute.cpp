#include "runtime/core/Permute.h"

#include <algorithm>
#include <cstring>
#include <vector>

using namespace agon::rt;

bool agon::rt::isPermutation(std::span<const uint32_t> order) {
  std::vector<bool> seen(order.size(), false);
  for (uint32_t axis : order) {
    if (axis >= order.size() || seen[axis])
      return false;
    seen[axis] = true;
  }
  return true;
}

namespace {

/// A loop: its length, and its steps in bytes.
struct Loop {
  int64_t size, from, to;
};

/// Lines of the first-level cache that a block touches on either side are read and written as a whole.
constexpr int64_t block = 32;

/// Two loops, of which one has short steps on the one side and the other on the other.
template <typename T> void copyPlane(const std::byte *from, std::byte *to, const Loop &outer, const Loop &inner) {
  for (int64_t outerBegin = 0; outerBegin < outer.size; outerBegin += block)
    for (int64_t innerBegin = 0; innerBegin < inner.size; innerBegin += block)
      for (int64_t i = outerBegin, end = std::min(outer.size, i + block); i < end; ++i)
        for (int64_t j = innerBegin, last = std::min(inner.size, j + block); j < last; ++j)
          std::memcpy(to + i * outer.to + j * inner.to, from + i * outer.from + j * inner.from, sizeof(T));
}

template <typename T> void copyAll(const std::byte *from, std::byte *to, std::span<const Loop> loops) {
  if (loops.size() > 2) {
    for (int64_t i = 0; i < loops[0].size; ++i)
      copyAll<T>(from + i * loops[0].from, to + i * loops[0].to, loops.subspan(1));
    return;
  }
  copyPlane<T>(from, to, loops[0], loops[1]);
}

} // namespace

void agon::rt::permute(const std::byte *from, std::byte *to, std::span<const int64_t> shape,
                       std::span<const uint32_t> order, size_t elementBytes) {
  std::vector<int64_t> steps(shape.size());
  int64_t step = int64_t(elementBytes);
  for (size_t axis = shape.size(); axis-- > 0; step *= shape[axis])
    steps[axis] = step;
  if (step == 0)
    return;
  // From the last axis of the copy to its first; neighbours that stay neighbours are one.
  std::vector<Loop> loops;
  step = int64_t(elementBytes);
  for (size_t i = order.size(); i-- > 0; step *= shape[order[i]]) {
    Loop loop{shape[order[i]], steps[order[i]], step};
    if (loop.size == 1)
      continue;
    if (!loops.empty() && loops.back().from * loops.back().size == loop.from)
      loops.back().size *= loop.size;
    else
      loops.push_back(loop);
  }
  if (loops.empty() || (loops.size() == 1 && loops[0].from == int64_t(elementBytes))) {
    std::memcpy(to, from, size_t(step));
    return;
  }
  std::reverse(loops.begin(), loops.end());
  // The innermost two: that with the shortest steps there and that with the shortest here, the last.
  auto shortest =
      std::min_element(loops.begin(), loops.end() - 1, [](const Loop &a, const Loop &b) { return a.from < b.from; });
  std::rotate(shortest, shortest + 1, loops.end() - 1);
  if (elementBytes == 4)
    copyAll<uint32_t>(from, to, loops);
  else
    copyAll<uint64_t>(from, to, loops);
}
