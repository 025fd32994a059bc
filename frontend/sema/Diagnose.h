//===- Diagnose.h - Errors at the user's place -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_DIAGNOSE_H
#define AGON_FRONTEND_SEMA_DIAGNOSE_H

#include "frontend/syntax/AST.h"
#include "frontend/syntax/Diagnostics.h"
#include <string>
#include <string_view>
#include <vector>

namespace agon::sema {

using syntax::Diagnostic;
using syntax::SourceRange;

struct Scope;

/// Sets a variable for a block.
template <typename T> class Saved {
public:
  Saved(T &slot, T value) : slot(slot), old(slot) { slot = value; }
  ~Saved() { slot = old; }
  Saved(const Saved &) = delete;

private:
  T &slot, old;
};

/// What a label is turned into.
inline constexpr std::string_view labelHelp =
    "`one_hot(y)` makes a vector of a label, `embed(y, dim)` a learned one, `float(y)` a number";

/// Where labels come from.
inline constexpr std::string_view classHelp = "`data y: class(k)` is a label; `label(i, k)` makes one of a number";

inline constexpr std::string_view distributionHelp =
    "`normal(m, s)`, `uniform(a, b)`, `bernoulli(p)`, `categorical(k)`";

/// How a rate that changes is written.
inline constexpr std::string_view scheduleHelp =
    "a schedule is an expression of the player's step `t`: `lr = 1e-4 * (1 + cos(pi * min(t, 10000) / 10000))`";

inline bool isLibrary(SourceRange range) { return !range || range.file->isStandardLibrary; }

/// What is written there, on one line, without comments.
std::string textOf(SourceRange range);

/// Where the elaboration is, for messages, and how much it has worked.
class Reporter {
public:
  explicit Reporter(syntax::Diagnostics &diagnostics) : diagnostics(diagnostics) {}

  Diagnostic &error(SourceRange at, std::string message);
  Diagnostic &warning(SourceRange at, std::string message);
  Diagnostic &refuse(SourceRange at, std::string message);
  void suggest(Diagnostic &diagnostic, std::string_view name, const std::vector<std::string> &candidates,
               bool ofOptimizer);
  bool spend(SourceRange at);

  /// An application of a declaration's body.
  struct Call {
    const syntax::Decl *decl;
    SourceRange at;
    const Scope *scope = nullptr; ///< Of its arguments.
  };
  /// The library's declaration that the user applied, where its code is what runs.
  const Call *libraryCall() const;

  syntax::Diagnostics &diagnostics;
  SourceRange userPlace;   ///< The innermost place in the user's files.
  std::vector<Call> calls; ///< The applications under way, the innermost last.
  bool exhausted = false;  ///< The program runs away: nothing more is done or said.

private:
  std::string subject(SourceRange at, std::string_view message) const;

  int64_t work = 0;
};

/// What every part of the elaboration can say, by the one Reporter.
class Reporting {
public:
  explicit Reporting(Reporter &reporter) : reporter(reporter) {}

  /// An error at the user's place: where `at` is the library's, the innermost
  /// place in the user's files, with a note into the library.
  Diagnostic &error(SourceRange at, std::string message) { return reporter.error(at, std::move(message)); }
  Diagnostic &warning(SourceRange at, std::string message) { return reporter.warning(at, std::move(message)); }
  /// An error that a body itself declares, by `fail` or `require`.
  Diagnostic &refuse(SourceRange at, std::string message) { return reporter.refuse(at, std::move(message)); }
  /// Adds "did you mean" if a candidate is near, or what else was likely meant, perhaps of an optimizer or its rate.
  void suggest(Diagnostic &diagnostic, std::string_view name, const std::vector<std::string> &candidates,
               bool ofOptimizer = false) {
    reporter.suggest(diagnostic, name, candidates, ofOptimizer);
  }
  /// Counts work against a limit; false when the program runs away.
  bool spend(SourceRange at) { return reporter.spend(at); }

  Reporter &reporter;
};

} // namespace agon::sema
#endif
