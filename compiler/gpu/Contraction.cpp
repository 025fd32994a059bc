//===- Contraction.cpp - Contractions by tiles in shared memory -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
//   a block of threads has a tile of C:
//     for a pair of operands:
//       for `depth` steps of k:
//         its threads evaluate the tiles of A and B into shared memory
//         each adds the products for its own part of C, in registers
//     epilogue; store
//
// Operands are evaluated as they are copied, prologues, windows and padding with them. What
// lies beyond the ends of m and n is a copy of the last row or column, which no one stores;
// beyond the end of k there are zeros. A sum runs over k in order, in one chain.
//
//===----------------------------------------------------------------------===//
#include "compiler/gpu/Tiles.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace agon;
using namespace agon::gpu;

TileEmitter::TileEmitter(GridKernel &kernel, ContractionForm contraction, TilesAttr plan)
    : kernel(kernel), form(std::move(contraction)), plan(plan), b(kernel.builder), loc(kernel.loc),
      evaluator(kernel, form.axes) {}

void TileEmitter::locate() {
  int64_t mBlocks = ceilDiv(form.m(), plan.getRows()), nBlocks = ceilDiv(form.n(), plan.getColumns());
  kernel.blocks = form.batch() * mBlocks * nBlocks;
  Value block = kernel.blockIndex, inBatch = kernel.remainder(block, mBlocks * nBlocks);
  evaluator.bind(BatchAxis, kernel.divided(block, mBlocks * nBlocks), 0);
  mStart = kernel.mul(kernel.divided(inBatch, nBlocks), plan.getRows());
  nStart = kernel.mul(kernel.remainder(inBatch, nBlocks), plan.getColumns());
}

Value TileEmitter::isBeyond(Value position, ContractionAxis axis) {
  return kernel.compare(arith::CmpIPredicate::sge, position, kernel.index(form.axes[axis].size()));
}

void TileEmitter::store(const Tile &tile, Value value, Value place) {
  memref::StoreOp::create(b, loc, value, tile.row, place);
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
  bool fits = own.size() % tile.extent == 0, fitsK = form.k() % depth == 0;
  for (int64_t first = 0; first < count; first += kernel.threads) {
    Value at = kernel.add(kernel.thread, kernel.index(first));
    Value inK = alongK ? kernel.remainder(at, depth) : kernel.divided(at, tile.extent);
    Value inOwn = alongK ? kernel.divided(at, depth) : kernel.remainder(at, tile.extent);
    auto element = [&] {
      Value position = kernel.add(start, inOwn), step = kernel.add(k, inK);
      evaluator.bind(tile.own, fits ? position : kernel.min(position, last), level);
      evaluator.bind(KAxis, fitsK ? step : kernel.min(step, kernel.index(form.k() - 1)), level);
      Value value = evaluator.value(operand.tensor, operand.map).value;
      if (!fitsK)
        value = arith::SelectOp::create(b, loc, isBeyond(step, KAxis), zero, value);
      store(tile, value,
            tile.kIsFastest ? kernel.add(kernel.mul(inOwn, tile.stride), inK)
                            : kernel.add(kernel.mul(inK, tile.stride), inOwn));
      evaluator.forget(level);
    };
    if (first + kernel.threads <= count)
      element();
    else
      kernel.when(kernel.compare(arith::CmpIPredicate::ult, at, kernel.index(count)), element);
  }
}

void TileEmitter::finish(ArrayRef<Value> sums) {
  OpOperand &init = form.root.getDpsInitsMutable()[0];
  for (const Element &element : elements()) {
    Value m = kernel.add(mStart, element.row), n = kernel.add(nStart, element.column);
    kernel.unless(arith::OrIOp::create(b, loc, isBeyond(m, MAxis), isBeyond(n, NAxis)), [&] {
      evaluator.bind(MAxis, m, 0);
      evaluator.bind(NAxis, n, 0);
      Datum sum{sums[element.sum], 0, false};
      Datum first = evaluator.value(init.get(), form.root.getMatchingIndexingMap(&init));
      if (!matchPattern(first.value, m_AnyZeroFloat()))
        sum.value = arith::AddFOp::create(b, loc, first.value, sum.value);
      evaluator.finish(form.epilogue, sum);
      evaluator.forget(0);
    });
  }
}

void TileEmitter::emit() {
  allocate();
  locate();
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(form.element));
  SmallVector<Value> sums(sumCount(), zero);
  for (const OperandPair &pair : form.pairs) {
    auto loop = kernel.nest.open(kernel.index(0), kernel.index(form.k()), plan.getDepth(), sums);
    copy(pair.a, tileA, loop.getInductionVar());
    copy(pair.b, tileB, loop.getInductionVar());
    kernel.barrier();
    sums = multiply(llvm::to_vector_of<Value>(loop.getRegionIterArgs()));
    kernel.barrier();
    evaluator.forget(kernel.nest.depth());
    sums = llvm::to_vector_of<Value>(kernel.nest.close(sums));
  }
  finish(sums);
}

//===----------------------------------------------------------------------===//
// Products in the operands' own precision
//===----------------------------------------------------------------------===//

namespace {
class PlainTiles : public TileEmitter {
public:
  using TileEmitter::TileEmitter;

private:
  void allocate() override;
  unsigned sumCount() const override { return plan.getThreadRows() * plan.getThreadColumns(); }
  SmallVector<Value> multiply(SmallVector<Value> sums) override;
  SmallVector<Element> elements() override;
  /// Where the thread's part of a tile of C begins.
  std::pair<Value, Value> corner();
};
} // namespace

void PlainTiles::allocate() {
  for (auto [tile, extent] : {std::pair(&tileA, plan.getRows()), std::pair(&tileB, plan.getColumns())}) {
    tile->extent = extent;
    tile->stride = extent + 4; // rows that many threads write begin in different banks
    tile->row = kernel.shared(form.element, plan.getDepth() * tile->stride);
  }
}

std::pair<Value, Value> PlainTiles::corner() {
  int64_t across = plan.getColumns() / plan.getThreadColumns();
  return {kernel.mul(kernel.divided(kernel.thread, across), plan.getThreadRows()),
          kernel.mul(kernel.remainder(kernel.thread, across), plan.getThreadColumns())};
}

SmallVector<Value> PlainTiles::multiply(SmallVector<Value> sums) {
  int64_t rows = plan.getThreadRows(), columns = plan.getThreadColumns();
  auto [firstRow, firstColumn] = corner();
  auto loop = kernel.nest.open(kernel.index(0), kernel.index(plan.getDepth()), 1, sums);
  Value k = loop.getInductionVar();
  auto read = [&](const Tile &tile, Value first, int64_t count) {
    SmallVector<Value> values;
    Value base = kernel.add(kernel.mul(k, tile.stride), first);
    for (int64_t i = 0; i != count; ++i)
      values.push_back(memref::LoadOp::create(b, loc, tile.row, kernel.add(base, kernel.index(i))));
    return values;
  };
  SmallVector<Value> left = read(tileA, firstRow, rows), right = read(tileB, firstColumn, columns), next;
  for (int64_t i = 0; i != rows; ++i)
    for (int64_t j = 0; j != columns; ++j)
      next.push_back(math::FmaOp::create(b, loc, left[i], right[j], loop.getRegionIterArgs()[i * columns + j]));
  return llvm::to_vector(kernel.nest.close(next));
}

SmallVector<TileEmitter::Element> PlainTiles::elements() {
  SmallVector<Element> all;
  auto [firstRow, firstColumn] = corner();
  for (int64_t i = 0; i != plan.getThreadRows(); ++i)
    for (int64_t j = 0; j != plan.getThreadColumns(); ++j)
      all.push_back({kernel.add(firstRow, kernel.index(i)), kernel.add(firstColumn, kernel.index(j)),
                     unsigned(i * plan.getThreadColumns() + j)});
  return all;
}

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

/// The least precision that the machine is to multiply in.
static Precision precisionOf(TargetAttr target, Type element) {
  MLIRContext *context = target.getContext();
  if (element.isF32() && target.hasMultiplyAdd(BFloat16Type::get(context)))
    return Precision::Bf16;
  if (element.isF32() && target.hasMultiplyAdd(FloatTF32Type::get(context)))
    return Precision::Tf32;
  return Precision::F32;
}

TilesAttr agon::gpu::planContraction(RegionOp region, TargetAttr target) {
  std::optional<ContractionForm> form = ContractionForm::of(region);
  if (!form)
    return {};
  // Small tiles where large ones would leave most of the machine idle.
  auto blocks = [&](int64_t side) { return form->batch() * ceilDiv(form->m(), side) * ceilDiv(form->n(), side); };
  bool large = blocks(64) >= target.getWorkers();
  int64_t side = large ? 64 : 32;
  Precision precision = precisionOf(target, form->element);
  if (precision == Precision::F32)
    return TilesAttr::get(region.getContext(), side, side, /*depth=*/16, side / 16, side / 16, precision);
  return TilesAttr::get(region.getContext(), side, side, /*depth=*/32, side / 32, side / 16, precision);
}

bool agon::gpu::emitContraction(GridKernel &kernel, TilesAttr plan) {
  std::optional<ContractionForm> form = ContractionForm::of(kernel.region);
  if (!form || (plan.getPrecision() != Precision::F32 && !form->element.isF32()))
    return false;
  kernel.setThreads(plan.getThreads());
  if (plan.getPrecision() == Precision::F32)
    PlainTiles(kernel, std::move(*form), plan).emit();
  else
    createTensorCoreTiles(kernel, std::move(*form), plan)->emit();
  return true;
}
