//===- Packing.cpp - Operands of a contraction copied into order ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/Contraction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

void ContractionEmitter::allocate() {
  int64_t aCount = 0, bCount = 0;
  auto scratch = [&](int64_t count) { return count ? kernel.scratch(copyType.getElementType(), count) : Value(); };
  for (Pair &pair : pairs) {
    int64_t ofA = plan.sizeOfA(pair.plan), ofB = plan.sizeOfB(pair.plan);
    pair.aScratchStride = plan.strideOfA(pair.plan);
    aCount = std::max(aCount, ofA);
    bCount = std::max(bCount, ofB);
    if (!plan.kIsCut) {
      pair.aScratch = scratch(ofA);
      pair.bScratch = scratch(ofB);
    }
  }
  if (plan.kIsCut) {
    // One after the other is at hand, in the same place.
    Value ofA = scratch(aCount), ofB = scratch(bCount);
    for (Pair &pair : pairs) {
      pair.aScratch = ofA;
      pair.bScratch = ofB;
    }
    partialSums = kernel.scratch(plan.element, plan.mSub * plan.nBlock);
  } else if (plan.tileForm == TileForm::Outer) {
    tileScratch = kernel.scratch(plan.element, plan.rows * plan.panel());
  }
}

ContractionEmitter::Cursor ContractionEmitter::makeCursor(const ContractionOperand &operand, ContractionAxis own) {
  int64_t ownRun = operand.run(plan.axes[own]), kRun = operand.run(plan.axes[KAxis]);
  auto [ownOuter, ownInner] = split(plan.axes[own], ownRun);
  auto [kOuter, kInner] = split(plan.axes[KAxis], kRun);
  Axis axes[] = {plan.axes[BatchAxis], ownOuter, ownInner, kOuter, kInner};
  return {operand, own, ownRun, kRun, Evaluator(kernel, axes)};
}

ContractionEmitter::Spot ContractionEmitter::spotAt(const Cursor &cursor, ContractionAxis axis, Value position) {
  int64_t run = cursor.run(axis);
  bool whole = run == plan.axes[axis].size();
  Value outer = whole ? kernel.index(0) : divided(position, run), inner = whole ? position : remainder(position, run);
  return {position, outer, inner, kernel.nest.depth()};
}

void ContractionEmitter::seek(Cursor &cursor, ContractionAxis axis, const Spot &spot) {
  cursor.at.bind(cursor.outer(axis), spot.outer, spot.level);
  cursor.at.bind(cursor.inner(axis), spot.inner, spot.level);
  evaluator.bind(axis, spot.position, spot.level);
}

Value ContractionEmitter::elements(const Cursor &cursor, Evaluator &at, ContractionAxis axis, Value mask) {
  Value value = at.vector(at.value(cursor.operand.tensor, cursor.operand.map));
  if (axis != KAxis || !mask || plan.k() % plan.depth() == 0 || cursor.operand.isPlain())
    return value;
  // A prologue may make something else of the zeros that are read there.
  Value zero = arith::ConstantOp::create(b, kernel.loc, b.getZeroAttr(vectorType));
  return arith::SelectOp::create(b, kernel.loc, mask, value, zero);
}

Value ContractionEmitter::packed(ArrayRef<Value> terms) {
  if (plan.precision == Precision::Full)
    return terms.front();
  Value second =
      terms.size() > 1 ? terms[1] : Value(arith::ConstantOp::create(b, kernel.loc, b.getZeroAttr(vectorType)));
  return bf16.interleaved(terms.front(), second);
}

Value ContractionEmitter::packedAlongK(llvm::function_ref<Value(int64_t)> read) {
  Value first = read(0);
  return plan.precision == Precision::Full ? first : bf16.joined(first, read(plan.lanes));
}

void ContractionEmitter::forSteps(Cursor &cursor, llvm::function_ref<void(Value, ArrayRef<Spot>)> body) {
  auto steps = [&](Value from, Value to, int64_t terms) {
    forRange(from, to, plan.depth(), [&](Value k) {
      SmallVector<Spot> spots;
      for (int64_t i = 0; i != terms; ++i)
        spots.push_back(spotAt(cursor, KAxis, kernel.add(kernel.add(kStart, k), kernel.index(i))));
      body(k, spots);
    });
  };
  int64_t rest = plan.k() % plan.depth();
  Value edge = rest ? kernel.mul(divided(kCount, plan.depth()), plan.depth()) : kCount;
  steps(kernel.index(0), edge, plan.depth());
  if (rest)
    steps(edge, kCount, rest);
}

Value ContractionEmitter::read(Cursor &cursor, ContractionAxis axis, Value position, Value mask) {
  seek(cursor, axis, position);
  bool linear = plan.loadsVectors(cursor.operand, plan.axes[axis]);
  Evaluator &at = linear ? cursor.at : evaluator;
  at.setLanes(linear ? cursor.inner(axis) : axis, plan.lanes, mask);
  return elements(cursor, at, axis, mask);
}

void ContractionEmitter::copyAlong(Cursor &cursor, ContractionAxis axis, Value from, Value to, int64_t step,
                                   llvm::function_ref<void(Value, ReadAhead)> body) {
  // From `lower` to `upper` in a run that begins at `start`.
  auto stretch = [&](Value start, Value lower, Value upper) {
    auto loop = [&](Value first, Value end, bool masked) {
      forRange(first, end, step, [&](Value position) {
        body(position, [&](int64_t ahead) {
          Value from = kernel.add(position, kernel.index(ahead));
          Value mask = masked ? countMask(kernel, plan.lanes, kernel.sub(end, from)) : Value();
          cursor.at.bind(cursor.inner(axis), kernel.sub(from, start), kernel.nest.depth());
          cursor.at.setLanes(cursor.inner(axis), plan.lanes, mask);
          return elements(cursor, cursor.at, axis, mask);
        });
      });
    };
    Value edge = kernel.add(lower, kernel.mul(divided(kernel.sub(upper, lower), step), step));
    loop(lower, edge, false);
    loop(edge, upper, true);
  };
  int64_t run = cursor.run(axis);
  if (run == plan.axes[axis].size()) {
    cursor.at.bind(cursor.outer(axis), kernel.index(0), 0);
    return stretch(kernel.index(0), from, to);
  }
  // The last store of a run goes beyond its end, where the next run, or nothing, comes.
  Value end = divided(kernel.add(to, kernel.index(run - 1)), run);
  forRange(divided(from, run), end, 1, [&](Value i) {
    cursor.at.bind(cursor.outer(axis), i, kernel.nest.depth());
    Value start = kernel.mul(i, run);
    stretch(start, kernel.max(from, start), kernel.min(to, kernel.add(start, kernel.index(run))));
  });
}

void ContractionEmitter::packA(Pair &pair) {
  auto store = [&](Value value, Value address) {
    vector::StoreOp::create(b, kernel.loc, value, pair.aScratch, address);
  };
  if (pair.plan.packedAByRows)
    return forRange(subStart, subEnd, 1, [&](Value m) {
      seek(pair.a, MAxis, m);
      Value start = kernel.mul(kernel.sub(m, subStart), pair.aScratchStride);
      copyAlong(pair.a, KAxis, kStart, kernel.add(kStart, kCount), plan.lanes * plan.depth(),
                [&](Value k, ReadAhead read) { store(packedAlongK(read), kernel.add(start, kernel.sub(k, kStart))); });
    });
  forSteps(pair.a, [&](Value k, ArrayRef<Spot> terms) {
    Value start = kernel.mul(k, pair.aScratchStride);
    copyAlong(pair.a, MAxis, subStart, subEnd, plan.lanes, [&](Value m, ReadAhead read) {
      SmallVector<Value> values;
      for (const Spot &term : terms) {
        seek(pair.a, KAxis, term);
        values.push_back(read(0));
      }
      store(packed(values), kernel.add(start, kernel.mul(kernel.sub(m, subStart), plan.depth())));
    });
  });
}

void ContractionEmitter::packPanel(Pair &pair) {
  bool transposed = !plan.loadsContiguous(pair.operands.b, NAxis) && plan.loadsContiguous(pair.operands.b, KAxis) &&
                    plan.k() >= plan.lanes;
  if (transposed)
    packTransposed(pair);
  else
    packColumns(pair);
}

/// Lanes along n: one row of the panel after the other.
void ContractionEmitter::packColumns(Pair &pair) {
  forSteps(pair.b, [&](Value k, ArrayRef<Spot> terms) {
    for (int64_t v = 0; v != panelVectors; ++v) {
      SmallVector<Value> values;
      for (const Spot &term : terms) {
        seek(pair.b, KAxis, term);
        Value column = kernel.add(panelStart, kernel.index(v * plan.lanes));
        values.push_back(read(pair.b, NAxis, column, v + 1 == panelVectors ? panelMask : Value()));
      }
      Value address = kernel.add(kernel.mul(k, plan.panel()), kernel.index(v * plan.lanes * plan.depth()));
      vector::StoreOp::create(b, kernel.loc, packed(values), pair.bScratch, address);
    }
  });
}

/// The transpose of a square of vectors: squares within each 128 bits first, then the 128 bits among the vectors. Each
/// step is one instruction without a vector of indices. Such vectors would be kept in registers, through the tile's
/// loop as well, where none is free: the accumulators went to memory and back.
static SmallVector<Value> transpose(OpBuilder &b, Location loc, SmallVector<Value> rows) {
  int64_t n = rows.size(), bits = getElementTypeOrSelf(rows[0].getType()).getIntOrFloatBitWidth();
  int64_t width = std::min(n, 128 / bits), blocks = n / width;
  // Lane i of block l comes from lane lane(i) of block block(l) of x and y, one after the other.
  auto shuffle = [&](Value x, Value y, llvm::function_ref<int64_t(int64_t)> block,
                     llvm::function_ref<int64_t(int64_t)> lane) -> Value {
    SmallVector<int64_t> mask;
    for (int64_t l = 0; l != blocks; ++l)
      for (int64_t i = 0; i != width; ++i)
        mask.push_back(block(l) * width + lane(i));
    return vector::ShuffleOp::create(b, loc, x, y, mask);
  };
  auto same = [](int64_t i) { return i; };
  // By rounds of interleaving rows i and i + half, in each block.
  for (int64_t first = 0; first != n; first += width)
    for (int64_t round = 1; round < width; round *= 2) {
      SmallVector<Value> next;
      for (int64_t i = 0; i != width / 2; ++i)
        for (int64_t start : {int64_t(0), width / 2})
          next.push_back(shuffle(rows[first + i], rows[first + i + width / 2], same,
                                 [&](int64_t lane) { return start + lane / 2 + lane % 2 * n; }));
      std::copy(next.begin(), next.end(), rows.begin() + first);
    }
  // Row i of every square, whose block l is row i of square l of the result.
  for (int64_t i = 0; i != width; ++i) {
    auto row = [&](int64_t l) -> Value & { return rows[l * width + i]; };
    auto pair = [&](int64_t x, int64_t y, llvm::function_ref<int64_t(int64_t)> low,
                    llvm::function_ref<int64_t(int64_t)> high) {
      Value first = shuffle(row(x), row(y), low, same), second = shuffle(row(x), row(y), high, same);
      row(x) = first;
      row(y) = second;
    };
    auto half = [&](int64_t l) { return l % (blocks / 2) + l / (blocks / 2) * blocks; };
    auto even = [&](int64_t l) { return 2 * l; };
    auto odd = [&](int64_t l) { return 2 * l + 1; };
    assert(blocks <= 4 && "a vector is at most 512 bits");
    if (blocks == 2)
      pair(0, 1, even, odd);
    if (blocks == 4) {
      for (int64_t x : {0, 2})
        pair(x, x + 1, half, [&](int64_t l) { return half(l) + 2; });
      pair(0, 2, even, odd);
      pair(1, 3, even, odd);
      // Now rows 0, 2, 1, 3.
      std::swap(row(1), row(2));
    }
  }
  return rows;
}

/// Lanes along k: squares of lanes x lanes are transposed in registers, in bf16 of pairs of terms.
void ContractionEmitter::packTransposed(Pair &pair) {
  int64_t side = plan.lanes * plan.depth();
  auto words = plan.depth() == 1 ? vectorType : VectorType::get({plan.lanes}, b.getI32Type());
  auto as = [&](VectorType type, Value vector) {
    return vector.getType() == type ? vector : Value(vector::BitCastOp::create(b, kernel.loc, type, vector));
  };
  auto square = [&](Value column, Value k, bool masked) {
    SmallVector<Value> rows;
    Value position = kernel.add(kStart, k);
    for (int64_t j = 0; j != plan.lanes; ++j) {
      Value n = kernel.add(kernel.add(panelStart, column), kernel.index(j));
      // Beyond the edge, any column will do: what comes of it is not stored.
      if (panelMask)
        n = kernel.min(n, kernel.index(plan.n() - 1));
      seek(pair.b, NAxis, n);
      Value row = packedAlongK([&](int64_t ahead) {
        Value left = kernel.sub(kernel.sub(kCount, k), kernel.index(ahead));
        return read(pair.b, KAxis, kernel.add(position, kernel.index(ahead)),
                    masked ? countMask(kernel, plan.lanes, left) : Value());
      });
      rows.push_back(as(words, row));
    }
    for (auto [i, row] : llvm::enumerate(transpose(b, kernel.loc, rows))) {
      Value first = kernel.add(k, kernel.index(i * plan.depth()));
      Value address = kernel.add(kernel.mul(first, plan.panel()), kernel.mul(column, plan.depth()));
      vector::StoreOp::create(b, kernel.loc, as(copyType, row), pair.bScratch, address);
    }
  };
  forRange(kernel.index(0), kernel.index(panelVectors * plan.lanes), plan.lanes, [&](Value column) {
    Value edge = kernel.mul(divided(kCount, side), side);
    forRange(kernel.index(0), edge, side, [&](Value k) { square(column, k, false); });
    if (plan.k() % side || plan.kBlock % side)
      forRange(edge, kCount, side, [&](Value k) { square(column, k, true); });
  });
}

ContractionEmitter::Source ContractionEmitter::sourceOfA(const Pair &pair, Value m) {
  if (pair.plan.packA) {
    Value row = kernel.sub(m, subStart);
    if (pair.plan.packedAByRows)
      return {pair.aScratch, kernel.mul(row, pair.aScratchStride), pair.aScratchStride, 1};
    return {pair.aScratch, kernel.mul(row, plan.depth()), plan.depth(), pair.aScratchStride};
  }
  const LinearForm &form = pair.operands.a.form();
  evaluator.bind(MAxis, m, kernel.nest.depth());
  evaluator.bind(KAxis, kStart, kernel.nest.depth());
  evaluator.setLanes(std::nullopt, 1);
  return {kernel.flatBuffer(pair.operands.a.tensor), evaluator.address(form), *plan.axes[MAxis].stride(form),
          *plan.axes[KAxis].stride(form)};
}

ContractionEmitter::Source ContractionEmitter::sourceOfB(const Pair &pair) {
  if (pair.plan.packB)
    return {pair.bScratch, kernel.index(0), 1, plan.panel()};
  const LinearForm &form = pair.operands.b.form();
  evaluator.bind(NAxis, panelStart, panelLevel);
  evaluator.bind(KAxis, kStart, kernel.nest.depth());
  evaluator.setLanes(std::nullopt, 1);
  // A panel's columns follow one another.
  return {kernel.flatBuffer(pair.operands.b.tensor), evaluator.address(form), 1, *plan.axes[KAxis].stride(form)};
}
