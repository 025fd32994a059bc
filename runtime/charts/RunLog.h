//===- RunLog.h - A run's log, read back ------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CHARTS_RUNLOG_H
#define AGON_RUNTIME_CHARTS_RUNLOG_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agon::rt {

/// The numbers of a log.csv, by columns.
struct RunLog {
  struct Column {
    std::string name;
    std::vector<double> values; ///< one a row; NaN where the cell is empty
    int64_t notFinite = 0;      ///< cells with NaN or an infinity in them
  };

  /// The column of that name, or null.
  const Column *find(std::string_view column) const;

  std::string name; ///< what the run is called in charts
  std::vector<double> steps;
  std::vector<Column> columns; ///< all but `step`, in the file's order
};

/// Reads the log of a run's directory. A last row that is torn is left out: the run may still be writing.
/// \throws Failure: NoInput when there is none, BadData where it is no log.
RunLog readRunLog(const std::string &directory);

/// Short names of directories: their last parts where these differ, else the paths as they are given.
std::vector<std::string> namesOfRuns(std::span<const std::string> directories);

} // namespace agon::rt

#endif // AGON_RUNTIME_CHARTS_RUNLOG_H
