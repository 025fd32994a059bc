//===- GuardBranches.cpp - Keep branches not taken out of derivatives -----===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/autodiff/Hazards.h"
#include "compiler/autodiff/Passes.h"
#include "compiler/autodiff/Rules.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetOperations.h"
#include "llvm/ADT/TypeSwitch.h"
#include <limits>

namespace agon::autodiff {
#define GEN_PASS_DEF_GUARDBRANCHES
#include "compiler/autodiff/Passes.h.inc"
} // namespace agon::autodiff

using namespace mlir;
using namespace agon;
using namespace agon::autodiff;

namespace {

//===----------------------------------------------------------------------===//
// What is differentiated
//===----------------------------------------------------------------------===//

bool isLocallyConstant(Operation *op) {
  auto pullback = dyn_cast<PullbackOpInterface>(op);
  return !pullback || pullback.isLocallyConstant();
}

/// The values of a block through which a derivative is taken: something that is differentiated depends on them, and
/// they on what it is differentiated with respect to, both by ways that a derivative passes.
DenseSet<Value> differentiatedValues(Block &block) {
  DenseSet<Value> asked, moving;
  auto passes = [](Operation *op) { return isa<GradientOp, DifferentiateOp>(op) || !isLocallyConstant(op); };
  for (Operation &op : llvm::reverse(block)) {
    auto ask = [&](ValueRange values) { asked.insert(values.begin(), values.end()); };
    if (auto gradient = dyn_cast<GradientOp>(op)) {
      ask(gradient.getY());
      moving.insert(gradient.getX());
    } else if (auto gradient = dyn_cast<DifferentiateOp>(op)) {
      ask(gradient.getValue());
      moving.insert(gradient.getWrt().begin(), gradient.getWrt().end());
    }
    if (passes(&op) && llvm::any_of(op.getResults(), [&](Value v) { return asked.contains(v); }))
      ask(op.getOperands());
  }
  for (Operation &op : block) {
    if (passes(&op) && llvm::any_of(op.getOperands(), [&](Value v) { return moving.contains(v); }))
      moving.insert(op.result_begin(), op.result_end());
  }
  llvm::set_intersect(asked, moving);
  return asked;
}

bool isReal(Value value) { return isa<FloatType>(getElementTypeOrSelf(value.getType())); }

/// Whether each element of the result stems from elements of the operands that `needOf` can name.
bool isFollowed(Operation *op) {
  if (op->getNumResults() != 1 || !isReal(op->getResult(0)) || isLocallyConstant(op))
    return false;
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return isa<RankedTensorType>(select.getCondition().getType());
  return isa<arith::ArithDialect, math::MathDialect>(op->getDialect()) ||
         isa<SigmoidOp, SoftplusOp, ReduceOp, BroadcastOp, ReshapeOp, TransposeOp, SliceOp, PadOp, ReverseOp, ConcatOp>(
             op);
}

//===----------------------------------------------------------------------===//
// One choice
//===----------------------------------------------------------------------===//

/// An operation that chooses among its operands, element by element: `select`, `max`, `min` and the reductions of these
/// names.
class Choice {
public:
  Choice(Operation *root, DenseSet<Value> &differentiated)
      : root(root), differentiated(differentiated), builder(root), emit(builder, root->getLoc()) {}

  /// Puts guards into what is chosen from; whether there was anything to guard. What nobody reads any more is erased,
  /// and noted in `erased`.
  bool guard(DenseSet<Operation *> &erased);

  static bool isOne(Operation *op) {
    if (auto reduce = dyn_cast<ReduceOp>(op))
      return reduce.getKind() != ReduceKind::Sum;
    if (auto select = dyn_cast<arith::SelectOp>(op))
      return isReal(select.getResult()) && isa<RankedTensorType>(select.getCondition().getType());
    return isa<arith::MaximumFOp, arith::MinimumFOp>(op);
  }

private:
  void findCone();
  Value taken(unsigned operand);
  Value needOf(Operation *op, unsigned operand, Value need);
  void require(Value value, Value need);
  void spreadNeeds();
  void copyGuarded(Operation *op);

  bool isRelevant(Value value) const { return relevant.contains(value.getDefiningOp()); }
  Value mapped(Value value) const { return copies.lookup_or(value, value); }
  Value negated(Value condition);
  Value both(Value a, Value b) { return emit.create<arith::AndIOp>(a, b); }
  /// Truth values as numbers and back: some operations on shapes know numbers alone.
  Value toNumbers(Value condition) {
    auto type = cast<RankedTensorType>(condition.getType());
    return emit.indicator(condition, type.clone(getElementTypeOrSelf(root->getResult(0))));
  }
  Value toTruth(Value numbers) {
    return emit.compare(arith::CmpFPredicate::OGT, numbers, emit.splat(0, numbers.getType()));
  }

  Operation *root;
  DenseSet<Value> &differentiated;
  OpBuilder builder;
  Emitter emit;
  SmallVector<Operation *> cone; ///< What is chosen from is made of, in program order.
  DenseMap<Operation *, SmallVector<Hazard>> hazards;
  DenseSet<Operation *> relevant; ///< Those of the cone that have a hazard behind or in them.
  DenseMap<Value, Value> needs;   ///< Where a value matters; null: everywhere.
  DenseMap<Value, Value> negations;
  DenseMap<Value, Value> copies;
};

/// Fills `cone`, `hazards` and `relevant`.
void Choice::findCone() {
  DenseSet<Operation *> seen;
  auto visit = [&](Value value) {
    Operation *op = value.getDefiningOp();
    if (op && op->getBlock() == root->getBlock() && isFollowed(op) && seen.insert(op).second)
      cone.push_back(op);
  };
  for (Value operand : root->getOperands())
    if (differentiated.contains(operand))
      visit(operand);
  for (size_t i = 0; i < cone.size(); ++i)
    llvm::for_each(cone[i]->getOperands(), visit);
  llvm::sort(cone, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });

  Degrees degrees;
  for (Operation *op : cone) {
    degrees[op->getResult(0)] = degreeOf(op, degrees);
    SmallVector<Hazard> found = hazardsOf(op, degrees, /*withRoots=*/isa<arith::SelectOp>(root));
    if (!found.empty() || llvm::any_of(op->getOperands(), [&](Value v) { return isRelevant(v); }))
      relevant.insert(op);
    hazards[op] = std::move(found);
  }
}

Value Choice::negated(Value condition) {
  if (Value known = negations.lookup(condition))
    return known;
  auto yes = DenseElementsAttr::get(cast<ShapedType>(condition.getType()), true);
  Value negation = emit.create<arith::XOrIOp>(condition, emit.create<arith::ConstantOp>(yes));
  negations[condition] = negation;
  negations[negation] = condition;
  return negation;
}

/// Where the root takes the elements of its operand. A NaN is taken: it is in the result.
Value Choice::taken(unsigned operand) {
  using P = arith::CmpFPredicate;
  if (auto select = dyn_cast<arith::SelectOp>(root))
    return operand == 1 ? select.getCondition() : negated(select.getCondition());
  if (auto reduce = dyn_cast<ReduceOp>(root)) {
    auto type = cast<RankedTensorType>(reduce.getInput().getType());
    Value extremum = builder.clone(*root)->getResult(0);
    return emit.compare(P::UEQ, reduce.getInput(),
                        emit.create<BroadcastOp>(type, extremum, axesWithout(type.getRank(), reduce.getDims())));
  }
  return emit.compare(isa<arith::MaximumFOp>(root) ? P::UGE : P::ULE, root->getOperand(operand),
                      root->getOperand(1 - operand));
}

/// Where elements of an operand matter, if those of the result matter where `need` holds.
Value Choice::needOf(Operation *op, unsigned operand, Value need) {
  auto type = dyn_cast<RankedTensorType>(op->getOperand(operand).getType());
  RankedTensorType truth = type.clone(builder.getI1Type());
  RankedTensorType result = cast<RankedTensorType>(op->getResult(0).getType());
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](arith::SelectOp select) {
        return both(need, operand == 1 ? select.getCondition() : negated(select.getCondition()));
      })
      .Case([&](ReduceOp reduce) {
        return emit.create<BroadcastOp>(truth, need, axesWithout(type.getRank(), reduce.getDims()));
      })
      .Case([&](BroadcastOp broadcast) {
        Value any =
            emit.create<ReduceOp>(ReduceKind::Max, toNumbers(need), axesWithout(result.getRank(), broadcast.getDims()));
        return toTruth(any);
      })
      .Case([&](ReshapeOp) { return emit.create<ReshapeOp>(truth, need); })
      .Case([&](TransposeOp transpose) { return emit.transpose(need, inverse(transpose.getPermutation())); })
      .Case([&](SliceOp slice) {
        Value numbers = toNumbers(need);
        Type padded = type.clone(getElementTypeOrSelf(numbers));
        return toTruth(emit.create<PadOp>(padded, numbers, slice.getStarts(), slice.getStrides()));
      })
      .Case([&](PadOp pad) { return emit.create<SliceOp>(truth, need, pad.getStarts(), pad.getStrides()); })
      .Case([&](ReverseOp reverse) { return emit.create<ReverseOp>(need, reverse.getDims()); })
      .Case([&](ConcatOp concat) {
        SmallVector<int64_t> starts(result.getRank(), 0), strides(result.getRank(), 1);
        for (Value before : concat.getInputs().take_front(operand))
          starts[concat.getDim()] += cast<RankedTensorType>(before.getType()).getDimSize(concat.getDim());
        return emit.create<SliceOp>(truth, need, starts, strides);
      })
      .Default(need);
}

/// Notes that `value` matters where `need` holds, too; null is everywhere.
void Choice::require(Value value, Value need) {
  auto [entry, isNew] = needs.try_emplace(value, need);
  Value &known = entry->second;
  if (isNew || !known || known == need)
    return;
  // What both branches are made of matters everywhere.
  if (!need || negations.lookup(known) == need)
    known = Value();
  else
    known = emit.create<arith::OrIOp>(known, need);
}

/// Carries the needs from the root's operands back through the cone.
void Choice::spreadNeeds() {
  for (Operation *op : llvm::reverse(cone)) {
    auto found = needs.find(op->getResult(0));
    if (found == needs.end())
      continue;
    Value need = found->second;
    for (OpOperand &operand : op->getOpOperands())
      if (isRelevant(operand.get()))
        require(operand.get(), need ? needOf(op, operand.getOperandNumber(), need) : Value());
  }
}

/// A copy of `op` whose hazards read a safe number where it does not matter.
void Choice::copyGuarded(Operation *op) {
  Value need = needs.lookup(op->getResult(0));
  if (!need)
    return;
  Operation *copy = builder.clone(*op);
  for (OpOperand &operand : copy->getOpOperands())
    operand.set(mapped(operand.get()));
  builder.setInsertionPoint(copy);
  for (Hazard hazard : hazards.find(op)->second) {
    Value value = copy->getOperand(hazard.operand);
    auto known = value.getDefiningOp<arith::SelectOp>();
    if (known && known.getCondition() == need && splatValue(known.getFalseValue()))
      continue;
    copy->setOperand(hazard.operand, emit.select(need, value, emit.splat(hazard.safe, value.getType())));
  }
  builder.setInsertionPoint(root);
  copies[op->getResult(0)] = copy->getResult(0);
}

bool Choice::guard(DenseSet<Operation *> &erased) {
  findCone();
  SmallVector<unsigned> branches;
  for (OpOperand &operand : root->getOpOperands())
    if (differentiated.contains(operand.get()) && isRelevant(operand.get()))
      branches.push_back(operand.getOperandNumber());
  if (branches.empty())
    return false;
  SmallVector<Value> conditions;
  for (unsigned operand : branches) {
    conditions.push_back(taken(operand));
    require(root->getOperand(operand), conditions.back());
  }
  spreadNeeds();
  for (Operation *op : cone)
    if (relevant.contains(op))
      copyGuarded(op);
  for (auto [operand, condition] : llvm::zip_equal(branches, conditions)) {
    Value value = mapped(root->getOperand(operand));
    // What a maximum did not take may have become greater.
    if (!isa<arith::SelectOp>(root) && value != root->getOperand(operand)) {
      auto reduce = dyn_cast<ReduceOp>(root);
      bool isMax = reduce ? reduce.getKind() == ReduceKind::Max : isa<arith::MaximumFOp>(root);
      double least = isMax ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
      value = emit.select(condition, value, emit.splat(least, value.getType()));
    }
    root->setOperand(operand, value);
  }
  for (Operation *op : llvm::reverse(cone))
    if (isOpTriviallyDead(op)) {
      differentiated.erase(op->getResult(0));
      erased.insert(op);
      op->erase();
    }
  return true;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

struct GuardBranches : autodiff::impl::GuardBranchesBase<GuardBranches> {
  using GuardBranchesBase::GuardBranchesBase;

  void runOnOperation() override {
    getOperation()->walk([&](func::FuncOp function) {
      for (Block &block : function.getBody())
        guard(block);
    });
  }

  /// Maxima first, the inner before the outer, for they need copies of what they compare; then selections, the outer
  /// before the inner, whose conditions then hold together.
  void guard(Block &block) {
    DenseSet<Value> differentiated = differentiatedValues(block);
    SmallVector<Operation *> roots, selects;
    for (Operation &op : block)
      if (Choice::isOne(&op) && differentiated.contains(op.getResult(0)))
        (isa<arith::SelectOp>(op) ? selects : roots).push_back(&op);
    llvm::append_range(roots, llvm::reverse(selects));
    DenseSet<Operation *> erased;
    for (Operation *root : roots)
      if (!erased.contains(root) && Choice(root, differentiated).guard(erased))
        ++numGuarded;
  }
};

} // namespace
