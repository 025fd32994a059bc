//===- MergeTest.cpp - Sums of gradients, merged --------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Random sums, in random brackets, of what contractions make by various linear
// steps, and of other things: agon-merge-sums and agon-merge-contractions must not
// change what they are, and must leave one of each kind of step.
//===----------------------------------------------------------------------===//
#include <gtest/gtest.h>

#include "compiler/tensor/Passes.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "test/unit/autodiff/Windows.h"
#include "test/unit/tensor/LinalgInterpreter.h"
#include "llvm/Support/raw_ostream.h"
#include <random>

using namespace mlir;
using namespace agon;
using namespace agon::test;

namespace {

using Sizes = SmallVector<int64_t>;

class Merge : public testing::Test {
protected:
  Merge() : builder(&context) {
    context.loadDialect<AgonDialect, arith::ArithDialect, math::MathDialect, func::FuncDialect, tensor::TensorDialect,
                        linalg::LinalgDialect>();
    context.disableMultithreading();
  }

  int64_t between(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); }
  RankedTensorType real(ArrayRef<int64_t> sizes) { return RankedTensorType::get(sizes, builder.getF64Type()); }

  Value modeProduct(Value value, std::initializer_list<double> entries, int64_t rows) {
    auto type = cast<RankedTensorType>(value.getType());
    auto matrix = DenseElementsAttr::get(real({rows, type.getDimSize(0)}), ArrayRef<double>(entries));
    Sizes sizes(type.getShape());
    sizes[0] = rows;
    return ModeProductOp::create(builder, loc, real(sizes), value, ArrayRef<int64_t>{0},
                                 builder.getArrayAttr({matrix}));
  }

  /// [5, 3], of kind 0 (transformed), 1 (the same by another matrix), 2 (as contracted), 3 (anything), 4 (read twice).
  Value term(Block *body, int64_t kind) {
    auto argument = [&](const Sizes &sizes) { return body->addArgument(real(sizes), loc); };
    if (kind == 3)
      return argument({5, 3});
    int64_t k = between(1, 2) * 2, m = kind == 2 ? 3 : 4;
    bool left = between(0, 1);
    Value a = argument({k, left ? m : 5}), b = argument({k, left ? 5 : m});
    Value product = ContractOp::create(builder, loc, a, b, Sizes{}, Sizes{}, Sizes{0}, Sizes{0});
    if (!left)
      product = TransposeOp::create(builder, loc, product, Sizes{1, 0});
    if (kind == 2)
      return TransposeOp::create(builder, loc, product, Sizes{1, 0});
    Value tiles = kind == 0   ? modeProduct(product, {1, 1, 1, 0, 0, 1, -1, 2, 1, 0, 3, 1}, 3)
                  : kind == 1 ? modeProduct(product, {1, 2, 1, 0, 0, 1, -1, 2, 1, 0, 3, 1}, 3)
                              : modeProduct(product, {1, 1, 1, 0, 0, 1, -1, 2, 1, 0, 3, 1}, 3);
    if (kind == 4)
      others.push_back(tiles);
    Value flat = ReshapeOp::create(builder, loc, real({15}), tiles);
    return TransposeOp::create(builder, loc, ReshapeOp::create(builder, loc, real({3, 5}), flat), Sizes{1, 0});
  }

  void check();

  MLIRContext context;
  OpBuilder builder;
  Location loc = UnknownLoc::get(&context);
  std::mt19937 random{2024};
  SmallVector<Value> others; ///< what is read besides
};

void Merge::check() {
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  Block *body = new Block;
  builder.setInsertionPointToStart(body);
  SmallVector<Value> open;
  others.clear();
  int64_t kinds = 0, unmergeable = 0;
  for (int64_t count = between(2, 7); count > 0; --count) {
    int64_t kind = between(0, 4);
    if (kind < 2)
      kinds |= 1 << kind;
    unmergeable += kind == 4;
    open.push_back(term(body, kind));
  }
  while (open.size() > 1) { // any two
    std::shuffle(open.begin(), open.end(), random);
    Value x = open.pop_back_val(), y = open.pop_back_val();
    open.push_back(arith::AddFOp::create(builder, loc, x, y));
  }
  others.push_back(open.front());
  func::ReturnOp::create(builder, loc, others);
  auto type = builder.getFunctionType(body->getArgumentTypes(), ValueRange(others).getTypes());
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
      for (size_t i = 0; i < (*expected)[result].data.size(); ++i)
        ASSERT_NEAR((*got)[result].data[i], (*expected)[result].data[i], 1e-12) << text;
  };
  ASSERT_TRUE(run(tensors::createAgonMergeSums())) << text;
  expectSame(interpret(function, arguments));
  int64_t products = 0;
  function.walk([&](ModeProductOp) { ++products; });
  EXPECT_LE(products - unmergeable, 2 * llvm::popcount(uint64_t(kinds))) << text; // left for right, or not
  ASSERT_TRUE(run(tensors::createAgonToLinalg())) << text;
  expectSame(interpretLinalg(function, arguments));
  ASSERT_TRUE(run(tensors::createAgonMergeContractions())) << text;
  expectSame(interpretLinalg(function, arguments));
}

TEST_F(Merge, RandomSums) {
  for (int i = 0; i < 300 && !HasFatalFailure(); ++i)
    check();
}

} // namespace
