#include "runtime/metrics/Parzen.h"

#include "runtime/metrics/Pairs.h"

#include <cmath>
#include <numbers>

using namespace agon::rt::metrics;

Matrix agon::rt::metrics::parzenDensities(ThreadPool &pool, const Points &samples, const Points &points,
                                          const Vector &sigmas) {
  const Vector scales = (2 * sigmas.array().square()).inverse();
  // Of each point the least squared distance so far, and for each width the sum of the exponentials relative to it.
  Vector least = Vector::Constant(points.rows(), std::numeric_limits<double>::infinity());
  Matrix sums = Matrix::Zero(points.rows(), sigmas.size());
  forEachBlock(pool, points, samples, [&](int64_t first, int64_t, const Matrix &block) {
    for (int64_t i = 0; i < block.rows(); ++i) {
      double &low = least[first + i];
      const double lower = std::min(low, block.row(i).minCoeff());
      for (int64_t s = 0; s < sigmas.size(); ++s) {
        double &sum = sums(first + i, s);
        sum *= std::isinf(low) ? 0 : std::exp((lower - low) * scales[s]);
        sum += ((lower - block.row(i).array()) * scales[s]).exp().sum();
      }
      low = lower;
    }
  });
  const double half = double(samples.cols()) / 2;
  for (int64_t s = 0; s < sigmas.size(); ++s) {
    const double constant =
        -std::log(double(samples.rows())) - half * std::log(2 * std::numbers::pi * sigmas[s] * sigmas[s]);
    sums.col(s) = sums.col(s).array().log() - least.array() * scales[s] + constant;
  }
  return sums;
}

int64_t agon::rt::metrics::chooseSigma(ThreadPool &pool, const Points &samples, const Points &validation,
                                       const Vector &sigmas) {
  Eigen::Index best = 0;
  parzenDensities(pool, samples, validation, sigmas).colwise().mean().maxCoeff(&best);
  return best;
}

Estimate agon::rt::metrics::parzenLikelihood(ThreadPool &pool, const Points &samples, const Points &test,
                                             double sigma) {
  return meanOf(parzenDensities(pool, samples, test, Vector::Constant(1, sigma)).col(0));
}

Vector agon::rt::metrics::logarithmicSpace(double low, double high, int64_t count) {
  return Vector::LinSpaced(count, std::log(low), std::log(high)).array().exp();
}
