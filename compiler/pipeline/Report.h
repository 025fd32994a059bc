//===- Report.h - What the compiler did to a game ---------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_PIPELINE_REPORT_H
#define AGON_COMPILER_PIPELINE_REPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/raw_ostream.h"
#include <map>
#include <string>
#include <vector>

namespace agon::pipeline {

/// How often a network is applied in a turn.
struct ApplicationCount {
  int64_t written = 0;   ///< in the movers' objectives, with every variable written out
  int64_t evaluated = 0; ///< that are left once what is common is computed once
  int64_t together = 0;  ///< of these, the most that are one batch somewhere
};

/// Gradients that a turn does not compute: of parameters on which a mover's
/// objective depends, but which another player owns.
struct DeadGradients {
  std::string player;
  std::map<std::string, std::pair<int64_t, int64_t>> networks; ///< name -> parameters, numbers in them
  int64_t cotangents = 0;                                      ///< that are not computed therefore, one an operand
  int64_t contractions = 0;                                    ///< of these, by a contraction or convolution
};

/// Structured operations by kind, as fusion finds or leaves them.
struct RegionCount {
  int64_t elementwise = 0, reductions = 0, contractions = 0, modeProducts = 0, inserts = 0;
  int64_t bytes = 0; ///< read and written, if each goes to memory
  int64_t total() const { return elementwise + reductions + contractions + modeProducts + inserts; }
};

/// What a region has beside its root: scalar operations, for each element once.
struct FusedOperations {
  int64_t prologue = 0, epilogue = 0;
};

/// A region that is a contraction, or several parts of one.
struct ContractionReport {
  std::string name, source;
  std::string algorithm; ///< its plan in words
  int64_t flops = 0;
  int64_t tasks = 0; ///< 0: not known yet
  FusedOperations fused;
};

/// A region that is computed again so that its first result need not be kept.
struct RecomputedReport {
  std::string name, source;
  int64_t flops = 0, bytes = 0;
};

struct FunctionReport {
  std::string kind;
  llvm::MapVector<std::string, ApplicationCount, std::map<std::string, unsigned>> applications; ///< turns only
  std::vector<DeadGradients> dead;                                                              ///< turns only
  /// Transforms of a sum's terms that the sum's takes the place of, and contractions that became part of another one.
  int64_t mergedTransforms = 0, mergedContractions = 0;
  RegionCount before, after;            ///< fusion
  std::vector<FusedOperations> regions; ///< in order; nothing for elementwise ones
  int64_t launches = 0, copies = 0;
  int64_t flops = 0, bytes = 0, temporaryBytes = 0;
  int64_t formedBytes = 0, orderedBytes = 0; ///< temporaries before and after ordering; 0: nothing has changed
  std::vector<RecomputedReport> recomputed;
  std::vector<ContractionReport> contractions;
};

/// What `print` tells of a compilation. The table of phases (Phases.cpp) says which method is given the program where:
/// statistics of passes do not count in release builds of LLVM. A compilation that stops early leaves gaps.
class Report {
public:
  //===--- What is read of the program, in the order of the phases ----------------------------===//

  /// What the objectives apply, as they are written.
  void readGame(mlir::ModuleOp module);
  /// The functions there are, and the gradients that turns will not compute.
  void readGradients(mlir::ModuleOp module);
  /// The applications that turns evaluate.
  void readTurns(mlir::ModuleOp module);
  /// Transforms before and after those of a sum's terms became one.
  void readTransforms(mlir::ModuleOp module);
  void readMergedTransforms(mlir::ModuleOp module);
  /// Contractions before and after some became part of others.
  void readContractions(mlir::ModuleOp module);
  void readMergedContractions(mlir::ModuleOp module);
  /// Structured operations, to be fused.
  void readOperations(mlir::ModuleOp module);
  /// Fused regions in their final order, and those that are computed again.
  void readRegions(mlir::ModuleOp module);
  /// The arena, and the target's plans of contractions.
  void readPlans(mlir::ModuleOp module);
  /// What is launched and copied.
  void readEntries(mlir::ModuleOp module);

  /// A table of plain text in a stable order.
  void print(llvm::raw_ostream &os) const;

  std::string game;
  std::string machine; ///< that the plans are for: a processor, or a device's architecture; empty: not planned
  llvm::MapVector<std::string, FunctionReport, std::map<std::string, unsigned>> functions;
  int64_t arenaBytes = 0;                                   ///< 0: not placed
  int64_t budget = 0;                                       ///< of the arena; 0: none
  std::map<std::string, std::pair<int64_t, int64_t>> cells; ///< kind -> number, bytes
  std::vector<std::string> schedule;

private:
  std::vector<std::map<std::string, int64_t>> written; ///< of each turn: network -> applications
};

/// One of the methods that read the program.
using ReportMethod = void (Report::*)(mlir::ModuleOp module);

/// "11.0 TiB", "512 B".
std::string bytesText(int64_t bytes);

} // namespace agon::pipeline
#endif
