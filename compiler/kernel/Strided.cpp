//===- Strided.cpp - Lanes a short stride apart in memory -----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Lanes along an axis with a short one inside it, [n, 5] read at (lanes, j): rather
// than gathered element by element, the whole of five vectors is read once and taken
// apart, each j one of the parts, and results are put together and written as five.
//
//===----------------------------------------------------------------------===//
#include "compiler/kernel/Evaluator.h"
#include "compiler/kernel/Interleave.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace agon;
using namespace agon::kernels;

std::optional<int64_t> Evaluator::lanesSet() const {
  if (!laneMask)
    return laneCount;
  DenseElementsAttr mask;
  if (!matchPattern(laneMask, m_Constant(&mask)))
    return std::nullopt;
  SmallVector<bool> bits = llvm::to_vector(mask.getValues<bool>());
  int64_t set = llvm::count(bits, true);
  return std::all_of(bits.begin(), bits.begin() + set, [](bool bit) { return bit; }) ? std::optional(set)
                                                                                     : std::nullopt;
}

bool Evaluator::coversWhole(Value row, const LinearForm &start, int64_t stride) const {
  Parts parts = partsOf(start, /*skipLanes=*/false);
  int64_t low = parts.constant, high = parts.constant + stride - 1;
  for (unsigned i : parts.axes)
    for (auto [dim, size] : llvm::zip(axes[i].dims, axes[i].sizes))
      (start.coefficients[dim] < 0 ? low : high) += start.coefficients[dim] * (size - 1);
  return low >= 0 && high < cast<MemRefType>(row.getType()).getNumElements();
}

Value Evaluator::loadStrided(Value row, const LinearForm &form, int64_t stride) {
  auto set = lanesSet();
  if (stride < 2 || stride > maxInterleaved || !set)
    return {};
  LinearForm start = form;
  int64_t phase = llvm::mod(partsOf(form, /*skipLanes=*/false).constant, stride);
  start.constant -= phase;
  if (!coversWhole(row, start, stride))
    return {};
  Parts parts = partsOf(start, /*skipLanes=*/false);
  SmallVector<int64_t> key = keyOf(start, parts);
  for (const Run &run : runs)
    if (run.row == row && run.key == key && run.constant == parts.constant && run.lanes == laneCount &&
        run.mask == laneMask && int64_t(run.phases.size()) == stride)
      return run.phases[phase];
  Run run{row, key, parts.constant, laneCount, laneMask, levelOf(form), {}};
  Value base = scalarAddress(start, /*skipLanes=*/false).value;
  at(run.level, [&] {
    OpBuilder &b = kernel.builder;
    auto type = VectorType::get({laneCount}, cast<MemRefType>(row.getType()).getElementType());
    for (int64_t i = 0; i != stride; ++i) {
      int64_t left = *set * stride - i * laneCount;
      Value address = left > 0 ? kernel.add(base, kernel.index(i * laneCount)) : Value();
      if (left >= laneCount) {
        run.phases.push_back(vector::LoadOp::create(b, kernel.loc, type, row, address));
        continue;
      }
      Value zero = arith::ConstantOp::create(b, kernel.loc, b.getZeroAttr(type));
      run.phases.push_back(left <= 0 ? zero
                                     : vector::MaskedLoadOp::create(b, kernel.loc, type, row, address,
                                                                    prefixMask(kernel, laneCount, left), zero));
    }
    run.phases = deinterleaveLanes(b, kernel.loc, run.phases);
  });
  runs.push_back(run);
  return run.phases[phase];
}

bool Evaluator::storeStrided(Value row, const LinearForm &form, ArrayRef<int64_t> offsets, ArrayRef<Datum> data) {
  auto stride = onLanes(form) ? axes[*laneAxis].stride(form) : std::nullopt;
  auto set = lanesSet();
  if (!stride || *stride < 2 || *stride > maxInterleaved || !set)
    return false;
  int64_t first = *llvm::min_element(offsets);
  SmallVector<Value> vectors(*stride);
  for (int64_t offset : offsets)
    if (offset - first >= *stride || llvm::count(offsets, offset) != 1)
      return false;
  for (auto [offset, datum] : llvm::zip(offsets, data))
    vectors[offset - first] = toStorage(row, datum, /*lanes=*/true);

  OpBuilder &b = kernel.builder;
  Location loc = kernel.loc;
  auto type = cast<VectorType>(vectors[0].getType());
  SmallVector<bool> present;
  for (Value &vector : vectors) {
    present.push_back(bool(vector));
    if (!vector)
      vector = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  }
  LinearForm start = form;
  start.constant += first;
  bool stream = isStreamed(row, start);
  Value base = scalarAddress(start, /*skipLanes=*/false).value;
  for (auto [i, vector] : llvm::enumerate(interleaveLanes(b, loc, vectors))) {
    SmallVector<bool> bits;
    for (int64_t place = i * laneCount; place != int64_t(i + 1) * laneCount; ++place)
      bits.push_back(present[place % *stride] && place < *set * *stride);
    if (!llvm::is_contained(bits, true))
      continue;
    Value address = kernel.add(base, kernel.index(i * laneCount));
    if (llvm::is_contained(bits, false)) {
      auto maskType = VectorType::get({laneCount}, b.getI1Type());
      Value mask = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(maskType, ArrayRef<bool>(bits)));
      vector::MaskedStoreOp::create(b, loc, row, address, mask, vector);
    } else if (stream) {
      vector::StoreOp::create(b, loc, vector, row, address, /*nontemporal=*/true,
                              llvm::Align(kernel.options.target.getVectorBits() / 8));
    } else {
      vector::StoreOp::create(b, loc, vector, row, address);
    }
  }
  return true;
}
