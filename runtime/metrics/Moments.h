//===- Moments.h - Fréchet distance -----------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_METRICS_MOMENTS_H
#define AGON_RUNTIME_METRICS_MOMENTS_H

#include "runtime/metrics/Points.h"

namespace agon::rt::metrics {

/// Mean and covariance (with n - 1) of points.
struct Moments {
  Vector mean;
  Matrix covariance;
};
Moments momentsOf(ThreadPool &pool, const Points &points);

/// The squared Fréchet (Wasserstein-2) distance of two normals,
///   |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a^1/2 C_b C_a^1/2)^1/2),
/// in the square of the points' unit: with Inception's features Heusel et al. 2017's FID. Roots are those of the
/// symmetric matrices' eigenvalues, of which rounding's negative ones count as 0.
double frechetDistance(const Moments &a, const Moments &b);

} // namespace agon::rt::metrics

#endif // AGON_RUNTIME_METRICS_MOMENTS_H
