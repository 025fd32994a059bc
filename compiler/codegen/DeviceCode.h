//===- DeviceCode.h - The kernels of a device as code -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_DEVICECODE_H
#define AGON_COMPILER_CODEGEN_DEVICECODE_H

#include "compiler/target/Target.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

namespace agon::codegen {

/// A device's kernels on their way to code.
struct DeviceCode {
  std::unique_ptr<llvm::TargetMachine> codeGenerator;
  std::unique_ptr<llvm::Module> module; ///< as it goes to the back end

  /// Takes the device module out of `program` (LLVM dialect), translates and optimises it. Nothing if there is none;
  /// fails, with a diagnostic, where kernels call what no device has.
  static mlir::FailureOr<std::optional<DeviceCode>> take(mlir::ModuleOp program, llvm::LLVMContext &context,
                                                         const targets::Options &options);
  /// Its assembly: PTX. `module` is used up.
  llvm::Expected<std::string> assemble();
};

/// The machine code for `architecture` that ptxas makes of `assembly`; nothing where there is no ptxas ($AGON_PTXAS, on
/// PATH, or in CUDA's usual place).
llvm::Expected<std::optional<std::string>> machineCode(llvm::StringRef assembly, llvm::StringRef architecture);
/// Machine code as text, by the toolkit's disassembler. Fails where it is not there.
llvm::Expected<std::string> disassemble(llvm::StringRef machineCode);

} // namespace agon::codegen
#endif
