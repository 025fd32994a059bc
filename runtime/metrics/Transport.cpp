#include "runtime/metrics/Transport.h"

#include "runtime/core/Random.h"

#include <algorithm>
#include <cmath>

using namespace agon::rt::metrics;

double agon::rt::metrics::wasserstein1(Vector a, Vector b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  // Both quantile functions are steps. Ranks are counted in units of 1 / (n m), which are whole.
  const int64_t n = a.size(), m = b.size();
  long double sum = 0;
  for (int64_t i = 0, j = 0, at = 0; i < n && j < m;) {
    const int64_t endA = (i + 1) * m, endB = (j + 1) * n, end = std::min(endA, endB);
    sum += std::abs(a[i] - b[j]) * double(end - at);
    at = end;
    i += end == endA;
    j += end == endB;
  }
  return double(sum / n / m);
}

Estimate agon::rt::metrics::slicedWasserstein1(ThreadPool &pool, const Points &a, const Points &b, int64_t directions,
                                               int64_t seed) {
  constexpr int64_t together = 16; // directions of one task: a matrix product
  Vector distances(directions);
  forEach(pool, (directions + together - 1) / together, [&](int64_t task) {
    const int64_t first = task * together, count = std::min(together, directions - first);
    Eigen::MatrixXd chosen(a.cols(), count);
    for (int64_t k = 0; k < count; ++k) {
      SplitMix random(uint64_t(seed), 0x736c69636573, uint64_t(first + k));
      for (double &entry : chosen.col(k))
        entry = random.normal();
      chosen.col(k).normalize();
    }
    const Eigen::MatrixXd shadowsA = a * chosen, shadowsB = b * chosen;
    for (int64_t k = 0; k < count; ++k)
      distances[first + k] = wasserstein1(shadowsA.col(k), shadowsB.col(k));
  });
  return meanOf(distances);
}
