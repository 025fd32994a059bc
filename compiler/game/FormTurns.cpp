//===- FormTurns.cpp - Game form to turn form -----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/autodiff/Gradient.h"
#include "compiler/game/DerivativeForms.h"
#include "compiler/game/FunctionForm.h"
#include "compiler/game/KeepNetwork.h"
#include "compiler/game/Passes.h"
#include "compiler/game/ProgramForm.h"
#include "compiler/game/Slopes.h"
#include "compiler/game/TurnBody.h"
#include "dialects/agon/TurnForm.h"
#include "llvm/ADT/ScopeExit.h"

namespace agon::game {
#define GEN_PASS_DEF_FORMTURNS
#include "compiler/game/Passes.h.inc"
} // namespace agon::game

using namespace mlir;
using namespace agon;
using namespace agon::game;

namespace {

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
  LogicalResult formRequirements(PlayerOp player);
  LogicalResult formRounds();
  LogicalResult formAverages();
  LogicalResult follow(FunctionForm &form, PlayerOp average);

  const GameIndex &index;
  const CellTable &cells;
};

LogicalResult TurnForms::formAll() {
  if (index.isOfNetwork)
    return formSample(index.generators.front());
  if (failed(formInit()))
    return failure();
  for (TurnOp turn : index.turns)
    if (failed(formTurn(turn)))
      return failure();
  if (!index.metrics.empty()) {
    // Over a data set they may draw what they draw over a minibatch: sources keep their streams.
    int64_t first = stream;
    if (failed(formMetrics(FunctionKind::Metrics)))
      return failure();
    stream = first;
    if (failed(formMetrics(FunctionKind::Evaluate)))
      return failure();
  }
  if (failed(formEvaluate()))
    return failure();
  if (!index.averages.empty() && failed(formAverages()))
    return failure();
  for (int64_t number = 0, n = index.groups.size(); number < n; ++number)
    if (GroupOp group = index.groups[number]; !group.getSource().empty() && failed(formSource(group, number)))
      return failure();
  for (GeneratorOp generator : index.generators)
    if (failed(formSample(generator)))
      return failure();
  if (index.real().isF64()) {
    FailureOr<int64_t> formed = formDerivatives(index, cells, stream);
    if (failed(formed))
      return failure();
    functions += *formed;
  }
  for (const auto *list : {&index.players, &index.averages})
    for (PlayerOp player : *list)
      if (!player.getConditions().empty() && failed(formRequirements(player)))
        return failure();
  // After the others, whose streams do not depend on it.
  if (hasSlopes(index)) {
    FunctionForm form = open(index.game, "slopes", FunctionKind::Slopes, FunctionForm::Training);
    if (failed(formSlopes(index, form)))
      return failure();
    close(form);
  }
  return index.rounds.empty() ? success() : formRounds();
}

/// How often turns are repeated in the iteration.
LogicalResult TurnForms::formRounds() {
  FunctionForm form = open(index.game, "rounds", FunctionKind::Rounds, FunctionForm::Training);
  for (RoundsOp rounds : index.rounds) {
    FailureOr<Value> value = form.inlineScalar(rounds.getBody());
    if (failed(value) || failed(form.write(CellKind::Rounds, rounds.getSymName(), *value, rounds.getLoc())))
      return failure();
  }
  close(form);
  return success();
}

LogicalResult TurnForms::formInit() {
  FunctionForm form = open(index.game, "init", FunctionKind::Init, FunctionForm::Training);
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
  for (PlayerOp average : index.averages)
    for (StorageOp storage : index.network(*average.getFollows()).getOps<StorageOp>()) {
      FailureOr<Value> value = form.read(CellKind::Parameter, storageName(storage), average.getLoc());
      if (failed(value) ||
          failed(form.write(CellKind::Parameter, shadowName(average, storage.getSymName()), *value, average.getLoc())))
        return failure();
    }
  // The runtime clears what is not written here.
  SmallVector<PlayerOp> updated(index.players);
  llvm::append_range(updated, index.averages);
  for (PlayerOp player : updated)
    for (auto [slot, initial] : llvm::enumerate(player.getSlotInitials()))
      if (initial != 0) {
        std::string subject = momentSubject(player, slot);
        const Cell *cell = cells.find(cellName(CellKind::Moment, subject));
        Value value = autodiff::splatConstant(form.getBuilder(), player.getLoc(), initial, cell->type);
        if (failed(form.write(CellKind::Moment, subject, value, player.getLoc())))
          return failure();
      }
  for (MemoryOp memory : index.memories)
    if (double initial = memory.getInitial().convertToDouble(); initial != 0) {
      Value value = autodiff::splatConstant(form.getBuilder(), memory.getLoc(), initial, memory.getType());
      if (failed(form.write(CellKind::Moment, memorySubject(memory), value, memory.getLoc())))
        return failure();
    }
  close(form);
  return success();
}

/// Tells the runtime which demands of the optimiser its arguments would break at the player's next step.
LogicalResult TurnForms::formRequirements(PlayerOp player) {
  FunctionForm form = open(player, "check_" + player.getSymName(), FunctionKind::Check, FunctionForm::Training);
  Move move;
  // What does not read the step is judged once, before the first.
  if (!player.getConditions().getOps<StepOp>().empty()) {
    FailureOr<Value> step = form.step(player, 0);
    if (failed(step))
      return failure();
    move.step = *step;
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

/// A step of an average towards its network: along the shadow less the weights. States are copied.
LogicalResult TurnForms::follow(FunctionForm &form, PlayerOp average) {
  Location loc = average.getLoc();
  Move move;
  SmallVector<std::pair<CellKind, std::string>> targets;
  for (auto parameter : average.getParameters().getAsRange<SymbolRefAttr>()) {
    targets.emplace_back(CellKind::Parameter, shadowName(average, parameter.getLeafReference()));
    FailureOr<Value> shadow = form.read(CellKind::Parameter, targets.back().second, loc);
    FailureOr<Value> present = form.read(CellKind::Parameter, storageName(parameter), loc);
    if (failed(shadow) || failed(present))
      return failure();
    move.weights.push_back(*shadow);
    move.cotangents.push_back(arith::SubFOp::create(form.getBuilder(), loc, *shadow, *present));
  }
  for (int64_t slot = 0, n = average.getSlots().size(); slot < n; ++slot) {
    targets.emplace_back(CellKind::Moment, momentSubject(average, slot));
    FailureOr<Value> value = form.read(CellKind::Moment, targets.back().second, loc);
    if (failed(value))
      return failure();
    move.slots.push_back(*value);
  }
  FailureOr<Value> made = form.stepsAfter(average, 1), number = form.step(average, 0);
  if (failed(made) || failed(number) || failed(form.write(CellKind::Step, average.getSymName(), *made, loc)))
    return failure();
  move.step = *number;
  auto values = form.inlineRegion(average.getUpdate(), &move);
  if (failed(values))
    return failure();
  for (StorageOp storage : index.network(*average.getFollows()).getOps<StorageOp>())
    if (storage.getState()) {
      targets.emplace_back(CellKind::State, shadowName(average, storage.getSymName()));
      FailureOr<Value> present = form.read(CellKind::State, storageName(storage), loc);
      if (failed(present))
        return failure();
      values->push_back(*present);
    }
  if (values->size() != targets.size())
    return average.emitOpError("expected an update of ") << targets.size() << " values, got " << values->size();
  for (auto [target, value] : llvm::zip(targets, *values))
    if (failed(form.write(target.first, target.second, value, loc)))
      return failure();
  return success();
}

/// What follows the networks after the turns of an iteration.
LogicalResult TurnForms::formAverages() {
  FunctionForm form = open(index.game, "averages", FunctionKind::Average, FunctionForm::Training);
  for (PlayerOp average : index.averages)
    if (failed(follow(form, average)))
      return failure();
  close(form);
  return success();
}

LogicalResult TurnForms::formTurn(TurnOp turn) {
  std::string name = turn.getSymName().str();
  // A function of the table may have the name.
  while (index.module.lookupSymbol(name))
    name += "_";
  FunctionForm form = open(turn, name, FunctionKind::Turn, FunctionForm::Training);
  TurnBody body(index, form, turn);
  if (failed(body.fill()))
    return failure();
  droppedWrites += body.droppedWrites;
  parts.turns[turn.getSymName()] = close(form).str();
  return success();
}

/// Every metric: of a minibatch, for the log, if `kind` is Metrics; over a data set if it is Evaluate.
LogicalResult TurnForms::formMetrics(StringRef kind) {
  bool overData = kind == FunctionKind::Evaluate;
  FunctionForm form = open(index.game, overData ? "evaluate_metrics" : "metrics", kind, FunctionForm::Sampling);
  form.useAverages();
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

/// Every objective, of players and of moves, over a data set.
LogicalResult TurnForms::formEvaluate() {
  FunctionForm form = open(index.game, "evaluate", FunctionKind::Evaluate, FunctionForm::Sampling);
  form.keepExpectations();
  for (const Objective &objective : index.objectives) {
    FailureOr<Value> value = form.inlineScalar(*objective.region);
    if (failed(value) || failed(form.write(CellKind::Objective, objective.name, *value, objective.region->getLoc())))
      return failure();
  }
  close(form);
  return success();
}

LogicalResult TurnForms::formSource(GroupOp group, int64_t number) {
  FunctionForm form = open(group, "source_" + Twine(number), FunctionKind::Source, FunctionForm::Sampling);
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

/// Samples have streams of their own: a network's are the same in every game that has it. Its noise is drawn apart, so
/// that samples of other noise than that can be asked for.
LogicalResult TurnForms::formSample(GeneratorOp generator) {
  constexpr int64_t firstOfSamples = int64_t(1) << 31;
  int64_t others = std::exchange(stream, firstOfSamples);
  llvm::scope_exit restore([&] { stream = others; });
  NetworkOp network = index.network(generator.getNetwork());
  StringRef name = network.getSymName();
  int64_t number = index.number(network);
  SmallVector<VariableOp> latents = index.latents(generator);
  if (!latents.empty() && !latents.front()->hasAttr(inputName)) {
    FunctionForm draws = open(generator, "latents_" + name, FunctionKind::Latents, FunctionForm::Sampling);
    for (VariableOp noise : latents) {
      FailureOr<Value> value = draws.use(noise.getSymName(), noise.getLoc());
      if (failed(value) ||
          failed(draws.write(CellKind::Latent, latentSubject(generator, noise), *value, noise.getLoc())))
        return failure();
    }
    close(draws, number);
  }
  FunctionForm form = open(generator, "sample_" + name, FunctionKind::Sample, FunctionForm::Sampling);
  form.useAverages();
  for (VariableOp noise : latents) {
    FailureOr<Value> value = form.read(CellKind::Latent, latentSubject(generator, noise), noise.getLoc());
    if (failed(value))
      return failure();
    form.set(noise.getSymName(), *value);
  }
  SmallVector<Value> inputs;
  for (auto input : generator.getInputs().getAsRange<SymbolRefAttr>()) {
    FailureOr<Value> value = form.use(input.getRootReference(), generator.getLoc());
    if (failed(value))
      return failure();
    inputs.push_back(*value);
  }
  auto results = form.apply(name, inputs, generator.getLoc());
  if (failed(results))
    return failure();
  ArrayRef<Value> wanted = *results;
  if (!index.isOfNetwork)
    wanted = wanted.slice(generator.getResult(), 1);
  for (auto [result, value] : llvm::enumerate(wanted))
    if (failed(
            form.write(CellKind::Sample, sampleSubject(generator, result, wanted.size()), value, generator.getLoc())))
      return failure();
  parts.samples[number] = {close(form, number).str(), generator};
  return success();
}

struct FormTurns : game::impl::FormTurnsBase<FormTurns> {
  using FormTurnsBase::FormTurnsBase;

  void runOnOperation() override {
    if (failed(form()))
      signalPassFailure();
  }

  /// Makes a result that something is differentiated with respect to a point, for all its users: rewriting y as
  /// something else than a function of x would make the derivative zero. A `distinct` point has a number of its own:
  /// two results that are equal, such as `stop_gradient(x)` written twice, stay two, where each has a part of the
  /// derivative.
  void holdPoint(Value x, bool distinct) {
    Operation *source = x.getDefiningOp();
    if (!source)
      return;
    OpBuilder builder(source->getContext());
    auto point = dyn_cast<PointOp>(source);
    if (!point) {
      builder.setInsertionPointAfter(source);
      point = PointOp::create(builder, source->getLoc(), x.getType(), x);
      x.replaceAllUsesExcept(point, point);
    }
    if (distinct && !point->hasAttr("agon.number"))
      point->setAttr("agon.number", builder.getI64IntegerAttr(points++));
  }
  int64_t points = 0; ///< that have numbers

  LogicalResult form() {
    if (!network.empty() && failed(keepNetwork(getOperation(), network)))
      return failure();
    FailureOr<GameIndex> index = GameIndex::of(getOperation());
    if (failed(index))
      return failure();
    index->isOfNetwork = !network.empty();
    FailureOr<CellTable> cells = CellTable::of(*index);
    if (failed(cells))
      return failure();
    TurnForms forms(*index, *cells);
    if (failed(forms.formAll()) || failed(formProgram(*index, *cells, forms.parts)))
      return failure();
    points = 0;
    getOperation()->walk([&](Operation *op) {
      if (isa<GradientOp, DifferentiateOp>(op))
        for (Value x : op->getOperands().drop_front())
          holdPoint(x, /*distinct=*/op->getNumOperands() > 2);
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
