//===- Philox.cpp - Random draws as scalar arithmetic ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/Philox.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace agon::tensors;

// The multipliers and the key's increments (golden ratio, sqrt(3) - 1) of the paper.
static constexpr uint32_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57;
static constexpr uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;

Value PhiloxBuilder::i32(uint32_t value) {
  return arith::ConstantOp::create(
      b, loc, IntegerAttr::get(b.getI32Type(), APInt(32, value)));
}

Value PhiloxBuilder::real(Type type, double value) {
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
}

PhiloxWords PhiloxBuilder::rounds(PhiloxWords counter, Value keyLo, Value keyHi) {
  Value m0 = i32(multiplier0), m1 = i32(multiplier1);
  for (uint32_t round = 0; round < 10; ++round) {
    Value k0 = keyLo, k1 = keyHi;
    if (round > 0) {
      k0 = arith::AddIOp::create(b, loc, keyLo, i32(weyl0 * round));
      k1 = arith::AddIOp::create(b, loc, keyHi, i32(weyl1 * round));
    }
    auto product0 = arith::MulUIExtendedOp::create(b, loc, counter[0], m0);
    auto product1 = arith::MulUIExtendedOp::create(b, loc, counter[2], m1);
    auto mix = [&](Value high, Value word, Value key) -> Value {
      Value mixed = arith::XOrIOp::create(b, loc, high, word);
      return arith::XOrIOp::create(b, loc, mixed, key);
    };
    counter = {mix(product1.getHigh(), counter[1], k0), product1.getLow(),
               mix(product0.getHigh(), counter[3], k1), product0.getLow()};
  }
  return counter;
}

Value PhiloxBuilder::element(ArrayRef<int64_t> shape) {
  Value linear;
  for (auto [axis, size] : llvm::enumerate(shape)) {
    Value index = linalg::IndexOp::create(b, loc, axis);
    if (!linear) {
      linear = index;
      continue;
    }
    Value extent = arith::ConstantIndexOp::create(b, loc, size);
    Value scaled = arith::MulIOp::create(b, loc, linear, extent);
    linear = arith::AddIOp::create(b, loc, scaled, index);
  }
  return linear ? linear : arith::ConstantIndexOp::create(b, loc, 0).getResult();
}

PhiloxWords PhiloxBuilder::draw(Value seed, Value draw, uint64_t stream, Value element,
                                int64_t numElements) {
  Type word = b.getI32Type(), wide = b.getI64Type();
  Value shift = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(32));
  auto low = [&](Value value) -> Value { return arith::TruncIOp::create(b, loc, word, value); };
  auto high = [&](Value value) {
    return low(arith::ShRUIOp::create(b, loc, value, shift));
  };
  // 32 bits are enough for nearly every tensor, and vectors twice as wide.
  Value elementLow = arith::IndexCastOp::create(b, loc, word, element), elementHigh;
  if (llvm::isUInt<32>(std::max<int64_t>(numElements - 1, 0)))
    elementHigh = i32(0);
  else
    elementHigh = high(arith::IndexCastOp::create(b, loc, wide, element));
  Value place = arith::XOrIOp::create(b, loc, high(draw), i32(static_cast<uint32_t>(stream)));
  return rounds({elementLow, elementHigh, place, low(draw)}, low(seed), high(seed));
}

Type PhiloxBuilder::workType(Type type) {
  return type.isF64() ? type : Type(b.getF32Type());
}

Value PhiloxBuilder::toType(Value value, Type type) {
  if (value.getType() == type)
    return value;
  return arith::TruncFOp::create(b, loc, type, value);
}

Value PhiloxBuilder::fraction(Value high, Value low, Type type, bool fromOne) {
  // At most 2^29: signed conversions are exact, and cheaper than unsigned ones.
  auto part = [&](Value word, uint32_t drop, bool plusOne, int exponent) -> Value {
    Value bits = arith::ShRUIOp::create(b, loc, word, i32(drop));
    if (plusOne)
      bits = arith::AddIOp::create(b, loc, bits, i32(1));
    Value number = arith::SIToFPOp::create(b, loc, type, bits);
    return arith::MulFOp::create(b, loc, number, real(type, std::ldexp(1.0, exponent)));
  };
  if (!type.isF64())
    return part(high, 8, fromOne, -24);
  return arith::AddFOp::create(b, loc, part(high, 8, false, -24), part(low, 3, fromOne, -53));
}

Value PhiloxBuilder::uniform(const PhiloxWords &words, Type type) {
  Value value = fraction(words[0], words[1], workType(type), /*fromOne=*/false);
  return toType(value, type);
}

Value PhiloxBuilder::normal(const PhiloxWords &words, Type type) {
  Type work = workType(type);
  Value u = fraction(words[0], words[2], work, /*fromOne=*/true);
  Value v = fraction(words[1], words[3], work, /*fromOne=*/false);
  Value log = math::LogOp::create(b, loc, u);
  Value square = arith::MulFOp::create(b, loc, log, real(work, -2));
  Value radius = math::SqrtOp::create(b, loc, square);
  Value angle = arith::MulFOp::create(b, loc, v, real(work, 2 * llvm::numbers::pi));
  Value cosine = math::CosOp::create(b, loc, angle);
  return toType(arith::MulFOp::create(b, loc, radius, cosine), type);
}

Value PhiloxBuilder::categorical(const PhiloxWords &words, uint64_t classes) {
  return arith::MulUIExtendedOp::create(b, loc, words[0], i32(static_cast<uint32_t>(classes)))
      .getHigh();
}
