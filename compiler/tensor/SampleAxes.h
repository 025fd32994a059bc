//===- SampleAxes.h - Regions for a part of the samples ---------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Private to the room.
//===----------------------------------------------------------------------===//
#ifndef AGON_COMPILER_TENSOR_SAMPLEAXES_H
#define AGON_COMPILER_TENSOR_SAMPLEAXES_H

#include "dialects/agon/Agon.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/DenseMap.h"

namespace agon::tensors {

/// The axis of a tensor that the samples run along; none: it is the same for all of them.
using SampleAxis = std::optional<unsigned>;

/// The input's axis that is axis `axis` of the result of `reshape`; none if it is no axis of its own there.
SampleAxis axisBefore(ReshapeOp reshape, unsigned axis);

/// `type` with `size` for the size of `axis`, if there is one.
mlir::RankedTensorType partOf(mlir::Type type, SampleAxis axis, int64_t size);

/// Along which axes of a region's tensors the samples run, followed from its results back through the indexing maps of
/// its operations.
class SampleAxes {
public:
  /// Of `region`, whose results have `samples` samples as axis `axis`. Nothing if a sample takes more of a tensor than
  /// its own part of it, or knows its number.
  static std::optional<SampleAxes> of(RegionOp region, unsigned axis, int64_t samples);

  SampleAxis ofInput(unsigned number) { return at(region.getBody().getArgument(number)); }
  /// Rows that a sample has in the contraction that is the region's root: what the samples' operand and the result run
  /// through and the other operand does not. 0 if it is no product of what the samples have with something else.
  int64_t rowsOfASample();
  /// The region for `part` samples, reading `inputs`, at the builder's place.
  RegionOp cut(mlir::OpBuilder &builder, mlir::ValueRange inputs, int64_t part);

private:
  SampleAxes(RegionOp region, int64_t samples) : region(region), samples(samples) {}
  SampleAxis at(mlir::Value tensor) const;
  bool demand(mlir::Value tensor, SampleAxis axis);
  bool followBack(mlir::Operation &op);
  bool followBack(mlir::linalg::GenericOp generic);
  bool followBack(mlir::tensor::InsertSliceOp insert, unsigned axis);

  RegionOp region;
  int64_t samples;
  llvm::DenseMap<mlir::Value, SampleAxis> axes; ///< of the tensors that the results need
};

} // namespace agon::tensors
#endif
