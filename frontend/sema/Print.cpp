//===- Print.cpp - The model as text ----------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Print.h"
#include <fmt/format.h>
#include <unordered_map>

namespace agon::sema {

/// A tensor's type, for whatever has one: "batch real[2]".
static std::string typeText(const Type &type) {
  std::string element;
  switch (type.element) {
  case Element::Real:
    element = "real";
    break;
  case Element::Hyper:
    element = "hyper";
    break;
  case Element::Label:
    element = fmt::format("class({})", type.classes);
    break;
  case Element::Bool:
    element = "bool";
    break;
  }
  return fmt::format("{}{}{}", type.batched ? "batch " : "", element, printShape(type.shape));
}

/// The number of each node, by which lines name it: %3.
using Names = std::unordered_map<const Node *, size_t>;

/// What a node is beside its operation, its operands and its type: " axis=1", in the words of `print`.
static std::string attributes(const Node &node, const VariableNumbers &numbers) {
  std::string text;
  auto list = [&](std::string_view name, const std::vector<int64_t> &values) {
    if (!values.empty())
      text += fmt::format(" {}=[{}]", name, fmt::join(values, ", "));
  };
  switch (node.op) {
  case Op::Constant:
    return fmt::format(" {}", node.value());
  case Op::Table:
    return fmt::format(" [{}]", fmt::join(node.values(), ", "));
  case Op::Argument:
  case Op::Result:
  case Op::Hyper:
  case Op::Weight:
  case Op::Cotangent:
  case Op::Slot:
    return fmt::format(" #{}", node.index());
  case Op::Loss:
  case Op::Advance:
    return fmt::format(" player={} move={} round={}", node.moving().player, node.moving().move, node.moving().round);
  case Op::Read:
    return fmt::format(" {}.{}", node.network()->name, node.network()->storages[node.storage()].path);
  case Op::Use:
  case Op::DataMean: {
    auto number = numbers.find(node.variable());
    return number == numbers.end() ? " " + node.variable()->name : fmt::format(" #{}", number->second);
  }
  case Op::Apply:
    return fmt::format(" {}{}", node.network()->name, node.average() ? " average " + node.average()->name : "");
  case Op::Random:
    return node.random() == RandomKind::Uniform  ? " uniform"
           : node.random() == RandomKind::Normal ? " normal"
                                                 : " categorical";
  case Op::Iota:
  case Op::Concat:
  case Op::Gather:
  case Op::ScatterAdd:
    return fmt::format(" axis={}", node.axis());
  case Op::CumSum:
    return fmt::format(" axis={}{}", node.axis(), node.reversed() ? " reverse" : "");
  default:
    break;
  }
  list("axes", node.axes());
  if (node.overBatch())
    text += " over_batch";
  list("starts", node.starts());
  list("sizes", node.sizes());
  list("strides", node.strides());
  list("dilations", node.dilations());
  if (node.groups() != 1)
    text += fmt::format(" groups={}", node.groups());
  if (node.op == Op::Pad && node.value() != 0)
    text += fmt::format(" value={}", node.value());
  list("lhs_batch", node.lhsBatch());
  list("rhs_batch", node.rhsBatch());
  list("lhs", node.lhsAxes());
  list("rhs", node.rhsAxes());
  return text;
}

/// A line for each node of `graph`; whoever printed it names results by the numbers returned.
static Names printGraph(std::string &out, const Graph &graph, std::string_view indent,
                        const VariableNumbers &numbers = {}) {
  Names names;
  for (const auto &node : graph.nodes) {
    size_t number = names.size();
    names[node.get()] = number;
    std::vector<std::string> operands;
    for (const Node *operand : node->operands)
      operands.push_back(names.count(operand) ? fmt::format("%{}", names[operand]) : "%?");
    out += fmt::format("{}%{} = {}{}({}) : {}\n", indent, number, opName(node->op), attributes(*node, numbers),
                       fmt::join(operands, ", "), typeText(node->type));
  }
  return names;
}

/// Nodes by their numbers, for the lines below a graph: "%3, %5".
static std::string refs(const Names &names, const std::vector<Node *> &nodes) {
  std::vector<std::string> text;
  for (const Node *node : nodes) {
    auto it = names.find(node);
    text.push_back(it == names.end() ? "%?" : fmt::format("%{}", it->second));
  }
  return fmt::format("{}", fmt::join(text, ", "));
}

void print(std::string &out, const Network &network, const Function &function) {
  Names names = printGraph(out, function.graph, "    ");
  for (const Function::Write &write : function.writes)
    out += fmt::format("    {} <- {}\n", network.storages[write.storage].path, refs(names, {write.value}));
  out += fmt::format("    return {}\n", refs(names, function.results));
}

void print(std::string &out, const Storage &storage) {
  out += fmt::format("  {} {} : {}\n", storage.isState ? "state" : "param", storage.path, typeText(storage.type));
  Names names = printGraph(out, storage.init, "    ");
  out += fmt::format("    initial {}\n", refs(names, {storage.initial}));
}

void print(std::string &out, const Group &group) {
  if (!group.hasSource)
    return;
  Names names = printGraph(out, group.source, "    ");
  out += fmt::format("    yield {}\n", refs(names, group.sourceResults));
  for (const auto &mode : group.modes)
    out += fmt::format("    mode [{:.6g}] within {:.6g}\n", fmt::join(mode, ", "), group.modeRadius);
}

void print(std::string &out, const Variable &variable, const VariableNumbers &numbers) {
  static constexpr std::string_view kinds[] = {"data", "noise", "let"};
  out += fmt::format("  {} {} : {}{}\n", kinds[variable.kind], numbers.count(&variable) ? "" : variable.name,
                     typeText(variable.type),
                     variable.hasRange ? fmt::format(" in ({}, {})", variable.low, variable.high) : "");
  if (!variable.result)
    return;
  Names names = printGraph(out, variable.graph, "    ", numbers);
  out += fmt::format("    yield {}\n", refs(names, {variable.result}));
}

void printObjective(std::string &out, const Graph &graph, Node *objective, const VariableNumbers &numbers) {
  Names names = printGraph(out, graph, "    ", numbers);
  out += fmt::format("    objective {}\n", refs(names, {objective}));
}

void printUpdate(std::string &out, const Player &player) {
  for (size_t i = 0; i < player.parameters.size(); ++i)
    out += fmt::format("    parameter #{} {}.{}\n", i, player.parameters[i].network->name,
                       player.parameters[i].network->storages[player.parameters[i].storage].path);
  for (size_t i = 0; i < player.hypers.size(); ++i)
    out += fmt::format("    hyper #{} {}\n", i, player.hypers[i].name);
  for (size_t i = 0; i < player.slots.size(); ++i)
    out += fmt::format("    slot #{} {} of #{} : {} = {}\n", i, player.slots[i].name, player.slots[i].parameter,
                       typeText(player.slots[i].type), player.slots[i].initial);
  for (const Player::Requirement &requirement : player.requirements)
    out += fmt::format("    requires {}\n", requirement.text);
  Names names = printGraph(out, player.update, "    ");
  out += fmt::format("    weights {}\n    slots {}\n", refs(names, player.newWeights), refs(names, player.newSlots));
}

void print(std::string &out, const Metric &metric, const VariableNumbers &numbers) {
  out += fmt::format("  metric {}\n", metric.name);
  Names names = printGraph(out, metric.graph, "    ", numbers);
  out += fmt::format("    yield {}\n", refs(names, {metric.result}));
}

std::string printTurn(const GameTurn &turn) {
  std::string out;
  Names names = printGraph(out, turn.graph, "    ");
  out += fmt::format("    rounds [{}] keeps [{}]\n    yield {}\n", fmt::join(turn.rounds, ", "),
                     fmt::join(turn.keeps, ", "), refs(names, turn.results));
  return out;
}

void printPlay(std::string &out, const Game &game) {
  for (size_t i = 0; i < game.memories.size(); ++i)
    out += fmt::format("  memory #{} {} : {} = {}\n", i, game.memories[i].name, typeText(game.memories[i].type),
                       game.memories[i].initial);
  for (size_t i = 0; i < game.turns.size(); ++i) {
    std::vector<std::string> movers;
    for (int64_t player : game.turns[i]->players)
      movers.push_back(game.players[player]->name);
    out += fmt::format("  turn #{} {}\n", i, fmt::join(movers, " & "));
    if (!game.turns[i]->results.empty())
      out += printTurn(*game.turns[i]);
  }
  std::vector<std::string> schedule;
  for (const Scheduled &each : game.schedule.turns)
    schedule.push_back(each.every == 1 ? std::to_string(each.turn) : fmt::format("{} every {}", each.turn, each.every));
  out += fmt::format("  schedule [{}]\n", fmt::join(schedule, ", "));
  for (const Repeated &each : game.schedule.repeats) {
    out += fmt::format("  repeat {} from {} on\n", each.length, each.first);
    Names names = printGraph(out, game.rounds[each.rounds]->graph, "    ");
    out += fmt::format("    rounds {}\n", refs(names, {game.rounds[each.rounds]->result}));
  }
}

/// The game, for the whole model: its parts as they stand alone, each under a line that names it.
static void printGame(std::string &out, const Game &game) {
  out += fmt::format("game {} batch={}\n", game.name, game.batch);
  for (const Group &group : game.groups) {
    out += fmt::format("  group {}{}\n", group.name, group.hasSource ? " ~ " + group.sourceText : "");
    print(out, group);
  }
  for (const auto &variable : game.variables)
    print(out, *variable);
  for (const auto &player : game.players) {
    std::vector<std::string> owned;
    for (const Network *network : player->owned)
      owned.push_back(network->name);
    out += fmt::format("  player {}({}) {} with {}\n", player->name, fmt::join(owned, ", "),
                       player->maximizes ? "maximizes" : "minimizes", player->optimizer);
    printObjective(out, player->objectiveGraph, player->objective);
    printUpdate(out, *player);
  }
  for (const auto &average : game.averages) {
    out +=
        fmt::format("  average {} of {} with {}\n", average->name, average->network->name, average->update.optimizer);
    printUpdate(out, average->update);
  }
  for (const auto &move : game.moves) {
    out += fmt::format("  move {} {}\n", move->name, move->maximizes ? "maximizes" : "minimizes");
    printObjective(out, move->graph, move->objective);
  }
  for (const Metric &metric : game.metrics)
    print(out, metric);
  for (const Generator &generator : game.generators) {
    std::vector<std::string> inputs;
    for (const Variable *input : generator.inputs)
      inputs.push_back(input->name);
    out += fmt::format("  generator {}({}) #{}{}\n", generator.network->name, fmt::join(inputs, ", "), generator.result,
                       generator.imitates ? " imitates " + generator.imitates->name : "");
  }
  printPlay(out, game);
}

std::string print(const Model &model) {
  std::string out;
  for (const auto &[name, value] : model.constants)
    out += fmt::format("const {} = {}\n", name, value);
  for (const auto &network : model.networks) {
    out += fmt::format("network {}{}", network->name, network->signature);
    if (network->weights)
      out += fmt::format("{} from a file as {}", network->isFrozen() ? " frozen" : "", network->weights->name);
    out += "\n";
    for (const Storage &storage : network->storages)
      print(out, storage);
    for (const auto &form : network->forms) {
      out += fmt::format("  training{}:\n", form->suffix);
      print(out, *network, form->training);
      out += fmt::format("  sampling{}:\n", form->suffix);
      print(out, *network, form->sampling);
    }
  }
  if (model.game)
    printGame(out, *model.game);
  return out;
}

} // namespace agon::sema
