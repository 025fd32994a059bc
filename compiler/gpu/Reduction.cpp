//===- Reduction.cpp - Reductions by groups of threads --------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// A result is one thread's, or a group's: its threads go through what is reduced in turns and
// add their parts by halves in shared memory. Both orders depend on the plan alone: the same
// bits on every run.
//
//===----------------------------------------------------------------------===//
#include "compiler/gpu/GridKernel.h"
#include "compiler/region/ReductionForm.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace agon;
using namespace agon::gpu;

namespace {
class ReductionEmitter {
public:
  ReductionEmitter(GridKernel &kernel, ReductionForm form, int64_t group);
  void emit();

private:
  /// Each thread of the grid has results of its own.
  void alone();
  /// Each group of a block's threads has results of its own.
  void together();
  /// The neutral elements, or where there are none the initial values at the bound point.
  SmallVector<Value> start();
  /// `state` with everything from number `first` on added, every `stride`-th.
  SmallVector<Value> accumulate(Value first, int64_t stride, ArrayRef<Value> state);
  /// The group's sums, which its first thread has, of the parts of its threads.
  SmallVector<Value> combineGroup(Value member, SmallVector<Value> parts);
  /// Evaluates and stores the region's results at the bound point.
  void finish(ArrayRef<Value> sums);
  Datum initial(unsigned i);

  GridKernel &kernel;
  ReductionForm form;
  int64_t group, points = 1, terms = 1;
  SmallVector<unsigned> parallel, reduced; ///< axes
  Evaluator evaluator;
  SmallVector<Value> memory; ///< of each result: a part for each thread
};
} // namespace

ReductionEmitter::ReductionEmitter(GridKernel &kernel, ReductionForm form, int64_t group)
    : kernel(kernel), form(std::move(form)), group(group), evaluator(kernel, this->form.axes) {
  for (auto [i, axis] : llvm::enumerate(this->form.axes)) {
    (axis.reduction ? reduced : parallel).push_back(i);
    (axis.reduction ? terms : points) *= axis.size();
  }
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

SmallVector<Value> ReductionEmitter::accumulate(Value first, int64_t stride, ArrayRef<Value> state) {
  auto loop = kernel.nest.open(first, kernel.index(terms), stride, state);
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
  finish(accumulate(kernel.index(0), 1, start()));
  evaluator.forget(kernel.nest.depth());
  kernel.nest.close();
}

SmallVector<Value> ReductionEmitter::combineGroup(Value member, SmallVector<Value> parts) {
  OpBuilder &b = kernel.builder;
  for (auto [row, part] : llvm::zip(memory, parts))
    memref::StoreOp::create(b, kernel.loc, part, row, kernel.thread);
  kernel.barrier();
  for (int64_t half = group / 2; half >= 1; half /= 2) {
    Value partner = kernel.add(kernel.thread, kernel.index(half));
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

void ReductionEmitter::together() {
  for (const Combiner &combiner : form.combiners)
    memory.push_back(kernel.shared(combiner.neutral.getType(), kernel.threads));
  int64_t perBlock = kernel.threads / group;
  Value member = kernel.remainder(kernel.thread, group), number = kernel.divided(kernel.thread, group);
  // All threads of a block go round equally often: they meet at barriers.
  auto loop = kernel.nest.open(kernel.mul(kernel.blockIndex, perBlock), kernel.index(points), kernel.blocks * perBlock);
  Value point = kernel.add(loop.getInductionVar(), number), last = kernel.index(points - 1);
  kernel.bind(evaluator, form.axes, parallel, perBlock == 1 ? point : kernel.min(point, last));
  SmallVector<Value> sums = combineGroup(member, accumulate(member, group, start()));
  Value isOwn = kernel.compare(arith::CmpIPredicate::eq, member, kernel.index(0));
  if (perBlock != 1)
    isOwn = arith::AndIOp::create(kernel.builder, kernel.loc, isOwn,
                                  kernel.compare(arith::CmpIPredicate::ule, point, last));
  kernel.when(isOwn, [&] { finish(sums); });
  kernel.barrier();
  evaluator.forget(kernel.nest.depth());
  kernel.nest.close();
}

void ReductionEmitter::emit() { group == 1 ? alone() : together(); }

GridAttr agon::gpu::planReduction(RegionOp region, TargetAttr target) {
  std::optional<ReductionForm> form = ReductionForm::of(region);
  if (!form)
    return {};
  int64_t points = 1, terms = 1, threads = 256, group = 1;
  for (const Axis &axis : form->axes)
    (axis.reduction ? terms : points) *= axis.size();
  // As many threads as it takes to fill the machine, while each has some terms.
  int64_t resident = 1024 * target.getWorkers();
  while (!form->combiners.empty() && group < threads && points * group < resident && terms > 4 * group)
    group *= 2;
  int64_t perBlock = threads / group;
  return GridAttr::get(region.getContext(), GridForm::Reduction, gridBlocks(points, perBlock, target), threads,
                       /*lanes=*/1, group);
}

bool agon::gpu::emitReduction(GridKernel &kernel, GridAttr plan) {
  std::optional<ReductionForm> form = ReductionForm::of(kernel.region);
  if (!form || plan.getLanes() != 1 || (plan.getGroup() != 1 && form->combiners.empty()))
    return false;
  kernel.blocks = plan.getBlocks();
  kernel.setThreads(plan.getThreads());
  ReductionEmitter(kernel, std::move(*form), plan.getGroup()).emit();
  return true;
}
