//===- Measuring.h - The metrics of samples ---------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_MEASURING_H
#define AGON_RUNTIME_CLI_MEASURING_H

#include "runtime/cli/Commands.h"
#include "runtime/cli/RealPoints.h"
#include "runtime/core/Sampler.h"
#include "runtime/cpu/ThreadPool.h"
#include "runtime/metrics/Neighbours.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace agon::rt {

/// A metric's value with what it was computed from.
struct Measured {
  std::string name;
  metrics::Estimate estimate;
  nlohmann::ordered_json protocol; ///< an object of texts and numbers
};

struct Metric;

/// Measures a generator's samples against real points. Both are drawn when the first metric asks for them.
class Measuring {
public:
  /// \param test where the Parzen windows are evaluated; null: at records.
  Measuring(Instance &instance, const MeasureOptions &options, uint32_t network, int64_t seed, RealPoints &real,
            RealPoints *test);

  /// The metrics that --metric names, or those that make sense. \throws Failure (Usage), as the next.
  std::vector<std::string> chosen() const;
  /// Checks what the chosen metrics ask of the numbers of points.
  void judge(const std::vector<std::string> &chosen) const;
  Measured measure(const std::string &name);

  /// Samples, each before the nearest record of the file: a square of pairs, 32 at most.
  Samples beside();

private:
  friend struct Metric;
  using Protocol = nlohmann::ordered_json;

  int64_t dimension() const { return elementCount(shape()); }
  std::span<const int64_t> shape() const;
  std::vector<std::string> possible() const;
  int64_t validationRecords() const;

  const Samples &samples();
  Samples finiteSamples(int64_t count, const SampleRequest &request);
  metrics::Points points();
  const metrics::Matrix &records();
  /// What Fréchet's distance and its like compare: features where --features names a network, else points.
  metrics::Points compared(bool real);
  Samples featuresOf(const metrics::Points &points);
  const metrics::Matrix &allRecords();
  /// The protocol of a metric of as many samples and records as there are.
  Protocol sizes();
  Protocol sizesCompared();
  const metrics::Overlap &overlap();
  metrics::NeighbourCounts counted() const;

  Measured parzen();
  Measured wasserstein();
  Measured sliced();
  Measured jensenShannon();
  Measured mmd();
  Measured kid();
  Measured frechet();
  Measured nearest();
  Measured inception();
  Measured pathLength();
  Measured modes(const std::string &name);
  Measured fromOverlap(const std::string &name);

  Instance &instance;
  const MeasureOptions &options;
  uint32_t network;
  int64_t seed;
  RealPoints &real, *test;
  ThreadPool pool;
  metrics::Vector sigmas; ///< of Parzen windows, one or those to choose among
  std::optional<Samples> drawn;
  std::optional<Samples> sampleFeatures, recordFeatures;
  std::optional<metrics::Matrix> chosenRecords, everyRecord;
  std::optional<metrics::Overlap> overlapped;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_MEASURING_H
