//===- InPlace.cpp - Results written over inputs --------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/kernel/KernelBuilder.h"
#include "compiler/region/Epilogue.h"

using namespace mlir;
using namespace agon;
using namespace agon::regions;

/// Whether every leaf of `survey` that is `input` is read at the point itself, in a
/// space of shape `shape`.
static bool readsOwnElement(const Survey &survey, Value input, ArrayRef<int64_t> shape) {
  auto own = linearAddress(AffineMap::getMultiDimIdentityMap(shape.size(), input.getContext()), shape);
  return llvm::all_of(survey.leaves, [&](const Survey::Leaf &leaf) {
    if (leaf.tensor != input)
      return true;
    if (leaf.form.constant)
      return false;
    for (unsigned dim = 0; dim != shape.size(); ++dim)
      if (shape[dim] != 1 && leaf.form.coefficients[dim] != own->coefficients[dim])
        return false;
    return true;
  });
}

bool agon::kernels::canUpdateInPlace(RegionOp region, unsigned input, unsigned result) {
  if (region.getKind() == agon::RegionKind::Chunks)
    return false;
  Value argument = region.getBody().front().getArgument(input);
  auto type = cast<RankedTensorType>(region.getResult(result).getType());
  if (argument.getType() != type)
    return false;
  if (argument.use_empty())
    return true;
  ArrayRef<int64_t> shape = type.getShape();
  AffineMap identity = AffineMap::getMultiDimIdentityMap(shape.size(), region.getContext());
  auto yield = cast<YieldOp>(region.getBody().front().getTerminator());

  // What is inserted lies elsewhere in its source.
  if (region.getKind() == agon::RegionKind::Insert)
    return false;
  linalg::GenericOp root = findRoot(region);
  for (Value value : yield.getValues()) {
    if (cast<RankedTensorType>(value.getType()).getShape() != shape)
      return false;
    Survey survey(root);
    if (!survey.visit(value, identity) || !readsOwnElement(survey, argument, shape))
      return false;
    for (auto [tensor, map] : survey.rootReads)
      if (!map.isIdentity())
        return false;
  }
  if (!root)
    return true;
  // What the root reduces is read long after the first result is written.
  Survey prologue, initial;
  if (!prologue.visitInputs(root, AffineMap::getMultiDimIdentityMap(root.getNumLoops(), region.getContext())))
    return false;
  for (const Survey::Leaf &leaf : prologue.leaves)
    if (leaf.tensor == argument)
      return false;
  for (OpOperand &init : root.getDpsInitsMutable())
    if (!initial.visit(init.get(), identity))
      return false;
  return readsOwnElement(initial, argument, shape);
}
