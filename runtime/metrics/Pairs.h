//===- Pairs.h - Distances of all pairs of points ---------------*- C++ -*-===//
#ifndef AGON_RUNTIME_METRICS_PAIRS_H
#define AGON_RUNTIME_METRICS_PAIRS_H

#include "runtime/metrics/Points.h"

#include <algorithm>

namespace agon::rt::metrics {

/// Rows and columns of a block of distances: a MiB, of which a row is what one task sees at a time.
inline constexpr int64_t blockRows = 128, blockColumns = 1024;

/// How many tasks `forEachBlock` makes of n rows.
inline int64_t rowBlocks(int64_t n) { return (n + blockRows - 1) / blockRows; }

/// The squared Euclidean distances |a_i - b_j|^2 = |a_i|^2 + |b_j|^2 - 2 a_i . b_j of all rows of `a` to all rows of
/// `b`, with the origin at `centre`, which should be near both sets: far from it, rounding hides small distances.
/// What rounding may have made of equal points, below 1e-12 of |a_i|^2 + |b_j|^2, is 0.
void squaredDistances(const Points &a, const Points &b, const Eigen::RowVectorXd &centre, Matrix &distances);

/// visit(i, j, block) for every block of squared distances of a's rows from i on to b's rows from j on. One task has
/// all blocks of its rows, in the order of j, so what belongs to a row needs no care and is the same for any number
/// of threads.
template <typename Visit> void forEachBlock(ThreadPool &pool, const Points &a, const Points &b, Visit &&visit) {
  const Eigen::RowVectorXd centre = b.colwise().mean();
  forEach(pool, rowBlocks(a.rows()), [&](int64_t task) {
    const int64_t i = task * blockRows, rows = std::min(blockRows, a.rows() - i);
    Matrix block;
    for (int64_t j = 0; j < b.rows(); j += blockColumns) {
      squaredDistances(a.middleRows(i, rows), b.middleRows(j, std::min(blockColumns, b.rows() - j)), centre, block);
      visit(i, j, block);
    }
  });
}

} // namespace agon::rt::metrics

#endif // AGON_RUNTIME_METRICS_PAIRS_H
