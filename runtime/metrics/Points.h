//===- Points.h - Sets of points --------------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_METRICS_POINTS_H
#define AGON_RUNTIME_METRICS_POINTS_H

#include "runtime/cpu/ThreadPool.h"

#include <Eigen/Core>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace agon::rt::metrics {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

/// n points of d finite numbers, a row each.
using Points = Eigen::Ref<const Matrix>;

/// A number with its standard error; NaN where none is estimated.
struct Estimate {
  double value = 0;
  double error = std::numeric_limits<double>::quiet_NaN();
};

/// The mean of numbers, and its standard error: their deviation (with n - 1) over the root of n.
Estimate meanOf(const Vector &numbers);

/// body(i) for i in [0, n), on all threads. Results must not depend on the order: a task writes what is its own.
template <typename Body> void forEach(ThreadPool &pool, int64_t n, Body &&body) {
  using Held = std::remove_reference_t<Body>;
  void *args[] = {&body};
  pool.parallelFor(
      [](void *const *given, int64_t begin, int64_t end) {
        Held &each = *static_cast<Held *>(given[0]);
        for (int64_t i = begin; i < end; ++i)
          each(i);
      },
      args, n);
}

} // namespace agon::rt::metrics

#endif // AGON_RUNTIME_METRICS_POINTS_H
