//===- GameTest.cpp - Networks and games of hand-built models -------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Agon.h"
#include "test/unit/lower/ModelBuilder.h"
#include <gmock/gmock.h>

using namespace agon;
using namespace agon::test;
using sema::Op;
using testing::HasSubstr;
using testing::Not;

namespace {

/// D(x: [2]) -> [1] with a weight and a state, trained by momentum:
///   maximize E[D(x)].
sema::Model linearGame() {
  sema::Model model = emptyGame();
  model.networks.push_back(std::make_unique<sema::Network>());
  sema::Network &network = *model.networks.back();
  network.name = "D";
  network.signature = "(x: [2]) -> [1]";
  network.argumentNames = {"x"};
  network.arguments = {sample({2})};
  network.forms.push_back(std::make_unique<sema::Form>());
  sema::Form &form = *network.forms.back();
  form.arguments = network.arguments;
  form.results = {sample({1})};

  network.storages.resize(2);
  sema::Storage &weight = network.storages[0];
  weight.path = "dense_0.W";
  weight.type = whole({2, 1});
  weight.initial = node(weight.init, Op::Random, weight.type);
  weight.initial->details = sema::RandomKind::Normal;
  sema::Storage &state = network.storages[1];
  state.path = "norm_0.mean";
  state.isState = true;
  state.type = whole({2});
  state.initial = node(state.init, Op::DataMean, state.type);
  state.initial->details = model.game->variables.front().get();

  for (sema::Function *function : {&form.training, &form.sampling}) {
    sema::Node *x = node(function->graph, Op::Argument, sample({2}));
    sema::Node *w = node(function->graph, Op::Read, weight.type);
    w->details = sema::Stored{&network};
    sema::Node *y = node(function->graph, Op::Contract, sample({1}), {x, w});
    y->details = sema::Pairing{{}, {}, {0}, {0}};
    function->arguments = {x};
    function->results = {y};
  }
  sema::Node *mean = node(form.training.graph, Op::Read, state.type);
  mean->details = sema::Stored{&network, 1};
  form.training.writes.push_back({1, mean, {}});

  sema::Game &game = *model.game;
  sema::Variable &value = let(model, "D", whole({}));
  sema::Node *x = node(value.graph, Op::Use, sample({2}));
  x->details = game.variables.front().get();
  sema::Node *apply = node(value.graph, Op::Apply, {}, {x});
  apply->details = sema::Applied{&network, &form};
  sema::Node *y = node(value.graph, Op::Result, sample({1}), {apply});
  value.result = node(value.graph, Op::Sum, whole({}), {y});
  value.result->details = sema::Over{{0}, true};

  game.players.push_back(std::make_unique<sema::Player>());
  sema::Player &player = *game.players.back();
  player.name = "D";
  player.owned = {&network};
  player.maximizes = true;
  player.objective = node(player.objectiveGraph, Op::Use, whole({}));
  player.objective->details = &value;
  player.optimizer = "momentum(lr = 0.1)";
  player.parameters = {{&network, 0}};
  player.hypers = {{"D.lr"}};
  player.slots = {{"momentum.m", 0, whole({2, 1}), 0.5}};
  sema::Type hyper{sema::Element::Hyper, false, {}, 0};
  sema::Node *step = node(player.update, Op::Step, hyper);
  sema::Node *rate = node(player.update, Op::Hyper, hyper, {step});
  sema::Node *real = node(player.update, Op::Convert, whole({}), {rate});
  sema::Node *wide = node(player.update, Op::Broadcast, whole({2, 1}), {real});
  sema::Node *gradient = node(player.update, Op::Cotangent, whole({2, 1}));
  sema::Node *w = node(player.update, Op::Weight, whole({2, 1}));
  sema::Node *m = node(player.update, Op::Slot, whole({2, 1}));
  sema::Node *sum = node(player.update, Op::Add, whole({2, 1}), {m, gradient});
  sema::Node *move = node(player.update, Op::Mul, whole({2, 1}), {wide, sum});
  player.newWeights = {node(player.update, Op::Sub, whole({2, 1}), {w, move})};
  player.newSlots = {sum};
  game.turns.push_back(std::make_unique<sema::GameTurn>());
  game.turns[0]->players = {0};
  game.schedule.turns = {{0}, {0}};
  return model;
}

TEST(Game, NetworksHoldStoragesAndTwoSpecialisations) {
  std::string text = print(linearGame());
  EXPECT_THAT(text, HasSubstr("agon.network @D \"(x: [2]) -> [1]\""));
  EXPECT_THAT(text, HasSubstr("agon.storage @dense_0.W : tensor<2x1xf32>"));
  EXPECT_THAT(text, HasSubstr("agon.storage state @norm_0.mean : tensor<2xf32>"));
  EXPECT_THAT(text, HasSubstr("agon.data_mean @x : tensor<2xf32>"));
  EXPECT_THAT(text, HasSubstr("agon.forward @training (tensor<4x2xf32>) -> tensor<4x1xf32>"));
  EXPECT_THAT(text, HasSubstr("agon.read @D::@dense_0.W"));
  EXPECT_THAT(text, HasSubstr("agon.write @D::@norm_0.mean"));
}

TEST(Game, StatesAreWrittenInTrainingOnly) {
  std::string text = print(linearGame());
  EXPECT_THAT(text.substr(text.find("@sampling")), Not(HasSubstr("agon.write")));
}

TEST(Game, PlayersReadAndYieldByNumber) {
  std::string text = print(linearGame());
  EXPECT_THAT(text, HasSubstr("agon.player @D maximizes owns [@D] objective"));
  EXPECT_THAT(text, HasSubstr("with \"momentum(lr = 0.1)\" update"));
  EXPECT_THAT(text, HasSubstr("agon.hyper \"D.lr\", %0 : tensor<f64>"));
  EXPECT_THAT(text, HasSubstr("arith.truncf %1 : tensor<f64> to tensor<f32>"));
  EXPECT_THAT(text, HasSubstr("agon.cotangent 0 : tensor<2x1xf32>"));
  EXPECT_THAT(text, HasSubstr("slot_initials = array<f64: 5.000000e-01>"));
  EXPECT_THAT(text, HasSubstr("slots = [\"momentum.m\"]"));
}

TEST(Game, TurnsAreNamedAfterWhoMoves) {
  std::string text = print(linearGame());
  EXPECT_THAT(text, HasSubstr("agon.turn @turn_D moves [@D]"));
  EXPECT_THAT(text, HasSubstr("agon.schedule [@turn_D, @turn_D]"));
}

TEST(Game, ALetGivesWayToAPlayerOfItsName) {
  std::string text = print(linearGame());
  EXPECT_THAT(text, HasSubstr("agon.variable @D_ : tensor<f32>"));
  EXPECT_THAT(text, HasSubstr("agon.use @D_ : tensor<f32>"));
}

TEST(Game, ModesAndSourcesOfData) {
  sema::Model model = emptyGame();
  sema::Group &group = model.game->groups.front();
  group.hasSource = true;
  group.sourceText = "points()";
  group.sourceResults = {node(group.source, Op::Random, sample({2}))};
  group.modes = {{0, 1}, {2, 3}};
  group.modeRadius = 0.25;
  std::string text = print(model);
  EXPECT_THAT(text, HasSubstr("agon.group [@x] source \"points()\" modes dense<[[0.000000e+00, "
                              "1.000000e+00], [2.000000e+00, 3.000000e+00]]> : tensor<2x2xf64> "
                              "radius 2.500000e-01"));
}

TEST(Game, GeneratorsMetricsAndRanges) {
  sema::Model model = linearGame();
  sema::Game &game = *model.game;
  sema::Variable &x = *game.variables.front();
  x.hasRange = true;
  x.low = -1;
  x.high = 1;
  sema::Network &network = *model.networks.front();
  game.generators.push_back({&network, network.forms.front().get(), {&x}, 0, &x});
  game.metrics.emplace_back();
  sema::Metric &metric = game.metrics.back();
  metric.name = "half";
  metric.result = node(metric.graph, Op::Constant, whole({}));
  metric.result->details = sema::Number{0.5};
  std::string text = print(model);
  EXPECT_THAT(text, HasSubstr("agon.data @x in [-1.000000e+00, 1.000000e+00] : tensor<4x2xf32>"));
  EXPECT_THAT(text, HasSubstr("agon.generator @D inputs [@x] result 0 imitates @x"));
  EXPECT_THAT(text, HasSubstr("agon.metric @half"));
}

TEST(Game, OperationsKnowTheirPlaces) {
  sema::Model model = linearGame();
  syntax::SourceManager sources;
  const syntax::SourceFile &file = sources.add("toy.agon", "first\n  second\n");
  model.networks.front()->range = {&file, 8, 14};
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module = lower(model, context, {});
  ASSERT_TRUE(module);
  NetworkOp network = *module->getOps<NetworkOp>().begin();
  auto place = llvm::dyn_cast<mlir::FileLineColLoc>(network.getLoc());
  ASSERT_TRUE(place);
  EXPECT_EQ(place.getFilename().str(), "toy.agon");
  EXPECT_EQ(place.getLine(), 2u);
  EXPECT_EQ(place.getColumn(), 3u);
}

} // namespace
