//===- Operations.h - What the table of operations says ----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_OPERATIONS_H
#define AGON_FRONTEND_SEMA_OPERATIONS_H

#include <cstdint>
#include <string_view>

namespace agon::sema {

/// The closed set of operations: the rows of Operations.def, which says what each of them is.
enum class Op {
#define OPERATION(id, name, passes, lowering) id,
#define UNARY(id, name, passes, made, fold) id,
#define BINARY(id, name, passes, made, fold) id,
#define COMPARISON(id, name, real, label, sign) id,
#include "frontend/sema/Operations.def"
};

/// "contract", "reduce_max": an operation's name as print() spells it.
std::string_view opName(Op op);

/// The operands that a derivative passes.
enum class Passes {
  All,
  None,
  First,
  AllButFirst,
  UnlessLabel ///< All, but nothing where the result is a label.
};
Passes passesOf(Op op);

bool isComparison(Op op);

/// The value of an elementwise operation for numbers; `y` is the second operand's, if there is one.
double fold(Op op, double x, double y = 0);
/// Of a comparison, exactly.
bool compare(Op op, int64_t x, int64_t y);

} // namespace agon::sema
#endif
