//===- ModePoint.cpp - A point of a mode product --------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
//   for each a_1, ..., a_k-1:                  (unrolled)
//     load x at all a_k, transform them
//   transform along the modes before, the last one of them by columns
//
//===----------------------------------------------------------------------===//
#include "compiler/kernel/ModePoint.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace agon;
using namespace agon::kernels;

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Value ModePoint::splat(double value) {
  Value &known = splats[value];
  if (!known) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&kernel.func.front());
    TypedAttr attr = b.getFloatAttr(form.element, value);
    if (lanes > 1)
      attr = DenseElementsAttr::get(VectorType::get({lanes}, form.element), Attribute(attr));
    known = arith::ConstantOp::create(b, kernel.loc, attr);
  }
  return known;
}

Value ModePoint::multiplyAdd(double factor, Value x, Value to) {
  if (factor == 1)
    return arith::AddFOp::create(b, kernel.loc, to, x);
  if (factor == -1)
    return arith::SubFOp::create(b, kernel.loc, to, x);
  if (kernel.options.target.hasMultiplyAdd(form.element))
    return math::FmaOp::create(b, kernel.loc, x, splat(factor), to);
  return arith::AddFOp::create(b, kernel.loc, to, arith::MulFOp::create(b, kernel.loc, x, splat(factor)));
}

Value ModePoint::sum(SmallVector<Term> terms, llvm::function_ref<Value(unsigned)> value) {
  if (terms.empty())
    return splat(0);
  // Begin with what costs no instruction, a variable or (in a multiply-add) its negative.
  auto order = [](const Term &term) { return term.factor == 1 ? 0 : term.factor == -1 ? 2 : 1; };
  llvm::stable_sort(terms, [&](const Term &s, const Term &t) { return order(s) < order(t); });
  if (order(terms.front()) == 1 && order(terms.back()) == 2)
    std::rotate(terms.begin(), terms.end() - 1, terms.end());
  const Term &first = terms.front();
  Value total = value(first.variable);
  if (order(first) == 2)
    total = arith::NegFOp::create(b, kernel.loc, total);
  else if (order(first) == 1)
    total = arith::MulFOp::create(b, kernel.loc, total, splat(first.factor));
  for (const Term &term : ArrayRef(terms).drop_front())
    total = multiplyAdd(term.factor, value(term.variable), total);
  return total;
}

/// The matrix of `mode` times the vector `x`.
SmallVector<Value> ModePoint::multiply(const Mode &mode, ArrayRef<Value> x) {
  SmallVector<Value> variables(x);
  variables.resize(mode.columns + mode.shared.size());
  auto value = [&](auto &self, unsigned variable) -> Value {
    if (!variables[variable]) {
      auto [first, second] = mode.shared[variable - mode.columns];
      Value a = self(self, first), b = self(self, second.variable);
      variables[variable] = multiplyAdd(second.factor, b, a);
    }
    return variables[variable];
  };
  return llvm::map_to_vector(mode.sums, [&](const SmallVector<Term> &terms) {
    return sum(terms, [&](unsigned variable) { return value(value, variable); });
  });
}

//===----------------------------------------------------------------------===//
// A point
//===----------------------------------------------------------------------===//

/// `product(mode + 1)` at every place of `mode`'s axis of x.
SmallVector<SmallVector<Value>> ModePoint::slices(unsigned mode) {
  SmallVector<SmallVector<Value>> slices;
  for (int64_t a = 0; a != form.modes[mode].columns; ++a) {
    goTo(form.modes[mode].from, a);
    slices.push_back(product(mode + 1));
  }
  return slices;
}

/// Element `i` of every slice.
static SmallVector<Value> column(ArrayRef<SmallVector<Value>> slices, size_t i) {
  return llvm::map_to_vector(slices, [i](const SmallVector<Value> &slice) { return slice[i]; });
}

/// x, where it is bound along the modes before `mode`, multiplied along those from it on; the last
/// one's rows are innermost.
SmallVector<Value> ModePoint::product(unsigned mode) {
  if (mode == form.modes.size()) {
    OpOperand *x = root.getDpsInputOperands().back();
    Datum datum = evaluator.value(x->get(), root.getMatchingIndexingMap(x));
    return {lanes > 1 ? evaluator.vector(datum) : datum.value};
  }
  SmallVector<SmallVector<Value>> parts = slices(mode);
  size_t width = parts.front().size();
  SmallVector<Value> result(form.modes[mode].rows * width);
  for (size_t i = 0; i != width; ++i)
    for (auto [r, value] : llvm::enumerate(multiply(form.modes[mode], column(parts, i))))
      result[r * width + i] = value;
  return result;
}

void ModePoint::all(llvm::function_ref<void(int64_t, Value)> take) {
  // Which row x is asked for at does not matter.
  for (const Mode &mode : form.modes)
    goTo(mode.to, 0);
  SmallVector<SmallVector<Value>> parts = slices(0);
  // The first mode's results are taken as they come: few values wait.
  size_t width = parts.front().size();
  for (size_t i = 0; i != width; ++i)
    for (auto [r, value] : llvm::enumerate(multiply(form.modes.front(), column(parts, i))))
      take(r * width + i, value);
}

void ModePoint::finish(Value value) {
  OpOperand &init = root.getDpsInitsMutable()[0];
  Datum start = evaluator.value(init.get(), root.getMatchingIndexingMap(&init));
  if (!matchPattern(start.value, m_AnyZeroFloat()))
    value = arith::AddFOp::create(b, kernel.loc, lanes > 1 ? evaluator.vector(start) : start.value, value);
  evaluator.finish(form.epilogue, Datum{value, kernel.nest.depth(), lanes > 1});
}

void ModePoint::finishAt(int64_t number, Value value) {
  for (const Mode &mode : llvm::reverse(form.modes)) {
    goTo(mode.to, number % mode.rows);
    number /= mode.rows;
  }
  finish(value);
}

unsigned ModePoint::axisOf(unsigned dim) const {
  unsigned axis = loops;
  for (const Mode &mode : form.modes) {
    if (mode.from == dim)
      return axis;
    if (mode.to == dim)
      return axis + 1;
    axis += 2;
  }
  llvm_unreachable("no mode is over this dimension");
}
