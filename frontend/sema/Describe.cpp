//===- Describe.cpp - What tells two versions of a model apart --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Describe.h"
#include "frontend/sema/GivenNames.h"
#include "frontend/sema/Print.h"
#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace agon::sema {
namespace {

/// What a graph reads, directly and through what it reads.
struct Reached {
  std::vector<const Variable *> variables; ///< Noises and definitions, in the order in which they are met.
  std::set<const Network *> networks;
  bool draws = false; ///< Random numbers.

  /// Adds what `graph` reads, for objectives and metrics.
  void add(const Graph &graph) {
    for (const auto &node : graph.nodes) {
      draws |= node->op == Op::Random;
      if (node->variable() && node->variable()->kind != Variable::Data &&
          std::find(variables.begin(), variables.end(), node->variable()) == variables.end()) {
        variables.push_back(node->variable());
        add(node->variable()->graph);
      }
      if (node->network() && networks.insert(node->network()).second) {
        for (const auto &form : node->network()->forms) {
          add(form->training.graph);
          add(form->sampling.graph);
        }
      }
    }
  }
};

/// Numbers variables that have none yet.
void number(const std::vector<const Variable *> &variables, VariableNumbers &numbers) {
  for (const Variable *variable : variables)
    numbers.try_emplace(variable, numbers.size());
}

/// What `print` appends, as a text of its own.
template <typename... Arguments> std::string printed(const Arguments &...arguments) {
  std::string out;
  print(out, arguments...);
  return out;
}

/// A network with its functions; `trained` where an objective uses it, so that its training function counts.
Part describe(const Network &network, bool trained) {
  Part part{fmt::format("network {}", network.name), network.text, {}, {}, network.name, {}};
  // Inputs count by their types, whatever they are called.
  auto inputs = [](const Form &form) {
    std::string text;
    for (const Type &type : form.arguments)
      text += printType(type) + (type.batched ? "; " : " shared; ");
    return text + "\n";
  };
  std::set<std::string> uses;
  for (const auto &form : network.forms) {
    part.meaning += inputs(*form) + printed(network, form->sampling);
    if (trained)
      part.training += inputs(*form) + printed(network, form->inTurns(network));
    for (const auto &node : form->sampling.graph.nodes)
      if (node->op == Op::Apply)
        uses.insert(node->network()->name);
  }
  for (const Storage &storage : network.storages)
    if (storage.initText.empty()) // else it is a part of its own
      part.training += printed(storage);
  part.uses.assign(uses.begin(), uses.end());
  return part;
}

/// A record group, written like the `data` line that declares it.
Part describe(const Group &group) {
  std::string fields;
  for (const Variable *field : group.fields) {
    std::string type = field->type.element == Element::Label ? fmt::format("class({})", field->type.classes) : "";
    if (type.empty() || !field->type.shape.empty())
      type = printShape(field->type.shape) + (type.empty() ? "" : " " + type);
    if (field->hasRange)
      type += fmt::format(" in ({}, {})", field->low, field->high);
    fields += fmt::format("{}{}: {}", fields.empty() ? "" : ", ", field->name, type);
  }
  return {fmt::format("data {}", group.name),
          group.hasSource ? fields + " ~ " + group.sourceText : fields,
          {},
          fields + "\n" + printed(group),
          {},
          {}};
}

} // namespace

std::vector<Part> describe(const Model &model) {
  const Game &game = *model.game;
  std::vector<Part> parts;
  std::string batch = fmt::format("{}", game.batch), play, order;
  for (const auto &[name, value] : model.constants)
    parts.push_back({fmt::format("constant {}", name), value, {}, name == given::batch ? batch : "", {}, {}});

  Reached training;
  for (const auto &player : game.players)
    training.add(player->objectiveGraph);
  for (const auto &move : game.moves)
    training.add(move->graph);
  VariableNumbers numbers;
  number(training.variables, numbers);
  for (const auto &network : model.networks) {
    parts.push_back(describe(*network, training.networks.count(network.get())));
    if (const auto &weights = network->weights)
      parts.push_back({fmt::format("the weights of {}", network->name),
                       weights->text,
                       {},
                       weights->frozen ? "frozen" : "read from a file",
                       {},
                       {}});
    for (const Storage &storage : network->storages)
      if (!storage.initText.empty())
        parts.push_back({fmt::format("the init of {}.{}", network->name, storage.path),
                         storage.initText,
                         {},
                         printed(storage),
                         {},
                         {}});
  }

  bool sources = false;
  for (const Group &group : game.groups) {
    parts.push_back(describe(group));
    sources |= group.hasSource;
    order += (order.empty() ? "" : "; ") + group.name;
  }
  parts.push_back({"order of the data lines", order, {}, order, {}, {}});
  for (const auto &variable : game.variables)
    if (numbers.count(variable.get()))
      parts.push_back(
          {fmt::format("{} {}", variable->kind == Variable::Noise ? "noise" : "definition of", variable->name),
           variable->text,
           {},
           printed(*variable, numbers),
           {},
           {}});
  for (const auto &player : game.players) {
    std::string goal = player->maximizes ? "maximizes" : "minimizes", objective = goal + "\n", update;
    printObjective(objective, player->objectiveGraph, player->objective, numbers);
    printUpdate(update, *player);
    parts.push_back(
        {fmt::format("objective of {}", player->name), goal + " " + player->objectiveText, {}, objective, {}, {}});
    parts.push_back({fmt::format("optimizer of {}", player->name), player->optimizer, {}, update, {}, {}});
  }
  for (const auto &move : game.moves) {
    std::string goal = move->maximizes ? "maximizes" : "minimizes", objective = goal + "\n";
    printObjective(objective, move->graph, move->objective, numbers);
    parts.push_back({fmt::format("objective of {}", move->name), goal + " " + move->text, {}, objective, {}, {}});
  }
  for (const auto &average : game.averages) {
    std::string update = average->network->name + "\n";
    printUpdate(update, average->update);
    parts.push_back({fmt::format("average {}", average->name),
                     fmt::format("of {} with {}", average->network->name, average->update.optimizer),
                     {},
                     update,
                     {},
                     {}});
  }
  printPlay(play, game);
  parts.push_back({"play", game.playText, {}, play, {}, {}});
  for (const Metric &metric : game.metrics) {
    Reached reached;
    reached.add(metric.graph);
    VariableNumbers known = numbers;
    number(reached.variables, known);
    // The random numbers of sources are counted on from those of the metrics.
    bool shifts = sources && reached.draws;
    parts.push_back(
        {fmt::format("metric {}{}", metric.name, shifts ? " (its draws shift those of the data's source)" : ""),
         metric.text,
         {},
         shifts ? printed(metric, known) : "",
         {},
         {}});
  }
  return parts;
}

} // namespace agon::sema
