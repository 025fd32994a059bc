//===- LiveLine.h - The line that tells how training goes on ----*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_LIVELINE_H
#define AGON_RUNTIME_CLI_LIVELINE_H

#include <cstdint>
#include <string>
#include <string_view>

namespace agon::rt {

/// "1:02:03" or "42 s".
std::string durationText(double seconds);

/// The first characters of a text (UTF-8), as many as fit into `columns`; the last one of a text that was cut is "…".
std::string cutToWidth(std::string_view text, int64_t columns);

/// A line on a terminal that is written anew in its place, ten times a second at most.
class LiveLine {
public:
  static constexpr double interval = 0.1; ///< seconds

  /// \param steps the run's total.
  /// \param time in seconds, when training began.
  LiveLine(int64_t steps, double time) : steps(steps), noted(time), drawn(time - interval) {}

  bool isDue(double time) const { return time - drawn >= interval; }

  /// The line, as it is to be printed over the one before: where the run is, iterations a second and the time to come,
  /// by the pace of the last ten seconds, and `numbers`; cut to the terminal's width.
  std::string text(int64_t step, double time, std::string_view numbers);

  /// What removes the line, so that another text may stand in its place.
  static constexpr std::string_view removal = "\r\x1b[K";

private:
  /// Takes in the steps since the last call, for `text`.
  void note(int64_t step, double time);

  int64_t steps, last = -1;   ///< `last`: the step that was noted
  double noted, drawn;        ///< when
  double sum = 0, weight = 0; ///< of paces, older ones count less
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_LIVELINE_H
