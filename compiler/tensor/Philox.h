//===- Philox.h - Random draws as scalar arithmetic -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Philox 4x32-10: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel
// random numbers: as easy as 1, 2, 3", SC 2011. One block of four words for
// each element:
//
//   key     = (seed lo, seed hi)
//   counter = (element lo, element hi, stream ^ draw hi, draw lo)
//
// with `element` the row-major index, `stream` the draw's place in the program
// and `draw` the count of draws; all 64 bits of seed, element and draw count.
// Streams are small numbers and draws stay below 2^32 in any run that ends, so
// the exclusive or never makes two draws meet in practice.
//===----------------------------------------------------------------------===//
#ifndef AGON_COMPILER_TENSOR_PHILOX_H
#define AGON_COMPILER_TENSOR_PHILOX_H

#include "mlir/IR/Builders.h"
#include <array>

namespace agon::tensors {

using PhiloxWords = std::array<mlir::Value, 4>;

/// Emits draws in the body of a linalg.generic.
class PhiloxBuilder {
public:
  PhiloxBuilder(mlir::OpBuilder &builder, mlir::Location loc) : b(builder), loc(loc) {}

  /// The ten rounds. Counter and key are the lower halves of i64 values: in lanes of 64 bits a product is one
  /// instruction, and need not be put together from even and odd ones. The result is i32 words.
  PhiloxWords rounds(PhiloxWords counter, mlir::Value keyLo, mlir::Value keyHi);

  /// The row-major index, of type index, of the element at hand.
  mlir::Value element(llvm::ArrayRef<int64_t> shape);

  /// The block of an element: `seed` and `draw` are i64.
  PhiloxWords draw(mlir::Value seed, mlir::Value draw, uint64_t stream, mlir::Value element, int64_t numElements);

  /// [0, 1): the upper 24 bits of word 0, and for f64 29 bits of word 1 below
  /// them, so that both widths draw nearly the same numbers.
  mlir::Value uniform(const PhiloxWords &words, mlir::Type type);

  /// Standard normal by Box and Muller: sqrt(-2 log u) cos(2 pi v), u in (0, 1]
  /// of words 0 (and 2), v in [0, 1) of words 1 (and 3).
  mlir::Value normal(const PhiloxWords &words, mlir::Type type);

  /// floor(word 0 * classes / 2^32) as i32.
  mlir::Value categorical(const PhiloxWords &words, uint64_t classes);

private:
  mlir::Value i32(uint32_t value);
  mlir::Value i64(uint64_t value);
  mlir::Value real(mlir::Type type, double value);
  /// (upper 24 bits of `high`) / 2^24, and for f64 (upper 29 bits of `low`) / 2^53 more;
  /// with `fromOne` one unit in the last place is added.
  mlir::Value fraction(mlir::Value high, mlir::Value low, mlir::Type type, bool fromOne);
  /// f32, or f64 for f64: the type that numbers are made in.
  mlir::Type workType(mlir::Type type);
  mlir::Value toType(mlir::Value value, mlir::Type type);

  mlir::OpBuilder &b;
  mlir::Location loc;
};

} // namespace agon::tensors
#endif
