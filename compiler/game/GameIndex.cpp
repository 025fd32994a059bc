//===- GameIndex.cpp - The symbols of a game, looked up once --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/game/GameIndex.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace agon;
using namespace agon::game;

FailureOr<GameIndex> GameIndex::of(ModuleOp module) {
  GameIndex index;
  index.module = module;
  index.networks = llvm::to_vector(module.getOps<NetworkOp>());
  for (GameOp game : module.getOps<GameOp>()) {
    if (index.game) {
      auto diagnostic = game.emitError("expected one game, got a second");
      diagnostic.attachNote(index.game.getLoc()) << "the first is here";
      return failure();
    }
    index.game = game;
  }
  if (!index.game)
    return emitError(module.getLoc(), "expected a game, got networks alone"), failure();

  for (Operation &op : index.game.getBody().front())
    llvm::TypeSwitch<Operation *>(&op)
        .Case([&](PlayerOp player) { (player.getFollows() ? index.averages : index.players).push_back(player); })
        .Case([&](GroupOp group) { index.groups.push_back(group); })
        .Case([&](MetricOp metric) { index.metrics.push_back(metric); })
        .Case([&](GeneratorOp generator) { index.generators.push_back(generator); })
        .Case([&](RoundsOp each) { index.rounds.push_back(each); })
        .Case([&](MemoryOp memory) { index.memories.push_back(memory); })
        .Case([&](LoadOp load) { index.loads.push_back(load); })
        .Case([&](TurnOp turn) { index.turns.push_back(turn); })
        .Case([&](ScheduleOp schedule) { index.schedule = schedule; })
        .Case([&](VariableOp variable) { index.variables[variable.getSymName()] = variable; });
  for (PlayerOp player : index.players)
    index.objectives.push_back({player.getSymName(), player, &player.getObjective()});
  for (MoveOp move : index.game.getOps<MoveOp>()) {
    auto player = cast<PlayerOp>(SymbolTable::lookupSymbolIn(index.game, move.getPlayerAttr()));
    index.objectives.push_back({move.getSymName(), player, &move.getObjective()});
  }
  for (PlayerOp player : index.players)
    for (auto network : player.getNetworks().getAsRange<SymbolRefAttr>())
      index.owners[network.getRootReference().strref()] = index.number(player);
  for (GroupOp group : index.groups)
    for (auto field : group.getFields().getAsRange<SymbolRefAttr>()) {
      auto data = SymbolTable::lookupSymbolIn(index.game, field.getRootReference());
      if (!isa_and_nonnull<DataOp>(data))
        return group.emitOpError("expected data, got ") << field, failure();
      index.data.push_back(cast<DataOp>(data));
    }
  if (!index.schedule)
    return index.game.emitOpError("expected an order of play"), failure();
  return index;
}

NetworkOp GameIndex::network(StringRef name) const {
  for (NetworkOp network : networks)
    if (network.getSymName() == name)
      return network;
  return {};
}

PlayerOp GameIndex::average(StringRef name) const {
  for (PlayerOp average : averages)
    if (average.getSymName() == name)
      return average;
  return {};
}

PlayerOp GameIndex::averageOf(StringRef network) const {
  for (PlayerOp average : averages)
    if (*average.getFollows() == network)
      return average;
  return {};
}

LoadOp GameIndex::load(StringRef network) const {
  for (LoadOp load : loads)
    if (load.getNetwork() == network)
      return load;
  return {};
}

DataOp GameIndex::datum(StringRef name) const {
  for (DataOp field : data)
    if (field.getSymName() == name)
      return field;
  return {};
}

SmallVector<VariableOp> GameIndex::latents(GeneratorOp generator) const {
  llvm::SetVector<Operation *> reached;
  auto reach = [&](StringRef name) {
    if (VariableOp found = variable(name))
      reached.insert(found);
  };
  for (auto input : generator.getInputs().getAsRange<SymbolRefAttr>())
    reach(input.getRootReference());
  SmallVector<VariableOp> noises;
  for (size_t i = 0; i < reached.size(); ++i) {
    auto each = cast<VariableOp>(reached[i]);
    if (each.getNoise())
      noises.push_back(each);
    else
      each.walk([&](UseOp use) { reach(use.getVariable()); });
  }
  return noises;
}

StorageOp GameIndex::storage(SymbolRefAttr ref) const {
  NetworkOp owner = network(ref.getRootReference());
  if (!owner || ref.getNestedReferences().size() != 1)
    return {};
  return dyn_cast_or_null<StorageOp>(SymbolTable::lookupSymbolIn(owner, ref.getLeafReference()));
}

MemoryOp GameIndex::memory(SymbolRefAttr ref) const { return cast<MemoryOp>(SymbolTable::lookupSymbolIn(game, ref)); }

int64_t GameIndex::number(PlayerOp player) const {
  const auto &list = player.getFollows() ? averages : players;
  int64_t before = player.getFollows() ? players.size() : 0;
  return before + std::distance(list.begin(), llvm::find(list, player));
}

int64_t GameIndex::number(NetworkOp network) const {
  return std::distance(networks.begin(), llvm::find(networks, network));
}

FloatType GameIndex::real() const {
  for (PlayerOp player : players)
    if (!player.getObjective().empty())
      if (auto yield = dyn_cast<YieldOp>(player.getObjective().front().back()))
        if (yield.getNumOperands() == 1)
          if (auto type = dyn_cast<FloatType>(getElementTypeOrSelf(yield.getOperand(0).getType())))
            return type;
  return Float32Type::get(game.getContext());
}

std::string agon::game::storageName(SymbolRefAttr ref) {
  return (ref.getRootReference().strref() + "." + ref.getLeafReference().strref()).str();
}

std::string agon::game::shadowName(PlayerOp average, StringRef storage) {
  return (average.getSymName() + "." + storage).str();
}

std::string agon::game::storageName(StorageOp storage) {
  return (storage->getParentOfType<NetworkOp>().getSymName() + "." + storage.getSymName()).str();
}
