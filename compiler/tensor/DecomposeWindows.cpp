//===- DecomposeWindows.cpp - Fold as sums over views ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Fold is separable: one axis after the other. Along one, with stride s and
// dilation d, element s * q + r of the result is the sum over the taps k with
// k * d = r (mod s). With g = gcd(s, d) these are first + (s / g) * j, and tap
// j comes from the window at q + start - (d / g) * j. With the taps beside the
// positions as one axis of P * K elements that is a window of it again, with
// stride K and dilation K * (d / g) - s / g: a view, so each remainder r is one
// reduction and nothing is scattered.
//===----------------------------------------------------------------------===//
#include "compiler/tensor/Decompose.h"
#include "llvm/ADT/STLExtras.h"
#include <numeric>

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

namespace {

using Sizes = SmallVector<int64_t>;

/// Folds one axis of a tensor whose taps lie behind their positions.
class AxisFold {
public:
  AxisFold(OpBuilder &builder, Location loc, int64_t axis, int64_t size, int64_t stride, int64_t dilation)
      : b(builder), loc(loc), axis(axis), size(size), stride(stride), dilation(dilation) {}

  /// [..., positions, taps, ...] -> [..., length, ...]
  Value run(Value windows, int64_t length) {
    // Windows that do not meet lie side by side.
    if (dilation == 1 && stride >= size)
      return fit(flatten(fit(windows, axis + 1, stride)), axis, length);
    return fit(sums(windows, length), axis, length);
  }

private:
  static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

  Value reshape(Value value, ArrayRef<int64_t> sizes) {
    return ReshapeOp::create(b, loc, typeOf(value).clone(sizes), value);
  }

  /// `count` elements of the flattened axis from `start`.
  Value cut(Value value, int64_t start, int64_t count) {
    Sizes sizes(typeOf(value).getShape()), starts(sizes.size(), 0);
    sizes[axis] = count;
    starts[axis] = start;
    return SliceOp::create(b, loc, typeOf(value).clone(sizes), value, starts, Sizes(sizes.size(), 1));
  }

  Value pad(Value value, int64_t at, int64_t before, int64_t after) {
    Sizes sizes(typeOf(value).getShape()), starts(sizes.size(), 0);
    sizes[at] += before + after;
    starts[at] = before;
    return PadOp::create(b, loc, typeOf(value).clone(sizes), value, starts, Sizes(sizes.size(), 1));
  }

  /// Axis `at` brought to `length` at its end.
  Value fit(Value value, int64_t at, int64_t length) {
    int64_t have = typeOf(value).getDimSize(at);
    return have > length ? cut(value, 0, length) : have < length ? pad(value, at, 0, length - have) : value;
  }

  /// [..., P, K, ...] -> [..., P * K, ...]
  Value flatten(Value value) {
    Sizes sizes(typeOf(value).getShape());
    sizes[axis] *= sizes[axis + 1];
    sizes.erase(sizes.begin() + axis + 1);
    return reshape(value, sizes);
  }

  /// What the elements with remainder r sum up.
  struct Phase {
    int64_t first = 0, taps = 0, start = 0;
  };
  Phase phaseOf(int64_t remainder) const {
    for (int64_t k = 0; k < std::min(step(), size); ++k)
      if ((remainder - k * dilation) % stride == 0)
        return {k, (size - k + step() - 1) / step(), (remainder - k * dilation) / stride};
    return {};
  }
  int64_t step() const { return stride / std::gcd(stride, dilation); }
  int64_t gap() const { return dilation / std::gcd(stride, dilation); }

  Value sums(Value windows, int64_t length);

  OpBuilder &b;
  Location loc;
  int64_t axis, size, stride, dilation;
};

} // namespace

Value AxisFold::sums(Value windows, int64_t length) {
  int64_t positions = typeOf(windows).getDimSize(axis), count = (length + stride - 1) / stride;
  int64_t before = 0, after = 0;
  for (int64_t r = 0; r < stride; ++r)
    if (Phase phase = phaseOf(r); phase.taps > 0) {
      before = std::max(before, gap() * (phase.taps - 1) - phase.start);
      after = std::max(after, count + phase.start - positions);
    }
  Value flat = flatten(before + after > 0 ? pad(windows, axis, before, after) : windows);

  // [..., count, 1, ...] for every remainder
  SmallVector<Value> parts;
  Sizes sizes;
  for (int64_t r = 0; r < stride; ++r) {
    Phase phase = phaseOf(r);
    Value part;
    if (phase.taps == 0) {
      sizes = Sizes(typeOf(flat).getShape());
      sizes[axis] = count;
      RankedTensorType type = typeOf(flat).clone(sizes);
      part =
          arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, b.getFloatAttr(type.getElementType(), 0.0)));
    } else {
      // From the last tap, which comes from the earliest position, to the first.
      int64_t last = phase.taps - 1, apart = last > 0 ? gap() * size - step() : 1;
      int64_t base = (phase.start - gap() * last + before) * size + phase.first + step() * last;
      part = cut(flat, base, (count - 1) * size + last * apart + 1);
      part = UnfoldOp::create(b, loc, part, Sizes{axis}, Sizes{phase.taps}, Sizes{size}, Sizes{apart});
      part = ReduceOp::create(b, loc, ReduceKind::Sum, part, Sizes{typeOf(part).getRank() - 1});
      sizes = Sizes(typeOf(part).getShape());
    }
    Sizes column = sizes;
    column.insert(column.begin() + axis + 1, 1);
    parts.push_back(reshape(part, column));
  }
  Value all = parts.size() == 1 ? parts.front() : Value(ConcatOp::create(b, loc, parts, axis + 1));
  sizes[axis] *= stride;
  return reshape(all, sizes);
}

Value tensors::decompose(FoldOp op, OpBuilder &builder) {
  ArrayRef<int64_t> dims = op.getDims(), shape = op.getType().getShape();
  // Taps behind their positions.
  Sizes permutation;
  for (int64_t axis = 0, rank = shape.size(); axis < rank; ++axis) {
    permutation.push_back(axis);
    if (const auto *at = llvm::find(dims, axis); at != dims.end())
      permutation.push_back(rank + (at - dims.begin()));
  }
  Value value = op.getInput();
  if (!llvm::is_sorted(permutation))
    value = TransposeOp::create(builder, op.getLoc(), value, permutation);
  for (int64_t axis = 0, rank = shape.size(); axis < rank; ++axis)
    if (const auto *at = llvm::find(dims, axis); at != dims.end()) {
      int64_t i = at - dims.begin();
      AxisFold fold(builder, op.getLoc(), axis, op.getSizes()[i], op.getStrides()[i], op.getDilations()[i]);
      value = fold.run(value, shape[axis]);
    }
  return value;
}
