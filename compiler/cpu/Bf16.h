//===- Bf16.h - Products in bf16 with sums in f32 ---------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_BF16_H
#define AGON_COMPILER_CPU_BF16_H

#include "compiler/target/Target.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace agon::cpu {

/// The feature of processors that multiply in bf16, as LLVM and the runtime name it.
inline constexpr llvm::StringLiteral bf16Feature = "avx512bf16";

/// Whether code for `target` uses that feature's instructions. Elsewhere others compute the same bits.
bool hasBf16Instructions(TargetAttr target);

/// What avx512_bf16 does with vectors (README.md). Numbers are rounded two vectors of f32 at a time, into one of as
/// many bits; a lane of that holds two of them, which are multiplied by the two of another one's at a time.
class Bf16 {
public:
  Bf16(mlir::OpBuilder &b, mlir::Location loc, TargetAttr target);

  /// Of two vectors that are rounded.
  mlir::VectorType type() const { return rounded; }
  /// The numbers of two vectors of f32 rounded to bf16: those of `first`, then those of `second`.
  mlir::Value joined(mlir::Value first, mlir::Value second);
  /// Likewise, but in lane i that of lane i of `even`, then that of lane i of `odd`.
  mlir::Value interleaved(mlir::Value even, mlir::Value odd);
  /// The two numbers at `address` in `row` in every lane.
  mlir::Value spread(mlir::Value row, mlir::Value address);
  /// `sum`, f32, with both products of each lane of `x` and `y` added.
  mlir::Value multiplyAdd(mlir::Value x, mlir::Value y, mlir::Value sum);

private:
  mlir::Value call(llvm::StringRef intrinsic, mlir::Type result, mlir::ValueRange operands);
  /// `vector` as one of the same bits with elements of type `element`.
  mlir::Value as(mlir::Type element, mlir::Value vector);
  /// The bits of numbers of f32 rounded to bf16, for `joined` and `interleaved` without the instruction.
  mlir::Value roundedBits(mlir::Value numbers);

  mlir::OpBuilder &b;
  mlir::Location loc;
  bool hasInstructions;
  mlir::VectorType sums, rounded;
};

} // namespace agon::cpu
#endif
