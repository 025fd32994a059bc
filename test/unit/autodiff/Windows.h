//===- Windows.h - Reference of windows and labels --------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_UNIT_AUTODIFF_WINDOWS_H
#define AGON_TEST_UNIT_AUTODIFF_WINDOWS_H

#include "test/unit/autodiff/Interpreter.h"
#include <functional>
#include <numeric>
#include <optional>

namespace agon::test {

using Index = std::vector<int64_t>;

inline int64_t sizeOf(const Index &shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
}

/// The row-major place of `index`.
inline int64_t flat(const Index &shape, const Index &index) {
  int64_t offset = 0;
  for (size_t i = 0; i < shape.size(); ++i)
    offset = offset * shape[i] + index[i];
  return offset;
}

/// Calls `body` with every index of the shape, in row-major order.
template <typename Body> void forEach(const Index &shape, Body body) {
  Index index(shape.size(), 0);
  for (int64_t n = sizeOf(shape); n > 0; --n) {
    body(index);
    for (size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis])
        break;
      index[axis] = 0;
    }
  }
}

/// The result of a convolution's face, unfold, fold, gather, scatter_add or
/// cumsum, by the sum that defines it; nothing for other operations.
std::optional<Tensor> windowOperation(mlir::Operation &op, llvm::function_ref<const Tensor &(mlir::Value)> get);

} // namespace agon::test

#endif
