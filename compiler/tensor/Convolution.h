//===- Convolution.h - What the lowerings of convolutions share -*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Private to the room.
//===----------------------------------------------------------------------===//
#ifndef AGON_COMPILER_TENSOR_CONVOLUTION_H
#define AGON_COMPILER_TENSOR_CONVOLUTION_H

#include "compiler/tensor/Decompose.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVectorExtras.h"

namespace agon::tensors {

using Sizes = llvm::SmallVector<int64_t>;

inline int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

inline Sizes range(int64_t begin, int64_t end) { return llvm::to_vector(llvm::seq<int64_t>(begin, end)); }

/// Writes agon operations on tensors with the channels last.
class Decomposition {
public:
  Decomposition(mlir::OpBuilder &builder, mlir::Location loc) : b(builder), loc(loc) {}

  static llvm::ArrayRef<int64_t> shape(mlir::Value value) {
    return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
  }

  mlir::Value reshape(mlir::Value value, llvm::ArrayRef<int64_t> sizes) {
    auto type = mlir::cast<mlir::RankedTensorType>(value.getType());
    return type.getShape() == sizes ? value : ReshapeOp::create(b, loc, type.clone(sizes), value);
  }

  mlir::Value transpose(mlir::Value value, llvm::ArrayRef<int64_t> permutation) {
    return llvm::is_sorted(permutation) ? value : TransposeOp::create(b, loc, value, permutation);
  }

  /// [n, c, s...] -> [n, s..., c]
  mlir::Value channelsLast(mlir::Value value) {
    Sizes permutation{0};
    llvm::append_range(permutation, range(2, shape(value).size()));
    permutation.push_back(1);
    return transpose(value, permutation);
  }

  /// [n, s..., c] -> [n, c, s...]
  mlir::Value channelsFirst(mlir::Value value) {
    int64_t rank = shape(value).size();
    Sizes permutation{0, rank - 1};
    llvm::append_range(permutation, range(1, rank - 1));
    return transpose(value, permutation);
  }

  /// [n, s..., g * c] -> [n, s..., g, c]
  mlir::Value grouped(mlir::Value value, int64_t groups) {
    Sizes sizes(shape(value));
    sizes.back() /= groups;
    sizes.insert(sizes.end() - 1, groups);
    return reshape(value, sizes);
  }

  /// `before[i]` zeros before and `after[i]` after spatial axis i (axis i + 1); negative ones cut off.
  mlir::Value padSpatial(mlir::Value value, llvm::ArrayRef<int64_t> before, llvm::ArrayRef<int64_t> after) {
    auto type = mlir::cast<mlir::RankedTensorType>(value.getType());
    Sizes cut(type.getShape()), cutStarts(cut.size(), 0), padded(cut), starts(cut.size(), 0), ones(cut.size(), 1);
    for (auto [i, low] : llvm::enumerate(before)) {
      int64_t high = after[i], axis = i + 1;
      cutStarts[axis] = std::max<int64_t>(-low, 0);
      cut[axis] += std::min<int64_t>(low, 0) + std::min<int64_t>(high, 0);
      starts[axis] = std::max<int64_t>(low, 0);
      padded[axis] += low + high;
    }
    if (llvm::any_of(cut, [](int64_t size) { return size <= 0; }))
      return zeros(padded, type.getElementType());
    if (type.getShape() != llvm::ArrayRef(cut))
      value = SliceOp::create(b, loc, type.clone(cut), value, cutStarts, ones);
    return cut == padded ? value : mlir::Value(PadOp::create(b, loc, type.clone(padded), value, starts, ones));
  }

  mlir::Value slice(mlir::Value value, llvm::ArrayRef<int64_t> starts, llvm::ArrayRef<int64_t> sizes,
                    llvm::ArrayRef<int64_t> strides) {
    auto type = mlir::cast<mlir::RankedTensorType>(value.getType());
    return SliceOp::create(b, loc, type.clone(sizes), value, starts, strides);
  }

  mlir::Value zeros(llvm::ArrayRef<int64_t> sizes, mlir::Type element) {
    auto type = mlir::RankedTensorType::get(sizes, element);
    return mlir::arith::ConstantOp::create(b, loc, mlir::DenseElementsAttr::get(type, b.getFloatAttr(element, 0.0)));
  }

  /// Sums over the last `count` axes of `a` and of `b`, for each of the axes before those in `b`,
  /// which are the last before them in `a` too: [m..., g..., k...] x [g..., k...] -> [m..., g...].
  mlir::Value rowProducts(mlir::Value a, mlir::Value b, int64_t count) {
    auto type = mlir::cast<mlir::RankedTensorType>(a.getType());
    int64_t rank = type.getRank();
    mlir::Value spread = BroadcastOp::create(this->b, loc, type, b, range(rank - shape(b).size(), rank));
    mlir::Value product = mlir::arith::MulFOp::create(this->b, loc, a, spread);
    return ReduceOp::create(this->b, loc, ReduceKind::Sum, product, range(rank - count, rank));
  }

  /// A filter's taps by phases of the strides, missing ones 0: [o, c, k..] -> [o, c, s.., j..]. Tap s * j + r is tap
  /// j of phase r.
  mlir::Value tapsByPhase(mlir::Value w, const Sizes &taps, llvm::ArrayRef<int64_t> strides) {
    int64_t r = taps.size();
    Sizes sizes(shape(w));
    for (int64_t axis = 0; axis < r; ++axis)
      sizes[axis + 2] = taps[axis] * strides[axis];
    auto type = mlir::cast<mlir::RankedTensorType>(w.getType());
    if (type.getShape() != llvm::ArrayRef(sizes))
      w = PadOp::create(b, loc, type.clone(sizes), w, Sizes(r + 2, 0), Sizes(r + 2, 1));
    return UnfoldOp::create(b, loc, w, range(2, r + 2), taps, Sizes(r, 1), strides);
  }

  mlir::Value contract(mlir::Value lhs, mlir::Value rhs, llvm::ArrayRef<int64_t> lhsBatch,
                       llvm::ArrayRef<int64_t> rhsBatch, llvm::ArrayRef<int64_t> lhsReduce,
                       llvm::ArrayRef<int64_t> rhsReduce) {
    return ContractOp::create(b, loc, lhs, rhs, lhsBatch, rhsBatch, lhsReduce, rhsReduce);
  }

  mlir::OpBuilder &b;
  mlir::Location loc;
};

/// What a convolution's three operands have in common.
struct Geometry {
  int64_t rank;                    ///< of space
  int64_t groups, inputs, outputs; ///< channels of a group
  llvm::ArrayRef<int64_t> strides, low, high, dilations;
  Sizes kernel, space, positions;
  int64_t batch;

  template <typename OpTy> Geometry(OpTy op, mlir::Value input, mlir::Value filter, mlir::Value output) {
    auto inputShape = Decomposition::shape(input), filterShape = Decomposition::shape(filter);
    rank = filterShape.size() - 2;
    groups = op.getGroups();
    inputs = filterShape[1];
    outputs = filterShape[0] / groups;
    strides = op.getStrides();
    low = op.getLow();
    high = op.getHigh();
    dilations = op.getDilations();
    kernel = Sizes(filterShape.drop_front(2));
    space = Sizes(inputShape.drop_front(2));
    positions = Sizes(Decomposition::shape(output).drop_front(2));
    batch = inputShape[0];
  }

  /// One channel a group: no sum over channels, so no contraction.
  bool depthwise() const { return inputs == 1 && outputs == 1 && groups > 1; }
  /// Taps of each phase of a stride, those that are short of one counted.
  Sizes phaseTaps() const {
    return llvm::map_to_vector(range(0, rank), [&](int64_t axis) { return ceilDiv(kernel[axis], strides[axis]); });
  }
  /// The positions, counted in strides, of the input within the padded input: the first one and how many.
  std::pair<int64_t, int64_t> inputRange(int64_t axis) const {
    int64_t s = strides[axis], first = low[axis] / s;
    return {first, (low[axis] + space[axis] - 1) / s - first + 1};
  }
  int64_t phases() const { return llvm::product_of(strides); }
  /// Axes that stand for groups: none where there is one group, or where the channels are the groups.
  int64_t groupAxes() const { return groups > 1 && !depthwise() ? 1 : 0; }
};

inline Sizes concatenated(std::initializer_list<llvm::ArrayRef<int64_t>> parts) {
  Sizes all;
  for (llvm::ArrayRef<int64_t> part : parts)
    llvm::append_range(all, part);
  return all;
}

} // namespace agon::tensors
#endif
