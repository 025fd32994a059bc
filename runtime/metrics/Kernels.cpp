#include "runtime/metrics/Kernels.h"

#include "runtime/metrics/Pairs.h"

#include <algorithm>
#include <cmath>
#include <vector>

using namespace agon::rt;
using namespace agon::rt::metrics;

/// The sum over all pairs of the mixture of normal kernels.
static double kernelSum(ThreadPool &pool, const Points &a, const Points &b, const Vector &widths) {
  Vector sums = Vector::Zero(a.rows());
  forEachBlock(pool, a, b, [&](int64_t first, int64_t, const Matrix &block) {
    for (int64_t i = 0; i < block.rows(); ++i)
      for (double width : widths)
        sums[first + i] += (block.row(i).array() * (-1 / (2 * width * width))).exp().sum();
  });
  return sums.sum() / double(widths.size());
}

double agon::rt::metrics::gaussianMmd(ThreadPool &pool, const Points &a, const Points &b, const Vector &widths) {
  // A point has the kernel 1 with itself.
  const double n = double(a.rows()), m = double(b.rows());
  return (kernelSum(pool, a, a, widths) - n) / (n * (n - 1)) + (kernelSum(pool, b, b, widths) - m) / (m * (m - 1)) -
         2 * kernelSum(pool, a, b, widths) / (n * m);
}

double agon::rt::metrics::medianDistance(ThreadPool &pool, const Points &points, int64_t most) {
  const int64_t n = std::min(most, int64_t(points.rows()));
  const Points some = points.topRows(n);
  Matrix squares(n, n);
  forEachBlock(pool, some, some, [&](int64_t i, int64_t j, const Matrix &block) {
    squares.block(i, j, block.rows(), block.cols()) = block;
  });
  std::vector<double> pairs;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < i; ++j)
      pairs.push_back(squares(i, j));
  if (pairs.empty())
    return 0;
  auto middle = pairs.begin() + int64_t(pairs.size() / 2);
  std::nth_element(pairs.begin(), middle, pairs.end());
  return std::sqrt(*middle);
}

BlockEstimate agon::rt::metrics::polynomialMmd(ThreadPool &pool, const Points &a, const Points &b, int64_t size) {
  const int64_t shorter = std::min(a.rows(), b.rows());
  size = std::min(size, shorter);
  const int64_t blocks = shorter / size;
  Vector values(blocks);
  forEach(pool, blocks, [&](int64_t task) {
    const Points x = a.middleRows(task * size, size), y = b.middleRows(task * size, size);
    auto kernel = [&](const Points &from, const Points &to) -> Matrix {
      Matrix products = from * to.transpose();
      return (products.array() / double(a.cols()) + 1).cube();
    };
    const Matrix xx = kernel(x, x), yy = kernel(y, y);
    const double m = double(size), pairs = m * (m - 1);
    values[task] = (xx.sum() - xx.trace()) / pairs + (yy.sum() - yy.trace()) / pairs - 2 * kernel(x, y).sum() / (m * m);
  });
  BlockEstimate result;
  result.mean = meanOf(values);
  result.deviation = result.mean.error * std::sqrt(double(blocks));
  result.blocks = blocks;
  return result;
}
