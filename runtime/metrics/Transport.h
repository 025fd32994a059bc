//===- Transport.h - Wasserstein distances ----------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_METRICS_TRANSPORT_H
#define AGON_RUNTIME_METRICS_TRANSPORT_H

#include "runtime/metrics/Points.h"

namespace agon::rt::metrics {

/// The exact Wasserstein-1 distance of two sets of numbers, of whatever sizes: the integral of |F_a^-1(u) - F_b^-1(u)|
/// over u in (0, 1), in the numbers' unit. Villani 2003.
double wasserstein1(Vector a, Vector b);

/// The sliced Wasserstein-1 distance: the mean of wasserstein1(A t, B t) over random directions t, uniform on the unit
/// sphere, in the points' unit; with its standard error over the directions. Bonneel et al. 2015.
Estimate slicedWasserstein1(ThreadPool &pool, const Points &a, const Points &b, int64_t directions, int64_t seed);

} // namespace agon::rt::metrics

#endif // AGON_RUNTIME_METRICS_TRANSPORT_H
