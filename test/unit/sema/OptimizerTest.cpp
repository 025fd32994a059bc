//===- OptimizerTest.cpp - Updates ------------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/sema/Support.h"
#include <cmath>

namespace agon::sema::test {

using Values = std::vector<double>;

/// One update of a player with parameters a: [2] and b: [1].
struct Update {
  std::vector<Values> weights, slots;
};

static Program withOptimizer(const std::string &optimizer, const std::string &more = "") {
  return good(more +
              "network N() -> [1] {\n  param a: [2] = [1, 2]\n  param b: [1] = 3\n  return sum(a) * b\n}\n"
              "game g {\n  player N minimizes E[N()] with " +
              optimizer + "\n}\n");
}

static Update step(const Program &program, double t, const std::vector<Values> &slots = {}) {
  const Player &player = program.player("N");
  const std::vector<Values> weights{{1, 2}, {3}}, cotangents{{0.3, -0.4}, {1.2}};
  std::map<const Node *, Array> given;
  for (const auto &node : player.update.nodes) {
    Shape shape = node->type.shape;
    if (node->op == Op::Step)
      given[node.get()] = {shape, {t}};
    else if (node->op == Op::Weight)
      given[node.get()] = {shape, weights[node->index()]};
    else if (node->op == Op::Cotangent)
      given[node.get()] = {shape, cotangents[node->index()]};
    else if (node->op == Op::Slot)
      given[node.get()] = {shape, slots.empty()
                                      ? Values(shape.empty() ? 1 : shape[0], player.slots[node->index()].initial)
                                      : slots[node->index()]};
  }
  Interpreter interpreter(1);
  std::vector<Node *> roots = player.newWeights;
  roots.insert(roots.end(), player.newSlots.begin(), player.newSlots.end());
  auto results = interpreter.run(player.update, roots, given, {});
  Update update;
  for (size_t i = 0; i < results.size(); ++i)
    (i < 2 ? update.weights : update.slots).push_back(results[i].values);
  return update;
}

static void expectNear(const Values &actual, const Values &expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(actual[i], expected[i], 1e-6) << "element " << i;
}

static std::vector<std::string> names(const Player &player) {
  std::vector<std::string> result;
  for (const HyperParameter &hyper : player.hypers)
    result.push_back(hyper.name);
  return result;
}

TEST(Optimizer, GradientDescent) {
  Program program = withOptimizer("sgd(lr = 0.1)");
  Update update = step(program, 1);
  expectNear(update.weights[0], {1 - 0.03, 2 + 0.04});
  expectNear(update.weights[1], {3 - 0.12});
  EXPECT_TRUE(program.player("N").slots.empty());
  // A momentum of zero has no memory, so there is nothing to override.
  EXPECT_EQ(names(program.player("N")), (std::vector<std::string>{"N.lr"}));
}

TEST(Optimizer, Momentum) {
  Program program = withOptimizer("sgd(lr = 0.1, momentum = 0.5)");
  Update update = step(program, 1, {{1, 1}, {-1}});
  expectNear(update.weights[0], {1 + 0.5 - 0.03, 2 + 0.5 + 0.04});
  expectNear(update.slots[0], {0.5 - 0.03, 0.5 + 0.04});
  EXPECT_EQ(names(program.player("N")), (std::vector<std::string>{"N.lr", "N.momentum"}));
  update = step(withOptimizer("sgd(lr = 0.1, momentum = 0.5, nesterov = true)"), 1, {{1, 1}, {-1}});
  expectNear(update.weights[0], {1 + 0.5 * 0.47 - 0.03, 2 + 0.5 * 0.54 + 0.04});
}

TEST(Optimizer, AdamReadsWhatItWrote) {
  Program program = withOptimizer("adam(lr = 0.01)");
  // At the first step the update is lr * sign(g).
  Update update = step(program, 1);
  expectNear(update.weights[0], {0.99, 2.01});
  expectNear(update.weights[1], {2.99});
  expectNear(update.slots[0], {0.03, -0.04});
  expectNear(update.slots[2], {0.001 * 0.09, 0.001 * 0.16});
  const Player &player = program.player("N");
  EXPECT_EQ(names(player), (std::vector<std::string>{"N.lr", "N.beta1", "N.beta2", "N.eps"}));
  EXPECT_EQ(player.slots[0].name, "adam.m");
  EXPECT_EQ(player.slots[3].name, "adam.v");
  EXPECT_EQ(player.slots[3].parameter, 1);
  EXPECT_EQ(player.optimizer, "adam(lr = 0.01)");
  // Bias corrections at step 3 with given moments.
  update = step(program, 3, {{0.1, 0.1}, {0.1}, {0.04, 0.04}, {0.04}});
  double m = 0.9 * 0.1 + 0.1 * 1.2, v = 0.999 * 0.04 + 0.001 * 1.44;
  expectNear(update.weights[1],
             {3 - 0.01 * (m / (1 - std::pow(0.9, 3))) / (std::sqrt(v / (1 - std::pow(0.999, 3))) + 1e-8)});
}

TEST(Optimizer, HyperparametersAreExpressionsOfTheStep) {
  Program program = withOptimizer("sgd(lr = max(1e-6, 0.1 / 2^t), momentum = min(0.7, 0.5 + 0.2 * t / 10))");
  Update update = step(program, 2, {{1, 1}, {0}});
  expectNear(update.weights[1], {3 - 0.025 * 1.2});
  expectNear(update.slots[0], {0.54 - 0.025 * 0.3, 0.54 + 0.025 * 0.4});
  update = step(program, 100, {{1, 1}, {0}});
  expectNear(update.slots[0], {0.7, 0.7});
  update = step(withOptimizer("sgd(lr = if t < 10 then 0.1 else 0.01)"), 20);
  expectNear(update.weights[1], {3 - 0.012});
}

TEST(Optimizer, ClippingSeesEveryParameter) {
  // |g| = sqrt(0.09 + 0.16 + 1.44) = 1.3
  Update update = step(withOptimizer("clip_norm(0.65) then sgd(lr = 0.1)"), 1);
  expectNear(update.weights[0], {1 - 0.015, 2 + 0.02});
  expectNear(update.weights[1], {3 - 0.06});
  update = step(withOptimizer("clip_norm(2) then sgd(lr = 0.1)"), 1);
  expectNear(update.weights[1], {3 - 0.12});
  update = step(withOptimizer("clip_value(0.35) then sgd(lr = 1)"), 1);
  expectNear(update.weights[0], {0.7, 2.35});
}

TEST(Optimizer, ChainsSeeTheUpdatedWeight) {
  Update update = step(withOptimizer("sgd(lr = 0.1) then clamp(-2, 2)"), 1);
  expectNear(update.weights[0], {0.97, 2});
  expectNear(update.weights[1], {2});
  update = step(withOptimizer("weight_decay(0.5) then sgd(lr = 0.1)"), 1);
  expectNear(update.weights[1], {3 - 0.1 * (1.2 + 1.5)});
}

TEST(Optimizer, AmbiguousNamesAreQualified) {
  Program program = withOptimizer("clip_norm(1) then clip_value(2) then sgd(lr = 0.1) then rmsprop(lr = 1e-3)");
  EXPECT_EQ(names(program.player("N")), (std::vector<std::string>{"N.clip_norm.limit", "N.clip_value.limit", "N.sgd.lr",
                                                                  "N.rmsprop.lr", "N.decay", "N.eps"}));
}

TEST(Optimizer, UsersWriteTheirOwn) {
  std::string mine = "optimizer normalised(lr = 0.1, steps = 2) {\n"
                     "  state k: [] = 0\n  state old = 1\n  let size = sqrt(total(g^2))\n"
                     "  for i in 0..2 { g <- g / size }\n"
                     "  if rank(w) == 1 { k <- k + 1 }\n"
                     "  old <- w\n  w <- w - lr * g * (if abs(w) > 1.5 then 2 else 1)\n}\n";
  Program program = withOptimizer("normalised(lr = 1)", mine);
  Update update = step(program, 1);
  expectNear(update.weights[0], {1 - 0.3 / 1.69, 2 + 2 * 0.4 / 1.69});
  ASSERT_EQ(update.slots.size(), 4u);
  expectNear(update.slots[0], {1});
  expectNear(update.slots[2], {1, 2});
}

TEST(Optimizer, TheRunJudgesWhatMayChange) {
  Program program = withOptimizer("sgd(lr = 0.1 - t / 100)");
  const Player &player = program.player("N");
  ASSERT_EQ(player.requirements.size(), 1u);
  EXPECT_EQ(player.requirements[0].text, "sgd of player N requires `lr >= 0 and lr < inf`, got N.lr = {}");
  auto judged = [&](double t) {
    std::map<const Node *, Array> given;
    for (const auto &node : player.conditions.nodes)
      if (node->op == Op::Step)
        given[node.get()] = {{}, {t}};
    Interpreter interpreter(1);
    return interpreter.run(player.conditions, {player.requirements[0].judged}, given, {})[0].values;
  };
  expectNear(judged(5), {0, 0.05});
  expectNear(judged(20), {1, -0.1});
  // The momentum only chose the program; a bound between two arguments names both.
  EXPECT_EQ(withOptimizer("sgd() then clamp(-1, 1)").player("N").requirements.back().text,
            "clamp of player N requires `lo < hi`, got N.lo = {}, N.hi = {}");
}

TEST(Optimizer, TheLibrarysAllMove) {
  for (const char *optimizer : {"adamw()", "rmsprop(lr = 5e-5)", "adagrad()", "lion()"}) {
    Update update = step(withOptimizer(optimizer), 1);
    EXPECT_LT(update.weights[1][0], 3) << optimizer;
    EXPECT_GT(update.weights[0][1], 1.99) << optimizer;
  }
  Update update = step(withOptimizer("rmsprop(lr = 1, decay = 0.75)"), 1);
  expectNear(update.weights[1], {3 - 2});
}

} // namespace agon::sema::test
