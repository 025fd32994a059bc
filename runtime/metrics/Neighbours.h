//===- Neighbours.h - Metrics by nearest neighbours -------------*- C++ -*-===//
#ifndef AGON_RUNTIME_METRICS_NEIGHBOURS_H
#define AGON_RUNTIME_METRICS_NEIGHBOURS_H

#include "runtime/metrics/Points.h"

#include <vector>

namespace agon::rt::metrics {

/// Of each point the nearest of a set, and its Euclidean distance; the first of several.
struct Nearest {
  std::vector<int64_t> index;
  Vector distance;
};
Nearest nearestOf(ThreadPool &pool, const Points &points, const Points &set);

/// How two sets of the same distribution, or of two, lie within each other. A point's ball has the radius of its
/// distance to its k-th nearest other point of its own set, and holds what is not farther than that.
struct Overlap {
  double precision = 0; ///< share of samples in the ball of a record (Kynkäänniemi et al. 2019)
  double recall = 0;    ///< share of records in the ball of a sample
  double density = 0;   ///< mean over samples of the records' balls that hold it, divided by k (Naeem et al. 2020)
  double coverage = 0;  ///< share of records whose ball holds a sample
  /// Share of all points whose nearest other point, of both sets, is of their own set: 1/2 where the distributions are
  /// equal, 1 where they are apart, less than 1/2 where samples sit on records (Lopez-Paz, Oquab 2017). A tie is the
  /// other set's.
  double oneNearestAccuracy = 0;
};

/// Numbers of neighbours as in the papers.
struct NeighbourCounts {
  int64_t ofPrecision = 3; ///< of precision and recall
  int64_t ofDensity = 5;   ///< of density and coverage
};

/// Each set has more points than the neighbours that are counted, and as many as the other.
Overlap overlapOf(ThreadPool &pool, const Points &records, const Points &samples, NeighbourCounts k);

} // namespace agon::rt::metrics

#endif // AGON_RUNTIME_METRICS_NEIGHBOURS_H
