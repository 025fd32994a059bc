//===- Expansion.cpp - Bytes to numbers, a thread four --------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/gpu/Emit.h"
#include "compiler/gpu/GridKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace agon;
using namespace agon::gpu;

namespace {
/// The body of a kernel `(cell, bytes, numbers)`.
struct Expander {
  OpBuilder &b;
  Location loc;
  Value cell, bytes, numbers;

  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); }
  /// The number that a byte, in an integer of any width, counts.
  Value number(Value byte) {
    Value place = arith::IndexCastUIOp::create(b, loc, b.getIndexType(), byte);
    return memref::LoadOp::create(b, loc, numbers, place);
  }

  void expandOne(Value at) {
    Value byte = memref::LoadOp::create(b, loc, bytes, at);
    memref::StoreOp::create(b, loc, number(byte), cell, at);
  }

  /// Word `at` of the bytes holds those of four elements, the first of them lowest.
  void expandFour(Value at) {
    Type element = cast<MemRefType>(cell.getType()).getElementType();
    Value word = memref::LoadOp::create(b, loc, bytes, at);
    Value lowest = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(255));
    SmallVector<Value> four;
    for (int i = 0; i < 4; ++i) {
      Value shift = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(8 * i));
      Value shifted = arith::ShRUIOp::create(b, loc, word, shift);
      four.push_back(number(arith::AndIOp::create(b, loc, shifted, lowest)));
    }
    Value vector = vector::FromElementsOp::create(b, loc, VectorType::get({4}, element), four);
    vector::StoreOp::create(b, loc, vector, cell, arith::MulIOp::create(b, loc, at, index(4)).getResult(),
                            /*nontemporal=*/false, llvm::Align(element.getIntOrFloatBitWidth() / 2));
  }
};
} // namespace

targets::Kernel agon::gpu::emitExpansion(RankedTensorType type, StringRef name, ModuleOp module,
                                         const targets::Options &options) {
  int64_t elements = type.getNumElements(), lanes = elements % 4 ? 1 : 4, threads = 256;
  OpBuilder b = OpBuilder::atBlockEnd(deviceModule(module));
  Location loc = module.getLoc();
  SmallVector<Type> buffers{MemRefType::get({elements}, type.getElementType()),
                            MemRefType::get({elements / lanes}, b.getIntegerType(unsigned(8 * lanes))),
                            MemRefType::get({256}, type.getElementType())};
  targets::Kernel kernel;
  kernel.func = func::FuncOp::create(b, loc, name, b.getFunctionType(buffers, {}));
  kernel.tasks = gridBlocks(elements / lanes, threads, options.target);
  kernel.block = threads;
  for (unsigned i = 0; i != buffers.size(); ++i)
    kernel.func.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), b.getUnitAttr());
  kernel.func->setAttr(NVVM::NVVMDialect::getReqntidAttrName(), b.getDenseI32ArrayAttr({int32_t(threads)}));

  b.setInsertionPointToStart(kernel.func.addEntryBlock());
  Expander expander{b, loc, kernel.func.getArgument(0), kernel.func.getArgument(1), kernel.func.getArgument(2)};
  Value thread = mlir::gpu::ThreadIdOp::create(b, loc, mlir::gpu::Dimension::x);
  Value block = mlir::gpu::BlockIdOp::create(b, loc, mlir::gpu::Dimension::x);
  Value before = arith::MulIOp::create(b, loc, block, expander.index(threads));
  Value first = arith::AddIOp::create(b, loc, before, thread);
  auto loop =
      scf::ForOp::create(b, loc, first, expander.index(elements / lanes), expander.index(kernel.tasks * threads));
  b.setInsertionPoint(loop.getBody()->getTerminator());
  if (lanes == 4)
    expander.expandFour(loop.getInductionVar());
  else
    expander.expandOne(loop.getInductionVar());
  b.setInsertionPointToEnd(&kernel.func.front());
  func::ReturnOp::create(b, loc);
  return kernel;
}
