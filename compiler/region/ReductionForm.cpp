//===- ReductionForm.cpp - A region that is a reduction -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/region/ReductionForm.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace agon;
using namespace agon::regions;

Value Combiner::apply(OpBuilder &builder, Value a, Value b) const {
  IRMapping mapping;
  mapping.map(op->getOperand(0), a);
  mapping.map(op->getOperand(1), b);
  Operation *clone = builder.clone(*op, mapping);
  clone->getResult(0).setType(a.getType());
  return clone->getResult(0);
}

bool ReductionForm::matchCombiners() {
  Block *body = root.getBody();
  for (unsigned i = 0; i != root.getNumResults(); ++i) {
    BlockArgument out = body->getArgument(root.getNumDpsInputs() + i);
    Operation *op = body->getTerminator()->getOperand(i).getDefiningOp();
    if (!op || op->getBlock() != body || op->getNumOperands() != 2 || !op->hasOneUse() || !out.hasOneUse() ||
        *out.user_begin() != op)
      return false;
    auto neutral = arith::getNeutralElement(op);
    if (!neutral)
      return false;
    combiners.push_back({op, *neutral});
  }
  return true;
}

bool ReductionForm::recognise(RegionOp region) {
  if (!prologue.visitInputs(root, AffineMap::getMultiDimIdentityMap(sizes.size(), root.getContext())) ||
      !epilogue.analyse(region, root))
    return false;
  for (OpOperand &init : root.getDpsInitsMutable()) {
    AffineMap map = root.getMatchingIndexingMap(&init);
    if (!map.isProjectedPermutation() || !epilogue.survey.visit(init.get(), map))
      return false;
  }
  if (!matchCombiners())
    combiners.clear();
  SmallVector<LinearForm> forms = prologue.forms();
  forms.append(epilogue.survey.forms());
  for (const Output &output : epilogue.outputs)
    forms.push_back(output.to);
  SmallVector<bool> isReduction;
  for (utils::IteratorType type : root.getIteratorTypesArray())
    isReduction.push_back(type == utils::IteratorType::reduction);
  axes = collapse(sizes, forms, isReduction);
  return true;
}

std::optional<ReductionForm> ReductionForm::of(RegionOp region) {
  ReductionForm form;
  form.root = findRoot(region);
  if (!form.root)
    return std::nullopt;
  form.sizes = form.root.getStaticLoopRanges();
  if (!form.recognise(region))
    return std::nullopt;
  return form;
}
