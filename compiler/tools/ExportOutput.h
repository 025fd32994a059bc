//===- ExportOutput.h - What --emit=onnx and --emit=lib write ---*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_TOOLS_EXPORTOUTPUT_H
#define AGON_COMPILER_TOOLS_EXPORTOUTPUT_H

#include "compiler/export/Library.h"
#include "compiler/tools/Files.h"
#include "mlir/IR/BuiltinOps.h"

namespace agon::tools {

/// Refuses a network that the model, in game form, does not have, and an average that the network does not have.
/// \returns an exit code.
int judgeNetwork(const CommandLine &commandLine, mlir::ModuleOp module);

/// Writes the application of the network, in turn form, as an ONNX model. \returns an exit code; `userError` tells
/// whether diagnostics were of the user's errors.
int writeOnnx(const CommandLine &commandLine, mlir::ModuleOp module, const std::string &output, const bool &userError);

/// What a library is made of beside its objects, of the program in turn form. Refuses an `output` whose header would
/// replace another file. \returns an exit code, as writeOnnx.
int makeLibrary(const CommandLine &commandLine, mlir::ModuleOp module, const std::string &output,
                exports::Library &library, const bool &userError);

/// Links the objects into a library, shared or static by the output's name, and writes it, with its header beside it.
int writeLibrary(const CommandLine &commandLine, const ScratchFiles &objects, const exports::Library &library,
                 const std::string &output);

} // namespace agon::tools
#endif
