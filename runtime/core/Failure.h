//===- Failure.h - Errors that end a command --------------------*- C++ -*-===//
///
/// Every error that a user can cause is one `Failure`: an exit code and one
/// line of text. `runtime/cli` catches it, prints the line and exits.
///
//===----------------------------------------------------------------------===//
#ifndef AGON_RUNTIME_CORE_FAILURE_H
#define AGON_RUNTIME_CORE_FAILURE_H

#include <fmt/format.h>
#include <stdexcept>
#include <string>

namespace agon::rt {

/// The exit codes of a training binary (those of BSD's sysexits where one fits).
enum class ExitCode {
  Done = 0,
  RunFailed = 1,    ///< the game itself failed: a NaN, a wrong gradient
  Usage = 64,       ///< wrong command line
  BadData = 65,     ///< an input file's content is wrong
  NoInput = 66,     ///< an input file is missing
  Unavailable = 69, ///< something needed is not to be had: memory, a device
  Internal = 70,    ///< this program is wrong, or cannot run on this machine
  InputOutput = 74  ///< reading or writing failed
};

/// An error with its exit code; `what()` is one line without a prefix.
class Failure : public std::runtime_error {
public:
  Failure(ExitCode code, const std::string &message) : std::runtime_error(message), code(code) {}
  ExitCode exitCode() const { return code; }

private:
  ExitCode code;
};

/// Throws a Failure with a formatted message.
template <typename... Args> [[noreturn]] void fail(ExitCode code, fmt::format_string<Args...> format, Args &&...args) {
  throw Failure(code, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_FAILURE_H
