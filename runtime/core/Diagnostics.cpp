//===- Diagnostics.cpp - What goes wrong between players ------------------===//
#include "runtime/core/Diagnostics.h"

#include "runtime/core/Applied.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

using namespace agon::rt;

namespace {
constexpr size_t window = 256, around = 16;
/// At a smaller share of its greatest slope an objective hardly changes with a critic's outputs: log D has the slope 1
/// at most, and 1e-3 where D is 99.9 % certain.
constexpr double flat = 1e-3;
/// Outputs that are less apart, in standard deviations, are the same to a critic; so are those whose means differ by
/// no more than chance has it.
constexpr double indistinct = 0.1;
/// Samples whose variance is a smaller share of the data's are nearly equal.
constexpr double collapsed = 1e-3;
constexpr int64_t compared = 64; // samples, and records
} // namespace

void ObjectiveSeries::add(double value) {
  if (values.size() < window)
    values.push_back(value);
  else
    values[next] = value;
  next = (next + 1) % window;
}

double ObjectiveSeries::period() const {
  if (values.size() < window)
    return 0;
  // Steps have neither a mean nor a trend to speak of.
  constexpr size_t count = window - 1;
  std::vector<double> steps;
  for (size_t i = 0; i < count; ++i)
    steps.push_back(values[(next + i + 1) % window] - values[(next + i) % window]);
  double half[2] = {0, 0};
  for (size_t i = 0; i < count; ++i)
    half[2 * i / count] += steps[i] * steps[i];
  // A swing that grows is as good as one that stays: each step is measured by those around it.
  std::vector<double> swing;
  int crossings = 0;
  for (size_t i = 0; i < count; ++i) {
    double power = 0;
    size_t begin = i < around ? 0 : i - around, end = std::min(i + around + 1, count);
    for (size_t k = begin; k < end; ++k)
      power += steps[k] * steps[k] / double(end - begin);
    swing.push_back(power > 0 ? steps[i] / std::sqrt(power) : 0);
    crossings += i > 0 && (swing[i] < 0) != (swing[i - 1] < 0);
  }
  auto correlation = [&](size_t lag) {
    double together = 0, power = 0;
    for (size_t i = lag; i < count; ++i) {
      together += swing[i] * swing[i - lag];
      power += (swing[i] * swing[i] + swing[i - lag] * swing[i - lag]) / 2;
    }
    return power > 0 ? together / power : 0;
  };
  double length = 2.0 * double(count) / std::max(crossings, 1);
  bool lasts = half[1] > 0.9 * half[0];
  return crossings >= 4 && lasts && correlation(1) > 0.6 && correlation(size_t(std::lround(length))) > 0.6 ? length : 0;
}

Diagnostics::Diagnostics(Instance &instance, Feed &feed, int64_t seed)
    : instance(instance), feed(feed), seed(seed), series(instance.model().num_players) {}

void Diagnostics::note(std::span<const double> objectives) {
  for (uint32_t p = 0; p < instance.model().num_players; ++p)
    if (double value = objectives[p]; !std::isnan(value))
      series[p].add(value);
  if (steepest.empty())
    noteSlopes();
}

double Diagnostics::read(uint32_t kind, uint32_t player) const {
  for (uint32_t cell : instance.cellsOf(kind))
    if (instance.cell(cell).owner == int32_t(player))
      return instance.read(instance.cell(cell));
  return -1;
}

void Diagnostics::noteSlopes() {
  steepest.resize(series.size());
  for (uint32_t p = 0; p < steepest.size(); ++p)
    steepest[p] = std::max(steepest[p], read(AGON_CELL_SLOPE, p));
}

Diagnostics::Spread Diagnostics::spreadOf(const Samples &samples) {
  Spread spread;
  int64_t n = samples.elements();
  spread.mean.assign(size_t(n), 0);
  for (int64_t i = 0; i < samples.count; ++i)
    for (int64_t k = 0; k < n; ++k)
      spread.mean[size_t(k)] += samples.row(i)[k] / double(samples.count);
  for (int64_t i = 0; i < samples.count; ++i)
    for (int64_t k = 0; k < n; ++k)
      spread.variance += std::pow(samples.row(i)[k] - spread.mean[size_t(k)], 2) / double(samples.count);
  return spread;
}

int Diagnostics::comparable() const {
  const agon_model &model = instance.model();
  for (uint32_t n = 0; n < model.num_networks; ++n) {
    const agon_network &network = model.networks[n];
    if (isGenerator(instance, n) && network.pair_field >= 0 && model.fields[network.pair_field].classes == 0)
      return int(n);
  }
  return -1;
}

void Diagnostics::judgeSamples(std::map<std::string, std::string> &wrong) {
  samplesAreFar = false;
  int network = comparable();
  if (network < 0)
    return;
  const agon_network &generator = instance.model().networks[network];
  Samples records = drawRecords(instance, feed, uint32_t(generator.pair_field), compared, seed);
  if (records.count == 0)
    return;
  Samples samples = drawSamples(instance, uint32_t(network), compared, seed);
  if (samples.elements() != records.elements())
    return;
  Spread made = spreadOf(samples), real = spreadOf(records);
  double distance = 0;
  for (size_t k = 0; k < made.mean.size(); ++k)
    distance += std::pow(made.mean[k] - real.mean[k], 2);
  samplesAreFar =
      distance > 0.25 * real.variance || made.variance < 0.25 * real.variance || made.variance > 4 * real.variance;
  if (made.variance < collapsed * real.variance)
    wrong["collapse"] = fmt::format("the samples of {} have collapsed: their variance is {:.2g} of the data's",
                                    generator.name, made.variance / real.variance);
}

void Diagnostics::judgeSlopes(std::map<std::string, std::string> &wrong) {
  const agon_model &model = instance.model();
  noteSlopes();
  double chance = std::sqrt(2.0 / double(std::max<int64_t>(model.batch, 1)));
  for (uint32_t p = 0; p < model.num_players; ++p) {
    double slope = read(AGON_CELL_SLOPE, p), separation = read(AGON_CELL_SEPARATION, p);
    std::string name = model.players[p].name;
    if (slope >= 0 && slope < flat * steepest[p])
      wrong["slope " + name] =
          separation >= 0
              ? fmt::format("{} is saturated: its objective hardly changes with its outputs (slope {:.2g}, {:.2g} "
                            "of its greatest), which are {:.3g} deviations apart for real and generated samples",
                            name, slope, slope / steepest[p], separation)
              : fmt::format("the gradient of {} vanishes: its objective hardly changes with what its opponent says of "
                            "its samples (slope {:.2g}, {:.2g} of its greatest)",
                            name, slope, slope / steepest[p]);
    if (separation >= 0 && separation < std::max(indistinct, chance) && samplesAreFar)
      wrong["separation " + name] =
          fmt::format("{} is too weak: its outputs for real and for generated samples are {:.2g} deviations apart, and "
                      "the samples are far from the data",
                      name, separation);
  }
}

std::vector<std::string> Diagnostics::news() {
  std::map<std::string, std::string> wrong;
  judgeSamples(wrong);
  judgeSlopes(wrong);
  for (uint32_t p = 0; p < instance.model().num_players; ++p)
    if (double period = series[p].period(); period > 0)
      wrong["swing"] = fmt::format("the objective of {} oscillates, about once in {:.0f} iterations, and does not "
                                   "settle",
                                   instance.model().players[p].name, period);
  std::vector<std::string> told;
  for (auto it = seen.begin(); it != seen.end();)
    it = wrong.count(it->first) ? std::next(it) : seen.erase(it);
  for (const auto &[symptom, text] : wrong)
    if (++seen[symptom] == 2)
      told.push_back(text);
  return told;
}
