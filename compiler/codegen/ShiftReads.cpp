//===- ShiftReads.cpp - One kernel for regions that read other parts ------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The steps of a loop over time read one row after the other of the same tensor, and are alike otherwise.
#include "compiler/codegen/Arena.h"
#include "compiler/codegen/Names.h"
#include "compiler/codegen/Passes.h"
#include "dialects/agon/TurnForm.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace agon::codegen {
#define GEN_PASS_DEF_AGONSHIFTREADS
#include "compiler/codegen/Passes.h.inc"

namespace {

/// One index of a read. Of an index that begins beyond 1, what it has beyond: linalg's verifier takes an index that
/// begins at 0 for that of the whole axis.
int64_t beyondOne(AffineExpr index) {
  if (auto constant = dyn_cast<AffineConstantExpr>(index))
    return std::max<int64_t>(constant.getValue() - 1, 0);
  auto sum = dyn_cast<AffineBinaryOpExpr>(index);
  if (!sum || sum.getKind() != AffineExprKind::Add || !isa<AffineDimExpr>(sum.getLHS()))
    return 0;
  auto constant = dyn_cast<AffineConstantExpr>(sum.getRHS());
  return constant ? std::max<int64_t>(constant.getValue() - 1, 0) : 0;
}

struct ShiftReads : impl::AgonShiftReadsBase<ShiftReads> {
  void runOnOperation() override {
    for (func::FuncOp function : getOperation().getOps<func::FuncOp>())
      for (RegionOp region : function.getOps<RegionOp>())
        if (region.getKind() == RegionKind::Elementwise && region.getPlaces())
          shift(region);
  }

private:
  void shift(RegionOp region) {
    SmallVector<int64_t> shifts(region.getInputs().size(), 0);
    for (BlockArgument input : region.getBody().getArguments())
      if (isAlone(region, input.getArgNumber()))
        shifts[input.getArgNumber()] = shift(input);
    if (llvm::all_of(shifts, [](int64_t bytes) { return bytes == 0; }))
      return;
    region->setAttr(shiftsName, DenseI64ArrayAttr::get(&getContext(), shifts));
    ++numShifted;
  }

  /// Whether the input lies in the arena, where nothing else does that the region reads or writes.
  static bool isAlone(RegionOp region, unsigned input) {
    ArrayRef<Attribute> places = region.getPlacesAttr().getValue();
    return isa<IntegerAttr>(places[input]) && llvm::count(places, places[input]) == 1;
  }

  /// Lets one operation read `input` nearer to its beginning; by how many bytes, none if it cannot.
  int64_t shift(BlockArgument input) {
    auto type = cast<RankedTensorType>(input.getType());
    auto generic = input.hasOneUse() ? dyn_cast<linalg::GenericOp>(*input.user_begin()) : linalg::GenericOp();
    if (!generic || generic.isDpsInit(&*input.use_begin()))
      return 0;
    OpOperand &use = *input.use_begin();
    AffineMap map = generic.getMatchingIndexingMap(&use);
    SmallVector<AffineExpr> indices(map.getResults());
    int64_t elements = 0, stride = 1;
    for (unsigned axis = map.getNumResults(); axis-- > 0;) {
      int64_t beyond = beyondOne(indices[axis]);
      elements += beyond * stride;
      indices[axis] = indices[axis] - beyond;
      stride *= type.getDimSize(axis);
    }
    // Kernels rely on where their buffers are aligned.
    int64_t bytes = elements * type.getElementTypeBitWidth() / 8;
    if (bytes == 0 || bytes % int64_t(arenaAlignment) != 0 || type.getElementTypeBitWidth() % 8 != 0)
      return 0;
    SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
    maps[use.getOperandNumber()] = AffineMap::get(map.getNumDims(), 0, indices, &getContext());
    generic.setIndexingMapsAttr(Builder(&getContext()).getAffineMapArrayAttr(maps));
    return bytes;
  }
};

} // namespace
} // namespace agon::codegen
