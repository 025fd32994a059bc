//===- Optimizers.cpp - One player's update ---------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// An optimizer's body is run for all parameters of the player in lockstep,
// statement by statement, so that `total(e)` sees every parameter at the same
// point of the program.
//===----------------------------------------------------------------------===//
#include "frontend/sema/game/Optimizers.h"
#include "frontend/sema/GivenNames.h"
#include "frontend/sema/eval/Binding.h"
#include "frontend/sema/game/OptimizerBody.h"
#include "frontend/sema/game/Requirements.h"
#include "frontend/sema/graph/Dependence.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

/// Whether a player's step `t` has a part in the value.
static bool readsStep(Node *node) {
  auto used = reach({node});
  return std::any_of(used.begin(), used.end(), [](const Node *each) { return each->op == Op::Step; });
}

void Optimizers::elaborate(Player &player, const syntax::GameItem &item) {
  if (item.optimizer.empty()) {
    error(player.range, fmt::format("the player {} has no optimizer", player.name))
        .help("`with adam(lr = 2e-4)` says how it moves");
    return;
  }
  player.optimizer = textOf(item.optimizer.front()->range.to(item.optimizer.back()->range));
  Context own;
  own.kind = Context::Update;
  own.graph = &player.update;
  OptimizerRun run(graph, player);
  Saved savedRun(forms.run, &run);
  Scope inner;
  inner.parent = &names;
  Evaluator::Within within(e, own, inner);
  run.step = graph.make(Op::Step, {Element::Hyper, false, {}, 0});
  inner.set(std::string(given::step), Value::ofTensor(run.step));
  for (size_t i = 0; i < player.parameters.size(); ++i) {
    const Player::Owned &owned = player.parameters[i];
    const Type &type = owned.network->storages[owned.storage].type;
    Node *weight = graph.make(Op::Weight, type), *cotangent = graph.make(Op::Cotangent, type);
    if (!weight || !cotangent)
      return;
    weight->details = cotangent->details = Position{int64_t(i)};
    run.weights.push_back(weight);
    run.cotangents.push_back(cotangent);
  }
  std::map<std::string, int> seen;
  for (const auto &expr : item.optimizer) {
    Ident callee{expr->text, expr->range};
    if (expr->kind == ExprKind::Call)
      callee = expr->callee;
    Saved savedPlace(reporter.userPlace, expr->range);
    const Decl *decl =
        expr->kind == ExprKind::Call || expr->kind == ExprKind::Name ? e.names.findOptimizer(callee, false) : nullptr;
    if (!decl) {
      Diagnostic &diagnostic = error(callee.range, expr->kind == ExprKind::Call || expr->kind == ExprKind::Name
                                                       ? fmt::format("unknown optimizer `{}`", callee.text)
                                                       : "expected an optimizer such as adam(lr = 2e-4)");
      std::vector<std::string> known;
      for (const auto *table : {&e.names.userOptimizers, &e.names.libraryOptimizers})
        for (const auto &entry : *table)
          known.push_back(entry.first);
      suggest(diagnostic, callee.text, known, /*ofOptimizer=*/true);
      return;
    }
    std::vector<ArgValue> args;
    for (const syntax::Arg &arg : expr->args) {
      ArgValue value;
      value.name = arg.name ? &*arg.name : nullptr;
      value.range = arg.value->range;
      value.value = e.eval(*arg.value);
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
  if (player.parameters.empty() || !Requirements(graph, run).checkChain())
    return;
  nameHypers(run);
  Requirements(graph, run).formConditions();
}

/// What --set may override, in order of declaration, with names as short as is unambiguous.
void Optimizers::nameHypers(OptimizerRun &run) {
  Player &player = run.player;
  for (HyperArg &arg : run.hypers) {
    if (!arg.read)
      continue;
    arg.index = int64_t(player.hypers.size());
    arg.node->details = Position{arg.index};
    bool ambiguous = std::count_if(run.hypers.begin(), run.hypers.end(),
                                   [&](const HyperArg &other) { return other.read && other.name == arg.name; }) > 1;
    player.hypers.push_back({ambiguous ? fmt::format("{}.{}.{}", player.name, arg.optimizer, arg.name)
                                       : fmt::format("{}.{}", player.name, arg.name)});
  }
}

bool Optimizers::runOptimizer(OptimizerRun &run, const Decl &decl, std::vector<ArgValue> &args, SourceRange at) {
  OptimizerBody body(e, decl, run);
  if (!Binding(e, decl, body.scope(), at).bind(args))
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
    const Value value = *body.scope().find(param.name.text);
    bool scalar = value.isTensor() && value.node()->type.shape.empty() && !value.node()->type.batched;
    if (scalar && value.node()->type.element != Element::Hyper && !readsStep(value.node())) {
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
    Value lazy = Value::ofHyper(run, int64_t(run.hypers.size()));
    run.hypers.push_back(std::move(arg));
    body.scope().set(param.name.text, lazy);
  }
  body.scope().set(std::string(given::step), Value::ofTensor(run.step));
  const Scope arguments = body.scope();
  body.scopes.assign(run.weights.size(), arguments);
  for (size_t i = 0; i < body.scopes.size(); ++i) {
    body.scopes[i].set(std::string(given::weight), Value::ofTensor(run.weights[i]));
    body.scopes[i].set(std::string(given::cotangent), Value::ofTensor(run.cotangents[i]));
  }
  if (body.scopes.empty())
    return true;
  reporter.calls.push_back({&decl, at});
  Saved savedBody(forms.body, static_cast<LockstepBody *>(&body));
  bool ok = body.run();
  reporter.calls.pop_back();
  return ok;
}

} // namespace agon::sema
