//===- Path.h - The field between two points --------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_ANALYSIS_PATH_H
#define AGON_RUNTIME_ANALYSIS_PATH_H

#include "runtime/analysis/GameField.h"

namespace agon::rt {

/// The field at one place of the straight line through two points (Berard et al. 2020).
struct PathPlace {
  double along; ///< 0 at the first point, 1 at the second
  double norm;  ///< |v|
  double angle; ///< the cosine between v and the way from the first to the second: the path-angle
};

/// From the first point to a little beyond the second, where the field shows attraction by a change of the cosine's
/// sign, rotation by a bump.
std::vector<PathPlace> fieldAlong(GameField &field, const Eigen::VectorXd &from, const Eigen::VectorXd &to);

} // namespace agon::rt

#endif // AGON_RUNTIME_ANALYSIS_PATH_H
