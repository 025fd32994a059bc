//===- Sampler.h - A generator's outputs ------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_SAMPLER_H
#define AGON_RUNTIME_CORE_SAMPLER_H

#include "runtime/core/Feed.h"
#include "runtime/core/Instance.h"

#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace agon::rt {

/// `count` records of one shape, row-major.
struct Samples {
  std::vector<int64_t> shape; ///< of one record
  int64_t count = 0;
  std::vector<double> values;

  int64_t elements() const { return elementCount(shape); }
  const double *row(int64_t i) const { return values.data() + i * elements(); }
  /// Adds samples of the same shape.
  void append(const Samples &others);
};

/// No samples yet, in room for `count` of the cell's rows. \throws Failure (Unavailable) where there is none.
Samples roomForSamples(const Instance &instance, const agon_cell &cell, int64_t count);
/// Adds the first `rows` rows of a cell.
void appendRows(const Instance &instance, const agon_cell &cell, int64_t rows, Samples &samples);

/// Index of the network to sample: the named one, or else the first generator.
/// \throws Failure (Usage) when there is none, or the named one is none.
uint32_t findGenerator(const Instance &instance, const std::string &name);

/// The cell that a network's SAMPLE function, which it must have, writes.
const agon_cell &sampleCell(const Instance &instance, uint32_t network);

/// Samples that share labels, and whose noise lies between two draws.
struct Strip {
  int64_t length = 2; ///< at most a minibatch
  /// How far on the way from the first draw to the second the noise of sample i of a strip is.
  std::function<double(int64_t strip, int64_t i)> position;
  /// Along great circles, the norm changing evenly (White 2016), else along lines.
  bool spherical = false;
};

/// Samples that are asked for.
struct SampleRequest {
  int64_t seed = 0;
  /// By cell, see labelsOf. Other labels of fields run through their classes cyclically, other noise is drawn.
  std::map<uint32_t, int64_t> classes;
  double truncation = HUGE_VAL; ///< noise further from 0 is drawn again (Brock et al. 2019, section 3.1)
  std::optional<Strip> strip;
};

/// A label that a generator takes.
struct LabelInput {
  std::string name; ///< of the field or noise
  uint32_t cell;
  int64_t classes; ///< 0 of noise: what it can be, its draws tell
};

/// The labels that a network takes which findGenerator found: fields, then noise.
std::vector<LabelInput> labelsOf(const Instance &instance, uint32_t network);

/// The first `count` samples of a generator, handed on a minibatch at a time.
/// \throws Failure (Usage) when a strip is longer than a minibatch, hardly any noise is within the truncation, or noise
/// is never of the class that is asked for.
void drawSamples(Instance &instance, uint32_t network, int64_t count, const SampleRequest &request,
                 const std::function<void(const Samples &minibatch)> &take);
/// All of them at once. \throws Failure (Unavailable), too, when memory lacks.
Samples drawSamples(Instance &instance, uint32_t network, int64_t count, const SampleRequest &request);
/// Under a seed alone.
inline Samples drawSamples(Instance &instance, uint32_t network, int64_t count, int64_t seed) {
  return drawSamples(instance, network, count, SampleRequest{.seed = seed});
}

/// True records of a real-valued field to show beside samples: random records
/// of its data, or draws of its source. Empty when it has neither.
Samples drawRecords(Instance &instance, Feed &feed, uint32_t field, int64_t count, int64_t seed);

/// Mode coverage of samples against a mixture, as PacGAN and VEEGAN count it.
struct Coverage {
  int64_t modes = 0;      ///< modes with at least one high-quality sample
  int64_t ofModes = 0;    ///< modes of the mixture
  double highQuality = 0; ///< fraction of samples within the radius of a mode
};

/// Whether the network imitates a mixture source whose modes are known.
bool hasModes(const Instance &instance, uint32_t network);

/// Coverage of the modes of the field that `network` imitates; see hasModes.
Coverage countModes(const Instance &instance, uint32_t network, const Samples &samples);

/// "modes 8 of 8, high-quality samples 97.3 %".
std::string coverageText(const Coverage &coverage);

/// Samples that coverage is counted on, as in the literature.
inline constexpr int64_t coverageSamples = 2500;

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_SAMPLER_H
