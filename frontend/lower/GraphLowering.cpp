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

SmallVector<Value> GraphLowering::operands(const sema::Node &node) const {
  SmallVector<Value> result;
  for (const sema::Node *operand : node.operands)
    result.push_back(value(operand));
  return result;
}

Value GraphLowering::lower(const sema::Node &node) {
  switch (node.op) {
#define OPERATION(id, name, passes, lowering)                                                                          \
  case sema::Op::id:                                                                                                   \
    return lowering(node);
#include "frontend/sema/Operations.def"
  default:
    return elementwise(node);
  }
}

Value GraphLowering::constant(const sema::Node &node) { return splat(b, location(node), type(node), node.value()); }

Value GraphLowering::table(const sema::Node &node) {
  RankedTensorType type = this->type(node);
  Type element = type.getElementType();
  SmallVector<Attribute> elements;
  for (double number : node.values())
    elements.push_back(isa<FloatType>(element) ? Attribute(b.getFloatAttr(element, number))
                                               : Attribute(b.getIntegerAttr(element, static_cast<int64_t>(number))));
  return arith::ConstantOp::create(b, location(node), DenseElementsAttr::get(type, elements));
}

Value GraphLowering::argument(const sema::Node &node) { return arguments[node.index()]; }

Value GraphLowering::read(const sema::Node &node) {
  return ReadOp::create(b, location(node), type(node), context.symbol(*node.network(), node.storage()));
}

Value GraphLowering::use(const sema::Node &node) {
  return UseOp::create(b, location(node), type(node), context.symbol(*node.variable()));
}

Value GraphLowering::random(const sema::Node &node) {
  bool categorical = node.random() == sema::RandomKind::Categorical;
  RandomKind kind = categorical                                 ? RandomKind::Categorical
                    : node.random() == sema::RandomKind::Normal ? RandomKind::Normal
                                                                : RandomKind::Uniform;
  IntegerAttr classes = categorical ? b.getI64IntegerAttr(node.type.classes) : IntegerAttr();
  return RandomOp::create(b, location(node), type(node), kind, classes, /*key=*/Value(), /*stream=*/IntegerAttr());
}

Value GraphLowering::iota(const sema::Node &node) {
  return IotaOp::create(b, location(node), type(node), static_cast<uint64_t>(node.axis() + node.type.batched));
}

Value GraphLowering::dataMean(const sema::Node &node) {
  return DataMeanOp::create(b, location(node), type(node), context.symbol(*node.variable()));
}

Value GraphLowering::step(const sema::Node &node) { return StepOp::create(b, location(node), type(node)); }

Value GraphLowering::hyper(const sema::Node &node) {
  StringAttr name = b.getStringAttr(player->hypers[node.index()].name);
  return HyperOp::create(b, location(node), type(node), name, operand(node, 0));
}

Value GraphLowering::weight(const sema::Node &node) {
  return WeightOp::create(b, location(node), type(node), static_cast<uint64_t>(node.index()));
}

Value GraphLowering::cotangent(const sema::Node &node) {
  return CotangentOp::create(b, location(node), type(node), static_cast<uint64_t>(node.index()));
}

Value GraphLowering::slot(const sema::Node &node) {
  return SlotOp::create(b, location(node), type(node), static_cast<uint64_t>(node.index()));
}

Value GraphLowering::apply(const sema::Node &node) {
  FlatSymbolRefAttr average;
  if (node.average())
    average = FlatSymbolRefAttr::get(b.getContext(), node.average()->update.name);
  auto op = ApplyOp::create(b, location(node), context.types(node.form()->results), context.symbol(*node.network()),
                            operands(node), average);
  applications[&node] = op.getResults();
  return op.getNumResults() == 1 ? op.getResult(0) : Value();
}

Value GraphLowering::result(const sema::Node &node) { return applications.at(node.operands[0])[node.index()]; }

Value GraphLowering::gradient(const sema::Node &node) {
  return GradientOp::create(b, location(node), type(node), operand(node, 0), operand(node, 1));
}

Value GraphLowering::iteration(const sema::Node &node) { return IterationOp::create(b, location(node), type(node)); }

Value GraphLowering::loss(const sema::Node &node) {
  const sema::Moving &moving = node.moving();
  const std::string &name =
      moving.move < 0 ? context.game->players[moving.player]->name : context.game->moves[moving.move]->name;
  return LossOp::create(b, location(node), type(node), FlatSymbolRefAttr::get(b.getContext(), name), operands(node));
}

Value GraphLowering::differentials(const sema::Node &node) {
  SmallVector<Value> operands = this->operands(node);
  ValueRange wrt = ArrayRef(operands).drop_front();
  applications[&node] =
      DifferentiateOp::create(b, location(node), wrt.getTypes(), operands.front(), wrt).getCotangents();
  return {};
}

Value GraphLowering::advance(const sema::Node &node) {
  const sema::Player &player = *context.game->players[node.moving().player];
  SmallVector<Value> operands = this->operands(node);
  ValueRange all = operands, from = all.take_front(player.parameters.size() + player.slots.size());
  auto op = AdvanceOp::create(b, location(node), from.getTypes(), FlatSymbolRefAttr::get(b.getContext(), player.name),
                              b.getI64IntegerAttr(node.moving().round), from, all.drop_front(from.size()));
  applications[&node] = op.getNext();
  return {};
}

Value GraphLowering::stopGradient(const sema::Node &node) {
  return StopGradientOp::create(b, location(node), operand(node, 0));
}

} // namespace agon::lowering
