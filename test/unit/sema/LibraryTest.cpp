//===- LibraryTest.cpp - What the standard library computes -----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/sema/Support.h"
#include <cmath>
#include <numeric>

namespace agon::sema::test {

using Values = std::vector<double>;

static void expectNear(const Array &array, const Values &expected, double tolerance = 1e-6) {
  ASSERT_EQ(array.values.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(array.values[i], expected[i], tolerance) << "element " << i;
}

static double mean(const Values &x) { return std::accumulate(x.begin(), x.end(), 0.0) / x.size(); }

static double deviation(const Values &x) {
  double m = mean(x), sum = 0;
  for (double value : x)
    sum += (value - m) * (value - m);
  return std::sqrt(sum / x.size());
}

TEST(Library, Activations) {
  Values x{-2, -0.5, 0, 1.5};
  auto each = [&](const std::string &stage, auto f) {
    Values expected;
    for (double value : x)
      expected.push_back(f(value));
    expectNear(apply("(x: [4]) -> [4]", "= x |> " + stage, x), expected, 1e-9);
  };
  each("relu", [](double v) { return std::max(v, 0.0); });
  each("leaky_relu", [](double v) { return v > 0 ? v : 0.01 * v; });
  each("leaky_relu(slope = 0.2)", [](double v) { return v > 0 ? v : 0.2 * v; });
  each("elu", [](double v) { return v > 0 ? v : std::exp(v) - 1; });
  each("gelu", [](double v) { return v * 0.5 * (1 + std::erf(v / std::sqrt(2))); });
  each("silu", [](double v) { return v / (1 + std::exp(-v)); });
  each("softplus", [](double v) { return std::log(1 + std::exp(v)); });
  each("clamp(-1, 1)", [](double v) { return std::min(std::max(v, -1.0), 1.0); });
}

TEST(Library, SoftmaxOfHugeLogits) {
  expectNear(apply("(x: [3]) -> [3]", "= softmax(x)", {1000, 1000, -1000}), {0.5, 0.5, 0});
  expectNear(apply("(x: [3]) -> [3]", "= log_softmax(x)", {1000, 1000, -1000}),
             {-std::log(2), -std::log(2), -2000 - std::log(2)});
  expectNear(apply("(x: [2, 2]) -> [2, 2]", "= softmax(x, axis = 0)", {0, 0, 0, 0}), {.5, .5, .5, .5});
  expectNear(apply("(x: [2]) -> []", "= logsumexp(x)", {1000, 1000}), {1000 + std::log(2)});
}

TEST(Library, ArgmaxTakesTheFirst) {
  expectNear(apply("(x: [4]) -> []", "= argmax(x)", {1, 7, 7, 0, 9, 1, 1, 1}, 2), {1, 0});
  expectNear(apply("(x: [2, 3]) -> [2]", "= argmax(x)", {1, 2, 3, 6, 5, 4}), {2, 0});
}

TEST(Library, Losses) {
  expectNear(apply("(x: [3], y: class(3)) -> []", "= cross_entropy(x, y)", {0, 0, 0, 2}), {std::log(3)});
  expectNear(apply("(x: [2]) -> []", "= cross_entropy(x, [0.25, 0.75])", {0, 0}), {std::log(2)});
  expectNear(apply("(x: [1]) -> [1]", "= binary_cross_entropy(x, 1)", {0.3}), {std::log(1 + std::exp(-0.3))});
  expectNear(apply("(x: [2], y: [2]) -> []", "= mse(x, y)", {1, 2, 3, 6}), {10});
  expectNear(apply("(x: [2], y: [2]) -> []", "= l1(x, y)", {1, 2, 3, 6}), {3});
  expectNear(apply("(x: [2]) -> []", "= norm(x)", {3, 4}), {5});
  expectNear(apply("(x: [2, 2]) -> [2]", "= norm(x, axis = 1)", {3, 4, 6, 8}), {5, 10});
  expectNear(apply("(x: [2]) -> []", "= gaussian_kl(x, [0, 0])", {1, 2}), {2.5});
}

TEST(Library, FDivergences) {
  // f*(T) against the closed forms of f* o g.
  auto both = [&](const std::string &f, double v) {
    return apply("(x: [1]) -> [1]", "= fgan." + f + ".conjugate(fgan." + f + ".activation(x))", {v}).values[0];
  };
  for (double v : {-1.5, 0.2, 0.9}) {
    EXPECT_NEAR(both("kl", v), std::exp(v - 1), 1e-9);
    EXPECT_NEAR(both("reverse_kl", v), v - 1, 1e-9);
    EXPECT_NEAR(both("pearson", v), v * v / 4 + v, 1e-9);
    EXPECT_NEAR(both("squared_hellinger", v), std::exp(v) - 1, 1e-9);
    EXPECT_NEAR(both("js", v), -std::log(2) + std::log(1 + std::exp(v)), 1e-9);
    EXPECT_NEAR(both("gan", v), std::log(1 + std::exp(v)), 1e-9);
  }
}

TEST(Library, DenseAndMaxout) {
  expectNear(apply("(x: [2]) -> [2]", "= x |> dense(2, init = ones, bias = false)", {1, 2}), {3, 3});
  EXPECT_EQ(paths(good("network N(x: [2]) -> [3] = x |> dense(3, bias = false)").network("N")),
            (std::vector<std::string>{"dense_0.W"}));
  std::string pieces = "fn stairs(shape) = reshape(iota(12), 2, 6)\n";
  expectNear(apply("(x: [2]) -> [2]", "= x |> maxout(2, pieces = 3, init = stairs)", {1, 0}, 1, pieces), {2, 5});
  expectNear(apply("(x: [2]) -> [2]", "= x |> maxout(2, pieces = 3, init = stairs)", {-1, 0}, 1, pieces), {0, -3});
}

TEST(Library, EmbeddingsAreRows) {
  std::string table = "fn rows(shape) = reshape(iota(6), 3, 2)\n";
  expectNear(apply("(y: class(3)) -> [2]", "= embed(y, 2, init = rows)", {2, 0}, 2, table), {4, 5, 0, 1});
}

TEST(Library, DropoutKeepsTheMean) {
  Array y = apply("(x: [1000]) -> [1000]", "= x |> dropout(0.25)", Values(10000, 1), 10);
  EXPECT_NEAR(mean(y.values), 1, 0.02);
  for (double value : y.values)
    EXPECT_TRUE(value == 0 || std::fabs(value - 1 / 0.75) < 1e-9);
  expectNear(apply("(x: [3]) -> [3]", "= x |> dropout(0.25)", {1, 2, 3}, 1, "", /*training=*/false), {1, 2, 3});
}

TEST(Library, BatchnormNormalisesAndRemembers) {
  Values x{1, 10, 2, 20, 3, 30, 6, 60};
  Array y = apply("(x: [2]) -> [2]", "= x |> batchnorm", x, 4);
  for (int c = 0; c < 2; ++c) {
    Values column;
    for (int n = 0; n < 4; ++n)
      column.push_back(y.values[2 * n + c]);
    EXPECT_NEAR(mean(column), 0, 1e-9);
    EXPECT_NEAR(deviation(column), 1, 1e-4);
  }
  Program program = good("const batch = 4\nnetwork N(x: [2]) -> [2] = x |> batchnorm\n");
  const Network &network = program.network("N");
  EXPECT_EQ(paths(network), (std::vector<std::string>{"state batchnorm_0.mean", "state batchnorm_0.var",
                                                      "batchnorm_0.gamma", "batchnorm_0.beta"}));
  Interpreter interpreter(4);
  Storages storages = interpreter.initialize(network);
  Outcome outcome = interpreter.run(network.forms[0]->training, {{{4, 2}, x}}, storages);
  expectNear(outcome.writes.at("0"), {0.1 * 3, 0.1 * 30}, 1e-9);
  // 0.9 * 1 + 0.1 * the unbiased variance.
  expectNear(outcome.writes.at("1"), {0.9 + 0.1 * 14.0 / 3, 0.9 + 0.1 * 1400.0 / 3}, 1e-9);
  // Sampling reads the memory and writes none.
  EXPECT_TRUE(network.forms[0]->sampling.writes.empty());
  expectNear(interpreter.run(network.forms[0]->sampling, {{{4, 2}, x}}, storages).results[0], x, 1e-3);
}

TEST(Library, BatchnormOfWhatAllSamplesShare) {
  Program program =
      good("network Vector() -> [2] { param w: [2] = [1, 2]; return w |> batchnorm }\n"
           "network Image() -> [1, 4] {\n"
           "  param w: [1, 4] = [[1, 2, 3, 6]]\n  return w |> batchnorm(momentum = 1, affine = false)\n}\n");
  Interpreter interpreter(8);
  const Network &vector = program.network("Vector");
  Outcome outcome = interpreter.run(vector.forms[0]->training, {}, interpreter.initialize(vector));
  expectNear(outcome.results[0], {1, 2}, 1e-4);
  EXPECT_TRUE(outcome.writes.empty());
  const Network &image = program.network("Image");
  outcome = interpreter.run(image.forms[0]->training, {}, interpreter.initialize(image));
  double deviation = std::sqrt(3.5 + 1e-5);
  expectNear(outcome.results[0], {-2 / deviation, -1 / deviation, 0, 3 / deviation});
  EXPECT_NEAR(outcome.writes.at("1").values[0], 3, 1e-12);
  EXPECT_NEAR(outcome.writes.at("2").values[0], 3.5 * 4 / 3, 1e-12);
}

TEST(Library, BatchnormOfImagesIsPerChannel) {
  Values x;
  for (int i = 0; i < 2 * 3 * 4; ++i)
    x.push_back(i * i);
  Array y = apply("(x: [3, 2, 2]) -> [3, 2, 2]", "= x |> batchnorm(affine = false)", x, 2);
  for (int c = 0; c < 3; ++c) {
    Values channel;
    for (int n = 0; n < 2; ++n)
      for (int k = 0; k < 4; ++k)
        channel.push_back(y.values[n * 12 + c * 4 + k]);
    EXPECT_NEAR(mean(channel), 0, 1e-9);
    EXPECT_NEAR(deviation(channel), 1, 1e-3);
  }
}

TEST(Library, NormsPerSample) {
  Values x{1, 2, 3, 4, 5, 6, 7, 100};
  Array layer = apply("(x: [2, 4]) -> [2, 4]", "= x |> layernorm", x);
  EXPECT_NEAR(mean(layer.values), 0, 1e-9);
  EXPECT_NEAR(deviation(layer.values), 1, 1e-4);
  for (const char *name : {"instancenorm", "groupnorm(2)"}) {
    Array y = apply("(x: [2, 4]) -> [2, 4]", std::string("= x |> ") + name, x);
    for (int c = 0; c < 2; ++c) {
      Values channel(y.values.begin() + 4 * c, y.values.begin() + 4 * c + 4);
      EXPECT_NEAR(mean(channel), 0, 1e-9);
      EXPECT_NEAR(deviation(channel), 1, 1e-4);
    }
  }
  Array pixel = apply("(x: [2, 1]) -> [2, 1]", "= x |> pixelnorm", {3, 4});
  expectNear(pixel, {3 / std::sqrt(12.5), 4 / std::sqrt(12.5)});
}

TEST(Library, SpectralNormDividesByTheGreatestSingularValue) {
  // W = diag(3, 1), and u converges to the first axis.
  std::string text = "fn diagonal(shape) = [[3, 0], [0, 1]]\n"
                     "network N(x: [2]) -> [2] = x |> dense(2, init = diagonal, weight = spectral_norm)\n";
  Program program = good(text);
  const Network &network = program.network("N");
  EXPECT_EQ(paths(network), (std::vector<std::string>{"dense_0.W", "state dense_0.spectral_norm_0.u", "dense_0.b"}));
  Interpreter interpreter(1);
  Storages storages = interpreter.initialize(network);
  for (int turn = 0; turn < 30; ++turn)
    storages[{&network, 1}] = interpreter.run(network.forms[0]->training, {{{1, 2}, {1, 1}}}, storages).writes.at("1");
  expectNear(interpreter.run(network.forms[0]->training, {{{1, 2}, {1, 1}}}, storages).results[0], {1, 1.0 / 3});
  expectNear(interpreter.run(network.forms[0]->sampling, {{{1, 2}, {1, 1}}}, storages).results[0], {1, 1.0 / 3});
}

TEST(Library, WeightNormBeginsAsTheWeight) {
  std::string columns = "fn columns(shape) = [[3, 0], [4, 2]]\n";
  expectNear(apply("(x: [2]) -> [2]", "= x |> dense(2, init = columns, weight = weight_norm)", {1, 1}, 1, columns),
             {7, 2});
  Program program = good(columns + "network N(x: [2]) -> [2] = x |> dense(2, init = columns, weight = weight_norm)\n");
  Interpreter interpreter(1);
  Storages storages = interpreter.initialize(program.network("N"));
  expectNear(storages.at({&program.network("N"), 1}), {5, 2});
  expectNear(apply("(x: [2]) -> [1]", "= x |> dense(1, init = ones, weight = equalized)", {1, 1}), {2});
}

TEST(Library, InitialisersHaveTheirDeviations) {
  auto spread = [](const std::string &init) {
    Program program = good("network N(x: [400]) -> [100] = x |> dense(100, init = " + init + ")\n");
    Interpreter interpreter(1);
    Storages storages = interpreter.initialize(program.network("N"));
    return deviation(storages.at({&program.network("N"), 0}).values);
  };
  EXPECT_NEAR(spread("he_normal"), std::sqrt(2.0 / 400), 2e-3);
  EXPECT_NEAR(spread("he_uniform"), std::sqrt(2.0 / 400), 2e-3);
  EXPECT_NEAR(spread("glorot_normal"), std::sqrt(2.0 / 500), 2e-3);
  EXPECT_NEAR(spread("glorot_uniform"), std::sqrt(2.0 / 500), 2e-3);
  EXPECT_NEAR(spread("lecun_normal"), std::sqrt(1.0 / 400), 2e-3);
  EXPECT_NEAR(spread("torch_uniform"), std::sqrt(1.0 / 1200), 2e-3);
  EXPECT_NEAR(spread("normal(0, 0.02)"), 0.02, 1e-3);
  EXPECT_NEAR(spread("uniform(-0.05, 0.05)"), 0.05 / std::sqrt(3), 1e-3);
  EXPECT_NEAR(spread("truncated_normal(0, 1)"), 0.8796, 1e-2);
}

TEST(Library, Upsampling) {
  expectNear(apply("(x: [1, 2, 2]) -> [1, 4, 4]", "= x |> upsample(2)", {1, 2, 3, 4}),
             {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4});
  // Half-pixel centres, as PyTorch's align_corners = False.
  expectNear(apply("(x: [1, 2]) -> [1, 4]", "= x |> upsample(2, mode = bilinear)", {0, 4}), {0, 1, 3, 4});
  expectNear(apply("(x: [1, 2, 2]) -> [1, 4, 4]", "= x |> upsample(2, mode = bilinear)", {0, 4, 8, 12}),
             {0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12});
  expectNear(apply("(x: [4, 1, 2]) -> [1, 2, 4]", "= x |> pixelshuffle(2)", {0, 1, 2, 3, 4, 5, 6, 7}),
             {0, 2, 1, 3, 4, 6, 5, 7});
}

TEST(Library, MinibatchStddevAppendsOneChannel) {
  Array y = apply("(x: [2]) -> [3]", "= x |> minibatch_stddev(group = 2)", {1, 5, 3, 5}, 2);
  expectNear(y, {1, 5, 0.5 * (1 + 1e-4), 3, 5, 0.5 * (1 + 1e-4)}, 1e-4);
}

} // namespace agon::sema::test
