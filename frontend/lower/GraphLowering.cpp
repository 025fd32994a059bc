//===- GraphLowering.cpp - Straight-line programs to IR -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/lower/GraphLowering.h"

using namespace mlir;

namespace agon::lowering {

void GraphLowering::lower(const sema::Graph &graph) {
  for (const auto &node : graph.nodes)
    if (Value result = lower(*node))
      values[node.get()] = result;
}

Value GraphLowering::value(const sema::Node *node) const {
  Value result = values.lookup(node);
  assert(result && "operands come before their users");
  return result;
}

void GraphLowering::yield(Location loc, ArrayRef<sema::Node *> nodes) {
  SmallVector<Value> results;
  for (const sema::Node *node : nodes)
    results.push_back(value(node));
  YieldOp::create(b, loc, results);
}

Value GraphLowering::lower(const sema::Node &node) {
  using sema::Op;
  Location loc = location(node);
  switch (node.op) {
  case Op::Constant:
    return context.splat(loc, type(node), node.value);
  case Op::Table:
    return table(node);
  case Op::Argument:
  case Op::Read:
  case Op::Use:
  case Op::Random:
  case Op::Iota:
  case Op::DataMean:
  case Op::Step:
  case Op::Hyper:
  case Op::Weight:
  case Op::Cotangent:
  case Op::Slot:
    return leaf(node);
  case Op::Apply:
    return apply(node);
  case Op::Result:
    return applications.at(node.operands[0])[node.index];
  case Op::Gradient:
    return GradientOp::create(b, loc, type(node), operand(node, 0), operand(node, 1));
  case Op::StopGradient:
    return StopGradientOp::create(b, loc, operand(node, 0));
  case Op::Neg:
  case Op::Exp:
  case Op::Log:
  case Op::Sqrt:
  case Op::Tanh:
  case Op::Sigmoid:
  case Op::Softplus:
  case Op::Abs:
  case Op::Sin:
  case Op::Cos:
  case Op::Erf:
  case Op::Floor:
  case Op::Ceil:
  case Op::Not:
    return unary(node);
  case Op::Sign:
    return sign(node);
  case Op::Add:
  case Op::Sub:
  case Op::Mul:
  case Op::Div:
  case Op::Pow:
  case Op::Mod:
  case Op::Max:
  case Op::Min:
  case Op::And:
  case Op::Or:
    return binary(node);
  case Op::Lt:
  case Op::Le:
  case Op::Gt:
  case Op::Ge:
  case Op::Eq:
  case Op::Ne:
    return compare(node);
  case Op::Select:
    return arith::SelectOp::create(b, loc, operand(node, 0), operand(node, 1), operand(node, 2));
  case Op::Convert:
    return convert(node);
  case Op::Broadcast:
    return broadcast(node);
  case Op::Reshape:
    return ReshapeOp::create(b, loc, type(node), operand(node, 0));
  case Op::Transpose: {
    SmallVector<int64_t> permutation;
    if (node.type.batched)
      permutation.push_back(0);
    for (int64_t axis : node.axes)
      permutation.push_back(axis + node.type.batched);
    return TransposeOp::create(b, loc, operand(node, 0), permutation);
  }
  case Op::Slice:
  case Op::Pad:
    return slice(node);
  case Op::Concat: {
    SmallVector<Value> inputs;
    for (const sema::Node *input : node.operands)
      inputs.push_back(value(input));
    return ConcatOp::create(b, loc, inputs, node.axis + node.type.batched);
  }
  case Op::OneHot:
    return OneHotOp::create(b, loc, type(node), operand(node, 0));
  case Op::Samples:
  case Op::PerSample:
    // The batch is an axis like any other here.
    return operand(node, 0);
  case Op::Reverse:
    return ReverseOp::create(b, loc, operand(node, 0), shifted(node.axes, node.type.batched));
  case Op::CumSum:
    return CumSumOp::create(b, loc, operand(node, 0), static_cast<uint64_t>(node.axis + node.type.batched),
                            node.reversed);
  case Op::Conv:
  case Op::ConvTranspose:
    return convolution(node);
  case Op::Unfold:
  case Op::Fold:
    return windows(node);
  case Op::Gather:
    return gather(node);
  case Op::ScatterAdd:
    return scatterAdd(node);
  case Op::Contract:
    return contract(node);
  case Op::Sum:
  case Op::ReduceMax:
  case Op::ReduceMin:
    return reduce(node);
  }
  llvm_unreachable("every operation is lowered");
}

Value GraphLowering::leaf(const sema::Node &node) {
  using sema::Op;
  Location loc = location(node);
  RankedTensorType type = this->type(node);
  switch (node.op) {
  case Op::Argument:
    return arguments[node.index];
  case Op::Read:
    return ReadOp::create(b, loc, type, context.symbol(*node.network, node.storage));
  case Op::Use:
    return UseOp::create(b, loc, type, context.symbol(*node.variable));
  case Op::Random: {
    bool categorical = node.random == sema::RandomKind::Categorical;
    RandomKind kind = categorical                                     ? RandomKind::Categorical
                      : node.random == sema::RandomKind::Normal ? RandomKind::Normal
                                                                : RandomKind::Uniform;
    IntegerAttr classes = categorical ? b.getI64IntegerAttr(node.type.classes) : IntegerAttr();
    return RandomOp::create(b, loc, type, kind, classes, /*key=*/Value(), /*stream=*/IntegerAttr());
  }
  case Op::Iota:
    return IotaOp::create(b, loc, type, static_cast<uint64_t>(node.axis + node.type.batched));
  case Op::DataMean:
    return DataMeanOp::create(b, loc, type, context.symbol(*node.variable));
  case Op::Step:
    return StepOp::create(b, loc, type);
  case Op::Hyper:
    return HyperOp::create(b, loc, type, b.getStringAttr(player->hypers[node.index].name),
                           operand(node, 0));
  case Op::Weight:
    return WeightOp::create(b, loc, type, static_cast<uint64_t>(node.index));
  case Op::Cotangent:
    return CotangentOp::create(b, loc, type, static_cast<uint64_t>(node.index));
  case Op::Slot:
    return SlotOp::create(b, loc, type, static_cast<uint64_t>(node.index));
  default:
    llvm_unreachable("expected a leaf");
  }
}

Value GraphLowering::apply(const sema::Node &node) {
  SmallVector<Value> inputs;
  for (const sema::Node *input : node.operands)
    inputs.push_back(value(input));
  auto op = ApplyOp::create(b, location(node), context.types(node.form->results),
                            context.symbol(*node.network), inputs);
  applications[&node] = op.getResults();
  return op.getNumResults() == 1 ? op.getResult(0) : Value();
}

Value GraphLowering::table(const sema::Node &node) {
  RankedTensorType type = this->type(node);
  Type element = type.getElementType();
  SmallVector<Attribute> elements;
  for (double number : node.values)
    elements.push_back(isa<FloatType>(element)
                           ? Attribute(b.getFloatAttr(element, number))
                           : Attribute(b.getIntegerAttr(element, static_cast<int64_t>(number))));
  return arith::ConstantOp::create(b, location(node), DenseElementsAttr::get(type, elements));
}

} // namespace agon::lowering
