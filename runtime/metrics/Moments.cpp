#include "runtime/metrics/Moments.h"

#include <Eigen/Eigenvalues>
#include <algorithm>

using namespace agon::rt::metrics;

Moments agon::rt::metrics::momentsOf(ThreadPool &pool, const Points &points) {
  constexpr int64_t together = 64; // columns of one task
  const int64_t n = points.rows(), d = points.cols();
  Moments moments{points.colwise().mean().transpose(), Matrix(d, d)};
  const Matrix centred = points.rowwise() - moments.mean.transpose();
  forEach(pool, (d + together - 1) / together, [&](int64_t task) {
    const int64_t first = task * together, count = std::min(together, d - first);
    moments.covariance.middleRows(first, count).noalias() =
        centred.middleCols(first, count).transpose() * centred / double(std::max<int64_t>(1, n - 1));
  });
  return moments;
}

double agon::rt::metrics::frechetDistance(const Moments &a, const Moments &b) {
  using Solver = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>;
  const Solver ofA{Eigen::MatrixXd(a.covariance)};
  const Vector roots = ofA.eigenvalues().cwiseMax(0).cwiseSqrt();
  const Eigen::MatrixXd root = ofA.eigenvectors() * roots.asDiagonal() * ofA.eigenvectors().transpose();
  const Eigen::MatrixXd product = root * b.covariance * root;
  const Solver ofProduct((product + product.transpose()) / 2, Eigen::EigenvaluesOnly);
  const double cross = ofProduct.eigenvalues().cwiseMax(0).cwiseSqrt().sum();
  return (a.mean - b.mean).squaredNorm() + a.covariance.trace() + b.covariance.trace() - 2 * cross;
}
