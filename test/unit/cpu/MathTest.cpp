//===- MathTest.cpp - f32 functions against libm in double ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/cpu/Harness.h"
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>

using namespace agon::test;

namespace {
/// Every `step`-th float there is, of both signs, then the special ones and a dense patch
/// around each of the points where a method changes.
std::vector<double> arguments(uint32_t step) {
  std::vector<double> values;
  auto push = [&](uint32_t bits) {
    float f;
    std::memcpy(&f, &bits, sizeof f);
    values.push_back(f);
  };
  for (uint64_t bits = 0; bits <= 0x7f800000u; bits += step) {
    push(uint32_t(bits));
    push(uint32_t(bits) | 0x80000000u);
  }
  for (uint32_t bits :
       {0x7f800000u, 0xff800000u, 0x7fc00000u, 0x80000000u, 1u, 0x80000001u, 0x007fffffu, 0x00800000u, 0xbf800000u})
    push(bits);
  for (float center : {1.0f, 0.35f, 0.927734375f, 3.14159274f, 0.5f, 2.0f, 10.0f, 88.0f, 103.0f, 9.0f, 10.06f, 17.0f,
                       1.5707963f, 0.41421357f})
    for (int i = -4000; i <= 4000; ++i)
      for (float sign : {1.0f, -1.0f})
        values.push_back(sign * float(center + i * center * 1e-4));
  return values;
}

double ulps(double actual, double exact) {
  if (std::isnan(exact) || std::isnan(actual))
    return std::isnan(exact) == std::isnan(actual) ? 0 : 1e9;
  float rounded = float(exact);
  if (std::isinf(rounded) || std::isinf(float(actual)))
    // One float short of overflow is an ulp away from it.
    return float(actual) == rounded || (std::abs(exact) > 3.40282e38 && std::abs(actual) > 3.40282e38) ? 0 : 1e9;
  int exponent;
  std::frexp(exact, &exponent);
  return std::abs(actual - exact) / std::ldexp(1.0, std::max(exponent, -125) - 24);
}

void check(const std::string &op, double (*exact)(double), double bound) {
  std::vector<double> x = arguments(10007);
  std::string t = "tensor<" + std::to_string(x.size()) + "xf32>";
  std::string module = "func.func @f(%a: " + t + ") {\n%r = agon.region elementwise (%a) flops 0 bytes 0 : (" + t +
                       ") -> (" + t + ") {\n^bb0(%x: " + t + "):\n%e = tensor.empty() : " + t +
                       "\n%g = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], "
                       "iterator_types = [\"parallel\"]} ins(%x : " +
                       t + ") outs(%e : " + t + ") {\n^bb0(%p: f32, %o: f32):\n%v = " + op +
                       " %p : f32\nlinalg.yield %v : f32\n} -> " + t + "\nagon.yield %g : " + t + "\n}\nreturn\n}\n";
  for (unsigned bits : {256u, 512u}) {
    if (!supported(bits))
      continue;
    Compiled kernel(module, {bits, 3, false});
    ASSERT_TRUE(kernel.valid());
    std::vector<Array> y = kernel.run({{"f32", {int64_t(x.size())}, x}});
    double worst = 0, where = 0;
    for (size_t i = 0; i != x.size(); ++i) {
      double error = ulps(y[0].values[i], exact(x[i]));
      if (error > worst)
        worst = error, where = x[i];
    }
    printf("  %-12s %u bits: %.2f ulp at %.9g\n", op.c_str(), bits, worst, where);
    EXPECT_LE(worst, bound) << op << " at " << where;
  }
}
} // namespace

// clang-format off: a table
TEST(Math, Exp) { check("math.exp", [](double x) { return std::exp(x); }, 1.5); }
TEST(Math, Expm1) { check("math.expm1", [](double x) { return std::expm1(x); }, 2); }
TEST(Math, Log) { check("math.log", [](double x) { return std::log(x); }, 1); }
TEST(Math, Log1p) { check("math.log1p", [](double x) { return std::log1p(x); }, 1.5); }
TEST(Math, Tanh) { check("math.tanh", [](double x) { return std::tanh(x); }, 3); }
TEST(Math, Sin) { check("math.sin", [](double x) { return std::sin(x); }, 2); }
TEST(Math, Cos) { check("math.cos", [](double x) { return std::cos(x); }, 2); }
TEST(Math, Erf) { check("math.erf", [](double x) { return std::erf(x); }, 1.5); }
TEST(Math, Erfc) { check("math.erfc", [](double x) { return std::erfc(x); }, 5); }
TEST(Math, Sqrt) { check("math.sqrt", [](double x) { return std::sqrt(x); }, 0.5); }
TEST(Math, Rsqrt) { check("math.rsqrt", [](double x) { return 1 / std::sqrt(x); }, 1.5); }
// Not approximated: a call a lane.
TEST(Math, Atan) { check("math.atan", [](double x) { return std::atan(x); }, 1); }
// clang-format on
