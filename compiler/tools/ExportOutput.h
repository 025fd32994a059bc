//===- ExportOutput.h - What --emit=onnx and --emit=lib write ---*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_TOOLS_EXPORTOUTPUT_H
#define AGON_COMPILER_TOOLS_EXPORTOUTPUT_H

#include "compiler/tools/Driver.h"
#include "mlir/IR/BuiltinOps.h"

namespace agon::tools {

/// Refuses a network that the model, in game form, does not have. \returns an exit code.
int judgeNetwork(const CommandLine &commandLine, mlir::ModuleOp module);

/// Writes the application of the network, in turn form, as an ONNX model. \returns an exit code; `userError` tells
/// whether diagnostics were of the user's errors.
int writeOnnx(const CommandLine &commandLine, mlir::ModuleOp module, const std::string &output, const bool &userError);

} // namespace agon::tools
#endif
