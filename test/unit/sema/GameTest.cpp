//===- GameTest.cpp - Variables, players, turns -----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/sema/Support.h"

namespace agon::sema::test {

static const std::string players = "  player D minimizes E[softplus(-D(x))] + E[softplus(D(G(z)))] with adam()\n"
                                   "  player G minimizes E[softplus(-D(G(z)))] with adam()\n";

TEST(Game, DataGroups) {
  Program program = good("network C(x: [784]) -> [10] = x |> dense(10)\n"
                         "game g {\n  data (x: [784] in (-1, 1), y: class(10))\n  data u: [3]\n"
                         "  player C minimizes E[cross_entropy(C(x), y)] + 0 * E[u] with sgd(0.1)\n}\n");
  const Game &game = *program.model->game;
  ASSERT_EQ(game.groups.size(), 2u);
  EXPECT_EQ(game.groups[0].name, "x,y");
  EXPECT_EQ(game.groups[0].fields.size(), 2u);
  EXPECT_FALSE(game.groups[0].hasSource);
  EXPECT_TRUE(program.variable("x").hasRange);
  EXPECT_EQ(program.variable("x").low, -1);
  EXPECT_EQ(program.variable("y").type.element, Element::Label);
  EXPECT_EQ(program.variable("u").group, 1);
  EXPECT_EQ(game.batch, 64);
}

TEST(Game, ALetIsOneUse) {
  Program program = good(gameOf("  noise u: [] ~ uniform(0, 1)\n"
                                "  let xhat = u * x + (1 - u) * stop_gradient(G(z))\n"
                                "  player D minimizes E[D(G(z))] - E[D(x)] + 10 * E[(norm(grad(D(xhat), xhat)) - 1)^2]"
                                " with adam()\n"
                                "  player G minimizes -E[D(G(z))] with adam()\n"
                                "  play { repeat 5 { D }; G }"));
  const Player &d = program.player("D");
  int uses = 0;
  for (const auto &node : d.objectiveGraph.nodes)
    uses += node->op == Op::Use && node->variable()->name == "xhat";
  EXPECT_EQ(uses, 1);
  EXPECT_EQ(count(d.objectiveGraph, Op::Gradient), 1);
  EXPECT_EQ(program.model->game->schedule.turns, (std::vector<Scheduled>{{0}, {0}, {0}, {0}, {0}, {1}}));
}

TEST(Game, LetsMayComeLaterAndHoldConstants) {
  Program program = good(gameOf("  value V = weight * E[fake]\n  let fake = softplus(-D(G(z)))\n"
                                "  let weight = 0.5\n  let shape = [1, 2]\n  let act = relu\n"
                                "  player D maximizes V + E[act(D(x))] with adam()\n"
                                "  player G minimizes V with adam()\n  play { D; G }"));
  EXPECT_EQ(program.variable("V").type, (Type{Element::Real, false, {}, 0}));
  // What a let needs comes before it.
  const auto &variables = program.model->game->variables;
  EXPECT_EQ(variables.back()->name, "V");
  EXPECT_TRUE(program.player("D").maximizes);
}

TEST(Game, TuplesAreComputedOnce) {
  Program program = good("network Q(x: [2]) -> ([1], [3]) {\n  let h = x |> dropout(0.5)\n"
                         "  return (h |> dense(1), h |> dense(3))\n}\n"
                         "game g {\n  data x: [2] ~ ring()\n  let (a, b) = Q(x)\n  let (c, d) = (a + 1, 2)\n"
                         "  player Q minimizes E[a] + E[b^2] + d * E[c] with adam()\n}\n");
  int64_t applications = 0;
  for (const auto &variable : program.model->game->variables)
    applications += count(variable->graph, Op::Apply);
  EXPECT_EQ(applications, 1);
  EXPECT_EQ(program.variable("a").type.shape, (Shape{1}));
  EXPECT_EQ(program.variable("b").type.shape, (Shape{3}));
}

TEST(Game, TuplesOfUnlikeBatchesAreComputedOnce) {
  Program program = good("const batch = 4\n"
                         "network Q(x: [2]) -> ([3], [], [2]) {\n"
                         "  noise k: [] ~ normal(0, 1)\n  param w: [2] = 1\n"
                         "  return (k * w[0] * [1, 2, 3], sum(w), w)\n}\n"
                         "game g {\n  data x: [2] ~ ring()\n  let (a, b, c) = Q(x)\n"
                         "  player Q minimizes E[a] + b + sum(c) + E[x] with adam()\n}\n");
  int64_t applications = 0;
  for (const auto &variable : program.model->game->variables)
    applications += count(variable->graph, Op::Apply);
  EXPECT_EQ(applications, 1);
  EXPECT_EQ(program.variable("(a, b, c)").type, (Type{Element::Real, false, {4 * 3 + 1 + 2}, 0}));
  EXPECT_EQ(program.variable("a").type, (Type{Element::Real, true, {3}, 0}));
  EXPECT_EQ(program.variable("b").type, (Type{Element::Real, false, {}, 0}));
  EXPECT_EQ(program.variable("c").type, (Type{Element::Real, false, {2}, 0}));
}

TEST(Game, GeneratorsTakeWhatAllSamplesShare) {
  Program program = good("network Prior() -> [4] { param m: [4] = 0; return m }\n"
                         "network G(z: [4], m: [4], s: []) -> ([1], [2]) {\n"
                         "  param w: [1] = 1\n  return (w, (m + s * z) |> dense(2))\n}\n"
                         "network Still(z: [4]) -> [2] { param w: [2] = 1; return w }\n"
                         "game g {\n  data x: [2] ~ ring()\n  noise z: [4] ~ normal(0, 1)\n"
                         "  let (w, y) = G(z, Prior(), 0.5)\n"
                         "  player P(G, Prior, Still) minimizes E[(y - x)^2] + w^2 + sum(Still(z)) with adam()\n}\n");
  const Game &game = *program.model->game;
  ASSERT_EQ(game.generators.size(), 1u);
  const Generator &generator = game.generators[0];
  EXPECT_EQ(generator.network->name, "G");
  EXPECT_EQ(generator.form->suffix, ".shared.m.s");
  EXPECT_EQ(generator.result, 1);
  ASSERT_EQ(generator.inputs.size(), 3u);
  EXPECT_EQ(generator.inputs[1]->name, "G.m");
  EXPECT_FALSE(generator.inputs[1]->type.batched);
}

/// Who moves in each of the turns.
static std::vector<std::vector<int64_t>> playersOf(const Game &game) {
  std::vector<std::vector<int64_t>> all;
  for (const auto &turn : game.turns)
    all.push_back(turn->players);
  return all;
}

TEST(Game, TurnsAndSchedule) {
  Program program = good(gameOf(players + "  play { repeat 2 { D; D & G }; G }"));
  const Game &game = *program.model->game;
  EXPECT_EQ(playersOf(game), (std::vector<std::vector<int64_t>>{{0}, {0, 1}, {1}}));
  EXPECT_EQ(game.schedule.turns, (std::vector<Scheduled>{{0}, {1}, {0}, {1}, {2}}));
  EXPECT_EQ(game.playText, "{ repeat 2 { D; D & G }; G }");
}

TEST(Game, OnePlayerNeedsNoPlay) {
  Program program = good("network C(x: [2]) -> [1] = x |> dense(1)\n"
                         "game g {\n  data x: [2] ~ ring()\n  player C minimizes E[C(x)^2] with sgd(0.1)\n}\n");
  EXPECT_EQ(program.model->game->schedule.turns, (std::vector<Scheduled>{{0}}));
}

TEST(Game, GeneratorsAreFound) {
  Program program =
      good("network G(z: [4], y: class(8)) -> [2] = concat(z, one_hot(y)) |> dense(2)\n"
           "network E(x: [2]) -> [4] = x |> dense(4)\n"
           "network D(x: [2], z: [4]) -> [1] = concat(x, z) |> dense(1)\n"
           "game g {\n  data (x: [2], y: class(8)) ~ ring()\n  noise z: [4] ~ normal(0, 1)\n"
           "  player D minimizes E[softplus(-D(x, E(x)))] + E[softplus(D(G(z, y), z))] with adam()\n"
           "  player GE(G, E) minimizes E[softplus(D(x, E(x)))] + E[softplus(-D(G(z, y), z))] with adam()\n"
           "  play { D; GE }\n}\n");
  const Game &game = *program.model->game;
  ASSERT_EQ(game.generators.size(), 2u);
  EXPECT_EQ(game.generators[0].network->name, "G");
  ASSERT_EQ(game.generators[0].inputs.size(), 2u);
  EXPECT_EQ(game.generators[0].inputs[1]->name, "y");
  ASSERT_TRUE(game.generators[0].imitates);
  EXPECT_EQ(game.generators[0].imitates->name, "x");
  EXPECT_EQ(program.player("GE").parameters.size(), 4u);
  // E takes records alone; D does not.
  EXPECT_EQ(game.generators[1].network->name, "E");
  EXPECT_FALSE(game.generators[1].imitates);
  ASSERT_EQ(game.generators[1].inputs.size(), 1u);
  EXPECT_EQ(game.generators[1].inputs[0]->name, "x");
}

TEST(Game, NetworksThatTakeRecordsAreFound) {
  Program program =
      good("network A(v: [3]) -> ([1], [2]) {\n  param w: [1] = 1\n  return (w, v |> dense(2))\n}\n"
           "network B(v: [2]) -> [3] = v |> dense(3)\nnetwork C(v: [4]) -> [1] = v |> dense(1)\n"
           "game g {\n  data x: [2]\n  data a: [3]\n  data b: [3]\n  noise z: [4] ~ normal(0, 1)\n"
           "  let (w, v) = A(b)\n  let (w2, v2) = A(a)\n"
           "  player P(A, B, C) minimizes E[sum(v) + sum(v2) + sum(B(x - 1)) + sum(C(z * x[0]))] + sum(w)\n"
           "    with adam()\n}\n");
  const Game &game = *program.model->game;
  ASSERT_EQ(game.generators.size(), 2u);
  EXPECT_EQ(game.generators[0].network->name, "A"); // which is first applied to b; its first result has no batch
  EXPECT_EQ(game.generators[0].inputs[0]->name, "b");
  EXPECT_EQ(game.generators[0].result, 1);
  EXPECT_EQ(game.generators[1].network->name, "B"); // never to data itself, but x has the shape of its input
  EXPECT_EQ(game.generators[1].inputs[0]->name, "x");
}

TEST(Game, GeneratorsOfExpressions) {
  Program program = good("network S(z: [3]) -> [4] = z |> dense(4)\nnetwork G(z: [12]) -> [2] = z |> dense(2)\n"
                         "network D(x: [2]) -> [1] = x |> dense(1)\n"
                         "game g {\n  data (x: [2], y: class(8)) ~ ring()\n  noise z: [3] ~ normal(0, 1)\n"
                         "  let s = S(z)\n  let fake = G(concat(s, one_hot(y)))\n"
                         "  player D minimizes E[softplus(-D(x))] + E[softplus(D(fake))] with adam()\n"
                         "  player GS(G, S) minimizes E[softplus(-D(fake))] with adam()\n  play { D; GS }\n}\n");
  const Game &game = *program.model->game;
  ASSERT_EQ(game.generators.size(), 3u);
  EXPECT_EQ(game.generators[0].network->name, "G");
  EXPECT_EQ(game.generators[0].inputs[0]->name, "G.z");
  EXPECT_EQ(game.generators[0].inputs[0]->type.shape, (Shape{12}));
  EXPECT_EQ(game.variables.back().get(), game.generators[0].inputs[0]);
  EXPECT_EQ(game.generators[1].network->name, "S");
  EXPECT_EQ(game.generators[2].network->name, "D"); // takes records
  // D sees what imitates the data: it is no generator, even where shapes agree.
  program = good("network G(z: [2]) -> [1] = z |> dense(1)\nnetwork D(x: [1]) -> [1] = x |> dense(1)\n"
                 "game g {\n  data x: [1] ~ gaussian(4, 0.5)\n  noise z: [2] ~ normal(0, 1)\n"
                 "  player D minimizes E[D(2 * x)] - E[D(2 * G(z))] with sgd(0.1)\n"
                 "  player G minimizes E[D(2 * G(z))] with sgd(0.1)\n  play { D; G }\n}\n");
  ASSERT_EQ(program.model->game->generators.size(), 2u);
  EXPECT_EQ(program.model->game->generators[1].network->name, "D");
  EXPECT_EQ(program.model->game->generators[1].inputs[0]->kind, Variable::Data);
}

TEST(Game, InitReplacesAnInitialValue) {
  Program program =
      good(gameOf("  init G.dense_1.b = log(data_mean(x)^2 + 1)\n  init G.dense_0.b = [1, 2, 3, 4, 5, 6, 7, 8]\n"
                  "  init D.dense_0.W = normal(0, 1)\n" +
                  players + "  play { D; G }"));
  const Network &g = program.network("G");
  EXPECT_EQ(count(g.storages[3].init, Op::DataMean), 1);
  EXPECT_EQ(g.storages[1].initial->op, Op::Table);
}

TEST(Game, OwnershipThroughOtherNetworks) {
  // D's body applies F: both are D's to train.
  Program program = good("network F(x: [2]) -> [4] = x |> dense(4)\nnetwork D(x: [2]) -> [1] = F(x) |> dense(1)\n"
                         "game g {\n  data x: [2] ~ ring()\n  player P(D, F) minimizes E[D(x)^2] with sgd(0.1)\n}\n");
  EXPECT_EQ(program.player("P").parameters.size(), 4u);
  EXPECT_NE(firstError("network F(x: [2]) -> [4] = x |> dense(4)\nnetwork D(x: [2]) -> [1] = F(x) |> dense(1)\n"
                       "game g {\n  data x: [2] ~ ring()\n  player D minimizes E[D(x)^2] with sgd(0.1)\n}\n")
                .find("no player owns the network `F`"),
            std::string::npos);
}

TEST(Game, GradientPenaltyDependsThroughTheDerivative) {
  good("network D(x: [2]) -> [1] = x |> dense(1)\ngame g {\n  data x: [2] ~ ring()\n"
       "  player D minimizes E[sum(grad(D(x), x)^2)] with sgd(0.1)\n}\n");
  // Through a let, too: the let's value is one in each turn.
  good("network D(x: [2]) -> [1] = x |> dense(1)\ngame g {\n  data x: [2] ~ ring()\n  let d = D(x)\n"
       "  let g = grad(d, x)\n  player D minimizes E[sum(g^2)] with sgd(0.1)\n}\n");
}

TEST(Game, UnusedThingsWarn) {
  Program program = compile(gameOf("  noise u: [] ~ uniform(0, 1)\n  data y: [3]\n" + players + "  play { D; G }"));
  EXPECT_TRUE(program.ok()) << program.messages;
  EXPECT_NE(program.messages.find("the noise `u` is never used"), std::string::npos) << program.messages;
  EXPECT_NE(program.messages.find("the data `y` is never used"), std::string::npos);
}

TEST(Game, ExpectationsDivideByEverything) {
  Program program = good("const batch = 8\nnetwork D(x: [2]) -> [3, 5] = x |> dense(15) |> reshape(3, 5)\n"
                         "game g {\n  data x: [2] ~ ring()\n  player D minimizes E[D(x)^2] with sgd(0.1)\n}\n");
  const Player &d = program.player("D");
  ASSERT_EQ(d.objective->op, Op::Mul);
  EXPECT_TRUE(d.objective->operands[0]->overBatch());
  EXPECT_DOUBLE_EQ(d.objective->operands[1]->value(), 1.0 / 120);
}

} // namespace agon::sema::test
