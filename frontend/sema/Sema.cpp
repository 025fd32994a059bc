//===- Sema.cpp - Syntax tree to elaborated model ---------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Sema.h"
#include "frontend/sema/Finish.h"
#include "frontend/sema/GivenNames.h"
#include "frontend/sema/eval/Applications.h"
#include "frontend/sema/eval/BodyNames.h"
#include "frontend/sema/game/GameElaborator.h"
#include "frontend/sema/game/Ownership.h"

namespace agon::sema {

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
  if (!names.userNames.count(given::batch))
    model->constants.emplace_back(given::batch, std::to_string(graph.batch));
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
    Finish finish(reporter, options.f64);
    for (auto &entry : networks.entries)
      finish.network(*entry.second.network);
    if (model->game)
      finish.game(*model->game);
  }
  Ownership(networks, *model).finishNetworks();
  return model;
}

} // namespace agon::sema
