//===- Object.h - LLVM dialect to object file -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_OBJECT_H
#define AGON_COMPILER_CODEGEN_OBJECT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

namespace agon::codegen {

/// The processor that code is made for.
struct Processor {
  std::string march;    ///< As asked for: "native", "x86-64-v3", "znver4".
  std::string cpu;      ///< LLVM's name.
  std::string features; ///< LLVM's feature string; empty but for native.
  unsigned vectorBits;  ///< 256 or 512.
  /// What the binary asks of the machine at start, as __builtin_cpu_supports names it.
  std::vector<std::string> required;
};

/// Resolves `--march`. Fails with the accepted names for an unknown one, and
/// for a processor without AVX2 and FMA.
llvm::Expected<Processor> resolveProcessor(llvm::StringRef march);

/// Makes the machine for a processor; initialises LLVM's x86 back end once.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(const Processor &processor,
                                                                         unsigned optLevel);

/// The module (LLVM dialect, and agon.program for the table) as LLVM IR with
/// the model's table `agon_model_v1`, optimised for the machine.
std::unique_ptr<llvm::Module> translate(mlir::ModuleOp module, llvm::LLVMContext &context,
                                        llvm::TargetMachine &machine, const Processor &processor,
                                        unsigned optLevel);

/// Writes an object file, or assembly, of an optimised module.
llvm::Error emit(llvm::Module &module, llvm::TargetMachine &machine, bool assembly, llvm::raw_pwrite_stream &out);

/// Links an object file with the runtime archive into one executable, which
/// needs nothing but libc, libm and the C++ library. `error` holds the
/// linker's words on failure.
llvm::Error link(llvm::StringRef object, llvm::StringRef runtimeArchive, llvm::StringRef output);

} // namespace agon::codegen
#endif
