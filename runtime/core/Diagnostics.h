//===- Diagnostics.h - What goes wrong between players ----------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_DIAGNOSTICS_H
#define AGON_RUNTIME_CORE_DIAGNOSTICS_H

#include "runtime/core/Sampler.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace agon::rt {

/// A player's objective, by iterations. The steps of noise are not alike from one iteration to the next, nor after a
/// period, and a game that settles swings less and less: what is smooth, periodic and lasts oscillates.
class ObjectiveSeries {
public:
  void add(double value);
  /// The period, in iterations, of an oscillation that does not fade; 0 where there is none.
  double period() const;

private:
  std::vector<double> values; ///< The last ones, a ring.
  size_t next = 0;
};

/// What of a run players should know about: saturated critics, vanishing gradients, collapsed samples, critics that see
/// nothing, oscillations. Goodfellow et al. 2014 (saturation), Arjovsky & Bottou 2017 (vanishing gradients).
class Diagnostics {
public:
  Diagnostics(Instance &instance, Feed &feed, int64_t seed);

  /// Notes the objectives of an iteration: of all OBJECTIVE cells, those of the players first. NaN: not played yet. The
  /// first time also the SLOPE cells.
  void note(std::span<const double> objectives);
  /// What is wrong, and was so when this was asked the last time, and has not been told yet. The SLOPE and SEPARATION
  /// cells are those of now; samples and records are drawn.
  std::vector<std::string> news();

private:
  /// What a SLOPE or SEPARATION cell says of a player; -1 where it says nothing.
  double read(uint32_t kind, uint32_t player) const;
  void noteSlopes();
  void judgeSlopes(std::map<std::string, std::string> &wrong);
  void judgeSamples(std::map<std::string, std::string> &wrong);

  struct Spread {
    std::vector<double> mean;
    double variance = 0; ///< of all elements together
  };
  static Spread spreadOf(const Samples &samples);
  /// The generator that the data's records can be compared with, or -1.
  int comparable() const;

  Instance &instance;
  Feed &feed;
  int64_t seed;
  std::vector<ObjectiveSeries> series; ///< One a player.
  std::vector<double> steepest;        ///< The greatest slope of each player so far; empty before the first.
  bool samplesAreFar = false;
  std::map<std::string, int> seen; ///< How often in a row each symptom has been found.
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_DIAGNOSTICS_H
