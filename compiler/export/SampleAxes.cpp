//===- SampleAxes.cpp - Which axes count the samples ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/export/SampleAxes.h"
#include "dialects/agon/Agon.h"
#include "dialects/agon/Axes.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace agon::exports {

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

SampleAxes::SampleAxes(func::FuncOp function, ArrayRef<Value> inputs) {
  unsigned count = 0;
  auto number = [&](Value value) {
    first[value] = count;
    count += unsigned(shapeOf(value).size());
  };
  Block &body = function.getBody().front();
  llvm::for_each(body.getArguments(), number);
  for (Operation &op : body)
    llvm::for_each(op.getResults(), number);
  classes.grow(count);
  for (Operation &op : body)
    relateAxes(
        op, [&](Value a, int64_t i, Value b, int64_t j) { classes.join(id(a, i), id(b, j)); },
        [&](Value value, int64_t axis) { uses.push_back({&op, id(value, axis)}); });
  classes.compress();
  for (Value input : inputs)
    if (!shapeOf(input).empty())
      samples.push_back(classes[id(input, 0)]);
  for (auto [op, axis] : uses)
    if (!mixer && llvm::is_contained(samples, classes[axis]))
      mixer = op;
}

bool SampleAxes::contains(Value value, int64_t axis) const {
  return llvm::is_contained(samples, classes[id(value, axis)]);
}

} // namespace agon::exports
