#include "runtime/analysis/Leading.h"

#include "runtime/core/Failure.h"

#include <Spectra/GenEigsSolver.h>
#include <Spectra/SymEigsSolver.h>
#include <algorithm>

using namespace agon::rt;

namespace {

constexpr double tolerance = 1e-10;
constexpr int restarts = 100;

/// A Product as Spectra asks for one.
struct Operation {
  using Scalar = double;

  Eigen::Index rows() const { return size; }
  Eigen::Index cols() const { return size; }
  void perform_op(const double *from, double *to) const {
    Eigen::VectorXd result = product(Eigen::Map<const Eigen::VectorXd>(from, size));
    if (!result.allFinite())
      fail(ExitCode::RunFailed, "the Jacobian is not finite here");
    Eigen::Map<Eigen::VectorXd>(to, size) = result;
  }

  Eigen::Index size;
  const Product &product;
};

/// The dimension of the Krylov space.
Eigen::Index dimension(Eigen::Index size, Eigen::Index count) {
  return std::min(size, std::max(4 * count, count + 30));
}

} // namespace

std::vector<Eigenvalue> agon::rt::leadingEigenvalues(Eigen::Index size, const Product &product, Leading which,
                                                     int count) {
  Operation operation{size, product};
  Eigen::Index wanted = std::min<Eigen::Index>(count, size - 2);
  Spectra::GenEigsSolver<Operation> solver(operation, wanted, dimension(size, wanted));
  solver.init();
  Spectra::SortRule rule = which == Leading::LargestModulus ? Spectra::SortRule::LargestMagn
                           : which == Leading::LargestReal  ? Spectra::SortRule::LargestReal
                                                            : Spectra::SortRule::SmallestReal;
  solver.compute(rule, restarts, tolerance);
  Eigen::VectorXcd found = solver.eigenvalues();
  std::vector<Eigenvalue> values(found.begin(), found.end());
  which == Leading::LargestModulus ? sortForMap(values) : sortForFlow(values);
  return values;
}

std::vector<double> agon::rt::extremeEigenvalues(Eigen::Index size, const Product &product, int count) {
  Operation operation{size, product};
  Eigen::Index wanted = std::min<Eigen::Index>(count, size - 1);
  Spectra::SymEigsSolver<Operation> solver(operation, wanted, dimension(size, wanted));
  solver.init();
  solver.compute(Spectra::SortRule::BothEnds, restarts, tolerance);
  Eigen::VectorXd found = solver.eigenvalues();
  std::vector<double> values(found.begin(), found.end());
  std::sort(values.begin(), values.end(), std::greater<>());
  return values;
}
