//===- Files.cpp - What agonc reads and writes ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tools/Files.h"
#include "support/AtomicFile.h"
#include "support/InputFile.h"
#include "support/Shown.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"
#include <tuple>

namespace agon::tools {

int complain(ExitCode code, const llvm::Twine &message) {
  // A linker's complaint has several lines.
  llvm::errs() << "agonc: error:";
  llvm::SmallVector<llvm::StringRef> lines;
  std::string text = message.str();
  llvm::StringRef(text).split(lines, '\n');
  for (llvm::StringRef line : lines)
    llvm::errs() << (line.data() == text.data() ? " " : "") << support::shown(line) << "\n";
  return code;
}

std::optional<std::string> readModel(const std::string &path, Source source, std::string &why, bool &missing) {
  constexpr size_t most = size_t(16) << 20;
  support::InputFile file(path, /*wait=*/source == Source::AnyStream);
  missing = file.error() != 0;
  if (file.error()) {
    why = std::generic_category().message(file.error());
    return std::nullopt;
  }
  std::string text;
  if (!file.isRegular() && source == Source::FileOnly)
    why = "it is a device or a pipe";
  else if (file.size() > most)
    why = "it is larger than 16 MiB";
  if (!why.empty())
    return std::nullopt;
  text.resize(file.isRegular() ? size_t(file.size()) : most + 1);
  text.resize(file.read(text.data(), text.size()));
  if (file.error())
    why = std::generic_category().message(file.error());
  else if (text.size() > most)
    why = "it is larger than 16 MiB";
  else if ((missing = text.empty() && file.isPipe()))
    why =
        "it is a pipe that nothing is written to; a model is a regular file, or comes through a pipe that has a writer";
  if (!why.empty())
    return std::nullopt;
  text.shrink_to_fit();
  return text;
}

std::error_code writeOutput(const std::string &path, llvm::StringRef content, bool executable) {
  support::removeAbandoned(path);
  support::AtomicFile file;
  if (std::error_code error = file.open(path, executable ? 0777 : 0666))
    return error;
  std::string temporary = file.temporaryPath();
  if (!temporary.empty())
    llvm::sys::RemoveFileOnSignal(temporary);
  std::error_code error = file.write(content.data(), content.size());
  if (!error)
    error = file.commit(/*synced=*/false);
  if (!temporary.empty())
    llvm::sys::DontRemoveFileOnSignal(temporary);
  return error;
}

int writeFile(const std::string &path, llvm::StringRef content, bool executable) {
  if (path == "-") {
    llvm::outs() << content;
    llvm::outs().flush();
    return Done;
  }
  if (std::error_code error = writeOutput(path, content, executable))
    return complain(InputOutput, "cannot write " + path + ": " + error.message());
  return Done;
}

int failedPhases(bool userError) {
  return userError ? int(BadInput)
                   : complain(Internal, "compilation failed; this is a defect of agonc, not of the model");
}

int copyOutput(const std::string &from, const std::string &to, bool executable) {
  auto content = llvm::MemoryBuffer::getFile(from, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!content)
    return complain(InputOutput, "cannot read " + from + ": " + content.getError().message());
  return writeFile(to, (*content)->getBuffer(), executable);
}

std::string runtimeArchive(const CommandLine &commandLine) {
  if (!commandLine.runtimeArchive.empty())
    return commandLine.runtimeArchive;
  llvm::SmallString<256> path(llvm::sys::path::parent_path(commandLine.program));
  llvm::sys::path::append(path, "..", "lib", runtimeArchiveName);
  return path.str().str();
}

int ScratchFiles::write(llvm::StringRef suffix, llvm::StringRef content) {
  auto cannotWrite = [](const std::error_code &error) {
    return complain(InputOutput, "cannot write a temporary file: " + error.message());
  };
  llvm::SmallString<128> path;
  int descriptor = -1;
  if (std::error_code error = llvm::sys::fs::createTemporaryFile("agon", suffix, descriptor, path))
    return cannotWrite(error);
  files.push_back(path.str().str());
  llvm::sys::RemoveFileOnSignal(path);
  if (std::error_code error = llvm::sys::Process::SafelyCloseFileDescriptor(descriptor))
    return cannotWrite(error);
  if (!content.empty())
    if (std::error_code error = writeOutput(files.back(), content, false))
      return cannotWrite(error);
  return Done;
}

ScratchFiles::~ScratchFiles() {
  for (const std::string &file : files) {
    std::ignore = llvm::sys::fs::remove(file);
    llvm::sys::DontRemoveFileOnSignal(file);
  }
}

} // namespace agon::tools
