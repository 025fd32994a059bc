//===- OptimizerRun.cpp - What a chain of optimizers works on -------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/OptimizerRun.h"

namespace agon::sema {

Value OptimizerRun::read(int64_t index, SourceRange) {
  if (size_t(index) >= hypers.size())
    return {};
  HyperArg &arg = hypers[index];
  if (judging)
    judging->push_back(index);
  else
    arg.read = true;
  if (plainly)
    return arg.value;
  if (!arg.node) {
    Type type{Element::Hyper, false, {}, 0};
    Node *expression = arg.value.isTensor() ? graph.convert(arg.value.node(), Element::Hyper)
                                            : graph.constant(arg.value.number(), type);
    arg.node = graph.make(Op::Hyper, type, {expression});
    if (!arg.node)
      return {};
  }
  return Value::ofTensor(arg.node);
}

} // namespace agon::sema
