#include "runtime/metrics/Divergences.h"

#include <algorithm>
#include <cmath>

using namespace agon::rt::metrics;

/// p log(p / q), 0 at 0.
static double relative(double p, double q) { return p > 0 ? p * std::log(p / q) : 0; }

JensenShannon agon::rt::metrics::jensenShannon(const Points &a, const Points &b, int64_t bins) {
  const int64_t axes = a.cols(), cells = axes == 1 ? bins : bins * bins;
  const Eigen::RowVectorXd low = a.colwise().minCoeff().cwiseMin(b.colwise().minCoeff());
  const Eigen::RowVectorXd high = a.colwise().maxCoeff().cwiseMax(b.colwise().maxCoeff());
  auto sharesOf = [&](const Points &points) {
    Vector shares = Vector::Zero(cells);
    for (int64_t i = 0; i < points.rows(); ++i) {
      int64_t cell = 0;
      for (int64_t axis = 0; axis < axes; ++axis) {
        const double width = high[axis] - low[axis], along = width > 0 ? (points(i, axis) - low[axis]) / width : 0;
        cell = cell * bins + std::min(bins - 1, int64_t(along * double(bins)));
      }
      shares[cell] += 1.0 / double(points.rows());
    }
    return shares;
  };
  const Vector p = sharesOf(a), q = sharesOf(b);
  JensenShannon result;
  for (int64_t cell = 0; cell < cells; ++cell) {
    const double middle = (p[cell] + q[cell]) / 2;
    result.occupied += middle > 0;
    result.value += (relative(p[cell], middle) + relative(q[cell], middle)) / 2;
  }
  result.floor = double(result.occupied - 1) * (1.0 / double(a.rows()) + 1.0 / double(b.rows())) / 8;
  return result;
}

Estimate agon::rt::metrics::inceptionScore(const Points &probabilities, int64_t splits) {
  const int64_t n = probabilities.rows();
  splits = std::min(splits, n);
  Vector scores(splits);
  for (int64_t split = 0; split < splits; ++split) {
    const int64_t first = n * split / splits, count = n * (split + 1) / splits - first;
    const Points part = probabilities.middleRows(first, count);
    const Eigen::RowVectorXd marginal = part.colwise().mean();
    double divergence = 0;
    for (int64_t i = 0; i < count; ++i)
      for (int64_t k = 0; k < part.cols(); ++k)
        divergence += relative(part(i, k), marginal[k]);
    scores[split] = std::exp(divergence / double(count));
  }
  return meanOf(scores);
}
