//===- EmitKernels.cpp - Regions to kernels, for tests --------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Passes.h"
#include "compiler/target/Target.h"
#include "dialects/agon/Agon.h"
#include "mlir/IR/Builders.h"

#include <numeric>

using namespace mlir;

namespace agon::codegen {
#define GEN_PASS_DEF_AGONEMITKERNELS
#include "compiler/codegen/Passes.h.inc"

namespace {

struct EmitKernels : impl::AgonEmitKernelsBase<EmitKernels> {
  using AgonEmitKernelsBase::AgonEmitKernelsBase;
  void getDependentDialects(DialectRegistry &registry) const override { targets::registerDialects(registry); }

  void runOnOperation() override {
    targets::Options options{targets::machineOf(getOperation()), optLevel};
    const targets::Target *target = targets::targetOf(options.target, getOperation());
    if (!target)
      return signalPassFailure();
    for (func::FuncOp function : llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
      for (auto [n, region] : llvm::enumerate(llvm::to_vector(function.getOps<RegionOp>()))) {
        SmallVector<unsigned> buffers(region.getInputs().size() + region.getNumResults());
        std::iota(buffers.begin(), buffers.end(), 0);
        std::string name = (function.getName() + "_" + Twine(n)).str();
        auto kernel = target->emit(region, buffers, name, getOperation(), options);
        if (failed(kernel))
          return signalPassFailure();
        kernel->func->setAttr("agon.tasks", Builder(&getContext()).getI64IntegerAttr(kernel->tasks));
      }
      function.erase();
    }
  }
};

} // namespace
} // namespace agon::codegen
