//===- ViewTest.cpp - agon-to-linalg on random chains of views ------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Broadcasts, transposes, slices, reversals and windows of windows under every
// kind of reader: each generic must verify, read within bounds and compute what
// the operations say.
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

class Views : public testing::Test {
protected:
  Views() : builder(&context) {
    context.loadDialect<AgonDialect, arith::ArithDialect, math::MathDialect, func::FuncDialect, tensor::TensorDialect,
                        linalg::LinalgDialect>();
    context.disableMultithreading();
  }

  int64_t between(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); }
  bool coin() { return between(0, 1) == 1; }

  static ArrayRef<int64_t> shape(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }
  RankedTensorType real(ArrayRef<int64_t> sizes) { return RankedTensorType::get(sizes, builder.getF64Type()); }

  Sizes shuffled(int64_t count) {
    Sizes order = llvm::to_vector(llvm::seq<int64_t>(0, count));
    std::shuffle(order.begin(), order.end(), random);
    return order;
  }

  /// One view of `value`.
  Value view(Value value) {
    Sizes sizes(shape(value));
    int64_t rank = sizes.size();
    switch (between(0, 4)) {
    case 0:
      return TransposeOp::create(builder, loc, value, shuffled(rank));
    case 1: {
      Sizes starts, strides;
      for (int64_t &size : sizes) {
        starts.push_back(between(0, size - 1));
        strides.push_back(between(1, 3));
        size = between(1, (size - starts.back() - 1) / strides.back() + 1);
      }
      return SliceOp::create(builder, loc, real(sizes), value, starts, strides);
    }
    case 2: {
      Sizes dims = shuffled(rank);
      dims.resize(between(0, rank));
      return ReverseOp::create(builder, loc, value.getType(), value, dims);
    }
    case 3: {
      if (rank >= 5)
        return value;
      int64_t at = between(0, rank);
      Sizes dims;
      for (int64_t axis = 0; axis < rank; ++axis)
        dims.push_back(axis + (axis >= at));
      sizes.insert(sizes.begin() + at, between(1, 3));
      return BroadcastOp::create(builder, loc, real(sizes), value, dims);
    }
    default: {
      Sizes dims = shuffled(rank), windows, strides, dilations;
      dims.resize(between(0, std::min<int64_t>(rank, 5 - std::min<int64_t>(rank, 5))));
      for (int64_t axis : dims) {
        dilations.push_back(between(1, 2));
        strides.push_back(between(1, 3));
        windows.push_back(between(1, (sizes[axis] - 1) / dilations.back() + 1));
      }
      return UnfoldOp::create(builder, loc, value, dims, windows, strides, dilations);
    }
    }
  }

  /// An operand seen through up to four views; now and then it is one number.
  Value operand(Value value) {
    if (between(0, 9) == 0)
      value = arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(real(shape(value)), coin() ? 1.0 : 0.5));
    for (int64_t n = between(0, 4); n > 0; --n)
      value = view(value);
    return value;
  }

  /// Pairs some axes of equal size, as batch or to sum over.
  Value contract(Value a, Value b) {
    Sizes lhsBatch, rhsBatch, lhsReduce, rhsReduce;
    SmallVector<bool> taken(shape(b).size(), false);
    for (int64_t l : shuffled(shape(a).size()))
      for (int64_t r : shuffled(shape(b).size()))
        if (!taken[r] && shape(a)[l] == shape(b)[r] && between(0, 2) > 0) {
          taken[r] = true;
          bool batch = between(0, 2) == 0;
          (batch ? lhsBatch : lhsReduce).push_back(l);
          (batch ? rhsBatch : rhsReduce).push_back(r);
          break;
        }
    Value result = ContractOp::create(builder, loc, a, b, lhsBatch, rhsBatch, lhsReduce, rhsReduce);
    return coin() ? TransposeOp::create(builder, loc, result, shuffled(shape(result).size())) : result;
  }

  Value reader(Value a, Value b) {
    Sizes sizes(shape(a));
    switch (between(0, 4)) {
    case 0:
      return arith::MulFOp::create(builder, loc, a, a);
    case 1: {
      Sizes dims = shuffled(sizes.size());
      dims.resize(between(0, dims.size()));
      llvm::sort(dims);
      return ReduceOp::create(builder, loc, static_cast<ReduceKind>(between(0, 2)), a, dims);
    }
    case 2: {
      Sizes starts, strides;
      for (int64_t &size : sizes) {
        starts.push_back(between(0, 2));
        strides.push_back(between(1, 2));
        size = starts.back() + (size - 1) * strides.back() + 1 + between(0, 2);
      }
      return PadOp::create(builder, loc, real(sizes), a, starts, strides, APFloat(coin() ? 0.0 : -1.5));
    }
    default:
      return contract(a, b);
    }
  }

  MLIRContext context;
  OpBuilder builder;
  Location loc = UnknownLoc::get(&context);
  std::mt19937 random{1999};
};

TEST_F(Views, MeanToLinalgWhatTheySay) {
  for (int trial = 0; trial < 2000; ++trial) {
    OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
    builder.setInsertionPointToEnd(module->getBody());
    std::vector<Tensor> arguments;
    SmallVector<Type> types;
    for (int i = 0; i < 2; ++i) {
      Sizes sizes;
      for (int64_t rank = between(1, 3); rank > 0; --rank)
        sizes.push_back(between(1, 5));
      types.push_back(real(sizes));
      arguments.push_back(Tensor::filled(types.back(), 0));
      for (double &element : arguments.back().data)
        element = std::uniform_real_distribution<double>(-1, 1)(random);
    }
    auto function = func::FuncOp::create(builder, loc, "f", builder.getFunctionType(types, {}));
    builder.setInsertionPointToEnd(function.addEntryBlock());
    Value a = operand(function.getArgument(0)), b = operand(function.getArgument(coin()));
    Value result = reader(a, b);
    if (coin())
      result = reader(operand(result), b);
    func::ReturnOp::create(builder, loc, result);
    function.setType(builder.getFunctionType(types, result.getType()));
    // Keep the loops short.
    if (sizeOf(shape(result).vec()) > 5000)
      continue;

    std::string text;
    llvm::raw_string_ostream(text) << *module;
    auto expected = interpret(function, arguments);
    ASSERT_TRUE(succeeded(verify(*module)) && succeeded(expected)) << text;
    PassManager passes(&context);
    passes.addNestedPass<func::FuncOp>(tensors::createAgonToLinalg());
    ASSERT_TRUE(succeeded(passes.run(*module))) << text;
    auto got = interpretLinalg(function, arguments);
    ASSERT_TRUE(succeeded(got)) << text;
    ASSERT_EQ((*got)[0].shape, (*expected)[0].shape) << text;
    for (size_t i = 0; i < (*got)[0].data.size(); ++i)
      ASSERT_NEAR((*got)[0].data[i], (*expected)[0].data[i], 1e-9) << "element " << i << " of\n" << text;
  }
}

} // namespace
