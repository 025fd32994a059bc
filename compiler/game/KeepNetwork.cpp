//===- KeepNetwork.cpp - A game of one network's application -------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/game/KeepNetwork.h"
#include "dialects/agon/Specialisations.h"

using namespace mlir;
using namespace agon;

/// The names of a signature's inputs: x and y of "(x: [784], y: class(10)) -> [1]".
static SmallVector<StringRef> inputNames(StringRef signature) {
  SmallVector<StringRef> names;
  int depth = 0;
  size_t from = 0;
  for (auto [place, letter] : llvm::enumerate(signature)) {
    if (letter == '(' || letter == '[')
      ++depth;
    if (letter == ')' || letter == ']')
      --depth;
    bool ends = (depth == 1 && letter == ',') || depth == 0;
    if (depth == 1 && letter == '(')
      from = place + 1;
    if (!ends)
      continue;
    if (StringRef name = signature.slice(from, place).split(':').first.trim(); !name.empty())
      names.push_back(name);
    if (depth == 0)
      break;
    from = place + 1;
  }
  return names;
}

/// A noise variable of the game, for an input of the network.
static void makeInput(OpBuilder &builder, NetworkOp network, StringRef name, Type type) {
  auto variable = VariableOp::create(builder, network.getLoc(), name, /*noise=*/true, cast<RankedTensorType>(type));
  variable->setAttr(game::inputName, builder.getUnitAttr());
  OpBuilder body(builder.getContext());
  body.createBlock(&variable.getBody());
  bool isReal = isa<FloatType>(getElementTypeOrSelf(type));
  auto draw = RandomOp::create(body, network.getLoc(), type, isReal ? RandomKind::Normal : RandomKind::Categorical,
                               isReal ? IntegerAttr() : builder.getI64IntegerAttr(1), Value(), IntegerAttr());
  YieldOp::create(body, network.getLoc(), draw.getResult());
}

/// The generator of a network that the game does not sample.
static LogicalResult makeGenerator(GameOp game, NetworkOp network) {
  for (Operation &op : llvm::make_early_inc_range(game.getBody().front()))
    if (isa<VariableOp, DataOp, GroupOp>(op))
      op.erase();
  ForwardOp forward;
  for (auto each : network.getOps<ForwardOp>())
    if (!each.isTraining() && (!forward || each.getSymName() == forwardPrefix(/*training=*/false)))
      forward = each;
  if (!forward)
    return network.emitOpError("expected a specialisation for sampling");
  SmallVector<StringRef> shared;
  forward.getSymName().split(".shared").second.split(shared, '.', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  SmallVector<StringRef> names = inputNames(network.getSignature());
  ArrayRef<Type> types = forward.getFunctionType().getInputs();
  if (names.size() != types.size())
    return network.emitOpError("expected a signature of ") << types.size() << " inputs";
  OpBuilder builder = OpBuilder::atBlockBegin(&game.getBody().front());
  SmallVector<Attribute> inputs;
  for (auto [name, type] : llvm::zip(names, types)) {
    std::string input = (llvm::is_contained(shared, name) ? StringRef(game::sharedPrefix) : "").str() + name.str();
    makeInput(builder, network, input, type);
    inputs.push_back(FlatSymbolRefAttr::get(builder.getContext(), input));
  }
  GeneratorOp::create(builder, network.getLoc(), network.getSymName(), builder.getArrayAttr(inputs), /*result=*/0,
                      /*imitates=*/FlatSymbolRefAttr());
  return success();
}

LogicalResult agon::game::keepNetwork(ModuleOp module, StringRef name) {
  auto network = dyn_cast_or_null<NetworkOp>(SymbolTable::lookupSymbolIn(module, name));
  auto games = module.getOps<GameOp>();
  if (!network || games.empty())
    return emitError(module.getLoc(), "expected a game with a network '") << name << "'";
  GameOp game = *games.begin();
  bool isSampled = false;
  for (Operation &op : llvm::make_early_inc_range(game.getBody().front())) {
    auto player = dyn_cast<PlayerOp>(op);
    auto generator = dyn_cast<GeneratorOp>(op);
    if (auto schedule = dyn_cast<ScheduleOp>(op)) {
      schedule.setTurnsAttr(ArrayAttr::get(module.getContext(), {}));
      schedule.removeEveryAttr();
      schedule.removeRepeatsAttr();
    } else if (generator && generator.getNetwork() == name) {
      generator.removeImitatesAttr();
      isSampled = true;
    } else if (generator || isa<TurnOp, MetricOp, MoveOp, RoundsOp, MemoryOp, LoadOp>(op) ||
               (player && !player.getFollows())) {
      op.erase();
    }
  }
  return isSampled ? success() : makeGenerator(game, network);
}
