//===- Arithmetic.h - Arithmetic on values and nodes -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GRAPH_ARITHMETIC_H
#define AGON_FRONTEND_SEMA_GRAPH_ARITHMETIC_H

#include "frontend/sema/graph/Tensors.h"

namespace agon::sema {

/// Arithmetic: numbers are computed, tensors become nodes. `at` is the place of
/// the operator, `aAt` and `bAt` those of the operands.
class Arithmetic : public Tensors {
public:
  using Tensors::Tensors;

  // Elementwise.cpp
  Value unary(Op op, const Value &value, SourceRange at, std::string_view name);
  Value elementwise(Op op, Value a, Value b, SourceRange at, std::string_view verb, SourceRange aAt = {},
                    SourceRange bAt = {});

  // Operators.cpp
  Value binary(syntax::BinaryOp op, Value a, Value b, SourceRange at, SourceRange aAt = {}, SourceRange bAt = {});
  Value select(const Value &condition, const Value &a, const Value &b, SourceRange at);

private:
  // Elementwise.cpp
  Value ofNumbers(Op op, const Value &a, const Value &b, SourceRange at, std::string_view verb);
  std::optional<Element> commonElement(Op op, const Value &a, const Value &b, const Node *x, const Node *y,
                                       SourceRange at, std::string_view verb);
  std::optional<Shape> commonShape(Op op, const Node *x, const Node *y, SourceRange at, std::string_view verb);
  // Operators.cpp
  Value power(const Value &a, const Value &b, SourceRange at);
};

} // namespace agon::sema
#endif
