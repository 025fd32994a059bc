//===- Play.cpp - Turns and their order -------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/Play.h"
#include "frontend/sema/game/WayBody.h"
#include "frontend/sema/graph/Dependence.h"
#include "frontend/syntax/Parser.h"
#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace agon::sema {

using syntax::GameItemKind;

static constexpr size_t scheduleLimit = 65536;
static constexpr int64_t periodLimit = 1'000'000'000;

/// A player, or a further move of one; none after an error.
std::optional<Mover> Play::moverOf(const Ident &name) {
  std::vector<std::string> known;
  for (size_t i = 0; i < game.players.size(); ++i) {
    if (game.players[i]->name == name.text)
      return Mover{int64_t(i)};
    known.push_back(game.players[i]->name);
  }
  for (size_t i = 0; i < game.moves.size(); ++i) {
    if (game.moves[i]->name == name.text)
      return Mover{game.moves[i]->player, int64_t(i)};
    known.push_back(game.moves[i]->name);
  }
  std::string_view what = name.text.find('.') == std::string::npos ? "player" : "move";
  Diagnostic &diagnostic = error(name.range, fmt::format("no {} `{}` in this game", what, name.text));
  suggest(diagnostic, name.text, known);
  if (what == "move")
    diagnostic.help(fmt::format("`move {} minimizes E[...]` declares a further move of the player", name.text));
  return std::nullopt;
}

/// One turn, in which these move at once, each along its gradient.
Play::Turns Play::move(std::vector<Mover> movers) {
  auto known = std::find_if(plain.begin(), plain.end(), [&](const auto &each) { return each.second == movers; });
  if (known != plain.end())
    return Schedule{{{known->first}}, {}};
  auto turn = std::make_unique<GameTurn>();
  for (const Mover &mover : movers)
    turn->players.push_back(mover.player);
  if (std::any_of(movers.begin(), movers.end(), [](const Mover &mover) { return mover.move >= 0; })) {
    TurnGraph body(graph, game, movers, "");
    Saved savedContext(graph.context, &body.context);
    TurnGraph::Nodes field = body.field(body.weights);
    for (size_t i = 0; i < movers.size(); ++i)
      if (!body.advance(i, body.own(i, field)))
        return std::nullopt;
    turn = body.finish();
  }
  int64_t index = int64_t(game.turns.size());
  plain[index] = std::move(movers);
  game.turns.push_back(std::move(turn));
  return Schedule{{{index}}, {}};
}

/// Who moves at once; none after an error.
std::optional<std::vector<Mover>> Play::moversOf(const std::vector<const Turn *> &children) {
  std::vector<Mover> movers;
  for (const Turn *child : children) {
    if (child->kind != Turn::Move && child->kind != Turn::Unrolled) {
      error(child->range, "`&` joins players who move at once: `D & G`");
      return std::nullopt;
    }
    auto mover = moverOf(child->player);
    if (!mover)
      return std::nullopt;
    for (const Mover &other : movers)
      if (other.player == mover->player) {
        error(child->range, fmt::format("player {} moves twice in one turn", game.players[mover->player]->name))
            .help(fmt::format("`{0}; {0}` are two turns", child->player.text));
        return std::nullopt;
      }
    movers.push_back(*mover);
  }
  return movers;
}

/// The direction in which one of those who move at once goes: its gradient, perhaps through steps of another player.
bool Play::directionOf(const Turn &child, TurnGraph &turn, size_t mover, TurnGraph::Nodes &along) {
  TurnGraph::Nodes before = turn.weights, slots = turn.slots;
  if (child.kind == Turn::Unrolled) {
    auto count = e.evalInt(*child.count, "a number of steps");
    auto opponent = moverOf(child.opponent);
    if (!count || !opponent)
      return false;
    if (*count < 1) {
      error(child.count->range, fmt::format("`unrolling` needs at least one step, got {}", *count));
      return false;
    }
    if (opponent->player == turn.movers[mover].player) {
      error(child.opponent.range, fmt::format("player {} cannot be unrolled in a turn of its own", child.opponent.text))
          .help("`G unrolling 5 D` looks ahead at five moves of D");
      return false;
    }
    size_t other = size_t(std::find(turn.movers.begin(), turn.movers.end(), *opponent) - turn.movers.begin());
    for (int64_t i = 0; i < *count; ++i) {
      Node *loss = turn.loss(other, turn.weights);
      if (!loss || !turn.advance(other, turn.differentials(loss, turn.own(other, turn.weights))))
        return false;
    }
  }
  Node *loss = turn.loss(mover, turn.weights);
  along = loss ? turn.differentials(loss, turn.own(mover, before)) : TurnGraph::Nodes();
  // What was looked ahead at is undone.
  turn.weights = std::move(before);
  turn.slots = std::move(slots);
  turn.turn->rounds.assign(turn.movers.size(), 0);
  return loss != nullptr;
}

/// Players who move at once, some of them perhaps through steps of others.
Play::Turns Play::atOnce(const std::vector<const Turn *> &children, SourceRange at) {
  auto movers = moversOf(children);
  if (!movers)
    return std::nullopt;
  std::vector<Mover> all = *movers;
  for (const Turn *child : children)
    if (child->kind == Turn::Unrolled) {
      auto opponent = moverOf(child->opponent);
      if (!opponent)
        return std::nullopt;
      auto known = std::find_if(all.begin(), all.end(), [&](const Mover &m) { return m.player == opponent->player; });
      if (known == all.end())
        all.push_back(*opponent);
      else if (!(*known == *opponent)) {
        error(child->opponent.range, "in one turn a player has one objective");
        return std::nullopt;
      }
    }
  if (std::none_of(children.begin(), children.end(), [](const Turn *child) { return child->kind == Turn::Unrolled; }))
    return move(std::move(*movers));
  TurnGraph body(graph, game, all, "unrolling");
  Saved savedContext(graph.context, &body.context);
  Saved savedPlace(reporter.userPlace, at);
  std::vector<TurnGraph::Nodes> directions(movers->size());
  for (size_t i = 0; i < directions.size(); ++i)
    if (!directionOf(*children[i], body, i, directions[i]))
      return std::nullopt;
  for (size_t i = 0; i < directions.size(); ++i)
    if (!body.advance(i, directions[i]))
      return std::nullopt;
  game.turns.push_back(body.finish());
  return Schedule{{{int64_t(game.turns.size()) - 1}}, {}};
}

Play::Turns Play::simultaneous(const Turn &turn) {
  std::vector<const Turn *> children;
  for (const auto &child : turn.children)
    children.push_back(child.get());
  return atOnce(children, turn.range);
}

/// The turns of a block, one after the other.
Play::Turns Play::sequence(const Turn &turn) {
  Schedule all;
  for (const auto &child : turn.children) {
    Turns turns = turnsOf(*child);
    if (!turns)
      return std::nullopt;
    if (all.turns.size() + turns->turns.size() > scheduleLimit)
      return tooLong(*child);
    all.append(*turns);
  }
  return all;
}

Play::Turns Play::repeat(const Turn &turn) {
  if (!turn.count)
    return std::nullopt;
  auto rounds = std::make_unique<Rounds>();
  Context own;
  own.kind = Context::Game;
  own.graph = &rounds->graph;
  Value count;
  {
    Saved savedContext(graph.context, &own);
    count = e.eval(*turn.count);
    if (count.isTensor())
      rounds->result = roundsOf(*turn.count, count);
  }
  if (count.isError() || (count.isTensor() && !rounds->result))
    return std::nullopt;
  if (!count.isTensor() && !count.is(Value::Kind::Int)) {
    Diagnostic &diagnostic =
        error(turn.count->range, fmt::format("a number of turns is a whole number, got {}", describe(count)));
    if (count.isNumber())
      diagnostic.help("`floor(...)` makes a whole number");
    return std::nullopt;
  }
  if (!count.isTensor() && count.integer() < 1) {
    error(turn.count->range, fmt::format("`repeat` needs at least one round, got {}", count.integer()));
    return std::nullopt;
  }
  Turns once = sequence(turn);
  if (!once)
    return std::nullopt;
  if (once->turns.empty()) {
    error(turn.range, "an empty `repeat`: expected turns such as `D` in it");
    return std::nullopt;
  }
  Schedule all;
  if (count.isTensor()) {
    all.repeats.push_back({0, int64_t(once->turns.size()), int64_t(game.rounds.size())});
    all.append(*once);
    game.rounds.push_back(std::move(rounds));
    return all;
  }
  if (count.integer() > int64_t(scheduleLimit / once->turns.size()))
    return tooLong(turn);
  for (int64_t i = 0; i < count.integer(); ++i)
    all.append(*once);
  return all;
}

/// A number of rounds that only training knows, in f64: it follows from `iteration` alone. Null after an error.
Node *Play::roundsOf(const Expr &expr, const Value &count) {
  Node *node = count.node();
  for (const Node *each : reach({node}))
    if (each->operands.empty() && each->op != Op::Iteration && each->op != Op::Constant && each->op != Op::Table) {
      error(expr.range, "a number of turns follows from `iteration` and numbers known while compiling");
      return nullptr;
    }
  if (node->type.batched || !node->type.shape.empty() ||
      (node->type.element != Element::Hyper && node->type.element != Element::Real)) {
    error(expr.range, fmt::format("a number of turns is one number, got {}", describe(count)));
    return nullptr;
  }
  return graph.convert(node, Element::Hyper);
}

Play::Turns Play::tooLong(const Turn &turn) {
  error(turn.range, fmt::format("one iteration has more than {} turns", scheduleLimit));
  return std::nullopt;
}

/// `every 16 { ... }`
Play::Turns Play::every(const Turn &turn) {
  const Expr *count = turn.count ? turn.count.get() : turn.args.size() == 1 ? turn.args[0].value.get() : nullptr;
  if (!count || (turn.count && !turn.args.empty())) {
    error(turn.player.range, "`every` takes one number: in the first of how many iterations its turns are played")
        .help("write `every 16 { D.penalty }`");
    return std::nullopt;
  }
  auto period = e.evalInt(*count, "a number of iterations");
  if (!period)
    return std::nullopt;
  if (*period < 1 || *period > periodLimit) {
    error(count->range, fmt::format("`every` needs a number of iterations from 1 to {}, got {}", periodLimit, *period));
    return std::nullopt;
  }
  Turns turns = sequence(*turn.children[0]);
  if (!turns)
    return std::nullopt;
  for (Scheduled &each : turns->turns) {
    each.every = std::lcm(each.every, *period);
    if (each.every > periodLimit) {
      error(turn.range,
            fmt::format("these turns would be played every {} iterations, the most is {}", each.every, periodLimit));
      return std::nullopt;
    }
  }
  return turns;
}

static bool playsBlock(const std::vector<syntax::StmtPtr> &body) {
  return std::any_of(body.begin(), body.end(), [](const syntax::StmtPtr &stmt) {
    return stmt->kind == syntax::StmtKind::Play || playsBlock(stmt->body) || playsBlock(stmt->elseBody);
  });
}

/// A block of turns with a name.
Play::Turns Play::way(const Turn &turn) {
  const Ident &name = turn.player;
  if (name.text == "every")
    return every(turn);
  if (const Decl *decl = e.names.findWay(name.text)) {
    Turns block = sequence(*turn.children[0]);
    return block ? wayOf(*decl, turn, *block) : std::nullopt;
  }
  Diagnostic &diagnostic = error(name.range, fmt::format("unknown way to play `{}`", name.text));
  std::string_view help = syntax::turnAdvice(name.text);
  std::vector<std::string> known{"every"};
  for (const auto *table : {&e.names.userWays, &e.names.libraryWays})
    for (const auto &entry : *table)
      known.push_back(entry.first);
  if (help.empty())
    suggest(diagnostic, name.text, known);
  else
    diagnostic.help(std::string(help));
  return std::nullopt;
}

/// A way that plays its block is applied to the block as a whole, another one to each of the block's turns.
Play::Turns Play::wayOf(const Decl &decl, const Turn &turn, const Schedule &block) {
  if (playsBlock(decl.body)) {
    std::vector<Mover> all;
    for (const Scheduled &each : block.turns)
      for (int64_t player : game.turns[each.turn]->players)
        if (std::none_of(all.begin(), all.end(), [&](const Mover &mover) { return mover.player == player; }))
          all.push_back({player});
    return applied(decl, turn, all, block);
  }
  Schedule result;
  std::map<int64_t, Schedule> made;
  std::vector<int64_t> starts; ///< Of each of the block's turns, in the result.
  for (const Scheduled &each : block.turns) {
    starts.push_back(int64_t(result.turns.size()));
    auto movers = plain.find(each.turn);
    if (movers == plain.end()) {
      const std::string &way = game.turns[each.turn]->way;
      error(turn.range, fmt::format("`{}` says how players move, and so does `{}` within it", decl.name.text, way))
          .help("one of them can be left out, or be played after the other");
      return std::nullopt;
    }
    auto [known, fresh] = made.try_emplace(each.turn);
    if (fresh) {
      Turns turns = applied(decl, turn, movers->second, {});
      if (!turns)
        return std::nullopt;
      known->second = std::move(*turns);
    }
    for (const Scheduled &moved : known->second.turns)
      result.turns.push_back({moved.turn, each.every});
    if (result.turns.size() > scheduleLimit)
      return tooLong(turn);
  }
  starts.push_back(int64_t(result.turns.size()));
  for (const Repeated &each : block.repeats)
    result.repeats.push_back({starts[each.first], starts[each.first + each.length] - starts[each.first], each.rounds});
  return result;
}

/// One application of a way to play.
Play::Turns Play::applied(const Decl &decl, const Turn &turn, const std::vector<Mover> &movers, const Schedule &block) {
  std::vector<ArgValue> args;
  if (turn.count) {
    args.push_back({nullptr, e.eval(*turn.count), turn.count->range});
    if (args.back().value.isError())
      return std::nullopt;
  }
  auto named = e.evalArgs(turn.args);
  if (!named)
    return std::nullopt;
  args.insert(args.end(), named->begin(), named->end());
  Saved savedPlace(reporter.userPlace, turn.player.range);
  int64_t number = applications[decl.name.text]++;
  std::string name = number ? fmt::format("{}_{}", decl.name.text, number) : decl.name.text;
  WayBody body(e, decl, game, movers, block, name);
  Saved savedBody(forms.body, static_cast<LockstepBody *>(&body));
  Turns turns = body.play(args, turn.player.range);
  if (turns && turns->turns.size() > scheduleLimit)
    return tooLong(turn);
  return turns;
}

Play::Turns Play::turnsOf(const Turn &turn) {
  switch (turn.kind) {
  case Turn::Move: {
    auto mover = moverOf(turn.player);
    return mover ? move({*mover}) : std::nullopt;
  }
  case Turn::Simultaneous:
    return simultaneous(turn);
  case Turn::Sequence:
    return sequence(turn);
  case Turn::Repeat:
    return repeat(turn);
  case Turn::Unrolled:
    return atOnce({&turn}, turn.range);
  case Turn::Way:
    return way(turn);
  }
  return std::nullopt;
}

void Play::elaborate(const Decl &decl) {
  const GameItem *play = nullptr;
  for (const GameItem &item : decl.items)
    if (item.kind == GameItemKind::Play) {
      if (play) {
        error(item.range, "a game has one `play`").note(play->range, "the first is here");
        return;
      }
      play = &item;
    }
  if (!play) {
    std::vector<std::string> names;
    for (const auto &player : game.players)
      names.push_back(player->name);
    if (names.size() == 1) {
      game.schedule = *move({Mover{0}});
      game.playText = fmt::format("{{ {} }}", names[0]);
      return;
    }
    error(decl.name.range, "the game does not say in what order the players move")
        .help(fmt::format("add `play {{ {} }}`", fmt::join(names, "; ")));
    return;
  }
  Context none;
  Scope inner;
  inner.parent = &names;
  Evaluator::Within within(e, none, inner);
  Saved savedPlace(reporter.userPlace, play->range);
  if (!play->turns || play->turns->children.empty()) {
    error(play->range, "an empty `play`: expected turns such as `D; G`");
    return;
  }
  Turns turns = turnsOf(*play->turns);
  if (!turns)
    return;
  game.schedule = std::move(*turns);
  dropUnplayed();
  game.playText = textOf(play->turns->range);
  checkMoves(*play);
}

/// Turns that stand only within ways to play are not played as they are.
void Play::dropUnplayed() {
  std::vector<int64_t> numbers(game.turns.size(), -1);
  std::vector<std::unique_ptr<GameTurn>> played;
  for (Scheduled &each : game.schedule.turns) {
    int64_t &number = numbers[each.turn];
    if (number < 0) {
      number = int64_t(played.size());
      played.push_back(std::move(game.turns[each.turn]));
    }
    each.turn = number;
  }
  game.turns = std::move(played);
}

/// Whether a turn leaves one of its players somewhere else: by a step, or by a new value of a parameter.
bool Play::moves(const GameTurn &turn, size_t mover) const {
  if (turn.results.empty() || turn.rounds[mover] > 0)
    return true;
  size_t first = 0;
  for (size_t i = 0; i < mover; ++i)
    first += game.players[turn.players[i]]->parameters.size();
  for (size_t i = first; i < first + game.players[turn.players[mover]]->parameters.size(); ++i)
    if (turn.results[i]->op != Op::Argument || turn.results[i]->index() != int64_t(i))
      return true;
  return false;
}

/// Every player, and every further move, has a turn.
void Play::checkMoves(const GameItem &play) {
  std::vector<bool> moved(game.players.size(), false), made(game.moves.size(), false);
  for (const auto &turn : game.turns) {
    for (size_t i = 0; i < turn->players.size(); ++i)
      if (moves(*turn, i))
        moved[turn->players[i]] = true;
    for (const auto &node : turn->graph.nodes)
      if (node->op == Op::Loss && node->moving().move >= 0)
        made[node->moving().move] = true;
  }
  for (size_t i = 0; i < moved.size(); ++i)
    if (!moved[i])
      error(game.players[i]->range, fmt::format("player {} never moves", game.players[i]->name))
          .note(play.range, "the order of turns is here");
  for (size_t i = 0; i < made.size(); ++i)
    if (!made[i])
      error(game.moves[i]->range, fmt::format("the move {} is never made", game.moves[i]->name))
          .note(play.range, "the order of turns is here")
          .help(fmt::format("a move is a turn of its own: `{}`, or `every 16 {{ {} }}`", game.moves[i]->name,
                            game.moves[i]->name));
}

} // namespace agon::sema
