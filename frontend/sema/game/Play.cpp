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

void Play::move(std::vector<int64_t> players, std::vector<int64_t> &schedule) {
  auto &turns = game.turns;
  auto it = std::find(turns.begin(), turns.end(), players);
  if (it == turns.end())
    it = turns.insert(turns.end(), std::move(players));
  schedule.push_back(it - turns.begin());
}

/// A way to play that the compiler does not have.
void Play::unknownWay(const Ident &name) {
  static const std::vector<std::string> planned{"extragradient", "optimistic", "lookahead",
                                                "consensus",     "every",      "accumulate"};
  if (std::find(planned.begin(), planned.end(), name.text) != planned.end()) {
    notThereYet(name.range, name.text);
    return;
  }
  Diagnostic &diagnostic = error(name.range, fmt::format("unknown way to play `{}`", name.text));
  std::string_view help = syntax::turnAdvice(name.text);
  if (help.empty())
    suggest(diagnostic, name.text, planned);
  else
    diagnostic.help(std::string(help));
}

bool Play::flatten(const Turn &turn, std::vector<int64_t> &schedule) {
  auto playerOf = [&](const Ident &name) -> int64_t {
    const auto &players = game.players;
    std::vector<std::string> known;
    for (size_t i = 0; i < players.size(); ++i) {
      if (players[i]->name == name.text)
        return int64_t(i);
      known.push_back(players[i]->name);
    }
    // A further move of a player: `D.penalty`.
    if (std::find(known.begin(), known.end(), name.text.substr(0, name.text.find('.'))) != known.end()) {
      notThereYet(name.range, name.text);
      return -1;
    }
    Diagnostic &diagnostic = error(name.range, fmt::format("no player `{}` in this game", name.text));
    suggest(diagnostic, name.text, known);
    return -1;
  };
  auto tooLong = [&]() {
    error(turn.range, fmt::format("one iteration has more than {} turns", scheduleLimit));
    return false;
  };
  switch (turn.kind) {
  case Turn::Move: {
    int64_t player = playerOf(turn.player);
    if (player < 0)
      return false;
    if (schedule.size() >= scheduleLimit)
      return tooLong();
    move({player}, schedule);
    return true;
  }
  case Turn::Simultaneous: {
    std::vector<int64_t> players;
    for (const auto &child : turn.children) {
      if (child->kind == Turn::Unrolled)
        return flatten(*child, schedule);
      if (child->kind != Turn::Move) {
        error(child->range, "`&` joins players who move at once: `D & G`");
        return false;
      }
      int64_t player = playerOf(child->player);
      if (player < 0)
        return false;
      if (std::find(players.begin(), players.end(), player) != players.end()) {
        error(child->range, fmt::format("player {} moves twice in one turn", child->player.text))
            .help(fmt::format("`{0}; {0}` are two turns", child->player.text));
        return false;
      }
      players.push_back(player);
    }
    if (schedule.size() >= scheduleLimit)
      return tooLong();
    move(std::move(players), schedule);
    return true;
  }
  case Turn::Sequence:
    for (const auto &child : turn.children)
      if (!flatten(*child, schedule))
        return false;
    return true;
  case Turn::Repeat: {
    auto count = turn.count ? e.evalInt(*turn.count, "a number of turns") : std::nullopt;
    if (!count)
      return false;
    if (*count < 1) {
      error(turn.count->range, fmt::format("`repeat` needs at least one round, got {}", *count));
      return false;
    }
    std::vector<int64_t> once;
    for (const auto &child : turn.children)
      if (!flatten(*child, once))
        return false;
    if (once.empty()) {
      error(turn.range, "an empty `repeat`: expected turns such as `D` in it");
      return false;
    }
    if (*count > int64_t(scheduleLimit) || once.size() * size_t(*count) + schedule.size() > scheduleLimit)
      return tooLong();
    for (int64_t i = 0; i < *count; ++i)
      schedule.insert(schedule.end(), once.begin(), once.end());
    return true;
  }
  case Turn::Unrolled:
    notThereYet(turn.range, "unrolling");
    return false;
  case Turn::Way:
    unknownWay(turn.player);
    return false;
  }
  return false;
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
      move({0}, game.schedule);
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
  if (play->playMode) {
    unknownWay(*play->playMode);
    return;
  }
  if (!play->turns || play->turns->children.empty()) {
    error(play->range, "an empty `play`: expected turns such as `D; G`");
    return;
  }
  if (!flatten(*play->turns, game.schedule))
    return;
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
