//===- ContractionPlan.cpp - How a contraction is cut up ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/ContractionPlan.h"
#include "dialects/agon/SumOfProducts.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

ContractionOperand::Layout ContractionOperand::along(const Axis &axis) const {
  // By its largest buffer: what is broadcast along other axes is small.
  const Survey::Leaf *largest = nullptr;
  int64_t most = 0;
  for (const Survey::Leaf &leaf : survey.leaves) {
    int64_t elements = cast<RankedTensorType>(leaf.tensor.getType()).getNumElements();
    if (elements > most) {
      most = elements;
      largest = &leaf;
    }
  }
  if (!largest)
    return Contiguous;
  auto [outer, inner] = split(axis, run(axis));
  int64_t stride = *inner.stride(largest->form);
  // Short runs are gathered as fast as copied.
  if (!outer.dims.empty() && inner.size() < 4)
    return Scattered;
  return stride == 1 || stride == 0 ? Contiguous : Strided;
}

int64_t ContractionOperand::run(const Axis &axis) const {
  int64_t length = 1;
  Axis inner;
  for (unsigned i = axis.dims.size(); i-- > 0;) {
    inner.dims.insert(inner.dims.begin(), axis.dims[i]);
    inner.sizes.insert(inner.sizes.begin(), axis.sizes[i]);
    if (!llvm::all_of(survey.leaves, [&](const Survey::Leaf &leaf) { return inner.stride(leaf.form); }))
      break;
    length *= axis.sizes[i];
  }
  return length;
}

bool ContractionOperand::isDirect(const Axis &first, const Axis &second) const {
  return isPlain() && first.stride(form()) && second.stride(form());
}

//===----------------------------------------------------------------------===//
// Recognition
//===----------------------------------------------------------------------===//

bool ContractionPlan::match(Frame &frame) {
  root = findRoot(frame.region);
  if (!root || !isSumOfProducts(root))
    return false;
  OpOperand &init = root.getDpsInitsMutable()[0];
  element = getElementTypeOrSelf(init.get());
  if (!element.isF32() && !element.isF64())
    return false;
  SmallVector<int64_t> sizes = root.getStaticLoopRanges();
  AffineMap resultMap = root.getMatchingIndexingMap(&init);
  if (!resultMap.isProjectedPermutation() || !epilogue.analyse(frame, root) ||
      !epilogue.survey.visit(init.get(), resultMap))
    return false;
  pairs.resize(root.getNumDpsInputs() / 2);
  for (OpOperand *input : root.getDpsInputOperands()) {
    unsigned number = input->getOperandNumber();
    ContractionOperand &operand = number % 2 ? pairs[number / 2].b : pairs[number / 2].a;
    operand.tensor = input->get();
    operand.map = root.getMatchingIndexingMap(input);
    for (AffineExpr expr : operand.map.getResults())
      if (!linearize(expr, sizes.size()))
        return false;
    if (!operand.survey.visit(operand.tensor, operand.map))
      return false;
  }
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    if (size == 1)
      continue;
    static const int axisOf[8] = {-1, -1, -1, NAxis, -1, MAxis, KAxis, BatchAxis};
    auto axisIn = [&, dim = unsigned(dim)](const ContractionPair &pair) {
      return axisOf[pair.a.map.isFunctionOfDim(dim) * 4 + pair.b.map.isFunctionOfDim(dim) * 2 +
                    resultMap.isFunctionOfDim(dim)];
    };
    int axis = axisIn(pairs.front());
    if (axis < 0 || !llvm::all_of(pairs, [&](const ContractionPair &pair) { return axisIn(pair) == axis; }))
      return false;
    axes[axis].dims.push_back(dim);
  }
  // Outermost first in the result, for k in the first operand, so that axes collapse.
  auto orderBy = [&](Axis &axis, const LinearForm &form) {
    llvm::stable_sort(axis.dims, [&](unsigned x, unsigned y) { return form.coefficients[x] > form.coefficients[y]; });
    for (unsigned dim : axis.dims)
      axis.sizes.push_back(sizes[dim]);
  };
  for (unsigned axis : {BatchAxis, MAxis, NAxis})
    orderBy(axes[axis], epilogue.outputs.front().to);
  const ContractionOperand &a = pairs.front().a;
  orderBy(axes[KAxis], a.survey.leaves.empty() ? epilogue.outputs.front().to : a.form());
  return true;
}

void ContractionPlan::swapOperands() {
  for (ContractionPair &pair : pairs)
    std::swap(pair.a, pair.b);
  std::swap(axes[MAxis], axes[NAxis]);
}

//===----------------------------------------------------------------------===//
// Choices. Prices are in cycles of a core that starts two vector multiply-adds a cycle.
//===----------------------------------------------------------------------===//

/// What a panel of B may take up, on the stack and of the second-level cache.
static constexpr int64_t maxPanelBytes = 256 << 10, cutPanelBytes = 32 << 10;
/// What stays in the second-level cache.
static constexpr int64_t residentBytes = 512 << 10;
/// A block of A, on the stack and where it lies.
static constexpr int64_t maxCopiedBytes = 2 << 20, maxStreamedBytes = 4 << 20;
/// Operands that come from beyond the second-level cache go through it once, a block of k of each at a time,
/// if the partial sums are no larger than this.
static constexpr int64_t streamedBytes = 256 << 10, streamedSums = 128 << 10;

double ContractionPlan::packingCost(const ContractionPair &pair, bool ofA) const {
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
    price = 0.35; // a transposition in registers
  // What does not stay in the second-level cache comes from beyond it, each time.
  int64_t bytes = 0;
  for (const Survey::Leaf &leaf : operand.survey.leaves)
    bytes += cast<RankedTensorType>(leaf.tensor.getType()).getNumElements() * element.getIntOrFloatBitWidth() / 8;
  if (bytes > residentBytes)
    price += 0.35;
  return (price + double(operand.survey.work - 1) / lanes) * double(axes[axis].size()) * k();
}

/// Whether B lies as copying would put it: in blocks of columns that hold whole panels of `width`, their rows close
/// to one another. Weights that only contractions read are stored so. A B that is a single panel flows through the
/// caches beside A, unless A has to be copied: then copying B, too, was found to be faster.
bool ContractionPlan::liesInPanels(const ContractionPair &pair, int64_t width) const {
  const ContractionOperand &b = pair.b;
  if (!b.isPlain())
    return false;
  int64_t run = b.run(axes[NAxis]);
  auto [outer, inner] = split(axes[NAxis], run);
  std::optional<int64_t> step = axes[KAxis].stride(b.form());
  bool onePanel = n() == width && pair.a.isDirect(axes[MAxis], axes[KAxis]);
  return (run < n() || onePanel) && run % width == 0 && inner.stride(b.form()) == 1 && step && *step <= 4 * width;
}

/// Sets form, rows, vectors; returns what all of it will cost.
double ContractionPlan::chooseTile(const TargetInfo &target) {
  int registers = target.vectorBits == 512 ? 32 : 16;
  double best = std::numeric_limits<double>::infinity();
  bool unitStore = llvm::all_of(epilogue.outputs,
                                [&](const Output &output) { return axes[NAxis].stride(output.to) == 1 || n() == 1; });
  int64_t columns = ceilDiv(n(), lanes);
  auto copyingB = [&](int64_t width) {
    double cost = 0;
    for (const ContractionPair &pair : pairs)
      cost += liesInPanels(pair, width) ? 0 : packingCost(pair, /*ofA=*/false);
    return cost;
  };
  auto tile = [&](int64_t r, int64_t v) {
    if (r == 0 || v == 0)
      return 0.0;
    // Multiply-adds, loads, or their latency; and a panel too long for the first-level
    // cache comes from the second at somewhat less than a vector a cycle.
    double panelBytes = double(terms()) * v * target.vectorBits / 8;
    double step = std::max({r * v / 2.0, (r + v) / 2.0, 4.0}) + v * (panelBytes > 0.7 * target.l1 ? 0.4 : 0.2);
    // Short runs of a row at a time are written more slowly than long ones.
    double store = !unitStore ? 8 * lanes : v == columns ? 1 : 1 + 4.0 / v;
    // Partial sums of a k that has to be cut go to memory and back.
    double cuts = std::ceil(panelBytes / maxPanelBytes);
    return terms() * step + r * v * (store + (cuts > 1 ? 3 * cuts + 3 : 0)) + 12;
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
        form = TileForm::Outer;
        rows = r;
        vectors = v;
      }
    }
  bool aByRows = true;
  for (const ContractionPair &pair : pairs) {
    if (!pair.a.isDirect(axes[MAxis], axes[KAxis]))
      best += packingCost(pair, /*ofA=*/true);
    aByRows &= pair.a.along(axes[KAxis]) == ContractionOperand::Contiguous;
  }
  int64_t bytesOfB = terms() * n() * element.getIntOrFloatBitWidth() / 8;
  if ((n() == 1 || n() == 2 || n() == 4) && n() <= lanes && aByRows && k() >= lanes && bytesOfB <= maxPanelBytes) {
    double inner = double(ceilDiv(m(), lanes / n())) *
                       (double(ceilDiv(k(), lanes)) * pairs.size() * std::max(lanes / 2.0, 4.0) + 5.0 * lanes) +
                   2.0 * n() * terms();
    if (inner < best) {
      best = inner;
      form = TileForm::Inner;
      rows = lanes / n();
      vectors = 1;
    }
  }
  return best * batch();
}

/// Whether A, of windows mostly, is better read where it lies than copied; makes the blocks of a
/// sum that is cut end where runs do.
bool ContractionPlan::readsAInRuns(const ContractionPair &pair, int64_t longest) {
  const ContractionOperand &a = pair.a;
  int64_t bytes = element.getIntOrFloatBitWidth() / 8, run = a.run(axes[KAxis]);
  if (!a.isPlain() || a.isDirect(axes[MAxis], axes[KAxis]) || a.along(axes[KAxis]) != ContractionOperand::Contiguous ||
      run < 4)
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
  for (const ContractionPair &pair : pairs) {
    byColumns &= pair.a.along(axes[KAxis]) != ContractionOperand::Contiguous;
    copied |= !pair.a.isDirect(axes[MAxis], axes[KAxis]);
  }
  if (!byColumns || terms() * column <= 2 * streamedBytes || (m() * n() * bytes > streamedSums && !copied))
    return terms();
  return std::max(roundUp(ceilDiv(k(), ceilDiv(k() * column, streamedBytes)), lanes), 4 * lanes);
}

/// Whether to copy the operands of a pair, once the tile is known.
void ContractionPlan::chooseReading(ContractionPair &pair, const TargetInfo &target) {
  int64_t bytes = element.getIntOrFloatBitWidth() / 8;
  const ContractionOperand &a = pair.a, &b = pair.b;
  bool byRows = a.along(axes[KAxis]) == ContractionOperand::Contiguous;
  pair.packedAByRows = byRows || a.along(axes[MAxis]) != ContractionOperand::Contiguous;
  bool directA = a.isDirect(axes[MAxis], axes[KAxis]);
  if (form == TileForm::Inner) {
    pair.packA = !directA;
    pair.packB = true;
    return;
  }
  // A stride that leaves the lines that a tile reads too few sets of a cache is worth a copy: of rows one line each at
  // a time, which the first level should hold, of columns all that the tile passes by, if many panels want them again
  // from the second.
  auto linesThatFit = [&](unsigned axis, int64_t ways, int64_t bytesOfWay) {
    int64_t stride = std::abs(*axes[axis].stride(a.form())) * bytes;
    return ways * bytesOfWay / std::max<int64_t>(std::gcd(stride, bytesOfWay), 64);
  };
  bool crowded = directA && (byRows ? n() > panel() && rows > linesThatFit(MAxis, 8, 4096)
                                    : n() >= 8 * panel() && kBlock > 2 * linesThatFit(KAxis, 16, 65536));
  pair.packA = !pair.aInRuns && (!directA || crowded);
  bool inPanels = liesInPanels(pair, panel());
  bool directB = inPanels || (b.isDirect(axes[NAxis], axes[KAxis]) && axes[NAxis].stride(b.form()) == 1);
  pair.packB = !(directB && (inPanels || ceilDiv(m(), rows) <= 3 || k() * n() * bytes <= int64_t(target.l1) / 4));
  pair.prefetchB = !pair.packB && inPanels && b.run(axes[NAxis]) == panel();
}

void ContractionPlan::chooseBlocks(const TargetInfo &target) {
  int64_t bytes = element.getIntOrFloatBitWidth() / 8;
  bool inner = form == TileForm::Inner;
  int64_t width = inner ? n() : panel();
  int64_t panels = ceilDiv(n(), width), tiles = ceilDiv(m(), rows);

  // A sum that has to be cut is cut so short that the panel fits the first-level cache, as all of B does as one
  // panel: the few rows of a tile that wide would wait for the second-level cache.
  bool onePanel = !inner && n() == width &&
                  llvm::all_of(pairs, [&](const ContractionPair &pair) { return liesInPanels(pair, width); });
  auto rowsIn = [&](int64_t size) { return std::max<int64_t>(size / (width * bytes) / lanes * lanes, 4 * lanes); };
  int64_t longest = rowsIn(onePanel ? cutPanelBytes : maxPanelBytes), block = rowsIn(cutPanelBytes);
  kIsCut = !inner && terms() > longest;
  kBlock = k() <= (kIsCut ? block : longest) ? k() : roundUp(ceilDiv(k(), ceilDiv(k(), block)), lanes);
  if (int64_t streamed = streamedBlock(); !inner && terms() > streamed) {
    kIsCut = true;
    kBlock = std::min(kBlock, streamed);
  }
  // What is read where it lies beyond the second-level cache passes each task once, if k is cut: beside the computing,
  // for the most part.
  auto readingCost = [&](ContractionAxis axis) {
    int64_t elements = axes[axis].size() * k();
    return kIsCut && elements * bytes > residentBytes ? 0.07 * double(elements) : 0;
  };
  bool packsA = false;
  double packingA = 0, packingB = 0;
  for (ContractionPair &pair : pairs) {
    // Copied rows are read faster; that pays where there is more than one panel to read them for.
    pair.aInRuns = !inner && panels == 1 && readsAInRuns(pair, block);
    chooseReading(pair, target);
    packsA |= pair.packA;
    packingA += pair.packA ? packingCost(pair, /*ofA=*/true) : readingCost(MAxis);
    packingB += !pair.packB ? readingCost(NAxis) : inner ? 0 : packingCost(pair, /*ofA=*/false);
  }
  // Rows that are copied for one panel alone need not outlast it. Others may come from beyond the second-level cache,
  // once a panel: that costs less than copying the panels again for each block of them.
  int64_t blockBytes = packsA ? panels == 1 ? int64_t(target.l1) / 2 : maxCopiedBytes : maxStreamedBytes;
  int64_t atHand = kIsCut ? 1 : int64_t(pairs.size());
  mSub = std::max<int64_t>(blockBytes / (atHand * (roundUp(kBlock, lanes) + lanes) * bytes) / rows, 1) * rows;

  // Tasks: about a microsecond of work or more each, and little packing done twice. Sixteen are enough for as many
  // threads, more even out their ends.
  double flops = 2.0 * m() * n() * terms() * batch();
  int64_t wanted = flops < 200e3 ? 1 : std::clamp<int64_t>(int64_t(flops / 400e3), 2, 48);
  wanted = ceilDiv(wanted, batch());
  double computing = flops / batch() / (4.0 * lanes);
  int64_t bestM = 1, bestN = 1;
  double bestScore = 0;
  for (int64_t nCount = 1; nCount <= std::min(panels, wanted); ++nCount)
    for (int64_t mCount = 1; mCount <= std::min(tiles, wanted); ++mCount) {
      int64_t count = nCount * mCount;
      double total = computing + nCount * packingA + mCount * packingB;
      double limit = count > 16 ? 1.01 : count > 2 ? 1.05 : 1.3;
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
  if (form == TileForm::Inner)
    return;
  auto isLarge = [](const Survey::Leaf &leaf) {
    auto type = cast<RankedTensorType>(leaf.tensor.getType());
    return type.getNumElements() * type.getElementTypeBitWidth() / 8 > residentBytes;
  };
  for (ContractionPair &pair : pairs)
    pair.fetchPanel = pair.packB && pair.b.isDirect(axes[NAxis], axes[KAxis]) && isLarge(pair.b.survey.leaves.front());
  if (kIsCut || k() < 2 * lanes)
    return;
  llvm::copy_if(epilogue.survey.leaves, std::back_inserter(fetched), [&](const Survey::Leaf &leaf) {
    return isLarge(leaf) && axes[NAxis].stride(leaf.form) == 1 && axes[MAxis].uses(leaf.form);
  });
}

bool ContractionPlan::make(Frame &frame) {
  if (!match(frame))
    return false;
  const TargetInfo &target = frame.options.target;
  lanes = target.vectorBits / element.getIntOrFloatBitWidth();
  double straight = chooseTile(target);
  swapOperands();
  if (straight <= chooseTile(target)) {
    swapOperands();
    chooseTile(target);
  }
  chooseBlocks(target);
  chooseFetches();
  return true;
}
