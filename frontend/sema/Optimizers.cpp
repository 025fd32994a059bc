//===- Optimizers.cpp - One player's update ---------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// An optimizer's body is run for all parameters of the player in lockstep,
// statement by statement, so that `total(e)` sees every parameter at the same
// point of the program.
//===----------------------------------------------------------------------===//
#include "frontend/sema/Elaborator.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

/// Whether a player's step `t` has a part in the value.
static bool readsStep(const Node *node) {
  std::unordered_set<const Node *> seen;
  std::vector<const Node *> work{node};
  while (!work.empty()) {
    const Node *next = work.back();
    work.pop_back();
    if (next->op == Op::Step)
      return true;
    if (seen.insert(next).second)
      work.insert(work.end(), next->operands.begin(), next->operands.end());
  }
  return false;
}

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
    run.chain.push_back({expr.get(), run.weights, run.cotangents, {}});
    if (!runOptimizer(run, *decl, args, expr->range))
      return;
  }
  player.newWeights = run.weights;
  player.newSlots = run.slots;
  if (player.parameters.empty() || !checkChain(run))
    return;
  nameHypers(run);
  formConditions(run);
}

/// What --set may override, in order of declaration, with names as short as is unambiguous.
void Elaborator::nameHypers(OptimizerRun &run) {
  Player &player = *run.player;
  for (HyperArg &arg : run.hypers) {
    if (!arg.read)
      continue;
    arg.index = arg.node->index = int64_t(player.hypers.size());
    bool ambiguous = std::count_if(run.hypers.begin(), run.hypers.end(),
                                   [&](const HyperArg &other) { return other.read && other.name == arg.name; }) > 1;
    player.hypers.push_back({ambiguous ? fmt::format("{}.{}.{}", player.name, arg.optimizer, arg.name)
                                       : fmt::format("{}.{}", player.name, arg.name)});
  }
}

bool Elaborator::runOptimizer(OptimizerRun &run, const Decl &decl, std::vector<ArgValue> &args, SourceRange at) {
  Frame frame;
  frame.decl = &decl;
  frame.scope.library = decl.range.file && decl.range.file->isStandardLibrary;
  if (!bind(decl, args, frame.scope, at))
    return false;
  auto placeOf = [&](size_t position) {
    for (size_t i = 0; i < args.size(); ++i)
      if (args[i].name ? args[i].name->text == decl.params[position].name.text : i == position)
        return args[i].range;
    return at;
  };
  // A number becomes a hyperparameter when it is read, not before: one that
  // only chose between two programs cannot be changed afterwards.
  for (const syntax::Param &param : decl.params) {
    const Value value = *frame.scope.find(param.name.text);
    bool scalar = value.isTensor() && value.node->type.shape.empty() && !value.node->type.batched;
    if (scalar && value.node->type.element != Element::Hyper && !readsStep(value.node)) {
      error(placeOf(size_t(&param - decl.params.data())),
            fmt::format("`{}` of `{}` is a number or an expression of `t`, got {}", param.name.text, decl.name.text,
                        describe(value)))
          .help(std::string(scheduleHelp));
      return false;
    }
    bool numeric =
        param.fallback && (param.fallback->kind == ExprKind::Integer || param.fallback->kind == ExprKind::Real);
    bool other =
        value.is(Value::Kind::String) || value.is(Value::Kind::Callable) || value.is(Value::Kind::Distribution);
    if ((value.isTensor() && !scalar) || value.isList() || (numeric && other)) {
      error(placeOf(size_t(&param - decl.params.data())),
            fmt::format("`{}` of `{}` is one number, got {}", param.name.text, decl.name.text, describe(value)))
          .help(std::string(scheduleHelp));
      return false;
    }
    if (!value.isNumber() && !scalar)
      continue;
    HyperArg arg;
    arg.optimizer = run.optimizer;
    arg.name = param.name.text;
    arg.value = value;
    arg.range = placeOf(size_t(&param - decl.params.data()));
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

Value Elaborator::readHyper(int64_t index) {
  OptimizerRun *run = optimizerRun();
  if (!run || size_t(index) >= run->hypers.size())
    return {};
  HyperArg &arg = run->hypers[index];
  if (run->judging)
    run->judging->push_back(index);
  else
    arg.read = true;
  if (run->plainly)
    return arg.value;
  if (!arg.node) {
    Type type{Element::Hyper, false, {}, 0};
    Node *expression =
        arg.value.isTensor() ? convert(arg.value.node, Element::Hyper) : constant(arg.value.number(), type);
    arg.node = make(Op::Hyper, type, {expression});
    if (!arg.node)
      return {};
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
  return overAll(expr, builtin.name);
}

} // namespace agon::sema
