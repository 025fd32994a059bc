//===- OptimizerBody.cpp - An optimizer's statements ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/OptimizerBody.h"
#include "frontend/sema/GivenNames.h"
#include "frontend/sema/graph/Dependence.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

OptimizerBody::OptimizerBody(Evaluator &e, const Decl &decl, OptimizerRun &optimizers)
    : LockstepBody(e, decl), optimizers(optimizers), slotOf(optimizers.weights.size()) {}

bool OptimizerBody::isMemory(const std::string &name) const {
  return name == given::weight || name == given::cotangent || slotOf[0].count(name);
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
  if (isMemory(name)) {
    error(stmt.names[0].range, fmt::format("`{}` is declared twice in this optimizer", name));
    return false;
  }
  auto begins = beginnings(stmt, typesOf(optimizers.weights));
  if (!begins)
    return false;
  for (size_t i = 0; i < scopes.size(); ++i) {
    Slot slot;
    slot.name = fmt::format("{}.{}", optimizers.optimizer, name);
    slot.parameter = int64_t(i);
    slot.type = (*begins)[i].type;
    slot.initial = (*begins)[i].initial;
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
  bool weight = name.text == given::weight, cotangent = name.text == given::cotangent;
  if (!weight && !cotangent && !slotOf[0].count(name.text)) {
    e.tellNotWritten(name, scopes[0].find(name.text));
    return false;
  }
  std::vector<Type> types = typesOf(optimizers.weights);
  for (size_t i = 0; i < scopes.size() && !weight && !cotangent; ++i)
    types[i] = optimizers.player.slots[slotOf[i][name.text]].type;
  auto nodes = written(stmt, name.text, types);
  if (!nodes)
    return false;
  for (size_t i = 0; i < scopes.size(); ++i) {
    Node *node = (*nodes)[i];
    int64_t slot = weight || cotangent ? -1 : slotOf[i][name.text];
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
  startStatement();
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

/// `before(w)`: the parameter as the update found it.
Value OptimizerBody::before(const Expr &expr) {
  const Expr &arg = *expr.args[0].value;
  if (arg.kind != ExprKind::Name || arg.text != given::weight) {
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

Value OptimizerBody::special(const Expr &expr, std::string_view name) {
  return name == given::before ? before(expr) : LockstepBody::special(expr, name);
}

} // namespace agon::sema
