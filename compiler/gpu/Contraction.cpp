//===- Contraction.cpp - Contractions by tiles in shared memory -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
//   a block of threads has a tile of C, and a part of k:
//     for a pair of operands:
//       the first tiles of A and B go to shared memory
//       for `depth` steps of k:
//         tiles of later steps are fetched, by cp.async or into registers
//         each thread adds the products for its own part of C, in registers
//         what is in registers goes to shared memory
//     where k is split: the block that ends last adds the parts, in order
//     epilogue; store
//
// Tiles lie in so many stages that those that are fetched are not those that are multiplied: one
// barrier a step. A sum runs over a part of k in order, in one chain.
//
//===----------------------------------------------------------------------===//
#include "compiler/gpu/PartialSums.h"
#include "compiler/gpu/Tiles.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include <numeric>

using namespace mlir;
using namespace agon;
using namespace agon::gpu;

TileEmitter::TileEmitter(GridKernel &kernel, ContractionForm contraction, TilesAttr plan)
    : kernel(kernel), form(std::move(contraction)), plan(plan), b(kernel.builder), loc(kernel.loc),
      tileA{MAxis, plan.getRows(), plan.getDepth()}, tileB{NAxis, plan.getColumns(), plan.getDepth()},
      evaluator(kernel, form.axes) {}

bool TileEmitter::locate() {
  int64_t mBlocks = ceilDiv(form.m(), plan.getRows()), nBlocks = ceilDiv(form.n(), plan.getColumns());
  int64_t tiles = form.batch() * mBlocks * nBlocks, parts = plan.getSplit();
  int64_t all = ceilDiv(form.k(), plan.getDepth()), ofPart = ceilDiv(all, parts);
  if (all - (parts - 1) * ofPart < plan.getStages() - 1 || (parts > 1 && tiles > PartialSums::mostSums))
    return false;
  kernel.blocks = tiles * parts;
  tile = kernel.divided(kernel.blockIndex, parts);
  part = kernel.remainder(kernel.blockIndex, parts);
  Value inBatch = kernel.remainder(tile, mBlocks * nBlocks);
  batch = kernel.divided(tile, mBlocks * nBlocks);
  mStart = kernel.mul(kernel.divided(inBatch, nBlocks), plan.getRows());
  nStart = kernel.mul(kernel.remainder(inBatch, nBlocks), plan.getColumns());
  firstStep = kernel.mul(part, ofPart);
  steps = kernel.min(kernel.index(ofPart), kernel.sub(kernel.index(all), firstStep));
  evaluator.bind(BatchAxis, batch, 0);
  return true;
}

Value TileEmitter::isBeyond(Value position, ContractionAxis axis) {
  return kernel.compare(arith::CmpIPredicate::sge, position, kernel.index(form.axes[axis].size()));
}

SmallVector<Value> TileEmitter::accumulate(const OperandPair &pair, SmallVector<Value> sums) {
  TileCopy copies[] = {{kernel, form, pair.a, tileA, plan.getPrecision()},
                       {kernel, form, pair.b, tileB, plan.getPrecision()}};
  copies[0].locate(batch, mStart);
  copies[1].locate(batch, nStart);
  std::pair<bool, bool> raw(copies[0].isAsync(), copies[1].isAsync());
  int64_t stages = plan.getStages(), ahead = stages - 1;
  auto fetch = [&](Value step, Value stage) {
    Value k = kernel.mul(kernel.add(firstStep, step), plan.getDepth());
    for (TileCopy &copy : copies)
      copy.fetch(k, stage);
    if (raw.first || raw.second)
      NVVM::CpAsyncCommitGroupOp::create(b, loc);
  };
  auto put = [&] {
    for (TileCopy &copy : copies)
      copy.put();
  };
  /// Until no more than the `newest` fetches are under way.
  auto wait = [&](int64_t newest) {
    if (raw.first || raw.second)
      NVVM::CpAsyncWaitGroupOp::create(b, loc, newest);
    kernel.barrier();
  };
  auto around = [&](Value stage, int64_t by, int64_t at, int64_t instead) {
    Value isEnd = kernel.compare(arith::CmpIPredicate::eq, stage, kernel.index(at));
    return arith::SelectOp::create(b, loc, isEnd, kernel.index(instead), kernel.add(stage, kernel.index(by)));
  };
  for (int64_t step = 0; step != ahead; ++step) {
    fetch(kernel.index(step), kernel.index(step));
    put();
  }
  sums.push_back(kernel.index(0));
  auto loop = kernel.nest.open(kernel.index(0), kernel.sub(steps, kernel.index(ahead)), 1, sums);
  sums = llvm::to_vector_of<Value>(loop.getRegionIterArgs());
  Value stage = sums.pop_back_val();
  wait(ahead - 1);
  fetch(kernel.add(loop.getInductionVar(), kernel.index(ahead)), around(stage, -1, 0, ahead));
  sums = multiply(stage, sums, raw);
  put();
  sums.push_back(around(stage, 1, ahead, 0));
  sums = llvm::to_vector_of<Value>(kernel.nest.close(sums));
  stage = sums.pop_back_val();
  for (int64_t left = ahead; left != 0; --left) {
    wait(0);
    sums = multiply(stage, sums, raw);
    if (left != 1)
      stage = around(stage, 1, ahead, 0);
  }
  return sums;
}

int64_t TileEmitter::epilogueLanes() {
  int64_t count = groupSize();
  const Axis &axis = form.axes[NAxis];
  SmallVector<LinearForm> forms = form.epilogue.survey.forms();
  for (const Output &output : form.epilogue.outputs)
    forms.push_back(output.to);
  bool fits = llvm::all_of(forms, [&](const LinearForm &each) { return liesInVectors(each, axis, count); });
  bool crosses = llvm::any_of(form.epilogue.survey.bounded, [&](const LinearForm &each) { return axis.uses(each); });
  return fits && !crosses ? count : 1;
}

void TileEmitter::finish(ArrayRef<Value> sums) {
  OpOperand &init = form.root.getDpsInitsMutable()[0];
  int64_t lanes = epilogueLanes();
  evaluator.setLanes(NAxis, lanes);
  SmallVector<Element> all = elements();
  for (size_t i = 0; i != all.size(); i += size_t(lanes)) {
    Value m = kernel.add(mStart, all[i].row), n = kernel.add(nStart, all[i].column);
    kernel.unless(arith::OrIOp::create(b, loc, isBeyond(m, MAxis), isBeyond(n, NAxis)), [&] {
      evaluator.bind(MAxis, m, 0);
      evaluator.bind(NAxis, n, 0);
      Datum sum{sums[all[i].sum], 0, lanes > 1};
      if (lanes > 1) {
        SmallVector<Value> group;
        for (const Element &element : ArrayRef(all).slice(i, lanes))
          group.push_back(sums[element.sum]);
        sum.value = vector::FromElementsOp::create(b, loc, VectorType::get({lanes}, form.element), group);
      }
      Datum first = evaluator.value(init.get(), form.root.getMatchingIndexingMap(&init));
      if (!matchPattern(first.value, m_AnyZeroFloat()))
        sum.value = arith::AddFOp::create(b, loc, evaluator.vector(first), sum.value);
      evaluator.finish(form.epilogue, sum);
      evaluator.forget(0);
    });
  }
}

bool TileEmitter::emit() {
  const OperandPair &first = form.pairs.front();
  layOut(tileA, isAlongK(form, first.a, MAxis));
  layOut(tileB, isAlongK(form, first.b, NAxis));
  if (!locate())
    return false;
  for (Tile *each : {&tileA, &tileB})
    each->row = kernel.shared(each->element, plan.getStages() * each->size());
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(form.element));
  SmallVector<Value> sums(sumCount(), zero);
  for (const OperandPair &pair : form.pairs) {
    if (&pair != &first)
      kernel.barrier();
    sums = accumulate(pair, sums);
  }
  if (plan.getSplit() == 1) {
    finish(sums);
    return true;
  }
  PartialSums partial(kernel, kernel.blocks / plan.getSplit(), plan.getSplit(), kernel.threads);
  partial.combine(
      {tile, part, kernel.thread}, sums,
      [&](Value a, Value c, unsigned) { return arith::AddFOp::create(b, loc, a, c); },
      [&](ArrayRef<Value> all) { finish(all); });
  return true;
}

//===----------------------------------------------------------------------===//
// Products in the operands' own precision
//===----------------------------------------------------------------------===//

namespace {
class PlainTiles : public TileEmitter {
public:
  using TileEmitter::TileEmitter;

private:
  void layOut(Tile &tile, bool alongK) override;
  unsigned sumCount() const override { return plan.getThreadRows() * plan.getThreadColumns(); }
  SmallVector<Value> multiply(Value stage, SmallVector<Value> sums, std::pair<bool, bool> raw) override;
  SmallVector<Element> elements() override;
  int64_t groupSize() const override { return tileB.kIsFastest ? 1 : std::gcd(plan.getThreadColumns(), lanes()); }

  /// Rows or columns of C that a thread has, and the number of the thread among those that share them.
  std::pair<int64_t, Value> share(const Tile &tile);
  /// The thread's `i`-th row or column of C. They are neighbours where a tile has them as neighbours, so that one read
  /// brings several; else threads side by side have neighbours, whose rows of the tile begin in different banks.
  Value own(const Tile &tile, int64_t i);
  /// What `lanes` steps from `k` on of the thread's rows or columns are: of each step a value each.
  SmallVector<SmallVector<Value>> read(const Tile &tile, Value stage, Value k);
  /// Steps of k, or neighbours, that a read of 16 bytes brings.
  int64_t lanes() const { return 16 / form.elementBytes(); }
};
} // namespace

void PlainTiles::layOut(Tile &tile, bool alongK) {
  tile.kIsFastest = alongK && plan.getDepth() % lanes() == 0;
  tile.stride = roundUp(tile.kIsFastest ? plan.getDepth() : tile.extent, lanes()) + lanes();
  tile.element = form.element;
}

std::pair<int64_t, Value> PlainTiles::share(const Tile &tile) {
  int64_t across = plan.getColumns() / plan.getThreadColumns();
  if (tile.own == MAxis)
    return {plan.getThreadRows(), kernel.divided(kernel.thread, across)};
  return {plan.getThreadColumns(), kernel.remainder(kernel.thread, across)};
}

Value PlainTiles::own(const Tile &tile, int64_t i) {
  auto [count, number] = share(tile);
  return tile.kIsFastest ? kernel.add(number, kernel.index(i * (tile.extent / count)))
                         : kernel.add(kernel.mul(number, count), kernel.index(i));
}

SmallVector<SmallVector<Value>> PlainTiles::read(const Tile &tile, Value stage, Value k) {
  int64_t count = share(tile).first, steps = std::gcd(plan.getDepth(), lanes());
  SmallVector<SmallVector<Value>> values(steps, SmallVector<Value>(count));
  // The largest vectors that neighbours divide into.
  int64_t together = tile.kIsFastest ? steps : std::gcd(count, lanes());
  auto load = [&](Value inOwn, Value inK) {
    auto type = VectorType::get({together}, tile.element);
    return vector::LoadOp::create(b, loc, type, tile.row, ValueRange{tile.place(kernel, stage, inOwn, inK)},
                                  /*nontemporal=*/false, llvm::Align(together * form.elementBytes()));
  };
  if (tile.kIsFastest) {
    for (int64_t i = 0; i != count; ++i) {
      Value run = load(own(tile, i), k);
      for (int64_t step = 0; step != steps; ++step)
        values[step][i] = vector::ExtractOp::create(b, loc, run, step);
    }
    return values;
  }
  for (int64_t step = 0; step != steps; ++step)
    for (int64_t i = 0; i != count; i += together) {
      Value run = load(own(tile, i), kernel.add(k, kernel.index(step)));
      for (int64_t j = 0; j != together; ++j)
        values[step][i + j] = vector::ExtractOp::create(b, loc, run, j);
    }
  return values;
}

SmallVector<Value> PlainTiles::multiply(Value stage, SmallVector<Value> sums, std::pair<bool, bool>) {
  int64_t columns = plan.getThreadColumns(), steps = std::gcd(plan.getDepth(), lanes());
  auto loop = kernel.nest.open(kernel.index(0), kernel.index(plan.getDepth()), steps, sums);
  sums = llvm::to_vector_of<Value>(loop.getRegionIterArgs());
  auto left = read(tileA, stage, loop.getInductionVar()), right = read(tileB, stage, loop.getInductionVar());
  for (int64_t step = 0; step != steps; ++step)
    for (auto [i, sum] : llvm::enumerate(sums))
      sum = math::FmaOp::create(b, loc, left[step][i / columns], right[step][i % columns], sum);
  return llvm::to_vector_of<Value>(kernel.nest.close(sums));
}

SmallVector<TileEmitter::Element> PlainTiles::elements() {
  SmallVector<Element> all;
  for (int64_t i = 0; i != plan.getThreadRows(); ++i)
    for (int64_t j = 0; j != plan.getThreadColumns(); ++j)
      all.push_back({own(tileA, i), own(tileB, j), unsigned(i * plan.getThreadColumns() + j)});
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

/// Into how many parts k is cut: until there are two blocks for each of the machine's processors, as long as a block
/// has enough steps to be worth the addition of its part.
static int64_t splitOf(int64_t tiles, int64_t steps, TargetAttr target) {
  constexpr int64_t leastSteps = 8;
  int64_t parts = std::min(2 * target.getWorkers() / tiles, steps / leastSteps);
  if (parts <= 1 || tiles > PartialSums::mostSums)
    return 1;
  return ceilDiv(steps, ceilDiv(steps, parts)); // none is empty
}

TilesAttr agon::gpu::planContraction(RegionOp region, TargetAttr target) {
  std::optional<ContractionForm> form = ContractionForm::of(region);
  if (!form)
    return {};
  // Small tiles where large ones would leave most of the machine idle.
  auto tiles = [&](int64_t side) { return form->batch() * ceilDiv(form->m(), side) * ceilDiv(form->n(), side); };
  int64_t side = tiles(64) >= target.getWorkers() ? 64 : 32;
  Precision precision = precisionOf(target, form->element);
  bool isFull = precision == Precision::F32;
  int64_t depth = isFull ? 16 : 32, split = splitOf(tiles(side), ceilDiv(form->k(), depth), target);
  return TilesAttr::get(region.getContext(), side, side, depth, side / (isFull ? 16 : 32), side / 16, /*stages=*/2,
                        split, precision);
}

bool agon::gpu::emitContraction(GridKernel &kernel, TilesAttr plan) {
  std::optional<ContractionForm> form = ContractionForm::of(kernel.region);
  if (!form || (plan.getPrecision() != Precision::F32 && !form->element.isF32()))
    return false;
  kernel.setThreads(plan.getThreads());
  if (plan.getPrecision() == Precision::F32)
    return PlainTiles(kernel, std::move(*form), plan).emit();
  return createTensorCoreTiles(kernel, std::move(*form), plan)->emit();
}
