//===- ExportOutput.cpp - What --emit=onnx and --emit=lib write -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tools/ExportOutput.h"
#include "compiler/export/Onnx.h"
#include "compiler/tools/Files.h"
#include "llvm/ADT/StringExtras.h"

namespace agon::tools {

int judgeNetwork(const CommandLine &commandLine, mlir::ModuleOp module) {
  std::vector<std::string> names;
  for (NetworkOp network : module.getOps<NetworkOp>())
    names.push_back(network.getSymName().str());
  if (commandLine.network.empty() || llvm::is_contained(names, commandLine.network))
    return Done;
  return complain(Usage, "--network: there is no network '" + commandLine.network +
                             "' (networks: " + (names.empty() ? "none" : llvm::join(names, ", ")) + ")");
}

/// The weights that the command line names.
static int readWeights(const CommandLine &commandLine, std::optional<exports::Weights> &weights) {
  auto read = exports::Weights::read(commandLine.weights);
  if (read) {
    weights = std::move(*read);
    return Done;
  }
  std::error_code code;
  std::string why;
  llvm::handleAllErrors(read.takeError(), [&](const llvm::StringError &error) {
    why = error.getMessage();
    code = error.convertToErrorCode();
  });
  bool isMissing = code == std::errc::no_such_file_or_directory;
  return complain(isMissing ? NotFound : BadInput, "--weights: " + why);
}

int writeOnnx(const CommandLine &commandLine, mlir::ModuleOp module, const std::string &output, const bool &userError) {
  std::optional<exports::Weights> weights;
  if (int status = readWeights(commandLine, weights))
    return status;
  auto network = exports::Network::of(module, commandLine.network, commandLine.average);
  if (failed(network))
    return failedPhases(userError);
  auto content = exports::onnxModel(*network, *weights);
  if (failed(content))
    return failedPhases(userError);
  return writeFile(output, *content);
}

} // namespace agon::tools
