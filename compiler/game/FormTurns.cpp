//===- FormTurns.cpp - Game form to turn form -----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/game/FunctionForm.h"
#include "compiler/game/Passes.h"
#include "compiler/game/ProgramForm.h"
#include "compiler/game/StopGradients.h"
#include "llvm/ADT/ScopeExit.h"

namespace agon::game {
#define GEN_PASS_DEF_FORMTURNS
#include "compiler/game/Passes.h.inc"
} // namespace agon::game

using namespace mlir;
using namespace agon;
using namespace agon::game;

namespace {

Value splat(OpBuilder &builder, Location loc, double value, Type type) {
  auto shaped = cast<RankedTensorType>(type);
  Attribute number = FloatAttr::get(shaped.getElementType(), value);
  return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(shaped, number));
}

/// A whole number as f64.
Value asReal(FunctionForm &form, Location loc, Value number) {
  OpBuilder &builder = form.getBuilder();
  auto type = cast<RankedTensorType>(number.getType());
  return arith::SIToFPOp::create(builder, loc, type.clone(builder.getF64Type()), number);
}

/// Makes the functions of one game.
class TurnForms {
public:
  TurnForms(const GameIndex &index, const CellTable &cells) : index(index), cells(cells) {}

  LogicalResult formAll();

  ProgramParts parts;
  int64_t stream = 0, functions = 0, droppedWrites = 0;

private:
  FunctionForm open(Operation *place, const Twine &name, StringRef kind, FunctionForm::Specialisation specialisation) {
    return FunctionForm(index, cells, place->getLoc(), name.str(), kind, specialisation, stream);
  }
  StringRef close(FunctionForm &form, int64_t subject = -1) {
    ++functions;
    return form.finish(subject).getSymName();
  }

  LogicalResult formInit();
  LogicalResult formTurn(TurnOp turn);
  LogicalResult formMetrics(StringRef kind);
  LogicalResult formEvaluate();
  LogicalResult formSource(GroupOp group, int64_t number);
  LogicalResult formSample(GeneratorOp generator);
  LogicalResult formChecks(PlayerOp player);
  LogicalResult formRequirements(PlayerOp player);

  /// Of each parameter of the player its own cell, or the one of `kind`.
  FailureOr<SmallVector<Value>> readAll(FunctionForm &form, PlayerOp player, CellKind kind);
  FailureOr<SmallVector<Value>> weights(FunctionForm &form, PlayerOp player) {
    return readAll(form, player, CellKind::Parameter);
  }
  FailureOr<Value> objective(FunctionForm &form, PlayerOp player);
  FailureOr<Value> nextStep(FunctionForm &form, PlayerOp player);
  FailureOr<Move> prepare(FunctionForm &form, PlayerOp player, Value objective);
  LogicalResult update(FunctionForm &form, PlayerOp player, const Move &move);
  LogicalResult storeStates(FunctionForm &form, ArrayRef<PlayerOp> movers);

  const GameIndex &index;
  const CellTable &cells;
};

/// The gradient of `value`, left to `agon-differentiate-players`.
SmallVector<Value> differentiate(FunctionForm &form, Location loc, Value value, ValueRange wrt) {
  if (wrt.empty())
    return {};
  return llvm::to_vector_of<Value>(
      DifferentiateOp::create(form.getBuilder(), loc, wrt.getTypes(), value, wrt).getResults());
}

LogicalResult TurnForms::formAll() {
  if (failed(formInit()))
    return failure();
  for (TurnOp turn : index.turns)
    if (failed(formTurn(turn)))
      return failure();
  if (!index.metrics.empty()) {
    // Over a data set they may draw what they draw over a minibatch: sources keep their streams.
    int64_t first = stream;
    if (failed(formMetrics("metrics")))
      return failure();
    stream = first;
    if (failed(formMetrics("evaluate")))
      return failure();
  }
  if (failed(formEvaluate()))
    return failure();
  for (int64_t number = 0, n = index.groups.size(); number < n; ++number)
    if (GroupOp group = index.groups[number]; !group.getSource().empty() && failed(formSource(group, number)))
      return failure();
  for (GeneratorOp generator : index.generators)
    if (failed(formSample(generator)))
      return failure();
  if (index.real().isF64())
    for (PlayerOp player : index.players)
      if (failed(formChecks(player)))
        return failure();
  for (PlayerOp player : index.players)
    if (!player.getConditions().empty() && failed(formRequirements(player)))
      return failure();
  return success();
}

LogicalResult TurnForms::formInit() {
  FunctionForm form = open(index.game, "init", "init", FunctionForm::Training);
  form.readWhatIsWritten();
  for (NetworkOp network : index.networks)
    for (StorageOp storage : network.getOps<StorageOp>()) {
      if (index.load(network.getSymName()))
        continue;
      FailureOr<Value> value = form.inlineScalar(storage.getInit());
      CellKind kind = storage.getState() ? CellKind::State : CellKind::Parameter;
      if (failed(value) || failed(form.write(kind, storageName(storage), *value, storage.getLoc())))
        return failure();
    }
  // The runtime clears what is not written here.
  for (PlayerOp player : index.players)
    for (auto [slot, initial] : llvm::enumerate(player.getSlotInitials()))
      if (initial != 0) {
        std::string subject = momentSubject(player, slot);
        const Cell *cell = cells.find(cellName(CellKind::Moment, subject));
        Value value = splat(form.getBuilder(), player.getLoc(), initial, cell->type);
        if (failed(form.write(CellKind::Moment, subject, value, player.getLoc())))
          return failure();
      }
  close(form);
  return success();
}

FailureOr<SmallVector<Value>> TurnForms::readAll(FunctionForm &form, PlayerOp player, CellKind kind) {
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

FailureOr<Value> TurnForms::objective(FunctionForm &form, PlayerOp player) {
  FailureOr<Value> value = form.inlineScalar(player.getObjective());
  if (failed(value) || failed(form.write(CellKind::Objective, player.getSymName(), *value, player.getLoc())))
    return failure();
  return value;
}

/// The number of the update that the player makes next.
FailureOr<Value> TurnForms::nextStep(FunctionForm &form, PlayerOp player) {
  OpBuilder &builder = form.getBuilder();
  Location loc = player.getLoc();
  FailureOr<Value> made = form.read(CellKind::Step, player.getSymName(), loc);
  if (failed(made))
    return failure();
  auto type = cast<RankedTensorType>(made->getType());
  Value one =
      arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(type, builder.getI64IntegerAttr(1).getValue()));
  return arith::AddIOp::create(builder, loc, *made, one).getResult();
}

FailureOr<Move> TurnForms::prepare(FunctionForm &form, PlayerOp player, Value objective) {
  OpBuilder &builder = form.getBuilder();
  Location loc = player.getLoc();
  Move move;
  FailureOr<SmallVector<Value>> parameters = weights(form, player);
  if (failed(parameters))
    return failure();
  move.weights = *parameters;
  Value loss = player.getMaximizes() ? arith::NegFOp::create(builder, objective.getLoc(), objective) : objective;
  move.cotangents = differentiate(form, loc, loss, move.weights);
  for (int64_t slot = 0, n = player.getSlots().size(); slot < n; ++slot) {
    FailureOr<Value> value = form.read(CellKind::Moment, momentSubject(player, slot), loc);
    if (failed(value))
      return failure();
    move.slots.push_back(*value);
  }

  FailureOr<Value> step = nextStep(form, player);
  if (failed(step) || failed(form.write(CellKind::Step, player.getSymName(), *step, loc)))
    return failure();
  move.step = asReal(form, loc, *step);
  return move;
}

/// Tells the runtime which demands of the optimiser its arguments would break at the player's next step.
LogicalResult TurnForms::formRequirements(PlayerOp player) {
  FunctionForm form = open(player, "check_" + player.getSymName(), "check", FunctionForm::Training);
  Move move;
  // What does not read the step is judged once, before the first.
  if (!player.getConditions().getOps<StepOp>().empty()) {
    FailureOr<Value> step = nextStep(form, player);
    if (failed(step))
      return failure();
    move.step = asReal(form, player.getLoc(), *step);
  }
  auto values = form.inlineRegion(player.getConditions(), &move);
  if (failed(values))
    return failure();
  for (auto [number, value] : llvm::enumerate(*values))
    if (failed(form.write(CellKind::Requirement, requirementSubject(player, number), value, player.getLoc())))
      return failure();
  close(form, index.number(player));
  return success();
}

LogicalResult TurnForms::update(FunctionForm &form, PlayerOp player, const Move &move) {
  auto values = form.inlineRegion(player.getUpdate(), &move);
  if (failed(values))
    return failure();
  SmallVector<std::pair<CellKind, std::string>> targets;
  for (auto parameter : player.getParameters().getAsRange<SymbolRefAttr>())
    targets.emplace_back(CellKind::Parameter, storageName(parameter));
  for (int64_t slot = 0, n = player.getSlots().size(); slot < n; ++slot)
    targets.emplace_back(CellKind::Moment, momentSubject(player, slot));
  if (values->size() != targets.size())
    return player.emitOpError("expected an update of ") << targets.size() << " values, got " << values->size();
  for (auto [target, value] : llvm::zip(targets, *values))
    if (failed(form.write(target.first, target.second, value, player.getLoc())))
      return failure();
  return success();
}

/// A state's new value is the mean of what was proposed, if its owner moves.
LogicalResult TurnForms::storeStates(FunctionForm &form, ArrayRef<PlayerOp> movers) {
  for (auto &[storage, values] : form.proposals) {
    int64_t owner = index.owner(storage.getRootReference().strref());
    bool moves = llvm::any_of(movers, [&](PlayerOp p) { return index.number(p) == owner; });
    if (!moves) {
      droppedWrites += values.size();
      continue;
    }
    Value sum = values.front();
    Location loc = sum.getLoc();
    for (Value value : ArrayRef(values).drop_front())
      sum = arith::AddFOp::create(form.getBuilder(), loc, sum, value);
    if (values.size() > 1)
      sum = arith::DivFOp::create(form.getBuilder(), loc, sum,
                                  splat(form.getBuilder(), loc, values.size(), sum.getType()));
    if (failed(form.write(CellKind::State, storageName(storage), sum, loc)))
      return failure();
  }
  return success();
}

LogicalResult TurnForms::formTurn(TurnOp turn) {
  SmallVector<PlayerOp> movers;
  std::string name = "turn";
  for (auto ref : turn.getPlayers().getAsRange<SymbolRefAttr>()) {
    auto player = dyn_cast_or_null<PlayerOp>(SymbolTable::lookupSymbolIn(index.game, ref.getRootReference()));
    if (!player)
      return turn.emitOpError("expected a player, got ") << ref;
    movers.push_back(player);
    name += ("_" + player.getSymName()).str();
  }
  // D_G may be a player's name.
  while (index.module.lookupSymbol(name))
    name += "_";

  FunctionForm form = open(turn, name, "turn", FunctionForm::Training);
  SmallVector<Value> objectives;
  for (PlayerOp player : movers) {
    FailureOr<Value> value = objective(form, player);
    if (failed(value))
      return failure();
    objectives.push_back(*value);
  }
  // All gradients at the point before anyone moves.
  SmallVector<Move> moves;
  for (auto [player, objective] : llvm::zip(movers, objectives)) {
    FailureOr<Move> move = prepare(form, player, objective);
    if (failed(move))
      return failure();
    moves.push_back(std::move(*move));
  }
  for (auto [player, move] : llvm::zip(movers, moves))
    if (failed(update(form, player, move)))
      return failure();
  if (failed(storeStates(form, movers)))
    return failure();
  parts.turns[turn.getSymName()] = close(form).str();
  return success();
}

/// Every metric: of a minibatch, for the log, if `kind` is "metrics"; over a data set if it is "evaluate".
LogicalResult TurnForms::formMetrics(StringRef kind) {
  bool overData = kind == "evaluate";
  FunctionForm form = open(index.game, overData ? "evaluate_metrics" : "metrics", kind, FunctionForm::Sampling);
  if (overData)
    form.keepExpectations();
  for (MetricOp metric : index.metrics) {
    FailureOr<Value> value = form.inlineScalar(metric.getBody());
    if (failed(value) || failed(form.write(CellKind::Metric, metric.getSymName(), *value, metric.getLoc())))
      return failure();
  }
  close(form);
  return success();
}

/// Every player's objective, over a data set.
LogicalResult TurnForms::formEvaluate() {
  FunctionForm form = open(index.game, "evaluate", "evaluate", FunctionForm::Sampling);
  form.keepExpectations();
  for (PlayerOp player : index.players)
    if (failed(objective(form, player)))
      return failure();
  close(form);
  return success();
}

LogicalResult TurnForms::formSource(GroupOp group, int64_t number) {
  FunctionForm form = open(group, "source_" + Twine(number), "source", FunctionForm::Sampling);
  auto values = form.inlineRegion(group.getSource());
  if (failed(values))
    return failure();
  if (values->size() != group.getFields().size())
    return group.emitOpError("expected a source of ") << group.getFields().size() << " fields, got " << values->size();
  for (auto [field, value] : llvm::zip(group.getFields().getAsRange<SymbolRefAttr>(), *values))
    if (failed(form.write(CellKind::Data, field.getRootReference().strref(), value, group.getLoc())))
      return failure();
  parts.sources[number] = close(form, number).str();
  return success();
}

/// Samples have streams of their own: a network's are the same in every game that has it.
LogicalResult TurnForms::formSample(GeneratorOp generator) {
  constexpr int64_t firstOfSamples = int64_t(1) << 31;
  int64_t others = std::exchange(stream, firstOfSamples);
  llvm::scope_exit restore([&] { stream = others; });
  NetworkOp network = index.network(generator.getNetwork());
  StringRef name = network.getSymName();
  FunctionForm form = open(generator, "sample_" + name, "sample", FunctionForm::Sampling);
  SmallVector<Value> inputs;
  for (auto input : generator.getInputs().getAsRange<SymbolRefAttr>()) {
    FailureOr<Value> value = form.use(input.getRootReference(), generator.getLoc());
    if (failed(value))
      return failure();
    inputs.push_back(*value);
  }
  auto results = form.apply(name, inputs, generator.getLoc());
  if (failed(results) ||
      failed(form.write(CellKind::Sample, name, (*results)[generator.getResult()], generator.getLoc())))
    return failure();
  int64_t number = index.number(network);
  parts.samples[number] = {close(form, number).str(), generator};
  return success();
}

/// The functions that compare gradients with differences. The three draw from
/// the same streams: they must see the same game.
LogicalResult TurnForms::formChecks(PlayerOp player) {
  StringRef name = player.getSymName();
  int64_t number = index.number(player), first = stream;
  // What is stopped stays where it is while differences are taken.
  auto hold = [&](FunctionForm &form) -> LogicalResult {
    auto moved = weights(form, player);
    auto held = readAll(form, player, CellKind::Base);
    if (failed(moved) || failed(held))
      return failure();
    IRMapping base;
    base.map(*moved, *held);
    holdStopped(*form.getBuilder().getBlock(), base);
    return success();
  };
  FunctionForm value = open(player, "objective_" + name, "objective", FunctionForm::Training);
  if (failed(objective(value, player)) || failed(hold(value)))
    return failure();
  close(value, number);

  auto writeAll = [&](FunctionForm &form, CellKind kind, ArrayRef<Value> values) {
    for (auto [parameter, value] : llvm::zip(player.getParameters().getAsRange<SymbolRefAttr>(), values))
      if (failed(form.write(kind, tangentSubject(player, parameter), value, player.getLoc())))
        return failure();
    return success();
  };

  stream = first;
  FunctionForm slope = open(player, "gradient_" + name, "gradient", FunctionForm::Training);
  FailureOr<Value> height = objective(slope, player);
  FailureOr<SmallVector<Value>> point = failure();
  if (failed(height) || failed(hold(slope)) || failed(point = weights(slope, player)) ||
      failed(writeAll(slope, CellKind::Gradient, differentiate(slope, player.getLoc(), *height, *point))))
    return failure();
  close(slope, number);

  if (player.getParameters().empty())
    return success();
  stream = first;
  FunctionForm curve = open(player, "curvature_" + name, "curvature", FunctionForm::Training);
  height = curve.inlineScalar(player.getObjective());
  if (failed(height) || failed(point = weights(curve, player)))
    return failure();
  SmallVector<Value> gradient = differentiate(curve, player.getLoc(), *height, *point);
  auto direction = readAll(curve, player, CellKind::Direction);
  if (failed(direction))
    return failure();
  OpBuilder &builder = curve.getBuilder();
  Location loc = player.getLoc();
  Value change;
  for (auto [g, v] : llvm::zip(gradient, *direction)) {
    Value product = arith::MulFOp::create(builder, loc, g, v);
    auto axes = llvm::to_vector(llvm::seq<int64_t>(0, cast<RankedTensorType>(product.getType()).getRank()));
    Value part = ReduceOp::create(builder, loc, height->getType(), ReduceKind::Sum, product, axes);
    change = change ? arith::AddFOp::create(builder, loc, change, part).getResult() : part;
  }
  if (failed(writeAll(curve, CellKind::Curvature, differentiate(curve, loc, change, *point))))
    return failure();
  close(curve, number);
  return success();
}

struct FormTurns : game::impl::FormTurnsBase<FormTurns> {
  void runOnOperation() override {
    if (failed(form()))
      signalPassFailure();
  }

  /// Makes a result that something is differentiated with respect to a point, for all its users: rewriting y as
  /// something else than a function of x would make the derivative zero.
  static void holdPoint(Value x) {
    Operation *source = x.getDefiningOp();
    if (!source || isa<PointOp>(source))
      return;
    OpBuilder builder(source->getContext());
    builder.setInsertionPointAfter(source);
    auto point = PointOp::create(builder, source->getLoc(), x.getType(), x);
    x.replaceAllUsesExcept(point, point);
  }

  LogicalResult form() {
    FailureOr<GameIndex> index = GameIndex::of(getOperation());
    if (failed(index))
      return failure();
    FailureOr<CellTable> cells = CellTable::of(*index);
    if (failed(cells))
      return failure();
    TurnForms forms(*index, *cells);
    if (failed(forms.formAll()) || failed(formProgram(*index, *cells, forms.parts)))
      return failure();
    getOperation()->walk([](Operation *op) {
      if (isa<GradientOp, DifferentiateOp>(op))
        for (Value x : op->getOperands().drop_front())
          holdPoint(x);
    });
    index->game.erase();
    for (NetworkOp network : index->networks)
      network.erase();
    numFunctions += forms.functions;
    numStreams += forms.stream;
    numDroppedWrites += forms.droppedWrites;
    return success();
  }
};

} // namespace
