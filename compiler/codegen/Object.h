//===- Object.h - LLVM dialect to object file -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_OBJECT_H
#define AGON_COMPILER_CODEGEN_OBJECT_H

#include "compiler/codegen/DeviceData.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

namespace agon::codegen {

/// Asks the machine's target for it.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(const targets::Machine &machine,
                                                                         unsigned optLevel);

/// The module (LLVM dialect, and agon.program for the table) as LLVM IR with
/// the model's table `machine.table`, optimised for the machine. What belongs to a device is taken out of `module`.
std::unique_ptr<llvm::Module> translate(mlir::ModuleOp module, llvm::LLVMContext &context,
                                        llvm::TargetMachine &codeGenerator, const targets::Machine &machine,
                                        unsigned optLevel);

/// As `translate`, but what is left to do by `optimize`. `shared` names the
/// functions that other objects of the program define or call; the table, with
/// `device`, is made where `module` holds the agon.program.
std::unique_ptr<llvm::Module> translatePart(mlir::ModuleOp module, llvm::LLVMContext &context,
                                            llvm::TargetMachine &codeGenerator, const targets::Machine &machine,
                                            const llvm::StringSet<> &shared, const DeviceData &device);

/// LLVM's cleaning up after the kernels' emitters.
void optimize(llvm::Module &module, llvm::TargetMachine &codeGenerator, unsigned optLevel);

/// Writes an object file, or assembly, of an optimised module.
llvm::Error emit(llvm::Module &module, llvm::TargetMachine &codeGenerator, bool assembly, llvm::raw_pwrite_stream &out);

/// Links object files with the runtime archive into one executable, which
/// needs nothing but libc and libm. The error holds the linker's words; `output`
/// is then whatever the linker has left.
llvm::Error link(llvm::ArrayRef<std::string> objects, llvm::StringRef runtimeArchive, llvm::StringRef output);

/// The same for a shared library, of which `symbols` are visible; `versions` is the path of a script for the linker
/// that says so. An object may be a C++ source.
llvm::Error linkShared(llvm::ArrayRef<std::string> objects, llvm::ArrayRef<std::string> symbols,
                       llvm::StringRef versions, llvm::StringRef runtimeArchive, llvm::StringRef output);

/// The same for a static library of one object, `whole`, which holds C++'s library too.
llvm::Error linkArchive(llvm::ArrayRef<std::string> objects, llvm::ArrayRef<std::string> symbols, llvm::StringRef whole,
                        llvm::StringRef runtimeArchive, llvm::StringRef output);

} // namespace agon::codegen
#endif
