//===- Threads.cpp - Maps, a thread each point ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/gpu/GridKernel.h"
#include "compiler/region/MapForm.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace agon;
using namespace agon::gpu;

static SmallVector<LinearForm> formsOf(const MapForm &map) {
  SmallVector<LinearForm> forms = map.survey.forms();
  for (const Output &output : map.outputs)
    forms.push_back(output.to);
  return forms;
}

/// How many neighbours a thread takes: four, as 16 bytes of f32, where all lie in a row or are one for all four.
static int64_t lanesOf(const MapForm &map) {
  SmallVector<LinearForm> forms = formsOf(map);
  SmallVector<Axis> axes = collapse(map.sizes, forms);
  if (axes.empty() || axes.back().size() % 4)
    return 1;
  for (const LinearForm &form : forms) {
    auto stride = axes.back().stride(form);
    if (!stride || *stride < 0 || *stride > 1)
      return 1;
  }
  return 4;
}

/// Whether the element of the result that lies at `at` in the box of `under` lies in the box of `over`, too.
static Value isWithin(GridKernel &kernel, const MapForm &under, const MapForm &over, ArrayRef<Value> at) {
  OpBuilder &b = kernel.builder;
  Value all;
  auto require = [&](Value condition) {
    all = all ? Value(arith::AndIOp::create(b, kernel.loc, all, condition)) : condition;
  };
  for (unsigned dim = 0; dim != at.size(); ++dim) {
    // Unsigned, what lies before the box lies far behind it.
    Value place =
        kernel.add(kernel.mul(at[dim], under.strides[dim]), kernel.index(under.offsets[dim] - over.offsets[dim]));
    int64_t extent = (over.sizes[dim] - 1) * over.strides[dim] + 1;
    require(kernel.compare(arith::CmpIPredicate::ult, place, kernel.index(extent)));
    if (over.strides[dim] != 1)
      require(kernel.compare(arith::CmpIPredicate::eq, kernel.remainder(place, over.strides[dim]), kernel.index(0)));
  }
  return all ? all : Value(arith::ConstantOp::create(b, kernel.loc, b.getBoolAttr(true)));
}

/// Evaluates and stores the outputs of `map` at all its points, but for those that `later` ones write.
static void emitMap(GridKernel &kernel, const MapForm &map, ArrayRef<const MapForm *> later, int64_t lanes) {
  SmallVector<Axis> axes;
  if (later.empty()) {
    axes = collapse(map.sizes, formsOf(map));
  } else {
    lanes = 1;
    for (auto [dim, size] : llvm::enumerate(map.sizes))
      axes.push_back({{unsigned(dim)}, {size}});
  }
  Evaluator evaluator(kernel, axes);
  auto order = llvm::to_vector(llvm::seq<unsigned>(0, axes.size()));
  auto loop = kernel.openGrid(map.points() / lanes);
  kernel.bind(evaluator, axes, order, loop.getInductionVar(), lanes);
  if (!axes.empty())
    evaluator.setLanes(axes.size() - 1, lanes);
  // Everything is read before anything is written: a result may lie where an operand does.
  SmallVector<Datum> data;
  for (const Output &output : map.outputs)
    data.push_back(evaluator.value(output.tensor, output.map));
  auto store = [&] {
    for (auto [output, datum] : llvm::zip(map.outputs, data))
      evaluator.store(kernel.flatResult(output.result), output.to, datum);
  };
  Value hidden;
  for (const MapForm *over : later) {
    SmallVector<Value> at;
    for (unsigned i : order)
      at.push_back(evaluator.position(i));
    Value within = isWithin(kernel, map, *over, at);
    hidden = hidden ? Value(arith::OrIOp::create(kernel.builder, kernel.loc, hidden, within)) : within;
  }
  if (hidden)
    kernel.unless(hidden, store);
  else
    store();
  evaluator.forget(kernel.nest.depth());
  kernel.nest.close();
}

static GridAttr planMaps(MLIRContext *context, GridForm form, ArrayRef<MapForm> maps, TargetAttr target) {
  int64_t threads = 256, points = 1, lanes = 4;
  for (const MapForm &map : maps) {
    lanes = std::min(lanes, lanesOf(map));
    points = std::max(points, map.points());
  }
  return GridAttr::get(context, form, gridBlocks(points / lanes, threads, target), threads, lanes, /*group=*/1,
                       /*resultsFirst=*/false, /*split=*/1);
}

GridAttr agon::gpu::planElementwise(RegionOp region, TargetAttr target) {
  std::optional<MapForm> map = MapForm::elementwise(region);
  return map ? planMaps(region.getContext(), GridForm::Elementwise, *map, target) : GridAttr();
}

GridAttr agon::gpu::planInsert(RegionOp region, TargetAttr target) {
  auto maps = MapForm::insertions(region);
  return maps ? planMaps(region.getContext(), GridForm::Insert, *maps, target) : GridAttr();
}

bool agon::gpu::emitElementwise(GridKernel &kernel, GridAttr plan) {
  std::optional<MapForm> map = MapForm::elementwise(kernel.region);
  if (!map || (plan.getLanes() != 1 && lanesOf(*map) != plan.getLanes()))
    return false;
  kernel.blocks = plan.getBlocks();
  kernel.setThreads(plan.getThreads());
  emitMap(kernel, *map, {}, plan.getLanes());
  return true;
}

bool agon::gpu::emitInsert(GridKernel &kernel, GridAttr plan) {
  auto maps = MapForm::insertions(kernel.region);
  if (!maps || (plan.getLanes() != 1 &&
                llvm::any_of(*maps, [&](const MapForm &map) { return lanesOf(map) != plan.getLanes(); })))
    return false;
  kernel.blocks = plan.getBlocks();
  kernel.setThreads(plan.getThreads());
  for (auto [i, map] : llvm::enumerate(*maps)) {
    SmallVector<const MapForm *> later;
    for (const MapForm &other : ArrayRef(*maps).drop_front(i + 1))
      if (map.outputs.front().result == other.outputs.front().result && map.mayMeet(other))
        later.push_back(&other);
    emitMap(kernel, map, later, plan.getLanes());
  }
  return true;
}
