//===- LockstepBody.cpp - Statements about all parameters -----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/LockstepBody.h"
#include "frontend/sema/GivenNames.h"
#include "frontend/sema/eval/Types.h"
#include <fmt/format.h>
#include <numeric>

namespace agon::sema {

bool LockstepBody::mayAssign(const Ident &name) {
  bool memory = isMemory(name.text);
  if (!memory && scopes[0].find(name.text))
    return true;
  if (memory)
    error(name.range, fmt::format("`=` does not change `{}`", name.text))
        .help(fmt::format("write `{} <- ...`", name.text));
  else
    e.tellUnbound(name);
  return false;
}

bool LockstepBody::mayLoopOver(const Value &value, SourceRange at) {
  if (!value.isTensor() && !value.isList())
    return true;
  error(at, fmt::format("a loop of {} goes over numbers known at compile time", kind()));
  return false;
}

std::optional<std::vector<Node *>> LockstepBody::nodesOf(const Expr &expr) {
  std::vector<Node *> nodes;
  Saved savedCurrent(current, size_t(0));
  for (; current < scopes.size(); ++current) {
    Saved savedScope(e.scope, &scopes[current]);
    Node *node = graph.toReal(e.eval(expr), expr.range);
    if (!node)
      return std::nullopt;
    nodes.push_back(node);
  }
  return nodes;
}

Node *LockstepBody::whole(Op reduction, Node *node) {
  if (!node)
    return nullptr;
  std::vector<int64_t> every(node->type.shape.size());
  std::iota(every.begin(), every.end(), 0);
  return graph.reduce(reduction, node, every, false, false);
}

Value LockstepBody::overAll(const Expr &expr, const std::vector<size_t> &list, bool sum) {
  auto [known, fresh] = totals.try_emplace({&expr, list.front()});
  if (!fresh)
    return known->second;
  const Expr &arg = *expr.args[0].value;
  Saved savedCurrent(current, size_t(0));
  Value all;
  for (size_t i : list) {
    current = i;
    Saved savedScope(e.scope, &scopes[i]);
    Node *node = whole(sum ? Op::Sum : Op::ReduceMax, graph.toReal(e.eval(arg), arg.range));
    if (!node)
      return {};
    all = i == list.front() ? Value::ofTensor(node)
                            : graph.elementwise(sum ? Op::Add : Op::Max, all, Value::ofTensor(node), e.placeOf(expr),
                                                sum ? given::total : given::greatest);
  }
  return totals[{&expr, list.front()}] = all;
}

Value LockstepBody::special(const Expr &expr, std::string_view name) {
  if (name != given::total && name != given::greatest) {
    error(e.placeOf(expr),
          fmt::format("`{}` stands in {}", name, name == given::before ? "an optimizer" : "a way to play"));
    return {};
  }
  std::vector<size_t> every(scopes.size());
  std::iota(every.begin(), every.end(), 0);
  return overAll(expr, every, name == given::total);
}

std::vector<Type> LockstepBody::typesOf(const std::vector<Node *> &nodes) {
  std::vector<Type> types;
  for (const Node *node : nodes)
    types.push_back(node->type);
  return types;
}

std::optional<std::vector<LockstepBody::Begin>> LockstepBody::beginnings(const Stmt &stmt,
                                                                         const std::vector<Type> &types) {
  std::vector<Begin> list;
  for (size_t i = 0; i < scopes.size(); ++i) {
    current = i;
    Saved savedScope(e.scope, &scopes[i]);
    auto initial = initialValue(stmt);
    auto type = initial && stmt.type ? typeOf(e, *stmt.type, false) : std::optional(types[i]);
    if (!initial || !type)
      return std::nullopt;
    list.push_back({*type, *initial});
  }
  return list;
}

/// A number, as a state's initial value; none after an error.
std::optional<double> LockstepBody::initialValue(const Stmt &stmt) {
  if (stmt.drawn || !stmt.value) {
    error(stmt.range, fmt::format("the state of {} begins with a number: `state m = 0`", kind()));
    return std::nullopt;
  }
  Value value = e.eval(*stmt.value);
  if (value.is(Value::Kind::Tensor) && value.node()->op == Op::Hyper && value.node()->operands[0]->op == Op::Constant)
    return value.node()->operands[0]->value();
  if (value.isNumber())
    return value.number();
  if (!value.isError())
    error(stmt.value->range, fmt::format("the state of {} begins with a number, got {}", kind(), describe(value)));
  return std::nullopt;
}

std::optional<std::vector<Node *>> LockstepBody::written(const Stmt &stmt, std::string_view name,
                                                         const std::vector<Type> &types) {
  auto values = evalAll(*stmt.value);
  if (!values)
    return std::nullopt;
  std::vector<Node *> nodes;
  for (size_t i = 0; i < scopes.size(); ++i) {
    Node *node = graph.toReal((*values)[i], stmt.value->range);
    if (!node)
      return std::nullopt;
    auto shape = graph.broadcastShape(node->type.shape, types[i].shape);
    if (!shape || *shape != types[i].shape) {
      error(stmt.value->range, fmt::format("`{}` has shape {} here, got {}", name, printShape(types[i].shape),
                                           printShape(node->type.shape)));
      return std::nullopt;
    }
    nodes.push_back(graph.broadcast(node, types[i]));
    if (!nodes.back())
      return std::nullopt;
  }
  return nodes;
}

} // namespace agon::sema
