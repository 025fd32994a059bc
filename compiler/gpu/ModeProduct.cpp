//===- ModeProduct.cpp - Small constant matrices along axes ---------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/gpu/GridKernel.h"
#include "compiler/kernel/ModePoint.h"

using namespace mlir;
using namespace agon;
using namespace agon::gpu;

/// The axes that threads go through: all but the modes' own, the one that most addresses are contiguous along last.
static SmallVector<Axis> threadAxes(const ModeProductForm &form) {
  SmallVector<LinearForm> forms = form.prologue.forms();
  forms.append(form.epilogue.survey.forms());
  for (const Output &output : form.epilogue.outputs)
    forms.push_back(output.to);
  SmallVector<int64_t> others(form.sizes);
  for (const Mode &mode : form.modes)
    others[mode.from] = others[mode.to] = 1;
  SmallVector<Axis> axes = collapse(others, forms);
  auto contiguous = [&](const Axis &axis) {
    return llvm::count_if(forms, [&](const LinearForm &each) { return axis.stride(each) == 1; });
  };
  llvm::stable_sort(axes, [&](const Axis &a, const Axis &b) { return contiguous(a) < contiguous(b); });
  return axes;
}

static int64_t pointsOf(ArrayRef<Axis> axes) {
  int64_t points = 1;
  for (const Axis &axis : axes)
    points *= axis.size();
  return points;
}

GridAttr agon::gpu::planModeProduct(RegionOp region, TargetAttr target) {
  std::optional<ModeProductForm> form = ModeProductForm::of(region);
  if (!form)
    return {};
  int64_t threads = 128;
  return GridAttr::get(region.getContext(), GridForm::ModeProduct,
                       gridBlocks(pointsOf(threadAxes(*form)), threads, target), threads, /*lanes=*/1, /*group=*/1,
                       /*resultsFirst=*/false, /*split=*/1);
}

bool agon::gpu::emitModeProduct(GridKernel &kernel, GridAttr plan) {
  std::optional<ModeProductForm> form = ModeProductForm::of(kernel.region);
  if (!form || plan.getLanes() != 1)
    return false;
  kernel.blocks = plan.getBlocks();
  kernel.setThreads(plan.getThreads());
  SmallVector<Axis> axes = threadAxes(*form);
  unsigned loops = axes.size();
  int64_t points = pointsOf(axes);
  form->addModeAxes(axes);
  Evaluator evaluator(kernel, axes);
  ModePoint point(kernel, *form, evaluator, loops, /*lanes=*/1);
  auto loop = kernel.openGrid(points);
  kernel.bind(evaluator, axes, llvm::to_vector(llvm::seq<unsigned>(0, loops)), loop.getInductionVar());
  point.all([&](int64_t number, Value value) { point.finishAt(number, value); });
  evaluator.forget(kernel.nest.depth());
  kernel.nest.close();
  return true;
}
