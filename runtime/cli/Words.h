//===- Words.h - Whether a command line is one ------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_WORDS_H
#define AGON_RUNTIME_CLI_WORDS_H

namespace CLI {
class App;
}

namespace agon::rt {

/// Judges the words before CLI11 does, which tells of one fault only after another, takes an option for a value, and
/// has words of its own: the command and its options must be known, given once unless they are lists, with a value if
/// they take one, and nothing may be left over or missing. \returns how many words are to be parsed: all, or those up
/// to a --help. \throws Failure (Usage).
int judgeWords(const CLI::App &app, int argc, const char *const *argv);

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_WORDS_H
