//===- ModeProductLoops.cpp - The loops of a mode product -----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/ModeProduct.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

/// About the cycles of an element where lanes lie along `axis`.
double ModeProductLoops::costAlong(const Axis &axis, int64_t width) const {
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
         (double(inputs) * read(prologue) + double(outputs) * (read(epilogue.survey) + written) + operations() / 2);
}

/// Collapses the axes that are loops, and puts the one for the lanes last.
bool ModeProductLoops::chooseLanes(RegionOp region, int64_t full) {
  SmallVector<LinearForm> forms = prologue.forms();
  forms.append(epilogue.survey.forms());
  for (const Output &output : epilogue.outputs)
    forms.push_back(output.to);
  SmallVector<int64_t> others(sizes);
  for (const Mode &mode : modes)
    others[mode.from] = others[mode.to] = 1;
  axes = collapse(others, forms);
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
    // Where all is strided, a contraction's copies are better than gathers.
    if (!llvm::any_of(forms, contiguous) && ContractionForm::of(region))
      return false;
    std::rotate(axes.begin() + *best, axes.begin() + *best + 1, axes.end());
  }
  return true;
}

std::string ModeProductLoops::describe() const {
  std::string text = "mode product";
  for (const Mode &mode : modes)
    text += (&mode == &modes.front() ? " " : " by ") + std::to_string(mode.rows) + "x" + std::to_string(mode.columns);
  return text;
}

std::optional<ModeProductLoops> ModeProductLoops::of(RegionOp region, TargetAttr target) {
  std::optional<ModeProductForm> form = ModeProductForm::of(region);
  if (!form)
    return std::nullopt;
  ModeProductLoops loops(std::move(*form));
  if (!loops.chooseLanes(region, vectorLanes(region, target)))
    return std::nullopt;
  return loops;
}

double ModeProductLoops::cycles() const {
  int64_t count = 1;
  for (const Axis &axis : axes)
    count *= axis.size();
  return double(count) / double(lanes) * (operations() / 2 + double(inputs + outputs));
}

std::optional<double> agon::cpu::modeProductCycles(const BoundRegion &bound, TargetAttr target) {
  std::optional<ModeProductLoops> loops = ModeProductLoops::of(bound.region, target);
  return loops ? std::optional(loops->cycles()) : std::nullopt;
}
