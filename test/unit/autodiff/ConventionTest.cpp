//===- ConventionTest.cpp - Derivatives where there is none ---------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Also: that the check would find a wrong rule, and that what cannot be
// differentiated is refused.
//===----------------------------------------------------------------------===//
#include "compiler/autodiff/Gradient.h"
#include "compiler/autodiff/Passes.h"
#include "compiler/autodiff/Pullback.h"
#include "mlir/Pass/PassManager.h"
#include "test/unit/autodiff/Check.h"
#include <cmath>

using namespace mlir;
using namespace agon;
using namespace agon::test;

namespace {

/// Runs @f, after its agon.gradient operations are expanded, on `arguments`.
FailureOr<std::vector<Tensor>> run(StringRef text, ArrayRef<Tensor> arguments) {
  auto context = makeContext(autodiff::registerPullbacks);
  OwningOpRef<ModuleOp> module = parse(*context, text);
  if (!module)
    return failure();
  PassManager passes(context.get());
  passes.addPass(autodiff::createExpandGradients());
  if (failed(passes.run(*module)))
    return failure();
  return interpret(module->lookupSymbol<func::FuncOp>("f"), arguments);
}

/// First, second and third derivatives of a function of one variable at points.
std::vector<std::vector<double>> derivatives(StringRef body, std::vector<double> points) {
  std::string type = ("tensor<" + Twine(points.size()) + "xf64>").str();
  std::string text = "func.func @f(%x: $T) -> ($T, $T, $T) {\n" + body.str() +
                     "\n%d = agon.gradient %y wrt %x : $T, $T"
                     "\n%e = agon.gradient %d wrt %x : $T, $T"
                     "\n%g = agon.gradient %e wrt %x : $T, $T"
                     "\nreturn %d, %e, %g : $T, $T, $T }";
  for (size_t at; (at = text.find("$T")) != std::string::npos;)
    text.replace(at, 2, type);
  auto results = run(text, {Tensor{{static_cast<int64_t>(points.size())}, points}});
  std::vector<std::vector<double>> lists;
  if (succeeded(results))
    for (const Tensor &tensor : *results)
      lists.push_back(tensor.data);
  return lists;
}

using Lists = std::vector<std::vector<double>>;

TEST(Convention, SqrtIsFlatAtZero) {
  EXPECT_EQ(derivatives("%y = math.sqrt %x : $T", {0.0, -0.0}), (Lists{{0, 0}, {0, 0}, {0, 0}}));
}

TEST(Convention, NormIsFlatAtZero) {
  // d sum(sqrt(sum x^2)) / dx, in a row of zeros and in one that is not.
  auto results = run(R"(func.func @f(%x: tensor<2x2xf64>) -> (tensor<2x2xf64>, tensor<2x2xf64>) {
    %q = arith.mulf %x, %x : tensor<2x2xf64>
    %s = agon.reduce sum %q dims [1] : tensor<2x2xf64> -> tensor<2xf64>
    %n = math.sqrt %s : tensor<2xf64>
    %d = agon.gradient %n wrt %x : tensor<2xf64>, tensor<2x2xf64>
    %e = agon.gradient %d wrt %x : tensor<2x2xf64>, tensor<2x2xf64>
    return %d, %e : tensor<2x2xf64>, tensor<2x2xf64> })",
                     {Tensor{{2, 2}, {0, 0, 3, 4}}});
  ASSERT_TRUE(succeeded(results));
  const std::vector<double> expected[] = {{0, 0, 0.6, 0.8}, {0, 0, 0.032, -0.024}};
  for (int order : {0, 1})
    for (int i = 0; i < 4; ++i)
      EXPECT_NEAR((*results)[order].data[i], expected[order][i], 1e-12) << order << " " << i;
}

TEST(Convention, AbsoluteValueIsFlatAtZero) {
  EXPECT_EQ(derivatives("%y = math.absf %x : $T", {-2, 0, 3}), (Lists{{-1, 0, 1}, {0, 0, 0}, {0, 0, 0}}));
}

TEST(Convention, TiesAreShared) {
  EXPECT_EQ(derivatives("%k = arith.constant dense<0.0> : $T\n%y = arith.maximumf %x, %k : $T", {-1, 0, 1}),
            (Lists{{0, 0.5, 1}, {0, 0, 0}, {0, 0, 0}}));
  auto results = run(R"(func.func @f(%x: tensor<2x3xf64>) -> tensor<2x3xf64> {
    %m = agon.reduce max %x dims [1] : tensor<2x3xf64> -> tensor<2xf64>
    %d = agon.gradient %m wrt %x : tensor<2xf64>, tensor<2x3xf64>
    return %d : tensor<2x3xf64> })",
                     {Tensor{{2, 3}, {1, 5, 5, 2, 1, 0}}});
  ASSERT_TRUE(succeeded(results));
  EXPECT_EQ((*results)[0].data, (std::vector<double>{0, 0.5, 0.5, 1, 0, 0}));
}

TEST(Convention, PowersAtZero) {
  auto power = [](const char *c) {
    return derivatives(("%k = arith.constant dense<" + Twine(c) + "> : $T\n%y = math.powf %x, %k : $T").str(), {0});
  };
  EXPECT_EQ(power("0.5"), (Lists{{0}, {0}, {0}}));
  EXPECT_EQ(power("1.5"), (Lists{{0}, {0}, {0}}));
  EXPECT_EQ(power("2.0"), (Lists{{0}, {2}, {0}}));
  EXPECT_EQ(power("3.0"), (Lists{{0}, {0}, {6}}));
  EXPECT_EQ(power("0.0"), (Lists{{0}, {0}, {0}}));
}

TEST(Convention, VaryingExponentsAtBaseZero) {
  // x^y at x = 0 for y = 0, 1/2, 1, 2: neither derivative is NaN or infinite.
  auto results =
      run(R"(func.func @f(%x: tensor<4xf64>, %y: tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>, tensor<4xf64>) {
    %p = math.powf %x, %y : tensor<4xf64>
    %dx = agon.gradient %p wrt %x : tensor<4xf64>, tensor<4xf64>
    %dy = agon.gradient %p wrt %y : tensor<4xf64>, tensor<4xf64>
    %dyy = agon.gradient %dy wrt %y : tensor<4xf64>, tensor<4xf64>
    return %dx, %dy, %dyy : tensor<4xf64>, tensor<4xf64>, tensor<4xf64> })",
          {Tensor{{4}, {0, 0, 0, 0}}, Tensor{{4}, {0, 0.5, 1, 2}}});
  ASSERT_TRUE(succeeded(results));
  EXPECT_EQ((*results)[0].data, (std::vector<double>{0, 0, 1, 0}));
  EXPECT_EQ((*results)[1].data, (std::vector<double>{0, 0, 0, 0}));
  EXPECT_EQ((*results)[2].data, (std::vector<double>{0, 0, 0, 0}));
}

TEST(Convention, UntakenBranchIsNotDifferentiated) {
  // select(x > 1, log x, 0) at x = 0: infinity times zero never happens.
  EXPECT_EQ(derivatives(R"(%one = arith.constant dense<1.0> : $T
    %zero = arith.constant dense<0.0> : $T
    %c = arith.cmpf ogt, %x, %one : $T
    %safe = "arith.select"(%c, %x, %one) : (tensor<1xi1>, $T, $T) -> $T
    %l = math.log %safe : $T
    %y = "arith.select"(%c, %l, %zero) : (tensor<1xi1>, $T, $T) -> $T)",
                        {0}),
            (Lists{{0}, {0}, {0}}));
}

TEST(Convention, StopGradientStops) {
  EXPECT_EQ(derivatives("%s = agon.stop_gradient %x : $T\n%y = arith.mulf %s, %x : $T", {3}), (Lists{{3}, {0}, {0}}));
}

/// d sin x / dx = cos x + x / 1000, by a hand that slipped.
struct WrongSine : autodiff::PullbackOpInterface::ExternalModel<WrongSine, math::SinOp> {
  void pullback(Operation *op, OpBuilder &b, ArrayRef<Value> results, ArrayRef<bool>,
                MutableArrayRef<Value> operands) const {
    Value x = op->getOperand(0);
    Value slope = math::CosOp::create(b, op->getLoc(), x);
    Value thousandth = autodiff::splatConstant(b, op->getLoc(), 1e-3, x.getType());
    Value slip = arith::MulFOp::create(b, op->getLoc(), x, thousandth);
    slope = arith::AddFOp::create(b, op->getLoc(), slope, slip);
    operands[0] = arith::MulFOp::create(b, op->getLoc(), results[0], slope);
  }
};

struct RightCosine : autodiff::PullbackOpInterface::ExternalModel<RightCosine, math::CosOp> {
  void pullback(Operation *op, OpBuilder &b, ArrayRef<Value> results, ArrayRef<bool>,
                MutableArrayRef<Value> operands) const {
    Value slope = math::SinOp::create(b, op->getLoc(), op->getOperand(0));
    slope = arith::NegFOp::create(b, op->getLoc(), slope);
    operands[0] = arith::MulFOp::create(b, op->getLoc(), results[0], slope);
  }
};

constexpr StringRef sine = R"(func.func @f(%a: tensor<3xf64>) -> tensor<3xf64> {
  %y = math.sin %a : tensor<3xf64>
  return %y : tensor<3xf64> })";

TEST(Check, FindsAWrongRule) {
  auto context = makeContext([](DialectRegistry &registry) {
    autodiff::registerArithRules(registry);
    autodiff::registerTensorRules(registry);
    registry.addExtension(+[](MLIRContext *c, math::MathDialect *) {
      math::SinOp::attachInterface<WrongSine>(*c);
      math::CosOp::attachInterface<RightCosine>(*c);
    });
  });
  Finding finding = check(*context, sine, 0.5, 2, 1);
  EXPECT_FALSE(finding.failed);
  EXPECT_GT(finding.first, 1e-4);
  EXPECT_FALSE(agrees(finding));
}

TEST(Gradient, RefusesWhatHasNoRule) {
  auto context = makeContext([](DialectRegistry &registry) { autodiff::registerArithRules(registry); });
  std::string message;
  context->getDiagEngine().registerHandler([&](Diagnostic &d) { message = d.str(); });
  EXPECT_TRUE(check(*context, sine, 0.5, 2, 1).failed);
  EXPECT_NE(message.find("has no derivative"), std::string::npos) << message;
}

} // namespace
