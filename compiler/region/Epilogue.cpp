//===- Epilogue.cpp - What follows a region's root ------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/region/Epilogue.h"

using namespace mlir;
using namespace agon;
using namespace agon::regions;

linalg::GenericOp agon::regions::findRoot(RegionOp region) {
  linalg::GenericOp root;
  for (auto generic : region.getBody().front().getOps<linalg::GenericOp>()) {
    if (generic.getNumReductionLoops() == 0)
      continue;
    if (root)
      return {};
    root = generic;
  }
  return root;
}

Value agon::regions::yielded(RegionOp region, unsigned number) {
  return cast<YieldOp>(region.getBody().front().getTerminator()).getValues()[number];
}

/// Whether two maps give the same indices into a tensor of shape `shape` over the space
/// `sizes`, whose dimensions of size 1 do not matter.
static bool sameElement(AffineMap a, AffineMap b, ArrayRef<int64_t> shape, ArrayRef<int64_t> sizes) {
  auto formA = linearAddress(a, shape), formB = linearAddress(b, shape);
  if (!formA || !formB || formA->constant != formB->constant)
    return false;
  for (unsigned dim = 0; dim != sizes.size(); ++dim)
    if (sizes[dim] != 1 && formA->coefficients[dim] != formB->coefficients[dim])
      return false;
  return true;
}

/// The indices of a result of shape `shape` at a point of the root's space, where the
/// result reads the root at `read` of its own indices and `rootMap` is the root's
/// own result map; null if the one does not determine the other.
static AffineMap invert(AffineMap read, AffineMap rootMap, ArrayRef<int64_t> shape) {
  MLIRContext *context = rootMap.getContext();
  SmallVector<AffineExpr> exprs(shape.size());
  for (auto [expr, rootExpr] : llvm::zip(read.getResults(), rootMap.getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      if (exprs[dim.getPosition()])
        return {};
      exprs[dim.getPosition()] = rootExpr;
    }
  for (auto [dim, expr] : llvm::enumerate(exprs))
    if (!expr) {
      if (shape[dim] != 1)
        return {};
      expr = getAffineConstantExpr(0, context);
    }
  return AffineMap::get(rootMap.getNumDims(), 0, exprs, context);
}

bool Epilogue::analyse(RegionOp region, linalg::GenericOp root) {
  MLIRContext *context = root.getContext();
  SmallVector<int64_t> sizes = root.getStaticLoopRanges();
  auto mapOf = [&](Value result) { return root.getIndexingMapMatchingResult(cast<OpResult>(result)); };
  survey = Survey(root);
  for (unsigned i = 0; i != region.getNumResults(); ++i) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(region.getResult(i).getType()).getShape();
    Survey own(root);
    if (!own.visit(yielded(region, i), AffineMap::getMultiDimIdentityMap(shape.size(), context)) ||
        own.rootReads.empty())
      return false;
    auto [read, readMap] = own.rootReads.front();
    AffineMap map = invert(readMap, mapOf(read), shape);
    if (!map || !survey.visit(yielded(region, i), map))
      return false;
    auto to = linearAddress(map, shape);
    if (!to)
      return false;
    outputs.push_back({yielded(region, i), map, i, *to});
  }
  return llvm::all_of(survey.rootReads, [&](const auto &read) {
    auto type = cast<RankedTensorType>(read.first.getType());
    return sameElement(read.second, mapOf(read.first), type.getShape(), sizes);
  });
}
