//===- DerivativeForms.cpp - Gradients by themselves ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/game/DerivativeForms.h"
#include "compiler/game/FunctionForm.h"
#include "compiler/game/StopGradients.h"
#include "dialects/agon/TurnForm.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace agon;
using namespace agon::game;

namespace {

/// The gradient of `value`, left to `agon-differentiate-players`.
SmallVector<Value> differentiate(FunctionForm &form, Location loc, Value value, ValueRange wrt) {
  if (wrt.empty())
    return {};
  return llvm::to_vector_of<Value>(
      DifferentiateOp::create(form.getBuilder(), loc, wrt.getTypes(), value, wrt).getResults());
}

/// `sum` and `more`, either of which may be null: a zero.
Value plus(FunctionForm &form, Value sum, Value more) {
  if (!sum || !more)
    return sum ? sum : more;
  return arith::AddFOp::create(form.getBuilder(), more.getLoc(), sum, more);
}

/// The inner product of two tensors.
Value inner(FunctionForm &form, Location loc, Value a, Value b) {
  return sumOf(form.getBuilder(), loc, arith::MulFOp::create(form.getBuilder(), loc, a, b));
}

/// The stopped numbers of `block` that depend on `points`, in order.
SmallVector<StopGradientOp> stoppedAfter(Block &block, ValueRange points) {
  SmallVector<StopGradientOp> stops;
  llvm::DenseSet<Value> moving(points.begin(), points.end());
  for (Operation &op : block) {
    if (!llvm::any_of(op.getOperands(), [&](Value operand) { return moving.contains(operand); }))
      continue;
    moving.insert(op.result_begin(), op.result_end());
    if (auto stop = dyn_cast<StopGradientOp>(op); stop && isa<FloatType>(stop.getType().getElementType()))
      stops.push_back(stop);
  }
  return stops;
}

class DerivativeForms {
public:
  DerivativeForms(const GameIndex &index, const CellTable &cells, int64_t &stream)
      : index(index), cells(cells), stream(stream) {}

  FailureOr<int64_t> formAll();

private:
  FunctionForm open(Location loc, const Twine &name, StringRef kind) {
    return FunctionForm(index, cells, loc, name.str(), kind, FunctionForm::Training, stream);
  }
  LogicalResult formObjective(const Objective &objective, int64_t number);
  LogicalResult formGradient(const Objective &objective, int64_t number);
  LogicalResult formCurvature();
  void passStops(FunctionForm &form, ArrayRef<StopGradientOp> stops, SmallVector<Value> arriving,
                 MutableArrayRef<Value> through, ValueRange points);

  FailureOr<Value> valueOf(FunctionForm &form, const Objective &objective);
  LogicalResult hold(FunctionForm &form, PlayerOp player);
  /// Of each parameter of the player the cell of `kind`.
  FailureOr<SmallVector<Value>> readAll(FunctionForm &form, PlayerOp player, CellKind kind);
  using Subject = std::string(PlayerOp player, SymbolRefAttr parameter);
  LogicalResult writeAll(FunctionForm &form, PlayerOp player, CellKind kind, ArrayRef<Value> values,
                         Subject &subject = tangentSubject);

  const GameIndex &index;
  const CellTable &cells;
  int64_t &stream;
  FunctionForm::Streams streams;
  Point here;
};

FailureOr<int64_t> DerivativeForms::formAll() {
  for (auto [number, objective] : llvm::enumerate(index.objectives))
    if (failed(formObjective(objective, number)) || failed(formGradient(objective, number)))
      return failure();
  auto moves = [](PlayerOp player) { return !player.getParameters().empty(); };
  bool any = llvm::any_of(index.players, moves);
  if (any && failed(formCurvature()))
    return failure();
  return int64_t(2 * index.objectives.size() + any);
}

FailureOr<SmallVector<Value>> DerivativeForms::readAll(FunctionForm &form, PlayerOp player, CellKind kind) {
  SmallVector<Value> values;
  for (auto parameter : player.getParameters().getAsRange<SymbolRefAttr>()) {
    std::string subject = kind == CellKind::Parameter ? storageName(parameter) : tangentSubject(player, parameter);
    FailureOr<Value> value = form.read(kind, subject, player.getLoc());
    if (failed(value))
      return failure();
    values.push_back(*value);
  }
  return values;
}

/// Null values are left out.
LogicalResult DerivativeForms::writeAll(FunctionForm &form, PlayerOp player, CellKind kind, ArrayRef<Value> values,
                                        Subject &subject) {
  for (auto [parameter, value] : llvm::zip(player.getParameters().getAsRange<SymbolRefAttr>(), values))
    if (value && failed(form.write(kind, subject(player, parameter), value, player.getLoc())))
      return failure();
  return success();
}

FailureOr<Value> DerivativeForms::valueOf(FunctionForm &form, const Objective &objective) {
  form.drawAs(streams);
  return form.objective(*objective.region, objective.name, here);
}

/// What is stopped stays where it is while differences are taken.
LogicalResult DerivativeForms::hold(FunctionForm &form, PlayerOp player) {
  auto moved = readAll(form, player, CellKind::Parameter);
  auto held = readAll(form, player, CellKind::Base);
  if (failed(moved) || failed(held))
    return failure();
  IRMapping base;
  base.map(*moved, *held);
  holdStopped(*form.getBuilder().getBlock(), base);
  return success();
}

LogicalResult DerivativeForms::formObjective(const Objective &objective, int64_t number) {
  Location loc = objective.region->getLoc();
  FunctionForm form = open(loc, "objective_" + objective.name, FunctionKind::Objective);
  here = Point();
  FailureOr<Value> value = valueOf(form, objective);
  if (failed(value) || failed(form.write(CellKind::Objective, objective.name, *value, loc)) ||
      failed(hold(form, objective.player)))
    return failure();
  form.finish(number);
  return success();
}

LogicalResult DerivativeForms::formGradient(const Objective &objective, int64_t number) {
  Location loc = objective.region->getLoc();
  PlayerOp player = objective.player;
  FunctionForm form = open(loc, "gradient_" + objective.name, FunctionKind::Gradient);
  here = Point();
  FailureOr<Value> value = valueOf(form, objective);
  FailureOr<SmallVector<Value>> point = failure();
  if (failed(value) || failed(form.write(CellKind::Objective, objective.name, *value, loc)) ||
      failed(hold(form, player)) || failed(point = readAll(form, player, CellKind::Parameter)) ||
      failed(writeAll(form, player, CellKind::Gradient, differentiate(form, loc, *value, *point))))
    return failure();
  form.finish(number);
  return success();
}

/// Adds to `through`, for each of `points`, what it moves through the stopped numbers whose cotangents are `arriving`:
/// from the last to the first, since one may depend on others.
void DerivativeForms::passStops(FunctionForm &form, ArrayRef<StopGradientOp> stops, SmallVector<Value> arriving,
                                MutableArrayRef<Value> through, ValueRange points) {
  for (size_t k = stops.size(); k-- > 0;) {
    StopGradientOp stop = stops[k];
    Location loc = stop.getLoc();
    Value held = StopGradientOp::create(form.getBuilder(), loc, arriving[k].getType(), arriving[k]);
    SmallVector<Value> wrt(points);
    for (StopGradientOp before : stops.take_front(k))
      wrt.push_back(before.getResult());
    SmallVector<Value> parts = differentiate(form, loc, inner(form, loc, held, stop.getInput()), wrt);
    for (size_t i = 0; i < through.size(); ++i)
      through[i] = plus(form, through[i], parts[i]);
    for (size_t before = 0; before < k; ++before)
      arriving[before] = plus(form, arriving[before], parts[through.size() + before]);
  }
}

/// Of the sum over the players of <gradient, direction> the derivatives by all their parameters: once with what is
/// stopped held, and by themselves what these leave out, for a gradient is a function of what is stopped, too. Moves do
/// not take part.
LogicalResult DerivativeForms::formCurvature() {
  FunctionForm form = open(index.game.getLoc(), "curvature", FunctionKind::Curvature);
  here = Point();
  SmallVector<Value> points;
  Value change;
  for (const Objective &objective : ArrayRef(index.objectives).take_front(index.players.size())) {
    PlayerOp player = objective.player;
    if (player.getParameters().empty())
      continue;
    FailureOr<Value> value = valueOf(form, objective);
    FailureOr<SmallVector<Value>> own = failure(), directions = failure();
    if (failed(value) || failed(own = readAll(form, player, CellKind::Parameter)) ||
        failed(directions = readAll(form, player, CellKind::Direction)))
      return failure();
    for (auto [g, v] : llvm::zip(differentiate(form, player.getLoc(), *value, *own), *directions))
      change = plus(form, change, inner(form, player.getLoc(), g, v));
    llvm::append_range(points, *own);
  }
  SmallVector<StopGradientOp> stops = stoppedAfter(*form.getBuilder().getBlock(), points);
  SmallVector<Value> wrt = points;
  for (StopGradientOp stop : stops)
    wrt.push_back(stop.getResult());
  SmallVector<Value> parts = differentiate(form, index.game.getLoc(), change, wrt);
  SmallVector<Value> through(points.size());
  passStops(form, stops, SmallVector<Value>(ArrayRef(parts).drop_front(points.size())), through, points);
  ArrayRef<Value> held = ArrayRef(parts).take_front(points.size()), stopped = through;
  for (PlayerOp player : index.players) {
    size_t count = player.getParameters().size();
    if (failed(writeAll(form, player, CellKind::Curvature, held.take_front(count))) ||
        failed(writeAll(form, player, CellKind::Curvature, stopped.take_front(count), stoppedSubject)))
      return failure();
    held = held.drop_front(count);
    stopped = stopped.drop_front(count);
  }
  form.finish();
  return success();
}

} // namespace

FailureOr<int64_t> agon::game::formDerivatives(const GameIndex &index, const CellTable &cells, int64_t &stream) {
  return DerivativeForms(index, cells, stream).formAll();
}
