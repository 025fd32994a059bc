//===- OptimizerBody.cpp - An optimizer's statements ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/OptimizerBody.h"
#include "frontend/sema/eval/Types.h"
#include "frontend/sema/graph/Dependence.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

OptimizerBody::OptimizerBody(Evaluator &e, const Decl &decl, OptimizerRun &optimizers)
    : Body(e, decl), optimizers(optimizers), slotOf(optimizers.weights.size()) {}

bool OptimizerBody::isMemory(const std::string &name) const {
  return name == "w" || name == "g" || slotOf[0].count(name);
}

bool OptimizerBody::mayAssign(const Ident &name) {
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

bool OptimizerBody::mayLoopOver(const Value &value, SourceRange at) {
  if (!value.isTensor() && !value.isList())
    return true;
  error(at, "a loop of an optimizer goes over numbers known at compile time");
  return false;
}

std::string_view OptimizerBody::helpForIf(const Value &) const {
  return "`is_zero(h)` asks whether a hyperparameter is absent; `if c then a else b` chooses while training";
}

Flow OptimizerBody::leave(const Stmt &stmt) {
  error(stmt.range, "an optimizer returns nothing: it writes `w`").help("write `w <- ...`");
  return Flow::Fail;
}

bool OptimizerBody::declare(const Stmt &stmt) {
  if (stmt.kind == StmtKind::Param) {
    error(stmt.range, "an optimizer has no parameters to train: `state` declares its memory");
    return false;
  }
  const std::string &name = stmt.names[0].text;
  if (name == "w" || name == "g" || slotOf[0].count(name)) {
    error(stmt.names[0].range, fmt::format("`{}` is declared twice in this optimizer", name));
    return false;
  }
  if (stmt.drawn || !stmt.value) {
    error(stmt.range, "an optimizer's state begins with a number: `state m = 0`");
    return false;
  }
  for (size_t i = 0; i < scopes.size(); ++i) {
    current = i;
    Saved savedScope(e.scope, &scopes[i]);
    Value value = e.eval(*stmt.value);
    if (value.is(Value::Kind::Tensor) && value.node()->op == Op::Hyper && value.node()->operands[0]->op == Op::Constant)
      value = Value::ofReal(value.node()->operands[0]->value());
    if (value.isError())
      return false;
    if (!value.isNumber()) {
      error(stmt.value->range, fmt::format("an optimizer's state begins with a number, got {}", describe(value)));
      return false;
    }
    Slot slot;
    slot.name = fmt::format("{}.{}", optimizers.optimizer, name);
    slot.parameter = int64_t(i);
    slot.type = optimizers.weights[i]->type;
    slot.initial = value.number();
    if (stmt.type) {
      auto type = typeOf(e, *stmt.type, false);
      if (!type)
        return false;
      slot.type = *type;
    }
    Node *node = graph.make(Op::Slot, slot.type);
    if (!node)
      return false;
    int64_t index = int64_t(optimizers.player.slots.size());
    node->details = Position{index};
    slotOf[i][name] = index;
    scopes[i].set(name, Value::ofTensor(node));
    optimizers.player.slots.push_back(std::move(slot));
    optimizers.slots.push_back(node);
  }
  return true;
}

bool OptimizerBody::write(const Stmt &stmt) {
  const Ident &name = stmt.names[0];
  bool weight = name.text == "w", cotangent = name.text == "g";
  if (!weight && !cotangent && !slotOf[0].count(name.text)) {
    e.tellNotWritten(name, scopes[0].find(name.text));
    return false;
  }
  auto values = evalAll(*stmt.value);
  if (!values)
    return false;
  for (size_t i = 0; i < scopes.size(); ++i) {
    Node *node = graph.toReal((*values)[i], stmt.value->range);
    if (!node)
      return false;
    int64_t slot = weight || cotangent ? -1 : slotOf[i][name.text];
    Type type = slot < 0 ? optimizers.weights[i]->type : optimizers.player.slots[slot].type;
    auto shape = graph.broadcastShape(node->type.shape, type.shape);
    if (!shape || *shape != type.shape) {
      error(stmt.value->range, fmt::format("`{}` has shape {} here, got {}", name.text, printShape(type.shape),
                                           printShape(node->type.shape)));
      return false;
    }
    if (!(node = graph.broadcast(node, type)))
      return false;
    if (node != scopes[i].find(name.text)->node())
      optimizers.chain.back().written.push_back(node);
    if (weight)
      optimizers.weights[i] = node;
    else if (cotangent)
      optimizers.cotangents[i] = node;
    else
      optimizers.slots[slot] = node;
    scopes[i].set(name.text, Value::ofTensor(node));
  }
  optimizers.chain.back().movesWeights |= weight;
  return true;
}

bool OptimizerBody::require(const Stmt &stmt) {
  SourceRange at = stmt.value->range;
  totals.clear();
  current = 0;
  Saved savedScope(e.scope, &scopes[0]);
  std::vector<int64_t> named;
  Saved savedJudging(optimizers.judging, &named);
  Value known;
  {
    Saved plainly(optimizers.plainly, true);
    known = e.eval(*stmt.value);
  }
  if (known.isError())
    return false;
  std::string condition = textOf(at);
  if (known.is(Value::Kind::Bool) && !known.boolean() && !onlyHelps(stmt)) {
    Saved plainly(optimizers.plainly, true);
    return Body::require(stmt); // In the optimizer's own words.
  }
  if (known.is(Value::Kind::Bool) && !known.boolean()) {
    std::sort(named.begin(), named.end());
    named.erase(std::unique(named.begin(), named.end()), named.end());
    std::string got;
    for (int64_t index : named)
      got += fmt::format("{} {} = {}", got.empty() ? ", got" : ",", optimizers.hypers[index].name,
                         printValue(optimizers.hypers[index].value));
    SourceRange place = named.size() == 1 ? optimizers.hypers[named[0]].range : reporter.userPlace;
    std::optional<std::vector<ArgValue>> help;
    {
      Saved plainly(optimizers.plainly, true);
      help = e.evalArgs(stmt.args);
    }
    Diagnostic &diagnostic = error(place, fmt::format("{} of player {} requires `{}`{}", optimizers.optimizer,
                                                      optimizers.player.name, condition, got));
    diagnostic.note(at, "the optimizer demands it here");
    if (help && !help->empty())
      diagnostic.help(joined(help->front().value));
    return false;
  }
  Value value = e.eval(*stmt.value);
  if (value.is(Value::Kind::Bool))
    return true; // No argument has a part in it.
  if (value.isError())
    return false;
  if (!value.isTensor() || value.node()->type.element != Element::Bool || !value.node()->type.shape.empty() ||
      value.node()->type.batched) {
    error(at, fmt::format("`require` needs one truth value, got {}", describe(value)));
    return false;
  }
  for (const Node *node : reach({value.node()}))
    if (node->op == Op::Weight || node->op == Op::Cotangent || node->op == Op::Slot || node->op == Op::Random) {
      error(at, "`require` judges the optimizer's arguments and `t`, and nothing that is computed from `w` and `g`");
      return false;
    }
  optimizers.demands.push_back({optimizers.optimizer, condition, value.node()});
  return true;
}

/// `total(e)`, `greatest(e)`: of all elements of all parameters of the player.
Value OptimizerBody::overAll(const Expr &expr, std::string_view name) {
  if (auto it = totals.find(&expr); it != totals.end())
    return it->second;
  bool sum = name == "total";
  const Expr &arg = *expr.args[0].value;
  size_t before = current;
  Value whole;
  for (size_t i = 0; i < scopes.size(); ++i) {
    current = i;
    Saved savedScope(e.scope, &scopes[i]);
    Node *node = graph.toReal(e.eval(arg), arg.range);
    if (node) {
      std::vector<int64_t> every(node->type.shape.size());
      for (size_t k = 0; k < every.size(); ++k)
        every[k] = int64_t(k);
      node = graph.reduce(sum ? Op::Sum : Op::ReduceMax, node, every, false, false);
    }
    if (!node) {
      current = before;
      return {};
    }
    whole = i == 0 ? Value::ofTensor(node)
                   : graph.elementwise(sum ? Op::Add : Op::Max, whole, Value::ofTensor(node), e.placeOf(expr), name);
  }
  current = before;
  totals[&expr] = whole;
  return whole;
}

/// `before(w)`: the parameter as the update found it.
Value OptimizerBody::before(const Expr &expr) {
  const Expr &arg = *expr.args[0].value;
  if (arg.kind != ExprKind::Name || arg.text != "w") {
    error(arg.range, "`before` takes the parameter: `before(w)`");
    return {};
  }
  Node *found = optimizers.chain.front().weights[current];
  if (found == optimizers.weights[current]) {
    error(e.placeOf(expr),
          fmt::format("`{}` compares `w` with what it was, and nothing before it moves `w`", decl.name.text))
        .help(fmt::format("write `adam(lr = 2e-4) then {}`", textOf(optimizers.chain.back().expr->range)));
    return {};
  }
  return Value::ofTensor(found);
}

} // namespace agon::sema
