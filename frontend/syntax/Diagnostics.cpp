//===- Diagnostics.cpp - Collecting and rendering messages ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "frontend/syntax/Diagnostics.h"
#include "support/Shown.h"
#include "support/Utf8.h"
#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <tuple>

namespace agon::syntax {

namespace {

constexpr const char *kBold = "\033[1m";
constexpr const char *kRed = "\033[1;31m";
constexpr const char *kYellow = "\033[1;33m";
constexpr const char *kBlue = "\033[1;34m";
constexpr const char *kCyan = "\033[1;36m";

constexpr size_t kTabWidth = 4;
/// Longer lines are cut to a window around the carets.
constexpr size_t kMaxWidth = 160;
constexpr size_t kContext = 60;

/// Of errors, and of warnings: more than anyone reads.
constexpr size_t kShown = 20;
/// What is kept, to be put in order of place; the rest is only counted.
constexpr size_t kKept = 1000;
/// From so many errors on no one waits for suggestions.
constexpr unsigned kHelped = 50;

/// Text of a message: words of 80 characters, 800 in all, are long enough to read.
std::string shownText(std::string_view text) { return support::shown(text, 80, 800); }

/// A source line as it appears on the terminal, cell by cell: tabs are
/// expanded, control characters and malformed bytes escaped, so that carets line up.
struct Display {
  std::vector<std::string> cells;
  std::vector<size_t> cellOfByte; // one more than there are bytes

  explicit Display(std::string_view line) {
    for (size_t i = 0; i < line.size();) {
      size_t length = support::utf8Length(line, i);
      size_t bytes = std::max<size_t>(length, 1);
      cellOfByte.insert(cellOfByte.end(), bytes, cells.size());
      if (line[i] == '\t')
        cells.insert(cells.end(), kTabWidth, " ");
      else if (std::string shown = support::shownCharacter(line, i, length); shown.size() == length)
        cells.push_back(std::move(shown));
      else
        for (char c : shown)
          cells.emplace_back(1, c);
      i += bytes;
    }
    cellOfByte.push_back(cells.size());
  }
};

/// A path is escaped, and never cut: editors jump to it.
std::string shownPath(std::string_view path) {
  std::string result;
  for (size_t i = 0; i < path.size();) {
    size_t length = support::utf8Length(path, i);
    result += support::shownCharacter(path, i, length);
    i += std::max<size_t>(length, 1);
  }
  return result;
}

class Renderer {
public:
  explicit Renderer(bool color) : color(color) {}

  std::string take() { return std::move(out); }

  void message(const Diagnostic &diagnostic) {
    if (!out.empty())
      out += '\n';
    bool isError = diagnostic.severity == Severity::Error;
    accent = isError ? kRed : kYellow;
    gutter = gutterWidth(diagnostic);
    header(isError ? "error" : "warning", diagnostic.message);
    snippet(diagnostic.range, diagnostic.label, '^');
    accent = kCyan;
    for (const auto &[range, text] : diagnostic.notes) {
      header("note", text);
      snippet(range, "", '-');
    }
    for (const std::string &text : diagnostic.helps)
      header("help", text);
  }

private:
  std::string painted(const char *escape, std::string_view text) const {
    return color ? fmt::format("{}{}\033[0m", escape, text) : std::string(text);
  }

  static size_t gutterWidth(const Diagnostic &diagnostic) {
    uint32_t last = 1;
    auto look = [&](SourceRange range) {
      if (range)
        last = std::max(last, range.file->lineColumn(range.begin).line);
    };
    look(diagnostic.range);
    for (const auto &note : diagnostic.notes)
      look(note.first);
    return std::to_string(last).size();
  }

  void header(std::string_view kind, std::string_view quoting) {
    std::string text = shownText(quoting);
    out += painted(accent, kind);
    out += painted(kBold, ": ");
    out += kind == "error" || kind == "warning" ? painted(kBold, text) : text;
    out += '\n';
  }

  void bar(std::string_view number) { out += painted(kBlue, fmt::format("{:>{}} |", number, gutter)); }

  void snippet(SourceRange range, std::string_view label, char mark) {
    if (!range)
      return;
    auto [line, column] = range.file->lineColumn(range.begin);
    out += std::string(gutter, ' ') + painted(kBlue, "-->");
    out += fmt::format(" {}:{}:{}\n", shownPath(range.file->path), line, column);
    bar("");
    out += '\n';

    std::string_view text = range.file->lineText(line);
    Display display(text);
    // A range over several lines shows its first line, marked to its end; an
    // empty one (the end of the file, say) gets a single mark.
    size_t beginByte = std::min<size_t>(column - 1, text.size());
    size_t endByte = std::min<size_t>(beginByte + (std::max(range.end, range.begin) - range.begin), text.size());
    size_t begin = display.cellOfByte[beginByte];
    size_t end = std::max(display.cellOfByte[endByte], begin + 1);

    size_t first = 0, last = display.cells.size();
    if (last > kMaxWidth) {
      first = begin > kContext ? begin - kContext : 0;
      last = std::min(last, first + kMaxWidth);
    }
    std::string window = first > 0 ? "..." : "";
    size_t indent = window.size() + (begin - first);
    for (size_t i = first; i < last; ++i)
      window += display.cells[i];
    if (last < display.cells.size())
      window += "...";
    while (!window.empty() && window.back() == ' ')
      window.pop_back();
    size_t marks = std::max<size_t>(std::min(end, std::max(last, begin + 1)) - begin, 1);

    bar(std::to_string(line));
    out += window.empty() ? "\n" : " " + window + "\n";
    bar("");
    std::string carets(marks, mark);
    if (!label.empty())
      carets += fmt::format(" {}", shownText(label));
    out += std::string(indent + 1, ' ') + painted(accent, carets) + '\n';
  }

  bool color;
  std::string out;
  const char *accent = kRed;
  size_t gutter = 1;
};

/// Edit distance where a swap of neighbours counts once (optimal string
/// alignment); more than `most` where it is more.
size_t editDistance(std::string_view a, std::string_view b, size_t most) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > most)
    return most + 1;
  std::vector<size_t> before, previous(b.size() + 1), current(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    previous[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t change = previous[j - 1] + (a[i - 1] != b[j - 1]);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        current[j] = std::min(current[j], before[j - 2] + 1);
    }
    if (*std::min_element(current.begin(), current.end()) > most + 1)
      return most + 1;
    before = previous;
    std::swap(previous, current);
  }
  return previous[b.size()];
}

/// Whether only the case of letters differs.
bool alike(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

} // namespace

Diagnostic &Diagnostics::add(Severity severity, SourceRange range, std::string message) {
  unsigned &count = severity == Severity::Error ? errorCount : warningCount;
  if (count < kKept && !seen.emplace(severity, std::tuple(range.file, range.begin, range.end), message).second)
    return dropped = Diagnostic();
  if (count++ >= kKept)
    return dropped = Diagnostic();
  auto diagnostic = std::make_unique<Diagnostic>();
  diagnostic->severity = severity;
  diagnostic->range = range;
  diagnostic->message = std::move(message);
  list.push_back(std::move(diagnostic));
  return *list.back();
}

Diagnostic &Diagnostics::error(SourceRange range, std::string message) {
  return add(Severity::Error, range, std::move(message));
}

Diagnostic &Diagnostics::warning(SourceRange range, std::string message) {
  return add(Severity::Warning, range, std::move(message));
}

bool Diagnostics::wantsSuggestions() const { return errorCount <= kHelped; }

std::string Diagnostics::render(bool color) const {
  // Files in the order in which they were first complained about; what has no
  // place comes before them.
  std::vector<const SourceFile *> files = {nullptr};
  std::vector<std::tuple<size_t, uint32_t, size_t>> order;
  for (const auto &diagnostic : list) {
    auto file = std::find(files.begin(), files.end(), diagnostic->range.file);
    size_t index = file - files.begin();
    if (file == files.end())
      files.push_back(diagnostic->range.file);
    order.emplace_back(index, diagnostic->range.begin, order.size());
  }
  std::sort(order.begin(), order.end());
  Renderer renderer(color);
  size_t errors = 0, warnings = 0;
  for (auto [file, begin, index] : order)
    if ((list[index]->severity == Severity::Error ? errors : warnings)++ < kShown)
      renderer.message(*list[index]);
  std::string text = renderer.take();
  auto more = [&](unsigned count, std::string_view what, bool atLeast) {
    if (count > kShown)
      text += fmt::format("\nand {}{} more {}{}\n", atLeast ? "at least " : "", count - kShown, what,
                          count - kShown > 1 ? "s" : "");
  };
  more(errorCount, "error", gaveUp);
  more(warningCount, "warning", false);
  return text;
}

std::string nearestName(std::string_view name, const std::vector<std::string> &candidates) {
  std::string best;
  size_t bestDistance = name.size() < 2 ? 0 : std::max<size_t>(1, name.size() / 3);
  bool found = false;
  for (const std::string &candidate : candidates) {
    if (candidate == name)
      continue;
    size_t distance;
    if (alike(candidate, name))
      distance = 0;
    else
      distance = editDistance(name, candidate, bestDistance);
    if (distance > bestDistance || (found && distance == bestDistance && candidate >= best))
      continue;
    // A one-letter name is at distance one from every other: only its case may differ.
    if (candidate.size() < 2 && distance > 0)
      continue;
    best = candidate;
    bestDistance = distance;
    found = true;
  }
  return best;
}

} // namespace agon::syntax
