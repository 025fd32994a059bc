//===- Networks.h - Networks, twice: training and sampling -----*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_EVAL_NETWORKS_H
#define AGON_FRONTEND_SEMA_EVAL_NETWORKS_H

#include "frontend/sema/eval/Evaluator.h"

namespace agon::sema {

/// The networks of a program, each elaborated as it is applied.
class Networks : public Reporting {
public:
  explicit Networks(Evaluator &e) : Reporting(e.reporter), e(e), graph(e.graph) {}

  NetworkEntry &entry(const Decl &decl);
  /// As the game applies it, or, if nothing has applied it yet, with all inputs batched.
  bool elaborate(NetworkEntry &entry);
  /// With its own weights, or with those of an average.
  Value apply(NetworkEntry &entry, std::vector<ArgValue> &args, SourceRange at, const Average *average = nullptr);
  /// `average(G)(z)`
  Value applyAverage(const Ident &name, std::vector<ArgValue> &args, SourceRange at);
  /// The index of the parameter or state `path` ("dense_0.W") of the network; none after an error.
  std::optional<int64_t> storage(NetworkEntry &entry, const std::string &path, SourceRange at);
  /// `G.dense_0.W` in an expression of the game.
  Value parameter(const Decl &decl, std::string_view path, SourceRange at);

  /// The user's, in order of declaration.
  const std::vector<const Decl *> &declared() const { return e.names.networks; }

  Evaluator &e;
  std::map<const Decl *, NetworkEntry> entries;
  /// Of the game, by their names, with the networks that they follow.
  std::map<std::string, std::pair<const Average *, const Decl *>> averages;

private:
  template <typename Body> bool asNetwork(NetworkEntry &entry, Body &&body);
  bool declareInputs(NetworkEntry &entry);
  /// As it is applied to arguments of these types at `at`; null after an error.
  const Form *elaborate(NetworkEntry &entry, const std::vector<Type> &arguments, SourceRange at);
  bool elaborateBody(NetworkEntry &entry, Form &form, bool training);
  bool joinResults(Form &form);
  Node *operand(const NetworkEntry &entry, size_t slot, const ArgValue &arg);
  Value applied(const Applied &what, const std::vector<Node *> &operands);

  GraphBuilder &graph;
};

} // namespace agon::sema
#endif
