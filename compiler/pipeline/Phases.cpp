//===- Phases.cpp - The one table of phases -------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/pipeline/Phases.h"
#include "compiler/target/Target.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace agon::pipeline {

static const PhaseInfo table[] = {
    {Phase::Ast, "ast", "the syntax tree", "", nullptr},
    {Phase::Agon, "agon", "networks, players, objectives and turns", "", nullptr},
    {Phase::Diff, "diff", "one pure, differentiated function a turn",
     "agon-form-turns,canonicalize,cse,agon-safe-numerics,agon-guard-branches,agon-expand-gradients,"
     "agon-split-expectations,agon-differentiate-players,canonicalize,cse,agon-verify-turn-form",
     nullptr},
    // After agon-to-linalg only cse: the canonicalizer would hoist scalars out of the bodies again.
    {Phase::Linalg, "linalg", "structured operations on tensors",
     "func.func(canonicalize,cse),agon-store-cells,"
     "func.func(agon-decompose,agon-merge-sums,agon-propagate-layouts,canonicalize,cse,"
     "agon-reuse-activations,agon-to-linalg,cse,agon-merge-contractions)",
     "func.func(agon-decompose{winograd=never},agon-to-linalg)"},
    {Phase::Fused, "fused", "fused regions, free of any target",
     "func.func(agon-form-regions),agon-rematerialize{budget={memory}}",
     "func.func(agon-form-regions{fuse=false}),agon-rematerialize{budget={memory} reorder=false}"},
    {Phase::Planned, "planned", "fused regions with a place for each tensor and the target's plan for each region",
     "agon-place,agon-plan{opt-level={opt-level}}", nullptr},
    {Phase::Kernels, "kernels", "kernels over one arena and the entries that launch them",
     "agon-emit{opt-level={opt-level}}", nullptr},
    {Phase::Llvm, "llvm", "LLVM IR", "agon-launch-to-llvm", nullptr},
    {Phase::Asm, "asm", "assembly", "", nullptr},
    {Phase::Obj, "obj", "an object file", "", nullptr},
    {Phase::Exe, "exe", "the training binary", "", nullptr},
};

llvm::ArrayRef<PhaseInfo> phases() { return table; }

const PhaseInfo &info(Phase phase) { return table[size_t(phase)]; }

static std::string fillIn(std::string text, const std::string &name, uint64_t value) {
  for (size_t at; (at = text.find(name)) != std::string::npos;)
    text.replace(at, name.size(), std::to_string(value));
  return text;
}

LogicalResult runPhases(ModuleOp module, Phase from, Phase last, const PhaseOptions &options) {
  PassManager manager(module->getContext());
  manager.enableVerifier(options.verifyEach);
  if (options.timing)
    manager.enableTiming();
  if (options.report)
    manager.addInstrumentation(options.report->observer());
  for (const PhaseInfo &phase : phases()) {
    if (phase.phase <= from)
      continue;
    if (phase.phase > last)
      break;
    if (phase.phase == Phase::Llvm) {
      targets::Options target{targets::machineOf(module), int(options.optLevel)};
      const targets::Target *lowering = targets::targetOf(target.target, module);
      if (!lowering)
        return failure();
      lowering->addToLLVMPasses(manager, target);
    }
    const char *passes = options.optLevel == 0 && phase.plainPasses ? phase.plainPasses : phase.passes;
    std::string text = fillIn(fillIn(passes, "{opt-level}", options.optLevel), "{memory}", options.memory);
    if (!text.empty() && failed(parsePassPipeline(text, manager)))
      return failure();
  }
  return manager.run(module);
}

} // namespace agon::pipeline
