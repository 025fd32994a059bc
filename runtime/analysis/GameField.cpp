#include "runtime/analysis/GameField.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Random.h"

using namespace agon::rt;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

GameField::GameField(Instance &instance, Feed &feed, int64_t seed, int64_t draws)
    : instance(instance), feed(feed), seed(seed), count(draws) {
  const agon_model &model = instance.model();
  if (model.real != AGON_F64)
    fail(ExitCode::Usage, "analyze needs 64-bit numbers; compile the game with --float=f64");
  int function = instance.findFunction(AGON_FN_CURVATURE);
  if (function < 0)
    fail(ExitCode::Usage, "no player of this game has parameters: there is nothing to analyze");
  curvature = uint32_t(function);
  for (uint32_t player = 0; player < model.num_players; ++player)
    addTensors(player);
  findDraws();
}

void GameField::addTensors(uint32_t player) {
  const agon_player &seat = instance.model().players[player];
  std::string prefix = fmt::format("gradient.{}.", seat.name);
  double sign = seat.maximizes ? -1 : 1;
  Index first = total;
  for (uint32_t index : instance.cellsOf(AGON_CELL_GRADIENT)) {
    const agon_cell &cell = instance.cell(index);
    if (!std::string_view(cell.name).starts_with(prefix))
      continue;
    std::string parameter = cell.name + prefix.size();
    auto find = [&](uint32_t kind, const std::string &name) {
      int found = instance.findCell(kind, name);
      if (found < 0 || instance.cell(uint32_t(found)).dtype != AGON_F64)
        fail(ExitCode::Internal, "{} has no cell {}", cell.name, name);
      return uint32_t(found);
    };
    std::string subject = cell.name + std::string_view("gradient.").size();
    Index entries = instance.count(cell);
    tensors.push_back(
        {total, entries, sign, find(AGON_CELL_PARAMETER, parameter), index,
         find(AGON_CELL_DIRECTION, "direction." + subject), find(AGON_CELL_CURVATURE, "curvature." + subject),
         find(AGON_CELL_CURVATURE, "curvature.stopped:" + subject), find(AGON_CELL_BASE, "base." + subject)});
    total += entries;
  }
  if (total == first)
    return;
  seats.push_back({seat.name, first, total - first, sign, player});
  int gradient = instance.findFunction(AGON_FN_GRADIENT, int32_t(player));
  if (gradient < 0)
    fail(ExitCode::Internal, "{} has no gradient", seat.name);
  gradients.push_back(uint32_t(gradient));
}

/// Finds what the field depends on besides the point.
void GameField::findDraws() {
  const agon_model &model = instance.model();
  std::vector<uint32_t> called = gradients;
  called.push_back(curvature);
  for (uint32_t group = 0; group < model.num_groups; ++group)
    for (uint32_t function : called)
      if (instance.readsGroup(instance.function(function), group)) {
        groups.push_back(group);
        break;
      }
  random = !groups.empty();
  for (uint32_t function : called)
    random |= instance.reads(instance.function(function), model.key_cell);
  if (!random)
    count = 1;
}

void GameField::draw(int64_t number) {
  if (drawn == number)
    return;
  instance.setKey(seed, keys::evaluation + number);
  for (uint32_t group : groups)
    drawGroup(instance, feed, group, Stream::InOrder, number);
  drawn = number;
}

VectorXd GameField::read(uint32_t Tensor::*cell) const {
  VectorXd all(total);
  for (const Tensor &t : tensors) {
    std::vector<double> part = instance.load<double>(instance.cell(t.*cell));
    all.segment(t.first, t.count) = Eigen::Map<const VectorXd>(part.data(), t.count);
  }
  return all;
}

std::string GameField::nameOf(Index element) const {
  for (const Tensor &t : tensors)
    if (element < t.first + t.count) {
      const agon_cell &cell = instance.cell(t.weights);
      return t.count == 1 ? cell.name : cell.name + placeText(element - t.first, instance.shape(cell));
    }
  return {};
}

VectorXd GameField::point() const { return read(&Tensor::weights); }

void GameField::moveTo(const VectorXd &point) {
  for (const Tensor &t : tensors) {
    std::span<const double> part(point.data() + t.first, size_t(t.count));
    instance.store<double>(instance.cell(t.weights), part);
    instance.store<double>(instance.cell(t.base), part);
  }
}

VectorXd GameField::operator()() {
  moveTo(point());
  VectorXd sum = VectorXd::Zero(total);
  for (int64_t number = 0; number < count; ++number) {
    draw(number);
    for (uint32_t function : gradients)
      instance.call(function);
    sum += read(&Tensor::gradient);
  }
  for (const Tensor &t : tensors)
    sum.segment(t.first, t.count) *= -t.sign / double(count);
  return sum;
}

void GameField::callCurvature(const VectorXd &u, double factor) {
  for (const Tensor &t : tensors) {
    VectorXd part = factor * t.sign * u.segment(t.first, t.count);
    instance.store<double>(instance.cell(t.direction), std::span<const double>(part.data(), size_t(t.count)));
  }
  instance.call(curvature);
}

VectorXd GameField::drawnTimes(const VectorXd &u) {
  callCurvature(u, -1);
  return read(&Tensor::curvature) + read(&Tensor::stopped);
}

VectorXd GameField::transposedTimes(const VectorXd &u) {
  VectorXd sum = VectorXd::Zero(total);
  for (int64_t number = 0; number < count; ++number) {
    draw(number);
    sum += drawnTimes(u);
  }
  return sum / double(count);
}

MatrixXd GameField::jacobian() {
  MatrixXd rows = MatrixXd::Zero(total, total);
  for (int64_t number = 0; number < count; ++number) {
    draw(number);
    for (Index i = 0; i < total; ++i)
      rows.row(i) += drawnTimes(VectorXd::Unit(total, i)).transpose() / double(count);
  }
  return rows;
}

VectorXd GameField::hessianTimes(const Player &player, const VectorXd &u) {
  VectorXd direction = VectorXd::Zero(total), sum = VectorXd::Zero(player.count);
  direction.segment(player.first, player.count) = u;
  for (int64_t number = 0; number < count; ++number) {
    draw(number);
    callCurvature(direction, 1);
    sum += read(&Tensor::curvature).segment(player.first, player.count);
  }
  return sum / double(count);
}

MatrixXd GameField::hessian(const Player &player) {
  MatrixXd columns(player.count, player.count);
  for (Index i = 0; i < player.count; ++i)
    columns.col(i) = hessianTimes(player, VectorXd::Unit(player.count, i));
  return (columns + columns.transpose()) / 2;
}
