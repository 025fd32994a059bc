//===- Lower.cpp - The elaborated model to the agon dialect ---------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/lower/Lower.h"
#include "frontend/lower/GraphLowering.h"

using namespace mlir;

namespace agon {
namespace {

class ModelLowering {
public:
  ModelLowering(const sema::Model &model, MLIRContext &context, const LowerOptions &options)
      : model(model), options(options), types{context, model.game->batch, options.f64}, b(&context) {}

  OwningOpRef<ModuleOp> run() {
    auto loc = FileLineColLoc::get(b.getContext(), options.sourceName, 1, 1);
    OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
    b.setInsertionPointToStart(module->getBody());
    for (const auto &network : model.networks)
      lowerNetwork(*network);
    lowerGame();
    return module;
  }

private:
  FlatSymbolRefAttr ref(StringRef name) { return FlatSymbolRefAttr::get(b.getContext(), name); }
  Location at(const syntax::SourceRange &range) { return types.location(range); }

  /// Fills `region` with one block that computes `graph` and yields `results`.
  void fill(Region &region, const sema::Graph &graph, ArrayRef<sema::Node *> results, Location loc,
            const sema::Player *player = nullptr) {
    OpBuilder::InsertionGuard guard(b);
    b.createBlock(&region);
    GraphLowering lowering(types, b, {}, player);
    lowering.run(graph);
    lowering.yield(results, loc);
  }

  void lowerNetwork(const sema::Network &network) {
    OpBuilder::InsertionGuard guard(b);
    auto op = NetworkOp::create(b, at(network.range), network.name, network.signature);
    b.createBlock(&op.getBody());
    for (const sema::Storage &storage : network.storages) {
      Location loc = at(storage.range);
      auto declared = StorageOp::create(b, loc, storage.isState ? b.getUnitAttr() : UnitAttr(),
                                        b.getStringAttr(storage.path), TypeAttr::get(types.tensor(storage.type)));
      fill(declared.getInit(), storage.init, {storage.initial}, loc);
    }
    lowerForward(network, network.training, "training");
    lowerForward(network, network.sampling, "sampling");
  }

  void lowerForward(const sema::Network &network, const sema::Function &function, StringRef name) {
    OpBuilder::InsertionGuard guard(b);
    Location loc = at(network.range);
    SmallVector<Type> inputs, results;
    for (const sema::Type &type : network.arguments)
      inputs.push_back(types.tensor(type));
    for (const sema::Type &type : network.results)
      results.push_back(types.tensor(type));
    auto forward = ForwardOp::create(b, loc, name, b.getFunctionType(inputs, results));
    Block *block = b.createBlock(&forward.getBody(), {}, inputs, SmallVector<Location>(inputs.size(), loc));
    GraphLowering lowering(types, b, block->getArguments());
    lowering.run(function.graph);
    for (const sema::Function::Write &write : function.writes)
      WriteOp::create(b, at(write.range), storageRef(*b.getContext(), network, write.storage),
                      lowering.valueOf(write.value));
    lowering.yield(function.results, loc);
  }

  void lowerGame() {
    const sema::Game &game = *model.game;
    OpBuilder::InsertionGuard guard(b);
    auto op = GameOp::create(b, at(game.range), game.name, game.batch, game.playText, options.configJson);
    b.createBlock(&op.getBody());
    for (const auto &variable : game.variables)
      lowerVariable(*variable);
    for (const sema::Group &group : game.groups)
      lowerGroup(group);
    for (const auto &player : game.players)
      lowerPlayer(*player);
    for (const sema::Metric &metric : game.metrics) {
      auto declared = MetricOp::create(b, at(metric.range), metric.name);
      fill(declared.getBody(), metric.graph, {metric.result}, at(metric.range));
    }
    for (const sema::Generator &generator : game.generators) {
      SmallVector<Attribute> inputs;
      for (const sema::Variable *input : generator.inputs)
        inputs.push_back(ref(input->name));
      GeneratorOp::create(b, op.getLoc(), ref(generator.network->name), b.getArrayAttr(inputs),
                          b.getI64IntegerAttr(generator.result),
                          generator.imitates ? ref(generator.imitates->name) : FlatSymbolRefAttr());
    }
    SmallVector<std::string> turnNames;
    for (const std::vector<int64_t> &turn : game.turns) {
      std::string name = "turn";
      SmallVector<Attribute> players;
      for (int64_t player : turn) {
        name += "_" + game.players[player]->name;
        players.push_back(ref(game.players[player]->name));
      }
      // Players' names may themselves hold underscores.
      while (llvm::is_contained(turnNames, name))
        name += "_";
      turnNames.push_back(name);
      TurnOp::create(b, op.getLoc(), name, b.getArrayAttr(players));
    }
    SmallVector<Attribute> schedule;
    for (int64_t turn : game.schedule)
      schedule.push_back(ref(turnNames[turn]));
    ScheduleOp::create(b, op.getLoc(), b.getArrayAttr(schedule));
  }

  void lowerVariable(const sema::Variable &variable) {
    Location loc = at(variable.range);
    auto type = TypeAttr::get(types.tensor(variable.type));
    if (variable.kind == sema::Variable::Data) {
      ArrayAttr range;
      if (variable.hasRange)
        range = b.getF64ArrayAttr({variable.low, variable.high});
      IntegerAttr classes;
      if (variable.type.element == sema::Element::Label)
        classes = b.getI64IntegerAttr(variable.type.classes);
      DataOp::create(b, loc, b.getStringAttr(variable.name), range, classes, type);
      return;
    }
    auto declared = VariableOp::create(b, loc, b.getStringAttr(variable.name), type);
    fill(declared.getBody(), variable.graph, {variable.result}, loc);
  }

  void lowerGroup(const sema::Group &group) {
    SmallVector<Attribute> fields;
    for (const sema::Variable *field : group.fields)
      fields.push_back(ref(field->name));
    Location loc = at(group.fields.front()->range);
    DenseFPElementsAttr modes;
    FloatAttr radius;
    if (!group.modes.empty()) {
      SmallVector<double> flat;
      for (const std::vector<double> &mode : group.modes)
        llvm::append_range(flat, mode);
      auto type = RankedTensorType::get({int64_t(group.modes.size()), int64_t(group.modes.front().size())},
                                        b.getF64Type());
      modes = cast<DenseFPElementsAttr>(DenseElementsAttr::get(type, ArrayRef<double>(flat)));
      radius = b.getF64FloatAttr(group.modeRadius);
    }
    auto declared = GroupOp::create(b, loc, b.getArrayAttr(fields),
                                    group.hasSource ? b.getStringAttr(group.sourceText) : StringAttr(), modes, radius);
    if (group.hasSource)
      fill(declared.getSource(), group.source, group.sourceResults, loc);
  }

  void lowerPlayer(const sema::Player &player) {
    Location loc = at(player.range);
    SmallVector<Attribute> networks, parameters, hypers, slots, slotTypes;
    SmallVector<int64_t> slotParameters;
    SmallVector<double> slotInitials;
    for (const sema::Network *network : player.owned)
      networks.push_back(ref(network->name));
    for (const sema::Player::Owned &owned : player.parameters)
      parameters.push_back(storageRef(*b.getContext(), *owned.network, owned.storage));
    for (const sema::HyperParameter &hyper : player.hypers)
      hypers.push_back(b.getStringAttr(hyper.name));
    for (const sema::Slot &slot : player.slots) {
      slots.push_back(b.getStringAttr(slot.name));
      slotParameters.push_back(slot.parameter);
      slotTypes.push_back(TypeAttr::get(types.tensor(slot.type)));
      slotInitials.push_back(slot.initial);
    }
    auto op = PlayerOp::create(b, loc, b.getStringAttr(player.name),
                               player.maximizes ? b.getUnitAttr() : UnitAttr(), b.getArrayAttr(networks),
                               b.getArrayAttr(parameters), b.getStringAttr(player.optimizer), b.getArrayAttr(hypers),
                               b.getArrayAttr(slots), b.getDenseI64ArrayAttr(slotParameters),
                               b.getArrayAttr(slotTypes), b.getDenseF64ArrayAttr(slotInitials));
    fill(op.getObjective(), player.objectiveGraph, {player.objective}, loc);
    SmallVector<sema::Node *> results(player.newWeights.begin(), player.newWeights.end());
    llvm::append_range(results, player.newSlots);
    fill(op.getUpdate(), player.update, results, loc, &player);
  }

  const sema::Model &model;
  const LowerOptions &options;
  ModelTypes types;
  OpBuilder b;
};

} // namespace

OwningOpRef<ModuleOp> lower(const sema::Model &model, MLIRContext &context, const LowerOptions &options) {
  return ModelLowering(model, context, options).run();
}

} // namespace agon
