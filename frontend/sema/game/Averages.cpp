//===- Averages.cpp - Shadows of networks ---------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/Averages.h"
#include "frontend/sema/game/Optimizers.h"
#include <fmt/format.h>

namespace agon::sema {

void Averages::declare(const syntax::GameItem &item) {
  const Ident &network = item.names[0], &name = item.alias ? *item.alias : network;
  const Decl *decl = networks.e.names.findNetwork(network.text);
  if (!decl) {
    std::vector<std::string> known;
    for (const Decl *other : networks.declared())
      known.push_back(other->name.text);
    Diagnostic &diagnostic = error(network.range, fmt::format("unknown network `{}`", network.text));
    suggest(diagnostic, network.text, known);
    return;
  }
  if (const Decl *other = networks.e.names.findNetwork("average")) {
    error(other->name.range, "a network of a game with averages cannot be called `average`")
        .note(item.range, "what a run keeps of this average has names that begin so");
    return;
  }
  if (item.alias && networks.e.names.findNetwork(name.text)) {
    error(name.range,
          fmt::format("`{}` is the name of a network; an average of `{}` needs another one", name.text, network.text));
    return;
  }
  if (auto known = networks.averages.find(name.text); known != networks.averages.end()) {
    error(name.range, fmt::format("there are two averages `{}`", name.text))
        .note(known->second.first->update.range, "the first is here")
        .help(fmt::format("a second average of `{}` has a name: `average {} with {} as slow`", network.text,
                          network.text, textOf(item.optimizer.front()->range)));
    return;
  }
  auto average = std::make_unique<Average>();
  average->name = name.text;
  average->network = networks.entry(*decl).network.get();
  average->update.name = "average." + name.text;
  average->update.range = item.range;
  networks.averages.emplace(name.text, std::pair(average.get(), decl));
  declared.push_back({&item, average.get()});
  game.averages.push_back(std::move(average));
}

void Averages::elaborate() {
  for (auto &[item, average] : declared) {
    Saved place(reporter.userPlace, item->range);
    NetworkEntry &entry = networks.entry(*networks.averages.at(average->name).second);
    if (!networks.elaborate(entry))
      continue;
    const std::vector<Storage> &storages = entry.network->storages;
    for (size_t i = 0; i < storages.size(); ++i)
      if (!storages[i].isState)
        average->update.parameters.push_back({entry.network.get(), int64_t(i)});
    Optimizers(networks.e, forms, names).elaborate(average->update, *item);
  }
}

} // namespace agon::sema
