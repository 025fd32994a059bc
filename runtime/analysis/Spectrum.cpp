#include "runtime/analysis/Spectrum.h"

#include "runtime/core/Failure.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <numbers>

using namespace agon::rt;

namespace {

/// Below this share of the largest a growth rate or an eigenvalue is rounding.
constexpr double small = 1e-9;
/// Two equal real eigenvalues come apart by the root of the rounding error, as a pair.
constexpr double smallTurn = 1e-7;
/// Rounding of a multiplier.
constexpr double unitRounding = 1e-14;

/// What one direction does.
struct Behaviour {
  double growth; ///< of the logarithm of its length
  bool still = false, turns = false, flips = false;
};

Nature judge(std::span<const Behaviour> behaviours) {
  Nature nature;
  size_t shrink = 0, grow = 0, stay = 0;
  bool turns = false;
  for (const Behaviour &each : behaviours) {
    if (each.still) {
      ++nature.still;
      continue;
    }
    ++(each.growth < 0 ? shrink : each.growth > 0 ? grow : stay);
    turns |= each.turns;
    nature.changesSides |= each.flips;
  }
  if (shrink + grow + stay == 0)
    return nature;
  nature.stability = grow ? Nature::Unstable : stay || nature.still ? Nature::Neither : Nature::Stable;
  nature.kind = grow && shrink ? Nature::Saddle : stay && !grow ? Nature::Centre : turns ? Nature::Focus : Nature::Node;
  nature.shrinksElsewhere = nature.kind == Nature::Centre && shrink > 0;
  return nature;
}

double largestModulus(std::span<const Eigenvalue> values) {
  double largest = 0;
  for (Eigenvalue value : values)
    largest = std::max(largest, std::abs(value));
  return largest;
}

} // namespace

void agon::rt::sortForFlow(std::vector<Eigenvalue> &values) {
  std::sort(values.begin(), values.end(), [](Eigenvalue a, Eigenvalue b) {
    return a.real() != b.real() ? a.real() > b.real() : a.imag() > b.imag();
  });
}

void agon::rt::sortForMap(std::vector<Eigenvalue> &values) {
  std::sort(values.begin(), values.end(), [](Eigenvalue a, Eigenvalue b) {
    double x = std::abs(a), y = std::abs(b);
    return x != y ? x > y : a.real() != b.real() ? a.real() > b.real() : a.imag() > b.imag();
  });
}

std::vector<Eigenvalue> agon::rt::eigenvalues(const Eigen::MatrixXd &matrix) {
  if (!matrix.allFinite())
    fail(ExitCode::RunFailed, "the Jacobian is not finite here");
  Eigen::EigenSolver<Eigen::MatrixXd> solver(matrix, /*computeEigenvectors=*/false);
  if (solver.info() != Eigen::Success)
    fail(ExitCode::RunFailed, "the eigenvalues of the Jacobian cannot be computed: the iteration does not converge");
  std::vector<Eigenvalue> values(solver.eigenvalues().begin(), solver.eigenvalues().end());
  sortForFlow(values);
  return values;
}

std::vector<double> agon::rt::symmetricEigenvalues(const Eigen::MatrixXd &matrix) {
  if (!matrix.allFinite())
    fail(ExitCode::RunFailed, "the Hessian is not finite here");
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix, Eigen::EigenvaluesOnly);
  std::vector<double> values(solver.eigenvalues().begin(), solver.eigenvalues().end());
  std::reverse(values.begin(), values.end());
  return values;
}

std::string Nature::text() const {
  static const char *const names[] = {"node", "focus", "centre", "saddle", "still"};
  std::string name = names[kind];
  if (kind == Node || kind == Focus)
    name = (stability == Unstable ? "unstable " : "stable ") + name;
  if (shrinksElsewhere)
    name += ", stable in the other directions";
  if (changesSides)
    name += ", changing sides";
  if (kind == Still)
    return "degenerate: the eigenvalues tell of no motion";
  if (still)
    name = fmt::format("degenerate: {} direction{} not move; else {}", still, still == 1 ? " does" : "s do", name);
  return name;
}

Nature agon::rt::natureOfFlow(std::span<const Eigenvalue> values) {
  double scale = largestModulus(values);
  std::vector<Behaviour> behaviours;
  for (Eigenvalue value : values) {
    bool stays = std::abs(value.real()) <= small * scale;
    behaviours.push_back(
        {stays ? 0 : value.real(), std::abs(value) <= small * scale, std::abs(value.imag()) > smallTurn * scale});
  }
  return judge(behaviours);
}

Nature agon::rt::natureOfMap(std::span<const Eigenvalue> multipliers) {
  double scale = 0;
  for (Eigenvalue value : multipliers)
    scale = std::max(scale, std::abs(value - 1.0));
  double tolerance = std::max(small * scale, unitRounding);
  std::vector<Behaviour> behaviours;
  for (Eigenvalue value : multipliers) {
    double growth = std::abs(value) - 1;
    bool turns = std::abs(value.imag()) > smallTurn * scale;
    behaviours.push_back({std::abs(growth) <= tolerance ? 0 : growth, std::abs(value - 1.0) <= tolerance, turns,
                          !turns && value.real() < -tolerance});
  }
  return judge(behaviours);
}

double agon::rt::frequencyOfFlow(std::span<const Eigenvalue> values) {
  double scale = largestModulus(values);
  const Eigenvalue *slowest = nullptr;
  for (const Eigenvalue &value : values)
    if (std::abs(value.imag()) > smallTurn * scale && (!slowest || value.real() > slowest->real()))
      slowest = &value;
  return slowest ? std::abs(slowest->imag()) : 0;
}

double agon::rt::frequencyOfMap(std::span<const Eigenvalue> multipliers) {
  double scale = 0;
  for (Eigenvalue value : multipliers)
    scale = std::max(scale, std::abs(value - 1.0));
  const Eigenvalue *slowest = nullptr;
  for (const Eigenvalue &value : multipliers)
    if (std::abs(value.imag()) > smallTurn * scale && (!slowest || std::abs(value) > std::abs(*slowest)))
      slowest = &value;
  return slowest ? std::abs(std::arg(*slowest)) : 0;
}

double agon::rt::largestRealPart(std::span<const Eigenvalue> values) {
  double largest = -HUGE_VAL;
  for (Eigenvalue value : values)
    largest = std::max(largest, value.real());
  return largest;
}

double agon::rt::spectralRadius(std::span<const Eigenvalue> values) { return largestModulus(values); }

double agon::rt::conditionOf(std::span<const Eigenvalue> values) {
  double smallest = HUGE_VAL;
  for (Eigenvalue value : values)
    smallest = std::min(smallest, std::abs(value));
  double largest = largestModulus(values);
  return smallest > small * small * largest ? largest / smallest : HUGE_VAL;
}
