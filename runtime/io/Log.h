//===- Log.h - log.csv ------------------------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_LOG_H
#define AGON_RUNTIME_IO_LOG_H

#include "runtime/core/Instance.h"
#include "runtime/io/JsonLines.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agon::rt {

/// The log of a run: `step`, each player's objective, each move's, each metric,
/// `steps_per_s`. An objective has no number before its first turn. Rows are written
/// whole by one system call each. When another program deletes, replaces or cuts the
/// file, the next row finds out, and the log goes on in the file that bears its name.
class Log {
public:
  /// Begins a new file.
  Log(const Instance &instance, const std::string &path);

  /// Continues a file: rows for which `keep` is false, and a torn last row, are
  /// dropped. A missing file is begun anew. The columns of another model's log are
  /// kept: those that this model does not have stay empty from now on, and those
  /// that it adds are empty in the rows before.
  /// \throws Failure (BadData) when it is no log, or a row is none.
  Log(const Instance &instance, const std::string &path, const std::function<bool(int64_t step)> &keep);
  ~Log();
  Log(const Log &) = delete;
  Log &operator=(const Log &) = delete;

  /// Writes the rows, those before too, to a second file.
  void alsoWrite(const std::string &jsonLines) {
    jsonPath = jsonLines;
    json.emplace(jsonPath, path);
  }

  /// Appends a row from the OBJECTIVE and METRIC cells. \returns what another program has done to the
  /// file, or to the second one, since the row before, in words; empty as a rule.
  /// \throws Failure (InputOutput) when it is now a file with other columns, or cannot be written.
  std::string row(int64_t step, double stepsPerSecond);

  /// Drops the rows after this step: the run goes on from there.
  void cut(int64_t step);

  /// The step of the last row that a file which is continued, or cut, has kept; 0: it has none.
  int64_t lastStep() const { return lastKept; }

  /// "D 0.693  G 0.701": the same numbers, of cells of one kind, for a line of progress.
  std::string summary(uint32_t kind) const;

  /// The row's numbers by the names of their columns, without step and pace.
  std::vector<std::pair<std::string, double>> numbers() const;

private:
  static constexpr int64_t noCell = -1;

  /// The model's own columns.
  void begin();
  /// Writes the file again with the rows that `keep` is true for, and goes on behind them.
  void rewrite(const std::function<bool(int64_t step)> &keep);
  void append();
  /// For a file that is continued: the step of one of its rows, line `number`, which follows step `before`.
  int64_t stepOf(std::string_view row, int64_t before, int64_t commas, int64_t number) const;
  /// For `begin` and `adopt`: `header` names the columns.
  void writeHeader();
  /// Takes over the columns of a file that has others. \returns the commas that its rows lack.
  std::string adopt(std::string_view before);
  /// Whether a column has a number now.
  bool isKnown(int64_t index) const;
  /// For `row`: whether the open file is still the one of that name, with all that was written.
  bool isWhole() const;
  /// For `row`: goes on in the file that bears the name now. \returns what was wrong.
  std::string repair();
  /// The open file's content, even if it has lost its name.
  std::string content() const;

  const Instance &instance;
  std::string path;
  std::vector<int64_t> cells; ///< of each column; noCell: this model has none
  std::vector<std::string> names;
  int descriptor = -1;
  int64_t written = 0; ///< bytes that the file had after the last row
  int64_t lastKept = 0;
  std::string header, line;
  std::string jsonPath; ///< of the second file; empty: there is none
  std::optional<JsonLines> json;
};

/// A cell's first number in the shortest form that reads back as the same bits.
std::string exactNumber(const Instance &instance, const agon_cell &cell);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_LOG_H
