//===- ExportOutput.cpp - What --emit=onnx and --emit=lib write -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tools/ExportOutput.h"
#include "compiler/codegen/Object.h"
#include "compiler/export/Onnx.h"
#include "support/InputFile.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace agon::tools {

/// Refuses weights of an average that neither the network nor one that it applies has.
static int judgeAverage(const CommandLine &commandLine, mlir::ModuleOp module) {
  llvm::SmallSetVector<llvm::StringRef, 4> parts;
  parts.insert(commandLine.network);
  for (size_t i = 0; i < parts.size(); ++i)
    if (auto network = llvm::dyn_cast_or_null<NetworkOp>(mlir::SymbolTable::lookupSymbolIn(module, parts[i])))
      network.walk([&](ApplyOp apply) { parts.insert(apply.getNetwork()); });
  std::vector<std::string> names = {"current"};
  module.walk([&](PlayerOp average) {
    llvm::StringRef name = average.getSymName();
    if (average.getFollows() && parts.contains(*average.getFollows()) && name.consume_front("average."))
      names.push_back(name.str());
  });
  if (commandLine.average.empty() || llvm::is_contained(names, commandLine.average))
    return Done;
  return complain(Usage, "--average: there are no weights '" + commandLine.average + "' of " + commandLine.network +
                             " (weights: " + llvm::join(names, ", ") + ")");
}

int judgeNetwork(const CommandLine &commandLine, mlir::ModuleOp module) {
  std::vector<std::string> names;
  for (NetworkOp network : module.getOps<NetworkOp>())
    names.push_back(network.getSymName().str());
  if (commandLine.network.empty())
    return Done;
  if (llvm::is_contained(names, commandLine.network))
    return judgeAverage(commandLine, module);
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

/// Refuses weights of a network that means something else by now.
static int judgeWeights(const exports::Network &network, const exports::Weights &weights) {
  std::string changed = weights.changedPart(network.configuration, network.name);
  if (changed.empty())
    return Done;
  return complain(BadInput, "--weights: " + weights.path() + " was written by another model: " + changed +
                                " was another; export the model that was trained, or train this one");
}

int writeOnnx(const CommandLine &commandLine, mlir::ModuleOp module, const std::string &output, const bool &userError) {
  std::optional<exports::Weights> weights;
  if (int status = readWeights(commandLine, weights))
    return status;
  auto network = exports::Network::of(module, commandLine.network, commandLine.average);
  if (failed(network))
    return failedPhases(userError);
  if (int status = judgeWeights(*network, *weights))
    return status;
  auto content = exports::onnxModel(*network, *weights);
  if (failed(content))
    return failedPhases(userError);
  return writeFile(output, *content);
}

/// Where the library's header goes: beside it, with the network's name or agon.h.
static std::string headerPath(const CommandLine &commandLine, const std::string &output) {
  llvm::SmallString<128> path(llvm::sys::path::parent_path(output));
  llvm::sys::path::append(path, (commandLine.network.empty() ? "agon" : exports::prefixOf(commandLine.network)) + ".h");
  return path.str().str();
}

/// Refuses to write a header, whose name nobody has asked for, over a file that is no earlier version of it.
static int judgeHeader(const std::string &path, llvm::StringRef header) {
  if (!llvm::sys::fs::is_regular_file(path))
    return Done;
  support::InputFile file(path);
  llvm::StringRef mark = header.split('\n').first;
  std::string found(mark.size(), '\0');
  if (file.read(found.data(), found.size()) == found.size() && found == mark)
    return Done;
  return complain(Usage, path +
                             " is there, and is no earlier version of the header of this library: it does not begin "
                             "with \"" +
                             mark + "\"; move it away, or give -o another folder");
}

int makeLibrary(const CommandLine &commandLine, mlir::ModuleOp module, const std::string &output,
                exports::Library &library, const bool &userError) {
  if (commandLine.network.empty()) {
    library = exports::trainingLibrary();
    return judgeHeader(headerPath(commandLine, output), library.header);
  }
  std::optional<exports::Weights> weights;
  if (!commandLine.weights.empty())
    if (int status = readWeights(commandLine, weights))
      return status;
  auto network = exports::Network::of(module, commandLine.network, commandLine.average);
  if (failed(network))
    return failedPhases(userError);
  if (weights)
    if (int status = judgeWeights(*network, *weights))
      return status;
  auto made = exports::networkLibrary(*network, weights, llvm::sys::path::filename(commandLine.input));
  if (failed(made))
    return failedPhases(userError);
  library = *made;
  return judgeHeader(headerPath(commandLine, output), library.header);
}

int writeLibrary(const CommandLine &commandLine, const ScratchFiles &objects, const exports::Library &library,
                 const std::string &output) {
  ScratchFiles scratch, sources;
  std::vector<std::string> parts = objects.paths(), visible = library.symbols;
  bool isStatic = llvm::StringRef(output).ends_with(".a");
  if (!library.source.empty()) {
    std::string text = library.source;
    if (int status = scratch.write("weights", library.weights))
      return status;
    if (size_t mark = text.find(exports::weightsMark); mark != std::string::npos)
      text.replace(mark, exports::weightsMark.size(), scratch.paths().back());
    if (int status = sources.write("cpp", text))
      return status;
    parts.push_back(sources.paths().back());
    if (!isStatic)
      visible.push_back("agon_network_description"); // for programs that find their libraries at run time
  }
  std::string versions = "{ global: " + llvm::join(visible, "; ") + "; local: *; };\n";
  if (int status = scratch.write("map", versions))
    return status;
  std::string script = scratch.paths().back();
  if (int status = scratch.write(isStatic ? "o" : "so", {}))
    return status;
  std::string linked = scratch.paths().back(), archive = runtimeArchive(commandLine), product = linked;
  if (isStatic) {
    if (int status = scratch.write("a", {}))
      return status;
    product = scratch.paths().back();
  }
  llvm::Error error = isStatic ? codegen::linkArchive(parts, visible, linked, archive, product)
                               : codegen::linkShared(parts, visible, script, archive, product);
  if (error)
    return complain(InputOutput, llvm::toString(std::move(error)));
  if (int status = writeFile(headerPath(commandLine, output), library.header))
    return status;
  return copyOutput(product, output, /*executable=*/!isStatic);
}

} // namespace agon::tools
