//===- Parts.h - One program on all cores -----------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_PARTS_H
#define AGON_COMPILER_CODEGEN_PARTS_H

#include "compiler/codegen/Object.h"
#include "compiler/codegen/ObjectCache.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/ThreadPool.h"
#include <memory>

namespace agon::codegen {

/// A module of a program's that is compiled by itself.
struct Part {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  llvm::StringSet<> shared; ///< Functions that it defines for, or takes from, other parts.
};

/// Cuts a program (LLVM dialect, and agon.program) into the entries with the table and the constants, and parts of
/// about equal size, of kernels with their wrappers. `program` is used up. The cut depends on the program alone, never
/// on the machine, so that binaries are reproducible.
std::vector<Part> splitProgram(mlir::ModuleOp program);

/// Makes the objects of one or more programs, in the background where the
/// machine has cores to spare, or takes those that were made before.
class ObjectFactory {
public:
  explicit ObjectFactory(unsigned optLevel);
  ~ObjectFactory();

  /// Translates `program` (LLVM dialect; it is used up) and queues its parts.
  /// False: it could not be translated.
  bool add(mlir::ModuleOp program, const targets::Machine &machine);

  /// Waits for all of them; the objects in the order of the parts.
  llvm::Expected<std::vector<llvm::SmallVector<char, 0>>> finish();

private:
  struct Job;
  unsigned optLevel;
  ObjectCache cache;
  std::vector<std::unique_ptr<Job>> jobs;
  llvm::DefaultThreadPool pool;
};

} // namespace agon::codegen
#endif
