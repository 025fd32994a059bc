//===- Elementwise.cpp - Maps over one space ------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/Kernels.h"
#include "compiler/kernel/Interleave.h"
#include "compiler/region/MapForm.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

int64_t agon::cpu::vectorLanes(RegionOp region, TargetAttr target) {
  unsigned bits = 64;
  auto look = [&](Type type) {
    auto tensor = cast<RankedTensorType>(type);
    if (tensor.getNumElements() > 1 && tensor.getElementTypeBitWidth() <= 32)
      bits = 32;
  };
  for (Type type : region.getOperandTypes())
    look(type);
  for (Type type : region.getResultTypes())
    look(type);
  return target.getVectorBits() / bits;
}

void agon::cpu::forLanes(CpuKernel &kernel, Evaluator &evaluator, unsigned axis, Value lower, Value upper,
                         int64_t limit, int64_t lanes, llvm::function_ref<void(Value)> body) {
  auto loop = [&](Value from, Value to, Value mask) {
    auto op = kernel.nest.open(from, to, lanes);
    evaluator.bind(axis, op.getInductionVar(), kernel.nest.depth());
    evaluator.setLanes(axis, lanes, mask);
    body(op.getInductionVar());
    evaluator.forget(kernel.nest.depth());
    kernel.nest.close();
  };
  int64_t whole = limit / lanes * lanes;
  if (whole == limit)
    return loop(lower, upper, {});
  Value edge = kernel.index(whole);
  if (whole)
    loop(lower, kernel.min(upper, edge), {});
  loop(kernel.max(lower, edge), upper, prefixMask(kernel, lanes, limit - whole));
}

/// Chooses the axis that has the lanes, and what is a loop outside and what is unrolled inside it: mostly the last
/// one. A last axis shorter than a vector would leave lanes idle, and its masked stores would stall the loads of the
/// next row. Then lanes lie along the axis before, and what lies within it is read and written as whole vectors.
static unsigned layOutLanes(SmallVector<Axis> &axes, int64_t lanes, int64_t work, const Split &split) {
  if (axes.empty())
    return 0;
  // Tasks that are blocks of dimension 0 must be whole vectors of it.
  unsigned first = split.kind == Split::Rows && split.count % lanes, laneAxis = axes.size() - 1;
  int64_t unrolled = 1;
  while (laneAxis > first && axes[laneAxis].size() < lanes && unrolled * axes[laneAxis].size() <= maxInterleaved &&
         unrolled * axes[laneAxis].size() * work <= maxUnrolledWork)
    unrolled *= axes[laneAxis--].size();
  // Where that does not do, several axes are one, and what is not linear along it is gathered.
  first = split.kind == Split::Rows;
  while (laneAxis > first && axes[laneAxis].size() < lanes) {
    axes[laneAxis - 1] = merge(axes[laneAxis - 1], axes[laneAxis]);
    axes.erase(axes.begin() + laneAxis--);
  }
  return laneAxis;
}

/// Evaluates and stores `outputs` for every point of `inner`, the axes from number `first` on, which are unrolled.
static void emitPoints(CpuKernel &kernel, Evaluator &evaluator, ArrayRef<Axis> inner, unsigned first,
                       ArrayRef<Output> outputs) {
  int64_t points = 1;
  for (const Axis &axis : inner)
    points *= axis.size();
  SmallVector<int64_t> position(inner.size());
  auto moveTo = [&](int64_t point) {
    for (unsigned i = inner.size(); i-- > 0; point /= inner[i].size()) {
      position[i] = point % inner[i].size();
      evaluator.bind(first + i, kernel.index(position[i]), 0);
    }
  };
  SmallVector<SmallVector<Datum>> data(outputs.size());
  SmallVector<SmallVector<int64_t>> offsets(outputs.size());
  for (int64_t point = 0; point != points; ++point) {
    moveTo(point);
    for (auto [i, output] : llvm::enumerate(outputs)) {
      data[i].push_back(evaluator.value(output.tensor, output.map));
      int64_t offset = 0;
      for (auto [axis, at] : llvm::zip(inner, position))
        offset += at * axis.stride(output.to).value();
      offsets[i].push_back(offset);
    }
  }
  // Everything is read before anything is written: a result may lie where an operand does.
  moveTo(0);
  for (auto [i, output] : llvm::enumerate(outputs)) {
    if (evaluator.storeStrided(kernel.flatResult(output.result), output.to, offsets[i], data[i]))
      continue;
    for (int64_t point = 0; point != points; ++point) {
      LinearForm to = output.to;
      to.constant += offsets[i][point];
      evaluator.store(kernel.flatResult(output.result), to, data[i][point]);
    }
  }
}

namespace {
/// The loops of a map, the axis in lanes among them.
struct MapLoops {
  SmallVector<Axis> axes;
  unsigned laneAxis = 0;
  int64_t lanes = 1;
  double cycles = 1; ///< of all points, about

  MapLoops(int64_t fullLanes, ArrayRef<int64_t> sizes, ArrayRef<Output> outputs, const Survey &survey,
           const Split &split);
};
} // namespace

MapLoops::MapLoops(int64_t fullLanes, ArrayRef<int64_t> sizes, ArrayRef<Output> outputs, const Survey &survey,
                   const Split &split) {
  SmallVector<LinearForm> forms = survey.forms();
  for (const Output &output : outputs)
    forms.push_back(output.to);
  // Dimension 0 stays by itself if it is what tasks divide.
  SmallVector<bool> kept(sizes.size(), false);
  if (split.kind == Split::Rows)
    kept[0] = true;
  axes = collapse(sizes, forms, kept);
  int64_t work = survey.work + outputs.size();
  laneAxis = layOutLanes(axes, fullLanes, work, split);
  if (axes.empty())
    return;
  int64_t points = 1;
  for (const Axis &axis : axes)
    points *= axis.size();
  lanes = std::min<int64_t>(fullLanes, llvm::PowerOf2Ceil(axes[laneAxis].size()));
  cycles = double(points) * (work + 1) / lanes;
}

void agon::cpu::emitMap(CpuKernel &kernel, ArrayRef<int64_t> sizes, ArrayRef<Output> outputs, const Survey &survey,
                        Split split) {
  auto [axes, laneAxis, lanes, cycles] =
      MapLoops(vectorLanes(kernel.region, kernel.options.target), sizes, outputs, survey, split);
  Evaluator evaluator(kernel, axes);
  if (axes.empty()) {
    SmallVector<Datum> data;
    for (const Output &output : outputs)
      data.push_back(evaluator.value(output.tensor, output.map));
    for (auto [output, datum] : llvm::zip(outputs, data))
      evaluator.store(kernel.flatResult(output.result), output.to, datum);
    return;
  }

  int64_t outer = axes.front().size(), block = split.count;
  Value lower = kernel.index(0), upper = kernel.index(outer);
  if (split.kind == Split::Outer) {
    block = roundUp(ceilDiv(outer, split.count), laneAxis == 0 ? lanes : 1);
    kernel.tasks = ceilDiv(outer, block);
  }
  if (split.kind != Split::None && kernel.tasks > 1) {
    lower = kernel.mul(kernel.begin, block);
    upper = kernel.min(kernel.mul(kernel.end, block), upper);
  }
  for (unsigned i = 0; i != laneAxis; ++i) {
    auto loop = kernel.nest.open(i ? kernel.index(0) : lower, i ? kernel.index(axes[i].size()) : upper, 1);
    evaluator.bind(i, loop.getInductionVar(), kernel.nest.depth());
  }
  ArrayRef<Axis> inner = ArrayRef(axes).drop_front(laneAxis + 1);
  forLanes(kernel, evaluator, laneAxis, laneAxis ? kernel.index(0) : lower,
           laneAxis ? kernel.index(axes[laneAxis].size()) : upper, axes[laneAxis].size(), lanes,
           [&, first = laneAxis + 1](Value) { emitPoints(kernel, evaluator, inner, first, outputs); });
  for (unsigned i = 0; i != laneAxis; ++i)
    kernel.nest.close();
}

std::optional<double> agon::cpu::elementwiseCycles(const BoundRegion &bound, TargetAttr target) {
  std::optional<MapForm> form = MapForm::elementwise(bound.region);
  if (!form)
    return std::nullopt;
  return MapLoops(vectorLanes(bound.region, target), form->sizes, form->outputs, form->survey, {Split::Outer, 1})
      .cycles;
}

bool agon::cpu::emitElementwise(CpuKernel &kernel, int64_t tasks) {
  std::optional<MapForm> form = MapForm::elementwise(kernel.region);
  if (form)
    emitMap(kernel, form->sizes, form->outputs, form->survey, {Split::Outer, tasks});
  return bool(form);
}
