//===- GameOps.cpp - Verifiers of games, players and turns ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Symbols.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace agon;

/// A symbol of the game that `op` is in.
template <typename OpTy> static OpTy lookupInGame(Operation *op, SymbolRefAttr name, SymbolTableCollection &tables) {
  auto game = op->getParentOfType<GameOp>();
  if (!game || !isa<FlatSymbolRefAttr>(name))
    return {};
  return dyn_cast_if_present<OpTy>(tables.lookupSymbolIn(game, name));
}

/// Each name in `names` is an OpTy of the game, once.
template <typename OpTy>
static LogicalResult checkNames(Operation *op, ArrayAttr names, StringRef what, SymbolTableCollection &tables) {
  llvm::DenseSet<Attribute> seen;
  for (auto name : names.getAsRange<SymbolRefAttr>()) {
    if (!lookupInGame<OpTy>(op, name, tables))
      return op->emitOpError() << "expected " << what << ", got " << name;
    if (!seen.insert(name).second)
      return op->emitOpError() << "expected each once, got " << name << " twice";
  }
  return success();
}

/// Checks that the region yields one real number.
static LogicalResult verifyYieldsNumber(Operation *op, Region &body, StringRef what) {
  if (!body.hasOneBlock() || body.front().empty() || !isa<YieldOp>(body.front().back()))
    return verifyYields(op, body, {}, what);
  auto yield = cast<YieldOp>(body.front().back());
  if (yield.getValues().size() == 1)
    if (auto type = dyn_cast<RankedTensorType>(yield.getValues().front().getType()))
      if (type.getRank() == 0 && isa<FloatType>(type.getElementType()))
        return success();
  InFlightDiagnostic error = op->emitOpError() << "expected " << what << " to yield one real number, got ("
                                               << yield.getValues().getTypes() << ")";
  error.attachNote(yield.getLoc()) << "yielded here";
  return error;
}

//===----------------------------------------------------------------------===//
// Game
//===----------------------------------------------------------------------===//

/// Each network is read from one file, and a frozen one has no owner.
static LogicalResult verifyLoads(GameOp game, const llvm::DenseMap<Attribute, PlayerOp> &owner) {
  llvm::DenseMap<Attribute, LoadOp> loads;
  SymbolTableCollection tables;
  for (LoadOp load : game.getBody().getOps<LoadOp>()) {
    auto network = FlatSymbolRefAttr::get(load.getNetworkAttr());
    if (!lookupNetwork(game, network, tables))
      return load.emitOpError() << "expected an agon.network, got " << network;
    auto [entry, fresh] = loads.try_emplace(network, load);
    if (!fresh) {
      InFlightDiagnostic error = load.emitOpError() << "expected one file for " << network << ", got a second";
      error.attachNote(entry->second.getLoc()) << "the first is here";
      return error;
    }
    PlayerOp player = owner.lookup(network);
    if (!load.getFrozen() || !player)
      continue;
    InFlightDiagnostic error = load.emitOpError() << "expected a frozen network without an owner, got " << network;
    error.attachNote(player.getLoc()) << "owned by @" << player.getSymName() << " here";
    return error;
  }
  return success();
}

LogicalResult GameOp::verifyRegions() {
  if (static_cast<int64_t>(getBatch()) < 1)
    return emitOpError() << "expected a positive batch, got " << static_cast<int64_t>(getBatch());
  ScheduleOp schedule;
  llvm::DenseMap<Attribute, PlayerOp> owner;
  for (Operation &op : getBody().front()) {
    if (!isa<DataOp, GroupOp, VariableOp, PlayerOp, MoveOp, RoundsOp, MetricOp, GeneratorOp, LoadOp, MemoryOp, TurnOp,
             ScheduleOp>(op)) {
      InFlightDiagnostic error = emitOpError("expected declarations of a game only");
      error.attachNote(op.getLoc()) << "got this operation";
      return error;
    }
    if (auto other = dyn_cast<ScheduleOp>(op)) {
      if (schedule) {
        InFlightDiagnostic error = other.emitOpError("expected one schedule a game");
        error.attachNote(schedule.getLoc()) << "the first is here";
        return error;
      }
      schedule = other;
    }
    if (auto player = dyn_cast<PlayerOp>(op))
      for (Attribute network : player.getNetworks()) {
        auto [entry, fresh] = owner.try_emplace(network, player);
        if (fresh)
          continue;
        InFlightDiagnostic error = player.emitOpError() << "expected a network without an owner, got " << network;
        error.attachNote(entry->second.getLoc()) << "owned by @" << entry->second.getSymName() << " here";
        return error;
      }
  }
  return verifyLoads(*this, owner);
}

LogicalResult DataOp::verify() {
  auto type = cast<RankedTensorType>(getType());
  auto game = cast<GameOp>((*this)->getParentOp());
  if (type.getRank() < 1 || type.getDimSize(0) != static_cast<int64_t>(game.getBatch()))
    return emitOpError() << "expected a leading batch axis of size " << game.getBatch() << ", got " << type;
  if (auto range = getRange()) {
    if (range->size() != 2)
      return emitOpError() << "expected a range [low, high], got " << range->size() << " numbers";
    double low = cast<FloatAttr>((*range)[0]).getValueAsDouble();
    double high = cast<FloatAttr>((*range)[1]).getValueAsDouble();
    if (!(low < high))
      return emitOpError() << "expected low < high, got [" << low << ", " << high << "]";
  }
  int64_t classes = getClasses().value_or(0);
  if (classes > 0 && !type.getElementType().isInteger(32))
    return emitOpError() << "expected i32 labels with classes, got " << type;
  if (classes == 0 && !isa<FloatType>(type.getElementType()))
    return emitOpError() << "expected real numbers without classes, got " << type;
  return success();
}

LogicalResult GroupOp::verifySymbolUses(SymbolTableCollection &tables) {
  if (getFields().empty())
    return emitOpError("expected at least one field");
  if (failed(checkNames<DataOp>(*this, getFields(), "an agon.data", tables)))
    return failure();
  if (getModes().has_value() != getModeRadius().has_value())
    return emitOpError("expected modes and their radius together");
  if (auto modes = getModes(); modes && modes->getType().getRank() != 2)
    return emitOpError() << "expected modes of type tensor<NxDxf64>, got " << modes->getType();
  if (getSource().empty())
    return success();
  SmallVector<Type> types;
  for (auto name : getFields().getAsRange<SymbolRefAttr>())
    types.push_back(lookupInGame<DataOp>(*this, name, tables).getType());
  return verifyYields(*this, getSource(), types, "the source");
}

LogicalResult VariableOp::verifyRegions() { return verifyYields(*this, getBody(), getType(), "the variable"); }

LogicalResult MetricOp::verifyRegions() { return verifyYieldsNumber(*this, getBody(), "the metric"); }

LogicalResult UseOp::verifySymbolUses(SymbolTableCollection &tables) {
  Type type;
  Operation *declaration = lookupInGame<Operation *>(*this, getVariableAttr(), tables);
  if (auto data = dyn_cast_if_present<DataOp>(declaration))
    type = data.getType();
  else if (auto variable = dyn_cast_if_present<VariableOp>(declaration))
    type = variable.getType();
  else
    return emitOpError() << "expected an agon.data or agon.variable of the game, got " << getVariableAttr();
  if (type == getType())
    return success();
  InFlightDiagnostic error = emitOpError() << "expected the declared type " << type << ", got " << getType();
  error.attachNote(declaration->getLoc()) << "declared here";
  return error;
}

LogicalResult DataMeanOp::verifySymbolUses(SymbolTableCollection &tables) {
  Operation *table = getModelTable(*this);
  DataOp data;
  if (table)
    for (Operation &op : table->getRegion(0).front())
      if (auto game = dyn_cast<GameOp>(op))
        if ((data = tables.lookupSymbolIn<DataOp>(game, getDataAttr())))
          break;
  if (!data)
    return emitOpError() << "expected an agon.data, got " << getDataAttr();
  auto type = cast<RankedTensorType>(data.getType());
  if (type.getRank() > 0 && type.getShape().drop_front() == getType().getShape())
    return success();
  InFlightDiagnostic error = emitOpError() << "expected the shape of one sample of " << type << ", got " << getType();
  error.attachNote(data.getLoc()) << "declared here";
  return error;
}

LogicalResult GeneratorOp::verifySymbolUses(SymbolTableCollection &tables) {
  NetworkOp network = lookupNetwork(*this, getNetworkAttr(), tables);
  if (!network)
    return emitOpError() << "expected an agon.network, got " << getNetworkAttr();
  SmallVector<Type> inputs;
  for (auto name : getInputs().getAsRange<SymbolRefAttr>()) {
    if (auto data = lookupInGame<DataOp>(*this, name, tables))
      inputs.push_back(data.getType());
    else if (auto variable = lookupInGame<VariableOp>(*this, name, tables))
      inputs.push_back(variable.getType());
    else
      return emitOpError() << "expected an agon.data or agon.variable of the game, got " << name;
  }
  ForwardOp forward = network.getForward(false, inputs);
  if (!forward)
    return emitOpError() << "expected inputs that the network takes, got (" << inputs << ")";
  int64_t result = getResult(), results = forward.getFunctionType().getNumResults();
  if (result < 0 || result >= results)
    return emitOpError() << "expected a result in [0, " << results << "), got " << result;
  if (auto imitates = getImitatesAttr(); imitates && !lookupInGame<DataOp>(*this, imitates, tables))
    return emitOpError() << "expected an agon.data, got " << imitates;
  return success();
}

LogicalResult MemoryOp::verifySymbolUses(SymbolTableCollection &tables) {
  if (lookupInGame<PlayerOp>(*this, getOwnerAttr(), tables))
    return success();
  return emitOpError() << "expected an agon.player, got " << getOwnerAttr();
}

LogicalResult RoundsOp::verifyRegions() {
  return verifyYields(*this, getBody(), RankedTensorType::get({}, Float64Type::get(getContext())), "the rounds");
}

LogicalResult MoveOp::verifyRegions() { return verifyYieldsNumber(*this, getObjective(), "the objective"); }

LogicalResult MoveOp::verifySymbolUses(SymbolTableCollection &tables) {
  if (lookupInGame<PlayerOp>(*this, getPlayerAttr(), tables))
    return success();
  return emitOpError() << "expected an agon.player, got " << getPlayerAttr();
}

LogicalResult ScheduleOp::verifySymbolUses(SymbolTableCollection &tables) {
  if (auto every = getEvery())
    if (every->size() != getTurns().size() || llvm::any_of(*every, [](int64_t period) { return period < 1; }))
      return emitOpError("expected a period of 1 or more for each turn");
  if (auto repeats = getRepeats())
    for (auto repeat : repeats->getAsRange<RepeatAttr>()) {
      int64_t first = repeat.getFirst(), length = repeat.getLength(), count = getTurns().size();
      if (first < 0 || length < 1 || first >= count || length > count - first)
        return emitOpError() << "expected turns of the schedule in " << repeat;
      if (!lookupInGame<RoundsOp>(*this, repeat.getRounds(), tables))
        return emitOpError() << "expected an agon.rounds, got " << repeat.getRounds();
    }
  for (auto name : getTurns().getAsRange<SymbolRefAttr>())
    if (!lookupInGame<TurnOp>(*this, name, tables))
      return emitOpError() << "expected an agon.turn, got " << name;
  return success();
}

//===----------------------------------------------------------------------===//
// Player
//===----------------------------------------------------------------------===//

/// Checks that the conditions yield a vector of f64 for each requirement.
static LogicalResult verifyRequirements(PlayerOp player) {
  size_t count = player.getRequirements() ? player.getRequirements()->size() : 0;
  if (count == 0 && player.getConditions().empty())
    return success();
  Region &body = player.getConditions();
  auto yield = body.hasOneBlock() && !body.front().empty() ? dyn_cast<YieldOp>(body.front().back()) : YieldOp();
  auto isVector = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && tensor.getRank() == 1 && tensor.getElementType().isF64();
  };
  if (yield && yield.getValues().size() == count && llvm::all_of(yield.getValues().getTypes(), isVector))
    return success();
  return player.emitOpError() << "expected the conditions to yield " << count << " vectors of f64, one a requirement";
}

LogicalResult PlayerOp::verifyRegions() {
  if (getFollows() && (!getObjective().empty() || !getNetworks().empty()))
    return emitOpError("expected an average to own nothing and to have no objective");
  if (!getFollows() && failed(verifyYieldsNumber(*this, getObjective(), "the objective")))
    return failure();
  size_t slots = getSlots().size();
  auto checkCount = [&](size_t count, StringRef what) -> LogicalResult {
    if (count == slots)
      return success();
    return emitOpError() << "expected " << slots << " " << what << ", one a slot, got " << count;
  };
  if (failed(checkCount(getSlotParameters().size(), "slot_parameters")) ||
      failed(checkCount(getSlotTypes().size(), "slot_types")) ||
      failed(checkCount(getSlotInitials().size(), "slot_initials")))
    return failure();
  for (int64_t parameter : getSlotParameters())
    if (parameter < 0 || parameter >= static_cast<int64_t>(getParameters().size()))
      return emitOpError() << "expected slot_parameters in [0, " << getParameters().size() << "), got " << parameter;
  return verifyRequirements(*this);
}

LogicalResult PlayerOp::verifySymbolUses(SymbolTableCollection &tables) {
  for (auto name : getNetworks().getAsRange<SymbolRefAttr>())
    if (!isa<FlatSymbolRefAttr>(name) || !lookupNetwork(*this, name, tables))
      return emitOpError() << "expected an agon.network, got " << name;
  if (getFollows() && !lookupNetwork(*this, getFollowsAttr(), tables))
    return emitOpError() << "expected an agon.network, got " << getFollowsAttr();
  SmallVector<Type> types;
  for (auto name : getParameters().getAsRange<SymbolRefAttr>()) {
    StorageOp storage = lookupStorage(*this, name, tables);
    if (!storage)
      return emitOpError() << "expected an agon.storage, got " << name;
    if (storage.getState()) {
      InFlightDiagnostic error = emitOpError() << "expected a parameter, got the state " << name;
      error.attachNote(storage.getLoc()) << "declared here";
      return error;
    }
    auto network = FlatSymbolRefAttr::get(name.getRootReference());
    if (network != getFollowsAttr() && !llvm::is_contained(getNetworks(), network)) {
      InFlightDiagnostic error = emitOpError()
                                 << "expected a parameter of a network that @" << getSymName() << " owns, got " << name;
      error.attachNote(storage.getLoc()) << "declared here";
      return error;
    }
    types.push_back(storage.getType());
  }
  llvm::append_range(types, getSlotTypes().getAsValueRange<TypeAttr>());
  return verifyYields(*this, getUpdate(), types, "the update (new weights, then new slots)");
}

/// The player whose update or conditions `op` is in; an error otherwise.
static PlayerOp getUpdatedPlayer(Operation *op) {
  auto player = op->getParentOfType<PlayerOp>();
  if (player && !player.getObjective().findAncestorBlockInRegion(*op->getBlock()))
    return player;
  op->emitOpError("expected to be in the update of an agon.player");
  return {};
}

static LogicalResult checkIndex(Operation *op, int64_t index, size_t count, StringRef what) {
  if (index >= 0 && index < static_cast<int64_t>(count))
    return success();
  return op->emitOpError() << "expected a " << what << " in [0, " << count << "), got " << index;
}

LogicalResult StepOp::verify() { return success(static_cast<bool>(getUpdatedPlayer(*this))); }

LogicalResult HyperOp::verify() {
  PlayerOp player = getUpdatedPlayer(*this);
  if (!player)
    return failure();
  if (!llvm::is_contained(player.getHypers(), getNameAttr())) {
    InFlightDiagnostic error = emitOpError() << "expected a hyperparameter of the player, got " << getNameAttr();
    error.attachNote(player.getLoc()) << "the player has " << player.getHypers();
    return error;
  }
  return success();
}

/// Weight and cotangent: a parameter's index, and its type.
template <typename OpTy> static LogicalResult verifyParameterUse(OpTy op, SymbolTableCollection &tables) {
  PlayerOp player = getUpdatedPlayer(op);
  int64_t index = op.getIndex();
  if (!player || failed(checkIndex(op, index, player.getParameters().size(), "parameter")))
    return failure();
  auto name = cast<SymbolRefAttr>(player.getParameters()[index]);
  StorageOp storage = lookupStorage(op, name, tables);
  if (!storage || storage.getType() == op.getType())
    return success(); // An unknown storage is the player's own error.
  InFlightDiagnostic error = op.emitOpError() << "expected the type of parameter " << index << ", " << storage.getType()
                                              << ", got " << op.getType();
  error.attachNote(storage.getLoc()) << "the parameter is declared here";
  return error;
}

LogicalResult WeightOp::verifySymbolUses(SymbolTableCollection &tables) { return verifyParameterUse(*this, tables); }
LogicalResult CotangentOp::verifySymbolUses(SymbolTableCollection &tables) { return verifyParameterUse(*this, tables); }

LogicalResult SlotOp::verify() {
  PlayerOp player = getUpdatedPlayer(*this);
  int64_t index = getIndex();
  if (!player || failed(checkIndex(*this, index, player.getSlots().size(), "slot")))
    return failure();
  if (index < static_cast<int64_t>(player.getSlotTypes().size())) {
    Type type = cast<TypeAttr>(player.getSlotTypes()[index]).getValue();
    if (type != getType())
      return emitOpError() << "expected the type of slot " << index << ", " << type << ", got " << getType();
  }
  return success();
}
