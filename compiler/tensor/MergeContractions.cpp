//===- MergeContractions.cpp - Contractions that are only added up --------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/FusionGraph.h"
#include "compiler/tensor/ToLinalg.h"
#include "dialects/agon/SumOfProducts.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

namespace agon::tensors {
#define GEN_PASS_DEF_AGONMERGECONTRACTIONS
#include "compiler/tensor/Passes.h.inc"
} // namespace agon::tensors

/// Contractions that may become one: an emitter has all of their panels at hand at once.
static constexpr unsigned mostPairs = 8;

/// An operation that adds two tensors element by element.
static linalg::GenericOp asAddition(Value value) {
  auto generic = value.getDefiningOp<linalg::GenericOp>();
  if (!generic || generic.getNumDpsInputs() != 2 || generic.getNumResults() != 1 || generic.getNumReductionLoops() ||
      !llvm::all_of(generic.getIndexingMapsArray(), [](AffineMap map) { return map.isIdentity(); }))
    return {};
  Block *body = generic.getBody();
  auto add = body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add || body->getOperations().size() != 2)
    return {};
  Value x = body->getArgument(0), y = body->getArgument(1);
  return (add.getLhs() == x && add.getRhs() == y) || (add.getLhs() == y && add.getRhs() == x) ? generic
                                                                                              : linalg::GenericOp();
}

/// A contraction from zero on.
static linalg::GenericOp asContraction(Value value) {
  auto generic = value.getDefiningOp<linalg::GenericOp>();
  if (!generic || !isSumOfProducts(generic))
    return {};
  auto fill = generic.getDpsInits()[0].getDefiningOp<linalg::FillOp>();
  return fill && matchPattern(fill.getInputs()[0], m_AnyZeroFloat()) ? generic : linalg::GenericOp();
}

/// Whether the pairs of `b` are over the same axes as those of `a`, as they are or (`swapped`) left for right.
static bool sameAxes(linalg::GenericOp a, linalg::GenericOp b, bool &swapped) {
  auto reads = [](linalg::GenericOp op, unsigned input, unsigned dim) {
    return op.getIndexingMapsArray()[input].isFunctionOfDim(dim);
  };
  for (bool swap : {false, true})
    if (llvm::all_of(llvm::seq<unsigned>(0, a.getNumLoops()), [&](unsigned dim) {
          return reads(a, 0, dim) == reads(b, swap, dim) && reads(a, 1, dim) == reads(b, !swap, dim);
        })) {
      swapped = swap;
      return true;
    }
  return false;
}

static int64_t operandBytes(linalg::GenericOp op) {
  int64_t bytes = 0;
  for (Value input : op.getDpsInputs())
    bytes += tensorBytes(input.getType());
  return bytes;
}

/// The contraction that makes the sum of two, at the builder's place; null if they do not go together or it does not
/// pay. The first one, on the left, is taken for the one that would have been done long before.
static linalg::GenericOp merge(OpBuilder &builder, Value x, Value y) {
  if (!x.hasOneUse() || !y.hasOneUse() || x == y)
    return {};
  linalg::GenericOp first = asContraction(x), second = asContraction(y);
  if (!first || !second || first->getBlock() != second->getBlock())
    return {};
  bool swapped = false;
  if (first.getNumDpsInputs() + second.getNumDpsInputs() > 2 * mostPairs ||
      first.getStaticLoopRanges() != second.getStaticLoopRanges() ||
      first.getIteratorTypesArray() != second.getIteratorTypesArray() ||
      first.getIndexingMapsArray().back() != second.getIndexingMapsArray().back() ||
      !sameAxes(first, second, swapped) || operandBytes(first) > tensorBytes(first.getResult(0).getType()))
    return {};

  SmallVector<Value> inputs(first.getDpsInputs());
  SmallVector<AffineMap> maps(ArrayRef(first.getIndexingMapsArray()).drop_back());
  for (unsigned i = 0; i != second.getNumDpsInputs(); ++i) {
    inputs.push_back(second.getDpsInputs()[i ^ unsigned(swapped)]);
    maps.push_back(second.getIndexingMapsArray()[i ^ unsigned(swapped)]);
  }
  maps.push_back(first.getIndexingMapsArray().back());
  Location loc = builder.getFusedLoc({first.getLoc(), second.getLoc()});
  auto type = cast<RankedTensorType>(first.getResult(0).getType());
  Value init = makeFill(builder, loc, type, builder.getFloatAttr(type.getElementType(), 0.0));
  return linalg::GenericOp::create(builder, loc, TypeRange(type), inputs, ValueRange(init), maps,
                                   first.getIteratorTypesArray(), [](OpBuilder &b, Location l, ValueRange in) {
                                     Value sum = in.back();
                                     for (unsigned i = 0; i + 1 < in.size(); i += 2)
                                       sum = arith::AddFOp::create(b, l, sum,
                                                                   arith::MulFOp::create(b, l, in[i], in[i + 1]));
                                     linalg::YieldOp::create(b, l, sum);
                                   });
}

namespace {
struct MergeContractionsPass : tensors::impl::AgonMergeContractionsBase<MergeContractionsPass> {
  void runOnOperation() override {
    SmallVector<Value> sums;
    getOperation().walk([&](linalg::GenericOp generic) {
      if (generic.getNumResults() == 1 && asAddition(generic.getResult(0)))
        sums.push_back(generic.getResult(0));
    });
    for (Value sum : sums)
      shorten(sum.getDefiningOp<linalg::GenericOp>());
  }

private:
  /// Merges what `sum` adds, or one of its terms and one of the sum that is the other.
  void shorten(linalg::GenericOp sum) {
    OpBuilder builder(sum);
    Value x = sum.getDpsInputs()[0], y = sum.getDpsInputs()[1];
    if (linalg::GenericOp merged = merge(builder, x, y)) {
      sum.getResult(0).replaceAllUsesWith(merged.getResult(0));
      erase(sum, x, y);
      return;
    }
    for (auto [inner, term] : {std::pair(x, y), std::pair(y, x)}) {
      linalg::GenericOp addition = inner.hasOneUse() ? asAddition(inner) : linalg::GenericOp();
      if (!addition || addition->getBlock() != sum->getBlock())
        continue;
      for (unsigned i : {0, 1}) {
        Value mate = addition.getDpsInputs()[i], rest = addition.getDpsInputs()[1 - i];
        linalg::GenericOp merged = merge(builder, mate, term);
        if (!merged)
          continue;
        sum.getInputsMutable()[0].set(rest);
        sum.getInputsMutable()[1].set(merged.getResult(0));
        erase(addition, mate, term);
        return;
      }
    }
  }

  void erase(linalg::GenericOp addition, Value x, Value y) {
    addition.erase();
    x.getDefiningOp()->erase();
    y.getDefiningOp()->erase();
    ++numMerged;
  }
};
} // namespace
