//===- RuleTest.cpp - Every rule against central differences --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/autodiff/Pullback.h"
#include "test/unit/autodiff/Check.h"
#include <cmath>

using namespace mlir;
using namespace agon::test;

namespace {

/// An operation of type (T, ...) -> T, written with $a, $b and $T, and where its
/// operands are drawn from.
struct Elementwise {
  const char *name, *text;
  double low, high;
  int operands = 1;
};

void PrintTo(const Elementwise &e, std::ostream *out) { *out << e.name; }

std::string replaced(std::string text, llvm::StringRef from, llvm::StringRef to) {
  for (size_t at = 0; (at = text.find(from.str(), at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to.str());
  return text;
}

std::string function(const Elementwise &rule, llvm::StringRef type) {
  std::string text = rule.operands == 1 ? "func.func @f(%a: $T) -> $T {\n" : "func.func @f(%a: $T, %b: $T) -> $T {\n";
  text += std::string(rule.text) + "\n  return %y : $T\n}\n";
  // $B and $F are the same shape of booleans and of f32.
  text = replaced(text, "$B", replaced(type.str(), "f64", "i1"));
  text = replaced(text, "$F", replaced(type.str(), "f64", "f32"));
  return replaced(text, "$T", type);
}

class ElementwiseRule : public testing::TestWithParam<Elementwise> {
protected:
  std::unique_ptr<MLIRContext> context = makeContext(agon::autodiff::registerPullbacks);
};

TEST_P(ElementwiseRule, AgreesWithDifferences) {
  unsigned seed = 1;
  for (const char *type : {"tensor<f64>", "tensor<5xf64>", "tensor<2x3xf64>", "tensor<2x1x3xf64>"})
    EXPECT_TRUE(agrees(check(*context, function(GetParam(), type), GetParam().low, GetParam().high, seed++))) << type;
}

// A zero-sized tensor has a gradient, with nothing in it.
TEST_P(ElementwiseRule, TakesEmptyTensors) {
  EXPECT_TRUE(agrees(check(*context, function(GetParam(), "tensor<0x2xf64>"), GetParam().low, GetParam().high, 1)));
}

const Elementwise elementwise[] = {
    {"addf", "%y = arith.addf %a, %b : $T", -2, 2, 2},
    {"addf_twice", "%y = arith.addf %a, %a : $T", -2, 2},
    {"subf", "%y = arith.subf %a, %b : $T", -2, 2, 2},
    {"mulf", "%y = arith.mulf %a, %b : $T", -2, 2, 2},
    {"square", "%y = arith.mulf %a, %a : $T", -2, 2},
    {"divf", "%y = arith.divf %a, %b : $T", 0.5, 2, 2},
    {"negf", "%y = arith.negf %a : $T", -2, 2},
    {"maximumf", "%y = arith.maximumf %a, %b : $T", -2, 2, 2},
    {"minimumf", "%y = arith.minimumf %a, %b : $T", -2, 2, 2},
    {"maxnumf", "%y = arith.maxnumf %a, %b : $T", -2, 2, 2},
    {"minnumf", "%y = arith.minnumf %a, %b : $T", -2, 2, 2},
    {"remf",
     "%k = arith.constant dense<0.61> : $T\n %b = arith.addf %k, %k : $T\n"
     "%y = arith.remf %a, %b : $T",
     0.1, 1.1},
    {"select",
     "%c = arith.cmpf olt, %a, %b : $T\n"
     "%y = \"arith.select\"(%c, %a, %b) : ($B, $T, $T) -> $T",
     -2, 2, 2},
    {"conversions", "%s = arith.truncf %a : $T to $F\n%y = arith.extf %s : $F to $T", -2, 2},
    {"exp", "%y = math.exp %a : $T", -2, 2},
    {"expm1", "%y = math.expm1 %a : $T", -2, 2},
    {"log", "%y = math.log %a : $T", 0.5, 3},
    {"log1p", "%y = math.log1p %a : $T", -0.5, 3},
    {"sqrt", "%y = math.sqrt %a : $T", 0.5, 3},
    {"rsqrt", "%y = math.rsqrt %a : $T", 0.5, 3},
    {"tanh", "%y = math.tanh %a : $T", -2, 2},
    {"absf", "%y = math.absf %a : $T", -2, 2},
    {"sin", "%y = math.sin %a : $T", -3, 3},
    {"cos", "%y = math.cos %a : $T", -3, 3},
    {"erf", "%y = math.erf %a : $T", -2, 2},
    {"erfc", "%y = math.erfc %a : $T", -2, 2},
    {"powf", "%y = math.powf %a, %b : $T", 0.5, 2, 2},
    {"powf_cube", "%k = arith.constant dense<3.0> : $T\n%y = math.powf %a, %k : $T", -2, 2},
    {"powf_square", "%k = arith.constant dense<2.0> : $T\n%y = math.powf %a, %k : $T", -2, 2},
    {"powf_one", "%k = arith.constant dense<1.0> : $T\n%y = math.powf %a, %k : $T", -2, 2},
    {"powf_zero", "%k = arith.constant dense<0.0> : $T\n%y = math.powf %a, %k : $T", -2, 2},
    {"powf_third", "%k = arith.constant dense<0.3> : $T\n%y = math.powf %a, %k : $T", 0.5, 2},
    {"powf_inverse", "%k = arith.constant dense<-1.0> : $T\n%y = math.powf %a, %k : $T", 0.5, 2},
    {"powf_base", "%k = arith.constant dense<2.5> : $T\n%y = math.powf %k, %a : $T", -2, 2},
    {"sigmoid", "%y = agon.sigmoid %a : $T", -3, 3},
    {"softplus", "%y = agon.softplus %a : $T", -3, 3},
    {"sigmoid_beside_softplus", "%s = agon.softplus %a : $T\n%p = agon.sigmoid %a : $T\n%y = arith.mulf %s, %p : $T",
     -3, 3},
    {"point", "%p = agon.point %a : $T\n%y = math.exp %p : $T", -2, 2},
    {"floor", "%y = math.floor %a : $T", 0.1, 0.9},
    {"ceil", "%y = math.ceil %a : $T", 0.1, 0.9},
};

INSTANTIATE_TEST_SUITE_P(All, ElementwiseRule, testing::ValuesIn(elementwise),
                         [](const auto &info) { return std::string(info.param.name); });

struct Structural {
  const char *name, *text;
};

void PrintTo(const Structural &s, std::ostream *out) { *out << s.name; }

class StructuralRule : public testing::TestWithParam<Structural> {};

TEST_P(StructuralRule, AgreesWithDifferences) {
  auto context = makeContext(agon::autodiff::registerPullbacks);
  for (unsigned seed : {1, 2}) {
    Finding finding = check(*context, GetParam().text, -2, 2, seed);
    EXPECT_TRUE(agrees(finding));
    EXPECT_TRUE(finding.depends);
  }
}

// Squares make second derivatives of linear operations worth checking.
const Structural structural[] = {
    {"matmul", R"(func.func @f(%a: tensor<3x2xf64>, %b: tensor<2x4xf64>) -> tensor<3x4xf64> {
      %y = agon.contract %a, %b reduce [1] x [0] : (tensor<3x2xf64>, tensor<2x4xf64>) -> tensor<3x4xf64>
      return %y : tensor<3x4xf64> })"},
    {"matmul_transposed", R"(func.func @f(%a: tensor<2x3xf64>, %b: tensor<4x2xf64>) -> tensor<3x4xf64> {
      %y = agon.contract %a, %b reduce [0] x [1] : (tensor<2x3xf64>, tensor<4x2xf64>) -> tensor<3x4xf64>
      return %y : tensor<3x4xf64> })"},
    {"gram", R"(func.func @f(%a: tensor<3x2xf64>) -> tensor<3x3xf64> {
      %y = agon.contract %a, %a reduce [1] x [1] : (tensor<3x2xf64>, tensor<3x2xf64>) -> tensor<3x3xf64>
      return %y : tensor<3x3xf64> })"},
    {"dot", R"(func.func @f(%a: tensor<3xf64>, %b: tensor<3xf64>) -> tensor<f64> {
      %y = agon.contract %a, %b reduce [0] x [0] : (tensor<3xf64>, tensor<3xf64>) -> tensor<f64>
      return %y : tensor<f64> })"},
    {"outer", R"(func.func @f(%a: tensor<3xf64>, %b: tensor<2xf64>) -> tensor<3x2xf64> {
      %y = agon.contract %a, %b reduce [] x [] : (tensor<3xf64>, tensor<2xf64>) -> tensor<3x2xf64>
      return %y : tensor<3x2xf64> })"},
    {"batched", R"(func.func @f(%a: tensor<3x2x4xf64>, %b: tensor<4x2x5xf64>) -> tensor<2x3x5xf64> {
      %y = agon.contract %a, %b batch [1] x [1] reduce [2] x [0]
        : (tensor<3x2x4xf64>, tensor<4x2x5xf64>) -> tensor<2x3x5xf64>
      return %y : tensor<2x3x5xf64> })"},
    {"crossed", R"(func.func @f(%a: tensor<2x3x4x5xf64>, %b: tensor<4x3x2xf64>) -> tensor<2x5xf64> {
      %y = agon.contract %a, %b batch [0] x [2] reduce [2, 1] x [0, 1]
        : (tensor<2x3x4x5xf64>, tensor<4x3x2xf64>) -> tensor<2x5xf64>
      return %y : tensor<2x5xf64> })"},
    {"two_batches", R"(func.func @f(%a: tensor<2x3x2xf64>, %b: tensor<2x2x3xf64>) -> tensor<3x2x2x2xf64> {
      %y = agon.contract %a, %b batch [1] x [2] reduce [] x []
        : (tensor<2x3x2xf64>, tensor<2x2x3xf64>) -> tensor<3x2x2x2x2xf64>
      %s = agon.reduce sum %y dims [4] : tensor<3x2x2x2x2xf64> -> tensor<3x2x2x2xf64>
      return %s : tensor<3x2x2x2xf64> })"},
    {"sum", R"(func.func @f(%a: tensor<2x3x2xf64>) -> tensor<3xf64> {
      %q = arith.mulf %a, %a : tensor<2x3x2xf64>
      %y = agon.reduce sum %q dims [0, 2] : tensor<2x3x2xf64> -> tensor<3xf64>
      return %y : tensor<3xf64> })"},
    {"max", R"(func.func @f(%a: tensor<2x3x2xf64>) -> tensor<3xf64> {
      %q = math.exp %a : tensor<2x3x2xf64>
      %y = agon.reduce max %q dims [0, 2] : tensor<2x3x2xf64> -> tensor<3xf64>
      return %y : tensor<3xf64> })"},
    {"min", R"(func.func @f(%a: tensor<4x3xf64>) -> tensor<4xf64> {
      %q = math.exp %a : tensor<4x3xf64>
      %y = agon.reduce min %q dims [1] : tensor<4x3xf64> -> tensor<4xf64>
      return %y : tensor<4xf64> })"},
    {"broadcast", R"(func.func @f(%a: tensor<3x2xf64>) -> tensor<3x4x2xf64> {
      %q = math.sin %a : tensor<3x2xf64>
      %y = agon.broadcast %q dims [0, 2] : tensor<3x2xf64> -> tensor<3x4x2xf64>
      return %y : tensor<3x4x2xf64> })"},
    {"broadcast_scalar", R"(func.func @f(%a: tensor<f64>) -> tensor<2x2xf64> {
      %q = math.sin %a : tensor<f64>
      %y = agon.broadcast %q dims [] : tensor<f64> -> tensor<2x2xf64>
      return %y : tensor<2x2xf64> })"},
    {"reshape", R"(func.func @f(%a: tensor<3x2xf64>) -> tensor<6xf64> {
      %q = math.sin %a : tensor<3x2xf64>
      %y = agon.reshape %q : tensor<3x2xf64> -> tensor<6xf64>
      return %y : tensor<6xf64> })"},
    {"transpose", R"(func.func @f(%a: tensor<2x3x4xf64>) -> tensor<4x2x3xf64> {
      %q = math.sin %a : tensor<2x3x4xf64>
      %y = agon.transpose %q permutation [2, 0, 1] : tensor<2x3x4xf64> -> tensor<4x2x3xf64>
      return %y : tensor<4x2x3xf64> })"},
    {"slice", R"(func.func @f(%a: tensor<5x3xf64>) -> tensor<2x2xf64> {
      %q = math.sin %a : tensor<5x3xf64>
      %y = agon.slice %q starts [1, 0] strides [3, 2] : tensor<5x3xf64> -> tensor<2x2xf64>
      return %y : tensor<2x2xf64> })"},
    {"pad", R"(func.func @f(%a: tensor<2x2xf64>) -> tensor<5x4xf64> {
      %q = math.sin %a : tensor<2x2xf64>
      %y = agon.pad %q starts [1, 2] strides [2, 1] : tensor<2x2xf64> -> tensor<5x4xf64>
      return %y : tensor<5x4xf64> })"},
    {"concat", R"(func.func @f(%a: tensor<2x2xf64>, %b: tensor<2x3xf64>) -> tensor<2x7xf64> {
      %q = math.sin %a : tensor<2x2xf64>
      %y = agon.concat %q, %b, %a dim 1 : (tensor<2x2xf64>, tensor<2x3xf64>, tensor<2x2xf64>) -> tensor<2x7xf64>
      return %y : tensor<2x7xf64> })"},
    {"labels", R"(func.func @f(%a: tensor<3x2xf64>, %l: tensor<3xi32>) -> tensor<3xf64> {
      %h = agon.one_hot %l : tensor<3xi32> -> tensor<3x2xf64>
      %i = agon.iota dim 1 : tensor<3x2xf64>
      %k = arith.sitofp %l : tensor<3xi32> to tensor<3xf64>
      %q = math.sin %a : tensor<3x2xf64>
      %w = arith.addf %h, %i : tensor<3x2xf64>
      %p = arith.mulf %q, %w : tensor<3x2xf64>
      %s = agon.reduce sum %p dims [1] : tensor<3x2xf64> -> tensor<3xf64>
      %y = arith.mulf %s, %k : tensor<3xf64>
      return %y : tensor<3xf64> })"},
    {"scalar_condition", R"(func.func @f(%a: tensor<3xf64>, %b: tensor<3xf64>) -> tensor<3xf64> {
      %c = arith.constant true
      %s = math.sin %a : tensor<3xf64>
      %y = arith.select %c, %s, %b : tensor<3xf64>
      return %y : tensor<3xf64> })"},
    {"softmax", R"(func.func @f(%a: tensor<2x3xf64>) -> tensor<2x3xf64> {
      %m = agon.reduce max %a dims [1] : tensor<2x3xf64> -> tensor<2xf64>
      %mb = agon.broadcast %m dims [0] : tensor<2xf64> -> tensor<2x3xf64>
      %d = arith.subf %a, %mb : tensor<2x3xf64>
      %e = math.exp %d : tensor<2x3xf64>
      %s = agon.reduce sum %e dims [1] : tensor<2x3xf64> -> tensor<2xf64>
      %sb = agon.broadcast %s dims [0] : tensor<2xf64> -> tensor<2x3xf64>
      %y = arith.divf %e, %sb : tensor<2x3xf64>
      return %y : tensor<2x3xf64> })"},
};

INSTANTIATE_TEST_SUITE_P(All, StructuralRule, testing::ValuesIn(structural),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
