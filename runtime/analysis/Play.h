//===- Play.h - Linear maps of ways to play ---------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_ANALYSIS_PLAY_H
#define AGON_RUNTIME_ANALYSIS_PLAY_H

#include "runtime/analysis/Spectrum.h"

#include <functional>

namespace agon::rt {

/// A player's step of gradient descent: its parameters in a point, and the rate.
struct Mover {
  Eigen::Index first, count;
  double rate;
};

/// What an iteration does to a small distance from an equilibrium, of a field with the Jacobian J: all move at once, or
/// one after the other in the order of `movers`.
Eigen::MatrixXd simultaneousMap(const Eigen::MatrixXd &jacobian, std::span<const Mover> movers, double factor = 1);
Eigen::MatrixXd alternatingMap(const Eigen::MatrixXd &jacobian, std::span<const Mover> movers, double factor = 1);

/// The factor on all rates up to which no multiplier lies outside of the unit circle; 0 if there is none, infinity if
/// every factor will do. Where the eigenvalues of the flow are on the imaginary axis that is bounded, not stable.
double largestSimultaneousFactor(const Eigen::MatrixXd &jacobian, std::span<const Mover> movers);
/// The same by search: upwards until a multiplier leaves the circle, then by bisection.
double largestAlternatingFactor(const Eigen::MatrixXd &jacobian, std::span<const Mover> movers);

/// -2 Re(l) / |l|^2 of an eigenvalue of the flow's Jacobian, the least over all that are not zero.
double largestSimultaneousFactor(std::span<const Eigenvalue> values);

} // namespace agon::rt

#endif // AGON_RUNTIME_ANALYSIS_PLAY_H
