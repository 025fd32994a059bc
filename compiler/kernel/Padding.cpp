//===- Padding.cpp - Tensors read through their padding -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// A padded tensor that is not stored is what it was made of, read within bounds. The
// bounds of loops are compared once a round of the loop; those of lanes are masks.
//
//===----------------------------------------------------------------------===//
#include "compiler/kernel/Evaluator.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace agon::kernels;

Value Evaluator::mask() {
  OpBuilder &b = kernel.builder;
  Value mask = laneMask;
  auto meet = [&](Value bits) { mask = mask ? arith::AndIOp::create(b, kernel.loc, mask, bits) : bits; };
  if (bounds.scalar.value)
    meet(vector(bounds.scalar));
  if (bounds.lanes.value)
    meet(bounds.lanes.value);
  return mask;
}

Evaluator::Bounds Evaluator::within(ArrayRef<std::pair<AffineExpr, int64_t>> limits) {
  OpBuilder &b = kernel.builder;
  Bounds result = bounds;
  for (auto [expr, limit] : limits) {
    Datum index = indexOf(expr);
    Datum &bits = index.lanes ? result.lanes : result.scalar;
    unsigned level = std::max(bits.level, index.level);
    bits = at(level, [&] {
      TypedAttr end = b.getIndexAttr(limit);
      if (index.lanes)
        end = DenseElementsAttr::get(cast<VectorType>(index.value.getType()), Attribute(end));
      // Unsigned: what is negative is beyond any limit.
      Value inside = arith::CmpIOp::create(b, kernel.loc, arith::CmpIPredicate::ult, index.value,
                                           arith::ConstantOp::create(b, kernel.loc, end));
      if (bits.value)
        inside = arith::AndIOp::create(b, kernel.loc, bits.value, inside);
      return Datum{inside, level, index.lanes};
    });
  }
  return result;
}

Datum Evaluator::throughPadding(const PaddedRead &read) {
  if (read.bounds.empty())
    return value(read.source, read.map);
  Bounds outside = bounds;
  bounds = within(read.bounds);
  Bounds inside = bounds;
  Datum datum = value(read.source, read.map);
  bounds = outside;
  // Loads in lanes leave zeros where they may not read, unless they read elsewhere.
  bool zero = datum.lanes && !(kernel.isGrid && !inside.lanes.value) && matchPattern(read.fill, m_PosZeroFloat()) &&
              (isa<BlockArgument>(read.source) || read.source.getDefiningOp<arith::ConstantOp>());
  if (zero)
    return datum;
  Datum fill = constant(read.fill);
  for (const Datum &bits : {inside.scalar, inside.lanes}) {
    if (!bits.value)
      continue;
    unsigned level = std::max(bits.level, datum.level);
    bool lanes = bits.lanes || datum.lanes;
    datum = at(level, [&] {
      auto choose = [&](Value condition, Value yes, Value no) {
        return Datum{arith::SelectOp::create(kernel.builder, kernel.loc, condition, yes, no), level, lanes};
      };
      return lanes ? choose(bits.value, vector(datum), vector(fill)) : choose(bits.value, datum.value, fill.value);
    });
  }
  return datum;
}
