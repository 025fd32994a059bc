//===- Lockstep.cpp - An optimizer's statements -----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Elaborator.h"
#include <fmt/format.h>

namespace agon::sema {

bool Elaborator::runLockstep(OptimizerRun &run, const std::vector<syntax::StmtPtr> &body) {
  for (const auto &stmt : body)
    if (!runLockstep(run, *stmt))
      return false;
  return true;
}

bool Elaborator::runLockstep(OptimizerRun &run, const Stmt &stmt) {
  if (!spend(stmt.range))
    return false;
  size_t count = run.frames.size();
  // Evaluates in every parameter's frame before anything changes.
  auto evalAll = [&](const Expr &expr) -> std::optional<std::vector<Value>> {
    run.totals.clear();
    std::vector<Value> values;
    for (size_t i = 0; i < count; ++i) {
      run.current = i;
      Saved savedScope(scope, &run.frames[i].scope);
      values.push_back(eval(expr));
      if (values.back().isError())
        return std::nullopt;
    }
    return values;
  };
  switch (stmt.kind) {
  case StmtKind::Let:
  case StmtKind::Assign: {
    if (stmt.kind == StmtKind::Assign)
      for (const Ident &name : stmt.names) {
        bool memory = name.text == "w" || name.text == "g" || run.slotOf[0].count(name.text);
        if (memory || !run.frames[0].scope.find(name.text)) {
          error(name.range, memory ? fmt::format("`=` does not change `{}`", name.text)
                                   : fmt::format("unknown name `{}`", name.text))
              .help(memory ? fmt::format("write `{} <- ...`", name.text)
                           : fmt::format("`let {} = ...` makes a new name", name.text));
          return false;
        }
      }
    auto values = evalAll(*stmt.value);
    if (!values)
      return false;
    for (size_t i = 0; i < count; ++i)
      if (!assign(run.frames[i].scope, stmt.names, (*values)[i], stmt.value->range))
        return false;
    return true;
  }
  case StmtKind::State: {
    const std::string &name = stmt.names[0].text;
    if (name == "w" || name == "g" || run.slotOf[0].count(name)) {
      error(stmt.names[0].range, fmt::format("`{}` is declared twice in this optimizer", name));
      return false;
    }
    if (stmt.drawn || !stmt.value) {
      error(stmt.range, "an optimizer's state begins with a number: `state m = 0`");
      return false;
    }
    for (size_t i = 0; i < count; ++i) {
      run.current = i;
      Saved savedScope(scope, &run.frames[i].scope);
      Value value = eval(*stmt.value);
      if (value.is(Value::Kind::Tensor) && value.node->op == Op::Hyper && value.node->operands[0]->op == Op::Constant)
        value = Value::ofReal(value.node->operands[0]->value);
      if (value.isError())
        return false;
      if (!value.isNumber()) {
        error(stmt.value->range, fmt::format("an optimizer's state begins with a number, got {}", describe(value)));
        return false;
      }
      Slot slot;
      slot.name = fmt::format("{}.{}", run.optimizer, name);
      slot.parameter = int64_t(i);
      slot.type = run.weights[i]->type;
      slot.initial = value.number();
      if (stmt.type) {
        auto type = typeOf(*stmt.type, false);
        if (!type)
          return false;
        slot.type = *type;
      }
      Node *node = make(Op::Slot, slot.type);
      if (!node)
        return false;
      node->index = int64_t(run.player->slots.size());
      run.slotOf[i][name] = node->index;
      run.frames[i].scope.set(name, Value::ofTensor(node));
      run.player->slots.push_back(std::move(slot));
      run.slots.push_back(node);
    }
    return true;
  }
  case StmtKind::Write: {
    const Ident &name = stmt.names[0];
    bool weight = name.text == "w", cotangent = name.text == "g";
    if (!weight && !cotangent && !run.slotOf[0].count(name.text)) {
      error(name.range, fmt::format("`<-` writes `w`, `g` or a state, and `{}` is {}", name.text,
                                    run.frames[0].scope.find(name.text) ? "none of them" : "not declared"))
          .help(fmt::format("`state {} = 0` declares memory", name.text));
      return false;
    }
    auto values = evalAll(*stmt.value);
    if (!values)
      return false;
    for (size_t i = 0; i < count; ++i) {
      Node *node = toReal((*values)[i], stmt.value->range);
      if (!node)
        return false;
      int64_t slot = weight || cotangent ? -1 : run.slotOf[i][name.text];
      Type type = slot < 0 ? run.weights[i]->type : run.player->slots[slot].type;
      auto shape = broadcastShape(node->type.shape, type.shape);
      if (!shape || *shape != type.shape) {
        error(stmt.value->range, fmt::format("`{}` has shape {} here, got {}", name.text, printShape(type.shape),
                                             printShape(node->type.shape)));
        return false;
      }
      if (!(node = broadcast(node, type)))
        return false;
      if (node != run.frames[i].scope.find(name.text)->node)
        run.chain.back().written.push_back(node);
      if (weight)
        run.weights[i] = node;
      else if (cotangent)
        run.cotangents[i] = node;
      else
        run.slots[slot] = node;
      run.frames[i].scope.set(name.text, Value::ofTensor(node));
    }
    run.chain.back().movesWeights |= weight;
    return true;
  }
  case StmtKind::For: {
    run.current = 0;
    Saved savedScope(scope, &run.frames[0].scope);
    return eachRound(stmt, [&](const Value &value) {
             if (value.isTensor() || value.isList()) {
               error(stmt.first->range, "a loop of an optimizer goes over numbers known at compile time");
               return Flow::Fail;
             }
             for (Frame &frame : run.frames)
               if (!assign(frame.scope, stmt.names, value, stmt.first->range))
                 return Flow::Fail;
             return runLockstep(run, stmt.body) ? Flow::Next : Flow::Fail;
           }) == Flow::Next;
  }
  case StmtKind::If: {
    auto conditions = evalAll(*stmt.value);
    if (!conditions)
      return false;
    bool chosen = conditions->front().boolean;
    for (const Value &condition : *conditions) {
      if (!condition.is(Value::Kind::Bool)) {
        Diagnostic &diagnostic =
            error(stmt.value->range, fmt::format("`if` is decided at compile time, got {}", describe(condition)));
        diagnostic.help("`is_zero(h)` asks whether a hyperparameter is absent; `if c then a else b` "
                        "chooses while training");
        return false;
      }
      if (condition.boolean != chosen) {
        error(stmt.value->range, "this `if` goes one way for one parameter, the other for another")
            .help("`if c then a else b` as an expression may differ");
        return false;
      }
    }
    return runLockstep(run, chosen ? stmt.body : stmt.elseBody);
  }
  case StmtKind::Noise: {
    auto values = evalAll(*stmt.value);
    if (!values)
      return false;
    for (size_t i = 0; i < count; ++i) {
      Type type = run.weights[i]->type;
      Saved savedScope(scope, &run.frames[i].scope);
      if (stmt.type) {
        auto declared = typeOf(*stmt.type, false);
        if (!declared)
          return false;
        type = *declared;
      }
      Node *node = draw((*values)[i], type, stmt.value->range);
      if (!node)
        return false;
      run.frames[i].scope.set(stmt.names[0].text, Value::ofTensor(broadcast(node, type)));
    }
    return true;
  }
  case StmtKind::Require:
    return require(run, stmt);
  case StmtKind::Return:
    error(stmt.range, "an optimizer returns nothing: it writes `w`").help("write `w <- ...`");
    return false;
  case StmtKind::Param:
    error(stmt.range, "an optimizer has no parameters to train: `state` declares its memory");
    return false;
  case StmtKind::Mode:
    error(stmt.range, "`mode` stands in a source");
    return false;
  }
  return false;
}

/// `total(e)`, `greatest(e)`: of all elements of all parameters of the player.
Value Elaborator::overAll(const Expr &expr, std::string_view name) {
  OptimizerRun *run = optimizerRun();
  if (!run || run->frames.empty() || scope != &run->frames[run->current].scope) {
    error(placeOf(expr), fmt::format("`{}` stands in an optimizer's own statements", name));
    return {};
  }
  if (auto it = run->totals.find(&expr); it != run->totals.end())
    return it->second;
  bool sum = name == "total";
  const Expr &arg = *expr.args[0].value;
  size_t current = run->current;
  Value whole;
  for (size_t i = 0; i < run->frames.size(); ++i) {
    run->current = i;
    Saved savedScope(scope, &run->frames[i].scope);
    Node *node = toReal(eval(arg), arg.range);
    if (node) {
      std::vector<int64_t> every(node->type.shape.size());
      for (size_t k = 0; k < every.size(); ++k)
        every[k] = int64_t(k);
      node = reduce(sum ? Op::Sum : Op::ReduceMax, node, every, false, false);
    }
    if (!node) {
      run->current = current;
      return {};
    }
    whole = i == 0 ? Value::ofTensor(node)
                   : elementwise(sum ? Op::Add : Op::Max, whole, Value::ofTensor(node), placeOf(expr), name);
  }
  run->current = current;
  run->totals[&expr] = whole;
  return whole;
}

} // namespace agon::sema
