#include "runtime/charts/Scale.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

using namespace agon::rt;

namespace {

constexpr double largest = std::numeric_limits<double>::max();

/// Half the way from one number to another, which is finite whatever they are.
double halfWay(double from, double to) { return to / 2 - from / 2; }

/// The round number near `step`: 1, 2 or 5 times a power of ten.
double nearRound(double step) {
  double power = std::pow(10, std::floor(std::log10(step)));
  for (double factor : {1.0, 2.0, 5.0})
    if (factor * power >= 0.7 * step)
      return factor * power;
  return 10 * power;
}

/// "0.05", "2k", "1.5M", "3e-07": numbers that are `step` apart, none larger than `size`.
std::string tickText(double value, double step, double size) {
  auto digitsOf = [](double number) { return int(std::floor(std::log10(number) + 1e-9)); };
  auto decimals = [&](double step) { return std::max(0, -digitsOf(step)); };
  if (value != 0 && (size >= 1e9 || size < 1e-3))
    return fmt::format("{:.{}g}", value, std::clamp(digitsOf(std::abs(value)) - digitsOf(step) + 1, 1, 15));
  double unit = size < 1e4 ? 1 : size < 1e6 ? 1e3 : 1e6;
  const char *suffix = value == 0 || unit == 1 ? "" : unit == 1e3 ? "k" : "M";
  return fmt::format("{:.{}f}{}", value / unit, value == 0 ? 0 : std::min(decimals(step / unit), 15), suffix);
}

/// A number of a logarithmic scale, on which all digits that it has are round.
std::string plainText(double value) {
  return value >= 1e-3 && value < 1e4 ? fmt::format("{:.6g}", value) : fmt::format("{:.0e}", value);
}

} // namespace

Scale::Scale(double low, double high, bool logarithmic, double margin)
    : least(low), most(high), logarithmic(logarithmic) {
  if (least > most) {
    least = logarithmic ? 0.1 : 0;
    most = 1;
  }
  if (logarithmic) {
    double wide = std::max((std::log10(most) - std::log10(least)) * margin, least == most ? 0.5 : 0.0);
    least = std::max(std::pow(10, std::log10(least) - wide), std::numeric_limits<double>::min());
    most = std::min(std::pow(10, std::log10(most) + wide), largest);
    return;
  }
  double wide = halfWay(least, most) * 2 * margin;
  if (halfWay(least, most) <= 1e-12 * std::max(std::abs(least), std::abs(most)))
    wide = least == 0 && most == 0 ? 1 : 0.1 * std::max(std::abs(least), std::abs(most));
  wide = std::min(wide, largest);
  least = std::max(least - wide, -largest);
  most = std::min(most + wide, largest);
}

double Scale::share(double value) const {
  if (logarithmic)
    return (std::log10(value) - std::log10(least)) / (std::log10(most) - std::log10(least));
  return halfWay(least, value) / halfWay(least, most);
}

std::vector<Scale::Tick> Scale::ticks(int count) const {
  std::vector<Tick> ticks = logarithmic ? logarithmicTicks(count) : evenTicks(count);
  return ticks.size() < 3 ? evenTicks(count) : ticks;
}

std::vector<Scale::Tick> Scale::evenTicks(int count) const {
  double step = nearRound(std::max(halfWay(least, most) / count * 2, std::numeric_limits<double>::min()));
  double size = std::max(std::abs(least), std::abs(most));
  std::vector<Tick> ticks;
  double first = std::ceil(least / step);
  for (int i = 0; i <= 2 * count; ++i) {
    double value = (first + i) * step;
    if (value > most)
      break;
    // Where numbers lie closer than they can be told apart, there is one tick.
    if (ticks.empty() || value > ticks.back().value)
      ticks.push_back({value, tickText(value, step, size)});
  }
  return ticks;
}

std::vector<Scale::Tick> Scale::logarithmicTicks(int count) const {
  int first = int(std::floor(std::log10(least))), last = int(std::ceil(std::log10(most)));
  double decades = std::log10(most) - std::log10(least);
  bool few = decades < 2.5;
  int every = std::max(1, int(std::ceil(decades / count)));
  std::vector<Tick> ticks;
  for (int power = first; power <= last; ++power)
    for (double factor : {1.0, 2.0, 5.0}) {
      double value = factor * std::pow(10, power);
      if ((factor == 1 || few) && power % every == 0 && value >= least && value <= most)
        ticks.push_back({value, plainText(value)});
    }
  return ticks;
}
