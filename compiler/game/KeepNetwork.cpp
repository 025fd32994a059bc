//===- KeepNetwork.cpp - A game of one network's application -------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/game/KeepNetwork.h"
#include "dialects/agon/Specialisations.h"

using namespace mlir;
using namespace agon;

namespace {
/// An input of a signature.
struct Input {
  StringRef name;
  int64_t classes = 0; ///< Of labels; 0: it holds numbers.
};
} // namespace

/// The inputs of a signature: x and y, the latter of 10 classes, of "(x: [784], y: class(10)) -> [1]".
static SmallVector<Input> inputsOf(StringRef signature) {
  SmallVector<Input> inputs;
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
    auto [name, type] = signature.slice(from, place).split(':');
    if (Input input{name.trim()}; !input.name.empty()) {
      type = type.ltrim();
      if (type.consume_front("class("))
        type.consumeInteger(10, input.classes);
      inputs.push_back(input);
    }
    if (depth == 0)
      break;
    from = place + 1;
  }
  return inputs;
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

/// The generator of a network that the game does not sample; null after an error.
static GeneratorOp makeGenerator(GameOp game, NetworkOp network) {
  for (Operation &op : llvm::make_early_inc_range(game.getBody().front()))
    if (isa<VariableOp, DataOp, GroupOp>(op))
      op.erase();
  ForwardOp forward;
  for (auto each : network.getOps<ForwardOp>())
    if (!each.isTraining() && (!forward || each.getSymName() == forwardPrefix(/*training=*/false)))
      forward = each;
  if (!forward)
    return network.emitOpError("expected a specialisation for sampling"), GeneratorOp();
  SmallVector<StringRef> shared;
  forward.getSymName().split(".shared").second.split(shared, '.', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  SmallVector<Input> signature = inputsOf(network.getSignature());
  ArrayRef<Type> types = forward.getFunctionType().getInputs();
  if (signature.size() != types.size())
    return network.emitOpError("expected a signature of ") << types.size() << " inputs", GeneratorOp();
  OpBuilder builder = OpBuilder::atBlockBegin(&game.getBody().front());
  SmallVector<Attribute> inputs;
  for (auto [input, type] : llvm::zip(signature, types)) {
    bool isShared = llvm::is_contained(shared, input.name);
    std::string name = (isShared ? StringRef(game::sharedPrefix) : "").str() + input.name.str();
    makeInput(builder, network, name, type);
    inputs.push_back(FlatSymbolRefAttr::get(builder.getContext(), name));
  }
  return GeneratorOp::create(builder, network.getLoc(), network.getSymName(), builder.getArrayAttr(inputs),
                             /*result=*/0,
                             /*imitates=*/FlatSymbolRefAttr());
}

/// Tells, for those who read the module, how many classes the generator's labels have.
static void markClasses(ModuleOp module, GeneratorOp generator, NetworkOp network) {
  Builder builder(module.getContext());
  SmallVector<NamedAttribute> classes;
  for (auto [input, symbol] :
       llvm::zip(inputsOf(network.getSignature()), generator.getInputs().getAsRange<FlatSymbolRefAttr>()))
    if (input.classes > 0 && llvm::none_of(classes, [&](auto each) { return each.getName() == symbol.getValue(); }))
      classes.push_back(builder.getNamedAttr(symbol.getValue(), builder.getI64IntegerAttr(input.classes)));
  module->setAttr(game::classesName, builder.getDictionaryAttr(classes));
}

LogicalResult agon::game::keepNetwork(ModuleOp module, StringRef name) {
  auto network = dyn_cast_or_null<NetworkOp>(SymbolTable::lookupSymbolIn(module, name));
  auto games = module.getOps<GameOp>();
  if (!network || games.empty())
    return emitError(module.getLoc(), "expected a game with a network '") << name << "'";
  GameOp game = *games.begin();
  GeneratorOp kept;
  for (Operation &op : llvm::make_early_inc_range(game.getBody().front())) {
    auto player = dyn_cast<PlayerOp>(op);
    auto generator = dyn_cast<GeneratorOp>(op);
    if (auto schedule = dyn_cast<ScheduleOp>(op)) {
      schedule.setTurnsAttr(ArrayAttr::get(module.getContext(), {}));
      schedule.removeEveryAttr();
      schedule.removeRepeatsAttr();
    } else if (generator && generator.getNetwork() == name) {
      generator.removeImitatesAttr();
      kept = generator;
    } else if (generator || isa<TurnOp, MetricOp, MoveOp, RoundsOp, MemoryOp, LoadOp>(op) ||
               (player && !player.getFollows())) {
      op.erase();
    }
  }
  if (!kept)
    kept = makeGenerator(game, network);
  if (!kept)
    return failure();
  markClasses(module, kept, network);
  return success();
}
