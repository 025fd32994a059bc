//===- MapForm.cpp - Regions that are maps over boxes ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/region/MapForm.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace agon;
using namespace agon::regions;

int64_t Box::points() const {
  int64_t points = 1;
  for (int64_t size : sizes)
    points *= size;
  return points;
}

bool Box::mayMeet(const Box &other) const {
  for (unsigned dim = 0; dim != sizes.size(); ++dim) {
    int64_t end = offsets[dim] + (sizes[dim] - 1) * strides[dim];
    int64_t otherEnd = other.offsets[dim] + (other.sizes[dim] - 1) * other.strides[dim];
    if (end < other.offsets[dim] || otherEnd < offsets[dim])
      return false;
  }
  return true;
}

std::optional<MapForm> MapForm::elementwise(RegionOp region) {
  MapForm form;
  for (unsigned i = 0; i != region.getNumResults(); ++i) {
    auto type = cast<RankedTensorType>(region.getResult(i).getType());
    if (i && type.getShape() != ArrayRef(form.sizes))
      return std::nullopt;
    form.sizes = llvm::to_vector(type.getShape());
    AffineMap identity = AffineMap::getMultiDimIdentityMap(type.getRank(), type.getContext());
    form.outputs.push_back({yielded(region, i), identity, i, *linearAddress(identity, form.sizes)});
  }
  for (const Output &output : form.outputs)
    if (!form.survey.visit(output.tensor, output.map))
      return std::nullopt;
  return form;
}

namespace {
/// One step of a chain: a tensor that covers a box of the result.
struct Piece : Box {
  Value source;
};
} // namespace

/// The chain that ends in `tensor`, in order of execution, its base first.
static std::optional<SmallVector<Piece, 4>> chain(Value tensor) {
  SmallVector<Piece, 4> pieces;
  while (auto insert = tensor.getDefiningOp<tensor::InsertSliceOp>()) {
    if (!insert.getOffsets().empty() || !insert.getSizes().empty() || !insert.getStrides().empty())
      return std::nullopt;
    pieces.push_back({{llvm::to_vector(insert.getStaticSizes()), llvm::to_vector(insert.getStaticOffsets()),
                       llvm::to_vector(insert.getStaticStrides())},
                      insert.getSource()});
    tensor = insert.getDest();
  }
  auto type = cast<RankedTensorType>(tensor.getType());
  pieces.push_back({{llvm::to_vector(type.getShape()), SmallVector<int64_t>(type.getRank(), 0),
                     SmallVector<int64_t>(type.getRank(), 1)},
                    tensor});
  std::reverse(pieces.begin(), pieces.end());
  return pieces;
}

/// The map from the box's dimensions to a source that may lack unit dimensions.
static std::optional<AffineMap> sourceMap(const Piece &piece, MLIRContext *context) {
  auto type = cast<RankedTensorType>(piece.source.getType());
  llvm::SmallBitVector dropped(piece.sizes.size());
  if (type.getRank() != int64_t(piece.sizes.size())) {
    auto mask = computeRankReductionMask(piece.sizes, type.getShape());
    if (!mask)
      return std::nullopt;
    for (unsigned dim : *mask)
      dropped.set(dim);
  }
  SmallVector<AffineExpr> exprs;
  for (unsigned dim = 0; dim != piece.sizes.size(); ++dim)
    if (!dropped.test(dim))
      exprs.push_back(getAffineDimExpr(dim, context));
  return AffineMap::get(piece.sizes.size(), 0, exprs, context);
}

/// Whether the pieces after the base cover the result without overlap: each is dense
/// and they differ in one dimension only, which they fill (a concatenation).
static bool coverAll(ArrayRef<Piece> pieces) {
  int64_t covered = 0;
  for (const Piece &piece : pieces.drop_front())
    covered += piece.points();
  for (unsigned i = 1; i < pieces.size(); ++i)
    for (unsigned j = i + 1; j < pieces.size(); ++j)
      if (pieces[i].mayMeet(pieces[j]))
        return false;
  return covered == pieces.front().points();
}

/// The pieces of result `i` that have to be written.
static bool addSteps(RegionOp region, unsigned i, SmallVectorImpl<MapForm> &steps) {
  MLIRContext *context = region.getContext();
  auto pieces = chain(yielded(region, i));
  if (!pieces)
    return false;
  // What is never seen is not written.
  bool skipBase = coverAll(*pieces) || pieces->front().source.getDefiningOp<tensor::EmptyOp>();
  ArrayRef<int64_t> shape = cast<RankedTensorType>(region.getResult(i).getType()).getShape();
  for (const Piece &piece : ArrayRef(*pieces).drop_front(skipBase)) {
    auto map = sourceMap(piece, context);
    if (!map)
      return false;
    SmallVector<AffineExpr> place;
    for (unsigned dim = 0; dim != shape.size(); ++dim)
      place.push_back(getAffineDimExpr(dim, context) * piece.strides[dim] + piece.offsets[dim]);
    LinearForm to = *linearAddress(AffineMap::get(shape.size(), 0, place, context), shape);
    bool wholeRows = !shape.empty() && piece.sizes[0] == shape[0] && piece.offsets[0] == 0 && piece.strides[0] == 1;
    MapForm step{piece, {Output{piece.source, *map, i, to}}, Survey(), wholeRows};
    if (!step.survey.visit(piece.source, *map))
      return false;
    steps.push_back(std::move(step));
  }
  return true;
}

std::optional<SmallVector<MapForm, 4>> MapForm::insertions(RegionOp region) {
  SmallVector<MapForm, 4> steps;
  for (unsigned i = 0; i != region.getNumResults(); ++i)
    if (!addSteps(region, i, steps))
      return std::nullopt;
  return steps;
}
