//===- Phases.h - The one table of phases -----------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_PIPELINE_PHASES_H
#define AGON_COMPILER_PIPELINE_PHASES_H

#include "compiler/pipeline/Report.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/ArrayRef.h"
#include <string>
#include <vector>

namespace agon::pipeline {

/// The stations between a model file and a training binary, in order.
enum class Phase { Ast, Agon, Diff, Linalg, Fused, Planned, Kernels, Llvm, Gpu, Ptx, Sass, Asm, Obj, Exe };

/// Passes as a textual pipeline, in which `{opt-level}`, `{memory}` and `{network}` are filled in, and what a report
/// reads of the program behind them.
struct Stretch {
  const char *passes;
  ReportMethod read = nullptr;
};

/// One row of the table that feeds `--emit`, `--help` and the tests.
struct PhaseInfo {
  Phase phase;
  const char *name;    ///< As `--emit` takes it.
  const char *summary; ///< What the program is at that point.
  /// What leads here from the phase before, in order. Nothing where no MLIR pass does.
  std::vector<Stretch> passes;
  /// The same at -O0, where different.
  std::vector<Stretch> plainPasses;
};

/// Every phase, in order.
llvm::ArrayRef<PhaseInfo> phases();
const PhaseInfo &info(Phase phase);

struct PhaseOptions {
  unsigned optLevel = 3;
  uint64_t memory = 0;      ///< The arena's bytes at most; 0: any.
  std::string network;      ///< The program is the application of this network alone; empty: the game.
  bool verifyEach = true;   ///< Run the verifiers between all passes; else where a phase ends.
  bool timing = false;      ///< Print the time of each pass.
  Report *report = nullptr; ///< Filled on the way; null: no report.
};

/// Takes a module in phase `from`, whose target is attached where `from` or `last` is beyond Diff, through the passes
/// up to `last` (at most Llvm). Errors are reported through the context's diagnostics.
mlir::LogicalResult runPhases(mlir::ModuleOp module, Phase from, Phase last, const PhaseOptions &options);

} // namespace agon::pipeline
#endif
