//===- Bf16.cpp - Products in bf16 with sums in f32 -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The instructions, or what computes the same bits on other processors: README.md tells what
// those do.
//
//===----------------------------------------------------------------------===//
#include "compiler/cpu/Bf16.h"
#include "compiler/kernel/Arithmetic.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

bool agon::cpu::hasBf16Instructions(TargetAttr target) {
  return llvm::any_of(target.getNeeds().getAsValueRange<StringAttr>(),
                      [](StringRef feature) { return feature == bf16Feature; });
}

Bf16::Bf16(OpBuilder &b, Location loc, TargetAttr target)
    : b(b), loc(loc), hasInstructions(hasBf16Instructions(target)),
      sums(VectorType::get({target.getLanes()}, b.getF32Type())),
      rounded(VectorType::get({2 * target.getLanes()}, b.getI16Type())) {}

Value Bf16::call(StringRef intrinsic, Type result, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, loc, result, b.getStringAttr(intrinsic), operands).getResult(0);
}

Value Bf16::as(Type element, Value vector) {
  auto type = cast<VectorType>(vector.getType());
  int64_t count = type.getNumElements() * type.getElementTypeBitWidth() / element.getIntOrFloatBitWidth();
  return vector::BitCastOp::create(b, loc, VectorType::get({count}, element), vector);
}

Value Bf16::roundedBits(Value numbers) {
  kernels::Arithmetic m(b, loc, sums);
  using Whole = kernels::Arithmetic::Whole;
  Value bits = m.bits(numbers), top = m.shr(bits, 16), magnitude = m.iand(bits, m.i(0x7fffffff));
  Value nearest = m.shr(m.iadd(bits, m.iadd(m.iand(top, m.i(1)), m.i(0x7fff))), 16);
  Value quiet = m.ior(top, m.i(0x40)), zero = m.iand(top, m.i(0x8000));
  Value number = m.select(m.cmp(Whole::sgt, magnitude, m.i(0x7f800000)), quiet, nearest);
  return m.select(m.cmp(Whole::slt, magnitude, m.i(0x00800000)), zero, number);
}

Value Bf16::joined(Value first, Value second) {
  if (hasInstructions) {
    Type type = VectorType::get(rounded.getShape(), b.getBF16Type());
    return as(b.getI16Type(), call("llvm.x86.avx512bf16.cvtne2ps2bf16.512", type, {second, first}));
  }
  auto type = VectorType::get(sums.getShape(), b.getI16Type());
  auto narrow = [&](Value numbers) -> Value { return arith::TruncIOp::create(b, loc, type, roundedBits(numbers)); };
  auto inOrder = llvm::to_vector(llvm::seq<int64_t>(0, rounded.getNumElements()));
  return vector::ShuffleOp::create(b, loc, narrow(first), narrow(second), inOrder);
}

Value Bf16::interleaved(Value even, Value odd) {
  if (!hasInstructions) {
    kernels::Arithmetic m(b, loc, sums);
    return as(b.getI16Type(), m.ior(roundedBits(even), m.shl(roundedBits(odd), 16)));
  }
  Value both = joined(even, odd);
  SmallVector<int64_t> order;
  for (int64_t lane = 0; lane != sums.getNumElements(); ++lane)
    order.append({lane, lane + sums.getNumElements()});
  return vector::ShuffleOp::create(b, loc, both, both, order);
}

Value Bf16::spread(Value row, Value address) {
  Value two = vector::LoadOp::create(b, loc, VectorType::get({2}, b.getI16Type()), row, address);
  Value word = vector::ExtractOp::create(b, loc, as(b.getI32Type(), two), 0);
  auto words = VectorType::get(sums.getShape(), b.getI32Type());
  return as(b.getI16Type(), vector::BroadcastOp::create(b, loc, words, word));
}

Value Bf16::multiplyAdd(Value x, Value y, Value sum) {
  if (hasInstructions)
    return call("llvm.x86.avx512bf16.dpbf16ps.512", sums, {sum, as(b.getBF16Type(), x), as(b.getBF16Type(), y)});
  kernels::Arithmetic m(b, loc, sums);
  // The second number of each lane first.
  for (bool second : {true, false}) {
    auto numbers = [&](Value vector) {
      Value words = as(b.getI32Type(), vector);
      return m.real(second ? m.iand(words, m.i(int32_t(0xffff0000))) : m.shl(words, 16));
    };
    Value p = numbers(x), q = numbers(y), next = m.fused(p, q, sum);
    // What is below the least normal number once it is rounded to 24 bits becomes a zero. Times 2^64 it is rounded so;
    // where that overflows the sum is not small, or a product is of zero.
    Value large = m.f(0x1p64f), scaled = m.fused(m.mul(p, large), q, m.mul(sum, large));
    Value zero = m.real(m.iand(m.bits(next), m.i(int32_t(0x80000000))));
    sum = m.select(m.cmp(kernels::Arithmetic::Real::OLT, m.abs(scaled), m.f(0x1p-62f)), zero, next);
  }
  return sum;
}
