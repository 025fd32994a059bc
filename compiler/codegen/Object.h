//===- Object.h - LLVM dialect to object file -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_OBJECT_H
#define AGON_COMPILER_CODEGEN_OBJECT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include <string>
#include <vector>

namespace agon::codegen {

/// The processor that code is made for.
struct Processor {
  std::string march;    ///< As asked for: "native", "x86-64-v3", "znver4"; of `portable`, one of its levels.
  std::string cpu;      ///< LLVM's name.
  std::string features; ///< LLVM's feature string; empty but for native.
  unsigned vectorBits;  ///< 256 or 512.
  /// What the binary asks of the machine at start, as __builtin_cpu_supports names it.
  std::vector<std::string> required;

  // Of `portable` only, where several programs share a binary.
  std::string suffix;                ///< ".x86-64-v4", on what its objects tell each other; else empty.
  std::string table = "agon_model_v1"; ///< The symbol of its table.
  std::vector<std::string> variants; ///< Tables that this one names, for better processors, best first.
};

/// Resolves `--march`: one processor, or for `portable` one a level, the least
/// first. Fails with the accepted names for an unknown one, and for a processor
/// without AVX2 and FMA.
llvm::Expected<std::vector<Processor>> resolveProcessors(llvm::StringRef march);

/// Makes the machine for a processor; initialises LLVM's x86 back end once.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(const Processor &processor,
                                                                         unsigned optLevel);

/// The module (LLVM dialect, and agon.program for the table) as LLVM IR with
/// the model's table `agon_model_v1`, optimised for the machine.
std::unique_ptr<llvm::Module> translate(mlir::ModuleOp module, llvm::LLVMContext &context,
                                        llvm::TargetMachine &machine, const Processor &processor,
                                        unsigned optLevel);

/// As `translate`, but what is left to do by `optimize`. `shared` names the
/// functions that other objects of the program define or call; the table is
/// made where `module` holds the agon.program.
std::unique_ptr<llvm::Module> translatePart(mlir::ModuleOp module, llvm::LLVMContext &context,
                                            llvm::TargetMachine &machine, const Processor &processor,
                                            const llvm::StringSet<> &shared);

/// LLVM's cleaning up after the kernels' emitters.
void optimize(llvm::Module &module, llvm::TargetMachine &machine, unsigned optLevel);

/// Writes an object file, or assembly, of an optimised module.
llvm::Error emit(llvm::Module &module, llvm::TargetMachine &machine, bool assembly, llvm::raw_pwrite_stream &out);

/// Links object files with the runtime archive into one executable, which
/// needs nothing but libc and libm. The error holds the linker's words; `output`
/// is then whatever the linker has left.
llvm::Error link(llvm::ArrayRef<std::string> objects, llvm::StringRef runtimeArchive, llvm::StringRef output);

} // namespace agon::codegen
#endif
