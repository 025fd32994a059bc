//===- PropagateLayouts.cpp - One activation layout for a whole network ---===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Decomposed convolutions compute with the channels last and hand their results
// on as transposed views, channels first, as the language has them. Here the
// transposition moves on, through everything that works as well in any order of
// the axes, until it meets its inverse before the next convolution.
//
// A value that is the transpose of another, v = transpose(stored, permutation),
// is *laid out*; the others are stored as they are. An operation is redone in a
// layout if one of its operands is laid out, or if its result is wanted in one,
// because a convolution reads it with the channels last.
//
// Filters are stored with the channels last, too (agon-store-cells): arguments
// come transposed, gradients leave contractions so, results are wanted so.
//===----------------------------------------------------------------------===//
#include "compiler/tensor/Passes.h"
#include "compiler/tensor/View.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace agon;
using tensors::isElementwise;

namespace agon::tensors {
#define GEN_PASS_DEF_AGONPROPAGATELAYOUTS
#include "compiler/tensor/Passes.h.inc"
} // namespace agon::tensors

namespace {

using Axes = SmallVector<int64_t>;

RankedTensorType tensorType(Value value) { return dyn_cast<RankedTensorType>(value.getType()); }

Axes inverse(ArrayRef<int64_t> permutation) {
  Axes result(permutation.size());
  for (auto [i, axis] : llvm::enumerate(permutation))
    result[axis] = i;
  return result;
}

/// `values` in another order: element i is values[order[i]].
Axes permuted(ArrayRef<int64_t> values, ArrayRef<int64_t> order) {
  return llvm::map_to_vector(order, [&](int64_t axis) { return values[axis]; });
}

/// [n, c, s...] of [n, s..., c].
bool isChannelsFirst(ArrayRef<int64_t> permutation) {
  int64_t rank = permutation.size();
  if (rank < 3 || permutation[0] != 0 || permutation[1] != rank - 1)
    return false;
  for (int64_t axis = 2; axis < rank; ++axis)
    if (permutation[axis] != axis - 1)
      return false;
  return true;
}

/// [o, c, k...] of [..., c, o], the taps in any order before the channels: a filter.
bool isFilter(ArrayRef<int64_t> permutation) {
  int64_t rank = permutation.size();
  return rank >= 3 && permutation[0] == rank - 1 && permutation[1] == rank - 2;
}

/// A value v = transpose(stored, permutation).
struct Layout {
  Value stored;
  Axes permutation;
};

class Propagation {
public:
  explicit Propagation(func::FuncOp function) : function(function), b(function.getContext()) {}

  unsigned run() {
    findWanted();
    for (Operation &op : llvm::make_early_inc_range(function.getBody().front())) {
      b.setInsertionPoint(&op);
      loc = op.getLoc();
      visit(&op);
    }
    return numMoved;
  }

private:
  void findWanted();
  void visit(Operation *op);
  void visit(TransposeOp op);
  void elementwise(Operation *op);
  void reshape(ReshapeOp op);
  void broadcast(BroadcastOp op);

  const Layout *layout(Value value) const {
    auto at = layouts.find(value);
    return at == layouts.end() ? nullptr : &at->second;
  }
  /// What `value` would be stored as under `permutation`.
  Value stored(Value value, ArrayRef<int64_t> permutation);
  /// Replaces the result of `op` by transpose(now, permutation).
  void replace(Operation *op, Value now, Axes permutation);
  /// The type with the axes in the order in which `permutation` stores them.
  RankedTensorType storedType(Type type, ArrayRef<int64_t> permutation) {
    auto tensor = cast<RankedTensorType>(type);
    return tensor.clone(permuted(tensor.getShape(), inverse(permutation)));
  }

  func::FuncOp function;
  OpBuilder b;
  Location loc = b.getUnknownLoc();
  DenseMap<Value, Layout> layouts;
  /// Permutations in which values that are not laid out yet are read.
  DenseMap<Value, Axes> wanted;
  unsigned numMoved = 0;
};

} // namespace

/// From convolutions backwards, through elementwise operations.
void Propagation::findWanted() {
  for (Operation &op : llvm::reverse(function.getBody().front())) {
    if (auto transpose = dyn_cast<TransposeOp>(op)) {
      Axes permutation = inverse(transpose.getPermutation());
      if (isChannelsFirst(permutation) || isFilter(permutation))
        wanted.try_emplace(transpose.getInput(), permutation);
      continue;
    }
    if (!isElementwise(&op))
      continue;
    auto at = wanted.find(op.getResult(0));
    if (at == wanted.end())
      continue;
    Axes permutation = at->second;
    for (Value operand : op.getOperands())
      if (tensorType(operand) && tensorType(operand).getRank() == int64_t(permutation.size()))
        wanted.try_emplace(operand, permutation);
  }
}

Value Propagation::stored(Value value, ArrayRef<int64_t> permutation) {
  if (const Layout *known = layout(value); known && known->permutation == permutation)
    return known->stored;
  RankedTensorType type = storedType(value.getType(), permutation);
  if (TypedAttr splat = tensors::splatValue(value))
    return arith::ConstantOp::create(b, loc, SplatElementsAttr::get(type, splat));
  return TransposeOp::create(b, loc, type, value, inverse(permutation));
}

void Propagation::replace(Operation *op, Value now, Axes permutation) {
  Value result = op->getResult(0), replacement = now;
  if (!llvm::is_sorted(permutation)) {
    replacement = TransposeOp::create(b, loc, now, permutation);
    layouts[replacement] = {now, permutation};
  }
  result.replaceAllUsesWith(replacement);
  op->erase();
  ++numMoved;
}

void Propagation::visit(TransposeOp op) {
  Axes own(op.getPermutation());
  const Layout *known = layout(op.getInput());
  if (!known) {
    // Of what comes with the channels first as an argument, a view is as good.
    if ((isChannelsFirst(own) && op.getInput().getDefiningOp()) || isFilter(own))
      layouts[op.getResult()] = {op.getInput(), own};
    return;
  }
  replace(op, known->stored, permuted(known->permutation, own));
}

void Propagation::elementwise(Operation *op) {
  Axes permutation;
  for (Value operand : op->getOperands())
    if (const Layout *known = layout(operand); known && permutation.empty())
      permutation = known->permutation;
  if (permutation.empty())
    if (auto at = wanted.find(op->getResult(0)); at != wanted.end())
      permutation = at->second;
  if (permutation.empty())
    return;
  IRMapping mapping;
  for (Value operand : op->getOperands())
    if (tensorType(operand) && tensorType(operand).getRank() == int64_t(permutation.size()))
      mapping.map(operand, stored(operand, permutation));
  Operation *clone = b.clone(*op, mapping);
  clone->getResult(0).setType(storedType(op->getResult(0).getType(), permutation));
  replace(op, clone->getResult(0), permutation);
}

/// A reshape that splits or joins axes does so in the layout; axes that are joined are brought together.
void Propagation::reshape(ReshapeOp op) {
  const Layout *known = layout(op.getInput());
  if (!known || op.getType().getNumElements() == 0)
    return;
  ArrayRef<int64_t> from = tensorType(op.getInput()).getShape(), to = op.getType().getShape();
  // For each axis before, the axes after with which it shares elements: groups of neighbours, of as
  // many elements before as after. Axes of length 1 join the group before them.
  struct Group {
    Axes from, to;
  };
  SmallVector<Group> groups;
  unsigned i = 0, j = 0;
  while (i < from.size()) {
    Group group;
    int64_t before = from[i], after = 1;
    group.from.push_back(i++);
    while (before != after || (j < to.size() && to[j] == 1)) {
      if (after < before || (before == after && j < to.size() && to[j] == 1)) {
        after *= to[j];
        group.to.push_back(j++);
      } else {
        before *= from[i];
        group.from.push_back(i++);
      }
    }
    groups.push_back(group);
  }
  if (j != to.size())
    return;
  // The groups in the order in which their first axes are stored, each with its axes side by side.
  llvm::stable_sort(groups, [&](const Group &a, const Group &b) {
    return known->permutation[a.from.front()] < known->permutation[b.from.front()];
  });
  Axes before, after;
  for (const Group &group : groups) {
    llvm::append_range(before, group.from);
    llvm::append_range(after, group.to);
  }
  Value input = known->stored;
  if (before != inverse(known->permutation))
    input = TransposeOp::create(b, loc, input, permuted(known->permutation, before));
  auto type = op.getType().clone(permuted(to, after));
  replace(op, ReshapeOp::create(b, loc, type, input), inverse(after));
}

/// New axes are stored after the one that they follow.
void Propagation::broadcast(BroadcastOp op) {
  const Layout *known = layout(op.getInput());
  if (!known)
    return;
  int64_t rank = op.getType().getRank();
  SmallVector<Axes> followers(known->permutation.size() + 1); // 0: before all
  int64_t last = 0;
  for (int64_t axis = 0; axis < rank; ++axis) {
    auto *at = llvm::find(op.getDims(), axis);
    if (at != op.getDims().end())
      last = at - op.getDims().begin() + 1;
    else
      followers[last].push_back(axis);
  }
  Axes order(followers[0]), dims;
  for (int64_t axis : inverse(known->permutation)) {
    dims.push_back(order.size());
    order.push_back(op.getDims()[axis]);
    llvm::append_range(order, followers[axis + 1]);
  }
  auto type = op.getType().clone(permuted(op.getType().getShape(), order));
  replace(op, BroadcastOp::create(b, loc, type, known->stored, dims), inverse(order));
}

void Propagation::visit(Operation *op) {
  if (auto transpose = dyn_cast<TransposeOp>(op))
    return visit(transpose);
  if (isElementwise(op))
    return elementwise(op);
  if (auto typed = dyn_cast<ReshapeOp>(op))
    return reshape(typed);
  if (auto typed = dyn_cast<BroadcastOp>(op))
    return broadcast(typed);
  if (op->getNumOperands() == 0 || op->getNumResults() != 1)
    return;
  const Layout *known = layout(op->getOperand(0));
  if (!known)
    if (auto concat = dyn_cast<ConcatOp>(op))
      for (Value input : concat.getInputs())
        known = known ? known : layout(input);
  if (!known)
    return;
  Axes permutation = known->permutation, order = inverse(permutation);
  Value input = known->stored;
  auto places = [&](ArrayRef<int64_t> axes) { // of logical axes among the stored ones
    return llvm::map_to_vector(axes, [&](int64_t axis) { return permutation[axis]; });
  };
  if (auto typed = dyn_cast<ReduceOp>(op)) {
    Axes kept, logical(permutation.size(), -1);
    int64_t next = 0;
    for (int64_t axis = 0; axis < int64_t(permutation.size()); ++axis)
      if (!llvm::is_contained(typed.getDims(), axis))
        logical[axis] = next++;
    for (int64_t axis : order)
      if (logical[axis] >= 0)
        kept.push_back(logical[axis]);
    Axes dims = places(typed.getDims());
    llvm::sort(dims);
    return replace(op, ReduceOp::create(b, loc, typed.getKind(), input, dims), inverse(kept));
  }
  RankedTensorType type = tensorType(op->getResult(0));
  if (auto typed = dyn_cast<SliceOp>(op))
    return replace(op,
                   SliceOp::create(b, loc, storedType(type, permutation), input, permuted(typed.getStarts(), order),
                                   permuted(typed.getStrides(), order)),
                   permutation);
  if (auto typed = dyn_cast<PadOp>(op))
    return replace(op,
                   PadOp::create(b, loc, storedType(type, permutation), input, permuted(typed.getStarts(), order),
                                 permuted(typed.getStrides(), order), typed.getValue()),
                   permutation);
  if (auto typed = dyn_cast<ModeProductOp>(op))
    return replace(op,
                   ModeProductOp::create(b, loc, storedType(type, permutation), input, places(typed.getDims()),
                                         typed.getMatrices()),
                   permutation);
  if (auto typed = dyn_cast<ReverseOp>(op))
    return replace(op, ReverseOp::create(b, loc, input.getType(), input, places(typed.getDims())), permutation);
  if (auto typed = dyn_cast<ConcatOp>(op)) {
    SmallVector<Value> inputs;
    for (Value each : typed.getInputs())
      inputs.push_back(stored(each, permutation));
    return replace(op, ConcatOp::create(b, loc, inputs, permutation[typed.getDim()]), permutation);
  }
  if (auto typed = dyn_cast<UnfoldOp>(op)) {
    // The windows' axes come last, in the layout too.
    for (unsigned i = 0; i < typed.getDims().size(); ++i)
      permutation.push_back(permutation.size());
    return replace(op,
                   UnfoldOp::create(b, loc, input, places(typed.getDims()), typed.getSizes(), typed.getStrides(),
                                    typed.getDilations()),
                   permutation);
  }
}

namespace {
struct PropagateLayoutsPass : tensors::impl::AgonPropagateLayoutsBase<PropagateLayoutsPass> {
  void runOnOperation() override {
    if (!getOperation().isExternal())
      numMoved += Propagation(getOperation()).run();
  }
};
} // namespace
