#include "runtime/metrics/Pairs.h"

#include <cmath>

using namespace agon::rt::metrics;

Estimate agon::rt::metrics::meanOf(const Vector &numbers) {
  const double n = double(numbers.size()), mean = numbers.mean();
  if (numbers.size() < 2)
    return {mean};
  return {mean, std::sqrt((numbers.array() - mean).square().sum() / (n - 1) / n)};
}

void agon::rt::metrics::squaredDistances(const Points &a, const Points &b, const Eigen::RowVectorXd &centre,
                                         Matrix &distances) {
  const Matrix rows = a.rowwise() - centre, columns = b.rowwise() - centre;
  const Vector rowNorms = rows.rowwise().squaredNorm();
  const Eigen::RowVectorXd columnNorms = columns.rowwise().squaredNorm().transpose();
  distances.noalias() = -2 * rows * columns.transpose();
  for (int64_t i = 0; i < distances.rows(); ++i) {
    auto norms = columnNorms.array() + rowNorms[i];
    auto row = distances.row(i).array();
    row = (row + norms > 1e-12 * norms).select(row + norms, 0.0);
  }
}
