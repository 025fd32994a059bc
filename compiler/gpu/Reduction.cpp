//===- Reduction.cpp - Reductions by groups of threads --------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// A result is one thread's, or a group's: its threads go through what is reduced in turns and
// add their parts by halves in shared memory. Threads side by side read what lies side by side:
// they are of one group, or where results are neighbours in memory, of as many groups. Where
// blocks are few, several have a part each of the terms (PartialSums). All orders depend on the
// plan alone: the same bits on every run.
//
//===----------------------------------------------------------------------===//
#include "compiler/gpu/GridKernel.h"
#include "compiler/gpu/PartialSums.h"
#include "compiler/region/ReductionForm.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace agon;
using namespace agon::gpu;

namespace {
class ReductionEmitter {
public:
  ReductionEmitter(GridKernel &kernel, ReductionForm form, GridAttr plan);
  void emit();

private:
  /// Each thread of the grid has results of its own.
  void alone();
  /// Each group of a block's threads has results of its own.
  void together();
  /// The sums of the results from number `first` on, one a group, over the terms of part `part`.
  void reduce(Value first, Value part);
  /// The neutral elements, or where there are none the initial values at the bound point.
  SmallVector<Value> start();
  /// `state` with the terms from number `first` to before `end` added, every `stride`-th.
  SmallVector<Value> accumulate(Value first, Value end, int64_t stride, ArrayRef<Value> state);
  /// The group's sums, which its first thread has, of the parts of its threads.
  SmallVector<Value> combineGroup(SmallVector<Value> parts);
  /// Evaluates and stores the region's results at the bound point.
  void finish(ArrayRef<Value> sums);
  Datum initial(unsigned i);

  GridKernel &kernel;
  ReductionForm form;
  GridAttr plan;
  int64_t group, groups; ///< threads of a group; groups of a block
  int64_t points, terms;
  Value member, number;                    ///< of the thread in its group, and of the group
  SmallVector<unsigned> parallel, reduced; ///< axes
  Evaluator evaluator;
  SmallVector<Value> memory; ///< of each result: a part for each thread
};
} // namespace

/// How many results there are, and of how many terms each.
static std::pair<int64_t, int64_t> sizesOf(const ReductionForm &form) {
  int64_t points = 1, terms = 1;
  for (const Axis &axis : form.axes)
    (axis.reduction ? terms : points) *= axis.size();
  return {points, terms};
}

ReductionEmitter::ReductionEmitter(GridKernel &kernel, ReductionForm form, GridAttr plan)
    : kernel(kernel), form(std::move(form)), plan(plan), group(plan.getGroup()), groups(plan.getThreads() / group),
      evaluator(kernel, this->form.axes) {
  std::tie(points, terms) = sizesOf(this->form);
  for (auto [i, axis] : llvm::enumerate(this->form.axes))
    (axis.reduction ? reduced : parallel).push_back(i);
  member = plan.getResultsFirst() ? kernel.divided(kernel.thread, groups) : kernel.remainder(kernel.thread, group);
  number = plan.getResultsFirst() ? kernel.remainder(kernel.thread, groups) : kernel.divided(kernel.thread, group);
}

Datum ReductionEmitter::initial(unsigned i) {
  OpOperand &init = form.root.getDpsInitsMutable()[i];
  return evaluator.value(init.get(), form.root.getMatchingIndexingMap(&init));
}

SmallVector<Value> ReductionEmitter::start() {
  SmallVector<Value> values;
  for (unsigned i = 0; i != form.root.getNumResults(); ++i)
    values.push_back(
        form.combiners.empty()
            ? initial(i).value
            : arith::ConstantOp::create(kernel.builder, kernel.loc, form.combiners[i].neutral).getResult());
  return values;
}

SmallVector<Value> ReductionEmitter::accumulate(Value first, Value end, int64_t stride, ArrayRef<Value> state) {
  auto loop = kernel.nest.open(first, end, stride, state);
  kernel.bind(evaluator, form.axes, reduced, loop.getInductionVar());
  SmallVector<Datum> outs;
  for (Value value : loop.getRegionIterArgs())
    outs.push_back({value, kernel.nest.depth(), false});
  AffineMap identity = AffineMap::getMultiDimIdentityMap(form.sizes.size(), form.root.getContext());
  SmallVector<Value> next;
  for (Datum datum : evaluator.body(form.root, identity, outs))
    next.push_back(datum.value);
  evaluator.forget(kernel.nest.depth());
  return llvm::to_vector(kernel.nest.close(next));
}

void ReductionEmitter::finish(ArrayRef<Value> sums) {
  SmallVector<Datum> totals;
  for (auto [i, sum] : llvm::enumerate(sums)) {
    Value total = sum;
    if (!form.combiners.empty()) {
      Attribute constant;
      Datum first = initial(i);
      if (!matchPattern(first.value, m_Constant(&constant)) || constant != form.combiners[i].neutral)
        total = form.combiners[i].apply(kernel.builder, first.value, total);
    }
    totals.push_back({total, kernel.nest.depth(), false});
  }
  evaluator.finish(form.epilogue, totals);
}

void ReductionEmitter::alone() {
  auto loop = kernel.openGrid(points);
  kernel.bind(evaluator, form.axes, parallel, loop.getInductionVar());
  finish(accumulate(kernel.index(0), kernel.index(terms), 1, start()));
  evaluator.forget(kernel.nest.depth());
  kernel.nest.close();
}

SmallVector<Value> ReductionEmitter::combineGroup(SmallVector<Value> parts) {
  OpBuilder &b = kernel.builder;
  for (auto [row, part] : llvm::zip(memory, parts))
    memref::StoreOp::create(b, kernel.loc, part, row, kernel.thread);
  kernel.barrier();
  for (int64_t half = group / 2; half >= 1; half /= 2) {
    Value partner = kernel.add(kernel.thread, kernel.index(half * (plan.getResultsFirst() ? groups : 1)));
    kernel.when(kernel.compare(arith::CmpIPredicate::ult, member, kernel.index(half)), [&] {
      for (auto [row, combiner] : llvm::zip(memory, form.combiners)) {
        Value own = memref::LoadOp::create(b, kernel.loc, row, kernel.thread);
        Value other = memref::LoadOp::create(b, kernel.loc, row, partner);
        memref::StoreOp::create(b, kernel.loc, combiner.apply(b, own, other), row, kernel.thread);
      }
    });
    kernel.barrier();
  }
  SmallVector<Value> sums;
  for (Value row : memory)
    sums.push_back(memref::LoadOp::create(b, kernel.loc, row, kernel.thread));
  return sums;
}

void ReductionEmitter::reduce(Value first, Value part) {
  OpBuilder &b = kernel.builder;
  int64_t parts = plan.getSplit(), ofPart = ceilDiv(terms, parts);
  Value point = kernel.add(first, number), last = kernel.index(points - 1);
  kernel.bind(evaluator, form.axes, parallel, groups == 1 ? point : kernel.min(point, last));
  Value begin = kernel.mul(part, ofPart);
  Value end = kernel.min(kernel.add(begin, kernel.index(ofPart)), kernel.index(terms));
  SmallVector<Value> sums = combineGroup(accumulate(kernel.add(begin, member), end, group, start()));
  Value isOwn = kernel.compare(arith::CmpIPredicate::eq, member, kernel.index(0));
  if (groups != 1)
    isOwn = arith::AndIOp::create(b, kernel.loc, isOwn, kernel.compare(arith::CmpIPredicate::ule, point, last));
  if (parts == 1)
    return kernel.when(isOwn, [&] { finish(sums); });
  PartialSums(kernel, kernel.blocks / parts, parts, /*holders=*/groups)
      .combine(
          {kernel.divided(kernel.blockIndex, parts), part, number, isOwn}, sums,
          [&](Value x, Value y, unsigned i) { return form.combiners[i].apply(b, x, y); },
          [&](ArrayRef<Value> totals) { finish(totals); });
}

void ReductionEmitter::together() {
  for (const Combiner &combiner : form.combiners)
    memory.push_back(kernel.shared(combiner.neutral.getType(), kernel.threads));
  if (int64_t parts = plan.getSplit(); parts > 1)
    return reduce(kernel.mul(kernel.divided(kernel.blockIndex, parts), groups),
                  kernel.remainder(kernel.blockIndex, parts));
  // All threads of a block go round equally often: they meet at barriers.
  auto loop = kernel.nest.open(kernel.mul(kernel.blockIndex, groups), kernel.index(points), kernel.blocks * groups);
  reduce(loop.getInductionVar(), kernel.index(0));
  kernel.barrier();
  evaluator.forget(kernel.nest.depth());
  kernel.nest.close();
}

void ReductionEmitter::emit() { group == 1 ? alone() : together(); }

/// Whether neighbours in memory, of the largest tensor that is read, belong to different results.
static bool areResultsNeighbours(const ReductionForm &form) {
  const Survey::Leaf *largest = form.prologue.largestLeaf();
  const Axis *last = nullptr; // of the results: the one that threads side by side go along
  for (const Axis &axis : form.axes)
    if (!axis.reduction)
      last = &axis;
  return largest && last && last->stride(largest->form) == 1;
}

GridAttr agon::gpu::planReduction(RegionOp region, TargetAttr target) {
  std::optional<ReductionForm> form = ReductionForm::of(region);
  if (!form)
    return {};
  MLIRContext *context = region.getContext();
  auto [points, terms] = sizesOf(*form);
  int64_t threads = 256, group = 1, resident = 1024 * target.getWorkers();
  bool resultsFirst = areResultsNeighbours(*form);
  // Of neighbours a warp takes as many as there are.
  int64_t most = resultsFirst ? threads / std::min<int64_t>(32, llvm::PowerOf2Ceil(points)) : threads;
  // As many threads as it takes to fill the machine, while each has some terms.
  while (!form->combiners.empty() && group < most && points * group < resident && terms > 4 * group)
    group *= 2;
  // A part has terms enough for several rounds of its threads.
  int64_t blocks = ceilDiv(points, threads / group);
  int64_t parts = std::min(2 * target.getWorkers() / blocks, terms / (16 * group));
  if (group == most && parts > 1)
    return GridAttr::get(context, GridForm::Reduction, blocks * parts, threads, /*lanes=*/1, group, resultsFirst,
                         parts);
  return GridAttr::get(context, GridForm::Reduction, gridBlocks(points, threads / group, target), threads, /*lanes=*/1,
                       group, group > 1 && resultsFirst, /*split=*/1);
}

bool agon::gpu::emitReduction(GridKernel &kernel, GridAttr plan) {
  std::optional<ReductionForm> form = ReductionForm::of(kernel.region);
  if (!form || plan.getLanes() != 1 || (plan.getGroup() != 1 && form->combiners.empty()))
    return false;
  int64_t sums = ceilDiv(sizesOf(*form).first, plan.getThreads() / plan.getGroup());
  if (plan.getSplit() > 1 && (plan.getBlocks() != sums * plan.getSplit() || sums > PartialSums::mostSums))
    return false;
  kernel.blocks = plan.getBlocks();
  kernel.setThreads(plan.getThreads());
  ReductionEmitter(kernel, std::move(*form), plan).emit();
  return true;
}
