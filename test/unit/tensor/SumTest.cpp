//===- SumTest.cpp - Factors out of sums, sums in one pass ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Random chains of sums, each of products and quotients of tensors, factors of some
// axes, and earlier sums: agon-factor-sums and agon-merge-reductions must not change
// what they are.
//===----------------------------------------------------------------------===//
#include <gtest/gtest.h>

#include "compiler/tensor/Passes.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "test/unit/autodiff/Windows.h"
#include "test/unit/tensor/LinalgInterpreter.h"
#include "llvm/Support/raw_ostream.h"
#include <random>

using namespace mlir;
using namespace agon;
using namespace agon::test;

namespace {

using Sizes = SmallVector<int64_t>;

class Sums : public testing::Test {
protected:
  Sums() : builder(&context) {
    context.loadDialect<AgonDialect, arith::ArithDialect, math::MathDialect, func::FuncDialect, tensor::TensorDialect,
                        linalg::LinalgDialect>();
    context.disableMultithreading();
  }

  int64_t between(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); }
  RankedTensorType real(ArrayRef<int64_t> sizes) { return RankedTensorType::get(sizes, builder.getF64Type()); }
  Value pick(ArrayRef<Value> values) { return values[between(0, values.size() - 1)]; }

  /// [4, 4, 5], the same along some axes: a constant, an argument or a sum spread out, or a product of such.
  Value factor() {
    switch (between(0, 3)) {
    case 0:
      return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(whole, builder.getF64FloatAttr(0.75)));
    case 1: {
      Value rows = BroadcastOp::create(builder, loc, real({4, 4}), pick(ofColumns), Sizes{1});
      return BroadcastOp::create(builder, loc, whole, rows, Sizes{0, 1});
    }
    case 2:
      return arith::MulFOp::create(builder, loc, factor(), factor());
    default:
      return BroadcastOp::create(builder, loc, whole, pick(ofColumns), Sizes{1});
    }
  }

  Value term(int64_t depth) {
    switch (depth ? between(0, 6) : 0) {
    case 1:
      return arith::MulFOp::create(builder, loc, term(depth - 1), factor());
    case 2: { // by something that is not near 0
      Value one = arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(whole, builder.getF64FloatAttr(1)));
      Value square = factor();
      square = arith::MulFOp::create(builder, loc, square, square);
      return arith::DivFOp::create(builder, loc, term(depth - 1), arith::AddFOp::create(builder, loc, square, one));
    }
    case 3:
      return arith::MulFOp::create(builder, loc, term(depth - 1), term(depth - 1));
    case 4:
      return arith::NegFOp::create(builder, loc, term(depth - 1));
    case 5:
      return arith::AddFOp::create(builder, loc, term(depth - 1), term(depth - 1));
    case 6:
      return arith::SubFOp::create(builder, loc, term(depth - 1), between(0, 1) ? term(depth - 1) : factor());
    default:
      return pick(tensors);
    }
  }

  void check();

  MLIRContext context;
  OpBuilder builder;
  Location loc = UnknownLoc::get(&context);
  RankedTensorType whole = real({4, 4, 5});
  std::mt19937 random{1809};
  SmallVector<Value> tensors, ofColumns;
  int64_t factored = 0, merged = 0;
};

void Sums::check() {
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  Block *body = new Block;
  builder.setInsertionPointToStart(body);
  tensors = {body->addArgument(whole, loc), body->addArgument(whole, loc)};
  Value turned = body->addArgument(real({4, 5, 4}), loc);
  tensors.push_back(TransposeOp::create(builder, loc, turned, Sizes{0, 2, 1}));
  ofColumns = {body->addArgument(real({4}), loc)};
  SmallVector<Value> results;
  for (int64_t count = between(2, 5); count > 0; --count) {
    Value sum = ReduceOp::create(builder, loc, ReduceKind::Sum, term(3), Sizes{0, 2});
    results.push_back(sum);
    ofColumns.push_back(sum);
    results.push_back(ReduceOp::create(builder, loc, ReduceKind::Sum, term(2), Sizes{2}));
  }
  func::ReturnOp::create(builder, loc, results);
  auto type = builder.getFunctionType(body->getArgumentTypes(), ValueRange(results).getTypes());
  builder.setInsertionPointToEnd(module->getBody());
  auto function = func::FuncOp::create(builder, loc, "f", type);
  function.getBody().push_back(body);
  std::string text;
  llvm::raw_string_ostream(text) << *module;
  ASSERT_TRUE(succeeded(verify(*module))) << text;

  std::vector<Tensor> arguments = randomTensors(function.getArgumentTypes(), random);
  auto expected = interpret(function, arguments);
  auto run = [&](std::unique_ptr<Pass> pass) {
    PassManager passes(&context);
    passes.addNestedPass<func::FuncOp>(std::move(pass));
    return succeeded(passes.run(*module));
  };
  auto expectSame = [&](const FailureOr<std::vector<Tensor>> &got) {
    ASSERT_TRUE(succeeded(expected) && succeeded(got)) << text;
    for (size_t result = 0; result < expected->size(); ++result)
      for (size_t i = 0; i < (*expected)[result].data.size(); ++i) {
        double exact = (*expected)[result].data[i];
        ASSERT_NEAR((*got)[result].data[i], exact, 1e-11 * std::max(1.0, std::abs(exact))) << text;
      }
  };
  auto isOfProduct = [](ReduceOp op) { return op.getInput().getDefiningOp<arith::MulFOp>() != nullptr; };
  int64_t before = 0, after = 0;
  function.walk([&](ReduceOp op) { before += isOfProduct(op); });
  ASSERT_TRUE(run(tensors::createAgonFactorSums())) << text;
  function.walk([&](ReduceOp op) { after += isOfProduct(op); });
  factored += after < before;
  expectSame(interpret(function, arguments));
  ASSERT_TRUE(run(createCSEPass()) && run(tensors::createAgonToLinalg()) && run(createCSEPass())) << text;
  ASSERT_TRUE(run(tensors::createAgonMergeReductions())) << text;
  ASSERT_TRUE(succeeded(verify(*module))) << text;
  function.walk([&](linalg::GenericOp op) { merged += op.getNumResults() > 1; });
  expectSame(interpretLinalg(function, arguments));
}

TEST_F(Sums, RandomChains) {
  for (int i = 0; i < 300 && !HasFatalFailure(); ++i)
    check();
  EXPECT_GT(factored, 30);
  EXPECT_GT(merged, 100);
}

} // namespace
