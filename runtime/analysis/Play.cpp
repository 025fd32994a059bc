#include "runtime/analysis/Play.h"

#include <algorithm>
#include <cmath>

using namespace agon::rt;
using Eigen::MatrixXd;

namespace {

/// Matrices up to this size are searched in narrow steps and to the last digits.
constexpr Eigen::Index fewRows = 64;

/// The rows of each player, times its rate.
MatrixXd scaled(const MatrixXd &jacobian, std::span<const Mover> movers) {
  MatrixXd rows = MatrixXd::Zero(jacobian.rows(), jacobian.cols());
  for (const Mover &mover : movers)
    rows.middleRows(mover.first, mover.count) = mover.rate * jacobian.middleRows(mover.first, mover.count);
  return rows;
}

} // namespace

MatrixXd agon::rt::simultaneousMap(const MatrixXd &jacobian, std::span<const Mover> movers, double factor) {
  return MatrixXd::Identity(jacobian.rows(), jacobian.cols()) + factor * scaled(jacobian, movers);
}

MatrixXd agon::rt::alternatingMap(const MatrixXd &jacobian, std::span<const Mover> movers, double factor) {
  MatrixXd map = MatrixXd::Identity(jacobian.rows(), jacobian.cols());
  for (const Mover &mover : movers) {
    MatrixXd step = jacobian.middleRows(mover.first, mover.count) * map;
    map.middleRows(mover.first, mover.count) += factor * mover.rate * step;
  }
  return map;
}

double agon::rt::largestSimultaneousFactor(std::span<const Eigenvalue> values) {
  double scale = spectralRadius(values), largest = HUGE_VAL;
  for (Eigenvalue value : values) {
    if (std::abs(value) <= 1e-9 * scale)
      continue;
    if (value.real() >= -1e-9 * scale)
      return 0;
    largest = std::min(largest, -2 * value.real() / std::norm(value));
  }
  return largest;
}

double agon::rt::largestSimultaneousFactor(const MatrixXd &jacobian, std::span<const Mover> movers) {
  return largestSimultaneousFactor(eigenvalues(scaled(jacobian, movers)));
}

double agon::rt::largestAlternatingFactor(const MatrixXd &jacobian, std::span<const Mover> movers) {
  MatrixXd rows = scaled(jacobian, movers);
  double size = rows.stableNorm();
  if (size < 1e-300) // nothing moves
    return HUGE_VAL;
  if (!std::isfinite(size))
    return 0;
  // In first order an alternating step is a simultaneous one.
  std::vector<Eigenvalue> flow = eigenvalues(rows);
  double turning = spectralRadius(flow);
  if (largestRealPart(flow) > 1e-9 * std::max(turning, 1e-9 * size))
    return 0;
  bool few = jacobian.rows() <= fewRows;
  double tolerance = 1e-13 * double(10 + jacobian.rows());
  auto grows = [&](double factor) {
    return spectralRadius(eigenvalues(alternatingMap(jacobian, movers, factor))) > 1 + tolerance;
  };
  double unit = 1 / size;
  if (largestRealPart(flow) > -1e-9 * turning && grows(1e-3 * unit))
    return 0;
  double below = 1e-8 * unit, above = below;
  while (!grows(above)) {
    if (above > 1e5 * unit)
      return HUGE_VAL;
    below = above;
    above *= few && above > 1e-2 * unit ? 1.02 : 1.15;
  }
  for (int halving = 0, halvings = few ? 50 : 20; halving < halvings; ++halving) {
    double middle = (below + above) / 2;
    (grows(middle) ? above : below) = middle;
  }
  return below;
}
