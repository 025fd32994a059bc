//===- DerivativeTest.cpp - The table and autodiff agree on derivatives ---===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Which operands a derivative passes is said twice: by the column `passes` of
// the table of operations, and by the pullbacks of what an operation becomes in
// IR. Here every row is lowered and differentiated.
//===----------------------------------------------------------------------===//
#include "compiler/autodiff/Gradient.h"
#include "compiler/autodiff/Pullback.h"
#include "frontend/lower/GraphLowering.h"
#include "frontend/sema/graph/Dependence.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "test/unit/lower/ModelBuilder.h"
#include <gtest/gtest.h>

using namespace agon;
using namespace agon::test;
using sema::Op;

namespace {

/// An operation on arguments of these types.
struct Example {
  std::vector<sema::Type> operands;
  sema::Type result;
  decltype(sema::Node::details) details = {};
};

sema::Type labels() { return {sema::Element::Label, false, {}, 4}; }
sema::Type truth() { return {sema::Element::Bool, false, {3}, 0}; }
sema::Type hyper() { return {sema::Element::Hyper, false, {}, 0}; }

/// Those of a row that is elementwise.
Example elementwise(Op op, size_t count) {
  bool logical = op == Op::And || op == Op::Or || op == Op::Not;
  sema::Type type = logical ? truth() : whole({3});
  return {std::vector<sema::Type>(count, type), sema::isComparison(op) ? truth() : type};
}

/// Examples of a row; none of a leaf, and of what is written out before anything is differentiated.
std::vector<Example> examplesOf(Op op) {
  sema::Sliding window{{0}, {0}, {1}, {1}, {}, 1};
  switch (op) {
#define OPERATION(id, name, passes, lowering)
#define UNARY(id, name, passes, made, fold)                                                                            \
  case Op::id:                                                                                                         \
    return {elementwise(op, 1)};
#define BINARY(id, name, passes, made, fold)                                                                           \
  case Op::id:                                                                                                         \
    return {elementwise(op, 2)};
#define COMPARISON(id, name, real, label, sign)                                                                        \
  case Op::id:                                                                                                         \
    return {elementwise(op, 2)};
#include "frontend/sema/Operations.def"
  case Op::Constant:
  case Op::Table:
  case Op::Argument:
  case Op::Read:
  case Op::Use:
  case Op::Random:
  case Op::Iota:
  case Op::DataMean:
  case Op::Step:
  case Op::Weight:
  case Op::Cotangent:
  case Op::Slot:
  case Op::Iteration:
    return {};
  case Op::Apply:
  case Op::Loss:
  case Op::Differentials:
  case Op::Advance:
  case Op::Result:
  case Op::Gradient:
  case Op::Hyper:
    return {};
  case Op::StopGradient:
    return {{{whole({3})}, whole({3})}};
  case Op::Select:
    return {{{truth(), whole({3}), whole({3})}, whole({3})}};
  case Op::Convert:
    return {{{hyper()}, whole({})}, {{whole({})}, hyper()}, {{whole({})}, labels()}};
  case Op::Broadcast:
    return {{{whole({3})}, whole({2, 3})}};
  case Op::Reshape:
    return {{{whole({2, 3})}, whole({6})}};
  case Op::Transpose:
    return {{{whole({2, 3})}, whole({3, 2}), sema::Over{{1, 0}}}};
  case Op::Slice:
    return {{{whole({4})}, whole({2}), sema::Box{{1}, {2}, {1}}}};
  case Op::Pad:
    return {{{whole({2})}, whole({4}), sema::Box{{1}, {1}, {}}}};
  case Op::Reverse:
    return {{{whole({3})}, whole({3}), sema::Over{{0}}}};
  case Op::Concat:
    return {{{whole({3}), whole({2})}, whole({5}), sema::Along{0}}};
  case Op::OneHot:
    return {{{labels()}, whole({4})}};
  case Op::Samples:
    return {{{sample({3})}, whole({4, 3})}};
  case Op::PerSample:
    return {{{whole({4, 3})}, sample({3})}};
  case Op::Conv:
    return {{{sample({2, 5}), whole({3, 2, 3})}, sample({3, 3}), window}};
  case Op::ConvTranspose:
    return {{{sample({3, 3}), whole({3, 2, 3})}, sample({2, 5}), window}};
  case Op::Unfold:
    return {{{whole({5})}, whole({3, 3}), sema::Sliding{{}, {3}, {1}, {1}, {0}}}};
  case Op::Fold:
    return {{{whole({3, 3})}, whole({5}), sema::Sliding{{}, {3}, {1}, {1}, {0}}}};
  case Op::CumSum:
    return {{{whole({3})}, whole({3}), sema::Along{0}}};
  case Op::Gather:
    return {{{whole({4, 3}), labels()}, whole({3}), sema::Along{0}}};
  case Op::ScatterAdd:
    return {{{whole({3}), labels()}, whole({4, 3}), sema::Along{0}}};
  case Op::Contract:
    return {{{whole({2}), whole({2})}, whole({}), sema::Pairing{{}, {}, {0}, {0}}}};
  case Op::Sum:
  case Op::ReduceMax:
  case Op::ReduceMin:
    return {{{whole({3})}, whole({}), sema::Over{{0}}}};
  }
  ADD_FAILURE() << "no example of " << sema::opName(op);
  return {};
}

/// Lowers the example as a function of its operands, and compares the cotangent of each with the table.
void check(Op op, const Example &example) {
  mlir::MLIRContext context;
  mlir::DialectRegistry registry;
  autodiff::registerPullbacks(registry);
  context.appendDialectRegistry(registry);
  context.loadDialect<AgonDialect, mlir::func::FuncDialect>();
  sema::Model model = emptyGame();
  lowering::LoweringContext shared(context, {}, model);
  mlir::OpBuilder &b = shared.b;
  mlir::Location loc = b.getUnknownLoc();
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(loc);
  b.setInsertionPointToEnd(module->getBody());
  auto types = shared.types(example.operands);
  auto function = mlir::func::FuncOp::create(b, loc, "example", b.getFunctionType(types, {}));
  mlir::Block *block = function.addEntryBlock();
  b.setInsertionPointToEnd(block);

  sema::Graph graph;
  std::vector<sema::Node *> operands;
  for (size_t i = 0; i < example.operands.size(); ++i) {
    operands.push_back(node(graph, Op::Argument, example.operands[i]));
    operands.back()->details = sema::Position{int64_t(i)};
  }
  sema::Node *made = node(graph, op, example.result, operands);
  made->details = example.details;
  lowering::GraphLowering lowered(shared, block->getArguments());
  lowered.lower(graph);
  mlir::Value result = lowered.value(made);

  llvm::SmallVector<mlir::Value> cotangents(operands.size());
  if (isa<mlir::FloatType>(getElementTypeOrSelf(result.getType()))) {
    mlir::Value seed = autodiff::splatConstant(b, loc, 1, result.getType());
    auto found = autodiff::gradients(b, {{result, seed}}, block->getArguments());
    ASSERT_TRUE(mlir::succeeded(found)) << sema::opName(op);
    cotangents = *found;
  }
  for (size_t i = 0; i < operands.size(); ++i)
    EXPECT_EQ(sema::passesDerivative(*made, i), bool(cotangents[i])) << "operand " << i << " of " << sema::opName(op);
}

TEST(Derivatives, TheTableSaysWhatPullbacksDo) {
  const Op rows[] = {
#define OPERATION(id, name, passes, lowering) Op::id,
#define UNARY(id, name, passes, made, fold) Op::id,
#define BINARY(id, name, passes, made, fold) Op::id,
#define COMPARISON(id, name, real, label, sign) Op::id,
#include "frontend/sema/Operations.def"
  };
  for (Op op : rows)
    for (const Example &example : examplesOf(op))
      check(op, example);
}

} // namespace
