//===- ContractionText.cpp - A contraction's plan, written and read -------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/Bf16.h"
#include "compiler/cpu/ContractionPlan.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

std::string ContractionPlan::describe() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (batch() > 1)
    os << batch() << " of ";
  os << m() << " x " << n() << " x " << k();
  if (pairs.size() > 1)
    os << " of " << pairs.size() << " pairs";
  if (tileForm == TileForm::Inner)
    os << ", inner product of " << n() << (n() == 1 ? " column" : " columns");
  else
    os << ", outer " << rows << "x" << vectors;
  auto words = [&](const Reading &reading) {
    std::string a = reading.packA     ? tileForm == TileForm::Inner ? ", A packed"
                                        : reading.packedAByRows     ? ", A packed by rows"
                                                                    : ", A packed by columns"
                    : reading.aInRuns ? ", A in runs"
                                      : ", A in place";
    return a + (reading.packB ? ", B packed" : ", B in place");
  };
  // Mostly all are read alike.
  os << words(readings.front());
  for (const Reading &reading : llvm::drop_begin(readings))
    if (words(reading) != words(readings.front()))
      os << ";" << words(reading).substr(1);
  if (kIsCut)
    os << ", k cut at " << kBlock;
  return text + explainPrecision();
}

std::string ContractionPlan::explainPrecision() const {
  if (precision == Precision::Bf16)
    return hasBf16Instructions(target) ? ", in bf16" : ", in bf16, emulated";
  std::optional<ContractionPlan> rounded;
  if (target.hasMultiplyAdd(BFloat16Type::get(target.getContext())))
    rounded = choose(*this, target, Precision::Bf16);
  if (!rounded)
    return "";
  std::string text;
  llvm::raw_string_ostream(text) << ", in f32: bf16 would take " << llvm::format("%.2f", rounded->cycles / cycles)
                                 << " of its time";
  return text;
}

ContractionAttr ContractionPlan::write() const {
  MLIRContext *context = element.getContext();
  SmallVector<Attribute> each;
  for (const Reading &reading : readings) {
    Copying a = reading.aInRuns         ? Copying::InRuns
                : !reading.packA        ? Copying::InPlace
                : reading.packedAByRows ? Copying::ByRows
                                        : Copying::ByColumns;
    each.push_back(ReadingAttr::get(context, a, reading.packB ? Copying::ByColumns : Copying::InPlace));
  }
  return ContractionAttr::get(context, tileForm, transposed, rows, vectors, mBlock, nBlock, mSub, kBlock, kIsCut,
                              ArrayAttr::get(context, each), int64_t(std::llround(cycles)), precision);
}

int64_t ContractionPlan::sizeOfA(const Reading &reading) const {
  return reading.packA ? strideOfA(reading) * (reading.packedAByRows ? mSub : roundUp(kBlock, depth())) : 0;
}
int64_t ContractionPlan::sizeOfB(const Reading &reading) const {
  return reading.packB ? roundUp(kBlock, lanes * depth()) * (tileForm == TileForm::Inner ? n() : panel()) : 0;
}

/// What copies and partial sums take up on the stack (ContractionEmitter::allocate).
int64_t ContractionPlan::scratchBytes() const {
  int64_t all = 0, most = 0;
  for (const Reading &reading : readings) {
    int64_t elements = sizeOfA(reading) + sizeOfB(reading);
    all += elements;
    most = std::max(most, elements);
  }
  int64_t sums = kIsCut ? mSub * nBlock : rows * panel();
  return (kIsCut ? most : all) * copiedBytes() + sums * elementBytes();
}

/// Whether the emitters can do what the plan says. Text may say anything.
LogicalResult ContractionPlan::check(RegionOp region) const {
  auto refuse = [&](const Twine &why) { return region.emitOpError() << "cannot be computed by its plan: " << why; };
  if (readings.size() != pairs.size())
    return refuse("it has " + Twine(pairs.size()) + " pairs of operands, the plan readings of " +
                  Twine(readings.size()));
  bool inner = tileForm == TileForm::Inner, rounded = precision != Precision::Full;
  if (rounded && (inner || !element.isF32()))
    return refuse("products in bf16 are of f32, in tiles of form outer");
  if (rounded && kIsCut && kBlock % depth())
    return refuse("products in bf16 are of two terms; k_block is even where the sum is cut");
  if (inner && ((n() != 1 && n() != 2 && n() != 4) || n() > lanes))
    return refuse("an inner product is of 1, 2 or 4 columns, not " + Twine(n()));
  if (inner && (rows != lanes / n() || vectors != 1 || kBlock != k() || kIsCut))
    return refuse("an inner product has tiles of " + Twine(lanes / n()) + " rows and 1 vector, and all of k at a time");
  if (!inner && rows > m())
    return refuse("a tile of " + Twine(rows) + " rows has no place in " + Twine(m()));
  if (!inner && rows * vectors + vectors + 1 > target.getRegisters())
    return refuse("a tile of " + Twine(rows) + " x " + Twine(vectors) + " needs " +
                  Twine(rows * vectors + vectors + 1) + " registers, the target has " + Twine(target.getRegisters()));
  int64_t width = inner ? n() : panel();
  if (mBlock % rows || nBlock % width || mSub % rows || mSub > mBlock || kBlock > k())
    return refuse("m_block and m_shared are multiples of the tile's rows, n_block of its columns, m_shared at most "
                  "m_block, k_block at most k");
  if (!kIsCut && kBlock != k())
    return refuse("k_block is k where the sum is not cut");
  constexpr int64_t mostScratch = 8 << 20;
  if (scratchBytes() > mostScratch)
    return refuse("its copies and partial sums take " + Twine(scratchBytes()) + " bytes of a stack of " +
                  Twine(mostScratch));
  for (auto [pair, reading] : llvm::zip_equal(pairs, readings)) {
    bool directA = pair.a.isDirect(axes[MAxis], axes[KAxis]);
    bool directB = liesInPanels(pair, panel()) ||
                   (pair.b.isDirect(axes[NAxis], axes[KAxis]) && axes[NAxis].stride(pair.b.form()) == 1);
    if (rounded && !(reading.packA && reading.packB))
      return refuse("what is rounded to bf16 has to be copied");
    if (!reading.packA && !reading.aInRuns && !directA)
      return refuse("A does not lie at constant strides; it has to be copied");
    if (!reading.packB && (inner || !directB))
      return refuse("B does not lie as panels; it has to be copied");
    if (reading.aInRuns && (inner || !pair.a.isPlain() || pair.a.along(axes[KAxis]) != ContractionOperand::Contiguous ||
                            kBlock % std::min(pair.a.run(axes[KAxis]), kBlock) || k() % span(pair)))
      return refuse("A does not lie in runs of k");
  }
  return success();
}

FailureOr<ContractionPlan> ContractionPlan::read(ContractionAttr attr, ContractionForm form, TargetAttr target,
                                                 RegionOp region) {
  ContractionPlan plan(std::move(form), target);
  if (attr.getTransposed())
    plan.transposeAll();
  plan.tileForm = attr.getForm();
  plan.rows = attr.getRows();
  plan.vectors = attr.getVectors();
  plan.mBlock = attr.getMBlock();
  plan.nBlock = attr.getNBlock();
  plan.mSub = attr.getMShared();
  plan.kBlock = attr.getKBlock();
  plan.kIsCut = attr.getIsCut();
  plan.cycles = double(attr.getCycles());
  plan.precision = attr.getPrecision();
  for (auto each : attr.getReadings().getAsRange<ReadingAttr>()) {
    Reading reading;
    reading.packA = each.getA() == Copying::ByRows || each.getA() == Copying::ByColumns;
    reading.packedAByRows = each.getA() != Copying::ByColumns;
    reading.aInRuns = each.getA() == Copying::InRuns;
    reading.packB = each.getB() != Copying::InPlace;
    plan.readings.push_back(reading);
  }
  if (failed(plan.check(region)))
    return failure();
  plan.chooseFetches();
  return plan;
}
