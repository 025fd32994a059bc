//===- Play.cpp - Turns and their order -------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/Play.h"
#include "frontend/syntax/Parser.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

using syntax::GameItem;
using syntax::GameItemKind;

static constexpr size_t scheduleLimit = 65536;

/// The index of a player; -1 after an error.
int64_t Play::playerOf(const Ident &name) {
  std::vector<std::string> known;
  for (size_t i = 0; i < game.players.size(); ++i) {
    if (game.players[i]->name == name.text)
      return int64_t(i);
    known.push_back(game.players[i]->name);
  }
  // A further move of a player: `D.penalty`.
  if (std::find(known.begin(), known.end(), name.text.substr(0, name.text.find('.'))) != known.end()) {
    notThereYet(name.range, name.text);
    return -1;
  }
  Diagnostic &diagnostic = error(name.range, fmt::format("no player `{}` in this game", name.text));
  suggest(diagnostic, name.text, known);
  return -1;
}

/// One turn, in which these players move at once.
Play::Turns Play::move(std::vector<int64_t> players) {
  auto &turns = game.turns;
  auto it = std::find(turns.begin(), turns.end(), players);
  if (it == turns.end())
    it = turns.insert(turns.end(), std::move(players));
  return Schedule{it - turns.begin()};
}

Play::Turns Play::simultaneous(const Turn &turn) {
  std::vector<int64_t> players;
  for (const auto &child : turn.children) {
    if (child->kind == Turn::Unrolled)
      return turnsOf(*child);
    if (child->kind != Turn::Move) {
      error(child->range, "`&` joins players who move at once: `D & G`");
      return std::nullopt;
    }
    int64_t player = playerOf(child->player);
    if (player < 0)
      return std::nullopt;
    if (std::find(players.begin(), players.end(), player) != players.end()) {
      error(child->range, fmt::format("player {} moves twice in one turn", child->player.text))
          .help(fmt::format("`{0}; {0}` are two turns", child->player.text));
      return std::nullopt;
    }
    players.push_back(player);
  }
  return move(std::move(players));
}

/// The turns of a block, one after the other.
Play::Turns Play::sequence(const Turn &turn) {
  Schedule all;
  for (const auto &child : turn.children) {
    Turns turns = turnsOf(*child);
    if (!turns)
      return std::nullopt;
    if (all.size() + turns->size() > scheduleLimit)
      return tooLong(*child);
    all.insert(all.end(), turns->begin(), turns->end());
  }
  return all;
}

Play::Turns Play::repeat(const Turn &turn) {
  auto count = turn.count ? e.evalInt(*turn.count, "a number of turns") : std::nullopt;
  if (!count)
    return std::nullopt;
  if (*count < 1) {
    error(turn.count->range, fmt::format("`repeat` needs at least one round, got {}", *count));
    return std::nullopt;
  }
  Turns once = sequence(turn);
  if (!once)
    return std::nullopt;
  if (once->empty()) {
    error(turn.range, "an empty `repeat`: expected turns such as `D` in it");
    return std::nullopt;
  }
  if (*count > int64_t(scheduleLimit / once->size()))
    return tooLong(turn);
  Schedule all;
  for (int64_t i = 0; i < *count; ++i)
    all.insert(all.end(), once->begin(), once->end());
  return all;
}

Play::Turns Play::tooLong(const Turn &turn) {
  error(turn.range, fmt::format("one iteration has more than {} turns", scheduleLimit));
  return std::nullopt;
}

/// A block of turns with a name. None can be compiled yet.
Play::Turns Play::way(const Turn &turn) {
  static const std::vector<std::string> planned{"extragradient", "optimistic", "lookahead",
                                                "consensus",     "every",      "accumulate"};
  const Ident &name = turn.player;
  if (std::find(planned.begin(), planned.end(), name.text) != planned.end()) {
    notThereYet(name.range, name.text);
    return std::nullopt;
  }
  Diagnostic &diagnostic = error(name.range, fmt::format("unknown way to play `{}`", name.text));
  std::string_view help = syntax::turnAdvice(name.text);
  if (help.empty())
    suggest(diagnostic, name.text, planned);
  else
    diagnostic.help(std::string(help));
  return std::nullopt;
}

Play::Turns Play::turnsOf(const Turn &turn) {
  switch (turn.kind) {
  case Turn::Move: {
    int64_t player = playerOf(turn.player);
    return player < 0 ? std::nullopt : move({player});
  }
  case Turn::Simultaneous:
    return simultaneous(turn);
  case Turn::Sequence:
    return sequence(turn);
  case Turn::Repeat:
    return repeat(turn);
  case Turn::Unrolled:
    notThereYet(turn.range, "unrolling");
    return std::nullopt;
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
      game.schedule = *move({0});
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
  game.playText = textOf(play->turns->range);
  std::vector<bool> moves(game.players.size(), false);
  for (const auto &turn : game.turns)
    for (int64_t player : turn)
      moves[player] = true;
  for (size_t i = 0; i < moves.size(); ++i)
    if (!moves[i])
      error(game.players[i]->range, fmt::format("player {} never moves", game.players[i]->name))
          .note(play->range, "the order of turns is here");
}

} // namespace agon::sema
