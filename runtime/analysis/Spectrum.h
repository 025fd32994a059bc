//===- Spectrum.h - Eigenvalues and what they tell --------------*- C++ -*-===//
#ifndef AGON_RUNTIME_ANALYSIS_SPECTRUM_H
#define AGON_RUNTIME_ANALYSIS_SPECTRUM_H

#include <Eigen/Core>
#include <complex>
#include <span>
#include <string>
#include <vector>

namespace agon::rt {

using Eigenvalue = std::complex<double>;

/// All eigenvalues, those that grow fastest first; of a pair the one with the positive imaginary part first.
/// \throws Failure (RunFailed): the matrix is not finite.
std::vector<Eigenvalue> eigenvalues(const Eigen::MatrixXd &matrix);
/// Of a symmetric matrix, the greatest first.
std::vector<double> symmetricEigenvalues(const Eigen::MatrixXd &matrix);
/// Puts them in that order: of a flow by real parts, of a map by moduli.
void sortForFlow(std::vector<Eigenvalue> &values);
void sortForMap(std::vector<Eigenvalue> &values);

/// What kind of equilibrium a point is.
struct Nature {
  enum Kind {
    Node,   ///< all directions shrink, or all grow, none turns
    Focus,  ///< the same, and some turn
    Centre, ///< some turn and neither shrink nor grow; none grows
    Saddle, ///< some shrink and some grow
    Still   ///< nothing moves
  } kind = Still;
  enum { Stable, Unstable, Neither } stability = Neither;
  bool shrinksElsewhere = false; ///< Centre: other directions shrink
  bool changesSides = false;     ///< maps: a negative multiplier, so that every step lands on the other side
  size_t still = 0;              ///< directions that do not move in first order

  /// "stable focus", "degenerate: 2 directions do not move; else stable node".
  std::string text() const;
};

/// By the eigenvalues of the Jacobian of a flow.
Nature natureOfFlow(std::span<const Eigenvalue> values);
/// By the multipliers of a map, the eigenvalues of its Jacobian.
Nature natureOfMap(std::span<const Eigenvalue> multipliers);

/// How fast the slowest-dying of the directions that turn does so, or 0 if none turns: the imaginary part, or for a map
/// the argument.
double frequencyOfFlow(std::span<const Eigenvalue> values);
double frequencyOfMap(std::span<const Eigenvalue> multipliers);

double largestRealPart(std::span<const Eigenvalue> values);
double spectralRadius(std::span<const Eigenvalue> values);
/// The largest modulus over the smallest.
double conditionOf(std::span<const Eigenvalue> values);

} // namespace agon::rt

#endif // AGON_RUNTIME_ANALYSIS_SPECTRUM_H
