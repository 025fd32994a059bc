//===- Contraction.cpp - Contractions by tiles in shared memory -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
//   a block of threads has a tile of C:
//     for a pair of operands:
//       for `depth` steps of k:
//         its threads evaluate the tile of A, [k][m], and of B, [k][n], into shared memory
//         each adds the products for its own part of C, in registers
//     epilogue; store
//
// Operands are evaluated as they are copied, prologues, windows and padding with them. What
// lies beyond the ends of m and n is a copy of the last row or column, which no one stores;
// beyond the end of k there are zeros. A sum runs over k in order, in one chain.
//
//===----------------------------------------------------------------------===//
#include "compiler/gpu/GridKernel.h"
#include "compiler/region/ContractionForm.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace agon;
using namespace agon::gpu;

namespace {
class TileEmitter {
public:
  TileEmitter(GridKernel &kernel, ContractionForm form, TilesAttr plan);
  void emit();

private:
  /// A tile of A or B in shared memory, [depth][extent], a little more than that from row to row.
  struct Tile {
    ContractionAxis own; ///< the axis beside k
    int64_t extent;
    Value row;
    int64_t stride() const { return extent + 4; }
  };
  /// Where the part of C that is this block's begins.
  void locate();
  /// Evaluates the tile of an operand for the steps of k from `k` on.
  void copy(const ContractionOperand &operand, const Tile &tile, Value k);
  /// The sums with the products of the tiles added.
  SmallVector<Value> multiply(SmallVector<Value> sums);
  void finish(ArrayRef<Value> sums);
  Value beyond(Value position, ContractionAxis axis);

  GridKernel &kernel;
  ContractionForm form;
  TilesAttr plan;
  OpBuilder &b;
  Location loc;
  Evaluator evaluator;
  Tile a, bTile;
  Value mStart, nStart;          ///< of the block's part of C
  Value threadRow, threadColumn; ///< within it, of the thread's
};
} // namespace

TileEmitter::TileEmitter(GridKernel &kernel, ContractionForm contraction, TilesAttr plan)
    : kernel(kernel), form(std::move(contraction)), plan(plan), b(kernel.builder), loc(kernel.loc),
      evaluator(kernel, form.axes), a{MAxis, plan.getRows(), {}}, bTile{NAxis, plan.getColumns(), {}} {
  for (Tile *tile : {&a, &bTile})
    tile->row = kernel.shared(form.element, plan.getDepth() * tile->stride());
}

void TileEmitter::locate() {
  int64_t mBlocks = ceilDiv(form.m(), plan.getRows()), nBlocks = ceilDiv(form.n(), plan.getColumns());
  kernel.blocks = form.batch() * mBlocks * nBlocks;
  int64_t across = plan.getColumns() / plan.getThreadColumns();
  Value block = kernel.blockIndex, inBatch = kernel.remainder(block, mBlocks * nBlocks);
  evaluator.bind(BatchAxis, kernel.divided(block, mBlocks * nBlocks), 0);
  mStart = kernel.mul(kernel.divided(inBatch, nBlocks), plan.getRows());
  nStart = kernel.mul(kernel.remainder(inBatch, nBlocks), plan.getColumns());
  threadRow = kernel.mul(kernel.divided(kernel.thread, across), plan.getThreadRows());
  threadColumn = kernel.mul(kernel.remainder(kernel.thread, across), plan.getThreadColumns());
}

Value TileEmitter::beyond(Value position, ContractionAxis axis) {
  return kernel.compare(arith::CmpIPredicate::sge, position, kernel.index(form.axes[axis].size()));
}

void TileEmitter::copy(const ContractionOperand &operand, const Tile &tile, Value k) {
  int64_t depth = plan.getDepth(), count = depth * tile.extent;
  const Axis &own = form.axes[tile.own];
  // Threads side by side read what lies side by side.
  bool alongK = operand.along(form.axes[KAxis]) == ContractionOperand::Contiguous &&
                operand.along(own) != ContractionOperand::Contiguous;
  Value start = tile.own == MAxis ? mStart : nStart, last = kernel.index(own.size() - 1);
  unsigned level = kernel.nest.depth();
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(form.element));
  for (int64_t first = 0; first < count; first += kernel.threads) {
    Value at = kernel.add(kernel.thread, kernel.index(first));
    Value inK = alongK ? kernel.remainder(at, depth) : kernel.divided(at, tile.extent);
    Value inOwn = alongK ? kernel.divided(at, depth) : kernel.remainder(at, tile.extent);
    auto element = [&] {
      Value position = kernel.add(start, inOwn), step = kernel.add(k, inK);
      bool fits = own.size() % tile.extent == 0, fitsK = form.k() % depth == 0;
      evaluator.bind(tile.own, fits ? position : kernel.min(position, last), level);
      evaluator.bind(KAxis, fitsK ? step : kernel.min(step, kernel.index(form.k() - 1)), level);
      Value value = evaluator.value(operand.tensor, operand.map).value;
      if (!fitsK)
        value = arith::SelectOp::create(b, loc, beyond(step, KAxis), zero, value);
      Value to = kernel.add(kernel.mul(inK, tile.stride()), inOwn);
      memref::StoreOp::create(b, loc, value, tile.row, to);
      evaluator.forget(level);
    };
    if (first + kernel.threads <= count)
      element();
    else
      kernel.when(kernel.compare(arith::CmpIPredicate::ult, at, kernel.index(count)), element);
  }
}

SmallVector<Value> TileEmitter::multiply(SmallVector<Value> sums) {
  int64_t rows = plan.getThreadRows(), columns = plan.getThreadColumns();
  auto loop = kernel.nest.open(kernel.index(0), kernel.index(plan.getDepth()), 1, sums);
  Value k = loop.getInductionVar();
  auto read = [&](const Tile &tile, Value first, int64_t count) {
    SmallVector<Value> values;
    Value base = kernel.add(kernel.mul(k, tile.stride()), first);
    for (int64_t i = 0; i != count; ++i)
      values.push_back(memref::LoadOp::create(b, loc, tile.row, kernel.add(base, kernel.index(i))));
    return values;
  };
  SmallVector<Value> left = read(a, threadRow, rows), right = read(bTile, threadColumn, columns), next;
  for (int64_t i = 0; i != rows; ++i)
    for (int64_t j = 0; j != columns; ++j)
      next.push_back(math::FmaOp::create(b, loc, left[i], right[j], loop.getRegionIterArgs()[i * columns + j]));
  return llvm::to_vector(kernel.nest.close(next));
}

void TileEmitter::finish(ArrayRef<Value> sums) {
  int64_t rows = plan.getThreadRows(), columns = plan.getThreadColumns();
  OpOperand &init = form.root.getDpsInitsMutable()[0];
  for (int64_t i = 0; i != rows; ++i)
    for (int64_t j = 0; j != columns; ++j) {
      Value m = kernel.add(kernel.add(mStart, threadRow), kernel.index(i));
      Value n = kernel.add(kernel.add(nStart, threadColumn), kernel.index(j));
      Value isOutside = arith::OrIOp::create(b, loc, beyond(m, MAxis), beyond(n, NAxis));
      Value no = arith::ConstantOp::create(b, loc, b.getBoolAttr(false));
      kernel.when(kernel.compare(arith::CmpIPredicate::eq, isOutside, no), [&] {
        evaluator.bind(MAxis, m, 0);
        evaluator.bind(NAxis, n, 0);
        Datum sum{sums[i * columns + j], 0, false};
        Datum first = evaluator.value(init.get(), form.root.getMatchingIndexingMap(&init));
        if (!matchPattern(first.value, m_AnyZeroFloat()))
          sum.value = arith::AddFOp::create(b, loc, first.value, sum.value);
        for (auto [tensor, map] : form.epilogue.survey.rootReads)
          evaluator.preset(tensor, map, sum);
        SmallVector<Datum> data;
        for (const Output &output : form.epilogue.outputs)
          data.push_back(evaluator.value(output.tensor, output.map));
        for (auto [output, datum] : llvm::zip(form.epilogue.outputs, data))
          evaluator.store(kernel.flatResult(output.result), output.to, datum);
        evaluator.forget(0);
      });
    }
}

void TileEmitter::emit() {
  locate();
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(form.element));
  SmallVector<Value> sums(plan.getThreadRows() * plan.getThreadColumns(), zero);
  for (const OperandPair &pair : form.pairs) {
    auto loop = kernel.nest.open(kernel.index(0), kernel.index(form.k()), plan.getDepth(), sums);
    copy(pair.a, a, loop.getInductionVar());
    copy(pair.b, bTile, loop.getInductionVar());
    kernel.barrier();
    sums = multiply(llvm::to_vector_of<Value>(loop.getRegionIterArgs()));
    kernel.barrier();
    evaluator.forget(kernel.nest.depth());
    sums = llvm::to_vector_of<Value>(kernel.nest.close(sums));
  }
  finish(sums);
}

TilesAttr agon::gpu::planContraction(RegionOp region, TargetAttr target) {
  std::optional<ContractionForm> form = ContractionForm::of(region);
  if (!form)
    return {};
  // Small tiles where large ones would leave most of the machine idle.
  auto blocks = [&](int64_t side) { return form->batch() * ceilDiv(form->m(), side) * ceilDiv(form->n(), side); };
  int64_t side = blocks(64) >= target.getWorkers() ? 64 : 32, own = side / 16;
  return TilesAttr::get(region.getContext(), side, side, /*depth=*/16, own, own, Precision::F32);
}

bool agon::gpu::emitContraction(GridKernel &kernel, TilesAttr plan) {
  std::optional<ContractionForm> form = ContractionForm::of(kernel.region);
  if (!form || plan.getPrecision() != Precision::F32)
    return false;
  kernel.setThreads(plan.getThreads());
  TileEmitter(kernel, std::move(*form), plan).emit();
  return true;
}
