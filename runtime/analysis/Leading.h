//===- Leading.h - Some eigenvalues of large matrices -----------*- C++ -*-===//
#ifndef AGON_RUNTIME_ANALYSIS_LEADING_H
#define AGON_RUNTIME_ANALYSIS_LEADING_H

#include "runtime/analysis/Spectrum.h"

#include <functional>

namespace agon::rt {

/// A matrix times a vector.
using Product = std::function<Eigen::VectorXd(const Eigen::VectorXd &)>;

enum class Leading { LargestModulus, LargestReal, SmallestReal };

/// Up to `count` of the eigenvalues of a matrix of `size` rows that is known by its products alone, by Arnoldi's
/// iteration with implicit restarts; those that converged. The same on every run. `size` is 3 or more.
std::vector<Eigenvalue> leadingEigenvalues(Eigen::Index size, const Product &product, Leading which, int count);

/// The same of a symmetric matrix, by Lanczos's: the greatest and the least, the greatest first.
std::vector<double> extremeEigenvalues(Eigen::Index size, const Product &product, int count);

} // namespace agon::rt

#endif // AGON_RUNTIME_ANALYSIS_LEADING_H
