//===- FunctionForm.cpp - One function of the turn form, being made -------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/game/FunctionForm.h"
#include "dialects/agon/Locations.h"
#include "dialects/agon/TurnForm.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace agon;
using namespace agon::game;

FunctionForm::FunctionForm(const GameIndex &index, const CellTable &cells, Location loc, StringRef name, StringRef kind,
                           Specialisation specialisation, int64_t &stream)
    : index(index), cells(cells), kindOfFunction(kind), specialisation(specialisation), stream(stream),
      builder(index.module.getContext()) {
  builder.setInsertionPointToEnd(index.module.getBody());
  function = func::FuncOp::create(builder, loc, name, builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
}

func::FuncOp FunctionForm::finish(int64_t subject) {
  SmallVector<Value> values;
  SmallVector<DictionaryAttr> argumentAttributes, resultAttributes;
  for (const auto &[cell, value] : results) {
    values.push_back(value);
    resultAttributes.push_back(cellAttributes(builder.getContext(), cell));
  }
  for (const std::string &cell : argumentCells)
    argumentAttributes.push_back(cellAttributes(builder.getContext(), cell));
  func::ReturnOp::create(builder, function.getLoc(), values);
  function.setType(builder.getFunctionType(function.getBody().getArgumentTypes(), ValueRange(values).getTypes()));
  function.setAllArgAttrs(argumentAttributes);
  function.setAllResultAttrs(resultAttributes);
  setFunctionKind(function, kindOfFunction, subject);
  return function;
}

FailureOr<Value> FunctionForm::read(CellKind kind, const Twine &subject, Location loc) {
  std::string name = cellName(kind, subject);
  if (Value moved = kind == CellKind::Parameter ? point->parameters.lookup(name) : Value())
    return moved;
  if (seesWrites) {
    auto written = results.find(name);
    if (written != results.end())
      return written->second;
  }
  Value &argument = arguments[name];
  if (argument)
    return argument;
  const Cell *cell = cells.find(name);
  if (!cell)
    return emitError(loc, "expected a cell, got '") << name << "'", failure();
  if (seesWrites && !cell->loaded && (cell->kind == CellKind::Parameter || cell->kind == CellKind::State))
    return emitError(loc, "'") << name << "' is read before it has an initial value", failure();
  argumentCells.push_back(name);
  argument = function.getBody().addArgument(cell->type, loc);
  return argument;
}

LogicalResult FunctionForm::write(CellKind kind, const Twine &subject, Value value, Location loc) {
  std::string name = cellName(kind, subject);
  const Cell *cell = cells.find(name);
  if (!cell)
    return emitError(loc, "expected a cell, got '") << name << "'";
  if (cell->type != value.getType())
    return emitError(loc, "expected ") << cell->type << " for '" << name << "', got " << value.getType();
  results[name] = value;
  return success();
}

FailureOr<Value> FunctionForm::use(StringRef name, Location loc) {
  if (index.datum(name))
    return read(CellKind::Data, name, loc);
  if (Value known = point->variables.lookup(name))
    return known;
  VariableOp variable = index.variable(name);
  if (!variable)
    return emitError(loc, "expected data or a variable, got @") << name, failure();
  if (llvm::is_contained(callers, name))
    return variable.emitOpError("is defined by itself"), failure();
  callers.push_back(variable.getSymName());
  llvm::scope_exit restore(
      [&, caller = std::exchange(application, StringAttr()), here = std::exchange(way, name.str())] {
        callers.pop_back();
        application = caller;
        way = here;
      });
  FailureOr<Value> value = inlineScalar(variable.getBody());
  if (succeeded(value))
    point->variables[name] = *value;
  return value;
}

FailureOr<Value> FunctionForm::objective(Region &region, StringRef name, Point &at) {
  llvm::scope_exit restore([&, before = std::exchange(point, &at), here = std::exchange(way, name.str())] {
    point = before;
    way = here;
  });
  return inlineScalar(region);
}

FailureOr<SmallVector<Value>> FunctionForm::apply(StringRef name, ValueRange inputs, Location loc, PlayerOp average) {
  NetworkOp network = index.network(name);
  LoadOp load = index.load(name);
  if (!average && usesAverages)
    average = index.averageOf(name);
  // What a frozen network or an average applies computes in turns what it computes in sampling, too.
  Specialisation own = average || (load && load.getFrozen()) ? Sampling : specialisation;
  ForwardOp forward = network ? network.getForward(own == Training, inputs.getTypes()) : ForwardOp();
  if (!forward || forward.getBody().empty())
    return emitError(loc, "expected a network that takes (") << inputs.getTypes() << "), got @" << name, failure();
  if (llvm::is_contained(callers, name))
    return emitError(loc, "network ") << name << " is applied within itself", failure();
  Block &body = forward.getBody().front();
  callers.push_back(network.getSymName());
  bool nested = bool(application);
  StringAttr here = applicationName(builder.getContext(), name, ++applications[name]);
  std::string further = (way + "/" + name).str();
  further += "#" + std::to_string(++point->applications[further]);
  llvm::scope_exit restore([&, caller = std::exchange(application, here), from = std::exchange(way, further),
                            outer = std::exchange(specialisation, own), around = std::exchange(shadow, average)] {
    callers.pop_back();
    application = caller;
    way = from;
    specialisation = outer;
    shadow = around;
  });
  IRMapping map;
  map.map(body.getArguments(), inputs);
  SmallVector<Value> yielded;
  if (failed(inlineBlock(body, map, nullptr, yielded)))
    return failure();
  applied.push_back({network.getSymName(), bool(average), nested, SmallVector<Value>(inputs), yielded});
  return yielded;
}

FailureOr<SmallVector<Value>> FunctionForm::inlineRegion(Region &region, const Move *move) {
  SmallVector<Value> yielded;
  IRMapping map;
  if (!region.empty() && failed(inlineBlock(region.front(), map, move, yielded)))
    return failure();
  return yielded;
}

FailureOr<Value> FunctionForm::inlineScalar(Region &region) {
  FailureOr<SmallVector<Value>> values = inlineRegion(region);
  if (failed(values))
    return failure();
  if (values->size() != 1)
    return emitError(region.getLoc(), "expected a region that yields one value"), failure();
  return values->front();
}

LogicalResult FunctionForm::inlineBlock(Block &block, IRMapping &map, const Move *move,
                                        SmallVectorImpl<Value> &yielded) {
  for (Operation &op : block) {
    if (auto yield = dyn_cast<YieldOp>(op)) {
      for (Value value : yield.getOperands())
        yielded.push_back(map.lookup(value));
      return success();
    }
    if (failed(inlineOp(op, map, move)))
      return failure();
  }
  return success();
}

LogicalResult FunctionForm::inlineOp(Operation &op, IRMapping &map, const Move *move) {
  if (auto write = dyn_cast<WriteOp>(op)) {
    proposals[write.getStorage()].push_back(map.lookup(write.getValue()));
    return success();
  }
  if (auto application = dyn_cast<ApplyOp>(op)) {
    auto inputs = llvm::map_to_vector(application.getInputs(), [&](Value v) { return map.lookup(v); });
    PlayerOp average = application.getAverage() ? index.average(*application.getAverage()) : PlayerOp();
    auto outputs = apply(application.getNetwork(), inputs, op.getLoc(), average);
    if (failed(outputs))
      return failure();
    if (!llvm::equal(ValueRange(*outputs).getTypes(), op.getResultTypes()))
      return op.emitOpError("does not have the results of the network");
    map.map(op.getResults(), *outputs);
    return success();
  }
  if (isa<UseOp, ReadOp, DataMeanOp, IterationOp, StepOp, HyperOp, WeightOp, CotangentOp, SlotOp>(op)) {
    FailureOr<Value> value = valueOf(op, map, move);
    if (failed(value))
      return failure();
    if (value->getType() != op.getResult(0).getType())
      return op.emitOpError("expected ") << value->getType();
    map.map(op.getResult(0), *value);
    return success();
  }
  Operation *copy = builder.clone(op, map);
  if (application)
    copy->setLoc(NameLoc::get(application, op.getLoc()));
  if (auto reduce = dyn_cast<ReduceOp>(copy); reduce && !keepsExpectations)
    reduce.setExpectation(false);
  if (auto draw = dyn_cast<RandomOp>(copy)) {
    FailureOr<Value> key = read(CellKind::Key, "", op.getLoc());
    if (failed(key))
      return failure();
    draw.getKeyMutable().assign(*key);
    auto [known, fresh] = streams->try_emplace({way, &op}, stream);
    stream += fresh;
    draw.setStream(known->second);
  }
  return success();
}

FailureOr<Value> FunctionForm::valueOf(Operation &op, IRMapping &map, const Move *move) {
  auto element = [&](ArrayRef<Value> values, int64_t i) -> FailureOr<Value> {
    if (i < 0 || i >= static_cast<int64_t>(values.size()))
      return op.emitOpError("expected an index below ") << values.size(), failure();
    return values[i];
  };
  if (isa<StepOp, HyperOp, WeightOp, CotangentOp, SlotOp>(op) && !move)
    return op.emitOpError("is only for a player's update"), failure();
  return llvm::TypeSwitch<Operation *, FailureOr<Value>>(&op)
      .Case([&](UseOp use) { return this->use(use.getVariable(), op.getLoc()); })
      .Case([&](ReadOp op) {
        SymbolRefAttr storage = op.getStorage();
        PlayerOp average = shadow;
        if (!average && usesAverages)
          average = index.averageOf(storage.getRootReference());
        return read(CellKind::Parameter,
                    average ? shadowName(average, storage.getLeafReference()) : storageName(storage), op.getLoc());
      })
      .Case([&](DataMeanOp op) { return read(CellKind::DataMean, op.getData(), op.getLoc()); })
      .Case([&](IterationOp op) { return iteration(op.getLoc()); })
      .Case([&](StepOp) { return move->step; })
      .Case([&](HyperOp op) { return hyper(op, map.lookup(op.getExpression())); })
      .Case([&](WeightOp op) { return element(move->weights, op.getIndex()); })
      .Case([&](CotangentOp op) { return element(move->cotangents, op.getIndex()); })
      .Case([&](SlotOp op) { return element(move->slots, op.getIndex()); })
      .Default([](Operation *) { return failure(); });
}

FailureOr<Value> FunctionForm::stepsAfter(PlayerOp player, int64_t rounds) {
  Location loc = player.getLoc();
  FailureOr<Value> made = read(CellKind::Step, player.getSymName(), loc);
  if (failed(made))
    return failure();
  auto type = cast<RankedTensorType>(made->getType());
  Attribute more = builder.getI64IntegerAttr(rounds);
  Value count = arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(type, more));
  return arith::AddIOp::create(builder, loc, *made, count).getResult();
}

FailureOr<Value> FunctionForm::step(PlayerOp player, int64_t round) {
  FailureOr<Value> number = stepsAfter(player, round + 1);
  if (failed(number))
    return failure();
  auto type = cast<RankedTensorType>(number->getType());
  return arith::SIToFPOp::create(builder, player.getLoc(), type.clone(builder.getF64Type()), *number).getResult();
}

/// The number of the iteration, as f64.
FailureOr<Value> FunctionForm::iteration(Location loc) {
  FailureOr<Value> cell = read(CellKind::Iteration, "", loc);
  if (failed(cell))
    return failure();
  auto type = cast<RankedTensorType>(cell->getType());
  return arith::SIToFPOp::create(builder, loc, type.clone(builder.getF64Type()), *cell).getResult();
}

// NaN in the cell means that the run overrides nothing.
FailureOr<Value> FunctionForm::hyper(HyperOp op, Value expression) {
  FailureOr<Value> cell = read(CellKind::Hyper, op.getName(), op.getLoc());
  if (failed(cell))
    return failure();
  Value unset = arith::CmpFOp::create(builder, op.getLoc(), arith::CmpFPredicate::UNO, *cell, *cell);
  return arith::SelectOp::create(builder, op.getLoc(), unset, expression, *cell).getResult();
}

Value agon::game::sumOf(OpBuilder &builder, Location loc, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  return ReduceOp::create(builder, loc, RankedTensorType::get({}, type.getElementType()), ReduceKind::Sum, value, axes);
}
