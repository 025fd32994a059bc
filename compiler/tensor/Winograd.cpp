//===- Winograd.cpp - Short convolutions by few products ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/Winograd.h"
#include "mlir/IR/BuiltinTypes.h"
#include <cassert>

using namespace mlir;
using namespace agon::tensors;

/// In the order in which they are taken, as few as are needed; the last point is infinity. A point
/// and the negative of another's inverse keep the numbers small (Barabasz et al. 2018, arXiv:1803.10986).
static constexpr double finitePoints[] = {0, 1, -1, 2, -0.5};

namespace {
/// A matrix that is filled row by row.
struct Matrix {
  int64_t columns;
  SmallVector<double> entries;

  void addRow(ArrayRef<double> row) {
    entries.append(row.begin(), row.end());
    entries.append(columns - row.size(), 0);
  }
  DenseFPElementsAttr get(MLIRContext *context) const {
    auto type = RankedTensorType::get({int64_t(entries.size()) / columns, columns}, Float64Type::get(context));
    return cast<DenseFPElementsAttr>(DenseElementsAttr::get(type, ArrayRef(entries)));
  }
};
} // namespace

/// Coefficients, from the constant on, of the product of (x - point) over `points` but number `except`.
static SmallVector<double> monic(ArrayRef<double> points, size_t except) {
  SmallVector<double> polynomial{1};
  for (auto [i, point] : llvm::enumerate(points)) {
    if (i == except)
      continue;
    polynomial.insert(polynomial.begin(), 0); // times x
    for (size_t k = 0; k + 1 < polynomial.size(); ++k)
      polynomial[k] -= point * polynomial[k + 1];
  }
  return polynomial;
}

static SmallVector<double> powers(double point, int64_t count, double scale) {
  SmallVector<double> values;
  for (int64_t k = 0; k < count; ++k, scale *= point)
    values.push_back(scale);
  return values;
}

Winograd::Winograd(MLIRContext *context, int64_t outputs, int64_t taps) {
  int64_t count = outputs + taps - 1;
  assert(outputs >= 1 && taps >= 1 && count <= maxPoints && "no points for such a tile");
  ArrayRef<double> points = ArrayRef(finitePoints).take_front(count - 1);
  // The product of two polynomials, of `outputs` and `taps` coefficients, is known from its values at the points:
  // evaluation is (output, filter), interpolation the transpose of input. The sum is the product's transpose.
  Matrix ofInput{count, {}}, ofFilter{taps, {}}, ofOutput{outputs, {}};
  for (auto [i, point] : llvm::enumerate(points)) {
    double norm = 1;
    for (auto [j, other] : llvm::enumerate(points))
      norm *= i == j ? 1 : point - other;
    ofInput.addRow(monic(points, i));
    ofFilter.addRow(powers(point, taps, 1 / norm));
    ofOutput.addRow(powers(point, outputs, 1));
  }
  // At infinity a polynomial's value is its highest coefficient.
  auto highest = [](int64_t size) {
    SmallVector<double> row(size, 0);
    row.back() = 1;
    return row;
  };
  ofInput.addRow(monic(points, points.size()));
  ofFilter.addRow(highest(taps));
  ofOutput.addRow(highest(outputs));
  input = ofInput.get(context);
  filter = ofFilter.get(context);
  output = ofOutput.get(context);
}
