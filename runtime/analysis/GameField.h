//===- GameField.h - The directions in which players move -------*- C++ -*-===//
#ifndef AGON_RUNTIME_ANALYSIS_GAMEFIELD_H
#define AGON_RUNTIME_ANALYSIS_GAMEFIELD_H

#include "runtime/core/Feed.h"
#include "runtime/core/Instance.h"

#include <Eigen/Core>
#include <string>
#include <vector>

namespace agon::rt {

/// The vector field v of a game: at a point, which is the parameters of all players one after the other, minus the
/// gradient of what each player minimizes by its own parameters. All players see the same minibatch and the same
/// draws, as in a turn in which all move. Where there are any, v is the mean over some minibatches.
class GameField {
public:
  struct Player {
    std::string name;
    Eigen::Index first, count; ///< its parameters in a point
    double sign;               ///< of its objective in what it minimizes
    uint32_t number;
  };

  /// \param draws minibatches to take the mean over, of a game that has data or noise.
  /// \throws Failure (Usage): not a 64-bit build, no parameters.
  GameField(Instance &instance, Feed &feed, int64_t seed, int64_t draws);

  /// Whether the field depends on data or noise.
  bool isRandom() const { return random; }
  int64_t draws() const { return count; }
  /// Those that have parameters, in order of declaration.
  const std::vector<Player> &players() const { return seats; }
  Eigen::Index size() const { return total; }
  /// "D.dense_0.W[1, 0]"
  std::string nameOf(Eigen::Index element) const;

  Eigen::VectorXd point() const;
  void moveTo(const Eigen::VectorXd &point);
  /// v where the game is now.
  Eigen::VectorXd operator()();
  Eigen::VectorXd at(const Eigen::VectorXd &point) {
    moveTo(point);
    return (*this)();
  }
  /// The transposed Jacobian of v times `u`.
  Eigen::VectorXd transposedTimes(const Eigen::VectorXd &u);
  /// The Jacobian of v: row i has the derivatives of element i.
  Eigen::MatrixXd jacobian();
  /// The Hessian, of what a player minimizes by its own parameters, times `u`; what is stopped is held. The field's
  /// Jacobian is minus that in its block, but for what passes through stopped numbers.
  Eigen::VectorXd hessianTimes(const Player &player, const Eigen::VectorXd &u);
  Eigen::MatrixXd hessian(const Player &player);

private:
  /// A parameter tensor.
  struct Tensor {
    Eigen::Index first, count;
    double sign;
    uint32_t weights, gradient, direction, curvature, stopped, base;
  };

  void addTensors(uint32_t player);
  void findDraws();
  void draw(int64_t number);
  Eigen::VectorXd read(uint32_t Tensor::*cell) const;
  /// Calls the curvature function for the present draw, with `factor` times these directions of what is minimized.
  void callCurvature(const Eigen::VectorXd &u, double factor);
  /// The product for the present draw.
  Eigen::VectorXd drawnTimes(const Eigen::VectorXd &u);

  Instance &instance;
  Feed &feed;
  int64_t seed, count, drawn = -1;
  bool random = false;
  Eigen::Index total = 0;
  std::vector<Player> seats;
  std::vector<Tensor> tensors;
  std::vector<uint32_t> gradients, groups;
  uint32_t curvature = 0;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_ANALYSIS_GAMEFIELD_H
