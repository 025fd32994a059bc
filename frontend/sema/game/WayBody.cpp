//===- WayBody.cpp - A way to play at work --------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/WayBody.h"
#include "frontend/sema/Print.h"
#include "frontend/sema/eval/Binding.h"
#include "frontend/sema/graph/Dependence.h"
#include <algorithm>
#include <fmt/format.h>
#include <unordered_set>

namespace agon::sema {

WayBody::WayBody(Evaluator &e, const Decl &decl, Game &game, std::vector<Mover> movers, Schedule block,
                 std::string name)
    : LockstepBody(e, decl), game(game), movers(std::move(movers)), block(std::move(block)), name(std::move(name)) {}

/// Begins a turn, where the parameters are as the one before left them.
void WayBody::begin() {
  segments.push_back(std::make_unique<TurnGraph>(graph, game, movers, decl.name.text));
  blockFollows.push_back(false);
  segment().context.carrier = this;
  graph.context = &segment().context;
  gradients.clear();
}

/// What `w`, `g` and the states stand for now.
void WayBody::setNames() {
  for (size_t i = 0; i < scopes.size(); ++i) {
    scopes[i].set(std::string(given::weight), Value::ofTensor(segment().weights[i]));
    scopes[i].set(std::string(given::cotangent), Value::ofGameName(*this, int64_t(i)));
    for (const auto &[state, memories] : memoryOf)
      scopes[i].set(state, Value::ofTensor(segment().kept(memories[i])));
  }
}

std::optional<Schedule> WayBody::play(std::vector<ArgValue> &args, SourceRange at) {
  Saved savedContext(graph.context, graph.context);
  if (!Binding(e, decl, scope(), at).bind(args))
    return std::nullopt;
  begin();
  const Scope arguments = scope();
  scopes.assign(segment().weights.size(), arguments);
  for (size_t mover = 0; mover < movers.size(); ++mover)
    moverOf.resize(segment().firstParameter[mover + 1], mover);
  if (scopes.empty()) {
    error(at, fmt::format("`{}` moves parameters, and the players of the turn have none", decl.name.text));
    return std::nullopt;
  }
  setNames();
  reporter.calls.push_back({&decl, at});
  Saved savedScope(e.scope, &scopes[0]);
  bool ok = run();
  reporter.calls.pop_back();
  if (!ok)
    return std::nullopt;
  Schedule turns = schedule();
  if (turns.turns.empty()) {
    error(at, fmt::format("the way to play `{}` moves nobody", decl.name.text))
        .note(decl.name.range, "it is declared here")
        .help("`step g` moves the players along their gradients, `play` plays the turns of the block");
    return std::nullopt;
  }
  return turns;
}

/// The turns that change something, each once, and the block's between them.
Schedule WayBody::schedule() {
  Schedule all;
  std::map<std::string, int64_t> known;
  for (size_t i = 0; i < segments.size(); ++i) {
    if (segments[i]->changes()) {
      groupGradients(segments[i]->turn->graph);
      std::unique_ptr<GameTurn> turn = segments[i]->finish();
      auto [it, fresh] = known.try_emplace(printTurn(*turn), int64_t(game.turns.size()));
      if (fresh)
        game.turns.push_back(std::move(turn));
      all.turns.push_back({it->second});
    }
    if (blockFollows[i])
      all.append(block);
  }
  return all;
}

/// Gradients of one number that stand together are computed together.
void WayBody::groupGradients(Graph &nodes) {
  std::map<Node *, std::vector<Node *>> ofNumber;
  for (const auto &node : nodes.nodes)
    if (node->op == Op::Gradient)
      ofNumber[node->operands[0]].push_back(node.get());
  std::vector<std::unique_ptr<Node>> ordered;
  std::unordered_set<const Node *> before;
  for (auto &node : nodes.nodes) {
    auto group = node->op == Op::Gradient ? ofNumber.find(node->operands[0]) : ofNumber.end();
    if (group != ofNumber.end()) {
      auto all = std::make_unique<Node>();
      all->op = Op::Differentials;
      all->type = {Element::Real, false, {}, 0};
      all->range = node->range;
      all->graph = node->graph;
      all->operands = {node->operands[0]};
      for (Node *each : group->second)
        if (before.count(each->operands[1])) {
          each->details = Position{int64_t(all->operands.size()) - 1};
          all->operands.push_back(each->operands[1]);
          each->op = Op::Result;
          each->operands = {all.get()};
        }
      std::erase_if(group->second, [](const Node *each) { return each->op != Op::Gradient; });
      ordered.push_back(std::move(all));
    }
    before.insert(node.get());
    ordered.push_back(std::move(node));
  }
  nodes.nodes = std::move(ordered);
}

Value WayBody::read(int64_t index, SourceRange) {
  if (gradients.empty()) {
    Saved savedContext(graph.context, &segment().context);
    gradients = segment().field(segment().weights);
  }
  return Value::ofTensor(gradients[index]);
}

int64_t WayBody::remember(const std::string &what, size_t scope, double initial, const Type &type) {
  const Mover &mover = movers[moverOf[scope]];
  const Player::Owned &owned = game.players[mover.player]->parameters[scope - segment().firstParameter[moverOf[scope]]];
  game.memories.push_back(
      {fmt::format("{}.{}.{}.{}", name, what, owned.network->name, owned.network->storages[owned.storage].path),
       mover.player, type, initial});
  return int64_t(game.memories.size()) - 1;
}

/// A value of an earlier turn. That turn writes real numbers into a memory, and this one reads them; truth values and
/// what follows from `iteration`, which the turns share, are computed again.
Node *WayBody::carry(Node *node) {
  if (node->type.element != Element::Real) {
    Node *again = graph.make(node->op, node->type, node->operands);
    if (again)
      again->details = node->details;
    return again;
  }
  auto from = std::find_if(segments.begin(), segments.end(),
                           [&](const auto &each) { return &each->turn->graph == node->graph; });
  auto [known, fresh] = carried.try_emplace(node, int64_t(game.memories.size()));
  if (fresh) {
    remember(fmt::format("kept_{}", carried.size() - 1), current, 0, node->type);
    (*from)->kept(known->second) = node;
  }
  return segment().kept(known->second);
}

bool WayBody::mayAssign(const Ident &name) {
  if (name.text != given::cotangent)
    return LockstepBody::mayAssign(name);
  error(name.range, "`g` is the gradient where the players are, and cannot be set")
      .help("`let d = ...` names a direction, and `step d` moves along it");
  return false;
}

std::string_view WayBody::helpForIf(const Value &) const { return "`if c then a else b` chooses while training"; }

bool WayBody::declare(const Stmt &stmt) {
  if (stmt.kind == StmtKind::Param) {
    error(stmt.range, "a way to play has no parameters to train: `state` declares its memory");
    return false;
  }
  const std::string &state = stmt.names[0].text;
  if (isMemory(state) || state == given::cotangent) {
    error(stmt.names[0].range, fmt::format("`{}` is declared twice in this way to play", state));
    return false;
  }
  auto begins = beginnings(stmt, typesOf(segment().weights));
  if (!begins)
    return false;
  std::vector<int64_t> memories;
  for (size_t i = 0; i < scopes.size(); ++i)
    memories.push_back(remember(state, i, (*begins)[i].initial, (*begins)[i].type));
  memoryOf[state] = std::move(memories);
  setNames();
  return true;
}

bool WayBody::write(const Stmt &stmt) {
  const Ident &target = stmt.names[0];
  if (!isMemory(target.text)) {
    if (target.text == given::cotangent)
      return mayAssign(target);
    e.tellNotWritten(target, scopes[0].find(target.text));
    return false;
  }
  bool weight = target.text == given::weight;
  std::vector<Type> types = typesOf(segment().weights);
  for (size_t i = 0; i < scopes.size() && !weight; ++i)
    types[i] = game.memories[memoryOf[target.text][i]].type;
  auto nodes = written(stmt, target.text, types);
  if (!nodes)
    return false;
  for (size_t i = 0; i < scopes.size(); ++i)
    (weight ? segment().weights[i] : segment().kept(memoryOf[target.text][i])) = (*nodes)[i];
  if (weight)
    gradients.clear();
  setNames();
  return true;
}

bool WayBody::require(const Stmt &stmt) {
  startStatement();
  current = 0;
  Value value = e.eval(*stmt.value);
  if (!value.isTensor())
    return value.isError() ? false : Body::require(stmt);
  error(stmt.value->range, "`require` judges the arguments of a way to play, and nothing that only training knows");
  return false;
}

bool WayBody::step(const Stmt &stmt) {
  auto nodes = written(stmt, "step", typesOf(segment().weights));
  if (!nodes)
    return false;
  for (size_t mover = 0; mover < movers.size(); ++mover)
    if (!segment().advance(mover, segment().own(mover, *nodes)))
      return false;
  gradients.clear();
  setNames();
  return true;
}

void WayBody::startStatement() {
  LockstepBody::startStatement();
  directional.clear();
}

bool WayBody::playing(const Stmt &stmt) {
  if (stmt.kind == StmtKind::Step)
    return step(stmt);
  blockFollows.back() = stmt.kind == StmtKind::Play;
  begin();
  setNames();
  return true;
}

Flow WayBody::leave(const Stmt &stmt) {
  error(stmt.range, "a way to play returns nothing: it moves the players")
      .help("`step g` moves them along their gradients");
  return Flow::Fail;
}

Value WayBody::ownTotal(const Expr &expr) {
  std::vector<size_t> own;
  for (size_t i = 0; i < scopes.size(); ++i)
    if (moverOf[i] == moverOf[current])
      own.push_back(i);
  return overAll(expr, own, /*sum=*/true);
}

/// The inner product of two lists of tensors; null after an error.
Node *WayBody::inner(const TurnGraph::Nodes &a, const TurnGraph::Nodes &b, SourceRange at) {
  Value sum;
  for (size_t i = 0; i < a.size(); ++i) {
    Value product = graph.elementwise(Op::Mul, Value::ofTensor(a[i]), Value::ofTensor(b[i]), at, "multiply");
    Value part = Value::ofTensor(whole(Op::Sum, product.node()));
    sum = i == 0 ? part : graph.elementwise(Op::Add, sum, part, at, "add");
  }
  return sum.node();
}

/// The derivative of an expression along a direction of all parameters: the gradient of <J^T u, v> by u, for any u.
Value WayBody::along(const Expr &expr) {
  auto [known, fresh] = directional.try_emplace(&expr);
  if (!fresh)
    return known->second.empty() ? Value() : Value::ofTensor(known->second[current]);
  auto values = nodesOf(*expr.args[0].value), directions = values ? nodesOf(*expr.args[1].value) : std::nullopt;
  if (!directions)
    return {};
  TurnGraph::Nodes dual, held;
  for (size_t i = 0; i < scopes.size(); ++i) {
    const Type &type = (*values)[i]->type;
    dual.push_back(graph.make(Op::StopGradient, type, {graph.constant(double(++numDuals), type)}));
    held.push_back(graph.make(Op::StopGradient, (*directions)[i]->type, {(*directions)[i]}));
  }
  SourceRange at = e.placeOf(expr);
  Node *pulled = inner(*values, dual, at);
  if (!pulled)
    return {};
  const TurnGraph::Nodes &weights = segment().weights;
  if (auto reached = reach({pulled});
      std::none_of(weights.begin(), weights.end(), [&](Node *w) { return reached.count(w); })) {
    error(at, "the derivative along this direction is zero: `along` is of what is computed from `w` where it is now")
        .help("`g` is taken anew when `w` has moved; what `let` has kept belongs to where `w` was");
    return {};
  }
  Node *number = inner(segment().differentials(pulled, weights), held, at);
  if (!number)
    return {};
  return Value::ofTensor((directional[&expr] = segment().differentials(number, dual))[current]);
}

Value WayBody::special(const Expr &expr, std::string_view form) {
  if (form == given::ownTotal)
    return ownTotal(expr);
  return form == given::along ? along(expr) : LockstepBody::special(expr, form);
}

} // namespace agon::sema
