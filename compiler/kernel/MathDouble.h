//===- MathDouble.h - f64 functions without libm ----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_KERNEL_MATHDOUBLE_H
#define AGON_COMPILER_KERNEL_MATHDOUBLE_H

#include "compiler/kernel/Arithmetic.h"

namespace agon::kernels {

mlir::Value expDouble(Arithmetic &a, mlir::Value x);
mlir::Value expm1Double(Arithmetic &a, mlir::Value x);
mlir::Value logDouble(Arithmetic &a, mlir::Value x);
mlir::Value log1pDouble(Arithmetic &a, mlir::Value x);
mlir::Value tanhDouble(Arithmetic &a, mlir::Value x);
mlir::Value erfDouble(Arithmetic &a, mlir::Value x);
mlir::Value erfcDouble(Arithmetic &a, mlir::Value x);
mlir::Value sinCosDouble(Arithmetic &a, mlir::Value x, bool cosine);
/// C's pow, with all that it says of zeros, infinities and NaN.
mlir::Value powDouble(Arithmetic &a, mlir::Value x, mlir::Value y);
/// The same on f32.
mlir::Value powSingle(Arithmetic &a, mlir::Value x, mlir::Value y);

/// A number in two parts; the second is at most half a unit in the first's last place.
struct Pair {
  mlir::Value high, low;
};

/// x = n pi / 2 + r with |r| <= pi / 4 or a little more, of n the two lowest bits.
struct Quadrant {
  mlir::Value n; ///< i64
  Pair r;
};

/// The quadrant of an f64 of 2^20 at least, whose exponent is `largest` at most. NaN where x is not finite.
Quadrant reduceFar(Arithmetic &a, mlir::Value x, int largest);

} // namespace agon::kernels
#endif
