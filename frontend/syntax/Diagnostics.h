//===- Diagnostics.h - Errors that show the place, the reason, the fix ----===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SYNTAX_DIAGNOSTICS_H
#define AGON_FRONTEND_SYNTAX_DIAGNOSTICS_H

#include "frontend/syntax/Source.h"
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace agon::syntax {

enum class Severity { Error, Warning };

/// One message, rendered like rustc's:
///
///   error: expected a tensor of shape [128, 2], got [2, 128]
///    --> ring.agon:12:7
///      |
///   12 |   z |> dense(128) |> relu
///      |        ^^^^^^^^^^ this has shape [2, 128]
///   note: the shape comes from this declaration
///    --> ring.agon:3:1  (source line and carets again)
///   help: did you mean `dense`?
struct Diagnostic {
  Severity severity = Severity::Error;
  SourceRange range;
  std::string message; ///< Lower case, no full stop.
  std::string label;   ///< Beside the carets; may be empty.
  std::vector<std::pair<SourceRange, std::string>> notes;
  std::vector<std::string> helps;

  Diagnostic &withLabel(std::string text) {
    label = std::move(text);
    return *this;
  }
  Diagnostic &note(SourceRange at, std::string text) {
    notes.emplace_back(at, std::move(text));
    return *this;
  }
  Diagnostic &help(std::string text) {
    helps.push_back(std::move(text));
    return *this;
  }
};

/// Collects diagnostics; several errors are reported in one run, and beyond a
/// screen of them only counted. Exact duplicates (same range, same message) are
/// dropped: a library layer that is instantiated twice complains once.
class Diagnostics {
public:
  Diagnostic &error(SourceRange range, std::string message);
  Diagnostic &warning(SourceRange range, std::string message);
  bool hasErrors() const { return errorCount != 0; }
  unsigned numErrors() const { return errorCount; }
  const std::vector<std::unique_ptr<Diagnostic>> &all() const { return list; }
  /// False after so many errors that a search for each one's likely fix would take too long.
  bool wantsSuggestions() const;
  /// What comes after is not looked at any more: there may be more errors than were counted.
  void giveUp() { gaveUp = true; }
  /// The first messages in order of place, as the user sees them, and how many more there are. Names and
  /// lines are escaped and cut. `color` adds ANSI escapes.
  std::string render(bool color) const;

private:
  Diagnostic &add(Severity severity, SourceRange range, std::string message);

  std::vector<std::unique_ptr<Diagnostic>> list;
  std::set<std::tuple<Severity, std::tuple<const SourceFile *, uint32_t, uint32_t>, std::string>> seen;
  Diagnostic dropped; ///< What the caller decorates when its message was a duplicate, or one too many.
  unsigned errorCount = 0, warningCount = 0;
  bool gaveUp = false;
};

/// The candidate nearest to `name` by edit distance, if one is near enough to
/// be a likely misspelling; else empty.
std::string nearestName(std::string_view name, const std::vector<std::string> &candidates);

} // namespace agon::syntax
#endif
