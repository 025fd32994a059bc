//===- DecomposeTest.cpp - agon-decompose against the definitions ---------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Random geometries: each operation is interpreted as it stands, by the sum that
// defines it, and as the views, reductions and contractions that it becomes.
// A failure prints the function, which is all there is to it.
//===----------------------------------------------------------------------===//
#include <gtest/gtest.h>

#include "compiler/tensor/Passes.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "test/unit/autodiff/Windows.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace agon;
using namespace agon::test;

namespace {

using Sizes = std::vector<int64_t>;

std::string typeOf(const Sizes &shape, const char *element = "f64") {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + element + ">";
}

std::string list(const Sizes &sizes) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << '[';
  llvm::interleaveComma(sizes, out);
  out << ']';
  return text;
}

class Decompose : public testing::Test {
protected:
  Decompose() {
    context.loadDialect<AgonDialect, arith::ArithDialect, math::MathDialect, func::FuncDialect>();
    context.disableMultithreading();
  }

  int64_t between(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); }

  /// `a` is a real tensor, `b` real, or labels from -1 to `labels`. Returns whether there are mode products.
  bool expectSame(const std::string &operation, const Sizes &a, const Sizes *b, const Sizes &result,
                  std::optional<int64_t> labels = {}, tensors::WinogradUse winograd = tensors::WinogradUse::Never) {
    bool byWinograd = false;
    compare(operation, a, b, result, labels, winograd, byWinograd);
    return byWinograd;
  }

  void compare(const std::string &operation, const Sizes &a, const Sizes *b, const Sizes &result,
               std::optional<int64_t> labels, tensors::WinogradUse winograd, bool &byWinograd) {
    std::string bType = b ? typeOf(*b, labels ? "i32" : "f64") : "";
    std::string text = "func.func @f(%a: " + typeOf(a) + (b ? ", %b: " + bType : "") + ") -> " + typeOf(result) +
                       " {\n  %y = " + operation + "\n  return %y : " + typeOf(result) + "\n}\n";
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    ASSERT_TRUE(module) << text;
    auto function = module->lookupSymbol<func::FuncOp>("f");
    std::vector<Tensor> arguments;
    for (Type type : function.getArgumentTypes()) {
      arguments.push_back(Tensor::filled(type, 0));
      bool isReal = isa<FloatType>(getElementTypeOrSelf(type));
      for (double &element : arguments.back().data)
        element =
            isReal ? std::uniform_real_distribution<double>(-1, 1)(random) : static_cast<double>(between(-1, *labels));
    }
    auto expected = interpret(function, arguments);
    PassManager passes(&context);
    passes.addNestedPass<func::FuncOp>(tensors::createAgonDecompose({winograd}));
    ASSERT_TRUE(succeeded(passes.run(*module))) << text;
    auto plain = interpret(function, arguments);
    PassManager folds(&context);
    folds.addPass(createCanonicalizerPass());
    folds.addPass(createCSEPass());
    ASSERT_TRUE(succeeded(folds.run(*module))) << text;
    auto folded = interpret(function, arguments);
    ASSERT_TRUE(succeeded(expected) && succeeded(plain) && succeeded(folded)) << text;
    function.walk([&](Operation *op) {
      byWinograd |= isa<ModeProductOp>(op);
      EXPECT_FALSE(
          (isa<ConvOp, ConvInputGradientOp, ConvFilterGradientOp, FoldOp, GatherOp, ScatterAddOp, CumSumOp>(op)))
          << text;
    });
    for (const Tensor *got : {&(*plain)[0], &(*folded)[0]}) {
      ASSERT_EQ(got->data.size(), (*expected)[0].data.size());
      for (size_t i = 0; i < got->data.size(); ++i)
        ASSERT_NEAR(got->data[i], (*expected)[0].data[i], 1e-12) << "element " << i << " of\n" << text;
    }
  }

  MLIRContext context;
  std::mt19937 random{20140610};
};

TEST_F(Decompose, Convolutions) {
  int byWinograd = 0, inLattices = 0;
  for (int trial = 0; trial < 400; ++trial) {
    int64_t rank = between(1, 3), most = rank == 1 ? 12 : rank == 2 ? 7 : 4, groups = between(1, 3);
    // From 8 channels on, the phases of an input gradient are not channels.
    int64_t inputs = between(0, 2) ? between(1, 3) : 8, outputs = between(1, 3);
    Sizes x{between(1, 2), groups * inputs}, w{groups * outputs, inputs}, y{x[0], w[0]};
    Sizes strides, low, high, dilations;
    for (int64_t axis = 0; axis < rank; ++axis) {
      int64_t size, kernel;
      do {
        size = between(1, most);
        kernel = between(1, rank == 3 ? 3 : 5);
        strides.resize(axis);
        low.resize(axis);
        high.resize(axis);
        dilations.resize(axis);
        strides.push_back(between(1, 4));
        low.push_back(between(0, 3));
        high.push_back(between(0, 3));
        dilations.push_back(between(0, 1) ? 1 : between(2, 3));
      } while (low.back() + size + high.back() < dilations.back() * (kernel - 1) + 1);
      x.push_back(size);
      w.push_back(kernel);
      y.push_back((low.back() + size + high.back() - dilations.back() * (kernel - 1) - 1) / strides.back() + 1);
    }
    auto face = [&](const char *name, const Sizes &a, const Sizes &b, const Sizes &result) {
      std::string text = std::string("agon.") + name + " %a, %b strides " + list(strides) + " low " + list(low) +
                         " high " + list(high) + " dilations " + list(dilations) + " groups " + std::to_string(groups) +
                         " : (" + typeOf(a) + ", " + typeOf(b) + ") -> " + typeOf(result);
      EXPECT_FALSE(expectSame(text, a, &b, result)) << text;
      bool taken = expectSame(text, a, &b, result, {}, tensors::WinogradUse::Always);
      byWinograd += taken;
      inLattices += taken && llvm::any_of(dilations, [](int64_t d) { return d > 1; });
    };
    face("conv", x, w, y);
    face("conv_input_gradient", y, w, x);
    face("conv_filter_gradient", x, y, w);
    if (HasFatalFailure())
      return;
  }
  EXPECT_GT(byWinograd, 50);
  EXPECT_GT(inLattices, 20);
}

TEST_F(Decompose, Fold) {
  for (int trial = 0; trial < 400; ++trial) {
    int64_t rank = between(1, 3);
    Sizes whole, dims, sizes, strides, dilations;
    for (int64_t axis = 0; axis < rank; ++axis)
      whole.push_back(between(1, rank == 3 ? 6 : 11));
    Sizes order(rank);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    order.resize(between(1, rank));
    Sizes windows = whole;
    for (int64_t axis : order) {
      dims.push_back(axis);
      do {
        sizes.resize(dims.size() - 1);
        dilations.resize(dims.size() - 1);
        sizes.push_back(between(1, 5));
        dilations.push_back(between(1, 4));
      } while (dilations.back() * (sizes.back() - 1) + 1 > whole[axis]);
      strides.push_back(between(1, 5));
      windows[axis] = (whole[axis] - dilations.back() * (sizes.back() - 1) - 1) / strides.back() + 1;
    }
    windows.insert(windows.end(), sizes.begin(), sizes.end());
    expectSame("agon.fold %a dims " + list(dims) + " sizes " + list(sizes) + " strides " + list(strides) +
                   " dilations " + list(dilations) + " : " + typeOf(windows) + " -> " + typeOf(whole),
               windows, nullptr, whole);
    if (HasFatalFailure())
      return;
  }
}

TEST_F(Decompose, GatherAndScatterAdd) {
  for (int trial = 0; trial < 100; ++trial) {
    Sizes labels, table, slices;
    int64_t batch = between(0, 2), chosen = between(0, 2), rest = between(0, 2), classes = between(1, 5);
    for (int64_t axis = 0; axis < batch + chosen; ++axis)
      labels.push_back(between(1, 3));
    table.assign(labels.begin(), labels.begin() + batch);
    table.push_back(classes);
    slices = labels;
    for (int64_t axis = 0; axis < rest; ++axis) {
      table.push_back(between(1, 3));
      slices.push_back(table.back());
    }
    auto indexed = [&](const char *name, const Sizes &from, const Sizes &to) {
      expectSame(std::string("agon.") + name + " %a, %b batch " + std::to_string(batch) + " : (" + typeOf(from) + ", " +
                     typeOf(labels, "i32") + ") -> " + typeOf(to),
                 from, &labels, to, classes);
    };
    indexed("gather", table, slices);
    indexed("scatter_add", slices, table);
    if (HasFatalFailure())
      return;
  }
}

// What a label does not name does not count, were it infinite.
TEST_F(Decompose, GatherOfInfinities) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(R"(
    func.func @f(%a: tensor<2x3xf64>, %l: tensor<2xi32>) -> tensor<2xf64> {
      %y = agon.gather %a, %l batch 1 : (tensor<2x3xf64>, tensor<2xi32>) -> tensor<2xf64>
      return %y : tensor<2xf64>
    })",
                                                             &context);
  PassManager passes(&context);
  passes.addNestedPass<func::FuncOp>(tensors::createAgonDecompose());
  ASSERT_TRUE(succeeded(passes.run(*module)));
  auto result = interpret(module->lookupSymbol<func::FuncOp>("f"),
                          {Tensor{{2, 3}, {-INFINITY, 2, 3, 4, INFINITY, 6}}, Tensor{{2}, {1, 1}}});
  ASSERT_TRUE(succeeded(result));
  EXPECT_EQ((*result)[0].data, (std::vector<double>{2, INFINITY}));
}

TEST_F(Decompose, CumSum) {
  for (int64_t length : {0, 1, 2, 3, 4, 5, 8, 13, 33})
    for (const char *order : {"", " reverse"}) {
      Sizes shape{2, length, 3};
      expectSame(std::string("agon.cumsum %a dim 1") + order + " : " + typeOf(shape), shape, nullptr, shape);
    }
}

} // namespace
