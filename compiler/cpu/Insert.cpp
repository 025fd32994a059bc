//===- Insert.cpp - Slices put into a tensor ------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/Kernels.h"
#include "compiler/region/MapForm.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

namespace {
/// The insertions of a region, in the order of their execution.
struct InsertForm {
  SmallVector<MapForm, 4> steps;
  /// Where every piece goes over all of dimension 0, a batch mostly, tasks are its blocks: of so many rows, in
  /// multiples of the grain.
  int64_t rows = 1, grain = 1;
  double cycles = 0;
};
} // namespace

static std::optional<InsertForm> insertForm(const BoundRegion &bound, TargetAttr target) {
  InsertForm form;
  RegionOp region = bound.region;
  auto steps = MapForm::insertions(region);
  if (!steps)
    return std::nullopt;
  form.steps = std::move(*steps);
  int64_t lanes = vectorLanes(region, target);
  form.rows = form.steps.empty() || form.steps.front().sizes.empty() ? 1 : form.steps.front().sizes[0];
  for (const MapForm &step : form.steps) {
    int64_t points = step.points();
    if (step.sizes.empty() || step.sizes[0] != form.rows || !step.wholeRows)
      form.rows = 1;
    else if (points < form.rows * lanes) // then dimension 0 has the lanes
      form.grain = lanes;
    form.cycles += double(points) * (step.survey.work + 2) / lanes;
  }
  return form;
}

std::optional<double> agon::cpu::insertCycles(const BoundRegion &region, TargetAttr target) {
  std::optional<InsertForm> form = insertForm(region, target);
  return form ? std::optional(form->cycles) : std::nullopt;
}

bool agon::cpu::emitInsert(CpuKernel &kernel, int64_t tasks) {
  std::optional<InsertForm> form = insertForm(kernel.bound(), kernel.options.target);
  if (!form)
    return false;
  Split split;
  int64_t block = roundUp(ceilDiv(form->rows, tasks), form->grain);
  if (form->rows > block) {
    kernel.tasks = ceilDiv(form->rows, block);
    split = {Split::Rows, block};
  }
  for (MapForm &step : form->steps)
    emitMap(kernel, step.sizes, step.outputs, step.survey, split);
  return true;
}
