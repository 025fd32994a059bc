//===- Cells.cpp - The tensors that outlive a turn ------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/game/Cells.h"
#include "compiler/game/Slopes.h"

using namespace mlir;
using namespace agon;
using namespace agon::game;

std::string agon::game::momentSubject(PlayerOp player, int64_t slot) {
  auto parameter = cast<SymbolRefAttr>(player.getParameters()[player.getSlotParameters()[slot]]);
  StringRef name = cast<StringAttr>(player.getSlots()[slot]);
  return (player.getSymName() + "." + name + ".").str() + storageName(parameter);
}

std::string agon::game::latentSubject(GeneratorOp generator, VariableOp noise) {
  return (generator.getNetwork() + "." + noise.getSymName()).str();
}

std::string agon::game::sampleSubject(GeneratorOp generator, int64_t result, int64_t wanted) {
  std::string name = generator.getNetwork().str();
  return wanted == 1 ? name : name + "." + std::to_string(result);
}

std::string agon::game::memorySubject(MemoryOp memory) { return (memory.getOwner() + "." + memory.getSymName()).str(); }

std::string agon::game::tangentSubject(PlayerOp player, SymbolRefAttr parameter) {
  return (player.getSymName() + ".").str() + storageName(parameter);
}

std::string agon::game::stoppedSubject(PlayerOp player, SymbolRefAttr parameter) {
  return "stopped:" + tangentSubject(player, parameter);
}

std::string agon::game::requirementSubject(PlayerOp player, int64_t number) {
  return (player.getSymName() + "." + Twine(number)).str();
}

FailureOr<CellTable> CellTable::of(const GameIndex &index) {
  CellTable table;
  MLIRContext *context = index.module.getContext();
  auto key = RankedTensorType::get({2}, IntegerType::get(context, 64));
  auto number = RankedTensorType::get({}, IntegerType::get(context, 64));
  if (failed(table.insert(index.game, CellKind::Key, "", -1, key)) ||
      failed(table.insert(index.game, CellKind::Iteration, "", -1, number)) || failed(table.insertStorages(index)))
    return failure();
  for (PlayerOp player : index.players)
    if (failed(table.insertPlayer(index, player)))
      return failure();
  for (PlayerOp average : index.averages)
    if (failed(table.insertAverage(index, average)))
      return failure();
  if (failed(table.insertPlay(index)) || failed(table.insertOutputs(index)))
    return failure();
  for (const auto *list : {&index.players, &index.averages})
    for (PlayerOp player : *list)
      if (failed(table.insertRequirements(index, player)))
        return failure();
  return table;
}

const Cell *CellTable::find(StringRef name) const {
  auto it = byName.find(name);
  return it == byName.end() ? nullptr : &list[it->second.first];
}

LogicalResult CellTable::insert(Operation *place, CellKind kind, const Twine &subject, int64_t owner, Type type,
                                StringRef title) {
  std::string name = cellName(kind, subject), text = subject.str();
  StringRef shown = title.empty() ? cellTitle(kind, text) : title;
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return emitError(place->getLoc(), "expected a tensor for '") << name << "', got " << type;
  auto [it, inserted] = byName.try_emplace(name, list.size(), place);
  if (!inserted) {
    auto diagnostic = emitError(place->getLoc(), "expected a name of its own, got '")
                      << (shown.empty() ? StringRef(name) : shown) << "' a second time";
    diagnostic.attachNote(it->second.second->getLoc()) << "it is taken here";
    return failure();
  }
  list.push_back({kind, std::move(name), shown.str(), owner, tensor, /*loaded=*/false});
  return success();
}

LogicalResult CellTable::insertStorages(const GameIndex &index) {
  for (NetworkOp network : index.networks) {
    StringRef name = network.getSymName();
    for (StorageOp storage : network.getOps<StorageOp>()) {
      if (failed(insert(storage, storage.getState() ? CellKind::State : CellKind::Parameter, storageName(storage),
                        index.owner(name), storage.getType())))
        return failure();
      list.back().loaded = bool(index.load(name));
    }
  }
  return success();
}

LogicalResult CellTable::insertUpdate(PlayerOp player, int64_t owner) {
  StringRef name = player.getSymName();
  MLIRContext *context = player.getContext();
  auto scalar = [](Type element) { return RankedTensorType::get({}, element); };
  for (int64_t slot = 0, n = player.getSlots().size(); slot < n; ++slot)
    if (failed(insert(player, CellKind::Moment, momentSubject(player, slot), owner,
                      cast<TypeAttr>(player.getSlotTypes()[slot]).getValue())))
      return failure();
  if (failed(insert(player, CellKind::Step, name, owner, scalar(IntegerType::get(context, 64)))))
    return failure();
  for (StringRef hyper : player.getHypers().getAsValueRange<StringAttr>())
    if (failed(insert(player, CellKind::Hyper, hyper, owner, scalar(Float64Type::get(context)))))
      return failure();
  return success();
}

LogicalResult CellTable::insertAverage(const GameIndex &index, PlayerOp average) {
  for (StorageOp storage : index.network(*average.getFollows()).getOps<StorageOp>())
    if (failed(insert(average, storage.getState() ? CellKind::State : CellKind::Parameter,
                      shadowName(average, storage.getSymName()), -1, storage.getType())))
      return failure();
  return insertUpdate(average, -1);
}

LogicalResult CellTable::insertPlayer(const GameIndex &index, PlayerOp player) {
  int64_t owner = index.number(player);
  if (failed(insertUpdate(player, owner)) ||
      failed(insert(player, CellKind::Objective, player.getSymName(), owner, RankedTensorType::get({}, index.real()))))
    return failure();
  if (hasSlopes(index))
    for (CellKind kind : {CellKind::Slope, CellKind::Separation})
      if (failed(insert(player, kind, player.getSymName(), owner, RankedTensorType::get({}, index.real()))))
        return failure();
  if (!index.real().isF64())
    return success();
  // Only a build in double precision has its derivatives by themselves.
  auto insertAll = [&](CellKind kind, auto subject) -> LogicalResult {
    for (auto parameter : player.getParameters().getAsRange<SymbolRefAttr>()) {
      StorageOp storage = index.storage(parameter);
      if (!storage)
        return player.emitOpError("expected a parameter, got ") << parameter;
      if (failed(insert(player, kind, subject(player, parameter), owner, storage.getType())))
        return failure();
    }
    return success();
  };
  for (CellKind kind : {CellKind::Gradient, CellKind::Direction, CellKind::Curvature, CellKind::Base})
    if (failed(insertAll(kind, tangentSubject)))
      return failure();
  return insertAll(CellKind::Curvature, stoppedSubject);
}

LogicalResult CellTable::insertRequirements(const GameIndex &index, PlayerOp player) {
  if (player.getConditions().empty())
    return success();
  ValueRange values = cast<YieldOp>(player.getConditions().front().back()).getValues();
  for (auto [number, text, value] : llvm::enumerate(player.getRequirements()->getAsValueRange<StringAttr>(), values))
    if (failed(insert(player, CellKind::Requirement, requirementSubject(player, number),
                      player.getFollows() ? -1 : index.number(player), value.getType(), text)))
      return failure();
  return success();
}

LogicalResult CellTable::insertPlay(const GameIndex &index) {
  for (MemoryOp memory : index.memories) {
    auto owner = cast<PlayerOp>(SymbolTable::lookupSymbolIn(index.game, memory.getOwnerAttr()));
    if (failed(insert(memory, CellKind::Moment, memorySubject(memory), index.number(owner), memory.getType())))
      return failure();
  }
  auto number = RankedTensorType::get({}, Float64Type::get(index.module.getContext()));
  for (RoundsOp rounds : index.rounds)
    if (failed(insert(rounds, CellKind::Rounds, rounds.getSymName(), -1, number)))
      return failure();
  for (const Objective &move : ArrayRef(index.objectives).drop_front(index.players.size()))
    if (failed(insert(move.region->getParentOp(), CellKind::Objective, move.name, index.number(move.player),
                      RankedTensorType::get({}, index.real()))))
      return failure();
  return success();
}

LogicalResult CellTable::insertOutputs(const GameIndex &index) {
  for (DataOp field : index.data) {
    auto type = dyn_cast<RankedTensorType>(field.getType());
    if (!type || type.getRank() == 0)
      return field.emitOpError("expected a minibatch, got ") << field.getType();
    StringRef name = field.getSymName();
    if (failed(insert(field, CellKind::Data, name, -1, type)))
      return failure();
    if (isa<FloatType>(type.getElementType()) &&
        failed(insert(field, CellKind::DataMean, name, -1, type.clone(type.getShape().drop_front()))))
      return failure();
  }
  for (MetricOp metric : index.metrics) {
    StringRef name = metric.getSymName();
    if (failed(insert(metric, CellKind::Metric, name, -1, RankedTensorType::get({}, index.real()))))
      return failure();
  }
  for (GeneratorOp generator : index.generators) {
    NetworkOp network = index.network(generator.getNetwork());
    SmallVector<Type> inputs;
    for (auto input : generator.getInputs().getAsRange<SymbolRefAttr>()) {
      StringRef name = input.getRootReference();
      if (DataOp field = index.datum(name))
        inputs.push_back(field.getType());
      else if (VariableOp variable = index.variable(name))
        inputs.push_back(variable.getType());
    }
    ForwardOp forward = network ? network.getForward(/*training=*/false, inputs) : ForwardOp();
    auto results = forward ? forward.getFunctionType().getResults() : ArrayRef<Type>();
    if (generator.getResult() >= results.size())
      return generator.emitOpError("expected a network with result ") << generator.getResult();
    if (!index.isOfNetwork)
      results = results.slice(generator.getResult(), 1);
    for (auto [number, type] : llvm::enumerate(results))
      if (failed(insert(generator, CellKind::Sample, sampleSubject(generator, number, results.size()), -1, type)))
        return failure();
    for (VariableOp noise : index.latents(generator))
      if (failed(insert(noise, CellKind::Latent, latentSubject(generator, noise), -1, noise.getType())))
        return failure();
  }
  return success();
}
