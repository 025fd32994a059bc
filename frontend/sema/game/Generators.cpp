//===- Generators.cpp - What `sample` and `apply` can run ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/Generators.h"
#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace agon::sema {

using Networks = std::set<const Network *>;

/// What a value is made of, as far as `sample` cares.
struct Origin {
  bool data = false;  ///< Data other than labels, or what imitates it already: D(G(z)) makes no generator of D.
  bool noise = false; ///< Noise, besides labels and what all samples share.
};

static Origin originOf(const Node *root, const Networks &imitators) {
  std::vector<const Node *> work{root};
  std::unordered_set<const Node *> seen;
  Origin origin;
  while (!work.empty()) {
    const Node *node = work.back();
    work.pop_back();
    if (!seen.insert(node).second)
      continue;
    work.insert(work.end(), node->operands.begin(), node->operands.end());
    origin.data |= node->op == Op::Apply && imitators.count(node->network());
    if (node->op != Op::Use)
      continue;
    origin.data |= node->variable()->kind == Variable::Data && node->variable()->type.element != Element::Label;
    origin.noise |= node->variable()->kind == Variable::Noise;
    if (node->variable()->kind == Variable::Let)
      work.push_back(node->variable()->result);
  }
  return origin;
}

static bool isLabelData(const Node *node) {
  return node->op == Op::Use && node->variable()->kind == Variable::Data &&
         node->variable()->type.element == Element::Label;
}

static bool isDirect(const Node *node) {
  return isLabelData(node) || (node->op == Op::Use && node->variable()->kind == Variable::Noise);
}

/// The expression below a node, in a graph of its own.
static Node *copy(const Node *node, Graph &graph, std::unordered_map<const Node *, Node *> &made) {
  if (auto it = made.find(node); it != made.end())
    return it->second;
  auto fresh = std::make_unique<Node>(*node);
  for (Node *&operand : fresh->operands)
    operand = copy(operand, graph, made);
  fresh->graph = &graph;
  Node *result = fresh.get();
  graph.nodes.push_back(std::move(fresh));
  return made[node] = result;
}

/// The data that a network of one input can be applied to: what it is applied to, or else the first data of its input's
/// shape; D(G(z)) makes D a critic of the data that G imitates.
static const Variable *recordsFor(const Game &game, const Node *application) {
  if (application->operands.size() != 1)
    return nullptr;
  const Node *operand = application->operands[0];
  if (!operand->type.batched || operand->type.element != Element::Real)
    return nullptr;
  auto takes = [](const Variable *variable, const Type &type) {
    return variable->kind == Variable::Data && variable->type.element == Element::Real &&
           variable->type.shape == type.shape;
  };
  if (operand->op == Op::Use && takes(operand->variable(), operand->type))
    return operand->variable();
  for (const auto &variable : game.variables)
    if (takes(variable.get(), operand->type))
      return variable.get();
  return nullptr;
}

/// Adds the networks that records of one data field are enough for, behind the generators, which are none of them.
static void findApplied(Game &game) {
  Networks found;
  for (const Generator &generator : game.generators)
    found.insert(generator.network);
  auto visit = [&](const Graph &graph) {
    for (const auto &node : graph.nodes) {
      if (node->op != Op::Apply || found.count(node->network()))
        continue;
      const Variable *records = recordsFor(game, node.get());
      if (!records)
        continue;
      const std::vector<Type> &results = node->form()->results;
      auto drawn = std::find_if(results.begin(), results.end(),
                                [](const Type &type) { return type.batched && type.element == Element::Real; });
      if (drawn == results.end())
        continue;
      found.insert(node->network());
      game.generators.push_back({node->network(), node->form(), {records}, drawn - results.begin(), nullptr});
    }
  };
  for (const auto &variable : game.variables)
    visit(variable->graph);
  for (const auto &player : game.players)
    visit(player->objectiveGraph);
  for (const auto &move : game.moves)
    visit(move->graph);
  for (const Metric &metric : game.metrics)
    visit(metric.graph);
}

void findGenerators(Game &game) {
  Networks found, imitators;
  std::vector<std::unique_ptr<Variable>> hidden;
  auto visit = [&](const Graph &graph, bool direct) {
    for (const auto &node : graph.nodes) {
      if (node->op != Op::Apply || node->operands.empty() || found.count(node->network()))
        continue;
      const std::vector<Type> &results = node->form()->results;
      auto drawn = std::find_if(results.begin(), results.end(), [](const Type &type) { return type.batched; });
      if (drawn == results.end())
        continue;
      bool noise = false, fits = true;
      for (const Node *operand : node->operands) {
        Origin origin = originOf(operand, imitators);
        noise |= origin.noise;
        fits &= direct ? isDirect(operand) : !origin.data;
      }
      if (!fits || !noise)
        continue;
      Generator generator;
      generator.network = node->network();
      generator.form = node->form();
      generator.result = drawn - results.begin();
      for (const auto &variable : game.variables) {
        if (variable->kind != Variable::Data || variable->type.element != Element::Real)
          continue;
        for (size_t i = 0; i < results.size() && !generator.imitates; ++i)
          if (results[i].batched && elementCount(results[i].shape) == elementCount(variable->type.shape)) {
            generator.imitates = variable.get();
            generator.result = int64_t(i);
          }
      }
      // G(concat(z, c)) samples as G(z) does; but only what imitates data is
      // worth a variable of its own.
      if (!direct && !generator.imitates)
        continue;
      for (size_t i = 0; i < node->operands.size(); ++i) {
        const Node *operand = node->operands[i];
        if (operand->op == Op::Use) {
          generator.inputs.push_back(operand->variable());
          continue;
        }
        auto variable = std::make_unique<Variable>();
        variable->kind = Variable::Let;
        variable->name = fmt::format("{}.{}", node->network()->name, node->network()->argumentNames[i]);
        variable->range = operand->range;
        variable->type = operand->type;
        std::unordered_map<const Node *, Node *> made;
        variable->result = copy(operand, variable->graph, made);
        generator.inputs.push_back(variable.get());
        hidden.push_back(std::move(variable));
      }
      found.insert(node->network());
      if (generator.imitates)
        imitators.insert(node->network());
      game.generators.push_back(std::move(generator));
    }
  };
  for (bool direct : {true, false}) {
    for (const auto &variable : game.variables)
      visit(variable->graph, direct);
    for (const auto &player : game.players)
      visit(player->objectiveGraph, direct);
    for (const Metric &metric : game.metrics)
      visit(metric.graph, direct);
  }
  for (auto &variable : hidden)
    game.variables.push_back(std::move(variable));
  // What imitates the data comes first: it is what `sample` draws.
  std::stable_sort(game.generators.begin(), game.generators.end(),
                   [](const Generator &a, const Generator &b) { return a.imitates && !b.imitates; });
  findApplied(game);
}

} // namespace agon::sema
