//===- Interleave.cpp - Vectors of neighbours and of every k-th -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Let k be odd and W a power of two. Elements j, j + k, j + 2k, ... of k vectors of
// W neighbours then lie in W different lanes: blending the vectors collects them, in
// the wrong order, and one permutation puts them right. Blends are the cheapest of
// shuffles, one instruction even where two vectors cannot be permuted at once.
//
//===----------------------------------------------------------------------===//
#include "compiler/kernel/Interleave.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

static int64_t lanesOf(Value vector) { return cast<VectorType>(vector.getType()).getNumElements(); }

static Value shuffle(OpBuilder &b, Location loc, Value x, Value y, int64_t lanes,
                     llvm::function_ref<int64_t(int64_t)> source) {
  SmallVector<int64_t> mask;
  for (int64_t lane = 0; lane != lanes; ++lane)
    mask.push_back(source(lane));
  return vector::ShuffleOp::create(b, loc, x, y, mask);
}

/// Lane p of the result is that of vectors[pick(p)].
static Value blend(OpBuilder &b, Location loc, ArrayRef<Value> vectors, llvm::function_ref<int64_t(int64_t)> pick) {
  int64_t lanes = lanesOf(vectors[0]);
  Value result;
  for (auto [i, vector] : llvm::enumerate(vectors)) {
    bool used = false;
    for (int64_t lane = 0; lane != lanes; ++lane)
      used |= pick(lane) == int64_t(i);
    if (used)
      result = result ? shuffle(b, loc, result, vector, lanes,
                                [&](int64_t lane) { return pick(lane) == int64_t(i) ? lanes + lane : lane; })
                      : vector;
  }
  return result;
}

SmallVector<Value> agon::kernels::deinterleaveLanes(OpBuilder &b, Location loc, ArrayRef<Value> vectors) {
  int64_t k = vectors.size(), lanes = lanesOf(vectors[0]);
  SmallVector<Value> result(k);
  if (k == 1)
    return {vectors[0]};
  if (k % 2 == 0) {
    for (int64_t parity : {0, 1}) {
      SmallVector<Value> half;
      for (int64_t i = 0; i != k; i += 2)
        half.push_back(
            shuffle(b, loc, vectors[i], vectors[i + 1], lanes, [&](int64_t lane) { return 2 * lane + parity; }));
      for (auto [i, vector] : llvm::enumerate(deinterleaveLanes(b, loc, half)))
        result[2 * i + parity] = vector;
    }
    return result;
  }
  for (int64_t j = 0; j != k; ++j) {
    Value collected = blend(b, loc, vectors, [&](int64_t lane) {
      int64_t i = 0;
      while ((i * lanes + lane) % k != j)
        ++i;
      return i;
    });
    result[j] = shuffle(b, loc, collected, collected, lanes, [&](int64_t lane) { return (k * lane + j) % lanes; });
  }
  return result;
}

SmallVector<Value> agon::kernels::interleaveLanes(OpBuilder &b, Location loc, ArrayRef<Value> vectors) {
  int64_t k = vectors.size(), lanes = lanesOf(vectors[0]);
  SmallVector<Value> result(k);
  if (k == 1)
    return {vectors[0]};
  if (k % 2 == 0) {
    SmallVector<Value> halves[2];
    for (auto [j, vector] : llvm::enumerate(vectors))
      halves[j % 2].push_back(vector);
    for (SmallVector<Value> &half : halves)
      half = interleaveLanes(b, loc, half);
    for (int64_t i = 0; i != k; ++i)
      result[i] = shuffle(b, loc, halves[0][i / 2], halves[1][i / 2], lanes,
                          [&](int64_t lane) { return i % 2 * (lanes / 2) + lane / 2 + lane % 2 * lanes; });
    return result;
  }
  SmallVector<Value> placed;
  for (int64_t j = 0; j != k; ++j)
    placed.push_back(shuffle(b, loc, vectors[j], vectors[j], lanes, [&](int64_t lane) {
      int64_t from = 0;
      while ((k * from + j) % lanes != lane)
        ++from;
      return from;
    }));
  for (int64_t i = 0; i != k; ++i)
    result[i] = blend(b, loc, placed, [&](int64_t lane) { return (i * lanes + lane) % k; });
  return result;
}

int64_t agon::kernels::interleaveShuffles(int64_t k) {
  int64_t shuffles = 0;
  for (; k % 2 == 0; k /= 2)
    ++shuffles;
  return k == 1 ? shuffles : shuffles + k;
}
