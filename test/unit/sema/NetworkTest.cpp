//===- NetworkTest.cpp - Networks, layers, parameters -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Print.h"
#include "test/unit/sema/Support.h"

namespace agon::sema::test {

using Paths = std::vector<std::string>;

TEST(Network, ParametersAreNamedByLayerAndOrder) {
  Program program = good("layer block(x: [n], units: int) -> [units] =\n"
                         "  x |> dense(units) |> relu |> dense(units)\n"
                         "network N(x: [4]) -> [2] {\n"
                         "  param scale: [] = 1\n"
                         "  let h = x |> block(8) |> dense(6)\n"
                         "  for i in 0..2 { h = h |> block(6) }\n"
                         "  return scale * (h |> dense(2))\n}\n");
  EXPECT_EQ(paths(program.network("N")),
            (Paths{"scale", "block_0.dense_0.W", "block_0.dense_0.b", "block_0.dense_1.W", "block_0.dense_1.b",
                   "dense_0.W", "dense_0.b", "block_1.dense_0.W", "block_1.dense_0.b", "block_1.dense_1.W",
                   "block_1.dense_1.b", "block_2.dense_0.W", "block_2.dense_0.b", "block_2.dense_1.W",
                   "block_2.dense_1.b", "dense_1.W", "dense_1.b"}));
  EXPECT_EQ(program.network("N").signature, "(x: [4]) -> [2]");
}

TEST(Network, FunctionsAreTransparentToNames) {
  Program program = good("fn mlp(x, act) = x |> dense(4) |> act |> dense(1)\n"
                         "network N(x: [4]) -> [1] = mlp(x, tanh) + mlp(x, act = relu)\n");
  EXPECT_EQ(paths(program.network("N")), (Paths{"dense_0.W", "dense_0.b", "dense_1.W", "dense_1.b", "dense_2.W",
                                                "dense_2.b", "dense_3.W", "dense_3.b"}));
}

TEST(Network, TrainingAndSamplingShareStorages) {
  Program program = good("network N(x: [4]) -> [4] {\n"
                         "  let h = x |> batchnorm |> dropout(0.5) |> dense(4)\n"
                         "  if training { h = h |> gaussian_noise(0.1) } else { h = 2 * h }\n"
                         "  return h\n}\n");
  const Network &network = program.network("N");
  EXPECT_EQ(network.storages.size(), 6u);
  EXPECT_EQ(count(network.forms[0]->training.graph, Op::Random), 2);
  EXPECT_EQ(count(network.forms[0]->sampling.graph, Op::Random), 0);
  EXPECT_EQ(network.forms[0]->training.writes.size(), 2u);
  EXPECT_EQ(network.forms[0]->sampling.writes.size(), 0u);
}

TEST(Network, AParameterOfOneSpecialisationIsAllowed) {
  Program program = good("network N(x: [2]) -> [2] {\n"
                         "  if training { param b: [2] = 0; return x + b }\n  return x\n}\n");
  EXPECT_EQ(paths(program.network("N")), (Paths{"b"}));
}

TEST(Network, SeveralInputsAndOutputs) {
  Program program = good("network Q(x: [2], y: class(3)) -> ([1], [3]) {\n"
                         "  let h = concat(x, one_hot(y)) |> dense(8) |> relu\n"
                         "  return (h |> dense(1), h |> dense(3))\n}\n"
                         "network P(x: [2], y: class(3)) -> [4] {\n"
                         "  let (a, b) = Q(x, y = y)\n  return concat(a, b)\n}\n");
  const Network &q = program.network("Q");
  EXPECT_EQ(q.signature, "(x: [2], y: class(3)) -> ([1], [3])");
  EXPECT_EQ(q.arguments[1].classes, 3);
  EXPECT_EQ(program.network("P").storages.size(), 0u);
  EXPECT_EQ(count(program.network("P").forms[0]->training.graph, Op::Apply), 1);
}

TEST(Network, WithoutInputs) {
  Program program = good("network theta() -> [1] { param w: [1] = 1; return w }\n");
  const Network &theta = program.network("theta");
  EXPECT_EQ(paths(theta), (Paths{"w"}));
  EXPECT_FALSE(theta.forms[0]->results[0].batched);
  EXPECT_EQ(theta.forms[0]->training.results[0]->op, Op::Read);
}

/// "training.shared.x -> batch, shared" for each form of a network.
static std::vector<std::string> forms(const Network &network) {
  std::vector<std::string> list;
  for (const auto &form : network.forms) {
    std::string text = form->suffix + " ->";
    for (const Type &type : form->results)
      text += type.batched ? " batched" : " shared";
    for (const Function *function : {&form->training, &form->sampling})
      for (size_t i = 0; i < form->results.size(); ++i)
        EXPECT_EQ(function->results[i]->type, form->results[i]) << text;
    list.push_back(text);
  }
  return list;
}

TEST(Network, WhatASampleReachesIsBatched) {
  Program program = good("network Theta() -> [2] { param w: [2] = 1; return w }\n"
                         "network Q(x: [2], y: [2]) -> ([2], [2], []) { param w: [] = 1; return (w * x, y + w, w) }\n"
                         "network Outer(x: [2]) -> [2] { let (a, b, c) = Q(x, Theta()); return a + b * c }\n"
                         "network Drop(x: [2]) -> [2] { param w: [2] = 1; return w * (x |> dropout(0.5)) }\n"
                         "network Drawn() -> ([2], [2]) {\n"
                         "  noise k: [2] ~ normal(0, 1)\n  param w: [2] = 1\n"
                         "  return (w * k, w * draw(normal(0, 1), [2]))\n}\n"
                         "game g {\n  data x: [2] ~ ring()\n  let p = Theta()\n  let (a, b, c) = Q(p + 1, x)\n"
                         "  let (d, e) = Drawn()\n"
                         "  player P(Theta, Q, Drop, Drawn)\n"
                         "    minimizes sum(p * Outer([1, 2])) + E[a + b * c] + E[Outer(x)] + E[Drop(p)] + E[d + e]\n"
                         "    with adam()\n}\n");
  using List = std::vector<std::string>;
  EXPECT_EQ(forms(program.network("Theta")), (List{" -> shared"}));
  EXPECT_EQ(forms(program.network("Q")),
            (List{".shared.x -> shared batched shared", ".shared.x.y -> shared shared shared",
                  ".shared.y -> batched shared shared"}));
  EXPECT_EQ(forms(program.network("Outer")), (List{".shared.x -> shared", " -> batched"}));
  // A sample reaches the training function alone, by its noise.
  EXPECT_EQ(forms(program.network("Drop")), (List{".shared.x -> batched"}));
  EXPECT_EQ(program.network("Drop").forms[0]->sampling.results[0]->op, Op::Broadcast);
  EXPECT_EQ(forms(program.network("Drawn")), (List{" -> batched shared"}));
  EXPECT_FALSE(program.variable("p").type.batched);
  EXPECT_FALSE(program.variable("a").type.batched);
  EXPECT_TRUE(program.variable("b").type.batched);
  EXPECT_FALSE(program.variable("c").type.batched);
  EXPECT_TRUE(program.variable("d").type.batched);
  EXPECT_FALSE(program.variable("e").type.batched);
}

TEST(Network, FormsThatTheGameDoesNotApplyAreLeftOut) {
  Program program = good("network N(x: [2]) -> [2] { state m: [2] = 0; m <- x; return x |> dense(2) }\n"
                         "network Rest(x: [2]) -> [1] = N(batch_mean(x)) |> dense(1)\n"
                         "game g {\n  player N minimizes sum(N([1, 2])) with adam()\n}\n");
  EXPECT_EQ(forms(program.network("N")), (std::vector<std::string>{".shared.x -> shared"}));
  EXPECT_EQ(program.network("N").forms[0]->training.writes.size(), 1u);
  EXPECT_EQ(program.model->networks.size(), 1u);
}

TEST(Network, ANumberOfValuesInBothSpecialisations) {
  EXPECT_EQ(firstError("network N(x: [2]) {\n  if training { return (x, x) }\n  return x\n}\n"),
            "`N` returns another number of values in sampling, 1 and not 2");
}

TEST(Network, ShapeNamesBindAndSpread) {
  good("layer scale(x: [c, ..rest], by = 2) -> [c, ..rest] {\n"
       "  param gamma: [c, ..fill(len(rest), 1)] = by\n  return x * gamma\n}\n"
       "layer pair(x: [n], y: [n + 1]) -> [2 * n + 1] = concat(x, y)\n"
       "layer any(x: [..]) -> [..] = x\n"
       "layer free(x: [n]) -> [m] = x |> dense(3)\n"
       "network N(x: [2, 3, 4], y: [2], z: [3]) -> [2, 3, 4] =\n"
       "  scale(x) + sum(pair(y, z)) + sum(free(y |> any))\n");
}

TEST(Network, LayersTakeLayersAsArguments) {
  Program program = good("layer twice(x: [n], inner) -> [n] = x |> inner(n) |> inner(n)\n"
                         "layer residual(x: [n], units: int) -> [n] = x + (x |> dense(units) |> relu |> dense(n))\n"
                         "network N(x: [4]) -> [4] = x |> twice(residual) |> twice(dense)\n");
  EXPECT_EQ(program.network("N").storages.size(), 12u);
  EXPECT_EQ(paths(program.network("N")).front(), "twice_0.residual_0.dense_0.W");
  EXPECT_EQ(paths(program.network("N")).back(), "twice_1.dense_1.b");
}

TEST(Network, InitialValues) {
  Program program = good("network N(x: [2]) -> [2] {\n"
                         "  param a: [2] = [1, -1]\n  param b: [2] = a^2 + 3\n"
                         "  param c: [2, 2] ~ truncated_normal(0, 0.1)\n  param d: [] = 1.0 / 3\n"
                         "  state e: [2] ~ uniform(0, 1)\n"
                         "  return (x * a + b) @ c * d + e\n}\n");
  const Network &network = program.network("N");
  Interpreter interpreter(1);
  Storages storages = interpreter.initialize(network);
  EXPECT_EQ(storages.at({&network, 0}).values, (std::vector<double>{1, -1}));
  EXPECT_EQ(storages.at({&network, 1}).values, (std::vector<double>{4, 4}));
  for (double value : storages.at({&network, 2}).values)
    EXPECT_LE(std::fabs(value), 0.2);
}

TEST(Network, StatesReadTheValueBeforeTheTurn) {
  Program program = good("layer counter(x: [n]) -> [n] {\n  state k: [] = 5\n"
                         "  if training { k <- k + 1 }\n  return x + k\n}\n"
                         "network N(x: [1]) -> [1] = x |> counter\n");
  const Network &network = program.network("N");
  Interpreter interpreter(1);
  Storages storages = interpreter.initialize(network);
  Outcome outcome = interpreter.run(network.forms[0]->training, {{{1, 1}, {0}}}, storages);
  EXPECT_EQ(outcome.results[0].values[0], 5);
  EXPECT_EQ(outcome.writes.at("0").values[0], 6);
}

TEST(Network, LocalsDoNotHideFunctions) {
  good("network N(x: [4]) -> [] {\n  let mean = mean(x)\n  let max = 3\n"
       "  return mean + max(x) + max + mean(x)\n}\n");
}

TEST(Network, GraphsHoldNothingDead) {
  Program program = good("network N(x: [2]) -> [2] {\n  let unused = exp(x) |> dense(3)\n  return x\n}\n");
  EXPECT_EQ(program.network("N").forms[0]->training.graph.nodes.size(), 1u);
  EXPECT_EQ(program.network("N").storages.size(), 2u);
  EXPECT_NE(print(*program.model).find("argument #0"), std::string::npos);
}

} // namespace agon::sema::test
