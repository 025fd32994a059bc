//===- Reduction.cpp - Reductions with a fixed order ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Lanes lie along a parallel axis where one is contiguous: then each output is summed
// serially, or in a few interleaved chains. Otherwise they lie along the reduction:
// then each output has a vector of partial sums a chain, added by halves at the end.
// Which, is decided by shapes alone, and tasks are blocks of outputs: an output's
// order of operations is the same however the tasks are cut.
//
//===----------------------------------------------------------------------===//
#include "compiler/cpu/Kernels.h"
#include "compiler/kernel/Interleave.h"
#include "compiler/region/ReductionForm.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

namespace {
/// A region that is a reduction, and its loops.
struct ReductionLoops : ReductionForm {
  SmallVector<unsigned> parallel, reduced; ///< axes, in the order of their loops
  std::optional<unsigned> lane;
  int64_t lanes = 1;
  unsigned columns = 1;  ///< vectors side by side along a parallel lane axis
  unsigned unrolled = 0; ///< so many of the last reduced axes are straight-line code
  unsigned chains = 1;   ///< interleaved partial results along the last reduced axis

  static std::optional<ReductionLoops> of(RegionOp region, TargetAttr target);
  bool laneIsReduction() const { return lane && axes[*lane].reduction; }
  /// Of all points, about.
  double cycles() const;

private:
  explicit ReductionLoops(ReductionForm form) : ReductionForm(std::move(form)) {}
  void chooseLanes(int64_t full);
};

class ReductionEmitter : ReductionLoops {
public:
  ReductionEmitter(CpuKernel &kernel, ReductionLoops loops) : ReductionLoops(std::move(loops)), kernel(kernel) {}
  void emit(int64_t tasks);

private:
  void block();
  SmallVector<Value> reduce(unsigned depth, SmallVector<Value> state);
  SmallVector<Value> segment(unsigned axis, int64_t from, int64_t to, int64_t chainsHere, Value mask,
                             SmallVector<Value> state);
  void step(MutableArrayRef<Value> state, unsigned chain, Value mask);
  Value combine(unsigned result, Value a, Value b) { return combiners[result].apply(kernel.builder, a, b); }
  Value horizontal(unsigned result, Value v);
  void bindColumn(unsigned u);

  unsigned numResults() { return root.getNumResults(); }
  Value &at(MutableArrayRef<Value> state, unsigned u, unsigned chain, unsigned result) {
    return state[(u * chains + chain) * numResults() + result];
  }

  CpuKernel &kernel;
  std::unique_ptr<Evaluator> evaluator;
  Value columnBase;
  unsigned columnLevel = 0;
};
} // namespace

std::optional<ReductionLoops> ReductionLoops::of(RegionOp region, TargetAttr target) {
  std::optional<ReductionForm> form = ReductionForm::of(region);
  if (!form)
    return std::nullopt;
  ReductionLoops loops(std::move(*form));
  loops.chooseLanes(vectorLanes(region, target));
  return loops;
}

double ReductionLoops::cycles() const {
  int64_t points = 1;
  for (const Axis &axis : axes)
    points *= axis.size();
  return double(points) * (prologue.work + 1) / lanes;
}

void ReductionLoops::chooseLanes(int64_t full) {
  auto elements = [&](const Survey::Leaf &leaf) {
    int64_t product = 1;
    for (const Axis &axis : axes)
      product *= axis.uses(leaf.form) ? axis.size() : 1;
    return product;
  };
  // The axis along which most elements are contiguous.
  int64_t best = 0;
  std::optional<unsigned> widest;
  for (unsigned i = 0; i != axes.size(); ++i) {
    int64_t score = 1;
    for (const Survey::Leaf &leaf : prologue.leaves)
      if (axes[i].stride(leaf.form) == 1)
        score += elements(leaf);
    if (axes[i].reduction && combiners.empty())
      score = 0;
    if (score > best || (score == best && score && !axes[i].reduction)) {
      best = score;
      lane = i;
    }
    if (!axes[i].reduction && (!widest || axes[i].size() > axes[*widest].size()))
      widest = i;
  }
  // A short contiguous reduction, a row of ten classes say: rather many rows at a time, best neighbouring ones,
  // which are read as whole vectors.
  if (laneIsReduction()) {
    int64_t size = axes[*lane].size();
    std::optional<unsigned> rows;
    for (const Survey::Leaf &leaf : prologue.leaves)
      for (unsigned i = 0; i != axes.size(); ++i)
        if (!axes[i].reduction && axes[i].size() >= full && axes[i].stride(leaf.form) == size &&
            axes[*lane].stride(leaf.form) == 1)
          rows = i;
    // Against halving a vector until one element is left, for every row.
    int64_t halving = 2 * llvm::Log2_64(full) + 2;
    if (rows && size <= maxInterleaved && size * (interleaveShuffles(size) + 1) < full * halving)
      lane = rows;
    else if (size * 2 < full && widest && axes[*widest].size() >= full)
      lane = widest;
  }
  for (unsigned i = 0; i != axes.size(); ++i)
    if (lane != i)
      (axes[i].reduction ? reduced : parallel).push_back(i);
  if (!lane)
    return;
  (laneIsReduction() ? reduced : parallel).push_back(*lane);
  int64_t size = axes[*lane].size();
  lanes = std::min<int64_t>(full, llvm::PowerOf2Ceil(size));
  // Where lanes are a short stride apart, what lies between two of them is wanted together.
  if (!laneIsReduction() && llvm::any_of(prologue.leaves, [&](const Survey::Leaf &leaf) {
        int64_t stride = axes[*lane].stride(leaf.form).value_or(0);
        return stride > 1 && stride <= maxInterleaved;
      })) {
    int64_t points = 1;
    while (unrolled != reduced.size()) {
      points *= axes[reduced[reduced.size() - 1 - unrolled]].size();
      if (points > maxInterleaved || points * prologue.work > maxUnrolledWork)
        break;
      ++unrolled;
    }
    if (unrolled)
      return;
  }
  // About four independent chains of additions hide their latency.
  if (!laneIsReduction())
    columns = size % (4 * lanes) == 0 ? 4 : size % (2 * lanes) == 0 ? 2 : 1;
  if (!combiners.empty() && !reduced.empty()) {
    int64_t steps = axes[reduced.back()].size() / (laneIsReduction() ? lanes : 1);
    chains = std::clamp<int64_t>(steps, 1, 4 / columns);
  }
}

//===----------------------------------------------------------------------===//
// One output, or one vector of them
//===----------------------------------------------------------------------===//

void ReductionEmitter::bindColumn(unsigned u) {
  if (columns == 1)
    return;
  Value position = columnBase;
  if (u) {
    OpBuilder::InsertionGuard guard(kernel.builder);
    kernel.nest.moveTo(columnLevel);
    position = kernel.add(columnBase, kernel.index(u * lanes));
  }
  evaluator->bind(*lane, position, columnLevel);
}

void ReductionEmitter::step(MutableArrayRef<Value> state, unsigned chain, Value mask) {
  AffineMap identity = AffineMap::getMultiDimIdentityMap(sizes.size(), root.getContext());
  for (unsigned u = 0; u != columns; ++u) {
    bindColumn(u);
    SmallVector<Datum> outs;
    for (unsigned k = 0; k != numResults(); ++k)
      outs.push_back({at(state, u, chain, k), kernel.nest.depth(), lanes > 1});
    SmallVector<Datum> yields = evaluator->body(root, identity, outs);
    for (unsigned k = 0; k != numResults(); ++k) {
      Value next = lanes > 1 ? evaluator->vector(yields[k]) : yields[k].value;
      if (mask)
        next = arith::SelectOp::create(kernel.builder, kernel.loc, mask, next, outs[k].value);
      at(state, u, chain, k) = next;
    }
  }
}

SmallVector<Value> ReductionEmitter::segment(unsigned axis, int64_t from, int64_t to, int64_t chainsHere, Value mask,
                                             SmallVector<Value> state) {
  if (from == to)
    return state;
  int64_t width = lane == axis ? lanes : 1;
  auto loop = kernel.nest.open(kernel.index(from), kernel.index(to), width * chainsHere, state);
  state.assign(loop.getRegionIterArgs().begin(), loop.getRegionIterArgs().end());
  if (lane == axis)
    evaluator->setLanes(lane, lanes, mask);
  for (int64_t chain = 0; chain != chainsHere; ++chain) {
    Value position = loop.getInductionVar();
    if (chain)
      position = kernel.add(position, kernel.index(chain * width));
    evaluator->bind(axis, position, kernel.nest.depth());
    step(state, chain, mask);
  }
  evaluator->forget(kernel.nest.depth());
  return kernel.nest.close(state);
}

SmallVector<Value> ReductionEmitter::reduce(unsigned depth, SmallVector<Value> state) {
  if (depth == reduced.size()) {
    step(state, 0, {});
    return state;
  }
  unsigned axis = reduced[depth];
  int64_t size = axes[axis].size();
  if (depth + unrolled >= reduced.size()) {
    for (int64_t position = 0; position != size; ++position) {
      evaluator->bind(axis, kernel.index(position), 0);
      state = reduce(depth + 1, state);
    }
    return state;
  }
  if (depth + 1 != reduced.size()) {
    auto loop = kernel.nest.open(kernel.index(0), kernel.index(size), 1, state);
    evaluator->bind(axis, loop.getInductionVar(), kernel.nest.depth());
    state = reduce(depth + 1, llvm::to_vector_of<Value>(loop.getRegionIterArgs()));
    evaluator->forget(kernel.nest.depth());
    return kernel.nest.close(state);
  }
  int64_t width = lane == axis ? lanes : 1;
  int64_t whole = size / width * width, interleaved = size / (width * chains) * width * chains;
  if (chains > 1)
    state = segment(axis, 0, interleaved, chains, {}, state);
  state = segment(axis, chains > 1 ? interleaved : 0, whole, 1, {}, state);
  if (whole != size)
    state = segment(axis, whole, size, 1, prefixMask(kernel, lanes, size - whole), state);
  return state;
}

Value ReductionEmitter::horizontal(unsigned result, Value v) {
  OpBuilder &b = kernel.builder;
  for (int64_t half = lanes / 2; half >= 1; half /= 2) {
    SmallVector<int64_t> low(half), high(half);
    std::iota(low.begin(), low.end(), 0);
    std::iota(high.begin(), high.end(), half);
    v = combine(result, vector::ShuffleOp::create(b, kernel.loc, v, v, low),
                vector::ShuffleOp::create(b, kernel.loc, v, v, high));
  }
  return vector::ExtractOp::create(b, kernel.loc, v, int64_t(0));
}

void ReductionEmitter::block() {
  OpBuilder &b = kernel.builder;
  unsigned depth = kernel.nest.depth();
  // Lanes along the reduction: the outputs themselves are scalars.
  auto scalarOutputs = [&] {
    if (laneIsReduction())
      evaluator->setLanes(std::nullopt, 1);
  };
  auto initial = [&](unsigned k) {
    OpOperand &init = root.getDpsInitsMutable()[k];
    return evaluator->value(init.get(), root.getMatchingIndexingMap(&init));
  };
  SmallVector<Value> state(size_t(columns) * chains * numResults());
  scalarOutputs();
  for (unsigned k = 0; k != numResults(); ++k) {
    for (unsigned u = 0; u != columns; ++u) {
      bindColumn(u);
      for (unsigned chain = 0; chain != chains; ++chain) {
        if (combiners.empty()) {
          at(state, u, chain, k) = evaluator->vector(initial(k));
          continue;
        }
        TypedAttr neutral = combiners[k].neutral;
        if (lanes > 1)
          neutral = DenseElementsAttr::get(VectorType::get({lanes}, neutral.getType()), Attribute(neutral));
        at(state, u, chain, k) = arith::ConstantOp::create(b, kernel.loc, neutral);
      }
    }
  }
  state = reduce(0, state);
  scalarOutputs();
  for (unsigned u = 0; u != columns; ++u) {
    bindColumn(u);
    SmallVector<Datum> totals;
    for (unsigned k = 0; k != numResults(); ++k) {
      for (unsigned width = chains; width > 1; width = (width + 1) / 2)
        for (unsigned chain = 0; chain + (width + 1) / 2 < width; ++chain)
          at(state, u, chain, k) = combine(k, at(state, u, chain, k), at(state, u, chain + (width + 1) / 2, k));
      Value total = at(state, u, 0, k);
      if (laneIsReduction())
        total = horizontal(k, total);
      Attribute constant;
      if (!combiners.empty()) {
        Datum start = initial(k);
        if (!matchPattern(start.value, m_Constant(&constant)) || constant != combiners[k].neutral)
          total = combine(k, evaluator->vector(start), total);
      }
      totals.push_back({total, depth, lanes > 1 && !laneIsReduction()});
    }
    evaluator->finish(epilogue, totals);
  }
}

void ReductionEmitter::emit(int64_t tasks) {
  evaluator = std::make_unique<Evaluator>(kernel, axes);
  if (parallel.empty())
    return block();
  bool laneLoop = lane && !laneIsReduction();
  int64_t outer = axes[parallel.front()].size();
  int64_t grain = laneLoop && parallel.size() == 1 ? lanes * columns : 1;
  int64_t blockSize = roundUp(ceilDiv(outer, tasks), grain);
  kernel.tasks = ceilDiv(outer, blockSize);
  Value lower = kernel.index(0), upper = kernel.index(outer);
  if (kernel.tasks > 1) {
    lower = kernel.mul(kernel.begin, blockSize);
    upper = kernel.min(kernel.mul(kernel.end, blockSize), upper);
  }
  unsigned opened = 0;
  for (auto [i, axis] : llvm::enumerate(parallel)) {
    Value from = i ? kernel.index(0) : lower, to = i ? kernel.index(axes[axis].size()) : upper;
    if (laneLoop && i + 1 == parallel.size()) {
      if (columns == 1) {
        forLanes(kernel, *evaluator, axis, from, to, axes[axis].size(), lanes, [&](Value) { block(); });
        break;
      }
      auto loop = kernel.nest.open(from, to, lanes * columns);
      evaluator->setLanes(lane, lanes);
      columnBase = loop.getInductionVar();
      columnLevel = kernel.nest.depth();
    } else {
      auto loop = kernel.nest.open(from, to, 1);
      evaluator->bind(axis, loop.getInductionVar(), kernel.nest.depth());
    }
    ++opened;
  }
  if (!(laneLoop && columns == 1))
    block();
  while (opened--) {
    evaluator->forget(kernel.nest.depth());
    kernel.nest.close();
  }
}

std::optional<double> agon::cpu::reductionCycles(const BoundRegion &bound, TargetAttr target) {
  std::optional<ReductionLoops> loops = ReductionLoops::of(bound.region, target);
  return loops ? std::optional(loops->cycles()) : std::nullopt;
}

bool agon::cpu::emitReduction(CpuKernel &kernel, int64_t tasks) {
  std::optional<ReductionLoops> loops = ReductionLoops::of(kernel.region, kernel.options.target);
  if (loops)
    ReductionEmitter(kernel, std::move(*loops)).emit(tasks);
  return bool(loops);
}
