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
  return arith::ConstantOp::create(b, loc, IntegerAttr::get(b.getI32Type(), APInt(32, value)));
}

Value PhiloxBuilder::real(Type type, double value) {
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
}

Value PhiloxBuilder::i64(uint64_t value) { return arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(value)); }

PhiloxWords PhiloxBuilder::rounds(PhiloxWords counter, Value keyLo, Value keyHi) {
  Value mask = i64(0xFFFFFFFF), shift = i64(32);
  // Both halves of a product are in it: the upper one is shifted down, and the lower one used with the
  // upper still above it, which no product looks at.
  auto product = [&](Value word, uint32_t factor) -> Value {
    return arith::MulIOp::create(b, loc, arith::AndIOp::create(b, loc, word, mask), i64(factor));
  };
  auto mix = [&](Value product, Value word, Value key) -> Value {
    Value high = arith::ShRUIOp::create(b, loc, product, shift);
    return arith::XOrIOp::create(b, loc, arith::XOrIOp::create(b, loc, high, word), key);
  };
  for (uint32_t round = 0; round < 10; ++round) {
    Value k0 = keyLo, k1 = keyHi;
    if (round > 0) {
      k0 = arith::AddIOp::create(b, loc, keyLo, i64(uint32_t(weyl0 * round)));
      k1 = arith::AddIOp::create(b, loc, keyHi, i64(uint32_t(weyl1 * round)));
    }
    Value product0 = product(counter[0], multiplier0), product1 = product(counter[2], multiplier1);
    counter = {mix(product1, counter[1], k0), product1, mix(product0, counter[3], k1), product0};
  }
  for (Value &word : counter)
    word = arith::TruncIOp::create(b, loc, b.getI32Type(), word);
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

PhiloxWords PhiloxBuilder::draw(Value seed, Value draw, uint64_t stream, Value element, int64_t numElements) {
  Value shift = i64(32);
  auto high = [&](Value value) -> Value { return arith::ShRUIOp::create(b, loc, value, shift); };
  Value number = arith::IndexCastOp::create(b, loc, b.getI64Type(), element);
  // 32 bits are enough for nearly every tensor.
  Value numberHigh = llvm::isUInt<32>(std::max<int64_t>(numElements - 1, 0)) ? i64(0) : high(number);
  Value place = arith::XOrIOp::create(b, loc, high(draw), i64(static_cast<uint32_t>(stream)));
  return rounds({number, numberHigh, place, draw}, seed, high(seed));
}

Type PhiloxBuilder::workType(Type type) { return type.isF64() ? type : Type(b.getF32Type()); }

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
  return arith::MulUIExtendedOp::create(b, loc, words[0], i32(static_cast<uint32_t>(classes))).getHigh();
}
