//===- TensorCores.cpp - Products of tiles on tensor cores ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Operands are rounded as they are copied, to TF32 (to nearest, ties away, as sm_80 does) or to
// bf16 (to nearest, ties to even); sums are f32. Both tiles lie with k fastest, so that a
// fragment's pairs of bf16 are neighbours, and with rows so far apart that the 32 lanes of a
// fragment's load fall on 32 banks.
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
  void allocate() override;
  unsigned sumCount() const override { return 4 * plan.getThreadRows() * plan.getThreadColumns(); }
  void store(const Tile &tile, Value value, Value place) override;
  SmallVector<Value> multiply(SmallVector<Value> sums) override;
  SmallVector<Element> elements() override;

  /// Steps of k of one instruction, and the step from a fragment's first element of a lane to its second half.
  int64_t depth() const { return isHalf ? 16 : 8; }
  int64_t half() const { return depth() / 2; }
  /// Where the warp's part of a tile of C begins.
  std::pair<Value, Value> corner();
  /// A register of a fragment: what lies at (`own`, `k`) of a tile, for bf16 with its neighbour.
  Value fragment(const Tile &tile, Value own, Value k);
  /// The lane's g and q.
  Value group() { return kernel.divided(kernel.remainder(kernel.thread, 32), 4); }
  Value quad() { return kernel.remainder(kernel.thread, 4); }

  bool isHalf;
};
} // namespace

void TensorCoreTiles::allocate() {
  Type element = isHalf ? Type(b.getBF16Type()) : b.getF32Type();
  for (auto [tile, extent] : {std::pair(&tileA, plan.getRows()), std::pair(&tileB, plan.getColumns())}) {
    tile->extent = extent;
    tile->stride = plan.getDepth() + (isHalf ? 8 : 4);
    tile->kIsFastest = true;
    tile->row = kernel.shared(element, extent * tile->stride);
  }
}

void TensorCoreTiles::store(const Tile &tile, Value value, Value place) {
  if (isHalf) {
    Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
    Type pair = VectorType::get({2}, b.getBF16Type());
    // An instruction rounds two; the second one is not wanted.
    Value two = NVVM::ConvertF32x2ToBF16x2Op::create(b, loc, pair, zero, value, Value(), NVVM::FPRoundingMode::RN);
    value = vector::ExtractOp::create(b, loc, two, int64_t(0));
  } else {
    Value bits = NVVM::ConvertFloatToTF32Op::create(b, loc, b.getI32Type(), value, NVVM::FPRoundingMode::RNA);
    value = arith::BitcastOp::create(b, loc, b.getF32Type(), bits);
  }
  memref::StoreOp::create(b, loc, value, tile.row, place);
}

std::pair<Value, Value> TensorCoreTiles::corner() {
  int64_t rows = 16 * plan.getThreadRows(), columns = 8 * plan.getThreadColumns(), across = plan.getColumns() / columns;
  Value warp = kernel.divided(kernel.thread, 32);
  return {kernel.mul(kernel.divided(warp, across), rows), kernel.mul(kernel.remainder(warp, across), columns)};
}

Value TensorCoreTiles::fragment(const Tile &tile, Value own, Value k) {
  Value place = kernel.add(kernel.mul(own, tile.stride), k);
  if (!isHalf)
    return arith::BitcastOp::create(b, loc, b.getI32Type(), memref::LoadOp::create(b, loc, tile.row, place));
  Value pair = vector::LoadOp::create(b, loc, VectorType::get({2}, b.getBF16Type()), tile.row, ValueRange{place},
                                      /*nontemporal=*/false, llvm::Align(4));
  Value bits = vector::BitCastOp::create(b, loc, VectorType::get({1}, b.getI32Type()), pair);
  return vector::ExtractOp::create(b, loc, bits, int64_t(0));
}

SmallVector<Value> TensorCoreTiles::multiply(SmallVector<Value> sums) {
  auto [firstRow, firstColumn] = corner();
  Value g = group(), q = isHalf ? kernel.mul(quad(), 2) : quad();
  auto loop = kernel.nest.open(kernel.index(0), kernel.index(plan.getDepth()), depth(), sums);
  sums.assign(loop.getRegionIterArgs().begin(), loop.getRegionIterArgs().end());
  Value near = kernel.add(loop.getInductionVar(), q), far = kernel.add(near, kernel.index(half()));
  SmallVector<SmallVector<Value>> left, right;
  for (int64_t i = 0; i != plan.getThreadRows(); ++i) {
    Value upper = kernel.add(kernel.add(firstRow, g), kernel.index(16 * i)), lower = kernel.add(upper, kernel.index(8));
    left.push_back({fragment(tileA, upper, near), fragment(tileA, lower, near), fragment(tileA, upper, far),
                    fragment(tileA, lower, far)});
  }
  for (int64_t j = 0; j != plan.getThreadColumns(); ++j) {
    Value column = kernel.add(kernel.add(firstColumn, g), kernel.index(8 * j));
    right.push_back({fragment(tileB, column, near), fragment(tileB, column, far)});
  }
  Type f32 = b.getF32Type();
  auto result = LLVM::LLVMStructType::getLiteral(b.getContext(), {f32, f32, f32, f32});
  NVVM::MMATypes type = isHalf ? NVVM::MMATypes::bf16 : NVVM::MMATypes::tf32;
  for (int64_t i = 0; i != plan.getThreadRows(); ++i)
    for (int64_t j = 0; j != plan.getThreadColumns(); ++j) {
      MutableArrayRef<Value> own = MutableArrayRef(sums).slice(4 * (i * plan.getThreadColumns() + j), 4);
      Value products = NVVM::MmaOp::create(b, loc, result, left[i], right[j], ValueRange(own), {16, 8, depth()},
                                           std::nullopt, std::nullopt, std::array{type, type},
                                           std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
      for (int64_t c = 0; c != 4; ++c)
        own[c] = LLVM::ExtractValueOp::create(b, loc, products, c);
    }
  return llvm::to_vector(kernel.nest.close(sums));
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
