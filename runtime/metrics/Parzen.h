//===- Parzen.h - Parzen-window log-likelihood ------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_METRICS_PARZEN_H
#define AGON_RUNTIME_METRICS_PARZEN_H

#include "runtime/metrics/Points.h"

namespace agon::rt::metrics {

/// The log-density, in nats, at each of `points` (rows) of the Parzen windows of each width (columns) on the samples s:
/// log p(x) = log (1/n) sum_i N(x; s_i, sigma^2 I). Breuleux, Bengio, Vincent 2009; Goodfellow et al. 2014.
Matrix parzenDensities(ThreadPool &pool, const Points &samples, const Points &points, const Vector &sigmas);

/// The width under which the validation points have the greatest mean log-density; the first where several have.
/// \returns its index in `sigmas`.
int64_t chooseSigma(ThreadPool &pool, const Points &samples, const Points &validation, const Vector &sigmas);

/// The mean log-density of the test points, in nats, with its standard error over them.
Estimate parzenLikelihood(ThreadPool &pool, const Points &samples, const Points &test, double sigma);

/// `count` numbers from `low` to `high` whose logarithms are evenly spaced.
Vector logarithmicSpace(double low, double high, int64_t count);

} // namespace agon::rt::metrics

#endif // AGON_RUNTIME_METRICS_PARZEN_H
