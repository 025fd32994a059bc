#include "runtime/cli/Measuring.h"

#include "runtime/cli/Numbers.h"
#include "runtime/core/Applied.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Random.h"
#include "runtime/core/Suggest.h"
#include "runtime/metrics/Divergences.h"
#include "runtime/metrics/Kernels.h"
#include "runtime/metrics/Moments.h"
#include "runtime/metrics/Parzen.h"
#include "runtime/metrics/Transport.h"

#include <algorithm>
#include <cmath>

using namespace agon::rt;
using namespace agon::rt::metrics;

/// A row of the table: what a metric is called, and where it can be had.
struct agon::rt::Metric {
  const char *name;
  const char *(*lacks)(const Measuring &); ///< what is not there, null where nothing lacks
  Measured (*measure)(Measuring &, const std::string &name);

  static const char *nothing(const Measuring &) { return nullptr; }
  static const char *number(const Measuring &m) { return m.dimension() == 1 ? nullptr : "points of one number"; }
  static const char *vectors(const Measuring &m) { return m.dimension() > 1 ? nullptr : "points of several numbers"; }
  static const char *plots(const Measuring &m) { return m.dimension() <= 2 ? nullptr : "points of one or two numbers"; }
  static const char *file(const Measuring &m) { return m.real.isFile() ? nullptr : "the records of a file"; }
  static const char *features(const Measuring &m) {
    return m.options.features.empty() ? "--features F, a network that gives a score for each class" : nullptr;
  }
  static const char *mixture(const Measuring &m) {
    return hasModes(m.instance, m.network) && !m.real.isFile() ? nullptr : "a source whose modes are known";
  }
  template <Measured (Measuring::*method)()> static Measured by(Measuring &m, const std::string &) {
    return (m.*method)();
  }
  template <Measured (Measuring::*method)(const std::string &)>
  static Measured named(Measuring &m, const std::string &name) {
    return (m.*method)(name);
  }

  static constexpr size_t count = 17;
  static const Metric table[count];
  static const Metric *find(const std::string &name) {
    const Metric *end = table + count;
    const Metric *found = std::find_if(table, end, [&](const Metric &metric) { return name == metric.name; });
    return found == end ? nullptr : found;
  }
};

const Metric Metric::table[] = {
    {"modes", mixture, named<&Measuring::modes>},
    {"quality", mixture, named<&Measuring::modes>},
    {"parzen", nothing, by<&Measuring::parzen>},
    {"wasserstein", number, by<&Measuring::wasserstein>},
    {"sliced", vectors, by<&Measuring::sliced>},
    {"js", plots, by<&Measuring::jensenShannon>},
    {"mmd", nothing, by<&Measuring::mmd>},
    {"kid", nothing, by<&Measuring::kid>},
    {"frechet", nothing, by<&Measuring::frechet>},
    {"precision", nothing, named<&Measuring::fromOverlap>},
    {"recall", nothing, named<&Measuring::fromOverlap>},
    {"density", nothing, named<&Measuring::fromOverlap>},
    {"coverage", nothing, named<&Measuring::fromOverlap>},
    {"one_nn", nothing, named<&Measuring::fromOverlap>},
    {"nearest", file, by<&Measuring::nearest>},
    {"inception", features, by<&Measuring::inception>},
    {"ppl", nothing, by<&Measuring::pathLength>},
};

/// The widths of "0.2" or "0.1,1,10".
static Vector parseSigmas(const std::string &text) {
  if (text.empty())
    return logarithmicSpace(0.1, 1, 10);
  std::vector<std::string> words;
  for (size_t at = 0; at <= text.size(); at = std::min(text.find(',', at), text.size()) + 1)
    words.push_back(text.substr(at, text.find(',', at) - at));
  if (words.size() != 1 && words.size() != 3)
    fail(ExitCode::Usage, "--sigma expects a width, or LEAST,GREATEST,COUNT, got {}", text);
  const double low = parseReal("--sigma", words[0]), high = parseReal("--sigma", words[words.size() > 1 ? 1 : 0]);
  const int64_t count = words.size() == 3 ? parseWhole("--sigma", words[2], {2, 1000}) : 1;
  if (low <= 0 || high < low)
    fail(ExitCode::Usage, "--sigma expects widths above 0, the least first, got {}", text);
  return count == 1 ? Vector(Vector::Constant(1, low)) : logarithmicSpace(low, high, count);
}

Measuring::Measuring(Instance &instance, const MeasureOptions &options, uint32_t network, int64_t seed,
                     RealPoints &real, RealPoints *test)
    : instance(instance), options(options), network(network), seed(seed), real(real), test(test),
      pool(instance.threads()), sigmas(parseSigmas(options.sigma)) {}

std::span<const int64_t> Measuring::shape() const {
  const agon_model &model = instance.model();
  return instance.recordShape(instance.cell(model.fields[model.networks[network].pair_field].cell));
}

std::vector<std::string> Measuring::possible() const {
  // Frechet's roots take a time that grows with the dimension's cube; not every feature is a class; paths are samples
  // of their own.
  std::vector<std::string> list;
  for (const Metric &metric : Metric::table)
    if (std::string_view name = metric.name; !metric.lacks(*this) && name != "inception" && name != "ppl" &&
                                             (name != "frechet" || dimension() <= 2048 || !options.features.empty()))
      list.emplace_back(name);
  return list;
}

std::vector<std::string> Measuring::chosen() const {
  if (options.metrics.empty())
    return possible();
  std::vector<std::string> list, all;
  for (const Metric &metric : Metric::table)
    all.emplace_back(metric.name);
  const std::string &text = options.metrics;
  for (size_t at = 0; at <= text.size(); at = std::min(text.find(',', at), text.size()) + 1) {
    list.push_back(text.substr(at, text.find(',', at) - at));
    const std::string &name = list.back();
    const Metric *metric = Metric::find(name);
    if (!metric)
      fail(ExitCode::Usage, "unknown metric '{}'{} (metrics: {})", name, suggestion(name, all), fmt::join(all, ", "));
    if (const char *lacks = metric->lacks(*this))
      fail(ExitCode::Usage, "{} needs {}; for {} there are {}", name, lacks, instance.model().networks[network].name,
           fmt::join(possible(), ", "));
    if (std::ranges::count(list, name) > 1)
      fail(ExitCode::Usage, "--metric names {} twice", name);
  }
  return list;
}

/// Records at the end of the file that choose the width of Parzen windows.
int64_t Measuring::validationRecords() const {
  if (sigmas.size() == 1)
    return 0;
  return options.validation.value_or(real.isFile() ? std::clamp<int64_t>(real.records() / 10, 1, 1000) : 1000);
}

void Measuring::judge(const std::vector<std::string> &chosen) const {
  auto has = [&](std::initializer_list<const char *> names) {
    return std::ranges::any_of(names, [&](const char *name) { return std::ranges::count(chosen, name) > 0; });
  };
  if (!options.test.empty() && !has({"parzen"}))
    fail(ExitCode::Usage, "--test is of parzen, which is not among the metrics");
  const char *field = instance.model().fields[instance.model().networks[network].pair_field].name;
  const int64_t there = real.isFile() ? real.records() : options.records;
  if (there < 2)
    fail(ExitCode::BadData, "{} has 1 record, metrics need two at least", real.origin());
  if (int64_t least = validationRecords() + (test ? 0 : 1); has({"parzen"}) && real.isFile() && least > there)
    fail(ExitCode::Usage,
         "parzen takes {} of the {} records of {} to choose sigma, which leaves none; give fewer by "
         "--validation, or --test {}=FILE",
         validationRecords(), there, field, field);
  const NeighbourCounts k = counted();
  const int64_t points = std::min({there, options.records, options.count});
  const int64_t most =
      std::max(has({"precision", "recall"}) ? k.ofPrecision : 1, has({"density", "coverage"}) ? k.ofDensity : 1);
  if (has({"precision", "recall", "density", "coverage", "one_nn"}) && points <= most)
    fail(ExitCode::Usage,
         "{} neighbours need more points than that, got {} samples and {} records; give more, or fewer "
         "neighbours by --k",
         most, options.count, std::min(there, options.records));
}

Measured Measuring::measure(const std::string &name) {
  Measured measured = Metric::find(name)->measure(*this, name);
  measured.name = name;
  return measured;
}

const Samples &Measuring::samples() {
  if (!drawn)
    drawn = finiteSamples(options.count, {.seed = seed});
  return *drawn;
}

Samples Measuring::finiteSamples(int64_t count, const SampleRequest &request) {
  Samples samples = drawSamples(instance, network, count, request);
  auto wrong = std::ranges::find_if(samples.values, [](double value) { return !std::isfinite(value); });
  if (wrong != samples.values.end()) {
    const int64_t at = wrong - samples.values.begin(), elements = samples.elements();
    fail(ExitCode::RunFailed, "sample {} of {} holds {} at {}; metrics need finite numbers", at / elements,
         instance.model().networks[network].name, *wrong, placeText(at % elements, samples.shape));
  }
  return samples;
}

Points Measuring::points() {
  const Samples &all = samples();
  return Eigen::Map<const Matrix>(all.values.data(), all.count, all.elements());
}

const Matrix &Measuring::records() {
  if (!chosenRecords)
    chosenRecords = real.isFile() ? real.choice(options.records, real.records()) : real.draws(0, options.records);
  return *chosenRecords;
}

const Matrix &Measuring::allRecords() {
  if (!everyRecord)
    everyRecord = real.range(0, real.records());
  return *everyRecord;
}

Points Measuring::compared(bool ofRecords) {
  if (options.features.empty())
    return ofRecords ? Points(records()) : points();
  std::optional<Samples> &features = ofRecords ? recordFeatures : sampleFeatures;
  if (!features)
    features = featuresOf(ofRecords ? Points(records()) : points());
  return Eigen::Map<const Matrix>(features->values.data(), features->count, features->elements());
}

Samples Measuring::featuresOf(const Points &points) {
  const uint32_t extractor = findApplied(instance, options.features);
  const agon_field &field = instance.model().fields[fieldRead(instance, extractor)];
  std::span<const int64_t> wanted = instance.recordShape(instance.cell(field.cell));
  if (elementCount(wanted) != dimension())
    fail(ExitCode::Usage, "{} takes points of {}, the samples of {} are {}", options.features, shapeText(wanted),
         instance.model().networks[network].name, shapeText(shape()));
  Samples features =
      applyNetwork(instance, extractor, points.rows(), seed, [&](int64_t i) { return points.row(i).data(); });
  if (std::ranges::any_of(features.values, [](double value) { return !std::isfinite(value); }))
    fail(ExitCode::RunFailed, "features of {} are not finite; metrics need finite numbers", options.features);
  return features;
}

Measuring::Protocol Measuring::sizesCompared() {
  Protocol protocol = sizes();
  if (!options.features.empty())
    protocol["features"] = fmt::format("{}, {} numbers", options.features, compared(false).cols());
  return protocol;
}

Measuring::Protocol Measuring::sizes() { return {{"samples", points().rows()}, {"records", records().rows()}}; }

Measured Measuring::parzen() {
  Protocol protocol = {{"samples", points().rows()}};
  double sigma = sigmas[0];
  const int64_t held = validationRecords(), end = real.isFile() ? real.records() - held : 0;
  if (held > 0) {
    const Matrix validation =
        real.isFile() ? real.range(end, end + held) : real.draws(options.records + options.records, held);
    const int64_t best = chooseSigma(pool, points(), validation, sigmas);
    sigma = sigmas[best];
    protocol["validation"] = held;
    protocol["validation from"] = real.isFile() ? "the end of the data" : "the source";
    protocol["sigma chosen from"] =
        fmt::format("{} widths, {:.4g} to {:.4g}", sigmas.size(), sigmas[0], sigmas[sigmas.size() - 1]);
    if (best == 0 || best + 1 == sigmas.size())
      protocol["warning"] = "sigma is the last of the widths: try others by --sigma";
  }
  const Matrix points = test            ? test->range(0, test->records())
                        : real.isFile() ? real.choice(options.records, end)
                                        : real.draws(options.records, options.records);
  protocol["test"] = points.rows();
  protocol["test from"] = test ? test->origin() : real.isFile() ? "the other records of the data" : "the source";
  protocol["sigma"] = sigma;
  return {"", parzenLikelihood(pool, this->points(), points, sigma), protocol};
}

Measured Measuring::wasserstein() { return {"", {wasserstein1(points().col(0), records().col(0))}, sizes()}; }

Measured Measuring::sliced() {
  Protocol protocol = sizes();
  protocol["projections"] = options.projections;
  return {"", slicedWasserstein1(pool, points(), records(), options.projections, seed), protocol};
}

Measured Measuring::jensenShannon() {
  Protocol protocol = sizes();
  const int64_t bins = options.bins.value_or(dimension() == 1 ? 100 : 50);
  const JensenShannon divergence = metrics::jensenShannon(points(), records(), bins);
  protocol["bins of an axis"] = bins;
  protocol["of equal distributions"] = divergence.floor;
  return {"", {divergence.value}, protocol};
}

Measured Measuring::mmd() {
  Protocol protocol = sizes();
  const double median = medianDistance(pool, records()), middle = median > 0 ? median : 1;
  Vector widths(5);
  widths << middle / 4, middle / 2, middle, middle * 2, middle * 4;
  protocol["kernel"] = "normal";
  protocol["widths"] = fmt::format("{:.4g} x 1/4, 1/2, 1, 2, 4", middle);
  return {"", {gaussianMmd(pool, points(), records(), widths)}, protocol};
}

Measured Measuring::kid() {
  Protocol protocol = sizesCompared();
  const BlockEstimate estimate = polynomialMmd(pool, compared(false), compared(true));
  protocol["blocks"] = estimate.blocks;
  protocol["block"] = std::min<int64_t>({1000, points().rows(), records().rows()});
  if (estimate.blocks > 1)
    protocol["deviation of blocks"] = estimate.deviation;
  return {"", estimate.mean, protocol};
}

Measured Measuring::frechet() {
  return {"", {frechetDistance(momentsOf(pool, compared(false)), momentsOf(pool, compared(true)))}, sizesCompared()};
}

Measured Measuring::nearest() {
  return {"",
          meanOf(nearestOf(pool, points(), allRecords()).distance),
          {{"samples", points().rows()}, {"records", allRecords().rows()}}};
}

Measured Measuring::inception() {
  constexpr int64_t parts = 10;
  Matrix scores = compared(false);
  for (int64_t i = 0; i < scores.rows(); ++i) {
    scores.row(i) = (scores.row(i).array() - scores.row(i).maxCoeff()).exp();
    scores.row(i) /= scores.row(i).sum();
  }
  Protocol protocol = {{"samples", scores.rows()}};
  protocol["classes"] = fmt::format("{}, {} numbers", options.features, scores.cols());
  protocol["parts"] = std::min<int64_t>(parts, scores.rows());
  return {"", inceptionScore(scores, parts), protocol};
}

Measured Measuring::pathLength() {
  constexpr double step = 1e-4;
  SampleRequest request{.seed = seed};
  auto position = [&](int64_t pair, int64_t i) {
    return SplitMix(uint64_t(seed), uint64_t(pair)).uniform() + double(i) * step;
  };
  request.strip = {2, position, options.spherical};
  Samples ends = finiteSamples(2 * options.count, request);
  if (!options.features.empty())
    ends = featuresOf(Eigen::Map<const Matrix>(ends.values.data(), ends.count, ends.elements()));
  Vector squares = Vector::Zero(options.count);
  for (int64_t pair = 0; pair < options.count; ++pair)
    for (int64_t k = 0; k < ends.elements(); ++k)
      squares[pair] += std::pow((ends.row(2 * pair + 1)[k] - ends.row(2 * pair)[k]) / step, 2);
  Protocol protocol = {{"paths", options.count}, {"step", step}};
  protocol["along"] = options.spherical ? "great circles" : "lines";
  if (!options.features.empty())
    protocol["features"] = fmt::format("{}, {} numbers", options.features, ends.elements());
  return {"", meanOf(squares), protocol};
}

Measured Measuring::modes(const std::string &name) {
  Samples first = samples();
  first.count = std::min(first.count, coverageSamples);
  const Coverage coverage = countModes(instance, network, first);
  Protocol protocol = {{"samples", first.count}};
  if (name == "modes")
    protocol["of"] = coverage.ofModes;
  return {"", {name == "modes" ? double(coverage.modes) : coverage.highQuality}, protocol};
}

NeighbourCounts Measuring::counted() const {
  NeighbourCounts k;
  if (options.neighboursCounted)
    k = {*options.neighboursCounted, *options.neighboursCounted};
  return k;
}

const Overlap &Measuring::overlap() {
  if (!overlapped) {
    const int64_t n = std::min(points().rows(), records().rows());
    NeighbourCounts k = counted(); // of metrics that are not asked for there may be too few points
    k = {std::min(k.ofPrecision, n - 1), std::min(k.ofDensity, n - 1)};
    overlapped = overlapOf(pool, compared(true).topRows(n), compared(false).topRows(n), k);
  }
  return *overlapped;
}

Measured Measuring::fromOverlap(const std::string &name) {
  const Overlap &all = overlap();
  const int64_t n = std::min(points().rows(), records().rows());
  Protocol protocol = sizesCompared();
  protocol["samples"] = protocol["records"] = n;
  if (name == "one_nn")
    return {"", {all.oneNearestAccuracy}, protocol};
  bool ofPrecision = name == "precision" || name == "recall";
  protocol["k"] = ofPrecision ? counted().ofPrecision : counted().ofDensity;
  return {"",
          {name == "precision" ? all.precision
           : name == "recall"  ? all.recall
           : name == "density" ? all.density
                               : all.coverage},
          protocol};
}

Samples Measuring::beside() {
  int64_t side = 2; // of a square of pairs
  while (side < 8 && (side + 2) * (side + 2) / 2 <= options.count)
    side += 2;
  const int64_t pairs = side * side / 2, elements = dimension();
  const Nearest found = nearestOf(pool, points().topRows(std::min(pairs, options.count)), allRecords());
  Samples both;
  both.shape.assign(shape().begin(), shape().end());
  for (size_t i = 0; i < found.index.size(); ++i) {
    const double *sample = samples().row(int64_t(i)), *record = allRecords().row(found.index[i]).data();
    both.values.insert(both.values.end(), sample, sample + elements);
    both.values.insert(both.values.end(), record, record + elements);
    both.count += 2;
  }
  return both;
}
