//===- Check.h - Gradients against central differences ----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_UNIT_AUTODIFF_CHECK_H
#define AGON_TEST_UNIT_AUTODIFF_CHECK_H

#include "test/unit/autodiff/Interpreter.h"
#include <functional>
#include <gtest/gtest.h>
#include <random>

namespace agon::test {

/// A context with the dialects; `rules` registers what it differentiates by.
std::unique_ptr<mlir::MLIRContext> makeContext(llvm::function_ref<void(mlir::DialectRegistry &)> rules);

/// Parses a module that holds `func.func @f`; null (with a diagnostic) on error.
mlir::OwningOpRef<mlir::ModuleOp> parse(mlir::MLIRContext &context, llvm::StringRef text);

/// Random elements in [low, high] that keep away from kinks: no two are closer
/// than a fraction of the mean gap, and none is near 0.
Tensor sample(mlir::Type type, double low, double high, std::mt19937 &random);

/// What `check` found: the largest error of an element of a gradient, relative
/// to the larger of 1 and the largest element, and whether anything failed.
struct Finding {
  bool failed = false;
  double first = 0, second = 0; ///< Errors of the first and the second derivative.
  bool depends = false;         ///< Some first derivative is not zero.
};

/// Compares derivatives of s(x) = sum(f(x) * r), r fixed random weights, with
/// respect to every floating-point argument of `f` with differences of order 4:
/// the gradient, then the gradient of <gradient, v> for random v. Argument i
/// is sampled in [low, high]; integer arguments in {0, 1}.
Finding check(mlir::MLIRContext &context, llvm::StringRef text, double low, double high, unsigned seed);

/// Whether both errors are below 1e-6.
testing::AssertionResult agrees(const Finding &finding);

} // namespace agon::test

#endif
