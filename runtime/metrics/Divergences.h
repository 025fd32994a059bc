//===- Divergences.h - Of histograms and of classes -------------*- C++ -*-===//
#ifndef AGON_RUNTIME_METRICS_DIVERGENCES_H
#define AGON_RUNTIME_METRICS_DIVERGENCES_H

#include "runtime/metrics/Points.h"

namespace agon::rt::metrics {

/// An estimate of the Jensen-Shannon divergence from histograms.
struct JensenShannon {
  double value = 0; ///< in nats, 0 to log 2
  /// What two sets of one distribution give on average: about (occupied - 1) (1/n + 1/m) / 8.
  double floor = 0;
  int64_t occupied = 0; ///< bins that hold a point
};

/// KL(P | M) / 2 + KL(Q | M) / 2 with M = (P + Q) / 2, where P and Q are the shares of the two sets in `bins` bins of
/// each axis, equally wide from the least to the greatest number of both. Points of one or two numbers. Lin 1991.
JensenShannon jensenShannon(const Points &a, const Points &b, int64_t bins);

/// The Inception score, exp(mean_x KL(p(y|x) | p(y))), from a classifier's probabilities, a row for each sample: 1 to
/// the number of classes. Mean and standard error over `splits` parts of the samples. Salimans et al. 2016.
Estimate inceptionScore(const Points &probabilities, int64_t splits = 10);

} // namespace agon::rt::metrics

#endif // AGON_RUNTIME_METRICS_DIVERGENCES_H
