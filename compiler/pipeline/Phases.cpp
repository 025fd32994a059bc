//===- Phases.cpp - The one table of phases -------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/pipeline/Phases.h"
#include "compiler/target/Target.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace agon::pipeline {

// After agon-to-linalg only cse: the canonicalizer would hoist scalars out of the bodies again.
static const PhaseInfo table[] = {
    {Phase::Ast, "ast", "the syntax tree", {}, {}},
    {Phase::Agon, "agon", "networks, players, objectives and turns", {}, {}},
    {Phase::Diff,
     "diff",
     "one pure, differentiated function a turn",
     {{"", &Report::readGame},
      {"agon-form-turns{network},canonicalize,cse,agon-safe-numerics,agon-guard-branches,agon-expand-gradients,"
       "agon-split-expectations",
       &Report::readGradients},
      {"func.func(agon-batch-applications),agon-differentiate-players,canonicalize,cse,agon-verify-turn-form",
       &Report::readTurns}},
     {{"", &Report::readGame},
      {"agon-form-turns{network},canonicalize,cse,agon-safe-numerics,agon-guard-branches,agon-expand-gradients,"
       "agon-split-expectations",
       &Report::readGradients},
      {"agon-differentiate-players,canonicalize,cse,agon-verify-turn-form", &Report::readTurns}}},
    {Phase::Linalg,
     "linalg",
     "structured operations on tensors",
     {{"func.func(canonicalize,cse),agon-store-cells,func.func(agon-factor-sums,agon-decompose)",
       &Report::readTransforms},
      {"func.func(agon-merge-sums)", &Report::readMergedTransforms},
      {"func.func(agon-propagate-layouts,canonicalize,cse,agon-reuse-activations,agon-to-linalg,cse)",
       &Report::readContractions},
      {"func.func(agon-merge-contractions,agon-merge-reductions)", &Report::readMergedContractions}},
     {{"func.func(agon-decompose{winograd=never},agon-to-linalg)"}}},
    {Phase::Fused,
     "fused",
     "fused regions, free of any target",
     {{"", &Report::readOperations},
      {"func.func(agon-form-regions,agon-form-chunks),agon-rematerialize{budget={memory}}", &Report::readRegions}},
     {{"", &Report::readOperations},
      {"func.func(agon-form-regions{fuse=false}),agon-rematerialize{budget={memory} reorder=false}",
       &Report::readRegions}}},
    {Phase::Planned,
     "planned",
     "fused regions with a place for each tensor and the target's plan for each region",
     {{"agon-lift-constants,agon-place,agon-shift-reads,agon-plan{opt-level={opt-level}}", &Report::readPlans}},
     {}},
    {Phase::Kernels,
     "kernels",
     "kernels over one arena and the entries that launch them",
     {{"agon-emit{opt-level={opt-level}}", &Report::readEntries}},
     {}},
    {Phase::Llvm, "llvm", "LLVM IR", {{"agon-launch-to-llvm"}}, {}},
    {Phase::Gpu, "gpu", "LLVM IR of a device's kernels, as it goes to the back end", {}, {}},
    {Phase::Ptx, "ptx", "their assembly", {}, {}},
    {Phase::Sass, "sass", "their machine code as text, where the CUDA toolkit is there", {}, {}},
    {Phase::Asm, "asm", "assembly", {}, {}},
    {Phase::Obj, "obj", "an object file", {}, {}},
    {Phase::Exe, "exe", "the training binary", {}, {}},
};

llvm::ArrayRef<PhaseInfo> phases() { return table; }

const PhaseInfo &info(Phase phase) { return table[size_t(phase)]; }

namespace {
/// Hands the program to a report.
struct ReportPass : PassWrapper<ReportPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ReportPass)
  ReportPass(Report &report, ReportMethod read) : report(report), read(read) {}
  void runOnOperation() override {
    (report.*read)(getOperation());
    markAllAnalysesPreserved();
  }
  Report &report;
  ReportMethod read;
};

/// Checks the program where a phase ends.
struct VerifyPass : PassWrapper<VerifyPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(VerifyPass)
  void runOnOperation() override {
    if (failed(verify(getOperation())))
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace

static std::string fillIn(std::string text, const std::string &name, const std::string &value) {
  for (size_t at; (at = text.find(name)) != std::string::npos;)
    text.replace(at, name.size(), value);
  return text;
}

LogicalResult runPhases(ModuleOp module, Phase from, Phase last, const PhaseOptions &options) {
  PassManager manager(module->getContext());
  manager.enableVerifier(options.verifyEach);
  if (options.timing)
    manager.enableTiming();
  const std::pair<const char *, std::string> values[] = {
      {"{opt-level}", std::to_string(options.optLevel)},
      {"{memory}", std::to_string(options.memory)},
      {"{network}", options.network.empty() ? std::string() : "{network=" + options.network + "}"}};
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
    bool plain = options.optLevel == 0 && !phase.plainPasses.empty();
    for (const Stretch &stretch : plain ? phase.plainPasses : phase.passes) {
      std::string text = stretch.passes;
      for (const auto &[name, value] : values)
        text = fillIn(std::move(text), name, value);
      if (!text.empty() && failed(parsePassPipeline(text, manager)))
        return failure();
      if (options.report && stretch.read)
        manager.addPass(std::make_unique<ReportPass>(*options.report, stretch.read));
    }
    if (!options.verifyEach)
      manager.addPass(std::make_unique<VerifyPass>());
  }
  return manager.run(module);
}

} // namespace agon::pipeline
