//===- TurnOps.cpp - Verifiers of turns and what they are made of ---------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Symbols.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace agon;

/// A symbol of the game around `op`.
template <typename OpTy> static OpTy lookup(Operation *op, SymbolRefAttr name, SymbolTableCollection &tables) {
  auto game = op->getParentOfType<GameOp>();
  return game ? dyn_cast_if_present<OpTy>(tables.lookupSymbolIn(game, name)) : OpTy();
}

/// The types of a player's parameters; none where one is missing, which the player's own verifier tells.
static std::optional<SmallVector<Type>> parametersOf(PlayerOp player, SymbolTableCollection &tables) {
  SmallVector<Type> types;
  for (auto name : player.getParameters().getAsRange<SymbolRefAttr>()) {
    StorageOp storage = lookupStorage(player, name, tables);
    if (!storage)
      return std::nullopt;
    types.push_back(storage.getType());
  }
  return types;
}

/// The types of a turn's values: all parameters of its players, then all slots, then what it keeps.
static std::optional<SmallVector<Type>> valuesOf(TurnOp turn, SymbolTableCollection &tables, size_t &parameters) {
  SmallVector<Type> types, slots;
  for (auto name : turn.getPlayers().getAsRange<SymbolRefAttr>()) {
    auto player = lookup<PlayerOp>(turn, name, tables);
    auto own = player ? parametersOf(player, tables) : std::nullopt;
    if (!own)
      return std::nullopt;
    llvm::append_range(types, *own);
    llvm::append_range(slots, player.getSlotTypes().getAsValueRange<TypeAttr>());
  }
  parameters = types.size();
  llvm::append_range(types, slots);
  if (auto keeps = turn.getKeeps())
    for (auto name : keeps->getAsRange<SymbolRefAttr>())
      types.push_back(lookup<MemoryOp>(turn, name, tables).getType());
  return types;
}

LogicalResult TurnOp::verifySymbolUses(SymbolTableCollection &tables) {
  if (getPlayers().empty())
    return emitOpError("expected at least one player");
  llvm::DenseSet<Attribute> seen;
  for (auto name : getPlayers().getAsRange<SymbolRefAttr>()) {
    if (!lookup<PlayerOp>(*this, name, tables))
      return emitOpError() << "expected an agon.player, got " << name;
    if (!seen.insert(name).second)
      return emitOpError() << "expected each once, got " << name << " twice";
  }
  if (getBody().empty())
    return getRounds() || getKeeps() ? emitOpError("expected no `rounds` and no `keeps` without a body") : success();
  if (!getRounds() || getRounds()->size() != getPlayers().size())
    return emitOpError("expected `rounds`, one a player, beside a body");
  if (auto keeps = getKeeps())
    for (auto name : keeps->getAsRange<SymbolRefAttr>())
      if (!lookup<MemoryOp>(*this, name, tables) || !seen.insert(name).second)
        return emitOpError() << "expected an agon.memory, each once, got " << name;
  size_t parameters = 0;
  auto types = valuesOf(*this, tables, parameters);
  if (!types)
    return success();
  if (!llvm::equal(getBody().getArgumentTypes(), *types))
    return emitOpError() << "expected a block with arguments (" << *types << "), got (" << getBody().getArgumentTypes()
                         << ")";
  return verifyYields(*this, getBody(), *types, "the body (new parameters, then slots, then what it keeps)");
}

/// The turn in whose body `op` is, if the player moves in it; null after an error.
static TurnOp turnOf(Operation *op, FlatSymbolRefAttr player) {
  auto turn = op->getParentOfType<TurnOp>();
  if (turn && llvm::is_contained(turn.getPlayers(), player))
    return turn;
  op->emitOpError() << "expected to be in the body of an agon.turn in which " << player << " moves";
  return {};
}

LogicalResult LossOp::verifySymbolUses(SymbolTableCollection &tables) {
  FlatSymbolRefAttr name = getObjectiveAttr();
  if (auto move = lookup<MoveOp>(*this, name, tables))
    name = move.getPlayerAttr();
  TurnOp turn = turnOf(*this, name);
  if (!turn)
    return failure();
  size_t parameters = 0;
  auto types = valuesOf(turn, tables, parameters);
  if (!types || llvm::equal(getPoint().getTypes(), ArrayRef(*types).take_front(parameters)))
    return success();
  return emitOpError() << "expected a value for each parameter of the turn's players, got (" << getPoint().getTypes()
                       << ")";
}

LogicalResult AdvanceOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto player = lookup<PlayerOp>(*this, getPlayerAttr(), tables);
  if (!turnOf(*this, getPlayerAttr()) || !player)
    return failure();
  auto parameters = parametersOf(player, tables);
  if (!parameters)
    return success();
  if (!llvm::equal(getCotangents().getTypes(), *parameters))
    return emitOpError() << "expected a cotangent for each parameter of the player, got (" << getCotangents().getTypes()
                         << ")";
  llvm::append_range(*parameters, player.getSlotTypes().getAsValueRange<TypeAttr>());
  if (!llvm::equal(getPoint().getTypes(), *parameters) || !llvm::equal(getNext().getTypes(), *parameters))
    return emitOpError() << "expected the player's parameters, then its slots, as operands and results";
  return success();
}
