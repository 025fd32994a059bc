//===- InnerProduct.cpp - Products with very few columns ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// With one, two or four columns there is nothing to spread lanes over but k. A tile has as
// many outputs as a vector has lanes, one accumulator each, with lanes along k; at the end
// the lanes of all of them are summed at once, into one vector of outputs.
//
//===----------------------------------------------------------------------===//
#include "compiler/cpu/Contraction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

void ContractionEmitter::innerTask(Value mStart) {
  kStart = kernel.index(0);
  kCount = kernel.index(plan.k());
  panelStart = kernel.index(0);
  for (Pair &pair : pairs)
    packRowsOfB(pair);
  auto sub = [&](Value mSubStart) {
    subStart = mSubStart;
    subEnd = plan.mSub == plan.mBlock ? mEnd : kernel.min(kernel.add(mSubStart, kernel.index(plan.mSub)), mEnd);
    for (Pair &pair : pairs)
      if (pair.plan.packA)
        packA(pair);
    int64_t whole = plan.m() / plan.rows * plan.rows;
    auto loop = [&](Value from, Value to, int64_t rows) {
      forRange(from, to, plan.rows, [&](Value m) { innerTile(m, rows); });
    };
    Value edge = kernel.index(whole);
    if (whole)
      loop(subStart, whole == plan.m() ? subEnd : kernel.min(subEnd, edge), plan.rows);
    if (whole != plan.m())
      loop(kernel.max(subStart, edge), subEnd, plan.m() - whole);
  };
  if (plan.mSub == plan.mBlock)
    return sub(mStart);
  forRange(mStart, mEnd, plan.mSub, sub);
}

/// B as [n][k], ending in zeros where k does not fill a vector.
void ContractionEmitter::packRowsOfB(Pair &pair) {
  const ContractionOperand &operand = pair.operands.b;
  int64_t stride = roundUp(plan.k(), plan.lanes);
  forRange(kernel.index(0), kernel.index(plan.n()), 1, [&](Value n) {
    evaluator.bind(NAxis, n, kernel.nest.depth());
    forLanes(kernel, evaluator, KAxis, kernel.index(0), kCount, plan.k(), plan.lanes, [&](Value k) {
      Value value = evaluator.vector(evaluator.value(operand.tensor, operand.map));
      if (plan.k() < plan.lanes || plan.k() % plan.lanes) {
        // A prologue may make something else of the zeros that are read there.
        Value left = kernel.sub(kCount, k);
        Value inside = countMask(kernel, plan.lanes, left);
        Value zero = arith::ConstantOp::create(b, kernel.loc, b.getZeroAttr(vectorType));
        value = arith::SelectOp::create(b, kernel.loc, inside, value, zero);
      }
      vector::StoreOp::create(b, kernel.loc, value, pair.bScratch, kernel.add(kernel.mul(n, stride), k));
    });
  });
}

void ContractionEmitter::innerTile(Value m, int64_t rows) {
  Location loc = kernel.loc;
  int64_t n = plan.n(), k = plan.k(), stride = roundUp(k, plan.lanes);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType));
  SmallVector<Value> sums(rows * n, zero);
  auto step = [&](const Pair &pair, const Source &source, Value k, Value mask) {
    SmallVector<Value> columns;
    for (int64_t j = 0; j != n; ++j)
      columns.push_back(
          vector::LoadOp::create(b, loc, vectorType, pair.bScratch, kernel.add(k, kernel.index(j * stride))));
    Value base = kernel.add(source.base, k);
    for (int64_t i = 0; i != rows; ++i) {
      Value address = kernel.add(base, kernel.index(i * source.ownStride));
      Value row = mask ? Value(vector::MaskedLoadOp::create(b, loc, vectorType, source.row, address, mask, zero))
                       : Value(vector::LoadOp::create(b, loc, vectorType, source.row, address));
      for (int64_t j = 0; j != n; ++j)
        sums[i * n + j] = vector::FMAOp::create(b, loc, row, columns[j], sums[i * n + j]);
    }
  };
  int64_t whole = k / plan.lanes * plan.lanes;
  for (const Pair &pair : pairs) {
    Source source = sourceOfA(pair, m);
    if (whole) {
      auto loop = kernel.nest.open(kernel.index(0), kernel.index(whole), plan.lanes, sums);
      sums.assign(loop.getRegionIterArgs().begin(), loop.getRegionIterArgs().end());
      step(pair, source, loop.getInductionVar(), Value());
      sums = llvm::to_vector_of<Value>(kernel.nest.close(sums));
    }
    if (whole != k)
      step(pair, source, kernel.index(whole), prefixMask(kernel, plan.lanes, k - whole));
  }
  sums.resize(plan.lanes, zero);
  Value outputs = sumEach(sums);

  // The outputs lie along m and n as one axis.
  Axis both = merge(plan.axes[MAxis], plan.axes[NAxis]);
  Axis outputAxes[] = {plan.axes[BatchAxis], both};
  Evaluator at(kernel, outputAxes);
  unsigned level = kernel.nest.depth();
  at.bind(0, batch, batchLevel);
  at.bind(1, kernel.mul(m, n), level);
  at.setLanes(1, plan.lanes, rows * n == plan.lanes ? Value() : prefixMask(kernel, plan.lanes, rows * n));
  finish(at, {outputs, level, true});
}

/// A vector whose lane i is the sum of the lanes of `vectors[i]`.
Value ContractionEmitter::sumEach(SmallVector<Value> vectors) {
  int64_t n = plan.lanes, half = n / 2;
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i != half; ++i) {
    low.append({i, n + i});
    high.append({half + i, n + half + i});
  }
  for (; half >= 1; half /= 2) {
    SmallVector<Value> next;
    for (int64_t i = 0; i != half; ++i)
      next.push_back(arith::AddFOp::create(
          b, kernel.loc, vector::ShuffleOp::create(b, kernel.loc, vectors[i], vectors[i + half], low),
          vector::ShuffleOp::create(b, kernel.loc, vectors[i], vectors[i + half], high)));
    vectors = next;
  }
  return vectors[0];
}
