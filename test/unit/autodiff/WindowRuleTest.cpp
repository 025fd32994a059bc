//===- WindowRuleTest.cpp - Convolutions, windows and labels --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// First and second derivatives against central differences, for geometries
// chosen to leave nothing even: odd sizes, strides that do not divide, pads
// that differ at the two ends, dilation, groups, one to three dimensions.
//===----------------------------------------------------------------------===//
#include "compiler/autodiff/Pullback.h"
#include "test/unit/autodiff/Check.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace agon::test;

namespace {

using Sizes = std::vector<int64_t>;

std::string typeOf(const Sizes &shape, const char *element = "f64") {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "tensor<";
  for (int64_t size : shape)
    out << size << 'x';
  out << element << '>';
  return text;
}

std::string list(const Sizes &sizes) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << '[';
  llvm::interleaveComma(sizes, out);
  out << ']';
  return text;
}

struct Convolution {
  const char *name;
  int64_t batch, channels, features;
  Sizes space, kernel, strides, low, high, dilations;
  int64_t groups = 1;

  Sizes input() const { return joined({batch, channels}, space); }
  Sizes filter() const { return joined({features, channels / groups}, kernel); }
  Sizes output() const {
    Sizes shape{batch, features};
    for (size_t i = 0; i < space.size(); ++i)
      shape.push_back((low[i] + space[i] + high[i] - dilations[i] * (kernel[i] - 1) - 1) / strides[i] + 1);
    return shape;
  }

  /// f(a, b) = face(a, b)
  std::string function(const char *face, const Sizes &lhs, const Sizes &rhs, const Sizes &result) const {
    std::string a = typeOf(lhs), b = typeOf(rhs), y = typeOf(result);
    return "func.func @f(%a: " + a + ", %b: " + b + ") -> " + y + " {\n  %y = agon." + face + " %a, %b strides " +
           list(strides) + " low " + list(low) + " high " + list(high) + " dilations " + list(dilations) + " groups " +
           std::to_string(groups) + " : (" + a + ", " + b + ") -> " + y + "\n  return %y : " + y + "\n}";
  }

private:
  static Sizes joined(Sizes first, const Sizes &second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
  }
};

void PrintTo(const Convolution &c, std::ostream *out) { *out << c.name; }

class ConvolutionRule : public testing::TestWithParam<Convolution> {
protected:
  void expectRule(const std::string &text) {
    auto context = makeContext(agon::autodiff::registerPullbacks);
    Finding finding = check(*context, text, -2, 2, 1);
    EXPECT_TRUE(agrees(finding)) << text;
    EXPECT_TRUE(finding.depends);
  }
};

TEST_P(ConvolutionRule, OfConvAgreesWithDifferences) {
  const Convolution &c = GetParam();
  expectRule(c.function("conv", c.input(), c.filter(), c.output()));
}
TEST_P(ConvolutionRule, OfInputGradientAgreesWithDifferences) {
  const Convolution &c = GetParam();
  expectRule(c.function("conv_input_gradient", c.output(), c.filter(), c.input()));
}
TEST_P(ConvolutionRule, OfFilterGradientAgreesWithDifferences) {
  const Convolution &c = GetParam();
  expectRule(c.function("conv_filter_gradient", c.input(), c.output(), c.filter()));
}

const Convolution convolutions[] = {
    {"line", 2, 2, 3, {7}, {3}, {1}, {0}, {0}, {1}},
    {"line_strided", 1, 3, 2, {8}, {3}, {3}, {1}, {0}, {1}},
    {"line_dilated", 1, 2, 2, {9}, {3}, {2}, {2}, {1}, {3}},
    {"line_depthwise", 2, 3, 3, {5}, {2}, {1}, {1}, {1}, {1}, 3},
    {"one_by_one", 2, 3, 2, {3, 2}, {1, 1}, {1, 1}, {0, 0}, {0, 0}, {1, 1}},
    {"plane", 2, 2, 3, {4, 5}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {"halving", 1, 2, 2, {6, 6}, {4, 4}, {2, 2}, {1, 1}, {1, 1}, {1, 1}},
    {"uneven", 1, 2, 2, {5, 7}, {2, 3}, {2, 3}, {1, 0}, {0, 2}, {2, 1}},
    {"grouped", 2, 4, 6, {4, 3}, {3, 2}, {1, 2}, {1, 1}, {1, 0}, {1, 1}, 2},
    {"overhang", 1, 1, 2, {2, 3}, {3, 3}, {2, 1}, {3, 2}, {2, 4}, {1, 2}},
    {"skipping", 1, 2, 1, {7, 5}, {1, 2}, {3, 3}, {0, 0}, {0, 0}, {1, 1}},
    {"space", 1, 2, 2, {3, 4, 3}, {2, 3, 2}, {1, 2, 1}, {0, 1, 1}, {1, 1, 0}, {1, 1, 2}},
    {"space_grouped", 1, 2, 2, {3, 2, 3}, {2, 2, 2}, {2, 1, 1}, {1, 0, 0}, {0, 0, 1}, {1, 1, 1}, 2},
};

INSTANTIATE_TEST_SUITE_P(All, ConvolutionRule, testing::ValuesIn(convolutions),
                         [](const auto &info) { return std::string(info.param.name); });

struct Structural {
  const char *name, *text;
};

void PrintTo(const Structural &s, std::ostream *out) { *out << s.name; }

class WindowRule : public testing::TestWithParam<Structural> {};

TEST_P(WindowRule, AgreesWithDifferences) {
  auto context = makeContext(agon::autodiff::registerPullbacks);
  for (unsigned seed : {1, 2}) {
    Finding finding = check(*context, GetParam().text, -2, 2, seed);
    EXPECT_TRUE(agrees(finding));
    EXPECT_TRUE(finding.depends);
  }
}

// Sines make second derivatives of linear operations worth checking.
const Structural windowRules[] = {
    {"unfold", R"(func.func @f(%a: tensor<2x9xf64>) -> tensor<2x3x3xf64> {
      %q = math.sin %a : tensor<2x9xf64>
      %y = agon.unfold %q dims [1] sizes [3] strides [2] dilations [2] : tensor<2x9xf64> -> tensor<2x3x3xf64>
      return %y : tensor<2x3x3xf64> })"},
    {"unfold_plane", R"(func.func @f(%a: tensor<1x5x4xf64>) -> tensor<1x4x2x2x2xf64> {
      %q = math.sin %a : tensor<1x5x4xf64>
      %y = agon.unfold %q dims [2, 1] sizes [2, 2] strides [2, 1] dilations [1, 1]
        : tensor<1x5x4xf64> -> tensor<1x4x2x2x2xf64>
      return %y : tensor<1x4x2x2x2xf64> })"},
    {"fold", R"(func.func @f(%a: tensor<2x3x3xf64>) -> tensor<2x10xf64> {
      %q = math.sin %a : tensor<2x3x3xf64>
      %y = agon.fold %q dims [1] sizes [3] strides [2] dilations [2] : tensor<2x3x3xf64> -> tensor<2x10xf64>
      return %y : tensor<2x10xf64> })"},
    {"fold_plane", R"(func.func @f(%a: tensor<1x4x2x2x2xf64>) -> tensor<1x5x4xf64> {
      %q = math.sin %a : tensor<1x4x2x2x2xf64>
      %y = agon.fold %q dims [2, 1] sizes [2, 2] strides [2, 1] dilations [1, 1]
        : tensor<1x4x2x2x2xf64> -> tensor<1x5x4xf64>
      return %y : tensor<1x5x4xf64> })"},
    {"max_of_windows", R"(func.func @f(%a: tensor<1x5x5xf64>) -> tensor<1x3x3xf64> {
      %q = math.sin %a : tensor<1x5x5xf64>
      %p = agon.pad %q starts [0, 1, 1] strides [1, 1, 1] value 0xFFF0000000000000
        : tensor<1x5x5xf64> -> tensor<1x7x7xf64>
      %w = agon.unfold %p dims [1, 2] sizes [3, 3] strides [2, 2] dilations [1, 1]
        : tensor<1x7x7xf64> -> tensor<1x3x3x3x3xf64>
      %y = agon.reduce max %w dims [3, 4] : tensor<1x3x3x3x3xf64> -> tensor<1x3x3xf64>
      return %y : tensor<1x3x3xf64> })"},
    {"pad_value", R"(func.func @f(%a: tensor<2x2xf64>) -> tensor<5x4xf64> {
      %q = math.sin %a : tensor<2x2xf64>
      %p = agon.pad %q starts [1, 2] strides [2, 1] value 3.0 : tensor<2x2xf64> -> tensor<5x4xf64>
      %y = arith.mulf %p, %p : tensor<5x4xf64>
      return %y : tensor<5x4xf64> })"},
    {"reverse", R"(func.func @f(%a: tensor<2x3x4xf64>) -> tensor<2x3x4xf64> {
      %q = math.sin %a : tensor<2x3x4xf64>
      %y = agon.reverse %q dims [2, 0] : tensor<2x3x4xf64>
      return %y : tensor<2x3x4xf64> })"},
    {"cumsum", R"(func.func @f(%a: tensor<2x5x3xf64>) -> tensor<2x5x3xf64> {
      %q = math.sin %a : tensor<2x5x3xf64>
      %y = agon.cumsum %q dim 1 : tensor<2x5x3xf64>
      return %y : tensor<2x5x3xf64> })"},
    {"mode_product", R"(func.func @f(%a: tensor<2x5x3xf64>) -> tensor<2x2x4xf64> {
      %q = arith.mulf %a, %a : tensor<2x5x3xf64>
      %y = agon.mode_product %q dims [2, 1] matrices [
          dense<[[1.0, 2.0, 0.0], [0.0, -1.0, 0.5], [1.0, 1.0, 1.0], [0.0, 0.0, 3.0]]> : tensor<4x3xf64>,
          dense<[[1.0, 0.0, 2.0, 0.0, 1.0], [-1.0, 1.0, 0.0, 4.0, 0.25]]> : tensor<2x5xf64>]
          : tensor<2x5x3xf64> -> tensor<2x2x4xf64>
      return %y : tensor<2x2x4xf64>
    })"},
    {"cumsum_reverse", R"(func.func @f(%a: tensor<7xf64>) -> tensor<7xf64> {
      %q = math.sin %a : tensor<7xf64>
      %y = agon.cumsum %q dim 0 reverse : tensor<7xf64>
      return %y : tensor<7xf64> })"},
    {"gather_rows", R"(func.func @f(%a: tensor<3x2xf64>) -> tensor<5x2xf64> {
      %l = arith.constant dense<[2, 0, 2, -1, 3]> : tensor<5xi32>
      %q = math.sin %a : tensor<3x2xf64>
      %y = agon.gather %q, %l batch 0 : (tensor<3x2xf64>, tensor<5xi32>) -> tensor<5x2xf64>
      return %y : tensor<5x2xf64> })"},
    {"gather_paired", R"(func.func @f(%a: tensor<2x3xf64>, %l: tensor<2xi32>) -> tensor<2xf64> {
      %q = math.sin %a : tensor<2x3xf64>
      %y = agon.gather %q, %l batch 1 : (tensor<2x3xf64>, tensor<2xi32>) -> tensor<2xf64>
      return %y : tensor<2xf64> })"},
    {"gather_many", R"(func.func @f(%a: tensor<2x3x2xf64>, %l: tensor<2x4x1xi32>) -> tensor<2x4x1x2xf64> {
      %q = math.sin %a : tensor<2x3x2xf64>
      %y = agon.gather %q, %l batch 1 : (tensor<2x3x2xf64>, tensor<2x4x1xi32>) -> tensor<2x4x1x2xf64>
      return %y : tensor<2x4x1x2xf64> })"},
    {"scatter_rows", R"(func.func @f(%a: tensor<5x2xf64>) -> tensor<3x2xf64> {
      %l = arith.constant dense<[2, 0, 2, -1, 3]> : tensor<5xi32>
      %q = math.sin %a : tensor<5x2xf64>
      %y = agon.scatter_add %q, %l batch 0 : (tensor<5x2xf64>, tensor<5xi32>) -> tensor<3x2xf64>
      return %y : tensor<3x2xf64> })"},
    {"scatter_paired", R"(func.func @f(%a: tensor<2x3xf64>, %l: tensor<2xi32>) -> tensor<2x4x3xf64> {
      %q = math.sin %a : tensor<2x3xf64>
      %y = agon.scatter_add %q, %l batch 1 : (tensor<2x3xf64>, tensor<2xi32>) -> tensor<2x4x3xf64>
      return %y : tensor<2x4x3xf64> })"},
};

INSTANTIATE_TEST_SUITE_P(All, WindowRule, testing::ValuesIn(windowRules),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
