//===- Files.h - What agonc reads and writes --------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_TOOLS_FILES_H
#define AGON_COMPILER_TOOLS_FILES_H

#include "compiler/tools/Driver.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace agon::tools {

/// Prints an error, which may have several lines, and returns its exit code.
int complain(ExitCode code, const llvm::Twine &message);

/// Whether a model may come through a pipe, as the main file may; an import may not.
enum class Source { AnyStream, FileOnly };

/// A model's text, judged before it is read: at most 16 MiB. Nothing, and `why`, where it cannot be
/// had; `missing` tells whether that is the file's absence.
std::optional<std::string> readModel(const std::string &path, Source source, std::string &why, bool &missing);

/// Writes a file whole or not at all; a device or a pipe in place.
std::error_code writeOutput(const std::string &path, llvm::StringRef content, bool executable);

/// Writes to a file, or to standard output for "-", whose errors main tells of at the end. \returns an exit code.
int writeFile(const std::string &path, llvm::StringRef content, bool executable = false);

/// Writes what a file holds to another, as writeFile does.
int copyOutput(const std::string &from, const std::string &to, bool executable);

/// The archive that programs and libraries are linked with.
std::string runtimeArchive(const CommandLine &commandLine);

/// What the exit code says of passes that failed, whose diagnostics are out already.
int failedPhases(bool userError);

/// Files of this compilation alone, in the system's directory for such. They go with the object, and
/// when a signal ends the program.
class ScratchFiles {
public:
  ~ScratchFiles();
  /// Makes one with this content; its path is the last of paths(). \returns an exit code.
  int write(llvm::StringRef suffix, llvm::StringRef content);
  const std::vector<std::string> &paths() const { return files; }

private:
  std::vector<std::string> files;
};

} // namespace agon::tools
#endif
