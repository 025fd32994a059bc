//===- Players.cpp - Players: what they own and want ------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Elaborator.h"
#include <fmt/format.h>

namespace agon::sema {

void Elaborator::elaboratePlayer(const syntax::GameItem &item) {
  Game &game = *model->game;
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
  for (const Decl *decl : networks)
    known.push_back(decl->name.text);
  {
    Context own;
    own.kind = Context::Game;
    own.graph = &player->objectiveGraph;
    Scope inner;
    inner.parent = &gameScope;
    Saved savedContext(context, &own);
    Saved savedScope(scope, &inner);
    player->objectiveText = item.value ? textOf(item.value->range) : "";
    player->objective =
        item.value ? scalarObjective(*item.value, fmt::format("the objective of player {}", name.text)) : nullptr;
  }
  // The objective comes first: it says how the networks are applied.
  bool ok = true;
  auto own = [&](const Ident &ident) {
    auto it = userNames.find(ident.text);
    if (it == userNames.end() || it->second.decl->kind != DeclKind::Network) {
      Diagnostic &diagnostic = error(
          ident.range, item.owned.empty() ? fmt::format("there is no network `{}` for the player to own", ident.text)
                                          : fmt::format("unknown network `{}`", ident.text));
      suggest(diagnostic, ident.text, known);
      if (item.owned.empty())
        diagnostic.help(fmt::format("`player {}(N1, N2)` owns the networks N1 and N2", ident.text));
      ok = false;
      return;
    }
    NetworkEntry &entry = networkEntry(*it->second.decl);
    if (!elaborate(entry)) {
      ok = false;
      return;
    }
    for (const agon::sema::Network *before : player->owned)
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
    elaborateOptimizer(*player, item);
  game.players.push_back(std::move(player));
}

} // namespace agon::sema
