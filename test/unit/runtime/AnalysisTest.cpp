#include "runtime/cli/Analysis.h"
#include "runtime/analysis/Leading.h"
#include "runtime/analysis/Portrait.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Trainer.h"
#include "runtime/cpu/CpuDevice.h"
#include "test/unit/runtime/FakeGames.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace agon::rt;
using namespace agon::rt::test;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

using Values = std::vector<Eigenvalue>;

std::string flow(const Values &values) { return natureOfFlow(values).text(); }
std::string map(const Values &values) { return natureOfMap(values).text(); }

/// J = gamma phi theta - alpha phi^2 / 2 + beta theta^2 / 2; phi maximizes, theta minimizes.
MatrixXd quadratic(double alpha, double beta, double gamma) {
  MatrixXd jacobian(2, 2);
  jacobian << -alpha, gamma, -gamma, -beta;
  return jacobian;
}

const std::vector<Mover> both{{0, 1, 1}, {1, 1, 1}};

} // namespace

TEST(Nature, OfAFlowIsToldByRealAndImaginaryParts) {
  EXPECT_EQ(flow({{-1, 0}, {-2, 0}}), "stable node");
  EXPECT_EQ(flow({{1, 0}, {2, 0}}), "unstable node");
  EXPECT_EQ(flow({{-1, 3}, {-1, -3}}), "stable focus");
  EXPECT_EQ(flow({{1, 3}, {1, -3}}), "unstable focus");
  EXPECT_EQ(flow({{0, 3}, {0, -3}}), "centre");
  EXPECT_EQ(flow({{1, 0}, {-2, 0}}), "saddle");
  EXPECT_EQ(flow({{0, 3}, {0, -3}, {-1, 0}}), "centre, stable in the other directions");
  EXPECT_EQ(flow({{-1, 0}, {0, 0}}), "degenerate: 1 direction does not move; else stable node");
  EXPECT_EQ(flow({{1, 2}, {1, -2}, {0, 0}, {0, 0}}), "degenerate: 2 directions do not move; else unstable focus");
  EXPECT_EQ(flow({{0, 0}}), "degenerate: the eigenvalues tell of no motion");
  EXPECT_EQ(natureOfFlow(Values{{-1, 0}, {0, 0}}).stability, Nature::Neither);
  // A double eigenvalue, which rounding has made a pair.
  EXPECT_EQ(flow({{-1, 1e-8}, {-1, -1e-8}}), "stable node");
  // What is small is so against the largest.
  EXPECT_EQ(flow({{1e-15, 3}, {1e-15, -3}}), "centre");
}

TEST(Nature, OfAMapIsToldByModuliAndArguments) {
  EXPECT_EQ(map({{0.5, 0}, {0.9, 0}}), "stable node");
  EXPECT_EQ(map({{0.5, 0}, {-0.9, 0}}), "stable node, changing sides");
  EXPECT_EQ(map({{1.5, 0}, {1.1, 0}}), "unstable node");
  EXPECT_EQ(map({{0.5, 0.5}, {0.5, -0.5}}), "stable focus");
  EXPECT_EQ(map({{1, 0.5}, {1, -0.5}}), "unstable focus");
  EXPECT_EQ(map({{0.6, 0.8}, {0.6, -0.8}}), "centre");
  EXPECT_EQ(map({{1.5, 0}, {0.5, 0}}), "saddle");
  EXPECT_EQ(map({{1, 0}, {0.5, 0}}), "degenerate: 1 direction does not move; else stable node");
  // A small rate makes all multipliers nearly 1.
  EXPECT_EQ(map({{1 - 1e-6, 1e-6}, {1 - 1e-6, -1e-6}}), "stable focus");
}

TEST(Nature, FrequenciesAreThoseOfTheSlowestToDie) {
  EXPECT_DOUBLE_EQ(frequencyOfFlow(Values{{-0.1, 2}, {-0.1, -2}, {-3, 5}, {-3, -5}}), 2);
  EXPECT_DOUBLE_EQ(frequencyOfFlow(Values{{-0.1, 0}}), 0);
  EXPECT_DOUBLE_EQ(frequencyOfMap(Values{{0, 0.9}, {0, -0.9}, {0.5, 0.1}, {0.5, -0.1}}), std::acos(0.0));
  EXPECT_DOUBLE_EQ(conditionOf(Values{{-4, 0}, {-0.5, 0}}), 8);
  EXPECT_EQ(conditionOf(Values{{-4, 0}, {0, 0}}), HUGE_VAL);
}

TEST(Play, MapsAreTheStepsInTheirOrder) {
  MatrixXd jacobian = quadratic(0.5, 0.2, 2);
  std::vector<Mover> movers{{0, 1, 0.1}, {1, 1, 0.3}};
  MatrixXd first(2, 2), second(2, 2), at(2, 2);
  at << 1 - 0.05, 0.2, -0.6, 1 - 0.06;
  first << 1 - 0.05, 0.2, 0, 1;
  second << 1, 0, -0.6, 1 - 0.06;
  EXPECT_LT((simultaneousMap(jacobian, movers) - at).norm(), 1e-15);
  EXPECT_LT((alternatingMap(jacobian, movers) - second * first).norm(), 1e-15);
  std::vector<Mover> other{movers[1], movers[0]};
  EXPECT_LT((alternatingMap(jacobian, other) - first * second).norm(), 1e-15);
}

TEST(Play, LargestStepsOfTheQuadraticGameAreTheClosedForms) {
  for (double alpha : {0.1, 0.7, 3.0})
    for (double beta : {0.05, 0.7, 2.0})
      for (double gamma : {0.02, 0.3, 1.0, 4.0}) {
        MatrixXd jacobian = quadratic(alpha, beta, gamma);
        SCOPED_TRACE(testing::Message() << alpha << " " << beta << " " << gamma);
        double sum = alpha + beta, product = alpha * beta, root = sum * sum / 4 - product - gamma * gamma;
        double simultaneous = root < 0 ? sum / (product + gamma * gamma) : 2 / (sum / 2 + std::sqrt(root));
        EXPECT_NEAR(largestSimultaneousFactor(jacobian, both) / simultaneous, 1, 1e-9);
        // Jury's conditions on the trace 2 - h sum - h^2 gamma^2 and the determinant (1 - h alpha)(1 - h beta).
        double alternating = sum / product, lead = product - gamma * gamma;
        double part = sum * sum - 4 * lead; // 4 - 2 h sum + h^2 lead = 0
        if (double low = 4 / (sum + std::sqrt(part)); part >= 0 && low > 0)
          alternating = std::min(alternating, low);
        if (double inside = sum * sum - 8 * product; inside >= 0) // 2 - h sum + h^2 product = 0
          alternating = std::min(alternating, (sum - std::sqrt(inside)) / (2 * product));
        EXPECT_NEAR(largestAlternatingFactor(jacobian, both) / alternating, 1, 1e-9);
      }
}

TEST(Play, LargestStepsWithoutDampingOrWithout) {
  // Bilinear: simultaneous play diverges at every rate, alternating play is bounded up to 2 / gamma.
  EXPECT_EQ(largestSimultaneousFactor(quadratic(0, 0, 2.5), both), 0);
  EXPECT_NEAR(largestAlternatingFactor(quadratic(0, 0, 2.5), both), 0.8, 1e-9);
  // One who would rather leave.
  EXPECT_EQ(largestSimultaneousFactor(quadratic(-0.5, 0.1, 1), both), 0);
  EXPECT_EQ(largestAlternatingFactor(quadratic(-0.5, 0.1, 1), both), 0);
  // Nothing moves.
  EXPECT_EQ(largestAlternatingFactor(MatrixXd::Zero(2, 2), both), HUGE_VAL);
  EXPECT_EQ(largestAlternatingFactor(HUGE_VAL * MatrixXd::Ones(2, 2), both), 0);
  EXPECT_EQ(largestSimultaneousFactor(MatrixXd::Zero(2, 2), both), HUGE_VAL);
  // Rates of their own: the factor falls as they rise.
  std::vector<Mover> movers{{0, 1, 0.2}, {1, 1, 0.2}};
  EXPECT_NEAR(largestAlternatingFactor(quadratic(0, 0, 2.5), movers), 4, 1e-8);
}

TEST(Spectrum, LeadingEigenvaluesAreThoseOfTheDenseMatrix) {
  const Eigen::Index n = 60;
  MatrixXd matrix(n, n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j)
      matrix(i, j) = std::sin(double(1 + 7 * i + 3 * j * j)) / 8 - (i == j ? 0.3 + 0.02 * double(i) : 0);
  Values all = eigenvalues(matrix);
  Product product = [&](const VectorXd &x) -> VectorXd { return matrix * x; };
  Values real = leadingEigenvalues(n, product, Leading::LargestReal, 4);
  ASSERT_GE(real.size(), 4u);
  for (size_t i = 0; i < 4; ++i)
    EXPECT_LT(std::abs(real[i] - all[i]), 1e-8) << i;
  Values modulus = leadingEigenvalues(n, product, Leading::LargestModulus, 4);
  ASSERT_GE(modulus.size(), 4u);
  EXPECT_NEAR(std::abs(modulus[0]), spectralRadius(all), 1e-8);
  EXPECT_EQ(modulus, leadingEigenvalues(n, product, Leading::LargestModulus, 4)) << "the same on every run";
  MatrixXd symmetric = matrix + matrix.transpose();
  Product own = [&](const VectorXd &x) -> VectorXd { return symmetric * x; };
  std::vector<double> ends = extremeEigenvalues(n, own, 4), whole = symmetricEigenvalues(symmetric);
  ASSERT_EQ(ends.size(), 4u);
  EXPECT_NEAR(ends.front(), whole.front(), 1e-8);
  EXPECT_NEAR(ends.back(), whole.back(), 1e-8);
}

TEST(GameField, IsMinusTheGradientsOfWhatIsMinimized) {
  NoFeed feed;
  Instance instance(productGame(), openCpu(1));
  Trainer(instance, feed, 1).initialize([](uint32_t) {});
  const agon_cell &data = instance.cell(uint32_t(instance.findCell(AGON_CELL_DATA, "c")));
  instance.store<double>(data, std::vector<double>{0.1, 0.6, 0.3, 0.5, 0.2, 0.9});
  GameField field(instance, feed, 1, 1);
  ASSERT_EQ(field.size(), 6);
  ASSERT_EQ(field.players().size(), 2u);
  EXPECT_EQ(field.nameOf(4), "theta.w[1]");
  VectorXd w = field.point();
  EXPECT_DOUBLE_EQ(w[2], 0.7);
  EXPECT_DOUBLE_EQ(w[3], 0.7);
  // phi maximizes c phi theta^2 + ..., so it moves up its own gradient.
  VectorXd v = field();
  EXPECT_NEAR(v[0], 0.3 * 0.7 * 0.7 + std::cos(0.3 * 0.6) * 0.6, 1e-15);
  EXPECT_NEAR(v[3], -(2 * 0.3 * 0.3 * 0.7 + std::cos(0.7 * 0.7) * 0.7), 1e-15);
  MatrixXd jacobian = field.jacobian(), differences(6, 6);
  const double h = 1e-5;
  for (Eigen::Index j = 0; j < 6; ++j) {
    VectorXd step = h * VectorXd::Unit(6, j);
    differences.col(j) = (field.at(w + step) - field.at(w - step)) / (2 * h);
  }
  EXPECT_LT((jacobian - differences).norm(), 1e-8);
  field.moveTo(w);
  EXPECT_LT((field.transposedTimes(VectorXd::Ones(6)) - jacobian.transpose() * VectorXd::Ones(6)).norm(), 1e-14);
  // Of what phi minimizes, minus J.
  EXPECT_LT((field.hessian(field.players()[0]) + jacobian.topLeftCorner(3, 3)).norm(), 1e-14);
  EXPECT_LT((field.hessian(field.players()[1]) + jacobian.bottomRightCorner(3, 3)).norm(), 1e-14);
}

TEST(Rates, AreThoseOfPlainSgdOrAsTold) {
  const std::map<std::string, std::string> constants = {{"rate", "0.3"}, {"shape", "[2, 3]"}};
  EXPECT_EQ(plainRate("sgd(lr = 0.1)", constants), 0.1);
  EXPECT_EQ(plainRate("sgd(lr = rate)", constants), 0.3);
  EXPECT_EQ(plainRate("sgd(lr = shape)", constants), std::nullopt);
  EXPECT_EQ(plainRate("sgd(lr = 2 * rate)", constants), std::nullopt);
  EXPECT_EQ(plainRate("sgd(1e-3)", constants), 1e-3);
  EXPECT_EQ(plainRate("sgd()", constants), 0.01);
  EXPECT_EQ(plainRate("sgd(lr = 0.1, momentum = 0.5)", constants), std::nullopt);
  EXPECT_EQ(plainRate("sgd(lr = 1 / t)", constants), std::nullopt);
  EXPECT_EQ(plainRate("clip_norm(1) then sgd(lr = 0.1)", constants), std::nullopt);
  EXPECT_EQ(plainRate("adam(lr = 0.1)", constants), std::nullopt);

  Instance instance(productGame(), openCpu(1));
  EXPECT_EQ(ratesOf(instance, {}, {}), (Rates{{"phi", 0.01}, {"theta", 0.01}}));
  EXPECT_EQ(ratesOf(instance, {}, {{"phi.lr", 0.5}}), (Rates{{"phi", 0.5}, {"theta", 0.01}}));
  EXPECT_EQ(ratesOf(instance, {"phi=2", "0.3"}, {}), (Rates{{"phi", 2}, {"theta", 0.3}}));
  for (const std::vector<std::string> &wrong :
       {std::vector<std::string>{"fi=1"}, {"0"}, {"-1"}, {"x"}, {"1", "2"}, {"phi=1", "phi=2"}})
    EXPECT_THROW(ratesOf(instance, wrong, {}), Failure) << wrong[0];
  EXPECT_EQ(orderOfPlay(instance), (std::vector<std::string>{"phi", "theta"}));
}
