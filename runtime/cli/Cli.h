//===- Cli.h - The command line of a training binary ------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_CLI_H
#define AGON_RUNTIME_CLI_CLI_H

#include "runtime/abi/agon_abi.h"

namespace agon::rt {

/// Parses the arguments, runs the command, prints errors as one line on stderr.
/// \returns the exit code.
int runCommandLine(const agon_model &model, int argc, const char *const *argv);

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_CLI_H
