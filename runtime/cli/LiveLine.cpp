#include "runtime/cli/LiveLine.h"

#include "runtime/core/Failure.h"
#include "support/Utf8.h"

#include <algorithm>
#include <cmath>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace agon::rt;

/// Columns of the terminal, which may change at any time.
static int64_t terminalWidth() {
  winsize size = {};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string agon::rt::durationText(double seconds) {
  int64_t s = std::llround(std::min(seconds, 1e12));
  return s < 60 ? fmt::format("{} s", s) : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string agon::rt::cutToWidth(std::string_view text, int64_t columns) {
  size_t end = 0, beforeLast = 0;
  for (int64_t column = 0; end < text.size(); ++column) {
    if (column == columns)
      return std::string(text.substr(0, beforeLast)) + (columns > 0 ? "…" : "");
    beforeLast = end;
    end += std::max<size_t>(1, support::utf8Length(text, end));
  }
  return std::string(text);
}

void LiveLine::note(int64_t step, double time) {
  constexpr double memory = 10; // seconds
  double passed = std::max(time - noted, 1e-9);
  // The first iteration is none of a run that goes on.
  double pace = double(last < 0 ? 1 : step - last) / passed, share = std::exp(-passed / memory);
  sum = share * sum + (1 - share) * pace;
  weight = share * weight + (1 - share);
  last = step;
  noted = time;
}

std::string LiveLine::text(int64_t step, double time, std::string_view numbers) {
  note(step, time);
  drawn = time;
  double pace = sum / weight;
  std::string line = fmt::format("step {}/{}  {:.4g} it/s  ETA {}{}{}", step, steps, pace,
                                 durationText(double(steps - step) / pace), numbers.empty() ? "" : "  ", numbers);
  // The last column stays empty: some terminals go on to the next line when it is written.
  return fmt::format("\r{}\x1b[K", cutToWidth(line, terminalWidth() - 1));
}
