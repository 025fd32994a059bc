//===- Sema.cpp - Syntax tree to elaborated model ---------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Sema.h"
#include "frontend/sema/Elaborator.h"
#include <filesystem>
#include <fmt/format.h>

namespace agon::sema {

static void own(Graph &graph) {
  for (auto &node : graph.nodes)
    node->graph = &graph;
}

/// Graphs have moved into their final places: say so to their nodes.
static void own(Model &model) {
  for (auto &network : model.networks) {
    own(network->training.graph);
    own(network->sampling.graph);
    for (Storage &storage : network->storages)
      own(storage.init);
  }
  if (!model.game)
    return;
  for (auto &variable : model.game->variables)
    own(variable->graph);
  for (Group &group : model.game->groups)
    own(group.source);
  for (auto &player : model.game->players) {
    own(player->objectiveGraph);
    own(player->update);
  }
  for (Metric &metric : model.game->metrics)
    own(metric.graph);
}

std::unique_ptr<Model> Elaborator::run(const syntax::Module &main) {
  loadLibrary();
  std::vector<std::string> stack;
  if (main.file) {
    stack.push_back(std::filesystem::path(main.file->path).lexically_normal().string());
    imported.insert(stack.back());
  }
  loadModule(main, stack, true);
  applyDefines();
  Context none;
  Scope empty;
  context = &none;
  scope = &empty;
  batchSize();
  if (!userNames.count("batch"))
    model->constants.emplace_back("batch", std::to_string(batch));
  for (const Decl *decl : constants) {
    Value value = global(userNames.find(decl->name.text)->second, decl->name.range);
    if (!value.isError())
      model->constants.emplace_back(decl->name.text, printValue(value));
  }
  for (const Decl *decl : networks)
    elaborate(networkEntry(*decl));
  const auto &list = games.empty() ? importedGames : games;
  if (list.size() > 1)
    error(list[1]->name.range, "a file has one game")
        .note(list[0]->name.range, "the first is here")
        .help("networks and layers may be shared: put them into a file that both import");
  else if (list.size() == 1)
    elaborateGame(*list[0]);
  finishNetworks();
  own(*model);
  context = nullptr;
  scope = nullptr;
  return std::move(model);
}

std::unique_ptr<Model> analyze(const syntax::Module &module, syntax::SourceManager &sources,
                               const Options &options, syntax::Diagnostics &diagnostics) {
  return Elaborator(sources, options, diagnostics).run(module);
}

} // namespace agon::sema
