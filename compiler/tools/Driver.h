//===- Driver.h - From a model file to the asked-for phase ------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_TOOLS_DRIVER_H
#define AGON_COMPILER_TOOLS_DRIVER_H

#include "compiler/pipeline/Phases.h"
#include "compiler/target/Target.h"
#include "llvm/Support/Error.h"
#include <map>

namespace agon::tools {

/// Exit codes, as sysexits.h has them; the training binaries use the same.
enum ExitCode { Done = 0, Usage = 64, BadInput = 65, NotFound = 66, Internal = 70, InputOutput = 74 };

/// The runtime, in the folder `lib` beside that of agonc.
inline constexpr llvm::StringLiteral runtimeArchiveName = "libagonrt.a";

/// What `--emit` asks for beside the phases.
enum class Export { None, Onnx, Library };

struct CommandLine {
  std::string program; ///< Path of agonc itself.
  std::string input;
  std::string output; ///< Empty: chosen from the input's name.
  pipeline::Phase phase = pipeline::Phase::Exe;
  Export exported = Export::None;
  std::string network; ///< To export; empty: the game.
  std::string weights; ///< A run's directory, or a safetensors file.
  std::string average; ///< Which of the run's weights; empty: those that the network is sampled with.
  bool checkOnly = false;
  bool report = false;
  std::string reportFile; ///< Empty: standard output.
  std::map<std::string, std::string> defines;
  pipeline::PhaseOptions options;
  bool doublePrecision = false;
  std::string target = "cpu";
  std::string precision = "f32"; ///< Of contractions; of the device's where there is one.
  std::string architectures;     ///< Of a device: "sm_80,sm_90a"; empty: its least.
  std::string march = targets::nativeMarch.str();
  std::string runtimeArchive; ///< Empty: beside agonc.
};

/// Parses the command line; `--help` and `--version` print and exit.
llvm::Expected<CommandLine> parseCommandLine(int argc, char **argv);

/// Prints a one-line usage error and returns its exit code.
int usageError(llvm::Error error);

/// Runs the compiler; returns the exit code.
int compile(const CommandLine &commandLine);

} // namespace agon::tools
#endif
