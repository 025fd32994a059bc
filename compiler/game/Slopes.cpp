//===- Slopes.cpp - How players feel each other ---------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/game/Slopes.h"
#include "compiler/autodiff/Gradient.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace agon;
using namespace agon::game;

namespace {

/// Slopes and distances between outputs, in one function.
class SlopeForms {
public:
  SlopeForms(const GameIndex &index, FunctionForm &form)
      : index(index), form(form), builder(form.getBuilder()), loc(index.game.getLoc()) {}
  LogicalResult fill();

private:
  using Applied = FunctionForm::Applied;
  using Applications = SmallVector<const Applied *>;

  bool isOfSamples(const Applied &application) const;
  void follow();
  bool dependsOn(const Applied &application, PlayerOp player) const;
  Value slope(PlayerOp player, Value objective, const Applications &applications);
  std::pair<Value, Value> moments(Value outputs);
  Value apart(const Applied &real, const Applied &made);
  Value constant(double value);

  const GameIndex &index;
  FunctionForm &form;
  OpBuilder &builder;
  Location loc;
  /// What depends on the parameters of each player.
  SmallVector<llvm::DenseSet<Value>> moved;
};

} // namespace

Value SlopeForms::constant(double value) {
  auto type = RankedTensorType::get({}, index.real());
  return autodiff::splatConstant(builder, loc, value, type);
}

/// Whether all results have numbers of each sample.
bool SlopeForms::isOfSamples(const Applied &application) const {
  return llvm::all_of(application.results, [&](Value result) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    return type && type.getRank() > 0 && type.getDimSize(0) == int64_t(index.game.getBatch()) &&
           isa<FloatType>(type.getElementType());
  });
}

/// Finds what depends on whom.
void SlopeForms::follow() {
  moved.resize(index.players.size());
  for (const Applied &application : form.applied)
    if (int64_t owner = index.owner(application.network); owner >= 0 && !application.average)
      moved[owner].insert(application.results.begin(), application.results.end());
  for (Operation &op : *builder.getBlock())
    for (llvm::DenseSet<Value> &values : moved)
      if (llvm::any_of(op.getOperands(), [&](Value v) { return values.contains(v); }))
        values.insert(op.result_begin(), op.result_end());
}

bool SlopeForms::dependsOn(const Applied &application, PlayerOp player) const {
  return llvm::any_of(application.inputs, [&](Value v) { return moved[index.number(player)].contains(v); });
}

/// Whether a derivative of `value` by any of `sources` passes, rather than being zero by construction, as that of a
/// reward which a policy gradient stops.
static bool passes(ValueRange sources, Value value) {
  llvm::DenseSet<Value> moving(sources.begin(), sources.end());
  for (Operation &op : *value.getParentBlock())
    if (!isa<StopGradientOp>(op) && llvm::any_of(op.getOperands(), [&](Value v) { return moving.contains(v); }))
      for (Value result : op.getResults())
        if (isa<FloatType>(getElementTypeOrSelf(result.getType())))
          moving.insert(result);
  return moving.contains(value);
}

/// The sum of the absolute derivatives of the objective by what the applications say of each sample; -1 where none
/// passes.
Value SlopeForms::slope(PlayerOp player, Value objective, const Applications &applications) {
  SmallVector<Value> outputs;
  for (const Applied *application : applications)
    llvm::append_range(outputs, application->results);
  if (!passes(outputs, objective))
    return constant(-1);
  SmallVector<Type> types = llvm::to_vector(ValueRange(outputs).getTypes());
  auto gradient = DifferentiateOp::create(builder, player.getLoc(), types, objective, outputs);
  Value total;
  for (Value each : gradient.getResults()) {
    Value part = sumOf(builder, loc, math::AbsFOp::create(builder, loc, each));
    total = total ? arith::AddFOp::create(builder, loc, total, part).getResult() : part;
  }
  return total;
}

/// The mean and the variance over all elements.
std::pair<Value, Value> SlopeForms::moments(Value outputs) {
  Value count = constant(double(cast<RankedTensorType>(outputs.getType()).getNumElements()));
  Value mean = arith::DivFOp::create(builder, loc, sumOf(builder, loc, outputs), count);
  Value squares = sumOf(builder, loc, arith::MulFOp::create(builder, loc, outputs, outputs));
  Value square = arith::MulFOp::create(builder, loc, mean, mean);
  return {mean, arith::SubFOp::create(builder, loc, arith::DivFOp::create(builder, loc, squares, count), square)};
}

/// How many deviations the mean outputs are apart.
Value SlopeForms::apart(const Applied &real, const Applied &made) {
  auto [a, varianceOfA] = moments(real.results.front());
  auto [b, varianceOfB] = moments(made.results.front());
  Value distance = math::AbsFOp::create(builder, loc, arith::SubFOp::create(builder, loc, a, b));
  Value variance =
      arith::MulFOp::create(builder, loc, arith::AddFOp::create(builder, loc, varianceOfA, varianceOfB), constant(0.5));
  Value deviation =
      math::SqrtOp::create(builder, loc, arith::MaximumFOp::create(builder, loc, variance, constant(1e-12)));
  return arith::DivFOp::create(builder, loc, distance, deviation);
}

LogicalResult SlopeForms::fill() {
  SmallVector<Value> objectives;
  for (PlayerOp player : index.players) {
    FailureOr<Value> objective = form.inlineScalar(player.getObjective());
    if (failed(objective))
      return failure();
    objectives.push_back(*objective);
  }
  follow();
  for (auto [number, objective] : llvm::enumerate(objectives)) {
    PlayerOp player = index.players[number];
    Applications against, made, real;
    for (const Applied &each : form.applied) {
      int64_t owner = index.owner(each.network);
      if (each.nested || each.average || owner < 0 || !isOfSamples(each))
        continue;
      bool isOwn = owner == index.number(player);
      if (!isOwn && dependsOn(each, player))
        against.push_back(&each);
      if (isOwn)
        (llvm::any_of(index.players, [&](PlayerOp other) { return other != player && dependsOn(each, other); }) ? made
                                                                                                                : real)
            .push_back(&each);
    }
    Value slope = constant(-1), distance = constant(-1);
    if (!against.empty()) {
      slope = this->slope(player, objective, against);
    } else if (!made.empty() && !real.empty() && made.front()->network == real.front()->network) {
      distance = apart(*real.front(), *made.front());
      llvm::append_range(made, real);
      slope = this->slope(player, objective, made);
    }
    if (failed(form.write(CellKind::Slope, player.getSymName(), slope, player.getLoc())) ||
        failed(form.write(CellKind::Separation, player.getSymName(), distance, player.getLoc())))
      return failure();
  }
  return success();
}

LogicalResult agon::game::formSlopes(const GameIndex &index, FunctionForm &form) {
  return SlopeForms(index, form).fill();
}
