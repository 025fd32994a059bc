//===- Contraction.cpp - Register-blocked matrix products -----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The loops of one task, in the form TileForm::Outer:
//
//   for a block of rows of A:
//     for a block of k (mostly all of it):
//       copy A's block, if it cannot be read where it lies
//       for a panel of columns of B:
//         copy the panel, [k][columns], likewise
//         for a tile of rows:
//           accumulate in registers over k; epilogue; store
//
// A sum of contractions has several As and Bs: all blocks and panels are copied, and
// accumulated over one after the other; a block of a k that is cut is of one of them.
//
// Elementwise prologues are evaluated while copying, epilogues on the accumulators. An
// output's sum runs over k in order, in one chain: it does not depend on tasks.
//
//===----------------------------------------------------------------------===//
#include "compiler/cpu/Contraction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

ContractionEmitter::ContractionEmitter(CpuKernel &kernel, ContractionPlan &plan)
    : kernel(kernel), plan(plan), b(kernel.builder), evaluator(kernel, plan.axes),
      vectorType(VectorType::get({plan.lanes}, plan.element)), copyType(vectorType), bf16(b, kernel.loc, plan.target) {
  if (plan.precision == Precision::Bf16)
    copyType = bf16.type();
  for (auto [pair, reading] : llvm::zip_equal(plan.pairs, plan.readings))
    pairs.push_back({pair, reading, makeCursor(pair.a, MAxis), makeCursor(pair.b, NAxis), {}, {}});
  atHand = pairs;
}

Value ContractionEmitter::divided(Value value, int64_t by) {
  if (auto known = value.getDefiningOp<arith::ConstantIndexOp>())
    return kernel.index(known.value() / by);
  return by == 1 ? value : Value(arith::DivUIOp::create(b, kernel.loc, value, kernel.index(by)));
}
Value ContractionEmitter::remainder(Value value, int64_t by) {
  return by == 1 ? kernel.index(0) : Value(arith::RemUIOp::create(b, kernel.loc, value, kernel.index(by)));
}

void ContractionEmitter::forRange(Value lower, Value upper, int64_t step, llvm::function_ref<void(Value)> body) {
  if (lower == upper)
    return;
  auto loop = kernel.nest.open(lower, upper, step);
  body(loop.getInductionVar());
  evaluator.forget(kernel.nest.depth());
  for (Pair &pair : pairs)
    for (Cursor *cursor : {&pair.a, &pair.b})
      cursor->at.forget(kernel.nest.depth());
  kernel.nest.close();
}

void ContractionEmitter::emit() {
  kernel.tasks = plan.batch() * plan.mBlocks() * plan.nBlocks();
  allocate();
  auto task = [&](Value batchIndex, Value mStart, Value nStart) {
    batch = batchIndex;
    batchLevel = kernel.nest.depth();
    evaluator.bind(BatchAxis, batch, batchLevel);
    for (Pair &pair : pairs)
      for (Cursor *cursor : {&pair.a, &pair.b})
        cursor->at.bind(Cursor::Batch, batch, batchLevel);
    mEnd = plan.mBlocks() == 1 ? kernel.index(plan.m())
                               : kernel.min(kernel.add(mStart, kernel.index(plan.mBlock)), kernel.index(plan.m()));
    nEnd = plan.nBlocks() == 1 ? kernel.index(plan.n())
                               : kernel.min(kernel.add(nStart, kernel.index(plan.nBlock)), kernel.index(plan.n()));
    blockStart = nStart;
    if (plan.tileForm == TileForm::Inner)
      innerTask(mStart);
    else
      outerTask(mStart, nStart);
  };
  if (kernel.tasks == 1)
    return task(kernel.index(0), kernel.index(0), kernel.index(0));
  forRange(kernel.begin, kernel.end, 1, [&](Value t) {
    int64_t perBatch = plan.mBlocks() * plan.nBlocks();
    Value rest = remainder(t, perBatch);
    task(divided(t, perBatch), kernel.mul(divided(rest, plan.nBlocks()), plan.mBlock),
         kernel.mul(remainder(rest, plan.nBlocks()), plan.nBlock));
  });
}

//===----------------------------------------------------------------------===//
// Outer form
//===----------------------------------------------------------------------===//

void ContractionEmitter::outerTask(Value mStart, Value nStart) {
  auto sub = [&](Value mSubStart) {
    subStart = mSubStart;
    subEnd = plan.mSub == plan.mBlock ? mEnd : kernel.min(kernel.add(mSubStart, kernel.index(plan.mSub)), mEnd);
    if (!plan.kIsCut) {
      kStart = kernel.index(0);
      kCount = kernel.index(plan.k());
      return kBlock(nStart);
    }
    clearPartialSums();
    for (Pair &pair : pairs) {
      atHand = pair;
      forRange(kernel.index(0), kernel.index(plan.k()), plan.kBlock, [&](Value k) {
        kStart = k;
        kCount = kernel.sub(kernel.min(kernel.add(k, kernel.index(plan.kBlock)), kernel.index(plan.k())), k);
        kBlock(nStart);
      });
    }
    finishPartialSums(nStart);
  };
  if (plan.mSub == plan.mBlock)
    return sub(mStart);
  forRange(mStart, mEnd, plan.mSub, sub);
}

void ContractionEmitter::kBlock(Value nStart) {
  for (Pair &pair : atHand)
    if (pair.plan.packA)
      packA(pair);
  // Whole panels, then what is left of the last one, masked.
  int64_t whole = plan.n() / plan.panel() * plan.panel(), rest = plan.n() - whole;
  auto panels = [&](Value from, Value to, int64_t vectors, int64_t columnsOfLast) {
    forRange(from, to, plan.panel(), [&](Value n) {
      panelStart = n;
      panelLevel = kernel.nest.depth();
      panelVectors = vectors;
      panelMask = columnsOfLast == plan.lanes ? Value() : prefixMask(kernel, plan.lanes, columnsOfLast);
      for (Pair &pair : atHand)
        if (pair.plan.packB)
          packPanel(pair);
      tiles();
    });
  };
  Value edge = kernel.index(whole);
  if (rest == 0)
    return panels(nStart, nEnd, plan.vectors, plan.lanes);
  if (whole)
    panels(nStart, kernel.min(nEnd, edge), plan.vectors, plan.lanes);
  int64_t vectors = ceilDiv(rest, plan.lanes);
  panels(kernel.max(nStart, edge), nEnd, vectors, rest - (vectors - 1) * plan.lanes);
}

void ContractionEmitter::tiles() {
  int64_t whole = plan.m() / plan.rows * plan.rows;
  auto loop = [&](Value from, Value to, int64_t rows) {
    forRange(from, to, plan.rows, [&](Value m) { tile(m, rows); });
  };
  if (whole == plan.m())
    return loop(subStart, subEnd, plan.rows);
  Value edge = kernel.index(whole);
  if (whole)
    loop(subStart, kernel.min(subEnd, edge), plan.rows);
  loop(kernel.max(subStart, edge), subEnd, plan.m() - whole);
}

SmallVector<Value> ContractionEmitter::step(const Reading &reading, Value aRow, ArrayRef<Value> aRows, Value bRow,
                                            Value bAt, ValueRange sums) {
  Location loc = kernel.loc;
  SmallVector<Value> columns, next;
  for (int64_t v = 0; v != panelVectors; ++v) {
    Value address = kernel.add(bAt, kernel.index(v * plan.lanes * plan.depth()));
    // Weights that are read once for all rows come from memory: the next panel, or block of it, on the way while this
    // one is used.
    if (reading.prefetchB)
      prefetch(bRow, kernel.add(address, kernel.index(plan.kBlock * plan.panel())), /*locality=*/2);
    if (!reading.packB && panelMask && v + 1 == panelVectors) {
      Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType));
      columns.push_back(vector::MaskedLoadOp::create(b, loc, vectorType, bRow, address, panelMask, zero));
    } else {
      columns.push_back(vector::LoadOp::create(b, loc, copyType, bRow, address));
    }
  }
  bool rounded = plan.precision == Precision::Bf16;
  for (auto [i, address] : llvm::enumerate(aRows)) {
    Value spread = rounded ? bf16.spread(aRow, address)
                           : Value(vector::BroadcastOp::create(
                                 b, loc, vectorType, memref::LoadOp::create(b, loc, aRow, address).getResult()));
    for (int64_t v = 0; v != panelVectors; ++v) {
      Value sum = sums[i * panelVectors + v];
      next.push_back(rounded ? bf16.multiplyAdd(spread, columns[v], sum)
                             : Value(vector::FMAOp::create(b, loc, spread, columns[v], sum)));
    }
  }
  return next;
}

SmallVector<Value> ContractionEmitter::accumulate(Value m, int64_t rows) {
  Location loc = kernel.loc;
  SmallVector<Value> accumulators;
  if (plan.kIsCut) {
    for (int64_t i = 0; i != rows; ++i)
      for (int64_t v = 0; v != panelVectors; ++v)
        accumulators.push_back(vector::LoadOp::create(b, loc, vectorType, partialSums, partialAddress(m, i, v)));
  } else {
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType));
    accumulators.assign(rows * panelVectors, zero);
  }
  for (Pair &pair : atHand)
    accumulators = accumulate(pair, m, rows, accumulators);
  return accumulators;
}

SmallVector<Value> ContractionEmitter::accumulate(Pair &pair, Value m, int64_t rows, ValueRange accumulators) {
  const ContractionOperand &a = pair.operands.a;
  Source bSource = sourceOfB(pair);
  auto bAt = [&](Value k) { return kernel.add(bSource.base, kernel.mul(k, bSource.kStride)); };
  if (!pair.plan.aInRuns) {
    Source aSource = sourceOfA(pair, m);
    auto steps = [&](Value from, Value to, ValueRange sums) {
      auto loop = kernel.nest.open(from, to, plan.depth(), sums);
      Value k = loop.getInductionVar();
      Value base = kernel.add(aSource.base, kernel.mul(k, aSource.kStride));
      // Columns far apart are what no processor fetches by itself: a few steps ahead, or a block of k that is cut.
      if (!pair.plan.packA && aSource.ownStride == 1 && aSource.kStride >= 4 * plan.lanes) {
        int64_t ahead = plan.kIsCut ? plan.kBlock : 12;
        prefetch(aSource.row, kernel.add(base, kernel.index(ahead * aSource.kStride)),
                 /*locality=*/plan.kIsCut ? 2 : 3);
      }
      SmallVector<Value> at;
      for (int64_t i = 0; i != rows; ++i)
        at.push_back(kernel.add(base, kernel.index(i * aSource.ownStride)));
      return kernel.nest.close(step(pair.plan, aSource.row, at, bSource.row, bAt(k), loop.getRegionIterArgs()));
    };
    if (!fetchesAhead(pair))
      return steps(kernel.index(0), kCount, accumulators);
    return inChunks(plan.lanes, accumulators, [&](Value from, Value to, ValueRange sums) {
      fetchAhead(pair, m, rows, from, plan.lanes);
      return steps(from, to, sums);
    });
  }
  // A row's address is the sum of what depends on the row and what depends on k.
  LinearForm ofRow = a.form(), ofK = a.form();
  for (unsigned dim : plan.axes[KAxis].dims)
    ofRow.coefficients[dim] = 0;
  for (unsigned axis : {BatchAxis, MAxis})
    for (unsigned dim : plan.axes[axis].dims)
      ofK.coefficients[dim] = 0;
  ofK.constant = 0;
  Value row = kernel.flatBuffer(a.tensor);
  pair.a.at.setLanes(std::nullopt, 1);
  SmallVector<Value> starts;
  for (int64_t i = 0; i != rows; ++i) {
    seek(pair.a, MAxis, i ? kernel.add(m, kernel.index(i)) : m);
    starts.push_back(pair.a.at.address(ofRow));
  }
  int64_t span = plan.span(pair.operands);
  auto run = [&](Value first, ValueRange sums) {
    seek(pair.a, KAxis, kernel.add(kStart, first));
    Value jump = pair.a.at.address(ofK);
    SmallVector<Value> begins;
    for (Value start : starts)
      begins.push_back(kernel.add(start, jump));
    auto loop = kernel.nest.open(kernel.index(0), kernel.index(span), 1, sums);
    Value k = loop.getInductionVar();
    SmallVector<Value> at;
    for (Value begin : begins)
      at.push_back(kernel.add(begin, k));
    return kernel.nest.close(
        step(pair.plan, row, at, bSource.row, bAt(kernel.add(first, k)), loop.getRegionIterArgs()));
  };
  if (plan.kBlock == span)
    return run(kernel.index(0), accumulators);
  auto loop = kernel.nest.open(kernel.index(0), kCount, span, accumulators);
  return kernel.nest.close(llvm::to_vector_of<Value>(run(loop.getInductionVar(), loop.getRegionIterArgs())));
}

void ContractionEmitter::tile(Value m, int64_t rows) {
  Location loc = kernel.loc;
  SmallVector<Value> accumulators = accumulate(m, rows);
  auto each = [&](llvm::function_ref<void(int64_t, int64_t)> body) {
    for (int64_t i = 0; i != rows; ++i)
      for (int64_t v = 0; v != panelVectors; ++v)
        body(i, v);
  };
  if (plan.kIsCut)
    return each([&](int64_t i, int64_t v) {
      vector::StoreOp::create(b, loc, accumulators[i * panelVectors + v], partialSums, partialAddress(m, i, v));
    });
  auto point = [&](Value row, int64_t v, Value value) {
    Value column;
    {
      OpBuilder::InsertionGuard guard(b);
      kernel.nest.moveTo(panelLevel);
      Value &known = columnStarts[{panelStart, v}];
      if (!known)
        known = v ? kernel.add(panelStart, kernel.index(v * plan.lanes)) : panelStart;
      column = known;
    }
    evaluator.bind(MAxis, row, kernel.nest.depth());
    evaluator.bind(NAxis, column, panelLevel);
    evaluator.setLanes(NAxis, plan.lanes, v + 1 == panelVectors ? panelMask : Value());
    finish(evaluator, {value, kernel.nest.depth(), true});
  };
  // A short epilogue is done in registers; of a long one there is one copy, in a loop.
  if (rows * panelVectors * plan.epilogue.survey.work <= 160)
    return each([&](int64_t i, int64_t v) {
      point(i ? kernel.add(m, kernel.index(i)) : m, v, accumulators[i * panelVectors + v]);
    });
  each([&](int64_t i, int64_t v) {
    vector::StoreOp::create(b, loc, accumulators[i * panelVectors + v], tileScratch,
                            kernel.index(i * plan.panel() + v * plan.lanes));
  });
  forRange(kernel.index(0), kernel.index(rows), 1, [&](Value i) {
    Value row = kernel.add(m, i), start = kernel.mul(i, plan.panel());
    for (int64_t v = 0; v != panelVectors; ++v)
      point(row, v,
            vector::LoadOp::create(b, loc, vectorType, tileScratch, kernel.add(start, kernel.index(v * plan.lanes))));
  });
}

void ContractionEmitter::finish(Evaluator &at, Datum sum) {
  OpOperand &init = plan.root.getDpsInitsMutable()[0];
  Datum start = at.value(init.get(), plan.root.getMatchingIndexingMap(&init));
  if (!matchPattern(start.value, m_AnyZeroFloat()))
    sum.value = arith::AddFOp::create(b, kernel.loc, at.vector(start), sum.value);
  at.finish(plan.epilogue, sum);
}

Value ContractionEmitter::partialAddress(Value m, int64_t i, int64_t v) {
  Value row = kernel.mul(kernel.sub(m, subStart), plan.nBlock);
  Value column = kernel.sub(panelStart, blockStart);
  return kernel.add(kernel.add(row, column), kernel.index(i * plan.nBlock + v * plan.lanes));
}

void ContractionEmitter::clearPartialSums() {
  Value zero = arith::ConstantOp::create(b, kernel.loc, b.getZeroAttr(vectorType));
  forRange(kernel.index(0), kernel.index(plan.mSub * plan.nBlock), plan.lanes,
           [&](Value i) { vector::StoreOp::create(b, kernel.loc, zero, partialSums, i); });
}

void ContractionEmitter::finishPartialSums(Value nStart) {
  forRange(subStart, subEnd, 1, [&](Value m) {
    evaluator.bind(MAxis, m, kernel.nest.depth());
    Value row = kernel.mul(kernel.sub(m, subStart), plan.nBlock);
    forLanes(kernel, evaluator, NAxis, nStart, nEnd, plan.n(), plan.lanes, [&](Value n) {
      Value address = kernel.add(row, kernel.sub(n, blockStart));
      Value sum = vector::LoadOp::create(b, kernel.loc, vectorType, partialSums, address);
      finish(evaluator, {sum, kernel.nest.depth(), true});
    });
  });
}

void agon::cpu::emitContraction(CpuKernel &kernel, ContractionPlan &plan) { ContractionEmitter(kernel, plan).emit(); }
