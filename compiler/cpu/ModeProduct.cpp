//===- ModeProduct.cpp - Small constant matrices along axes ---------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The n-mode product of a tensor with one to three small constant matrices (Kolda and
// Bader, Tensor Decompositions and Applications, 2009), as Winograd's convolutions have
// them. The matrices become instructions:
//
//   for the parallel axes, lanes along the innermost:
//     load, transform (compiler/kernel/ModePoint)
//     for each result: epilogue; store
//
// Results whose addresses fall on few sets of the first-level cache, as with channels and tiles
// in powers of two, drive one another out of it: those of a few vectors go to scratch first, and
// from there to each place in one go.
//
//===----------------------------------------------------------------------===//
#include "compiler/cpu/ModeProduct.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// Whether more of a point's results fall on one set of the first-level cache than it holds.
bool ModeProductEmitter::resultsCollide() {
  constexpr int64_t lineBytes = 64, waySets = 64, ways = 8;
  if (loops == 0 || axes[loops - 1].size() < 2 * lanes)
    return false;
  std::map<int64_t, int64_t> onSet;
  for (const Output &output : epilogue.outputs) {
    if (axes[loops - 1].stride(output.to) != 1)
      continue;
    for (int64_t i = 0; i != outputs; ++i) {
      int64_t rest = i, place = 0;
      for (const Mode &mode : llvm::reverse(modes)) {
        place += output.to.coefficients[mode.to] * (rest % mode.rows);
        rest /= mode.rows;
      }
      int64_t set = place * (element.getWidth() / 8) / lineBytes % waySets;
      if (++onSet[(set + waySets) % waySets] > ways)
        return true;
    }
  }
  return false;
}

/// All points of the innermost loop.
void ModeProductEmitter::points(Value lower, Value upper) {
  forLanes(kernel, *evaluator, loops - 1, lower, upper, axes[loops - 1].size(), lanes,
           [&](Value) { point->all([&](int64_t number, Value value) { point->finishAt(number, value); }); });
}

/// The same by way of scratch.
void ModeProductEmitter::stagedPoints(Value lower, Value upper) {
  unsigned last = loops - 1;
  // Half a kilobyte for each result: 25 of them take half of that cache at most.
  int64_t size = axes[last].size();
  int64_t block = std::min(roundUp(size, lanes), roundUp(512 * 8 / element.getWidth(), lanes));
  Value scratch = kernel.scratch(element, outputs * block);
  auto vectorType = VectorType::get({lanes}, element);
  auto blocks = kernel.nest.open(lower, upper, block);
  Value start = blocks.getInductionVar(), end = kernel.min(kernel.add(start, kernel.index(block)), upper);
  forLanes(kernel, *evaluator, last, start, end, size, lanes, [&](Value position) {
    Value place = kernel.sub(position, start);
    point->all([&](int64_t number, Value value) {
      vector::StoreOp::create(b, kernel.loc, value, scratch, kernel.add(place, kernel.index(number * block)));
    });
  });
  Value row = kernel.index(0);
  for (const Mode &mode : modes) {
    auto loop = kernel.nest.open(kernel.index(0), kernel.index(mode.rows), 1);
    evaluator->bind(point->axisOf(mode.to), loop.getInductionVar(), kernel.nest.depth());
    row = kernel.add(kernel.mul(row, mode.rows), loop.getInductionVar());
  }
  row = kernel.mul(row, block);
  forLanes(kernel, *evaluator, last, start, end, size, lanes, [&](Value position) {
    Value place = kernel.add(row, kernel.sub(position, start));
    point->finish(vector::LoadOp::create(b, kernel.loc, vectorType, scratch, place));
  });
  for (unsigned i = 0; i != modes.size() + 1; ++i) {
    evaluator->forget(kernel.nest.depth());
    kernel.nest.close();
  }
}

void ModeProductEmitter::emit(int64_t wanted) {
  // Tasks are blocks of the outermost loop: let it be long enough to be cut evenly.
  while (loops > 2 && axes.front().size() < 4 * wanted && wanted > 1) {
    axes[1] = merge(axes[0], axes[1]);
    axes.erase(axes.begin());
    --loops;
  }
  addModeAxes(axes);
  evaluator = std::make_unique<Evaluator>(kernel, axes);
  point.reset(new ModePoint(kernel, *this, *evaluator, loops, lanes));
  if (loops == 0)
    return point->all([&](int64_t number, Value value) { point->finishAt(number, value); });

  int64_t outer = axes.front().size();
  int64_t block = roundUp(ceilDiv(outer, wanted), loops == 1 ? lanes : 1);
  kernel.tasks = ceilDiv(outer, block);
  Value lower = kernel.index(0), upper = kernel.index(outer);
  if (kernel.tasks > 1) {
    lower = kernel.mul(kernel.begin, block);
    upper = kernel.min(kernel.mul(kernel.end, block), upper);
  }
  unsigned last = loops - 1;
  for (unsigned i = 0; i != last; ++i) {
    auto loop = kernel.nest.open(i ? kernel.index(0) : lower, i ? kernel.index(axes[i].size()) : upper, 1);
    evaluator->bind(i, loop.getInductionVar(), kernel.nest.depth());
  }
  Value from = last ? kernel.index(0) : lower, to = last ? kernel.index(axes[last].size()) : upper;
  if (resultsCollide())
    stagedPoints(from, to);
  else
    points(from, to);
  for (unsigned i = 0; i != last; ++i)
    kernel.nest.close();
}

bool agon::cpu::emitModeProduct(CpuKernel &kernel, int64_t tasks) {
  std::optional<ModeProductLoops> loops = ModeProductLoops::of(kernel.region, kernel.options.target);
  if (!loops)
    return false;
  ModeProductEmitter(kernel, std::move(*loops)).emit(tasks);
  return true;
}
