//===- NeighboursTest.cpp - Metrics by nearest neighbours -----------------===//
#include "runtime/metrics/Neighbours.h"
#include "runtime/core/Random.h"

#include <gtest/gtest.h>

using namespace agon::rt;
using namespace agon::rt::metrics;

namespace {

Matrix column(std::initializer_list<double> numbers) {
  Matrix points(int64_t(numbers.size()), 1);
  std::copy(numbers.begin(), numbers.end(), points.data());
  return points;
}

Matrix normals(int64_t n, int64_t d, double mean, uint64_t seed) {
  SplitMix random(seed);
  Matrix points(n, d);
  for (double &number : points.reshaped())
    number = mean + random.normal();
  return points;
}

struct Neighbours : testing::Test {
  ThreadPool pool{2};
};

} // namespace

TEST_F(Neighbours, NearestRecords) {
  const Nearest nearest = nearestOf(pool, column({0.9, 5, -1}), column({0, 1, 3, 1}));
  EXPECT_EQ(nearest.index, (std::vector<int64_t>{1, 2, 0}));
  EXPECT_NEAR(nearest.distance[0], 0.1, 1e-15);
  EXPECT_EQ(nearest.distance[1], 2);
  // A record itself is found, at no distance, wherever it lies among many.
  const Matrix records = normals(3000, 20, 50, 1);
  const Nearest itself = nearestOf(pool, records.middleRows(1100, 200), records);
  for (int64_t i = 0; i < 200; ++i)
    EXPECT_EQ(itself.index[size_t(i)], 1100 + i);
  EXPECT_EQ(itself.distance.maxCoeff(), 0);
}

TEST_F(Neighbours, OverlapByHand) {
  // With k = 1, the balls of the records have the radii 1, 1, 2 and those of the samples 1, 1, 6.
  const Overlap overlap = overlapOf(pool, column({0, 1, 3}), column({0.5, 1.5, 7.5}), {1, 1});
  EXPECT_DOUBLE_EQ(overlap.precision, 2 / 3.0);
  EXPECT_DOUBLE_EQ(overlap.recall, 1);        // 0 and 1 by 0.5, 3 by 7.5
  EXPECT_DOUBLE_EQ(overlap.density, 4 / 3.0); // 0.5: balls of 0, 1; 1.5: of 1, 3
  EXPECT_DOUBLE_EQ(overlap.coverage, 1);      // 0.5 is in the balls of 0 and 1, 1.5 in that of 3
  // Nearest others of both sets: 0 -> 0.5, 1 -> 0.5, 3 -> 1.5, 0.5 -> 0, 1.5 -> 1, 7.5 -> 3.
  EXPECT_EQ(overlap.oneNearestAccuracy, 0);
}

TEST_F(Neighbours, CountsOfNeighboursDiffer) {
  // The third neighbour of a record is at 3, the first at 1: a sample at -2 lies in the first one's wide ball alone.
  const Matrix records = column({0, 1, 2, 3, 4, 5}), samples = column({-2, -2.5, -20, -30, -40, -50});
  const Overlap overlap = overlapOf(pool, records, samples, {3, 1});
  EXPECT_DOUBLE_EQ(overlap.precision, 2 / 6.0);
  EXPECT_DOUBLE_EQ(overlap.density, 0);
  EXPECT_DOUBLE_EQ(overlap.coverage, 0);
}

TEST_F(Neighbours, DisjointSetsDoNotOverlap) {
  const Overlap overlap = overlapOf(pool, normals(400, 3, 0, 1), normals(400, 3, 100, 2), {});
  EXPECT_EQ(overlap.precision, 0);
  EXPECT_EQ(overlap.recall, 0);
  EXPECT_EQ(overlap.density, 0);
  EXPECT_EQ(overlap.coverage, 0);
  EXPECT_EQ(overlap.oneNearestAccuracy, 1);
}

TEST_F(Neighbours, EqualDistributionsOverlap) {
  const Matrix records = normals(1500, 2, 0, 1), samples = normals(1500, 2, 0, 2);
  const Overlap overlap = overlapOf(pool, records, samples, {});
  EXPECT_GT(overlap.precision, 0.95);
  EXPECT_GT(overlap.recall, 0.95);
  EXPECT_NEAR(overlap.density, 1, 0.05);
  // A record's k nearest others and the samples' are exchangeable: 1 - 1 / 2^5 (Naeem et al., lemma 2).
  EXPECT_NEAR(overlap.coverage, 1 - 1.0 / 32, 0.02);
  EXPECT_NEAR(overlap.oneNearestAccuracy, 0.5, 0.05);
  ThreadPool alone(1);
  const Overlap again = overlapOf(alone, records, samples, {});
  EXPECT_EQ(again.density, overlap.density);
  EXPECT_EQ(again.oneNearestAccuracy, overlap.oneNearestAccuracy);
}

TEST_F(Neighbours, SamplesThatAreTheRecordsAreFoundOut) {
  const Matrix records = normals(500, 10, 3, 1);
  const Overlap overlap = overlapOf(pool, records, records, {});
  EXPECT_EQ(overlap.precision, 1);
  EXPECT_EQ(overlap.recall, 1);
  EXPECT_EQ(overlap.coverage, 1);
  EXPECT_EQ(overlap.oneNearestAccuracy, 0);
}
