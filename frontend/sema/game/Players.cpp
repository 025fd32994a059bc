//===- Players.cpp - Players: what they own and want ------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/Players.h"
#include "frontend/sema/game/Objective.h"
#include "frontend/sema/game/Optimizers.h"
#include <fmt/format.h>

namespace agon::sema {

Node *Players::objective(const syntax::GameItem &item, Graph &into, std::string_view whose) {
  Context own;
  own.kind = Context::Game;
  own.graph = &into;
  Scope inner;
  inner.parent = &names;
  Evaluator::Within within(e, own, inner);
  return item.value ? scalarObjective(e, *item.value, fmt::format("the objective of {}", whose)) : nullptr;
}

void Players::move(const syntax::GameItem &item) {
  const Ident &name = item.names[0];
  std::vector<std::string> known;
  int64_t mover = -1;
  size_t dot = name.text.find('.');
  for (size_t i = 0; i < game.players.size(); ++i) {
    known.push_back(game.players[i]->name);
    if (known.back() == name.text.substr(0, dot))
      mover = int64_t(i);
  }
  if (mover < 0 || dot == std::string::npos) {
    Diagnostic &diagnostic = error(name.range, fmt::format("expected a move as PLAYER.NAME, got `{}`", name.text));
    if (mover < 0)
      suggest(diagnostic, name.text.substr(0, dot), known);
    else
      diagnostic.help(fmt::format("`move {}.penalty` is a further move of the player {}", name.text, name.text));
    return;
  }
  for (const auto &other : game.moves)
    if (other->name == name.text) {
      error(name.range, fmt::format("the move {} is declared twice", name.text))
          .note(other->range, "the first declaration is here");
      return;
    }
  auto move = std::make_unique<Move>();
  move->name = name.text;
  move->range = name.range;
  move->player = mover;
  move->maximizes = item.maximizes;
  move->text = textOf(item.value->range);
  move->objective = objective(item, move->graph, fmt::format("the move {}", name.text));
  game.moves.push_back(std::move(move));
}

void Players::elaborate(const syntax::GameItem &item) {
  const Ident &name = item.names[0];
  for (const auto &other : game.players)
    if (other->name == name.text) {
      error(name.range, fmt::format("the player {} is declared twice", name.text))
          .note(other->range, "the first declaration is here");
      return;
    }
  auto player = std::make_unique<Player>();
  player->name = name.text;
  player->range = name.range;
  player->maximizes = item.maximizes;
  std::vector<std::string> known;
  for (const Decl *decl : networks.declared())
    known.push_back(decl->name.text);
  player->objectiveText = item.value ? textOf(item.value->range) : "";
  player->objective = objective(item, player->objectiveGraph, fmt::format("player {}", name.text));
  // The objective comes first: it says how the networks are applied.
  bool ok = true;
  auto own = [&](const Ident &ident) {
    const Decl *decl = e.names.findNetwork(ident.text);
    if (!decl) {
      Diagnostic &diagnostic = error(
          ident.range, item.owned.empty() ? fmt::format("there is no network `{}` for the player to own", ident.text)
                                          : fmt::format("unknown network `{}`", ident.text));
      suggest(diagnostic, ident.text, known);
      if (item.owned.empty())
        diagnostic.help(fmt::format("`player {}(N1, N2)` owns the networks N1 and N2", ident.text));
      ok = false;
      return;
    }
    NetworkEntry &entry = networks.entry(*decl);
    if (!networks.elaborate(entry)) {
      ok = false;
      return;
    }
    for (const Network *before : player->owned)
      if (before == entry.network.get()) {
        error(ident.range, fmt::format("`{}` is named twice", ident.text));
        ok = false;
        return;
      }
    player->owned.push_back(entry.network.get());
    for (size_t i = 0; i < entry.network->storages.size(); ++i)
      if (!entry.network->storages[i].isState)
        player->parameters.push_back({entry.network.get(), int64_t(i)});
  };
  if (item.owned.empty())
    own(name);
  for (const Ident &ident : item.owned)
    own(ident);
  if (ok)
    Optimizers(e, forms, names).elaborate(*player, item);
  game.players.push_back(std::move(player));
}

} // namespace agon::sema
