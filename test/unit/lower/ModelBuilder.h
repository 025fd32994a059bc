//===- ModelBuilder.h - Elaborated models by hand ---------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_UNIT_LOWER_MODELBUILDER_H
#define AGON_TEST_UNIT_LOWER_MODELBUILDER_H

#include "frontend/lower/Lower.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/raw_ostream.h"

namespace agon::test {

inline sema::Type sample(sema::Shape shape) { return {sema::Element::Real, true, std::move(shape), 0}; }
inline sema::Type whole(sema::Shape shape) { return {sema::Element::Real, false, std::move(shape), 0}; }

/// Appends a node to `graph`; a draw is uniform unless told otherwise.
inline sema::Node *node(sema::Graph &graph, sema::Op op, sema::Type type, std::vector<sema::Node *> operands = {}) {
  graph.nodes.push_back(std::make_unique<sema::Node>());
  sema::Node *result = graph.nodes.back().get();
  result->op = op;
  result->type = std::move(type);
  result->operands = std::move(operands);
  if (op == sema::Op::Random)
    result->details = sema::RandomKind::Uniform;
  return result;
}

/// A game of batch 4 with data x: [2].
inline sema::Model emptyGame() {
  sema::Model model;
  sema::Game &game = model.game.emplace();
  game.name = "toy";
  game.batch = 4;
  game.playText = "{ }";
  auto x = std::make_unique<sema::Variable>();
  x->kind = sema::Variable::Data;
  x->name = "x";
  x->type = sample({2});
  x->group = 0;
  sema::Group group;
  group.name = "x";
  group.fields = {x.get()};
  game.groups.push_back(std::move(group));
  game.variables.push_back(std::move(x));
  return model;
}

/// A let called `name` whose graph is still to be written.
inline sema::Variable &let(sema::Model &model, std::string name, sema::Type type) {
  auto variable = std::make_unique<sema::Variable>();
  variable->kind = sema::Variable::Let;
  variable->name = std::move(name);
  variable->type = std::move(type);
  model.game->variables.push_back(std::move(variable));
  return *model.game->variables.back();
}

/// The lowered module as text; what went wrong if it does not verify.
inline std::string print(const sema::Model &model, LowerOptions options = {}) {
  mlir::MLIRContext context;
  std::string text;
  llvm::raw_string_ostream stream(text);
  context.getDiagEngine().registerHandler(
      [&](mlir::Diagnostic &diagnostic) { stream << "error: " << diagnostic << "\n"; });
  options.sourceName = "toy.agon";
  if (mlir::OwningOpRef<mlir::ModuleOp> module = lower(model, context, options))
    module->print(stream);
  return text;
}

/// A let whose value is built from the data x: [2] and, where asked for, draws; printed.
struct Let {
  explicit Let(sema::Type type) : variable(let(model, "v", std::move(type))) {}

  sema::Node *x() {
    sema::Node *use = node(graph(), sema::Op::Use, sample({2}));
    use->details = model.game->variables.front().get();
    return use;
  }
  sema::Node *draw(sema::Type type) { return node(graph(), sema::Op::Random, std::move(type)); }
  sema::Node *add(sema::Op op, sema::Type type, std::vector<sema::Node *> operands) {
    return node(graph(), op, std::move(type), std::move(operands));
  }
  std::string text(LowerOptions options = {}) {
    variable.result = graph().nodes.back().get();
    return print(model, options);
  }
  sema::Graph &graph() { return variable.graph; }

  sema::Model model = emptyGame();
  sema::Variable &variable;
};

} // namespace agon::test
#endif
