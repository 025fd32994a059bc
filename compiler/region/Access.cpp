//===- Access.cpp - Linear addresses and iteration axes -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/region/Access.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace agon::regions;

/// Adds `scale * expr` to `form`.
static bool accumulate(AffineExpr expr, int64_t scale, LinearForm &form) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    form.constant += scale * constant.getValue();
    return true;
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    form.coefficients[dim.getPosition()] += scale;
    return true;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return false;
  if (binary.getKind() == AffineExprKind::Add)
    return accumulate(binary.getLHS(), scale, form) && accumulate(binary.getRHS(), scale, form);
  // A remainder marks an axis that is not read to its end: it changes nothing.
  if (binary.getKind() == AffineExprKind::Mod)
    return accumulate(binary.getLHS(), scale, form);
  if (binary.getKind() != AffineExprKind::Mul)
    return false;
  if (auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS()))
    return accumulate(binary.getLHS(), scale * factor.getValue(), form);
  if (auto factor = dyn_cast<AffineConstantExpr>(binary.getLHS()))
    return accumulate(binary.getRHS(), scale * factor.getValue(), form);
  return false;
}

std::optional<LinearForm> agon::regions::linearize(AffineExpr expr, unsigned numDims) {
  LinearForm form;
  form.coefficients.assign(numDims, 0);
  if (!accumulate(expr, 1, form))
    return std::nullopt;
  return form;
}

std::optional<LinearForm> agon::regions::linearAddress(AffineMap map, ArrayRef<int64_t> shape) {
  LinearForm form;
  form.coefficients.assign(map.getNumDims(), 0);
  int64_t stride = 1;
  for (unsigned i = map.getNumResults(); i-- > 0;) {
    if (!accumulate(map.getResult(i), stride, form))
      return std::nullopt;
    stride *= shape[i];
  }
  return form;
}

int64_t Axis::size() const {
  int64_t product = 1;
  for (int64_t size : sizes)
    product *= size;
  return product;
}

std::optional<int64_t> Axis::stride(const LinearForm &form) const {
  if (dims.empty())
    return 0;
  int64_t stride = form.coefficients[dims.back()], expected = stride;
  for (unsigned i = dims.size(); i-- > 0;) {
    if (form.coefficients[dims[i]] != expected)
      return std::nullopt;
    expected *= sizes[i];
  }
  return stride;
}

bool Axis::uses(const LinearForm &form) const {
  return llvm::any_of(dims, [&](unsigned dim) { return form.coefficients[dim] != 0; });
}

Axis agon::regions::merge(const Axis &outer, const Axis &inner) {
  Axis merged = outer;
  merged.dims.append(inner.dims);
  merged.sizes.append(inner.sizes);
  return merged;
}

std::pair<Axis, Axis> agon::regions::split(const Axis &axis, int64_t length) {
  unsigned first = axis.dims.size();
  for (int64_t inner = 1; inner < length; inner *= axis.sizes[first])
    --first;
  auto part = [&](unsigned begin, unsigned end) {
    return Axis{{axis.dims.begin() + begin, axis.dims.begin() + end},
                {axis.sizes.begin() + begin, axis.sizes.begin() + end},
                axis.reduction};
  };
  return {part(0, first), part(first, axis.dims.size())};
}

SmallVector<Axis> agon::regions::collapse(ArrayRef<int64_t> sizes, ArrayRef<LinearForm> forms,
                                          ArrayRef<bool> reduction) {
  SmallVector<Axis> axes;
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    if (size == 1)
      continue;
    Axis axis{{unsigned(dim)}, {size}, !reduction.empty() && reduction[dim]};
    if (!axes.empty() && axes.back().reduction == axis.reduction) {
      Axis merged = merge(axes.back(), axis);
      if (llvm::all_of(forms, [&](const LinearForm &form) { return merged.stride(form); })) {
        axes.back() = merged;
        continue;
      }
    }
    axes.push_back(axis);
  }
  return axes;
}
