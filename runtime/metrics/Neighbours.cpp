#include "runtime/metrics/Neighbours.h"

#include "runtime/metrics/Pairs.h"

#include <algorithm>
#include <cmath>

using namespace agon::rt;
using namespace agon::rt::metrics;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The squared distances of each point to its `k` nearest others, least first.
Matrix nearestOthers(ThreadPool &pool, const Points &points, int64_t k) {
  Matrix nearest = Matrix::Constant(points.rows(), k, infinity);
  forEachBlock(pool, points, points, [&](int64_t first, int64_t column, const Matrix &block) {
    for (int64_t i = 0; i < block.rows(); ++i) {
      double *kept = &nearest(first + i, 0);
      for (int64_t j = 0; j < block.cols(); ++j) {
        const double distance = block(i, j);
        if (distance >= kept[k - 1] || column + j == first + i)
          continue;
        double *place = std::upper_bound(kept, kept + k, distance);
        std::copy_backward(place, kept + k - 1, kept + k);
        *place = distance;
      }
    }
  });
  return nearest;
}

/// What one task over some samples finds out about all records.
struct OfRecords {
  Vector least;                 ///< squared distance to the nearest of the samples
  std::vector<char> isRecalled; ///< whether the ball of one of the samples holds it
};

} // namespace

Nearest agon::rt::metrics::nearestOf(ThreadPool &pool, const Points &points, const Points &set) {
  Nearest nearest{std::vector<int64_t>(size_t(points.rows()), 0), Vector::Constant(points.rows(), infinity)};
  forEachBlock(pool, points, set, [&](int64_t first, int64_t column, const Matrix &block) {
    for (int64_t i = 0; i < block.rows(); ++i) {
      Eigen::Index at = 0;
      const double least = block.row(i).minCoeff(&at);
      if (least < nearest.distance[first + i]) {
        nearest.distance[first + i] = least;
        nearest.index[size_t(first + i)] = column + at;
      }
    }
  });
  for (int64_t i = 0; i < points.rows(); ++i)
    nearest.distance[i] = (points.row(i) - set.row(nearest.index[size_t(i)])).norm();
  return nearest;
}

Overlap agon::rt::metrics::overlapOf(ThreadPool &pool, const Points &records, const Points &samples,
                                     NeighbourCounts k) {
  const int64_t most = std::max(k.ofPrecision, k.ofDensity), numRecords = records.rows(), numSamples = samples.rows();
  const Matrix ofRecords = nearestOthers(pool, records, most);
  const Matrix ofSamples = nearestOthers(pool, samples, k.ofPrecision);
  std::vector<char> isPrecise(size_t(numSamples), 0);
  std::vector<int64_t> balls(size_t(numSamples), 0);
  Vector leastOfSamples = Vector::Constant(numSamples, infinity);
  const OfRecords nothing{Vector::Constant(numRecords, infinity), std::vector<char>(size_t(numRecords), 0)};
  std::vector<OfRecords> tasks(size_t(rowBlocks(numSamples)), nothing);
  forEachBlock(pool, samples, records, [&](int64_t first, int64_t column, const Matrix &block) {
    OfRecords &task = tasks[size_t(first / blockRows)];
    for (int64_t i = 0; i < block.rows(); ++i) {
      const int64_t sample = first + i;
      const double radius = ofSamples(sample, k.ofPrecision - 1);
      for (int64_t j = 0; j < block.cols(); ++j) {
        const int64_t record = column + j;
        const double distance = block(i, j);
        isPrecise[size_t(sample)] |= char(distance <= ofRecords(record, k.ofPrecision - 1));
        balls[size_t(sample)] += distance <= ofRecords(record, k.ofDensity - 1);
        task.isRecalled[size_t(record)] |= char(distance <= radius);
        task.least[record] = std::min(task.least[record], distance);
      }
      leastOfSamples[sample] = std::min(leastOfSamples[sample], block.row(i).minCoeff());
    }
  });

  OfRecords all = nothing;
  for (const OfRecords &task : tasks) {
    all.least = all.least.cwiseMin(task.least);
    for (size_t r = 0; r < size_t(numRecords); ++r)
      all.isRecalled[r] |= task.isRecalled[r];
  }
  int64_t precise = 0, held = 0, recalled = 0, covered = 0, own = 0;
  for (int64_t i = 0; i < numSamples; ++i) {
    precise += isPrecise[size_t(i)];
    held += balls[size_t(i)];
    own += ofSamples(i, 0) < leastOfSamples[i];
  }
  for (int64_t r = 0; r < numRecords; ++r) {
    recalled += all.isRecalled[size_t(r)];
    covered += all.least[r] <= ofRecords(r, k.ofDensity - 1);
    own += ofRecords(r, 0) < all.least[r];
  }
  const auto n = double(numSamples), m = double(numRecords);
  return {double(precise) / n, double(recalled) / m, double(held) / (n * double(k.ofDensity)), double(covered) / m,
          double(own) / (n + m)};
}
