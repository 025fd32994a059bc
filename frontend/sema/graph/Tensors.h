//===- Tensors.h - Values as tensors ---------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GRAPH_TENSORS_H
#define AGON_FRONTEND_SEMA_GRAPH_TENSORS_H

#include "frontend/sema/graph/Shaper.h"
#include "frontend/sema/graph/Value.h"

namespace agon::sema {

/// Makes tensors, axes and shapes of values.
class Tensors : public Shaper {
public:
  using Shaper::Shaper;

  Node *toTensor(const Value &value, SourceRange at);
  /// Of real numbers: truth values are 0 and 1, and labels an error.
  Node *toReal(const Value &value, SourceRange at);
  /// A label where only numbers can be: `message`, or the argument that it is of what the user applied.
  Diagnostic &notNumbers(SourceRange at, const Node *label, std::string message);
  /// The axes of `rank` that a whole number, a list of such, or `all` names.
  std::optional<std::vector<int64_t>> axes(const Value &value, size_t rank, SourceRange at);
  /// The one axis that a whole number names.
  std::optional<int64_t> axis(const Value &value, size_t rank, SourceRange at);
  std::optional<Shape> shapeOf(const Value &value, SourceRange at);
  Value expectation(const Value &value, SourceRange at);
  /// The derivative of `top`, a tensor of real numbers, with respect to `x`.
  Value gradient(Node *top, const Value &x, SourceRange at, SourceRange yAt, SourceRange xAt);
};

} // namespace agon::sema
#endif
