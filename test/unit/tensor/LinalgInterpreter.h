//===- LinalgInterpreter.h - Reference evaluator of linalg ------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_UNIT_TENSOR_LINALGINTERPRETER_H
#define AGON_TEST_UNIT_TENSOR_LINALGINTERPRETER_H

#include "test/unit/autodiff/Interpreter.h"

#include <random>

namespace agon::test {

/// Runs what agon-to-linalg made of a function, loop by loop and in f64: generics
/// over the few scalar operations that the tests need, fills, insertions and
/// reshapes. Fails, after an error, on anything else and on a read out of bounds.
mlir::FailureOr<std::vector<Tensor>> interpretLinalg(mlir::func::FuncOp function, llvm::ArrayRef<Tensor> arguments);

/// A tensor of each type, whose elements are numbers from -1 to 1.
std::vector<Tensor> randomTensors(mlir::TypeRange types, std::mt19937 &random);

} // namespace agon::test

#endif
