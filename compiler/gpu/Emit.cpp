//===- Emit.cpp - From fused regions to GPU kernels -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/gpu/Emit.h"
#include "compiler/gpu/GridKernel.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace agon;
using namespace agon::gpu;

void agon::gpu::registerKernelDialects(DialectRegistry &registry) {
  registry.insert<AgonGpuDialect, arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect, mlir::gpu::GPUDialect,
                  LLVM::LLVMDialect, math::MathDialect, memref::MemRefDialect, nvgpu::NVGPUDialect, NVVM::NVVMDialect,
                  scf::SCFDialect, vector::VectorDialect>();
}

Attribute agon::gpu::planRegion(RegionOp region, const targets::Options &options) {
  Attribute plan;
  auto is = [&](Attribute form) {
    plan = form;
    return bool(plan);
  };
  switch (region.getKind()) {
  case RegionKind::ModeProduct:
    if (is(planModeProduct(region, options.target)))
      return plan;
    [[fallthrough]];
  case RegionKind::Contraction:
    if (is(planContraction(region, options.target)))
      return plan;
    [[fallthrough]];
  case RegionKind::Reduction:
    if (is(planReduction(region, options.target)))
      return plan;
    [[fallthrough]];
  case RegionKind::Elementwise:
    return planElementwise(region, options.target);
  case RegionKind::Insert:
    return planInsert(region, options.target);
  case RegionKind::Chunks:
    break; // only where a target asks for them
  }
  return {};
}

static Attribute planOf(RegionOp region, const targets::Options &options) {
  Attribute plan = region.getPlan().value_or(Attribute());
  return plan ? plan : planRegion(region, options);
}

static bool isDouble(RegionOp region) {
  return llvm::any_of(region.getResultTypes(), [](Type type) { return getElementTypeOrSelf(type).isF64(); });
}

std::string agon::gpu::explainRegion(RegionOp region, const targets::Options &options) {
  Attribute plan = planOf(region, options);
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (auto tiles = dyn_cast_or_null<TilesAttr>(plan)) {
    stream << "tiles " << tiles.getRows() << "x" << tiles.getColumns() << "x" << tiles.getDepth() << ", "
           << (isDouble(region) ? "f64" : stringifyPrecision(tiles.getPrecision())) << " " << tiles.getThreadRows()
           << "x" << tiles.getThreadColumns() << ", " << tiles.getStages() << " stages";
    if (tiles.getSplit() > 1)
      stream << ", " << tiles.getSplit() << " parts of k";
  } else if (auto grid = dyn_cast_or_null<GridAttr>(plan)) {
    stream << stringifyGridForm(grid.getForm()) << " " << grid.getBlocks() << "x" << grid.getThreads();
    if (grid.getLanes() > 1)
      stream << ", " << grid.getLanes() << " lanes";
    if (grid.getGroup() > 1)
      stream << ", groups of " << grid.getGroup() << (grid.getResultsFirst() ? " for neighbours" : "");
    if (grid.getSplit() > 1)
      stream << ", sums in " << grid.getSplit() << " parts";
  }
  return text;
}

static LogicalResult emitBody(GridKernel &kernel, Attribute plan) {
  if (!plan)
    return kernel.region.emitOpError("is of no form that a GPU computes");
  bool fits = false;
  if (auto tiles = dyn_cast<TilesAttr>(plan)) {
    fits = emitContraction(kernel, tiles);
  } else if (auto grid = dyn_cast<GridAttr>(plan)) {
    switch (grid.getForm()) {
    case GridForm::Elementwise:
      fits = emitElementwise(kernel, grid);
      break;
    case GridForm::Insert:
      fits = emitInsert(kernel, grid);
      break;
    case GridForm::Reduction:
      fits = emitReduction(kernel, grid);
      break;
    case GridForm::ModeProduct:
      fits = emitModeProduct(kernel, grid);
      break;
    }
  } else {
    return kernel.region.emitOpError() << "has a plan that is none of a GPU: " << plan;
  }
  if (!fits)
    return kernel.region.emitOpError() << "cannot be computed by its plan " << plan;
  return success();
}

Block *agon::gpu::deviceModule(ModuleOp module) {
  if (auto existing = module.lookupSymbol<mlir::gpu::GPUModuleOp>(targets::deviceModule))
    return existing.getBody();
  OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
  return mlir::gpu::GPUModuleOp::create(b, module.getLoc(), targets::deviceModule).getBody();
}

FailureOr<targets::Kernel> agon::gpu::emitKernel(RegionOp region, ArrayRef<unsigned> bufferOf, StringRef name,
                                                 ModuleOp module, const targets::Options &options) {
  size_t values = region.getInputs().size() + region.getNumResults();
  if (bufferOf.size() != values)
    return region.emitOpError() << "expected a buffer for each of " << values << " values, got " << bufferOf.size();
  // Parameters of a kernel take 4 KB at most (CUDA C++ Programming Guide, "Compute Capabilities").
  constexpr size_t mostBuffers = 510; // and a workspace
  if (llvm::DenseSet<unsigned>(bufferOf.begin(), bufferOf.end()).size() > mostBuffers)
    return region.emitOpError() << "has more buffers than the " << mostBuffers << " that a kernel may take";
  GridKernel kernel(region, bufferOf, name, deviceModule(module), options);
  if (failed(emitBody(kernel, planOf(region, options)))) {
    kernel.func.erase();
    return failure();
  }
  if (kernel.scratch > options.target.getCacheBytes(0)) {
    region.emitOpError() << "is planned with " << kernel.scratch << " bytes of shared memory; a block of "
                         << options.target.getProcessor() << " has " << options.target.getCacheBytes(0);
    kernel.func.erase();
    return failure();
  }
  func::ReturnOp::create(kernel.builder, kernel.loc);
  kernel.func->setAttr(NVVM::NVVMDialect::getReqntidAttrName(),
                       kernel.builder.getDenseI32ArrayAttr({int32_t(kernel.threads)}));
  // Left alone, ptxas spills some registers where that lets more blocks be resident. So many threads of a processor,
  // which has 64 K registers, leave 64 of them to each, in f64 128, or all that it may have.
  int64_t resident = isa<TilesAttr>(planOf(region, options)) ? 256 : isDouble(region) ? 512 : 1024;
  kernel.func->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                       kernel.builder.getI32IntegerAttr(std::max<int64_t>(1, resident / kernel.threads)));
  targets::Kernel result;
  result.func = kernel.func;
  result.tasks = kernel.blocks;
  result.block = kernel.threads;
  result.scratch = kernel.scratch;
  result.workspace = kernel.workspaceBytes;
  return result;
}
