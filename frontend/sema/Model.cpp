//===- Model.cpp - Shapes and types as text ---------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Model.h"
#include <fmt/format.h>

namespace agon::sema {

void Schedule::append(const Schedule &more) {
  for (const Repeated &each : more.repeats)
    repeats.push_back({each.first + int64_t(turns.size()), each.length, each.rounds});
  turns.insert(turns.end(), more.turns.begin(), more.turns.end());
}

std::string printShape(const Shape &shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

std::string printType(const Type &type) {
  switch (type.element) {
  case Element::Real:
    return printShape(type.shape);
  case Element::Hyper:
    return "a hyperparameter";
  case Element::Label:
    return type.shape.empty() ? fmt::format("class({})", type.classes)
                              : fmt::format("class({}) of shape {}", type.classes, printShape(type.shape));
  case Element::Bool:
    return fmt::format("a truth value of shape {}", printShape(type.shape));
  }
  return "";
}

const Function &Form::inTurns(const Network &network, const Average *average) const {
  return network.isFrozen() || average ? sampling : training;
}

int64_t elementCount(const Shape &shape) {
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  return count;
}

} // namespace agon::sema
