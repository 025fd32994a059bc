//===- CpuTarget.cpp - The CPU as a target --------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/CpuTarget.h"
#include "compiler/cpu/Emit.h"
#include "compiler/cpu/Machine.h"
#include "compiler/cpu/ToLLVM.h"
#include "llvm/IR/Function.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

namespace {
class CpuTarget : public targets::Target {
public:
  StringRef getName() const override { return targetName; }

  llvm::Expected<std::vector<targets::Machine>> resolve(StringRef march, MLIRContext *context) const override {
    return resolveMachines(march, context);
  }
  TargetAttr getLeastMachine(MLIRContext *context) const override { return portableMachine(context, 3); }
  TargetAttr withPrecision(TargetAttr target, StringRef precision) const override {
    return cpu::withPrecision(target, precision);
  }
  targets::ConvolutionCosts getConvolutionCosts(TargetAttr target) const override {
    targets::ConvolutionCosts costs;
    // Chains in parts keep the tiles near. Of some fifty layers of 1 to 256 channels those that this price lets pass
    // take at least a fifth less time (Zen 4).
    costs.move = 14;
    // In bf16 a multiply-add takes half the time.
    if (target.hasMultiplyAdd(BFloat16Type::get(target.getContext()))) {
      costs.move *= 2;
      costs.moveFilter *= 2;
    }
    return costs;
  }
  targets::ChunkCosts getChunkCosts(TargetAttr) const override {
    targets::ChunkCosts costs;
    // Of the last-level cache, a core's share with what it borrows of the others'.
    costs.wholeBytes = 6 << 20;
    costs.partBytes = 8 << 20;
    return costs;
  }

  void registerDialects(DialectRegistry &registry) const override { registerKernelDialects(registry); }
  bool canUpdateInPlace(RegionOp region, unsigned input, unsigned result) const override {
    return cpu::canUpdateInPlace(region, input, result);
  }
  Attribute plan(RegionOp region, ArrayRef<unsigned> bufferOf, const targets::Options &options) const override {
    return planRegion(region, bufferOf, options);
  }
  std::string explain(RegionOp region, const targets::Options &options) const override {
    return explainRegion(region, options);
  }
  FailureOr<Kernel> emit(RegionOp region, ArrayRef<unsigned> bufferOf, StringRef name, ModuleOp module,
                         const targets::Options &options) const override {
    return emitKernel(region, bufferOf, name, module, options);
  }
  void addToLLVMPasses(OpPassManager &manager, const targets::Options &options) const override {
    addCpuToLLVMPasses(manager, options);
  }

  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(TargetAttr target,
                                                                           unsigned optLevel) const override {
    return cpu::createTargetMachine(target, optLevel);
  }
  void describe(llvm::Function &function, TargetAttr target) const override {
    function.addFnAttr("target-cpu", target.getProcessor());
    if (target.getFeatures())
      function.addFnAttr("target-features", target.getFeatures().getValue());
    // Without these, 512-bit vectors are split in two where the processor model prefers 256 bits.
    std::string width = std::to_string(target.getVectorBits());
    function.addFnAttr("prefer-vector-width", width);
    function.addFnAttr("min-legal-vector-width", width);
  }
};
} // namespace

std::unique_ptr<targets::Target> agon::cpu::createCpuTarget() { return std::make_unique<CpuTarget>(); }
