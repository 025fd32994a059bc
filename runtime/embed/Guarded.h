//===- Guarded.h - Errors and arguments --------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_EMBED_GUARDED_H
#define AGON_RUNTIME_EMBED_GUARDED_H

#include <functional>
#include <string>

namespace agon::rt {

/// Calls `body`, from which nothing is thrown on: a C program could not catch it. \returns 0, or an exit code of
/// docs/running.md; then `error` is one line of text.
int guarded(std::string &error, const std::function<void()> &body);

/// The threads that `asked` stands for: 0 is all cores. \throws Failure (Usage) beyond 0 to 4096, as the binaries have
/// it.
int threadsOf(int asked);

/// The file of weights that `path` stands for: of a run's directory its checkpoint.
std::string weightsFileOf(const std::string &path);

/// Copies a text into so many characters, with a null at its end; what does not fit is left out.
void copyText(const std::string &text, char *to, size_t size);

} // namespace agon::rt

#endif // AGON_RUNTIME_EMBED_GUARDED_H
