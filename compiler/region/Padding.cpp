//===- Padding.cpp - Tensors seen through their padding -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/region/Survey.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace agon::regions;

static AffineExpr withoutRemainders(AffineExpr expr) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return expr;
  AffineExpr lhs = withoutRemainders(binary.getLHS());
  return binary.getKind() == AffineExprKind::Mod
             ? lhs
             : getAffineBinaryOpExpr(binary.getKind(), lhs, withoutRemainders(binary.getRHS()));
}

AffineMap agon::regions::readingMap(linalg::GenericOp generic, OpOperand *input) {
  AffineMap map = generic.getMatchingIndexingMap(input);
  SmallVector<AffineExpr> exprs = llvm::map_to_vector(map.getResults(), withoutRemainders);
  return AffineMap::get(map.getNumDims(), map.getNumSymbols(), exprs, map.getContext());
}

std::optional<PaddedRead> agon::regions::readThroughPadding(tensor::InsertSliceOp insert, AffineMap map) {
  auto base = insert.getDest().getDefiningOp<linalg::FillOp>();
  if (!base || !insert.getOffsets().empty() || !insert.getSizes().empty() || !insert.getStrides().empty() ||
      llvm::any_of(insert.getStaticStrides(), [](int64_t stride) { return stride != 1; }))
    return std::nullopt;
  PaddedRead read{insert.getSource(), AffineMap(), {}, base.getInputs()[0].getDefiningOp<arith::ConstantOp>()};
  if (!read.fill)
    return std::nullopt;
  llvm::SmallBitVector dropped = insert.getDroppedDims();
  SmallVector<AffineExpr> indices;
  for (auto [dim, offset] : llvm::enumerate(insert.getStaticOffsets())) {
    AffineExpr index = map.getResult(dim) - offset;
    int64_t size = insert.getStaticSizes()[dim];
    if (size != insert.getType().getDimSize(dim))
      read.bounds.push_back({index, size});
    if (!dropped.test(dim))
      indices.push_back(index);
  }
  read.map = AffineMap::get(map.getNumDims(), map.getNumSymbols(), indices, map.getContext());
  return read;
}
