//===- Interpreter.h - Reference evaluator of the closed set ----*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// What every operation means, written as plainly as possible and in f64
// whatever the element type says: the oracle that gradients, and later phases,
// are compared with. In the spirit of StableHLO's reference interpreter.
//===----------------------------------------------------------------------===//
#ifndef AGON_TEST_UNIT_AUTODIFF_INTERPRETER_H
#define AGON_TEST_UNIT_AUTODIFF_INTERPRETER_H

#include "dialects/agon/Agon.h"
#include <vector>

namespace agon::test {

/// Row-major elements; booleans are 0 and 1, integers exact up to 2^53.
struct Tensor {
  std::vector<int64_t> shape;
  std::vector<double> data;

  /// `value` everywhere, in the shape of a static tensor type (or a scalar's).
  static Tensor filled(mlir::Type type, double value);
  int64_t size() const { return static_cast<int64_t>(data.size()); }
};

/// Runs a function of one block on its arguments. Fails, after an error at the
/// operation, on an operation outside the closed set; a draw is an error too:
/// the streams are the runtime's.
mlir::FailureOr<std::vector<Tensor>> interpret(mlir::func::FuncOp function, llvm::ArrayRef<Tensor> arguments);

} // namespace agon::test

#endif
