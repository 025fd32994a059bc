//===- Emitter.h - Making nodes ----------------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GRAPH_EMITTER_H
#define AGON_FRONTEND_SEMA_GRAPH_EMITTER_H

#include "frontend/sema/Diagnose.h"
#include "frontend/sema/graph/Context.h"

namespace agon::sema {

/// Makes nodes in the graph of the context at hand. Null stands for a value
/// that an error was given for; whatever is made of it is null too.
class Emitter : public Reporting {
public:
  using Reporting::Reporting;

  Node *make(Op op, Type type, std::vector<Node *> operands = {});
  Node *constant(double value, Type type);
  /// A node of another graph, in this one.
  Node *adopt(Node *node);
  Node *convert(Node *node, Element element);
  Node *broadcast(Node *node, const Type &type);

  /// Whether a tensor may have the shape; else says why not.
  bool checkShape(const Shape &shape, SourceRange at);
  /// Notes where a tensor's shape was decided.
  void noteOrigin(Diagnostic &diagnostic, const Node *node);

  int64_t batchSize() const { return batch; }

  Context *context = nullptr;
  int64_t batch = 64;

private:
  int64_t nodeCount = 0;
};

} // namespace agon::sema
#endif
