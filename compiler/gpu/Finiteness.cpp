//===- Finiteness.cpp - Whether numbers are finite, a block a run ---------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/gpu/Emit.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace agon;

/// More runs than any device has memory for.
static constexpr int64_t mostRuns = 1 << 24;

/// Whether the bits of a number, in an integer, are of one that is not finite: then all of its exponent are set.
static Value isNotFinite(OpBuilder &b, Location loc, Value bits, FloatType real) {
  APInt exponent = APFloat::getInf(real.getFloatSemantics()).bitcastToAPInt();
  Value mask = arith::ConstantOp::create(b, loc, b.getIntegerAttr(bits.getType(), exponent));
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, arith::AndIOp::create(b, loc, bits, mask), mask);
}

targets::Kernel agon::gpu::emitFiniteness(FloatType real, StringRef name, ModuleOp module) {
  constexpr int64_t threads = 256;
  OpBuilder b = OpBuilder::atBlockEnd(deviceModule(module));
  Location loc = module.getLoc();
  Type i64 = b.getI64Type(), i32 = b.getI32Type(), word = b.getIntegerType(real.getWidth());
  SmallVector<Type> buffers{MemRefType::get({mostRuns, 2}, i64), MemRefType::get({mostRuns}, i32)};
  targets::Kernel kernel;
  kernel.func = func::FuncOp::create(b, loc, name, b.getFunctionType(buffers, {}));
  kernel.tasks = 0;
  kernel.block = threads;
  kernel.func->setAttr(NVVM::NVVMDialect::getReqntidAttrName(), b.getDenseI32ArrayAttr({int32_t(threads)}));

  b.setInsertionPointToStart(kernel.func.addEntryBlock());
  Value runs = kernel.func.getArgument(0), found = kernel.func.getArgument(1);
  Value thread = mlir::gpu::ThreadIdOp::create(b, loc, mlir::gpu::Dimension::x);
  Value block = mlir::gpu::BlockIdOp::create(b, loc, mlir::gpu::Dimension::x);
  auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, loc, value); };
  auto number = [&](int64_t value) { return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(int32_t(value))); };
  Value address = memref::LoadOp::create(b, loc, runs, ValueRange{block, index(0)});
  Value count = memref::LoadOp::create(b, loc, runs, ValueRange{block, index(1)});
  constexpr auto globalMemory = unsigned(NVVM::NVVMMemorySpace::Global);
  auto pointer = LLVM::LLVMPointerType::get(b.getContext(), globalMemory);
  Value base = LLVM::IntToPtrOp::create(b, loc, pointer, address);
  Value end = arith::IndexCastOp::create(b, loc, b.getIndexType(), count);
  auto loop = scf::ForOp::create(b, loc, thread, end, index(threads), ValueRange{number(0)});
  b.setInsertionPointToStart(loop.getBody());
  Value at = arith::IndexCastOp::create(b, loc, i64, loop.getInductionVar());
  Value place = LLVM::GEPOp::create(b, loc, pointer, word, base, ValueRange{at});
  Value wrong = isNotFinite(b, loc, LLVM::LoadOp::create(b, loc, word, place), real);
  Value any = arith::OrIOp::create(b, loc, loop.getRegionIterArg(0), arith::ExtUIOp::create(b, loc, i32, wrong));
  scf::YieldOp::create(b, loc, any);

  b.setInsertionPointAfter(loop);
  Value tells = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, loop.getResult(0), number(0));
  auto branch = scf::IfOp::create(b, loc, tells, /*withElseRegion=*/false);
  b.setInsertionPointToStart(branch.thenBlock());
  memref::AtomicRMWOp::create(b, loc, i32, arith::AtomicRMWKind::ori, number(1), found, ValueRange{block});
  b.setInsertionPointToEnd(&kernel.func.front());
  func::ReturnOp::create(b, loc);
  return kernel;
}
