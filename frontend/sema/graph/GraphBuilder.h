//===- GraphBuilder.h - All that makes nodes -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GRAPH_GRAPHBUILDER_H
#define AGON_FRONTEND_SEMA_GRAPH_GRAPHBUILDER_H

#include "frontend/sema/graph/Arithmetic.h"

namespace agon::sema {

/// The graph under construction, as built-in functions and the evaluator see
/// it. Each layer below it knows only those below itself: Emitter, Shaper,
/// Tensors, Arithmetic.
class GraphBuilder : public Arithmetic {
public:
  using Arithmetic::Arithmetic;

  /// One draw of `type` from a distribution.
  Node *draw(const Value &distribution, const Type &type, SourceRange at);

private:
  Node *random(RandomKind kind, const Type &type);
  Node *affine(Node *base, const Value &shift, const Value &factor, const Type &type, SourceRange at);
  Value truncated(const Type &real, SourceRange at);
  Node *category(const Value &weights, const Type &type, SourceRange at);
};

} // namespace agon::sema
#endif
