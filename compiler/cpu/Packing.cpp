//===- Packing.cpp - Operands of a contraction copied into order ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/Contraction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

void ContractionEmitter::allocate() {
  int64_t kPadded = roundUp(plan.kBlock, plan.lanes);
  if (plan.packA) {
    // A vector more than needed: no two rows at a power of two from one another.
    aScratchStride = (plan.packedAByRows ? kPadded : roundUp(plan.mSub, plan.lanes)) + plan.lanes;
    int64_t count = plan.packedAByRows ? plan.mSub : plan.kBlock;
    aScratch = frame.scratch(plan.element, aScratchStride * count);
  }
  if (plan.form == TileForm::Inner) {
    bScratch = frame.scratch(plan.element, kPadded * plan.n());
    return;
  }
  if (plan.packB)
    bScratch = frame.scratch(plan.element, kPadded * plan.panel());
  if (plan.kIsCut())
    partialSums = frame.scratch(plan.element, plan.mSub * plan.nBlock);
  else
    tileScratch = frame.scratch(plan.element, plan.rows * plan.panel());
}

void ContractionEmitter::copyAlong(const ContractionOperand &operand, ContractionAxis axis, Value from, Value to,
                                   Value row, llvm::function_ref<Value(Value)> address) {
  auto loop = [&](Value lower, Value upper, bool masked) {
    forRange(lower, upper, plan.lanes, [&](Value position) {
      evaluator.bind(axis, position, frame.nest.depth());
      Value mask;
      if (masked) {
        Value left = frame.sub(upper, position);
        mask = countMask(frame, plan.lanes, left);
      }
      evaluator.setLanes(axis, plan.lanes, mask);
      Value value = evaluator.vector(evaluator.value(operand.tensor, operand.map));
      vector::StoreOp::create(b, frame.loc, value, row, address(position));
    });
  };
  Value count = frame.sub(to, from);
  Value edge = frame.add(from, frame.mul(divided(count, plan.lanes), plan.lanes));
  loop(from, edge, false);
  loop(edge, to, true);
}

void ContractionEmitter::packA() {
  Value kEnd = frame.add(kStart, kCount);
  auto relative = [&](Value position, Value start) { return frame.sub(position, start); };
  if (plan.packedAByRows)
    return forRange(subStart, subEnd, 1, [&](Value m) {
      evaluator.bind(MAxis, m, frame.nest.depth());
      Value start = frame.mul(relative(m, subStart), aScratchStride);
      copyAlong(plan.a, KAxis, kStart, kEnd, aScratch,
                [&](Value k) { return frame.add(start, relative(k, kStart)); });
    });
  forRange(kStart, kEnd, 1, [&](Value k) {
    evaluator.bind(KAxis, k, frame.nest.depth());
    Value start = frame.mul(relative(k, kStart), aScratchStride);
    copyAlong(plan.a, MAxis, subStart, subEnd, aScratch,
              [&](Value m) { return frame.add(start, relative(m, subStart)); });
  });
}

void ContractionEmitter::packPanel() {
  bool transposed = plan.b.along(plan.axes[NAxis]) != ContractionOperand::Contiguous &&
                    plan.b.along(plan.axes[KAxis]) == ContractionOperand::Contiguous && plan.k() >= plan.lanes;
  if (transposed)
    packTransposed();
  else
    packColumns();
}

/// Lanes along n: one row of the panel after the other.
void ContractionEmitter::packColumns() {
  forRange(frame.index(0), kCount, 1, [&](Value k) {
    evaluator.bind(KAxis, frame.add(kStart, k), frame.nest.depth());
    for (int64_t v = 0; v != panelVectors; ++v) {
      Value offset = frame.index(v * plan.lanes);
      evaluator.bind(NAxis, frame.add(panelStart, offset), frame.nest.depth());
      evaluator.setLanes(NAxis, plan.lanes, v + 1 == panelVectors ? panelMask : Value());
      Value value = evaluator.vector(evaluator.value(plan.b.tensor, plan.b.map));
      vector::StoreOp::create(b, frame.loc, value, bScratch,
                              frame.add(frame.mul(k, plan.panel()), offset));
    }
  });
}

/// The transpose of a square of vectors, by log2 rounds of interleaving rows i and i + half.
static SmallVector<Value> transpose(OpBuilder &b, Location loc, SmallVector<Value> rows) {
  int64_t n = rows.size(), half = n / 2;
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i != half; ++i) {
    low.append({i, n + i});
    high.append({half + i, n + half + i});
  }
  for (int64_t round = 1; round < n; round *= 2) {
    SmallVector<Value> next;
    for (int64_t i = 0; i != half; ++i) {
      next.push_back(vector::ShuffleOp::create(b, loc, rows[i], rows[i + half], low));
      next.push_back(vector::ShuffleOp::create(b, loc, rows[i], rows[i + half], high));
    }
    rows = next;
  }
  return rows;
}

/// Lanes along k: squares of lanes x lanes are transposed in registers.
void ContractionEmitter::packTransposed() {
  auto square = [&](Value column, Value k, Value mask) {
    SmallVector<Value> rows;
    Value position = frame.add(kStart, k);
    unsigned level = frame.nest.depth();
    evaluator.bind(KAxis, position, level);
    evaluator.setLanes(KAxis, plan.lanes, mask);
    for (int64_t j = 0; j != plan.lanes; ++j) {
      Value n = frame.add(frame.add(panelStart, column), frame.index(j));
      // Beyond the edge, any column will do: what comes of it is not stored.
      if (panelMask)
        n = frame.min(n, frame.index(plan.n() - 1));
      evaluator.bind(NAxis, n, level);
      rows.push_back(evaluator.vector(evaluator.value(plan.b.tensor, plan.b.map)));
    }
    for (auto [i, row] : llvm::enumerate(transpose(b, frame.loc, rows))) {
      Value address = frame.add(frame.mul(frame.add(k, frame.index(i)), plan.panel()), column);
      vector::StoreOp::create(b, frame.loc, row, bScratch, address);
    }
  };
  forRange(frame.index(0), frame.index(panelVectors * plan.lanes), plan.lanes, [&](Value column) {
    // Blocks of k but the last are whole vectors.
    int64_t rest = plan.k() % plan.lanes;
    Value edge = frame.mul(divided(kCount, plan.lanes), plan.lanes);
    forRange(frame.index(0), edge, plan.lanes, [&](Value k) { square(column, k, Value()); });
    if (rest)
      forRange(edge, kCount, plan.lanes,
               [&](Value k) { square(column, k, prefixMask(frame, plan.lanes, rest)); });
  });
}

ContractionEmitter::Source ContractionEmitter::sourceOfA(Value m) {
  if (plan.packA) {
    Value row = frame.sub(m, subStart);
    if (plan.packedAByRows)
      return {aScratch, frame.mul(row, aScratchStride), aScratchStride, 1};
    return {aScratch, row, 1, aScratchStride};
  }
  const LinearForm &form = plan.a.form();
  evaluator.bind(MAxis, m, frame.nest.depth());
  evaluator.bind(KAxis, kStart, frame.nest.depth());
  evaluator.setLanes(std::nullopt, 1);
  return {frame.flatBuffer(plan.a.tensor), evaluator.address(form), *plan.axes[MAxis].stride(form),
          *plan.axes[KAxis].stride(form)};
}

ContractionEmitter::Source ContractionEmitter::sourceOfB() {
  if (plan.packB)
    return {bScratch, frame.index(0), 1, plan.panel()};
  const LinearForm &form = plan.b.form();
  evaluator.bind(NAxis, panelStart, panelLevel);
  evaluator.bind(KAxis, kStart, frame.nest.depth());
  evaluator.setLanes(std::nullopt, 1);
  return {frame.flatBuffer(plan.b.tensor), evaluator.address(form), *plan.axes[NAxis].stride(form),
          *plan.axes[KAxis].stride(form)};
}
