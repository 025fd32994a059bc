//===- TensorCores.cpp - Products of tiles on tensor cores ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Operands are rounded as they are copied, or in TF32, where cp.async copies, as they are multiplied:
// to TF32 (to nearest, ties away, as sm_80 does) or to bf16 (to nearest, ties to even); sums are f32.
// Both tiles lie with k fastest, and with rows so far apart that the eight rows of a matrix that
// ldmatrix reads, 16 bytes each, fall on 32 banks. To ldmatrix two bf16 or one TF32 are 32 bits alike.
//
// Lane 4 g + q of a warp has, of mma.sync's fragments (PTX ISA, "Matrix Fragments for mma"):
//
//   m16n8k8 TF32    A: (g, q), (g + 8, q), (g, q + 4), (g + 8, q + 4)       B: (q, g), (q + 4, g)
//   m16n8k16 bf16   A: the pairs at (g, 2q), (g + 8, 2q), (g, 2q + 8), (g + 8, 2q + 8)
//                   B: the pairs at (2q, g), (2q + 8, g)
//   both            C: (g, 2q), (g, 2q + 1), (g + 8, 2q), (g + 8, 2q + 1)
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

namespace {
class TensorCoreTiles : public TileEmitter {
public:
  TensorCoreTiles(GridKernel &kernel, ContractionForm form, TilesAttr plan)
      : TileEmitter(kernel, std::move(form), plan), isHalf(plan.getPrecision() == Precision::Bf16) {}

private:
  void layOut(Tile &tile, bool alongK) override;
  unsigned sumCount() const override { return 4 * plan.getThreadRows() * plan.getThreadColumns(); }
  SmallVector<Value> multiply(Value stage, SmallVector<Value> sums, std::pair<bool, bool> raw) override;
  SmallVector<Element> elements() override;
  int64_t groupSize() const override { return 2; }

  /// Steps of k of one instruction, and of one of the matrices that ldmatrix reads.
  int64_t depth() const { return isHalf ? 16 : 8; }
  int64_t half() const { return depth() / 2; }
  /// Where the warp's part of a tile of C begins.
  std::pair<Value, Value> corner();
  /// The thread's registers of `count` matrices, 2 or 4 that lie 2 x 2, from (`own`, `k`) of a stage on. With
  /// `ownFirst` the second one is the first one's neighbour along the tile's own axis, else along k.
  SmallVector<Value> matrices(const Tile &tile, Value stage, Value own, Value k, int64_t count, bool ownFirst,
                              bool raw);
  /// The thread's number in its warp; as g and q.
  Value lane() { return kernel.remainder(kernel.thread, 32); }
  Value group() { return kernel.divided(lane(), 4); }
  Value quad() { return kernel.remainder(kernel.thread, 4); }

  bool isHalf;
};
} // namespace

void TensorCoreTiles::layOut(Tile &tile, bool) {
  tile.kIsFastest = true;
  tile.stride = tile.depth + (isHalf ? 8 : 4);
  tile.element = isHalf ? Type(b.getBF16Type()) : b.getF32Type();
}

std::pair<Value, Value> TensorCoreTiles::corner() {
  int64_t rows = 16 * plan.getThreadRows(), columns = 8 * plan.getThreadColumns(), across = plan.getColumns() / columns;
  Value warp = kernel.divided(kernel.thread, 32);
  return {kernel.mul(kernel.divided(warp, across), rows), kernel.mul(kernel.remainder(warp, across), columns)};
}

SmallVector<Value> TensorCoreTiles::matrices(const Tile &tile, Value stage, Value own, Value k, int64_t count,
                                             bool ownFirst, bool raw) {
  // Of matrix number i the lanes 8 i to 8 i + 7 say where its rows begin.
  Value row = kernel.remainder(lane(), 8), matrix = kernel.divided(lane(), 8);
  Value near = kernel.remainder(matrix, 2), far = count == 4 ? kernel.divided(matrix, 2) : kernel.index(0);
  Value down = kernel.mul(ownFirst ? near : far, 8), along = kernel.mul(ownFirst ? far : near, half());
  Value place = tile.place(kernel, stage, kernel.add(own, kernel.add(row, down)), kernel.add(k, along));
  int64_t ofWord = isHalf ? 2 : 1;
  Value loaded = nvgpu::LdMatrixOp::create(b, loc, VectorType::get({count, ofWord}, tile.element), tile.row, place,
                                           /*transpose=*/false, count);
  auto word = VectorType::get({1}, b.getI32Type());
  SmallVector<Value> registers;
  for (int64_t i = 0; i != count; ++i) {
    if (raw) {
      Value element = vector::ExtractOp::create(b, loc, loaded, ArrayRef<int64_t>{i, 0});
      registers.push_back(roundedToTf32(b, loc, element));
      continue;
    }
    Value part = vector::ExtractOp::create(b, loc, loaded, i);
    registers.push_back(vector::ExtractOp::create(b, loc, vector::BitCastOp::create(b, loc, word, part), int64_t(0)));
  }
  return registers;
}

SmallVector<Value> TensorCoreTiles::multiply(Value stage, SmallVector<Value> sums, std::pair<bool, bool> raw) {
  auto [firstRow, firstColumn] = corner();
  auto loop = kernel.nest.open(kernel.index(0), kernel.index(plan.getDepth()), depth(), sums);
  sums.assign(loop.getRegionIterArgs().begin(), loop.getRegionIterArgs().end());
  Value k = loop.getInductionVar();
  int64_t rows = plan.getThreadRows(), columns = plan.getThreadColumns();
  SmallVector<SmallVector<Value>> left, right;
  for (int64_t i = 0; i != rows; ++i)
    left.push_back(matrices(tileA, stage, kernel.add(firstRow, kernel.index(16 * i)), k, 4, true, raw.first));
  for (int64_t j = 0; j < columns; j += 2) {
    // Two tiles side by side are read together.
    bool single = j + 1 == columns;
    SmallVector<Value> read =
        matrices(tileB, stage, kernel.add(firstColumn, kernel.index(8 * j)), k, single ? 2 : 4, false, raw.second);
    for (size_t first = 0; first != read.size(); first += 2)
      right.push_back({read[first], read[first + 1]});
  }
  Type f32 = b.getF32Type();
  auto result = LLVM::LLVMStructType::getLiteral(b.getContext(), {f32, f32, f32, f32});
  NVVM::MMATypes type = isHalf ? NVVM::MMATypes::bf16 : NVVM::MMATypes::tf32;
  for (int64_t i = 0; i != rows; ++i)
    for (int64_t j = 0; j != columns; ++j) {
      MutableArrayRef<Value> own = MutableArrayRef(sums).slice(4 * (i * columns + j), 4);
      Value products = NVVM::MmaOp::create(b, loc, result, left[i], right[j], ValueRange(own), {16, 8, depth()},
                                           std::nullopt, std::nullopt, std::array{type, type},
                                           std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
      for (int64_t c = 0; c != 4; ++c)
        own[c] = LLVM::ExtractValueOp::create(b, loc, products, c);
    }
  return llvm::to_vector_of<Value>(kernel.nest.close(sums));
}

SmallVector<TileEmitter::Element> TensorCoreTiles::elements() {
  SmallVector<Element> all;
  auto [firstRow, firstColumn] = corner();
  Value row = kernel.add(firstRow, group()), column = kernel.add(firstColumn, kernel.mul(quad(), 2));
  for (int64_t i = 0; i != plan.getThreadRows(); ++i)
    for (int64_t j = 0; j != plan.getThreadColumns(); ++j)
      for (int64_t c = 0; c != 4; ++c)
        all.push_back({kernel.add(row, kernel.index(16 * i + 8 * (c / 2))),
                       kernel.add(column, kernel.index(8 * j + c % 2)),
                       unsigned(4 * (i * plan.getThreadColumns() + j) + c)});
  return all;
}

std::unique_ptr<TileEmitter> agon::gpu::createTensorCoreTiles(GridKernel &kernel, ContractionForm form,
                                                              TilesAttr plan) {
  return std::make_unique<TensorCoreTiles>(kernel, std::move(form), plan);
}
