//===- GameLowering.cpp - A game's declarations to IR ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/lower/GameLowering.h"
#include "frontend/lower/GraphLowering.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace agon::lowering {
namespace {

class GameLowering {
public:
  GameLowering(LoweringContext &context, const sema::Model &model)
      : context(context), b(context.b), model(model), game(*model.game) {}

  void lower(StringRef config);

private:
  void data(const sema::Variable &variable);
  void group(const sema::Group &group);
  void variable(const sema::Variable &variable);
  /// `follows`: of an average.
  void player(const sema::Player &player, const sema::Network *follows = nullptr);
  void move(const sema::Move &move);
  void memory(const sema::Memory &memory);
  void metric(const sema::Metric &metric);
  void generator(const sema::Generator &generator);
  void load(const sema::Network &network);
  void play();
  void body(TurnOp turn, const sema::GameTurn &from);

  /// Fills a region with a graph that ends by yielding `results`.
  void fill(Region &region, Location loc, const sema::Graph &graph, ArrayRef<sema::Node *> results,
            const sema::Player *player = nullptr) {
    OpBuilder::InsertionGuard guard(b);
    b.createBlock(&region);
    GraphLowering lowering(context, {}, player);
    lowering.lower(graph);
    lowering.yield(loc, results);
  }

  FlatSymbolRefAttr name(StringRef text) { return FlatSymbolRefAttr::get(b.getContext(), text); }

  LoweringContext &context;
  OpBuilder &b;
  const sema::Model &model;
  const sema::Game &game;
};

void GameLowering::lower(StringRef config) {
  auto op = GameOp::create(b, context.location(game.range), game.name, static_cast<uint64_t>(game.batch), game.playText,
                           config);
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(&op.getBody());
  for (const auto &variable : game.variables)
    if (variable->kind == sema::Variable::Data)
      data(*variable);
  for (const sema::Group &each : game.groups)
    group(each);
  for (const auto &each : game.variables)
    if (each->kind != sema::Variable::Data)
      variable(*each);
  for (const auto &each : game.players)
    player(*each);
  for (const auto &each : game.averages)
    player(each->update, each->network);
  for (const auto &each : game.moves)
    move(*each);
  for (const sema::Metric &each : game.metrics)
    metric(each);
  for (const sema::Generator &each : game.generators)
    generator(each);
  for (const auto &network : model.networks)
    if (network->weights)
      load(*network);
  play();
}

void GameLowering::data(const sema::Variable &variable) {
  ArrayAttr range = variable.hasRange ? b.getF64ArrayAttr({variable.low, variable.high}) : ArrayAttr();
  IntegerAttr classes;
  if (variable.type.element == sema::Element::Label)
    classes = b.getI64IntegerAttr(variable.type.classes);
  DataOp::create(b, context.location(variable.range), context.symbol(variable).getAttr(), range, classes,
                 TypeAttr::get(context.type(variable.type)));
}

void GameLowering::group(const sema::Group &group) {
  SmallVector<Attribute> fields;
  for (const sema::Variable *field : group.fields)
    fields.push_back(context.symbol(*field));
  StringAttr text = group.hasSource ? b.getStringAttr(group.sourceText) : StringAttr();
  DenseElementsAttr modes;
  FloatAttr radius;
  if (!group.modes.empty()) {
    SmallVector<double> points;
    for (const std::vector<double> &mode : group.modes)
      llvm::append_range(points, mode);
    int64_t count = group.modes.size(), width = group.modes.front().size();
    modes = DenseElementsAttr::get(RankedTensorType::get({count, width}, b.getF64Type()), ArrayRef<double>(points));
    radius = b.getF64FloatAttr(group.modeRadius);
  }
  Location loc = context.location(group.fields.front()->range);
  auto op = GroupOp::create(b, loc, b.getArrayAttr(fields), text, modes, radius);
  if (group.hasSource)
    fill(op.getSource(), loc, group.source, group.sourceResults);
}

void GameLowering::variable(const sema::Variable &variable) {
  Location loc = context.location(variable.range);
  auto op = VariableOp::create(b, loc, context.symbol(variable).getAttr(), variable.kind == sema::Variable::Noise,
                               context.type(variable.type));
  fill(op.getBody(), loc, variable.graph, {variable.result});
}

void GameLowering::player(const sema::Player &player, const sema::Network *follows) {
  SmallVector<Attribute> networks, parameters;
  for (const sema::Network *network : player.owned)
    networks.push_back(context.symbol(*network));
  for (const sema::Player::Owned &owned : player.parameters)
    parameters.push_back(context.symbol(*owned.network, owned.storage));
  SmallVector<StringRef> hypers, slots;
  for (const sema::HyperParameter &hyper : player.hypers)
    hypers.push_back(hyper.name);
  SmallVector<int64_t> slotParameters;
  SmallVector<Type> slotTypes;
  SmallVector<double> slotInitials;
  for (const sema::Slot &slot : player.slots) {
    slots.push_back(slot.name);
    slotParameters.push_back(slot.parameter);
    slotTypes.push_back(context.type(slot.type));
    slotInitials.push_back(slot.initial);
  }
  SmallVector<StringRef> requirements;
  SmallVector<sema::Node *> judged;
  for (const sema::Player::Requirement &requirement : player.requirements) {
    requirements.push_back(requirement.text);
    judged.push_back(requirement.judged);
  }
  Location loc = context.location(player.range);
  auto op = PlayerOp::create(
      b, loc, b.getStringAttr(player.name), player.maximizes ? b.getUnitAttr() : UnitAttr(), b.getArrayAttr(networks),
      b.getArrayAttr(parameters), b.getStringAttr(player.optimizer), b.getStrArrayAttr(hypers),
      b.getStrArrayAttr(slots), b.getDenseI64ArrayAttr(slotParameters), b.getTypeArrayAttr(slotTypes),
      b.getDenseF64ArrayAttr(slotInitials), judged.empty() ? ArrayAttr() : b.getStrArrayAttr(requirements),
      follows ? context.symbol(*follows) : FlatSymbolRefAttr());
  if (!follows)
    fill(op.getObjective(), loc, player.objectiveGraph, {player.objective});
  SmallVector<sema::Node *> results(player.newWeights.begin(), player.newWeights.end());
  llvm::append_range(results, player.newSlots);
  fill(op.getUpdate(), loc, player.update, results, &player);
  if (!judged.empty())
    fill(op.getConditions(), loc, player.conditions, judged, &player);
}

void GameLowering::move(const sema::Move &move) {
  Location loc = context.location(move.range);
  auto op = MoveOp::create(b, loc, b.getStringAttr(move.name), name(game.players[move.player]->name),
                           move.maximizes ? b.getUnitAttr() : UnitAttr());
  fill(op.getObjective(), loc, move.graph, {move.objective});
}

void GameLowering::memory(const sema::Memory &memory) {
  const sema::Player &owner = *game.players[memory.player];
  MemoryOp::create(b, context.location(owner.range), b.getStringAttr(memory.name), name(owner.name),
                   b.getF64FloatAttr(memory.initial), TypeAttr::get(context.type(memory.type)));
}

void GameLowering::metric(const sema::Metric &metric) {
  Location loc = context.location(metric.range);
  auto op = MetricOp::create(b, loc, b.getStringAttr(metric.name));
  fill(op.getBody(), loc, metric.graph, {metric.result});
}

void GameLowering::generator(const sema::Generator &generator) {
  SmallVector<Attribute> inputs;
  for (const sema::Variable *input : generator.inputs)
    inputs.push_back(context.symbol(*input));
  FlatSymbolRefAttr imitates = generator.imitates ? context.symbol(*generator.imitates) : FlatSymbolRefAttr();
  GeneratorOp::create(b, context.location(generator.network->range), context.symbol(*generator.network),
                      b.getArrayAttr(inputs), b.getI64IntegerAttr(generator.result), imitates);
}

void GameLowering::load(const sema::Network &network) {
  const sema::Weights &weights = *network.weights;
  LoadOp::create(b, context.location(weights.range), network.name, weights.frozen, weights.path, weights.name);
}

/// The turns, named after who moves, and the schedule.
void GameLowering::play() {
  Location loc = context.location(game.range);
  llvm::StringSet<> taken;
  for (const auto &[variable, symbol] : context.variables)
    taken.insert(symbol.getValue());
  for (const auto &player : game.players)
    taken.insert(player->name);
  for (const sema::Metric &metric : game.metrics)
    taken.insert(metric.name);
  for (const auto &move : game.moves)
    taken.insert(move->name);
  for (const sema::Memory &each : game.memories)
    memory(each);
  SmallVector<FlatSymbolRefAttr> rounds;
  for (const auto &each : game.rounds) {
    std::string text = "rounds_" + std::to_string(rounds.size());
    while (!taken.insert(text).second)
      text += "_";
    auto op = RoundsOp::create(b, loc, b.getStringAttr(text));
    fill(op.getBody(), loc, each->graph, {each->result});
    rounds.push_back(name(text));
  }
  SmallVector<Attribute> turns;
  for (const auto &each : game.turns) {
    std::string text = each->way.empty() ? "turn" : "turn_" + each->way;
    SmallVector<Attribute> players, keeps;
    bool steps = llvm::any_of(each->rounds, [](int64_t rounds) { return rounds > 0; });
    for (auto [i, mover] : llvm::enumerate(each->players)) {
      // Who is only looked ahead at has no part in the name.
      if (!steps || each->rounds[i] > 0)
        text += "_" + game.players[mover]->name;
      players.push_back(name(game.players[mover]->name));
    }
    while (!taken.insert(text).second)
      text += "_";
    for (int64_t memory : each->keeps)
      keeps.push_back(name(game.memories[memory].name));
    bool plain = each->results.empty();
    auto turn = TurnOp::create(b, loc, b.getStringAttr(text), b.getArrayAttr(players),
                               plain ? DenseI64ArrayAttr() : b.getDenseI64ArrayAttr(each->rounds),
                               keeps.empty() ? ArrayAttr() : b.getArrayAttr(keeps));
    if (!plain)
      body(turn, *each);
    turns.push_back(name(text));
  }
  SmallVector<Attribute> schedule;
  SmallVector<int64_t> every;
  for (const sema::Scheduled &each : game.schedule.turns) {
    schedule.push_back(turns[each.turn]);
    every.push_back(each.every);
  }
  bool always = llvm::all_of(every, [](int64_t period) { return period == 1; });
  SmallVector<Attribute> repeats;
  for (const sema::Repeated &each : game.schedule.repeats)
    repeats.push_back(RepeatAttr::get(b.getContext(), each.first, each.length, rounds[each.rounds]));
  ScheduleOp::create(b, loc, b.getArrayAttr(schedule), always ? DenseI64ArrayAttr() : b.getDenseI64ArrayAttr(every),
                     repeats.empty() ? ArrayAttr() : b.getArrayAttr(repeats));
}

/// What a way to play makes of a turn.
void GameLowering::body(TurnOp turn, const sema::GameTurn &from) {
  OpBuilder::InsertionGuard guard(b);
  Block *block = b.createBlock(&turn.getBody());
  for (const auto &node : from.graph.nodes)
    if (node->op == sema::Op::Argument)
      block->addArgument(context.type(node->type), context.location(node->range));
  GraphLowering lowering(context, block->getArguments());
  lowering.lower(from.graph);
  lowering.yield(turn.getLoc(), from.results);
}

} // namespace

void nameVariables(LoweringContext &context, const sema::Game &game) {
  llvm::StringSet<> taken;
  for (const auto &player : game.players)
    taken.insert(player->name);
  for (const sema::Metric &metric : game.metrics)
    taken.insert(metric.name);
  for (const auto &variable : game.variables)
    if (variable->kind == sema::Variable::Data)
      taken.insert(variable->name);
  for (const auto &variable : game.variables) {
    std::string name = variable->name;
    // A datum's name is public: the run binds its file by it.
    if (variable->kind != sema::Variable::Data)
      while (!taken.insert(name).second)
        name += "_";
    context.variables[variable.get()] = context.b.getStringAttr(name);
  }
}

void lowerGame(LoweringContext &context, const sema::Model &model, StringRef config) {
  context.game = &*model.game;
  GameLowering(context, model).lower(config);
}

} // namespace agon::lowering
