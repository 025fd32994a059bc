//===- Sema.cpp - Syntax tree to elaborated model ---------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Sema.h"
#include "frontend/sema/eval/Applications.h"
#include "frontend/sema/eval/BodyNames.h"
#include "frontend/sema/game/GameElaborator.h"
#include "frontend/sema/game/Ownership.h"
#include <unordered_set>

namespace agon::sema {

/// Removes what no root needs, and tells the nodes their graph's final place.
static void finish(Graph &graph, std::vector<const Node *> work) {
  std::unordered_set<const Node *> live;
  while (!work.empty()) {
    const Node *node = work.back();
    work.pop_back();
    if (node && live.insert(node).second)
      work.insert(work.end(), node->operands.begin(), node->operands.end());
  }
  std::erase_if(graph.nodes,
                [&](const std::unique_ptr<Node> &node) { return node->op != Op::Argument && !live.count(node.get()); });
  for (auto &node : graph.nodes)
    node->graph = &graph;
}

static void finish(Graph &graph, const std::vector<Node *> &roots) {
  finish(graph, std::vector<const Node *>(roots.begin(), roots.end()));
}

static void finish(Graph &graph, Node *root) { finish(graph, std::vector<const Node *>{root}); }

static void finish(Network &network) {
  for (auto &form : network.forms)
    for (Function *function : {&form->training, &form->sampling}) {
      std::vector<Node *> roots = function->results;
      for (const Function::Write &write : function->writes)
        roots.push_back(write.value);
      finish(function->graph, roots);
    }
  for (Storage &storage : network.storages)
    finish(storage.init, storage.initial);
}

static void finish(Game &game) {
  for (auto &variable : game.variables)
    finish(variable->graph, variable->result);
  for (Group &group : game.groups)
    finish(group.source, group.sourceResults);
  for (auto &player : game.players) {
    finish(player->objectiveGraph, player->objective);
    std::vector<Node *> roots = player->newWeights;
    roots.insert(roots.end(), player->newSlots.begin(), player->newSlots.end());
    finish(player->update, roots);
  }
  for (Metric &metric : game.metrics)
    finish(metric.graph, metric.result);
}

std::unique_ptr<Model> analyze(const syntax::Module &module, syntax::SourceManager &sources, const Options &options,
                               syntax::Diagnostics &diagnostics) {
  auto model = std::make_unique<Model>();
  Reporter reporter(diagnostics);
  Declarations names(sources, options, reporter);
  GraphBuilder graph(reporter);
  Evaluator evaluator(graph, names);
  Networks networks(evaluator);
  Applications applications(networks);
  GameForms forms(evaluator);
  evaluator.applications = &applications;
  evaluator.forms = &forms;

  names.load(module);
  Context none;
  Scope empty;
  Evaluator::Within within(evaluator, none, empty);
  evaluator.readBatch();
  if (!names.userNames.count("batch"))
    model->constants.emplace_back("batch", std::to_string(graph.batch));
  for (const Decl *decl : names.constants) {
    Value value = evaluator.global(names.userNames.find(decl->name.text)->second, decl->name.range);
    if (!value.isError())
      model->constants.emplace_back(decl->name.text, printValue(value));
  }
  const auto &list = names.games.empty() ? names.importedGames : names.games;
  if (list.size() > 1)
    reporter.error(list[1]->name.range, "a file has one game")
        .note(list[0]->name.range, "the first is here")
        .help("networks and layers may be shared: put them into a file that both import");
  else if (list.size() == 1)
    GameElaborator(networks, forms, *model).elaborate(*list[0]);
  // What nothing applies is checked too.
  for (const Decl *decl : names.networks)
    networks.elaborate(networks.entry(*decl));
  for (const Decl *decl : names.own)
    if (!reporter.exhausted)
      checkBodyNames(evaluator, *decl);
  // With errors the model is not for use, and may be full of holes.
  if (!diagnostics.hasErrors()) {
    for (auto &entry : networks.entries)
      finish(*entry.second.network);
    if (model->game)
      finish(*model->game);
  }
  Ownership(networks, *model).finishNetworks();
  return model;
}

} // namespace agon::sema
