//===- MathDoubleTest.cpp - Functions without libm, against libm ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// What targets without libm compute, here on vectors of both widths and on scalars, which must
// agree bit for bit, against libm on long double.
#include "test/unit/cpu/Harness.h"
#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

using namespace agon::test;

namespace {
using Long = long double;
constexpr double infinity = std::numeric_limits<double>::infinity();
const std::vector<double> special = {
    0.0, -0.0, 1.0, -1.0, infinity, -infinity, NAN, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 4.0, 1.5, -1.5,
    // the least and the largest, and their neighbours; whole numbers about 2^53; neighbours of 1
    0x1p-1074, -0x1p-1074, 0x1p-1022, 0x0.fffffffffffffp-1022, 0x1.fffffffffffffp1023, -0x1.fffffffffffffp1023, 0x1p53,
    0x1.fffffffffffffp52, -0x1.fffffffffffffp52, 0x1p54, 1e300, -1e300, 1e-300, 0x1.fffffffffffffp-1,
    -0x1.fffffffffffffp-1, 0x1.0000000000001p0, -0x1.0000000000001p0,
    // where exponentials end; the double that is closest to a multiple of pi / 2; where sines change their reduction
    709.78, 709.79, -708.4, -745.13, -745.14, 88.73, -103.98, 0x1.6ac5b262ca1ffp849, 0x1p20, 0x1.00001p20,
    // the same on f32: the least, the largest, neighbours of 1
    0x1p-149, -0x1p-149, 0x1p-126, 0x1.fffffep127, -0x1.fffffep127, 0x1p24, 16777215.0, 0x1.fffffep-1, 0x1.000002p0};

/// Numbers that make a test the same on every run.
class Numbers {
public:
  /// Any bits.
  double bits() { return std::bit_cast<double>(random()); }
  float bitsSingle() { return std::bit_cast<float>(uint32_t(random())); }
  double within(double limit) { return std::ldexp(double(int64_t(random())), -63) * limit; }
  int below(int n) { return int(random() % uint64_t(n)); }

private:
  std::mt19937_64 random{5};
};

std::vector<double> arguments() {
  std::vector<double> values = special;
  Numbers numbers;
  for (int i = 0; i != 20000; ++i) {
    values.push_back(numbers.bits());
    for (double limit : {1.5, 7.0, 30.0, 800.0, 1.1e6})
      values.push_back(numbers.within(limit));
    values.push_back(1 + std::ldexp(numbers.within(1), -numbers.below(40)));
    // next to zeros of sin and cos, on both sides of where the reduction changes
    values.push_back(double(numbers.below(1 << (1 + numbers.below(24))) * 1.57079632679489661923132169163975144L));
  }
  for (double center : {0.3465735902799727, 0.453125, 0.575, 0.84375, 6.0, 20.0, 26.5, 28.0, 0.41421356237309503})
    for (int i = -1000; i <= 1000; ++i)
      for (double sign : {1.0, -1.0})
        values.push_back(sign * center * (1 + 1e-4 * i));
  return values;
}

/// In units of the last place that `exact` has in a format of `digits` bits; infinite where a special value is missed.
double ulps(double actual, Long exact, int digits, int leastExponent, double largest) {
  double rounded = digits == 24 ? double(float(exact)) : double(exact);
  if (std::isnan(rounded) || std::isnan(actual))
    return std::isnan(rounded) == std::isnan(actual) ? 0 : infinity;
  if (std::isinf(rounded) || std::isinf(actual)) // the largest number is an ulp from overflow
    return actual == rounded || (std::abs(exact) >= largest && std::abs(actual) >= largest &&
                                 std::signbit(actual) == std::signbit(rounded))
               ? 0
               : infinity;
  if (exact == 0 || actual == 0)
    if (std::signbit(actual) != std::signbit(rounded) || (exact == 0 && actual != 0))
      return infinity;
  int exponent;
  std::frexp(exact, &exponent);
  return double(std::abs(actual - exact) / std::ldexp(Long(1), std::max(exponent, leastExponent) - digits));
}

/// Holds `op` on `element` to `exact` at the points that `inputs` has the coordinates of.
void check(const std::string &op, const std::string &element, const std::vector<std::vector<double>> &inputs,
           const std::function<Long(size_t)> &exact, double bound) {
  size_t size = inputs[0].size();
  std::string t = "tensor<" + std::to_string(size) + "x" + element + ">", map = "affine_map<(i) -> (i)>";
  bool two = inputs.size() == 2;
  std::string module = "func.func @f(%a: " + t + ", %b: " + t + ") {\n%r = agon.region elementwise (%a" +
                       (two ? ", %b" : "") + ") flops 0 bytes 0 : (" + t + (two ? ", " + t : "") + ") -> (" + t +
                       ") {\n^bb0(%x: " + t + (two ? ", %y: " + t : "") + "):\n%e = tensor.empty() : " + t +
                       "\n%g = linalg.generic {indexing_maps = [" + map + ", " + map + (two ? ", " + map : "") +
                       "], iterator_types = [\"parallel\"]} ins(%x" + (two ? ", %y : " + t + ", " : " : ") + t +
                       ") outs(%e : " + t + ") {\n^bb0(%p: " + element + (two ? ", %q: " + element : "") +
                       ", %o: " + element + "):\n%v = " + op + " %p" + (two ? ", %q" : "") + " : " + element +
                       "\nlinalg.yield %v : " + element + "\n} -> " + t + "\nagon.yield %g : " + t + "\n}\nreturn\n}\n";
  std::vector<Array> arrays;
  for (const std::vector<double> &values : inputs)
    arrays.push_back({element, {int64_t(size)}, values});
  std::vector<double> first;
  for (Variant variant : {Variant{256, 0, false, false}, {256, 3, false, false}, {512, 3, false, false}}) {
    if (!supported(variant.vectorBits))
      continue;
    Compiled kernel(module, variant);
    ASSERT_TRUE(kernel.valid());
    std::vector<double> results = kernel.run(arrays)[0].values;
    if (first.empty())
      first = results;
    for (size_t i = 0; i != size; ++i)
      ASSERT_TRUE(std::bit_cast<int64_t>(results[i]) == std::bit_cast<int64_t>(first[i]) ||
                  (std::isnan(results[i]) && std::isnan(first[i])))
          << op << " at " << inputs[0][i] << ": scalars give " << first[i] << ", vectors " << results[i];
  }
  double worst = 0;
  size_t where = 0;
  for (size_t i = 0; i != size; ++i) {
    double error = element == "f32" ? ulps(first[i], exact(i), 24, -125, 0x1.fffffep127)
                                    : ulps(first[i], exact(i), 53, -1021, 0x1.fffffffffffffp1023);
    if (error > worst)
      worst = error, where = i;
  }
  printf("  %-12s %s: %.3f ulp at %.17g\n", op.c_str(), element.c_str(), worst, inputs[0][where]);
  EXPECT_LE(worst, bound) << op << " at " << inputs[0][where] << ", " << inputs.back()[where] << ": " << first[where]
                          << ", not " << exact(where);
}

void checkDouble(const std::string &op, Long (*exact)(Long), double bound) {
  std::vector<double> x = arguments();
  check(op, "f64", {x}, [&](size_t i) { return exact(x[i]); }, bound);
}

/// f32 of which half are beyond 2^20.
void checkSingle(const std::string &op, Long (*exact)(Long), double bound) {
  std::vector<double> x;
  for (double value : special)
    x.push_back(float(value));
  Numbers numbers;
  for (int i = 0; i != 40000; ++i) {
    x.push_back(numbers.bitsSingle());
    x.push_back(float(std::ldexp(1 + std::abs(numbers.within(1)), 20 + numbers.below(107))));
  }
  check(op, "f32", {x}, [&](size_t i) { return exact(x[i]); }, bound);
}

/// Remainders, which are exact, of numbers whose quotient is below 2^100, and of special values.
void checkRemainder(const std::string &element) {
  bool single = element == "f32";
  std::vector<double> x, y;
  auto push = [&](double a, double b) {
    a = single ? double(float(a)) : a;
    b = single ? double(float(b)) : b;
    // Subnormal numbers are flushed where kernels run.
    bool isTiny = std::abs(std::fmod(a, b)) < (single ? 0x1p-126 : 0x1p-1022) && std::fmod(a, b) != 0;
    if (std::isfinite(a) && std::isfinite(b) && (isTiny || !(std::abs(a / b) < 0x1p100)) && b != 0)
      return;
    x.push_back(a), y.push_back(b);
  };
  for (double a : special)
    for (double b : special)
      push(a, b);
  Numbers numbers;
  for (int i = 0; i != 20000; ++i) {
    double b = std::ldexp(numbers.within(1), numbers.below(40) - 20);
    push(numbers.within(1) * std::ldexp(1.0, numbers.below(60)), b);
    push(b * numbers.below(1 << 20), b);
    push(std::nextafter(b * numbers.below(1 << 20), i % 2 ? infinity : -infinity), b);
  }
  check("arith.remf", element, {x, y}, [&](size_t i) { return std::fmod(Long(x[i]), Long(y[i])); }, 0);
}

/// All pairs of special values, and powers of every size, of bases of every size and sign.
void checkPow(const std::string &element, double bound) {
  bool single = element == "f32";
  auto round = [&](double x) { return single ? double(float(x)) : x; };
  std::vector<double> x, y;
  auto push = [&](double base, double exponent) { x.push_back(round(base)), y.push_back(round(exponent)); };
  for (double base : special)
    for (double exponent : special)
      push(base, exponent);
  Numbers numbers;
  double largest = single ? 104 : 746; // of the power's logarithm
  for (int i = 0; i != 10000; ++i) {
    double base = single ? double(numbers.bitsSingle()) : numbers.bits();
    push(base, single ? double(numbers.bitsSingle()) : numbers.bits());
    push(std::abs(base), numbers.within(largest) / std::log(std::abs(base)));
    double near = 1 + std::ldexp(numbers.within(1), -numbers.below(single ? 20 : 45));
    push(near, numbers.within(largest) / std::log(near));
    push(numbers.within(20), numbers.below(80) - 40);
    push(std::abs(numbers.within(10)), numbers.within(30));
  }
  check("math.powf", element, {x, y}, [&](size_t i) { return std::pow(Long(x[i]), Long(y[i])); }, bound);
}
} // namespace

// clang-format off: a table
TEST(MathDouble, Exp) { checkDouble("math.exp", [](Long x) { return std::exp(x); }, 1); }
TEST(MathDouble, Expm1) { checkDouble("math.expm1", [](Long x) { return std::expm1(x); }, 1.5); }
TEST(MathDouble, Log) { checkDouble("math.log", [](Long x) { return std::log(x); }, 1); }
TEST(MathDouble, Log1p) { checkDouble("math.log1p", [](Long x) { return std::log1p(x); }, 1); }
TEST(MathDouble, Tanh) { checkDouble("math.tanh", [](Long x) { return std::tanh(x); }, 1.5); }
TEST(MathDouble, Sin) { checkDouble("math.sin", [](Long x) { return std::sin(x); }, 1); }
TEST(MathDouble, Cos) { checkDouble("math.cos", [](Long x) { return std::cos(x); }, 1); }
TEST(MathDouble, Erf) { checkDouble("math.erf", [](Long x) { return std::erf(x); }, 1); }
TEST(MathDouble, Erfc) { checkDouble("math.erfc", [](Long x) { return std::erfc(x); }, 1.5); }
TEST(MathDouble, Rsqrt) { checkDouble("math.rsqrt", [](Long x) { return 1 / std::sqrt(x); }, 1.5); }
TEST(MathDouble, Pow) { checkPow("f64", 1); }
TEST(MathDouble, PowSingle) { checkPow("f32", 0.51); }
TEST(MathDouble, SinSingle) { checkSingle("math.sin", [](Long x) { return std::sin(x); }, 2); }
TEST(MathDouble, CosSingle) { checkSingle("math.cos", [](Long x) { return std::cos(x); }, 2); }
TEST(MathDouble, Remainder) { checkRemainder("f64"); }
TEST(MathDouble, RemainderSingle) { checkRemainder("f32"); }
// clang-format on
