//===- Report.h - Runs as one page ------------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CHARTS_REPORT_H
#define AGON_RUNTIME_CHARTS_REPORT_H

#include "runtime/charts/Chart.h"
#include "runtime/charts/RunLog.h"

#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace agon::rt {

/// What a run's directory holds that a report shows.
struct ReportedRun {
  RunLog log;
  nlohmann::ordered_json file; ///< run.json; null where there is none
  /// By network, or whatever stands before the step in a picture's name: steps and files, in the order of steps.
  std::map<std::string, std::vector<std::pair<int64_t, std::string>>> pictures;
};

/// \throws Failure: NoInput where there is no log, BadData where a file is none of a run.
ReportedRun readReportedRun(const std::string &directory);

/// A page of HTML that needs no other file: what the runs are, charts whose numbers a pointer reads off, the numbers at
/// the end, pictures with a slider over steps, and all of run.json. Of many pictures some are chosen, evenly.
std::string reportOf(std::span<const ReportedRun> runs, const ChartOptions &options);

/// The page's style and its script.
extern const char *const reportStyle, *const reportScript;

} // namespace agon::rt

#endif // AGON_RUNTIME_CHARTS_REPORT_H
