//===- Operations.cpp - What the table of operations says -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Operations.h"
#include <algorithm>
#include <cmath>

namespace agon::sema {

namespace {

struct Row {
  std::string_view name;
  Passes passes;
};

} // namespace

static const Row &rowOf(Op op) {
  static constexpr Row rows[] = {
#define OPERATION(id, name, passes, lowering) {name, Passes::passes},
#define UNARY(id, name, passes, made, fold) {name, Passes::passes},
#define BINARY(id, name, passes, made, fold) {name, Passes::passes},
#define COMPARISON(id, name, real, label, sign) {name, Passes::None},
#include "frontend/sema/Operations.def"
  };
  return rows[size_t(op)];
}

std::string_view opName(Op op) { return rowOf(op).name; }

Passes passesOf(Op op) { return rowOf(op).passes; }

bool isComparison(Op op) {
  switch (op) {
#define COMPARISON(id, name, real, label, sign) case Op::id:
#include "frontend/sema/Operations.def"
    return true;
  default:
    return false;
  }
}

double fold(Op op, double x, double y) {
  switch (op) {
#define UNARY(id, name, passes, made, fold)                                                                            \
  case Op::id:                                                                                                         \
    return fold;
#define BINARY(id, name, passes, made, fold)                                                                           \
  case Op::id:                                                                                                         \
    return fold;
#define COMPARISON(id, name, real, label, sign)                                                                        \
  case Op::id:                                                                                                         \
    return x sign y;
#include "frontend/sema/Operations.def"
  default:
    return x;
  }
}

bool compare(Op op, int64_t x, int64_t y) {
  switch (op) {
#define COMPARISON(id, name, real, label, sign)                                                                        \
  case Op::id:                                                                                                         \
    return x sign y;
#include "frontend/sema/Operations.def"
  default:
    return false;
  }
}

} // namespace agon::sema
