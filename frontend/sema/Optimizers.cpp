//===- Optimizers.cpp - One player's update ---------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// An optimizer's body is run for all parameters of the player in lockstep,
// statement by statement, so that `total(e)` sees every parameter at the same
// point of the program.
//===----------------------------------------------------------------------===//
#include "frontend/sema/Elaborator.h"
#include <fmt/format.h>

namespace agon::sema {

void Elaborator::elaborateOptimizer(Player &player, const syntax::GameItem &item) {
  if (item.optimizer.empty()) {
    error(player.range, fmt::format("the player {} has no optimizer", player.name))
        .help("`with adam(lr = 2e-4)` says how it moves");
    return;
  }
  player.optimizer = textOf(item.optimizer.front()->range.to(item.optimizer.back()->range));
  Context own;
  own.kind = Context::Update;
  own.graph = &player.update;
  OptimizerRun run;
  run.player = &player;
  own.optimizer = &run;
  Saved savedContext(context, &own);
  Scope inner;
  inner.parent = &gameScope;
  Saved savedScope(scope, &inner);
  run.step = make(Op::Step, {Element::Hyper, false, {}, 0});
  inner.set("t", Value::ofTensor(run.step));
  run.slotOf.resize(player.parameters.size());
  for (size_t i = 0; i < player.parameters.size(); ++i) {
    const Player::Owned &owned = player.parameters[i];
    const Type &type = owned.network->storages[owned.storage].type;
    Node *weight = make(Op::Weight, type), *cotangent = make(Op::Cotangent, type);
    if (!weight || !cotangent)
      return;
    weight->index = cotangent->index = int64_t(i);
    run.weights.push_back(weight);
    run.cotangents.push_back(cotangent);
  }
  std::map<std::string, int> seen;
  for (const auto &expr : item.optimizer) {
    Ident callee{expr->text, expr->range};
    if (expr->kind == ExprKind::Call)
      callee = expr->callee;
    Saved savedPlace(userPlace, expr->range);
    const Decl *decl =
        expr->kind == ExprKind::Call || expr->kind == ExprKind::Name ? findOptimizer(callee, false) : nullptr;
    if (!decl) {
      Diagnostic &diagnostic = error(callee.range, expr->kind == ExprKind::Call || expr->kind == ExprKind::Name
                                                       ? fmt::format("unknown optimizer `{}`", callee.text)
                                                       : "expected an optimizer such as adam(lr = 2e-4)");
      std::vector<std::string> names;
      for (const auto *table : {&userOptimizers, &libraryOptimizers})
        for (const auto &entry : *table)
          names.push_back(entry.first);
      suggest(diagnostic, callee.text, names);
      return;
    }
    std::vector<ArgValue> args;
    for (const syntax::Arg &arg : expr->args) {
      ArgValue value;
      value.name = arg.name ? &*arg.name : nullptr;
      value.range = arg.value->range;
      value.value = eval(*arg.value);
      if (value.value.isError())
        return;
      args.push_back(std::move(value));
    }
    int count = seen[callee.text]++;
    run.optimizer = count ? fmt::format("{}_{}", callee.text, count) : callee.text;
    if (!runOptimizer(run, *decl, args, expr->range))
      return;
  }
  if (!run.wroteWeight && !player.parameters.empty()) {
    error(item.optimizer.front()->range.to(item.optimizer.back()->range),
          fmt::format("this never moves the parameters of player {}", player.name))
        .help(fmt::format("add an optimizer: `{} then adam(lr = 2e-4)`", player.optimizer));
    return;
  }
  player.newWeights = run.weights;
  player.newSlots = run.slots;
  // What --set may override, in order of declaration, with names as short as
  // is unambiguous.
  int64_t next = 0;
  for (HyperArg &arg : run.hypers) {
    if (arg.index < 0)
      continue;
    arg.index = arg.node->index = next++;
    int same = 0;
    for (const HyperArg &other : run.hypers)
      same += other.index >= 0 && other.name == arg.name;
    player.hypers[arg.index].name = same > 1 ? fmt::format("{}.{}.{}", player.name, arg.optimizer, arg.name)
                                             : fmt::format("{}.{}", player.name, arg.name);
  }
}

bool Elaborator::runOptimizer(OptimizerRun &run, const Decl &decl, std::vector<ArgValue> &args, SourceRange at) {
  Frame frame;
  frame.decl = &decl;
  frame.scope.library = decl.range.file && decl.range.file->isStandardLibrary;
  if (!bind(decl, args, frame.scope, at))
    return false;
  // A number becomes a hyperparameter when it is read, not before: one that
  // only chose between two programs cannot be changed afterwards.
  for (const syntax::Param &param : decl.params) {
    const Value value = *frame.scope.find(param.name.text);
    bool scalar = value.isTensor() && value.node->type.shape.empty() && !value.node->type.batched;
    if ((value.isTensor() && !scalar) || value.is(Value::Kind::List) || value.is(Value::Kind::Tuple)) {
      error(at, fmt::format("`{}` of `{}` is one number, got {}", param.name.text, decl.name.text, describe(value)));
      return false;
    }
    if (!value.isNumber() && !scalar)
      continue;
    HyperArg arg;
    arg.optimizer = run.optimizer;
    arg.name = param.name.text;
    arg.value = value;
    Value lazy;
    lazy.kind = Value::Kind::Hyper;
    lazy.index = int64_t(run.hypers.size());
    run.hypers.push_back(std::move(arg));
    frame.scope.set(param.name.text, lazy);
  }
  frame.scope.set("t", Value::ofTensor(run.step));
  run.frames.assign(run.weights.size(), frame);
  for (size_t i = 0; i < run.frames.size(); ++i) {
    run.frames[i].scope.set("w", Value::ofTensor(run.weights[i]));
    run.frames[i].scope.set("g", Value::ofTensor(run.cotangents[i]));
    run.slotOf[i].clear();
  }
  if (run.frames.empty())
    return true;
  calls.push_back({&decl, at});
  bool ok = runLockstep(run, decl.body);
  calls.pop_back();
  return ok;
}

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
      if (weight)
        run.weights[i] = node;
      else if (cotangent)
        run.cotangents[i] = node;
      else
        run.slots[slot] = node;
      run.frames[i].scope.set(name.text, Value::ofTensor(node));
    }
    run.wroteWeight |= weight;
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
  case StmtKind::Require: {
    run.current = 0;
    Saved savedScope(scope, &run.frames[0].scope);
    return runRequire(stmt, *run.frames[0].decl);
  }
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

Value Elaborator::readHyper(int64_t index) {
  OptimizerRun *run = optimizerRun();
  if (!run || size_t(index) >= run->hypers.size())
    return {};
  HyperArg &arg = run->hypers[index];
  if (!arg.node) {
    Type type{Element::Hyper, false, {}, 0};
    Node *expression =
        arg.value.isTensor() ? convert(arg.value.node, Element::Hyper) : constant(arg.value.number(), type);
    arg.node = make(Op::Hyper, type, {expression});
    if (!arg.node)
      return {};
    arg.index = arg.node->index = int64_t(run->player->hypers.size());
    run->player->hypers.push_back({arg.name});
  }
  return Value::ofTensor(arg.node);
}

/// Forms whose argument is not evaluated first.
Value Elaborator::special(const Expr &expr, const Builtin &builtin) {
  if (expr.args.size() != 1 || expr.args[0].name) {
    error(placeOf(expr), fmt::format("`{}` takes one argument, got {}", builtin.name, expr.args.size()));
    return {};
  }
  const Expr &arg = *expr.args[0].value;
  OptimizerRun *run = optimizerRun();
  if (builtin.name == "is_zero") {
    if (arg.kind == ExprKind::Name)
      for (const Scope *s = scope; s; s = s->parent)
        if (const Value *value = s->find(arg.text)) {
          if (run && value->is(Value::Kind::Hyper)) {
            const Value &hyper = run->hypers[value->index].value;
            return Value::ofBool(hyper.isNumber() && hyper.number() == 0);
          }
          break;
        }
    Value value = eval(arg);
    return value.isError() ? Value() : Value::ofBool(value.isNumber() && value.number() == 0);
  }
  if (builtin.name == "data_mean") {
    if (arg.kind == ExprKind::Name)
      for (const Scope *s = scope; s; s = s->parent) {
        const Value *value = s->find(arg.text);
        if (!value || !value->is(Value::Kind::GameName))
          continue;
        GameName &name = gameNames[value->index];
        if (!name.variable || name.variable->kind != Variable::Data || name.variable->type.element != Element::Real)
          break;
        if (!context || context->kind != Context::Init) {
          error(placeOf(expr), "`data_mean` is known at initialisation alone: it stands in an `init` item");
          return {};
        }
        name.used = true;
        Type type = name.variable->type;
        type.batched = false;
        Node *node = make(Op::DataMean, type);
        if (node)
          node->variable = name.variable;
        return Value::ofTensor(node);
      }
    error(arg.range, "`data_mean` takes a `data` variable of real numbers");
    return {};
  }
  // total(e)
  if (!run || run->frames.empty() || scope != &run->frames[run->current].scope) {
    error(placeOf(expr), "`total` stands in an optimizer's own statements");
    return {};
  }
  if (auto it = run->totals.find(&expr); it != run->totals.end())
    return it->second;
  size_t current = run->current;
  Value sum;
  for (size_t i = 0; i < run->frames.size(); ++i) {
    run->current = i;
    Saved savedScope(scope, &run->frames[i].scope);
    Node *node = toReal(eval(arg), arg.range);
    if (node) {
      std::vector<int64_t> every(node->type.shape.size());
      for (size_t k = 0; k < every.size(); ++k)
        every[k] = int64_t(k);
      node = reduce(Op::Sum, node, every, false, false);
    }
    if (!node) {
      run->current = current;
      return {};
    }
    sum = i == 0 ? Value::ofTensor(node) : elementwise(Op::Add, sum, Value::ofTensor(node), placeOf(expr), "add");
  }
  run->current = current;
  run->totals[&expr] = sum;
  return sum;
}

} // namespace agon::sema
