//===- Register.cpp - Every dialect and pass, in one place ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/pipeline/Register.h"
#include "compiler/autodiff/Passes.h"
#include "compiler/autodiff/Pullback.h"
#include "compiler/codegen/Passes.h"
#include "compiler/cpu/CpuTarget.h"
#include "compiler/cpu/Passes.h"
#include "compiler/game/Passes.h"
#include "compiler/gpu/GpuTarget.h"
#include "compiler/gpu/Passes.h"
#include "compiler/kernel/Passes.h"
#include "compiler/tensor/Passes.h"
#include "dialects/agon/Agon.h"
#include "dialects/agon/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Transforms/Passes.h"

namespace agon {

void registerTargets() {
  targets::registerTarget(cpu::createCpuTarget());
  targets::registerTarget(gpu::createGpuTarget());
}

void registerAll(mlir::DialectRegistry &registry) {
  registry.insert<AgonDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::linalg::LinalgDialect,
                  mlir::LLVM::LLVMDialect, mlir::math::MathDialect, mlir::tensor::TensorDialect>();
  registerTargets();
  targets::registerDialects(registry);
  autodiff::registerPullbacks(registry);

  // Once a process: the pass registry is global.
  [[maybe_unused]] static bool once = [] {
    registerAgonPasses();
    autodiff::registerAutodiffPasses();
    game::registerGamePasses();
    tensors::registerTensorPasses();
    kernels::registerKernelPasses();
    cpu::registerCpuPasses();
    gpu::registerGpuPasses();
    codegen::registerCodegenPasses();
    mlir::registerCanonicalizerPass();
    mlir::registerCSEPass();
    return true;
  }();
}

} // namespace agon
