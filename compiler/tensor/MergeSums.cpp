//===- MergeSums.cpp - Sums of gradients under one transformation ---------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Applications of one network add to one gradient, and each contribution ends in
// the same steps, linear all of them:
//
//   add(transpose(mode_product(contract(..))), transpose(mode_product(contract(..))))
//
// The sum can as well be taken before: then there is one transformation, and the
// addition is the epilogue of a contraction, or no work of its own at all where
// two contractions become one (MergeContractions.cpp).
//===----------------------------------------------------------------------===//
#include "compiler/tensor/Passes.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace agon;

namespace agon::tensors {
#define GEN_PASS_DEF_AGONMERGESUMS
#include "compiler/tensor/Passes.h.inc"
} // namespace agon::tensors

namespace {

/// One of the values that a sum adds up: `steps`, the last one first, lead to it from `source`.
struct Term {
  Value value, source;
  SmallVector<Operation *> steps;
  /// Reduced extents of the contraction that makes the source, if only the term reads that; empty for other sources.
  SmallVector<int64_t> extents;
  bool merges() const { return !steps.empty() || !extents.empty(); }
};

/// The only reader of `op` if that adds it, in the same block, to something else.
arith::AddFOp onlyAdded(Operation *op) {
  auto add = op->hasOneUse() ? dyn_cast<arith::AddFOp>(*op->user_begin()) : arith::AddFOp();
  return add && add->getBlock() == op->getBlock() ? add : arith::AddFOp();
}

/// Whether nothing but the tensor that `op` reads counts for its result, each element of which is a sum of multiples
/// of that one's elements.
bool isLinearStep(Operation *op) { return isa<ModeProductOp, TransposeOp, ReshapeOp, SliceOp>(op); }

Term termOf(Value value, Block *block) {
  Term term{value, value, {}, {}};
  SmallVector<Operation *> steps;
  size_t useful = 0; // of the steps; views alone are no work
  Operation *op = value.getDefiningOp();
  while (op && op->getBlock() == block && op->hasOneUse() && isLinearStep(op)) {
    steps.push_back(op);
    if (isa<ModeProductOp>(op))
      useful = steps.size();
    op = op->getOperand(0).getDefiningOp();
  }
  if (auto contract = dyn_cast_or_null<ContractOp>(op); contract && op->getBlock() == block && op->hasOneUse()) {
    useful = steps.size();
    auto type = cast<RankedTensorType>(contract.getLhs().getType());
    // One more, that there is something where nothing is reduced.
    term.extents.push_back(1);
    for (int64_t axis : contract.getLhsReduce())
      term.extents.push_back(type.getDimSize(axis));
  }
  steps.truncate(useful);
  term.steps = std::move(steps);
  if (!term.steps.empty())
    term.source = term.steps.back()->getOperand(0);
  return term;
}

/// Whether the same steps lead from sources of one type to the terms.
bool sameSteps(const Term &a, const Term &b) {
  return a.source.getType() == b.source.getType() && a.steps.size() == b.steps.size() &&
         llvm::all_of(llvm::zip(a.steps, b.steps), [](auto pair) {
           auto [x, y] = pair;
           return x->getName() == y->getName() && x->getResultTypes() == y->getResultTypes() &&
                  x->getAttrDictionary() == y->getAttrDictionary();
         });
}

struct MergeSumsPass : tensors::impl::AgonMergeSumsBase<MergeSumsPass> {
  void runOnOperation() override {
    SmallVector<arith::AddFOp> sums;
    getOperation().walk([&](arith::AddFOp add) {
      if (isa<RankedTensorType>(add.getType()) && !onlyAdded(add))
        sums.push_back(add);
    });
    for (arith::AddFOp sum : sums)
      merge(sum);
  }

private:
  /// Adds up from left to right.
  Value add(OpBuilder &builder, ArrayRef<Value> values) {
    Value sum = values.front();
    for (Value value : values.drop_front())
      sum = arith::AddFOp::create(builder, builder.getFusedLoc({sum.getLoc(), value.getLoc()}), sum, value);
    return sum;
  }

  void merge(arith::AddFOp root) {
    // Terms from left to right, however they are put in brackets; `dead` are the operations that go.
    SmallVector<Term> terms;
    llvm::SetVector<Operation *> dead;
    SmallVector<Value> open{root.getResult()};
    while (!open.empty()) {
      Value value = open.pop_back_val();
      auto add = value.getDefiningOp<arith::AddFOp>();
      if (add && (add == root || onlyAdded(add))) {
        dead.insert(add);
        open.append({add.getRhs(), add.getLhs()});
      } else {
        terms.push_back(termOf(value, root->getBlock()));
      }
    }

    SmallVector<SmallVector<Term *>> groups;
    for (Term &term : terms) {
      auto *group = llvm::find_if(groups, [&](auto &group) {
        return term.merges() && group.front()->merges() && sameSteps(*group.front(), term);
      });
      if (group == groups.end())
        groups.push_back({&term});
      else
        group->push_back(&term);
    }
    if (groups.size() == terms.size())
      return;

    OpBuilder builder(root);
    SmallVector<Value> values;
    for (auto &group : groups) {
      if (group.size() == 1) {
        values.push_back(group.front()->value);
        continue;
      }
      // Contractions that can become one stand side by side.
      llvm::stable_sort(group, [](Term *a, Term *b) { return a->extents > b->extents; });
      Value value = add(builder, llvm::map_to_vector(group, [](Term *term) { return term->source; }));
      for (Operation *step : llvm::reverse(group.front()->steps)) {
        IRMapping onSum;
        onSum.map(step->getOperand(0), value);
        Operation *copy = builder.clone(*step, onSum);
        copy->setLoc(value.getLoc());
        value = copy->getResult(0);
      }
      values.push_back(value);
      for (Term *term : group)
        dead.insert(term->steps.begin(), term->steps.end());
      numMerged += group.size() - 1;
    }
    root.replaceAllUsesWith(add(builder, values));
    for (Operation *op : dead) // each before what it reads
      op->erase();
  }
};

} // namespace
