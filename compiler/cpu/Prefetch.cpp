//===- Prefetch.cpp - What a tile wants next, while it computes -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// A tile touches a few lines in each of many rows far apart: the next panel of B before it is
// copied, and what the epilogue reads beside the sums, an optimiser's moments say. No processor
// sees such a pattern by itself, and all of it is wanted at once. So it is asked for a few lines
// at a time in between the steps of k, which leave the memory idle.
//
//===----------------------------------------------------------------------===//
#include "compiler/cpu/Contraction.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

void ContractionEmitter::prefetch(Value row, Value address, unsigned locality) {
  memref::PrefetchOp::create(b, kernel.loc, row, address, /*isWrite=*/false, locality, /*isDataCache=*/true);
}

bool ContractionEmitter::fetchesAhead(const Pair &pair) const {
  return pair.plan.fetchPanel || (&pair == &atHand.back() && !plan.fetched.empty());
}

void ContractionEmitter::fetchAhead(const Pair &pair, Value m, int64_t rows, Value k, int64_t chunk) {
  evaluator.setLanes(std::nullopt, 1);
  evaluator.bind(NAxis, panelStart, panelLevel);
  if (pair.plan.fetchPanel)
    fetchPanel(pair, m, k, chunk);
  if (&pair != &atHand.back() || plan.fetched.empty())
    return;
  // The rows of the tile in the first half of the sum.
  int64_t each = ceilDiv(rows, std::max<int64_t>(plan.k() / chunk / 2, 1));
  Value first = kernel.min(kernel.mul(divided(k, chunk), each), kernel.index(rows - each));
  for (int64_t i = 0; i != each; ++i) {
    evaluator.bind(MAxis, kernel.add(kernel.add(m, first), kernel.index(i)), kernel.nest.depth());
    for (const Survey::Leaf &leaf : plan.fetched)
      for (int64_t v = 0; v != panelVectors; ++v)
        prefetch(kernel.flatBuffer(leaf.tensor), kernel.add(evaluator.address(leaf.form), kernel.index(v * plan.lanes)),
                 /*locality=*/3);
  }
}

/// The lines of the next panel, or of the next block of a k that is cut, for the chunk of k at hand: each tile of the
/// panel fetches its share of them.
void ContractionEmitter::fetchPanel(const Pair &pair, Value m, Value k, int64_t chunk) {
  const LinearForm &form = pair.operands.b.form();
  int64_t kStride = *plan.axes[KAxis].stride(form), nStride = *plan.axes[NAxis].stride(form);
  evaluator.bind(KAxis, kStart, kernel.nest.depth() - 1);
  // A line is of columns of one row of the panel, or of rows of one column.
  bool ofColumns = nStride == 1;
  int64_t stride = ofColumns ? kStride : nStride;
  int64_t share = ceilDiv(ofColumns ? chunk : plan.panel(), ceilDiv(plan.mSub, plan.rows));
  Value tile = divided(kernel.sub(m, subStart), plan.rows);
  int64_t ahead = plan.kIsCut ? plan.kBlock * kStride : plan.panel() * nStride;
  Value start = kernel.add(evaluator.address(form), kernel.index(ahead));
  start = kernel.add(kernel.add(start, kernel.mul(tile, share * stride)), kernel.mul(k, kStride));
  for (int64_t i = 0; i != share; ++i)
    for (int64_t v = 0; v != (ofColumns ? plan.vectors : 1); ++v)
      prefetch(kernel.flatBuffer(pair.operands.b.tensor), kernel.add(start, kernel.index(i * stride + v * plan.lanes)),
               /*locality=*/2);
}

SmallVector<Value> ContractionEmitter::inChunks(int64_t chunk, ValueRange sums,
                                                llvm::function_ref<ValueRange(Value, Value, ValueRange)> body) {
  bool whole = plan.kBlock % chunk == 0 && plan.k() % chunk == 0;
  auto loop = kernel.nest.open(kernel.index(0), kCount, chunk, sums);
  Value from = loop.getInductionVar(), to = kernel.add(from, kernel.index(chunk));
  SmallVector<Value> next = llvm::to_vector(body(from, whole ? to : kernel.min(to, kCount), loop.getRegionIterArgs()));
  evaluator.forget(kernel.nest.depth());
  return kernel.nest.close(next);
}
