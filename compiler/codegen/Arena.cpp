//===- Arena.cpp - Static placement of buffers with known lifetimes -------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Arena.h"
#include <algorithm>
#include <numeric>

namespace agon::codegen {

/// Places the lifetimes in `order`, each at the lowest gap that fits.
static uint64_t packInOrder(std::vector<Lifetime> &lifetimes, const std::vector<size_t> &order) {
  uint64_t total = 0;
  std::vector<size_t> placed; // by offset
  for (size_t current : order) {
    Lifetime &buffer = lifetimes[current];
    uint64_t size = alignToArena(buffer.bytes);
    uint64_t candidate = 0;
    for (size_t other : placed) {
      const Lifetime &neighbour = lifetimes[other];
      if (neighbour.last < buffer.first || buffer.last < neighbour.first)
        continue;
      if (candidate + size <= neighbour.offset)
        break;
      candidate = std::max(candidate, neighbour.offset + alignToArena(neighbour.bytes));
    }
    buffer.offset = candidate;
    total = std::max(total, candidate + size);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), current,
                                   [&](size_t a, size_t b) { return lifetimes[a].offset < lifetimes[b].offset; }),
                  current);
  }
  return total;
}

uint64_t packArena(std::vector<Lifetime> &lifetimes) {
  auto ordered = [&](auto weight) {
    std::vector<size_t> order(lifetimes.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return weight(lifetimes[a]) > weight(lifetimes[b]); });
    return order;
  };
  std::vector<size_t> bySize = ordered([](const Lifetime &each) { return double(each.bytes); });
  std::vector<size_t> byArea =
      ordered([](const Lifetime &each) { return double(each.bytes) * double(each.last - each.first + 1); });
  uint64_t areaFirst = packInOrder(lifetimes, byArea);
  std::vector<Lifetime> byAreaPlaced = lifetimes;
  uint64_t sizeFirst = packInOrder(lifetimes, bySize);
  if (areaFirst < sizeFirst)
    lifetimes = std::move(byAreaPlaced);
  return std::min(areaFirst, sizeFirst);
}

} // namespace agon::codegen
