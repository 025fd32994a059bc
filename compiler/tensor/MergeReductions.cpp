//===- MergeReductions.cpp - Reductions of the same tensors in one pass ---===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/FusionGraph.h"
#include "compiler/tensor/ToLinalg.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

namespace agon::tensors {
#define GEN_PASS_DEF_AGONMERGEREDUCTIONS
#include "compiler/tensor/Passes.h.inc"
} // namespace agon::tensors

namespace {

/// Results of one reduction: as many accumulators as go into registers beside what they are made of.
constexpr unsigned mostResults = 4;
/// Elements that each result is made of.
constexpr int64_t leastTerms = 16;
/// Operations that may move to an earlier place for the sake of one reduction.
constexpr size_t mostMoved = 8;

bool isParallel(linalg::GenericOp op) { return op.getNumParallelLoops() == op.getNumLoops(); }

/// A long reduction of one tensor, or several in one already. Short ones, as folded windows are, are read like
/// elementwise work by what comes after them, each in its own way.
bool isReduction(linalg::GenericOp op) {
  return !isParallel(op) && op.getNumDpsInputs() == int64_t(op.getNumResults()) &&
         op.getBody()->getOperations().size() == op.getNumResults() + 1 &&
         computeProduct(op.getStaticLoopRanges()) >= leastTerms * tensorType(op.getResult(0)).getNumElements();
}

/// The tensors of about the size of `op`'s iteration space that its elements are made of.
llvm::SmallSetVector<Value, 8> largeSources(linalg::GenericOp op) {
  int64_t points = computeProduct(op.getStaticLoopRanges());
  llvm::SmallSetVector<Value, 8> sources;
  SmallVector<Value> open(op.getDpsInputs());
  while (!open.empty()) {
    Value value = open.pop_back_val();
    if (tensorType(value).getNumElements() * 4 <= points || !sources.insert(value))
      continue;
    if (auto generic = value.getDefiningOp<linalg::GenericOp>(); generic && isParallel(generic))
      llvm::append_range(open, generic.getDpsInputs());
  }
  return sources;
}

/// What `later` needs that comes after `earlier`, in order; nothing if some of it is more than elementwise work, or
/// depends on `earlier`.
std::optional<llvm::SetVector<Operation *>> needed(linalg::GenericOp earlier, linalg::GenericOp later) {
  llvm::SetVector<Operation *> found;
  SmallVector<Value> open(later->getOperands());
  while (!open.empty()) {
    Operation *def = open.pop_back_val().getDefiningOp();
    if (!def || def->getBlock() != later->getBlock() || def->isBeforeInBlock(earlier) || found.contains(def))
      continue;
    auto generic = dyn_cast<linalg::GenericOp>(def);
    bool movable = generic ? isParallel(generic) : isa<linalg::FillOp, tensor::EmptyOp, arith::ConstantOp>(def);
    if (def == earlier || !movable || found.size() == mostMoved)
      return std::nullopt;
    found.insert(def);
    llvm::append_range(open, def->getOperands());
  }
  SmallVector<Operation *> order = found.takeVector();
  llvm::sort(order, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return llvm::SetVector<Operation *>(order.begin(), order.end());
}

/// The points that a reduction runs through, in the order in which its first input lies, if that is an order of them.
struct Space {
  SmallVector<int64_t> sizes;
  SmallVector<utils::IteratorType> iterators;
  SmallVector<AffineMap> inputs;
  AffineMap result;

  explicit Space(linalg::GenericOp op)
      : sizes(op.getStaticLoopRanges()), iterators(op.getIteratorTypesArray()), inputs(op.getIndexingMapsArray()) {
    inputs.truncate(op.getNumDpsInputs());
    result = op.getIndexingMapsArray().back();
    AffineMap order = inputs.front();
    if (!order.isPermutation() || order.isIdentity())
      return;
    SmallVector<int64_t> positions;
    for (unsigned i = 0; i != order.getNumResults(); ++i)
      positions.push_back(order.getDimPosition(i));
    applyPermutationToVector(sizes, positions);
    applyPermutationToVector(iterators, positions);
    AffineMap back = inversePermutation(order);
    result = result.compose(back);
    for (AffineMap &map : inputs)
      map = map.compose(back);
  }
  /// Whether both run through the same points and write to the same places.
  bool matches(const Space &other) const {
    return sizes == other.sizes && iterators == other.iterators && result == other.result;
  }
};

/// A reduction that others may join.
struct Candidate {
  linalg::GenericOp op;
  Space space;
  llvm::SmallSetVector<Value, 8> sources;
  explicit Candidate(linalg::GenericOp op) : op(op), space(op), sources(largeSources(op)) {}
};

/// Both in one, at the place of `a`.
linalg::GenericOp join(const Candidate &a, const Candidate &b) {
  OpBuilder builder(a.op);
  SmallVector<Value> inputs, inits;
  SmallVector<AffineMap> maps;
  for (const Candidate *each : {&a, &b}) {
    linalg::GenericOp op = each->op;
    llvm::append_range(inputs, op.getDpsInputs());
    llvm::append_range(inits, op.getDpsInits());
    llvm::append_range(maps, each->space.inputs);
  }
  maps.append(inits.size(), a.space.result);
  Location loc = builder.getFusedLoc({a.op->getLoc(), b.op->getLoc()});
  return linalg::GenericOp::create(builder, loc, ValueRange(inits).getTypes(), inputs, inits, maps, a.space.iterators,
                                   [&](OpBuilder &nested, Location l, ValueRange arguments) {
                                     SmallVector<Value> yields;
                                     unsigned input = 0;
                                     for (linalg::GenericOp op : {a.op, b.op}) {
                                       IRMapping mapping;
                                       unsigned count = op.getNumResults();
                                       for (unsigned i = 0; i != count; ++i) {
                                         mapping.map(op.getBody()->getArgument(i), arguments[input + i]);
                                         mapping.map(op.getBody()->getArgument(count + i),
                                                     arguments[inputs.size() + input + i]);
                                       }
                                       for (Operation &inner : op.getBody()->without_terminator())
                                         nested.clone(inner, mapping);
                                       for (Value yielded : op.getBody()->getTerminator()->getOperands())
                                         yields.push_back(mapping.lookup(yielded));
                                       input += count;
                                     }
                                     linalg::YieldOp::create(nested, l, yields);
                                   });
}

struct MergeReductionsPass : tensors::impl::AgonMergeReductionsBase<MergeReductionsPass> {
  void runOnOperation() override {
    SmallVector<Candidate, 0> candidates;
    getOperation().walk([&](linalg::GenericOp op) {
      if (isReduction(op))
        candidates.emplace_back(op);
    });
    // Each joins the first one that it can.
    for (size_t later = 1; later < candidates.size(); ++later)
      for (size_t earlier = 0; earlier != later; ++earlier)
        if (linalg::GenericOp merged = merge(candidates[earlier], candidates[later])) {
          candidates[earlier].op = merged;
          candidates.erase(candidates.begin() + later--);
          for (Candidate &candidate : candidates)
            candidate = Candidate(candidate.op);
          ++numMerged;
          break;
        }
  }

private:
  /// The two in one, with what the later one needs moved before it; null if they do not go together.
  linalg::GenericOp merge(const Candidate &first, const Candidate &second) {
    linalg::GenericOp earlier = first.op, later = second.op;
    if (earlier->getBlock() != later->getBlock() || !first.space.matches(second.space) ||
        earlier.getNumResults() + later.getNumResults() > mostResults ||
        llvm::none_of(second.sources, [&](Value source) { return first.sources.contains(source); }))
      return {};
    auto moved = needed(earlier, later);
    if (!moved)
      return {};
    for (Operation *op : *moved)
      op->moveBefore(earlier);
    linalg::GenericOp merged = join(first, second);
    earlier.replaceAllUsesWith(merged.getResults().take_front(earlier.getNumResults()));
    later.replaceAllUsesWith(merged.getResults().drop_front(earlier.getNumResults()));
    earlier.erase();
    later.erase();
    return merged;
  }
};
} // namespace
