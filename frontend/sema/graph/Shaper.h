//===- Shaper.h - Shapes, contractions, reductions -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GRAPH_SHAPER_H
#define AGON_FRONTEND_SEMA_GRAPH_SHAPER_H

#include "frontend/sema/graph/Emitter.h"

namespace agon::sema {

/// Makes what changes shapes.
class Shaper : public Emitter {
public:
  using Emitter::Emitter;

  /// The shape that both broadcast to, as NumPy has it; none if they do not.
  std::optional<Shape> broadcastShape(const Shape &a, const Shape &b);
  /// The type of all samples of a batched type together: unbatched, with the batch as its first axis.
  Type samplesType(Type type);
  Node *reshape(Node *node, Shape shape);
  Node *transpose(Node *node, std::vector<int64_t> permutation);
  Node *matmul(Node *a, Node *b, SourceRange at);
  Node *reduce(Op op, Node *node, std::vector<int64_t> axes, bool keep, bool overBatch);
  Node *scale(Node *node, double factor);
  Node *concat(std::vector<Node *> nodes, int64_t axis);
  Node *slice(Node *node, size_t axis, int64_t start, int64_t size);
};

} // namespace agon::sema
#endif
