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
#include "compiler/cpu/Kernels.h"
#include "compiler/cpu/MatrixProgram.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include <cmath>
#include <map>

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

/// What a matrix may have of rows or columns, and the unrolled code of elements.
static constexpr int64_t maxSide = 8, maxPoints = 64;

namespace {
/// Dimension `from` of the iteration space, a reduction, becomes dimension `to`.
struct Mode : MatrixProgram {
  unsigned from, to;
};

class ModeProductEmitter {
public:
  ModeProductEmitter(Frame &frame, linalg::GenericOp root)
      : frame(frame), b(frame.builder), root(root), sizes(root.getStaticLoopRanges()) {}
  bool prepare();
  void emit();
  std::string describe() const;

private:
  bool matchBody();
  bool matchMatrices();
  bool coversResult();
  bool chooseLanes();
  double costAlong(const Axis &axis, int64_t width) const;
  double arithmetic() const;

  bool resultsCollide();
  void point(llvm::function_ref<void(int64_t, Value)> take);
  void points(Value lower, Value upper);
  void stagedPoints(Value lower, Value upper);
  SmallVector<Value> product(unsigned mode);
  SmallVector<SmallVector<Value>> slices(unsigned mode);
  SmallVector<Value> multiply(const Mode &mode, ArrayRef<Value> x);
  Value sum(SmallVector<Term> terms, llvm::function_ref<Value(unsigned)> value);
  Value multiplyAdd(double factor, Value x, Value to);
  Value splat(double value);
  void finish(Value value);
  void finishAt(int64_t number, Value value);
  void goTo(unsigned dim, int64_t place) { evaluator->bind(axisOf.lookup(dim), frame.index(place), 0); }

  Frame &frame;
  OpBuilder &b;
  linalg::GenericOp root;
  SmallVector<int64_t> sizes;
  FloatType element;
  SmallVector<Mode, 3> modes;
  Survey prologue;
  Epilogue epilogue;
  SmallVector<Axis> axes;                    ///< the loops, the one in lanes last; then the modes' own
  unsigned loops = 0;                        ///< how many of them are loops
  llvm::DenseMap<unsigned, unsigned> axisOf; ///< of the modes' dimensions
  int64_t lanes = 1;
  int64_t inputs = 1, outputs = 1; ///< of one point
  std::unique_ptr<Evaluator> evaluator;
  std::map<double, Value> splats;
};
} // namespace

//===----------------------------------------------------------------------===//
// Recognition
//===----------------------------------------------------------------------===//

/// Whether the body adds the product of all inputs, however it is put in brackets.
bool ModeProductEmitter::matchBody() {
  Block *body = root.getBody();
  unsigned numInputs = root.getNumDpsInputs();
  if (root.getNumResults() != 1 || numInputs < 2 || numInputs > 4 || body->getOperations().size() != numInputs + 1)
    return false;
  Value acc = body->getArgument(numInputs);
  auto add = body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add || (add.getLhs() == acc) == (add.getRhs() == acc))
    return false;
  // As many multiplications as there are must meet every input once.
  SmallVector<Value> open{add.getLhs() == acc ? add.getRhs() : add.getLhs()};
  llvm::DenseSet<Value> met;
  while (!open.empty()) {
    Value value = open.pop_back_val();
    if (auto mul = value.getDefiningOp<arith::MulFOp>())
      open.append({mul.getLhs(), mul.getRhs()});
    else if (!isa<BlockArgument>(value) || value == acc || !met.insert(value).second)
      return false;
  }
  return met.size() == numInputs;
}

/// The elements of a constant tensor, in the region or outside it.
static DenseElementsAttr constantOf(Frame &frame, Value tensor) {
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    tensor = frame.region.getInputs()[argument.getArgNumber()];
  DenseElementsAttr elements;
  matchPattern(tensor, m_Constant(&elements));
  return elements;
}

bool ModeProductEmitter::matchMatrices() {
  SmallVector<utils::IteratorType> kinds = root.getIteratorTypesArray();
  llvm::DenseSet<unsigned> used;
  SmallVector<OpOperand *> operands = root.getDpsInputOperands();
  for (OpOperand *operand : ArrayRef(operands).drop_back()) {
    DenseElementsAttr matrix = constantOf(frame, operand->get());
    AffineMap map = root.getMatchingIndexingMap(operand);
    if (!matrix || matrix.getElementType() != element || map.getNumResults() != 2 || !map.isProjectedPermutation())
      return false;
    unsigned to = map.getDimPosition(0), from = map.getDimPosition(1);
    if (kinds[to] != utils::IteratorType::parallel || kinds[from] != utils::IteratorType::reduction ||
        !used.insert(to).second || !used.insert(from).second || sizes[to] > maxSide || sizes[from] > maxSide)
      return false;
    SmallVector<double> elements;
    for (const APFloat &value : matrix.getValues<APFloat>())
      elements.push_back(value.convertToDouble());
    if (!llvm::all_of(elements, [](double value) { return std::isfinite(value); }))
      return false;
    modes.push_back({MatrixProgram(elements, sizes[to], sizes[from], element), from, to});
  }
  if (root.getNumReductionLoops() != modes.size())
    return false;
  // The elements at hand after each step, the last mode first.
  auto points = [&](unsigned done) {
    int64_t count = 1;
    for (unsigned i = 0; i != modes.size(); ++i)
      count *= i < modes.size() - done ? modes[i].columns : modes[i].rows;
    return count;
  };
  for (unsigned done = 0; done <= modes.size(); ++done)
    if (points(done) > maxPoints)
      return false;
  inputs = points(0);
  outputs = points(modes.size());
  return true;
}

/// Whether the parallel dimensions run through the result, each element once.
bool ModeProductEmitter::coversResult() {
  auto type = cast<RankedTensorType>(root.getResult(0).getType());
  auto to = linearAddress(root.getIndexingMapMatchingResult(root->getOpResult(0)), type.getShape());
  if (!to)
    return false;
  SmallVector<std::pair<int64_t, int64_t>> steps; // stride and size
  int64_t first = to->constant;
  SmallVector<utils::IteratorType> kinds = root.getIteratorTypesArray();
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    int64_t stride = to->coefficients[dim];
    if (kinds[dim] == utils::IteratorType::reduction) {
      if (stride)
        return false;
    } else if (size != 1) {
      steps.push_back({std::abs(stride), size});
      first += stride < 0 ? stride * (size - 1) : 0;
    }
  }
  llvm::sort(steps);
  int64_t expected = 1;
  for (auto [stride, size] : steps) {
    if (stride != expected)
      return false;
    expected *= size;
  }
  return first == 0 && expected == type.getNumElements();
}

/// About the cycles of an element where lanes lie along `axis`.
double ModeProductEmitter::costAlong(const Axis &axis, int64_t width) const {
  auto read = [&](const Survey &survey) {
    double cost = 0;
    for (const Survey::Leaf &leaf : survey.leaves)
      cost += !axis.uses(leaf.form) ? 0.1 : axis.stride(leaf.form) == 1 ? 0.5 : 1.5 * double(width);
    return cost;
  };
  double written = 0;
  for (const Output &output : epilogue.outputs)
    written += axis.stride(output.to) == 1 ? 1 : 2 * double(width);
  double vectors = double(ceilDiv(axis.size(), width)) / double(axis.size());
  return vectors *
         (double(inputs) * read(prologue) + double(outputs) * (read(epilogue.survey) + written) + arithmetic() / 2);
}

/// The operations of a point.
double ModeProductEmitter::arithmetic() const {
  double operations = double(inputs * prologue.work + outputs * epilogue.survey.work);
  int64_t points = inputs;
  for (const Mode &mode : llvm::reverse(modes)) {
    points /= mode.columns;
    operations += double(points * mode.operations());
    points *= mode.rows;
  }
  return operations;
}

/// Collapses the axes that are loops, and puts the one for the lanes last.
bool ModeProductEmitter::chooseLanes() {
  SmallVector<LinearForm> forms = prologue.forms();
  forms.append(epilogue.survey.forms());
  for (const Output &output : epilogue.outputs)
    forms.push_back(output.to);
  SmallVector<int64_t> others(sizes);
  for (const Mode &mode : modes)
    others[mode.from] = others[mode.to] = 1;
  axes = collapse(others, forms);
  int64_t full = vectorLanes(frame);
  std::optional<unsigned> best;
  double least = 0;
  for (unsigned i = 0; i != axes.size(); ++i) {
    int64_t width = std::min<int64_t>(full, llvm::PowerOf2Ceil(axes[i].size()));
    double cost = costAlong(axes[i], width);
    if (best && cost > least)
      continue;
    best = i;
    least = cost;
    lanes = width;
  }
  if (best) {
    auto contiguous = [&](const LinearForm &form) { return axes[*best].stride(form) == 1; };
    // Where all is strided, the contraction's copies are better than gathers.
    if (frame.region.getKind() == agon::RegionKind::Contraction && !llvm::any_of(forms, contiguous))
      return false;
    std::rotate(axes.begin() + *best, axes.begin() + *best + 1, axes.end());
  }
  loops = axes.size();
  return true;
}

bool ModeProductEmitter::prepare() {
  if (!matchBody())
    return false;
  element = dyn_cast<FloatType>(root.getBody()->getArguments().back().getType());
  if (!element || !(element.isF32() || element.isF64()) || !matchMatrices() || !coversResult() || !isEvaluable(root) ||
      !epilogue.analyse(frame, root))
    return false;
  OpOperand &init = root.getDpsInitsMutable()[0], *x = root.getDpsInputOperands().back();
  if (!epilogue.survey.visit(init.get(), root.getMatchingIndexingMap(&init)) ||
      !prologue.visit(x->get(), root.getMatchingIndexingMap(x)))
    return false;
  // x is one and the same for all rows of the matrices. Its map may say otherwise, where an
  // elementwise operation before it was put over the whole iteration space.
  for (const Mode &mode : modes) {
    if (prologue.usesIndex && root.getMatchingIndexingMap(x).isFunctionOfDim(mode.to))
      return false;
    for (const Survey::Leaf &leaf : prologue.leaves)
      if (leaf.form.coefficients[mode.to])
        return false;
  }
  return chooseLanes();
}

std::string ModeProductEmitter::describe() const {
  std::string text = "mode product";
  for (const Mode &mode : modes)
    text += (&mode == &modes.front() ? " " : " by ") + std::to_string(mode.rows) + "x" + std::to_string(mode.columns);
  return text;
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Value ModeProductEmitter::splat(double value) {
  Value &known = splats[value];
  if (!known) {
    OpBuilder::InsertionGuard guard(b);
    frame.nest.moveTo(0);
    TypedAttr attr = b.getFloatAttr(element, value);
    if (lanes > 1)
      attr = DenseElementsAttr::get(VectorType::get({lanes}, element), Attribute(attr));
    known = arith::ConstantOp::create(b, frame.loc, attr);
  }
  return known;
}

Value ModeProductEmitter::multiplyAdd(double factor, Value x, Value to) {
  if (factor == 1)
    return arith::AddFOp::create(b, frame.loc, to, x);
  if (factor == -1)
    return arith::SubFOp::create(b, frame.loc, to, x);
  if (frame.options.target.fma)
    return math::FmaOp::create(b, frame.loc, x, splat(factor), to);
  return arith::AddFOp::create(b, frame.loc, to, arith::MulFOp::create(b, frame.loc, x, splat(factor)));
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
    total = arith::NegFOp::create(b, frame.loc, total);
  else if (order(first) == 1)
    total = arith::MulFOp::create(b, frame.loc, total, splat(first.factor));
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
    value = arith::AddFOp::create(b, frame.loc, lanes > 1 ? evaluator->vector(start) : start.value, value);
  for (auto [tensor, map] : epilogue.survey.rootReads)
    evaluator->preset(tensor, map, {value, frame.nest.depth(), lanes > 1});
  SmallVector<Datum> data;
  for (const Output &output : epilogue.outputs)
    data.push_back(evaluator->value(output.tensor, output.map));
  for (auto [output, datum] : llvm::zip(epilogue.outputs, data))
    evaluator->store(output.row, output.to, datum);
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
  forLanes(frame, *evaluator, loops - 1, lower, upper, axes[loops - 1].size(), lanes,
           [&](Value) { point([&](int64_t number, Value value) { finishAt(number, value); }); });
}

/// The same by way of scratch.
void ModeProductEmitter::stagedPoints(Value lower, Value upper) {
  unsigned last = loops - 1;
  // Half a kilobyte for each result: 25 of them take half of that cache at most.
  int64_t size = axes[last].size();
  int64_t block = std::min(roundUp(size, lanes), roundUp(512 * 8 / element.getWidth(), lanes));
  Value scratch = frame.scratch(element, outputs * block);
  auto vectorType = VectorType::get({lanes}, element);
  auto blocks = frame.nest.open(lower, upper, block);
  Value start = blocks.getInductionVar(), end = frame.min(frame.add(start, frame.index(block)), upper);
  forLanes(frame, *evaluator, last, start, end, size, lanes, [&](Value position) {
    Value place = frame.sub(position, start);
    point([&](int64_t number, Value value) {
      vector::StoreOp::create(b, frame.loc, value, scratch, frame.add(place, frame.index(number * block)));
    });
  });
  Value row = frame.index(0);
  for (const Mode &mode : modes) {
    auto loop = frame.nest.open(frame.index(0), frame.index(mode.rows), 1);
    evaluator->bind(axisOf.lookup(mode.to), loop.getInductionVar(), frame.nest.depth());
    row = frame.add(frame.mul(row, mode.rows), loop.getInductionVar());
  }
  row = frame.mul(row, block);
  forLanes(frame, *evaluator, last, start, end, size, lanes, [&](Value position) {
    Value place = frame.add(row, frame.sub(position, start));
    finish(vector::LoadOp::create(b, frame.loc, vectorType, scratch, place));
  });
  for (unsigned i = 0; i != modes.size() + 1; ++i) {
    evaluator->forget(frame.nest.depth());
    frame.nest.close();
  }
}

void ModeProductEmitter::emit() {
  int64_t count = 1;
  for (const Axis &axis : axes)
    count *= axis.size();
  int64_t wanted = worthwhileTasks(double(count) / double(lanes) * (arithmetic() / 2 + double(inputs + outputs)));
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
  evaluator = std::make_unique<Evaluator>(frame, axes);
  if (loops == 0)
    return point([&](int64_t number, Value value) { finishAt(number, value); });

  int64_t outer = axes.front().size();
  int64_t block = roundUp(ceilDiv(outer, wanted), loops == 1 ? lanes : 1);
  frame.tasks = ceilDiv(outer, block);
  Value lower = frame.index(0), upper = frame.index(outer);
  if (frame.tasks > 1) {
    lower = frame.mul(frame.begin, block);
    upper = frame.min(frame.mul(frame.end, block), upper);
  }
  unsigned last = loops - 1;
  for (unsigned i = 0; i != last; ++i) {
    auto loop = frame.nest.open(i ? frame.index(0) : lower, i ? frame.index(axes[i].size()) : upper, 1);
    evaluator->bind(i, loop.getInductionVar(), frame.nest.depth());
  }
  Value from = last ? frame.index(0) : lower, to = last ? frame.index(axes[last].size()) : upper;
  if (resultsCollide())
    stagedPoints(from, to);
  else
    points(from, to);
  for (unsigned i = 0; i != last; ++i)
    frame.nest.close();
}

bool agon::cpu::emitModeProduct(Frame &frame) {
  linalg::GenericOp root = findRoot(frame.region);
  if (!root)
    return false;
  ModeProductEmitter emitter(frame, root);
  if (!emitter.prepare())
    return false;
  emitter.emit();
  frame.algorithm = emitter.describe();
  return true;
}
