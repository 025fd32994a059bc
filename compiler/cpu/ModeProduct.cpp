//===- ModeProduct.cpp - Small constant matrices along axes ---------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The n-mode product of a tensor with one to three small constant matrices (Kolda and
// Bader, Tensor Decompositions and Applications, 2009), as Winograd's convolutions have
// them. The matrices become instructions:
//
//   for the parallel axes, lanes along the innermost:
//     for each a_1, ..., a_k-1:                  (unrolled)
//       load x at all a_k, transform them
//     transform along the modes before, the last one of them by columns
//     for each column: epilogue; store
//
// Results whose addresses fall on few sets of the first-level cache, as with channels and tiles
// in powers of two, drive one another out of it: those of a few vectors go to scratch first, and
// from there to each place in one go.
//
// Zeros cost nothing, ones and minus ones an addition, other factors a multiply-add, and what
// rows have in common is computed once: pairs of points p and -p make rows that share their
// even and odd halves, and columns of which all rows want either the sum or the difference.
//
//===----------------------------------------------------------------------===//
#include "compiler/cpu/ModeProduct.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Value ModeProductEmitter::splat(double value) {
  Value &known = splats[value];
  if (!known) {
    OpBuilder::InsertionGuard guard(b);
    kernel.nest.moveTo(0);
    TypedAttr attr = b.getFloatAttr(element, value);
    if (lanes > 1)
      attr = DenseElementsAttr::get(VectorType::get({lanes}, element), Attribute(attr));
    known = arith::ConstantOp::create(b, kernel.loc, attr);
  }
  return known;
}

Value ModeProductEmitter::multiplyAdd(double factor, Value x, Value to) {
  if (factor == 1)
    return arith::AddFOp::create(b, kernel.loc, to, x);
  if (factor == -1)
    return arith::SubFOp::create(b, kernel.loc, to, x);
  if (kernel.options.target.hasMultiplyAdd(element))
    return math::FmaOp::create(b, kernel.loc, x, splat(factor), to);
  return arith::AddFOp::create(b, kernel.loc, to, arith::MulFOp::create(b, kernel.loc, x, splat(factor)));
}

Value ModeProductEmitter::sum(SmallVector<Term> terms, llvm::function_ref<Value(unsigned)> value) {
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
SmallVector<Value> ModeProductEmitter::multiply(const Mode &mode, ArrayRef<Value> x) {
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
SmallVector<SmallVector<Value>> ModeProductEmitter::slices(unsigned mode) {
  SmallVector<SmallVector<Value>> slices;
  for (int64_t a = 0; a != modes[mode].columns; ++a) {
    goTo(modes[mode].from, a);
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
SmallVector<Value> ModeProductEmitter::product(unsigned mode) {
  if (mode == modes.size()) {
    OpOperand *x = root.getDpsInputOperands().back();
    Datum datum = evaluator->value(x->get(), root.getMatchingIndexingMap(x));
    return {lanes > 1 ? evaluator->vector(datum) : datum.value};
  }
  SmallVector<SmallVector<Value>> parts = slices(mode);
  size_t width = parts.front().size();
  SmallVector<Value> result(modes[mode].rows * width);
  for (size_t i = 0; i != width; ++i)
    for (auto [r, value] : llvm::enumerate(multiply(modes[mode], column(parts, i))))
      result[r * width + i] = value;
  return result;
}

/// Loads and transforms where the loops stand; `take` is given each of the root's values, which are
/// numbered by the modes' rows, the last mode's innermost.
void ModeProductEmitter::point(llvm::function_ref<void(int64_t, Value)> take) {
  // Which row x is asked for at does not matter.
  for (const Mode &mode : modes)
    goTo(mode.to, 0);
  SmallVector<SmallVector<Value>> parts = slices(0);
  // The first mode's results are taken as they come: few values wait.
  size_t width = parts.front().size();
  for (size_t i = 0; i != width; ++i)
    for (auto [r, value] : llvm::enumerate(multiply(modes.front(), column(parts, i))))
      take(r * width + i, value);
}

/// Stores the results at the bound point, where the root's is `value`.
void ModeProductEmitter::finish(Value value) {
  OpOperand &init = root.getDpsInitsMutable()[0];
  Datum start = evaluator->value(init.get(), root.getMatchingIndexingMap(&init));
  if (!matchPattern(start.value, m_AnyZeroFloat()))
    value = arith::AddFOp::create(b, kernel.loc, lanes > 1 ? evaluator->vector(start) : start.value, value);
  for (auto [tensor, map] : epilogue.survey.rootReads)
    evaluator->preset(tensor, map, {value, kernel.nest.depth(), lanes > 1});
  SmallVector<Datum> data;
  for (const Output &output : epilogue.outputs)
    data.push_back(evaluator->value(output.tensor, output.map));
  for (auto [output, datum] : llvm::zip(epilogue.outputs, data))
    evaluator->store(kernel.flatResult(output.result), output.to, datum);
}

/// The same for value `number` of a point.
void ModeProductEmitter::finishAt(int64_t number, Value value) {
  for (const Mode &mode : llvm::reverse(modes)) {
    goTo(mode.to, number % mode.rows);
    number /= mode.rows;
  }
  finish(value);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// Whether more of a point's results fall on one set of the first-level cache than it holds.
bool ModeProductEmitter::resultsCollide() {
  constexpr int64_t lineBytes = 64, waySets = 64, ways = 8;
  if (loops == 0 || axes[loops - 1].size() < 2 * lanes)
    return false;
  std::map<int64_t, int64_t> onSet;
  for (const Output &output : epilogue.outputs) {
    if (axes[loops - 1].stride(output.to) != 1)
      continue;
    for (int64_t i = 0; i != outputs; ++i) {
      int64_t rest = i, place = 0;
      for (const Mode &mode : llvm::reverse(modes)) {
        place += output.to.coefficients[mode.to] * (rest % mode.rows);
        rest /= mode.rows;
      }
      int64_t set = place * (element.getWidth() / 8) / lineBytes % waySets;
      if (++onSet[(set + waySets) % waySets] > ways)
        return true;
    }
  }
  return false;
}

/// All points of the innermost loop.
void ModeProductEmitter::points(Value lower, Value upper) {
  forLanes(kernel, *evaluator, loops - 1, lower, upper, axes[loops - 1].size(), lanes,
           [&](Value) { point([&](int64_t number, Value value) { finishAt(number, value); }); });
}

/// The same by way of scratch.
void ModeProductEmitter::stagedPoints(Value lower, Value upper) {
  unsigned last = loops - 1;
  // Half a kilobyte for each result: 25 of them take half of that cache at most.
  int64_t size = axes[last].size();
  int64_t block = std::min(roundUp(size, lanes), roundUp(512 * 8 / element.getWidth(), lanes));
  Value scratch = kernel.scratch(element, outputs * block);
  auto vectorType = VectorType::get({lanes}, element);
  auto blocks = kernel.nest.open(lower, upper, block);
  Value start = blocks.getInductionVar(), end = kernel.min(kernel.add(start, kernel.index(block)), upper);
  forLanes(kernel, *evaluator, last, start, end, size, lanes, [&](Value position) {
    Value place = kernel.sub(position, start);
    point([&](int64_t number, Value value) {
      vector::StoreOp::create(b, kernel.loc, value, scratch, kernel.add(place, kernel.index(number * block)));
    });
  });
  Value row = kernel.index(0);
  for (const Mode &mode : modes) {
    auto loop = kernel.nest.open(kernel.index(0), kernel.index(mode.rows), 1);
    evaluator->bind(axisOf.lookup(mode.to), loop.getInductionVar(), kernel.nest.depth());
    row = kernel.add(kernel.mul(row, mode.rows), loop.getInductionVar());
  }
  row = kernel.mul(row, block);
  forLanes(kernel, *evaluator, last, start, end, size, lanes, [&](Value position) {
    Value place = kernel.add(row, kernel.sub(position, start));
    finish(vector::LoadOp::create(b, kernel.loc, vectorType, scratch, place));
  });
  for (unsigned i = 0; i != modes.size() + 1; ++i) {
    evaluator->forget(kernel.nest.depth());
    kernel.nest.close();
  }
}

void ModeProductEmitter::emit(int64_t wanted) {
  // Tasks are blocks of the outermost loop: let it be long enough to be cut evenly.
  while (loops > 2 && axes.front().size() < 4 * wanted && wanted > 1) {
    axes[1] = merge(axes[0], axes[1]);
    axes.erase(axes.begin());
    --loops;
  }
  for (const Mode &mode : modes)
    for (unsigned dim : {mode.from, mode.to}) {
      axisOf[dim] = axes.size();
      axes.push_back({{dim}, {sizes[dim]}, dim == mode.from});
    }
  evaluator = std::make_unique<Evaluator>(kernel, axes);
  if (loops == 0)
    return point([&](int64_t number, Value value) { finishAt(number, value); });

  int64_t outer = axes.front().size();
  int64_t block = roundUp(ceilDiv(outer, wanted), loops == 1 ? lanes : 1);
  kernel.tasks = ceilDiv(outer, block);
  Value lower = kernel.index(0), upper = kernel.index(outer);
  if (kernel.tasks > 1) {
    lower = kernel.mul(kernel.begin, block);
    upper = kernel.min(kernel.mul(kernel.end, block), upper);
  }
  unsigned last = loops - 1;
  for (unsigned i = 0; i != last; ++i) {
    auto loop = kernel.nest.open(i ? kernel.index(0) : lower, i ? kernel.index(axes[i].size()) : upper, 1);
    evaluator->bind(i, loop.getInductionVar(), kernel.nest.depth());
  }
  Value from = last ? kernel.index(0) : lower, to = last ? kernel.index(axes[last].size()) : upper;
  if (resultsCollide())
    stagedPoints(from, to);
  else
    points(from, to);
  for (unsigned i = 0; i != last; ++i)
    kernel.nest.close();
}

bool agon::cpu::emitModeProduct(CpuKernel &kernel, int64_t tasks) {
  std::optional<ModeProductLoops> loops = ModeProductLoops::of(kernel.region, kernel.options.target);
  if (!loops)
    return false;
  ModeProductEmitter(kernel, std::move(*loops)).emit(tasks);
  return true;
}
