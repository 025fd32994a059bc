//===- ContractionForm.cpp - A region that is a contraction ---------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/region/ContractionForm.h"
#include "dialects/agon/SumOfProducts.h"

using namespace mlir;
using namespace agon;
using namespace agon::regions;

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

ContractionOperand::Layout ContractionOperand::along(const Axis &axis) const {
  // By its largest buffer: what is broadcast along other axes is small.
  const Survey::Leaf *largest = survey.largestLeaf();
  if (!largest)
    return Contiguous;
  auto [outer, inner] = split(axis, run(axis));
  int64_t stride = *inner.stride(largest->form);
  // Short runs are gathered as fast as copied.
  if (!outer.dims.empty() && inner.size() < 4)
    return Scattered;
  return stride == 1 || stride == 0 ? Contiguous : Strided;
}

int64_t ContractionOperand::run(const Axis &axis) const {
  int64_t length = 1;
  Axis inner;
  for (unsigned i = axis.dims.size(); i-- > 0;) {
    inner.dims.insert(inner.dims.begin(), axis.dims[i]);
    inner.sizes.insert(inner.sizes.begin(), axis.sizes[i]);
    if (!llvm::all_of(survey.leaves, [&](const Survey::Leaf &leaf) { return inner.stride(leaf.form); }))
      break;
    length *= axis.sizes[i];
  }
  return length;
}

bool ContractionOperand::isDirect(const Axis &first, const Axis &second) const {
  return isPlain() && first.stride(form()) && second.stride(form());
}

//===----------------------------------------------------------------------===//
// Recognition
//===----------------------------------------------------------------------===//

std::optional<ContractionForm> ContractionForm::of(RegionOp region) {
  ContractionForm form;
  form.root = findRoot(region);
  if (!form.root || !isSumOfProducts(form.root) || !form.recognise(region))
    return std::nullopt;
  return form;
}

bool ContractionForm::recognise(RegionOp region) {
  OpOperand &init = root.getDpsInitsMutable()[0];
  element = getElementTypeOrSelf(init.get());
  if (!element.isF32() && !element.isF64())
    return false;
  SmallVector<int64_t> sizes = root.getStaticLoopRanges();
  AffineMap resultMap = root.getMatchingIndexingMap(&init);
  if (!resultMap.isProjectedPermutation() || !epilogue.analyse(region, root) ||
      !epilogue.survey.visit(init.get(), resultMap))
    return false;
  pairs.resize(root.getNumDpsInputs() / 2);
  for (OpOperand *input : root.getDpsInputOperands()) {
    unsigned number = input->getOperandNumber();
    ContractionOperand &operand = number % 2 ? pairs[number / 2].b : pairs[number / 2].a;
    operand.tensor = input->get();
    operand.map = root.getMatchingIndexingMap(input);
    for (AffineExpr expr : operand.map.getResults())
      if (!linearize(expr, sizes.size()))
        return false;
    if (!operand.survey.visit(operand.tensor, operand.map))
      return false;
  }
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    if (size == 1)
      continue;
    static const int axisOf[8] = {-1, -1, -1, NAxis, -1, MAxis, KAxis, BatchAxis};
    auto axisIn = [&, dim = unsigned(dim)](const OperandPair &pair) {
      return axisOf[pair.a.map.isFunctionOfDim(dim) * 4 + pair.b.map.isFunctionOfDim(dim) * 2 +
                    resultMap.isFunctionOfDim(dim)];
    };
    int axis = axisIn(pairs.front());
    if (axis < 0 || !llvm::all_of(pairs, [&](const OperandPair &pair) { return axisIn(pair) == axis; }))
      return false;
    axes[axis].dims.push_back(dim);
  }
  // Outermost first in the result, for k in the first operand, so that axes collapse.
  auto orderBy = [&](Axis &axis, const LinearForm &form) {
    llvm::stable_sort(axis.dims, [&](unsigned x, unsigned y) { return form.coefficients[x] > form.coefficients[y]; });
    for (unsigned dim : axis.dims)
      axis.sizes.push_back(sizes[dim]);
  };
  for (unsigned axis : {BatchAxis, MAxis, NAxis})
    orderBy(axes[axis], epilogue.outputs.front().to);
  const ContractionOperand &a = pairs.front().a;
  orderBy(axes[KAxis], a.survey.leaves.empty() ? epilogue.outputs.front().to : a.form());
  return true;
}

void ContractionForm::transpose() {
  for (OperandPair &pair : pairs)
    std::swap(pair.a, pair.b);
  std::swap(axes[MAxis], axes[NAxis]);
}
