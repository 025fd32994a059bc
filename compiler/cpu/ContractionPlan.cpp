//===- ContractionPlan.cpp - How a contraction is cut up ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Prices are in cycles of a core that starts two vector multiply-adds a cycle.
//
//===----------------------------------------------------------------------===//
#include "compiler/cpu/ContractionPlan.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

/// What a kernel copies lies on its stack, whatever the caches could hold.
static constexpr int64_t mostCopiedBytes = 2 << 20, mostPanelBytes = 256 << 10;

/// The sizes that plans are made by, in bytes.
namespace {
struct Sizes {
  int64_t l1, l2;
  explicit Sizes(TargetAttr target) : l1(target.getCacheBytes(0)), l2(target.getCacheBytes(1)) {}
  /// What a panel of B may take up, on the stack and of the second-level cache.
  int64_t panel() const { return std::min(l2 / 4, mostPanelBytes); }
  /// A panel of a sum that is cut, in the first-level cache.
  int64_t cutPanel() const { return l1; }
  /// A block of A, on the stack and where it lies.
  int64_t copied() const { return std::min(2 * l2, mostCopiedBytes); }
  int64_t read() const { return 4 * l2; }
  /// Operands that come from beyond the second-level cache go through it once, a block of k of each at a time, if
  /// the partial sums are no larger than `streamedSums`.
  int64_t streamed() const { return l2 / 4; }
  int64_t streamedSums() const { return l2 / 8; }
};
} // namespace

/// What stays in the second-level cache.
int64_t ContractionPlan::residentBytes() const { return target.getCacheBytes(1) / 2; }

double ContractionPlan::packingCost(const OperandPair &pair, bool ofA) const {
  const ContractionOperand &operand = ofA ? pair.a : pair.b;
  ContractionAxis axis = ofA ? MAxis : NAxis;
  // A is copied by runs, with what is short of a vector at the end of each.
  auto byRuns = [&](const Axis &along) {
    int64_t run = operand.run(along);
    return run == along.size() ? 0.15 : 0.15 * roundUp(run, lanes) / run + 2.0 / run;
  };
  double price = 2; // element by element
  if (ofA && operand.along(axes[axis]) == ContractionOperand::Contiguous)
    price = byRuns(axes[axis]);
  else if (ofA && operand.along(axes[KAxis]) == ContractionOperand::Contiguous)
    price = byRuns(axes[KAxis]);
  else if (!ofA && loadsContiguous(operand, axis))
    price = 0.15;
  else if (!ofA && loadsContiguous(operand, KAxis))
    price = 0.35 / depth(); // a transposition in registers
  // What does not stay in the second-level cache comes from beyond it, each time.
  int64_t bytes = 0;
  for (const Survey::Leaf &leaf : operand.survey.leaves)
    bytes += cast<RankedTensorType>(leaf.tensor.getType()).getNumElements() * element.getIntOrFloatBitWidth() / 8;
  if (bytes > residentBytes())
    price += 0.35;
  return (price + double(operand.survey.work - 1) / lanes) * double(axes[axis].size()) * k();
}

/// Whether B lies as copying would put it: in blocks of columns that hold whole panels of `width`, their rows close
/// to one another. Weights that only contractions read are stored so. A B that is a single panel flows through the
/// caches beside A, unless A has to be copied: then copying B, too, was found to be faster.
bool ContractionPlan::liesInPanels(const OperandPair &pair, int64_t width) const {
  const ContractionOperand &b = pair.b;
  if (!b.isPlain() || depth() > 1)
    return false;
  int64_t run = b.run(axes[NAxis]);
  auto [outer, inner] = split(axes[NAxis], run);
  std::optional<int64_t> step = axes[KAxis].stride(b.form());
  bool onePanel = n() == width && pair.a.isDirect(axes[MAxis], axes[KAxis]);
  return (run < n() || onePanel) && run % width == 0 && inner.stride(b.form()) == 1 && step && *step <= 4 * width;
}

/// Sets form, rows, vectors; returns what all of it will cost.
double ContractionPlan::chooseTile() {
  Sizes memory(target);
  int64_t registers = target.getRegisters();
  double best = std::numeric_limits<double>::infinity();
  bool unitStore = llvm::all_of(epilogue.outputs,
                                [&](const Output &output) { return axes[NAxis].stride(output.to) == 1 || n() == 1; });
  int64_t columns = ceilDiv(n(), lanes);
  auto copyingB = [&](int64_t width) {
    double cost = 0;
    for (const OperandPair &pair : pairs)
      cost += liesInPanels(pair, width) ? 0 : packingCost(pair, /*ofA=*/false);
    return cost;
  };
  auto tile = [&](int64_t r, int64_t v) {
    if (r == 0 || v == 0)
      return 0.0;
    // Multiply-adds, loads, or their latency; and a panel too long for the first-level
    // cache comes from the second at somewhat less than a vector a cycle.
    double panelBytes = double(steps()) * v * target.getVectorBits() / 8, latency = depth() > 1 ? 6 : 4;
    double step =
        std::max({r * v / 2.0, (r + v) / 2.0, latency}) + v * (panelBytes > 0.7 * double(memory.l1) ? 0.4 : 0.2);
    // Short runs of a row at a time are written more slowly than long ones.
    double store = !unitStore ? 8 * lanes : v == columns ? 1 : 1 + 4.0 / v;
    // Partial sums of a k that has to be cut go to memory and back.
    double cuts = std::ceil(panelBytes / double(memory.panel()));
    return steps() * step + r * v * (store + (cuts > 1 ? 3 * cuts + 3 : 0)) + 12;
  };
  for (int64_t v = 1; v <= std::min<int64_t>(columns, 8); ++v)
    for (int64_t r = 1; r <= std::min<int64_t>(m(), 14); ++r) {
      if (r * v + v + 1 > registers)
        break;
      int64_t tallTiles = m() / r, restRows = m() % r, panels = columns / v, restColumns = columns % v;
      double cost = panels * (tallTiles * tile(r, v) + tile(restRows, v)) + tallTiles * tile(r, restColumns) +
                    tile(restRows, restColumns) + copyingB(v * lanes);
      if (cost < best) {
        best = cost;
        tileForm = TileForm::Outer;
        rows = r;
        vectors = v;
      }
    }
  bool aByRows = true;
  for (const OperandPair &pair : pairs) {
    if (!pair.a.isDirect(axes[MAxis], axes[KAxis]) || depth() > 1)
      best += packingCost(pair, /*ofA=*/true);
    aByRows &= pair.a.along(axes[KAxis]) == ContractionOperand::Contiguous;
  }
  int64_t bytesOfB = terms() * n() * element.getIntOrFloatBitWidth() / 8;
  if (depth() == 1 && (n() == 1 || n() == 2 || n() == 4) && n() <= lanes && aByRows && k() >= lanes &&
      bytesOfB <= memory.panel()) {
    double inner = double(ceilDiv(m(), lanes / n())) *
                       (double(ceilDiv(k(), lanes)) * pairs.size() * std::max(lanes / 2.0, 4.0) + 5.0 * lanes) +
                   2.0 * n() * terms();
    if (inner < best) {
      best = inner;
      tileForm = TileForm::Inner;
      rows = lanes / n();
      vectors = 1;
    }
  }
  return best * batch();
}

/// Whether A, of windows mostly, is better read where it lies than copied; makes the blocks of a
/// sum that is cut end where runs do.
bool ContractionPlan::readsAInRuns(const OperandPair &pair, int64_t longest) {
  const ContractionOperand &a = pair.a;
  int64_t bytes = element.getIntOrFloatBitWidth() / 8, run = a.run(axes[KAxis]);
  if (!a.isPlain() || a.isDirect(axes[MAxis], axes[KAxis]) || a.along(axes[KAxis]) != ContractionOperand::Contiguous ||
      run < 4 || depth() > 1)
    return false;
  // Rows at a power of two from one another share a set of the first-level cache.
  auto [outer, inner] = split(axes[MAxis], a.run(axes[MAxis]));
  if (rows > 8 && !inner.dims.empty() && *inner.stride(a.form()) * bytes % 4096 == 0)
    return false;
  if (!kIsCut)
    return true;
  if (pairs.size() > 1) // whose runs may differ
    return false;
  if (run <= longest) {
    kBlock = longest / run * run;
    return true;
  }
  for (int64_t cuts = ceilDiv(run, longest); cuts <= 8; ++cuts)
    if (run % cuts == 0) {
      kBlock = run / cuts;
      return true;
    }
  return false;
}

/// How much of k to take at a time where columns of both operands, each of which lies all over its matrix, would
/// come from beyond the second-level cache: so much that they come in the order of memory. All of it elsewhere.
int64_t ContractionPlan::streamedBlock() const {
  int64_t bytes = element.getIntOrFloatBitWidth() / 8, column = (m() + n()) * bytes;
  bool byColumns = true, copied = false;
  for (const OperandPair &pair : pairs) {
    byColumns &= pair.a.along(axes[KAxis]) != ContractionOperand::Contiguous;
    copied |= !pair.a.isDirect(axes[MAxis], axes[KAxis]);
  }
  Sizes memory(target);
  if (!byColumns || terms() * column <= 2 * memory.streamed() || (m() * n() * bytes > memory.streamedSums() && !copied))
    return terms();
  return std::max(roundUp(ceilDiv(k(), ceilDiv(k() * column, memory.streamed())), lanes), 4 * lanes);
}

/// Whether B, read in place, lies in panels that follow one another.
bool ContractionPlan::prefetchesB(const OperandPair &pair, const Reading &reading) const {
  return tileForm == TileForm::Outer && !reading.packB && liesInPanels(pair, panel()) &&
         pair.b.run(axes[NAxis]) == panel();
}

/// Whether to copy the operands of a pair, once the tile is known.
void ContractionPlan::chooseReading(const OperandPair &pair, Reading &reading) {
  Sizes memory(target);
  int64_t bytes = element.getIntOrFloatBitWidth() / 8;
  const ContractionOperand &a = pair.a, &b = pair.b;
  bool byRows = a.along(axes[KAxis]) == ContractionOperand::Contiguous;
  reading.packedAByRows = byRows || a.along(axes[MAxis]) != ContractionOperand::Contiguous;
  bool directA = a.isDirect(axes[MAxis], axes[KAxis]);
  if (tileForm == TileForm::Inner || depth() > 1) {
    // What is rounded is copied.
    reading.packA = !directA || depth() > 1;
    reading.packB = true;
    return;
  }
  // A stride that leaves the lines that a tile reads too few sets of a cache is worth a copy: of rows one line each at
  // a time, which the first level should hold, of columns all that the tile passes by, if many panels want them again
  // from the second.
  auto linesThatFit = [&](unsigned axis, int64_t cacheBytes, int64_t bytesOfWay) {
    int64_t stride = std::abs(*axes[axis].stride(a.form())) * bytes;
    return cacheBytes / std::max<int64_t>(std::gcd(stride, bytesOfWay), 64);
  };
  bool crowded = directA && (byRows ? n() > panel() && rows > linesThatFit(MAxis, memory.l1, 4096)
                                    : n() >= 8 * panel() && kBlock > 2 * linesThatFit(KAxis, memory.l2, 65536));
  reading.packA = !reading.aInRuns && (!directA || crowded);
  bool inPanels = liesInPanels(pair, panel());
  bool directB = inPanels || (b.isDirect(axes[NAxis], axes[KAxis]) && axes[NAxis].stride(b.form()) == 1);
  reading.packB = !(directB && (inPanels || ceilDiv(m(), rows) <= 3 || k() * n() * bytes <= memory.l1 / 4));
}

void ContractionPlan::chooseBlocks() {
  Sizes memory(target);
  int64_t bytes = element.getIntOrFloatBitWidth() / 8;
  bool inner = tileForm == TileForm::Inner;
  int64_t width = inner ? n() : panel();
  int64_t panels = ceilDiv(n(), width), tiles = ceilDiv(m(), rows);

  // A sum that has to be cut is cut so short that the panel fits the first-level cache, as all of B does as one
  // panel: the few rows of a tile that wide would wait for the second-level cache.
  bool onePanel =
      !inner && n() == width && llvm::all_of(pairs, [&](const OperandPair &pair) { return liesInPanels(pair, width); });
  auto rowsIn = [&](int64_t size) {
    return std::max<int64_t>(size / (width * copiedBytes()) / lanes * lanes, 4 * lanes);
  };
  int64_t longest = rowsIn(onePanel ? memory.cutPanel() : memory.panel()), block = rowsIn(memory.cutPanel());
  kIsCut = !inner && terms() > longest;
  kBlock = inner || k() <= (kIsCut ? block : longest) ? k() : roundUp(ceilDiv(k(), ceilDiv(k(), block)), lanes);
  if (int64_t streamed = streamedBlock(); !inner && terms() > streamed) {
    kIsCut = true;
    kBlock = std::min(kBlock, streamed);
  }
  // What is read where it lies beyond the second-level cache passes each task once, if k is cut: beside the computing,
  // for the most part.
  auto readingCost = [&](ContractionAxis axis) {
    int64_t elements = axes[axis].size() * k();
    return kIsCut && elements * bytes > residentBytes() ? 0.07 * double(elements) : 0;
  };
  bool packsA = false;
  double packingA = 0, packingB = 0;
  readings.assign(pairs.size(), Reading());
  for (auto [pair, reading] : llvm::zip_equal(pairs, readings)) {
    // Copied rows are read faster; that pays where there is more than one panel to read them for.
    reading.aInRuns = !inner && panels == 1 && readsAInRuns(pair, block);
    chooseReading(pair, reading);
    packsA |= reading.packA;
    packingA += reading.packA ? packingCost(pair, /*ofA=*/true) : readingCost(MAxis);
    packingB += !reading.packB ? readingCost(NAxis) : inner ? 0 : packingCost(pair, /*ofA=*/false);
  }
  // Rows that are copied for one panel alone need not outlast it. Others may come from beyond the second-level cache,
  // once a panel: that costs less than copying the panels again for each block of them.
  int64_t blockBytes = packsA ? panels == 1 ? memory.l1 / 2 : memory.copied() : memory.read();
  int64_t atHand = kIsCut ? 1 : int64_t(pairs.size());
  mSub = std::max<int64_t>(blockBytes / (atHand * (roundUp(kBlock, lanes) + lanes) * copiedBytes()) / rows, 1) * rows;

  // Tasks: about a microsecond of work or more each, and little packing done twice. As many as there are workers are
  // enough, more even out their ends.
  double flops = 2.0 * m() * n() * terms() * batch();
  int64_t wanted = flops < 200e3 ? 1 : std::clamp<int64_t>(int64_t(flops / 400e3), 2, 3 * plannedWorkers(target));
  wanted = ceilDiv(wanted, batch());
  double computing = flops / batch() / (4.0 * lanes * depth());
  int64_t bestM = 1, bestN = 1;
  double bestScore = 0;
  for (int64_t nCount = 1; nCount <= std::min(panels, wanted); ++nCount)
    for (int64_t mCount = 1; mCount <= std::min(tiles, wanted); ++mCount) {
      int64_t count = nCount * mCount;
      double total = computing + nCount * packingA + mCount * packingB;
      double limit = count > plannedWorkers(target) ? 1.01 : count > 2 ? 1.05 : 1.3;
      if (count > wanted || (count > 1 && total > limit * (computing + packingA + packingB)))
        continue;
      // The time on `wanted` cores, about.
      double longestTask = double(ceilDiv(panels, nCount)) / panels * ceilDiv(tiles, mCount) / tiles;
      double score = 1 / (longestTask * total);
      if (score > bestScore * 1.001) {
        bestScore = score;
        bestM = mCount;
        bestN = nCount;
      }
    }
  mBlock = ceilDiv(tiles, bestM) * rows;
  nBlock = ceilDiv(panels, bestN) * width;
  if (kIsCut) {
    // The partial sums of a block lie in scratch, too.
    nBlock = std::min(nBlock, std::max<int64_t>(512 / width, 1) * width);
    mSub = std::min(mSub, std::max<int64_t>((256 << 10) / (nBlock * bytes) / rows, 1) * rows);
  }
  mSub = std::min(mSub, mBlock);
}

/// What to fetch while the sums of a tile grow: what lies in rows far apart, and beyond the second-level cache.
void ContractionPlan::chooseFetches() {
  for (auto [pair, reading] : llvm::zip_equal(pairs, readings))
    reading.prefetchB = prefetchesB(pair, reading);
  if (tileForm == TileForm::Inner)
    return;
  auto isLarge = [&](const Survey::Leaf &leaf) {
    auto type = cast<RankedTensorType>(leaf.tensor.getType());
    return type.getNumElements() * type.getElementTypeBitWidth() / 8 > residentBytes();
  };
  for (auto [pair, reading] : llvm::zip_equal(pairs, readings))
    reading.fetchPanel =
        reading.packB && pair.b.isDirect(axes[NAxis], axes[KAxis]) && isLarge(pair.b.survey.leaves.front());
  if (kIsCut || k() < 2 * lanes)
    return;
  llvm::copy_if(epilogue.survey.leaves, std::back_inserter(fetched), [&](const Survey::Leaf &leaf) {
    return isLarge(leaf) && axes[NAxis].stride(leaf.form) == 1 && axes[MAxis].uses(leaf.form);
  });
}

ContractionPlan::ContractionPlan(ContractionForm form, TargetAttr target)
    : ContractionForm(std::move(form)), target(target),
      lanes(target.getVectorBits() / element.getIntOrFloatBitWidth()) {}

void ContractionPlan::transposeAll() {
  transpose();
  transposed = !transposed;
}

std::optional<ContractionPlan> ContractionPlan::choose(ContractionForm form, TargetAttr target, Precision precision) {
  if (precision == Precision::Bf16 && !form.element.isF32())
    return std::nullopt;
  ContractionPlan plan(std::move(form), target);
  plan.precision = precision;
  double straight = plan.chooseTile();
  plan.transposeAll();
  plan.cycles = plan.chooseTile();
  if (straight <= plan.cycles) {
    plan.transposeAll();
    plan.cycles = plan.chooseTile();
  }
  plan.chooseBlocks();
  plan.chooseFetches();
  return plan;
}

ContractionPlan ContractionPlan::choose(ContractionForm form, TargetAttr target) {
  ContractionPlan full = *choose(form, target, Precision::Full);
  if (!target.hasMultiplyAdd(BFloat16Type::get(target.getContext())))
    return full;
  std::optional<ContractionPlan> rounded = choose(std::move(form), target, Precision::Bf16);
  // What is rounded for little had better not be.
  return rounded && rounded->cycles < 0.9 * full.cycles ? *rounded : full;
}
