//===- Kernels.h - Maximum mean discrepancy ---------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_METRICS_KERNELS_H
#define AGON_RUNTIME_METRICS_KERNELS_H

#include "runtime/metrics/Points.h"

namespace agon::rt::metrics {

/// The unbiased estimate of the squared maximum mean discrepancy,
///   MMD^2 = mean_{i != i'} k(a_i, a_i') + mean_{j != j'} k(b_j, b_j') - 2 mean_{i, j} k(a_i, b_j),
/// under a mixture of normal kernels, k(x, y) = mean_w exp(-|x - y|^2 / (2 w^2)). It has no unit, may be negative, and
/// is 0 on average for equal distributions. Gretton et al. 2012. Each set has two points at least.
double gaussianMmd(ThreadPool &pool, const Points &a, const Points &b, const Vector &widths);

/// The median of the distances of all pairs of the first points, `most` at most: the usual width of a kernel.
double medianDistance(ThreadPool &pool, const Points &points, int64_t most = 1000);

/// The kernel inception distance's estimate: the same under k(x, y) = (x . y / d + 1)^3, as the mean over disjoint
/// blocks of `size` points of each set. Binkowski et al. 2018 (who draw overlapping blocks).
struct BlockEstimate {
  Estimate mean;        ///< with its standard error over the blocks
  double deviation = 0; ///< of the blocks
  int64_t blocks = 0;
};
BlockEstimate polynomialMmd(ThreadPool &pool, const Points &a, const Points &b, int64_t size = 1000);

} // namespace agon::rt::metrics

#endif // AGON_RUNTIME_METRICS_KERNELS_H
