//===- TileCopy.cpp - Operands of contractions to shared memory -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// What lies beyond the end of an operand's rows or columns is a copy of the last ones, which no
// one stores; beyond the end of k there are zeros.
//
//===----------------------------------------------------------------------===//
#include "compiler/gpu/Tiles.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace agon;
using namespace agon::gpu;

Value Tile::place(GridKernel &kernel, Value stage, Value inOwn, Value inK) const {
  Value outer = kIsFastest ? inOwn : inK, inner = kIsFastest ? inK : inOwn;
  return kernel.add(kernel.mul(stage, size()), kernel.add(kernel.mul(outer, stride), inner));
}

bool agon::gpu::isAlongK(const ContractionForm &form, const ContractionOperand &operand, ContractionAxis own) {
  return operand.along(form.axes[KAxis]) == ContractionOperand::Contiguous &&
         operand.along(form.axes[own]) != ContractionOperand::Contiguous;
}

namespace {
/// Axes of an operand's evaluator: beside the batch the one that neighbours do not follow, and of the other one what
/// goes at one stride and what is outside that.
enum OperandAxis : unsigned { InBatch, Across, Outside, Inside };
} // namespace

TileCopy::Reading TileCopy::read(const ContractionForm &form, const ContractionOperand &operand, const Tile &tile) {
  bool alongK = isAlongK(form, operand, tile.own);
  const Axis &along = form.axes[alongK ? KAxis : tile.own], &across = form.axes[alongK ? tile.own : KAxis];
  auto [outside, inside] = split(along, operand.run(along));
  return {alongK, {form.axes[BatchAxis], across, outside, inside}};
}

TileCopy::TileCopy(GridKernel &kernel, const ContractionForm &form, const ContractionOperand &operand, const Tile &tile,
                   Precision precision)
    : kernel(kernel), b(kernel.builder), loc(kernel.loc), operand(operand), tile(tile), precision(precision),
      own(form.axes[tile.own]), k(form.axes[KAxis]), element(form.element), reading(read(form, operand, tile)),
      lanes(neighbours()), evaluator(kernel, reading.axes) {
  async = lanes > 1 && operand.isPlain() && precision != Precision::Bf16 && reading.alongK == tile.kIsFastest &&
          reading.axes[Inside].stride(operand.form()) == 1;
  evaluator.setLanes(Inside, lanes);
}

int64_t TileCopy::neighbours() const {
  int64_t count = 128 / element.getIntOrFloatBitWidth();
  const Axis &inside = reading.axes[Inside];
  if (inside.size() % count || (reading.alongK ? tile.depth : tile.extent) % count)
    return 1;
  auto fits = [&](const Survey::Leaf &leaf) { return liesInVectors(leaf.form, inside, count); };
  // Bounds that a group may cross.
  auto crosses = [&](const LinearForm &index) { return inside.uses(index); };
  return llvm::all_of(operand.survey.leaves, fits) && llvm::none_of(operand.survey.bounded, crosses) ? count : 1;
}

void TileCopy::locate(Value batch, Value first) {
  evaluator.bind(InBatch, batch, 0);
  start = first;
}

void TileCopy::bind(Value inOwn, Value inK) {
  unsigned level = kernel.nest.depth();
  Value along = reading.alongK ? inK : inOwn;
  int64_t inside = reading.axes[Inside].size();
  bool isWhole = reading.axes[Outside].dims.empty();
  evaluator.bind(Across, reading.alongK ? inOwn : inK, level);
  evaluator.bind(Outside, isWhole ? kernel.index(0) : kernel.divided(along, inside), level);
  evaluator.bind(Inside, isWhole ? along : kernel.remainder(along, inside), level);
}

void TileCopy::fetch(Value first, Value stage) {
  int64_t inRow = (reading.alongK ? tile.depth : tile.extent) / lanes, count = tile.depth * tile.extent / lanes;
  // Vectors that are written across the tile's rows: eight threads side by side have one above the other, so that what
  // the eight write falls on different banks, and four groups of such read 64 bytes in a row.
  bool turns = lanes > 1 && reading.alongK != tile.kIsFastest && (count / inRow) % 8 == 0;
  int64_t above = turns ? 8 : 1;
  int64_t lastOwn = own.size() - (reading.alongK ? 1 : lanes), lastK = k.size() - (reading.alongK ? lanes : 1);
  for (int64_t done = 0; done < count; done += kernel.threads) {
    Value at = kernel.add(kernel.thread, kernel.index(done)), exists, beyond;
    if (done + kernel.threads > count) {
      exists = kernel.compare(arith::CmpIPredicate::ult, at, kernel.index(count));
      at = kernel.min(at, kernel.index(count - 1));
    }
    Value column = kernel.divided(at, above);
    Value along = kernel.mul(kernel.remainder(column, inRow), lanes);
    Value across = kernel.add(kernel.mul(kernel.divided(column, inRow), above), kernel.remainder(at, above));
    Value inOwn = reading.alongK ? across : along, inK = reading.alongK ? along : across;
    Value position = kernel.add(start, inOwn), step = kernel.add(first, inK);
    if (own.size() % tile.extent)
      position = kernel.min(position, kernel.index(lastOwn));
    if (k.size() % tile.depth) {
      beyond = kernel.compare(arith::CmpIPredicate::sgt, step, kernel.index(lastK));
      step = kernel.min(step, kernel.index(lastK));
    }
    bind(position, step);
    Value place = tile.place(kernel, stage, inOwn, inK);
    if (async) {
      auto copy = [&] { copyAsync(place, beyond); };
      exists ? kernel.when(exists, copy) : copy();
    } else {
      Value value = evaluator.vector(evaluator.value(operand.tensor, operand.map));
      if (beyond) {
        Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(value.getType()));
        value = arith::SelectOp::create(b, loc, beyond, zero, value);
      }
      fetched.push_back({value, place, exists});
    }
    evaluator.forget(kernel.nest.depth());
  }
}

void TileCopy::copyAsync(Value place, Value beyond) {
  Value present;
  if (beyond)
    present = arith::SelectOp::create(b, loc, beyond, kernel.index(0), kernel.index(lanes));
  nvgpu::DeviceAsyncCopyOp::create(b, loc, nvgpu::DeviceAsyncTokenType::get(b.getContext()), tile.row, place,
                                   kernel.flatBuffer(operand.tensor), evaluator.address(operand.form()),
                                   b.getIndexAttr(lanes), present, /*bypassL1=*/b.getUnitAttr());
}

void TileCopy::put() {
  for (const Group &group : fetched) {
    auto write = [&] { store(group); };
    group.exists ? kernel.when(group.exists, write) : write();
  }
  fetched.clear();
}

Value agon::gpu::roundedToTf32(OpBuilder &b, Location loc, Value value) {
  return NVVM::ConvertFloatToTF32Op::create(b, loc, b.getI32Type(), value, NVVM::FPRoundingMode::RNA);
}

SmallVector<Value> TileCopy::rounded(ArrayRef<Value> elements) {
  SmallVector<Value> result;
  if (precision == Precision::F32)
    return llvm::to_vector(elements);
  if (precision == Precision::Tf32) {
    for (Value each : elements)
      result.push_back(arith::BitcastOp::create(b, loc, b.getF32Type(), roundedToTf32(b, loc, each)));
    return result;
  }
  // An instruction rounds two.
  Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
  auto pair = VectorType::get({2}, b.getBF16Type());
  for (size_t i = 0; i < elements.size(); i += 2) {
    bool single = i + 1 == elements.size();
    Value two = NVVM::ConvertF32x2ToBF16x2Op::create(b, loc, pair, single ? zero : elements[i + 1], elements[i],
                                                     Value(), NVVM::FPRoundingMode::RN);
    for (int64_t j = 0; j != (single ? 1 : 2); ++j)
      result.push_back(vector::ExtractOp::create(b, loc, two, j));
  }
  return result;
}

void TileCopy::store(const Group &group) {
  if (lanes == 1) {
    memref::StoreOp::create(b, loc, rounded(group.value).front(), tile.row, group.place);
    return;
  }
  SmallVector<Value> elements;
  for (int64_t i = 0; i != lanes; ++i)
    elements.push_back(vector::ExtractOp::create(b, loc, group.value, i));
  elements = rounded(elements);
  if (reading.alongK == tile.kIsFastest) {
    auto type = VectorType::get({lanes}, tile.element);
    vector::StoreOp::create(b, loc, vector::FromElementsOp::create(b, loc, type, elements), tile.row, group.place,
                            /*nontemporal=*/false, llvm::Align(lanes * tile.element.getIntOrFloatBitWidth() / 8));
    return;
  }
  for (auto [i, each] : llvm::enumerate(elements))
    memref::StoreOp::create(b, loc, each, tile.row, kernel.add(group.place, kernel.index(i * tile.stride)));
}
