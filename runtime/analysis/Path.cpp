#include "runtime/analysis/Path.h"

using namespace agon::rt;

std::vector<PathPlace> agon::rt::fieldAlong(GameField &field, const Eigen::VectorXd &from, const Eigen::VectorXd &to) {
  constexpr int parts = 20, beyond = 4;
  Eigen::VectorXd way = to - from;
  std::vector<PathPlace> places;
  for (int i = 0; i <= parts + beyond; ++i) {
    double along = double(i) / parts;
    Eigen::VectorXd v = field.at(from + along * way);
    double norm = v.norm();
    places.push_back({along, norm, norm > 0 ? v.dot(way) / (norm * way.norm()) : 0});
  }
  return places;
}
