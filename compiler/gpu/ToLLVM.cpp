//===- ToLLVM.cpp - Kernels to the LLVM and NVVM dialects -----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/gpu/ToLLVM.h"
#include "compiler/gpu/Passes.h"
#include "compiler/kernel/Passes.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/GPUToNVVM/GPUToNVVMPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/NVGPUToNVVM/NVGPUToNVVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;

namespace agon::gpu {
#define GEN_PASS_DEF_CONVERTGRIDSTOLLVM
#include "compiler/gpu/Passes.h.inc"
} // namespace agon::gpu

namespace {
struct ConvertGridsToLLVM : agon::gpu::impl::ConvertGridsToLLVMBase<ConvertGridsToLLVM> {
  void runOnOperation() final {
    if (failed(checkFunctions()))
      return signalPassFailure();
    MLIRContext *context = &getContext();
    LowerToLLVMOptions options(context);
    options.useBarePtrCallConv = true;
    options.overrideIndexBitwidth(largestIndex() > INT32_MAX / 2 ? 64 : 32);
    LLVMTypeConverter converter(context, options);
    nvgpu::populateCommonGPUTypeAndAttributeConversions(converter);
    converter.addConversion([](nvgpu::DeviceAsyncTokenType type) { return IntegerType::get(type.getContext(), 32); });

    RewritePatternSet patterns(context);
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    index::populateIndexToLLVMConversionPatterns(converter, patterns);
    populateVectorToLLVMConversionPatterns(converter, patterns);
    vector::populateVectorMaskMaterializationPatterns(patterns, /*force32BitVectorIndices=*/true);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
    // What LLVM has an intrinsic for becomes one; upstream would call a library of NVIDIA's.
    populateMathToLLVMConversionPatterns(converter, patterns, /*approximateLog1p=*/false, /*benefit=*/2);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    ub::populateUBToLLVMConversionPatterns(converter, patterns);
    populateFuncToLLVMConversionPatterns(converter, patterns);
    populateGpuToNVVMConversionPatterns(converter, patterns);
    populateNVGPUToNVVMConversionPatterns(converter, patterns);
    LLVMConversionTarget target(*context);
    target.addLegalDialect<NVVM::NVVMDialect>();
    target.addIllegalDialect<math::MathDialect, mlir::gpu::GPUDialect, memref::MemRefDialect, nvgpu::NVGPUDialect,
                             vector::VectorDialect>();
    target.addLegalOp<mlir::gpu::GPUModuleOp>();
    if (failed(applyPartialConversion(getOperation(), target, std::move(patterns))))
      return signalPassFailure();
    // Memory whose size the launch says is external.
    for (auto global : getOperation().getOps<LLVM::GlobalOp>())
      if (auto array = dyn_cast<LLVM::LLVMArrayType>(global.getGlobalType()); array && array.getNumElements() == 0)
        global.setLinkage(LLVM::Linkage::External);
    // Blocks of one device are all that meet.
    getOperation().walk([](LLVM::AtomicRMWOp op) { op.setSyncscope("device"); });
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>())
      if (!function.isExternal()) {
        function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(), UnitAttr::get(context));
        function.setPassthroughAttr({});
      }
  }

  /// Fails at functions that a GPU has no instructions for, and that nothing has made arithmetic of.
  LogicalResult checkFunctions() {
    WalkResult result = getOperation().walk([](Operation *op) {
      if (!isa_and_present<math::MathDialect>(op->getDialect()) ||
          isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp, math::CountLeadingZerosOp, math::CtPopOp,
              math::FloorOp, math::FmaOp, math::RoundEvenOp, math::SqrtOp, math::TruncOp, math::IsNaNOp,
              math::IsFiniteOp, math::IsInfOp>(op))
        return WalkResult::advance();
      op->emitError() << "a GPU has no '" << op->getName().stripDialect() << "' on " << op->getResult(0).getType();
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }

  /// What indices come to, but for a step of a grid: the elements of buffers and the bounds of loops, which may go
  /// through more points than any buffer has elements.
  int64_t largestIndex() {
    int64_t most = 0;
    getOperation().walk([&](Operation *op) {
      if (auto constant = dyn_cast<arith::ConstantIndexOp>(op))
        most = std::max(most, constant.value());
      if (auto function = dyn_cast<func::FuncOp>(op))
        for (Type type : function.getArgumentTypes())
          if (auto buffer = dyn_cast<MemRefType>(type))
            most = std::max(most, buffer.getNumElements());
    });
    return most;
  }
};
} // namespace

void agon::gpu::addGpuToLLVMPasses(OpPassManager &manager) {
  OpPassManager &device = manager.nest<mlir::gpu::GPUModuleOp>();
  device.addPass(kernels::createMathApproximation({/*libm=*/false}));
  device.addPass(createSCFToControlFlowPass());
  device.addPass(createConvertGridsToLLVM());
  device.addPass(createReconcileUnrealizedCastsPass());
}

void agon::gpu::registerGpuPasses() {
  ::agon::gpu::registerGridPasses();
  PassPipelineRegistration<>("agon-gpu-to-llvm", "a device's kernels to the LLVM dialect", addGpuToLLVMPasses);
}
