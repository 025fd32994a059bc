//===- TurnBody.cpp - The function of one turn ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/game/TurnBody.h"
#include "compiler/autodiff/Gradient.h"

using namespace mlir;
using namespace agon;
using namespace agon::game;

PlayerOp TurnBody::player(SymbolRefAttr name) const {
  return dyn_cast_or_null<PlayerOp>(SymbolTable::lookupSymbolIn(index.game, name.getRootReference()));
}

/// How many steps of its optimizer the turn makes.
int64_t TurnBody::roundsOf(PlayerOp player) const {
  TurnOp op = turn; // MLIR has no constant operations.
  return (*op.getRounds())[std::distance(movers.begin(), llvm::find(movers, player))];
}

/// Whether the turn leaves the player somewhere else: by a step, or by what it yields for a parameter.
bool TurnBody::moves(PlayerOp player) const {
  if (roundsOf(player) > 0)
    return true;
  TurnOp op = turn;
  Block &body = op.getBody().front();
  size_t first = 0;
  for (PlayerOp before : ArrayRef(movers).take_front(std::distance(movers.begin(), llvm::find(movers, player))))
    first += before.getParameters().size();
  size_t count = player.getParameters().size();
  ValueRange now = cast<YieldOp>(body.back()).getValues();
  return !llvm::equal(now.slice(first, count), body.getArguments().slice(first, count));
}

/// Writes out what a turn without a body is: one step of each player along its gradient, all from one point.
void TurnBody::formPlainBody() {
  OpBuilder builder(turn.getContext());
  Block *block = builder.createBlock(&turn.getBody());
  SmallVector<Value> weights, slots;
  SmallVector<size_t> counts;
  for (PlayerOp player : movers) {
    counts.push_back(player.getParameters().size());
    for (auto name : player.getParameters().getAsRange<SymbolRefAttr>())
      weights.push_back(block->addArgument(index.storage(name).getType(), player.getLoc()));
  }
  for (PlayerOp player : movers)
    for (Type type : player.getSlotTypes().getAsValueRange<TypeAttr>())
      slots.push_back(block->addArgument(type, player.getLoc()));
  SmallVector<Value> losses;
  for (PlayerOp player : movers)
    losses.push_back(LossOp::create(builder, player.getLoc(), RankedTensorType::get({}, index.real()),
                                    SymbolRefAttr::get(player.getSymNameAttr()), weights));
  SmallVector<Value> results, memory;
  SmallVector<ValueRange> cotangents;
  ValueRange rest = weights, restOfSlots = slots;
  for (auto [count, loss, player] : llvm::zip(counts, losses, movers)) {
    ValueRange own = rest.take_front(count);
    rest = rest.drop_front(count);
    cotangents.push_back(DifferentiateOp::create(builder, player.getLoc(), own.getTypes(), loss, own).getCotangents());
  }
  rest = weights;
  for (auto [count, along, player] : llvm::zip(counts, cotangents, movers)) {
    SmallVector<Value> from(rest.take_front(count));
    size_t numSlots = player.getSlots().size();
    llvm::append_range(from, restOfSlots.take_front(numSlots));
    rest = rest.drop_front(count);
    restOfSlots = restOfSlots.drop_front(numSlots);
    auto next =
        AdvanceOp::create(builder, player.getLoc(), ValueRange(from).getTypes(),
                          SymbolRefAttr::get(player.getSymNameAttr()), builder.getI64IntegerAttr(0), from, along);
    llvm::append_range(results, next.getNext().take_front(count));
    llvm::append_range(memory, next.getNext().drop_front(count));
  }
  llvm::append_range(results, memory);
  YieldOp::create(builder, turn.getLoc(), results);
  turn.setRounds(SmallVector<int64_t>(movers.size(), 1));
}

/// The values before the turn, for the block's arguments.
LogicalResult TurnBody::readArguments(IRMapping &map) {
  for (PlayerOp player : movers)
    for (auto parameter : player.getParameters().getAsRange<SymbolRefAttr>())
      subjects.emplace_back(CellKind::Parameter, storageName(parameter));
  for (PlayerOp player : movers)
    for (int64_t slot = 0, n = player.getSlots().size(); slot < n; ++slot)
      subjects.emplace_back(CellKind::Moment, momentSubject(player, slot));
  if (auto keeps = turn.getKeeps())
    for (auto name : keeps->getAsRange<SymbolRefAttr>())
      subjects.emplace_back(CellKind::Moment, memorySubject(index.memory(name)));
  Block &body = turn.getBody().front();
  if (body.getNumArguments() != subjects.size())
    return turn.emitOpError("expected a block with ")
           << subjects.size() << " arguments, got " << body.getNumArguments();
  for (auto [argument, subject] : llvm::zip(body.getArguments(), subjects)) {
    FailureOr<Value> value = form.read(subject.first, subject.second, argument.getLoc());
    if (failed(value))
      return failure();
    before.push_back(*value);
    map.map(argument, *value);
  }
  return success();
}

/// What the player minimizes at a point. The turn's objective, for the log, is the first that it computes.
FailureOr<Value> TurnBody::loss(LossOp op, ValueRange at) {
  Operation *owner = SymbolTable::lookupSymbolIn(index.game, op.getObjectiveAttr());
  auto move = dyn_cast<MoveOp>(owner);
  PlayerOp player = move ? this->player(move.getPlayerAttr()) : cast<PlayerOp>(owner);
  SmallVector<void *> key;
  for (Value value : at)
    key.push_back(value.getAsOpaquePointer());
  Point &point = points[key];
  for (auto [subject, value] : llvm::zip(subjects, at))
    point.parameters[subject.second] = value;
  FailureOr<Value> value = form.objective(move ? move.getObjective() : player.getObjective(), op.getObjective(), point);
  if (failed(value))
    return failure();
  if (moves(player) && objectives.insert(owner).second &&
      failed(form.write(CellKind::Objective, op.getObjective(), *value, owner->getLoc())))
    return failure();
  if (!(move ? move.getMaximizes() : player.getMaximizes()))
    return value;
  return arith::NegFOp::create(form.getBuilder(), value->getLoc(), *value).getResult();
}

/// A player's new parameters and slots.
FailureOr<SmallVector<Value>> TurnBody::advance(AdvanceOp op, IRMapping &map) {
  PlayerOp player = this->player(op.getPlayerAttr());
  SmallVector<Value> point = llvm::map_to_vector(op.getPoint(), [&](Value v) { return map.lookup(v); });
  Move move;
  size_t count = player.getParameters().size();
  move.weights.assign(point.begin(), point.begin() + count);
  move.slots.assign(point.begin() + count, point.end());
  move.cotangents = llvm::map_to_vector(op.getCotangents(), [&](Value v) { return map.lookup(v); });
  FailureOr<Value> number = form.step(player, op.getRound());
  if (failed(number))
    return failure();
  move.step = *number;
  return form.inlineRegion(player.getUpdate(), &move);
}

/// Writes what the turn has changed.
LogicalResult TurnBody::store(ValueRange values) {
  for (PlayerOp player : movers) {
    int64_t rounds = roundsOf(player);
    if (rounds == 0)
      continue;
    FailureOr<Value> made = form.stepsAfter(player, rounds);
    if (failed(made) || failed(form.write(CellKind::Step, player.getSymName(), *made, player.getLoc())))
      return failure();
  }
  for (auto [subject, old, value] : llvm::zip(subjects, before, values))
    if (value != old && failed(form.write(subject.first, subject.second, value, turn.getLoc())))
      return failure();
  return storeStates();
}

/// A state's new value is the mean of what was proposed, if its owner moves.
LogicalResult TurnBody::storeStates() {
  OpBuilder &builder = form.getBuilder();
  for (auto &[storage, values] : form.proposals) {
    int64_t owner = index.owner(storage.getRootReference().strref());
    if (!llvm::any_of(movers, [&](PlayerOp p) { return index.number(p) == owner && moves(p); })) {
      droppedWrites += values.size();
      continue;
    }
    Value sum = values.front();
    Location loc = sum.getLoc();
    for (Value value : ArrayRef(values).drop_front())
      sum = arith::AddFOp::create(builder, loc, sum, value);
    if (values.size() > 1)
      sum =
          arith::DivFOp::create(builder, loc, sum, autodiff::splatConstant(builder, loc, values.size(), sum.getType()));
    if (failed(form.write(CellKind::State, storageName(storage), sum, loc)))
      return failure();
  }
  return success();
}

LogicalResult TurnBody::fill() {
  for (auto name : turn.getPlayers().getAsRange<SymbolRefAttr>()) {
    movers.push_back(player(name));
    if (!movers.back())
      return turn.emitOpError("expected a player, got ") << name;
  }
  if (turn.getBody().empty())
    formPlainBody();
  IRMapping map;
  if (failed(readArguments(map)))
    return failure();
  auto mapped = [&](ValueRange values) {
    return llvm::map_to_vector(values, [&](Value value) { return map.lookup(value); });
  };
  for (Operation &op : turn.getBody().front()) {
    if (auto yield = dyn_cast<YieldOp>(op))
      return store(mapped(yield.getValues()));
    if (auto loss = dyn_cast<LossOp>(op)) {
      FailureOr<Value> value = this->loss(loss, mapped(loss.getPoint()));
      if (failed(value))
        return failure();
      map.map(loss.getResult(), *value);
    } else if (auto step = dyn_cast<AdvanceOp>(op)) {
      auto next = advance(step, map);
      if (failed(next))
        return failure();
      map.map(step.getNext(), *next);
    } else if (failed(form.inlineOp(op, map))) {
      return failure();
    }
  }
  return turn.emitOpError("expected a body that ends by a yield");
}
