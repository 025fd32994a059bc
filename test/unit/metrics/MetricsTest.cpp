//===- MetricsTest.cpp - Metrics against closed forms ---------------------===//
#include "runtime/core/Random.h"
#include "runtime/metrics/Divergences.h"
#include "runtime/metrics/Kernels.h"
#include "runtime/metrics/Moments.h"
#include "runtime/metrics/Pairs.h"
#include "runtime/metrics/Parzen.h"
#include "runtime/metrics/Transport.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numbers>

using namespace agon::rt;
using namespace agon::rt::metrics;

namespace {

Matrix normals(int64_t n, int64_t d, double mean, double deviation, uint64_t seed) {
  SplitMix random(seed);
  Matrix points(n, d);
  for (double &number : points.reshaped())
    number = mean + deviation * random.normal();
  return points;
}

Matrix rows(int64_t d, std::initializer_list<double> numbers) {
  Matrix points(int64_t(numbers.size()) / d, d);
  std::copy(numbers.begin(), numbers.end(), points.data());
  return points;
}

Vector vector(std::initializer_list<double> numbers) {
  Vector result(int64_t(numbers.size()));
  std::copy(numbers.begin(), numbers.end(), result.begin());
  return result;
}

struct Metrics : testing::Test {
  ThreadPool pool{2};
};

} // namespace

TEST_F(Metrics, DistancesAreThoseOfDifferences) {
  // Far from the origin, and more of them than a block holds.
  const Matrix a = normals(300, 5, 1e6, 1, 1), b = normals(1500, 5, 1e6, 1, 2);
  int64_t seen = 0;
  ThreadPool alone(1);
  forEachBlock(alone, a, b, [&](int64_t i, int64_t j, const Matrix &block) {
    for (int64_t r = 0; r < block.rows(); ++r)
      for (int64_t c = 0; c < block.cols(); ++c, ++seen)
        ASSERT_NEAR(block(r, c), (a.row(i + r) - b.row(j + c)).squaredNorm(), 1e-8) << i + r << " " << j + c;
  });
  EXPECT_EQ(seen, 300 * 1500);
  forEachBlock(alone, a, a, [&](int64_t i, int64_t j, const Matrix &block) {
    for (int64_t r = 0; r < block.rows(); ++r)
      if (i + r >= j && i + r < j + block.cols())
        ASSERT_EQ(block(r, i + r - j), 0);
  });
}

TEST_F(Metrics, ParzenOfOnePointIsANormal) {
  const Matrix sample = rows(3, {1, 2, 3}), test = rows(3, {1, 2, 3, 1, 2, 5});
  const double sigma = 0.5, constant = -1.5 * std::log(2 * std::numbers::pi * sigma * sigma);
  const Estimate estimate = parzenLikelihood(pool, sample, test, sigma);
  EXPECT_NEAR(estimate.value, constant - 4 / (2 * sigma * sigma) / 2, 1e-12);
  EXPECT_NEAR(estimate.error, 4 / (2 * sigma * sigma) / 2, 1e-12); // deviation 8 / sqrt(2), over sqrt(2)
}

TEST_F(Metrics, ParzenSumsWindowsHoweverFarTheyAre) {
  const Matrix samples = rows(1, {0, 100}), test = rows(1, {1, -1000});
  const Matrix densities = parzenDensities(pool, samples, test, vector({1, 2}));
  const double half = -0.5 * std::log(2 * std::numbers::pi);
  EXPECT_NEAR(densities(0, 0), std::log(0.5) + half - 0.5, 1e-12);
  EXPECT_NEAR(densities(0, 1), std::log(0.5) + half - std::log(2) - 0.125, 1e-12);
  EXPECT_NEAR(densities(1, 0), std::log(0.5) + half - 5e5, 1e-9);
  // Two windows over one point, in more blocks than one.
  Matrix many = Matrix::Zero(3000, 1);
  many.bottomRows(1500).setConstant(2);
  EXPECT_NEAR(parzenDensities(pool, many, rows(1, {0.5}), vector({1}))(0, 0),
              std::log((std::exp(-0.125) + std::exp(-1.125)) / 2) + half, 1e-12);
}

TEST_F(Metrics, ParzenOfNormalSamplesIsAWiderNormal) {
  // With many samples the windows' density is that of N(0, 1 + sigma^2).
  const double sigma = 0.3, variance = 1 + sigma * sigma;
  const Matrix samples = normals(20000, 1, 0, 1, 1), test = normals(5000, 1, 0, 1, 2);
  const double expected =
      (-0.5 * std::log(2 * std::numbers::pi * variance) - test.array().square() / (2 * variance)).mean();
  EXPECT_NEAR(parzenLikelihood(pool, samples, test, sigma).value, expected, 0.005);
}

TEST_F(Metrics, SigmaIsTheBestOfTheValidationPoints) {
  const Vector sigmas = logarithmicSpace(0.1, 1, 10);
  EXPECT_NEAR(sigmas[0], 0.1, 1e-15);
  EXPECT_NEAR(sigmas[3], std::pow(10, -2.0 / 3), 1e-15);
  EXPECT_NEAR(sigmas[9], 1, 1e-15);
  // One sample, points at distance r: the best width of a normal in d dimensions is r / sqrt(d).
  const Matrix sample = rows(2, {0, 0}), validation = rows(2, {0.3, 0, 0, -0.3});
  EXPECT_EQ(chooseSigma(pool, sample, validation, vector({0.1, 0.3 / std::sqrt(2), 0.25, 0.4})), 1);
}

TEST_F(Metrics, WassersteinOnTheLine) {
  EXPECT_DOUBLE_EQ(wasserstein1(vector({3, 1, 2}), vector({2.5, 1.5, 3.5})), 0.5);
  EXPECT_DOUBLE_EQ(wasserstein1(vector({0}), vector({-3, 3})), 3);
  // Quantiles 0 0 1 1 2 2 against 0 0 0 4 4 4, of sixths.
  EXPECT_DOUBLE_EQ(wasserstein1(vector({2, 0, 1}), vector({4, 0})), (0 + 0 + 1 + 3 + 2 + 2) / 6.0);
  // Uniform grids on (0, 1) and (0.25, 1.25), of different numbers of points.
  const Vector a = Vector::LinSpaced(1000, 0.0005, 0.9995),
               b = Vector::LinSpaced(700, 0.25 + 0.5 / 700, 1.25 - 0.5 / 700);
  EXPECT_NEAR(wasserstein1(a, b), 0.25, 1e-12);
  EXPECT_EQ(wasserstein1(a, a), 0);
}

TEST_F(Metrics, SlicedWassersteinOfAShift) {
  // Shadows of a shift v are shifted by t . v: in the plane the mean of |cos| is 2 / pi.
  const Matrix a = normals(50, 2, 0, 1, 3), b = a.rowwise() + Eigen::RowVector2d(3, 4);
  const Estimate sliced = slicedWasserstein1(pool, a, b, 4000, 7);
  EXPECT_NEAR(sliced.value, 5 * 2 / std::numbers::pi, 4 * sliced.error);
  EXPECT_NEAR(sliced.error, 5 * std::sqrt(0.5 - 4 / std::pow(std::numbers::pi, 2)) / std::sqrt(4000), 0.002);
  ThreadPool alone(1);
  EXPECT_EQ(slicedWasserstein1(alone, a, b, 100, 7).value, slicedWasserstein1(pool, a, b, 100, 7).value);
  EXPECT_NE(slicedWasserstein1(pool, a, b, 100, 8).value, slicedWasserstein1(pool, a, b, 100, 7).value);
}

TEST_F(Metrics, MmdByHand) {
  // k = exp(-d^2 / 2) of the pairs: within {0, 1} e^-1/2, within {0, 3} e^-9/2, across 1, e^-9/2, e^-1/2, e^-2.
  const double within = std::exp(-0.5) + std::exp(-4.5);
  const double across = (1 + std::exp(-4.5) + std::exp(-0.5) + std::exp(-2)) / 4;
  EXPECT_NEAR(gaussianMmd(pool, rows(1, {0, 1}), rows(1, {0, 3}), vector({1})), within - 2 * across, 1e-14);
  // The mean over widths: with the width w all squares count 1 / w^2.
  const double narrow = gaussianMmd(pool, rows(1, {0, 1}), rows(1, {0, 3}), vector({1}));
  const double wide = gaussianMmd(pool, rows(1, {0, 0.5}), rows(1, {0, 1.5}), vector({1}));
  EXPECT_NEAR(gaussianMmd(pool, rows(1, {0, 1}), rows(1, {0, 3}), vector({1, 2})), (narrow + wide) / 2, 1e-14);
  EXPECT_DOUBLE_EQ(medianDistance(pool, rows(1, {0, 1, 3})), 2);
}

TEST_F(Metrics, MmdOfTwoNormals) {
  // E k(x, y) of N(m, s^2) and N(0, s^2) is w / sqrt(w^2 + 2 s^2) exp(-m^2 / (2 (w^2 + 2 s^2))).
  const double mean = 1, width = 1.5, spread = width * width + 2;
  const double expected = 2 * width / std::sqrt(spread) * (1 - std::exp(-mean * mean / (2 * spread)));
  const Matrix a = normals(4000, 1, mean, 1, 5), b = normals(5000, 1, 0, 1, 6);
  EXPECT_NEAR(gaussianMmd(pool, a, b, vector({width})), expected, 0.015);
  EXPECT_NEAR(gaussianMmd(pool, normals(4000, 1, 0, 1, 7), b, vector({width})), 0, 0.002);
}

TEST_F(Metrics, KernelInceptionDistanceByHand) {
  // d = 1, k(x, y) = (x y + 1)^3: within 1 * 2 -> 27, within 0 * 1 -> 1; across 1, 8, 1, 27.
  const BlockEstimate one = polynomialMmd(pool, rows(1, {1, 2}), rows(1, {0, 1}));
  EXPECT_NEAR(one.mean.value, 27 + 1 - 2 * (1 + 8 + 1 + 27) / 4.0, 1e-12);
  EXPECT_EQ(one.blocks, 1);
  EXPECT_TRUE(std::isnan(one.mean.error));
  // Two equal blocks and a point that fills none.
  const BlockEstimate two = polynomialMmd(pool, rows(1, {1, 2, 1, 2, 9}), rows(1, {0, 1, 0, 1}), 2);
  EXPECT_EQ(two.blocks, 2);
  EXPECT_NEAR(two.mean.value, one.mean.value, 1e-12);
  EXPECT_NEAR(two.deviation, 0, 1e-12);
}

TEST_F(Metrics, FrechetOfNormals) {
  // In one dimension (m - n)^2 + (s - t)^2.
  Moments a{vector({1}), Matrix::Constant(1, 1, 4)}, b{vector({4}), Matrix::Constant(1, 1, 25)};
  EXPECT_NEAR(frechetDistance(a, b), 9 + 9, 1e-12);
  EXPECT_NEAR(frechetDistance(a, a), 0, 1e-12);
  // Covariances of the same axes: the roots' differences; rotated by 30 degrees, and one of them singular.
  Eigen::Matrix2d turn;
  turn << std::cos(0.5), -std::sin(0.5), std::sin(0.5), std::cos(0.5);
  const Eigen::Vector2d first(9, 0), second(1, 4);
  a = {vector({0, 0}), turn * first.asDiagonal() * turn.transpose()};
  b = {vector({0, 2}), turn * second.asDiagonal() * turn.transpose()};
  EXPECT_NEAR(frechetDistance(a, b), 4 + 4 + 4, 1e-7);
  EXPECT_NEAR(frechetDistance(b, a), 4 + 4 + 4, 1e-7);
  const Moments found = momentsOf(pool, rows(2, {1, 0, 3, 4}));
  EXPECT_EQ(found.mean, vector({2, 2}));
  EXPECT_EQ(found.covariance, rows(2, {2, 4, 4, 8}));
}

TEST_F(Metrics, FrechetOfWideNormalsOfManyDimensions) {
  const int64_t d = 100;
  const Matrix a = normals(5000, d, 0, 1, 1), b = normals(5000, d, 0.1, 2, 2);
  EXPECT_NEAR(frechetDistance(momentsOf(pool, a), momentsOf(pool, b)), d * (0.01 + 1), 3);
}

TEST_F(Metrics, JensenShannonOfHistograms) {
  const Matrix low = rows(1, {0, 0.1, 0.2}), high = rows(1, {0.9, 1, 1});
  const JensenShannon apart = jensenShannon(low, high, 2);
  EXPECT_NEAR(apart.value, std::log(2), 1e-15);
  EXPECT_EQ(apart.occupied, 2);
  EXPECT_NEAR(apart.floor, (1 / 3.0 + 1 / 3.0) / 8, 1e-15);
  EXPECT_EQ(jensenShannon(low, low, 100).value, 0);
  // Shares 1/2, 1/2 against 1, 0.
  const double expected = (0.5 * std::log(0.5 / 0.75) + 0.5 * std::log(2) + std::log(1 / 0.75)) / 2;
  EXPECT_NEAR(jensenShannon(rows(1, {0, 1}), rows(1, {0, 0, 0.25}), 2).value, expected, 1e-15);
  // In the plane: three of four corners, two of them shared.
  EXPECT_NEAR(jensenShannon(rows(2, {0, 0, 1, 1}), rows(2, {0, 0, 1, 0}), 2).value, std::log(2) / 2, 1e-15);
  const Matrix a = normals(20000, 1, 0, 1, 1), b = normals(20000, 1, 0, 1, 2);
  const JensenShannon equal = jensenShannon(a, b, 50);
  EXPECT_NEAR(equal.value, equal.floor, equal.floor);
}

TEST_F(Metrics, InceptionScoreOfClasses) {
  // Certain of each of three classes equally often: 3. Never certain: 1.
  Matrix certain = Matrix::Zero(30, 3), vague = Matrix::Constant(30, 3, 1 / 3.0);
  for (int64_t i = 0; i < 30; ++i)
    certain(i, i % 3) = 1;
  EXPECT_NEAR(inceptionScore(certain, 10).value, 3, 1e-12);
  EXPECT_NEAR(inceptionScore(certain, 10).error, 0, 1e-12);
  EXPECT_NEAR(inceptionScore(vague, 1).value, 1, 1e-12);
  certain.topRows(10).setZero();
  certain.topRows(10).col(0).setConstant(1); // one class alone in the first of three parts
  EXPECT_NEAR(inceptionScore(certain.topRows(10), 1).value, 1, 1e-12);
}
