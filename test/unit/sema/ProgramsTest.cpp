//===- ProgramsTest.cpp - Whole programs of the literature ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/sema/Support.h"
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace agon::sema::test {

static std::string read(const std::filesystem::path &path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Programs, EveryExampleCompiles) {
  int count = 0;
  std::map<std::string, std::string> files; // which they may import
  for (const auto &entry : std::filesystem::directory_iterator(AGON_EXAMPLES))
    files["dir/" + entry.path().filename().string()] = read(entry.path());
  for (const auto &entry : std::filesystem::directory_iterator(AGON_EXAMPLES))
    if (entry.path().extension() == ".agon") {
      SCOPED_TRACE(entry.path().string());
      Program program = good(read(entry.path()), {}, files);
      EXPECT_TRUE(program.model->game);
      EXPECT_EQ(program.messages, "");
      ++count;
    }
  EXPECT_GE(count, 7);
}

TEST(Programs, Mnist2014HasThePublishedNumberOfParameters) {
  Program program = good(read(std::filesystem::path(AGON_EXAMPLES) / "mnist_2014.agon"));
  auto parameters = [&](const char *name) {
    int64_t sum = 0;
    for (const Storage &storage : program.network(name).storages) {
      int64_t count = 1;
      for (int64_t dim : storage.type.shape)
        count *= dim;
      sum += count;
    }
    return sum;
  };
  EXPECT_EQ(parameters("G"), 2503984);
  EXPECT_EQ(parameters("D"), 1231441);
  ASSERT_EQ(program.model->game->turns.size(), 1u);
  EXPECT_EQ(program.model->game->turns[0]->players, (std::vector<int64_t>{0, 1}));
}

TEST(Programs, TheFrontendIsQuick) {
  std::string text = read(std::filesystem::path(AGON_EXAMPLES) / "ring.agon");
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i)
    good(text);
  auto elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / 10;
  EXPECT_LT(elapsed, 0.5) << "seconds for one compilation";
}

TEST(Programs, InfoGan) {
  good("network G(z: [62], c: class(10), u: [2]) -> [784] =\n"
       "  concat(z, one_hot(c), u) |> dense(256) |> batchnorm |> relu |> dense(784) |> tanh\n"
       "network T(x: [784]) -> [128] = x |> dense(256) |> leaky_relu(0.1) |> dense(128) |> leaky_relu(0.1)\n"
       "network D(h: [128]) -> [1] = h |> dense(1)\n"
       "network Q(h: [128]) -> ([10], [2], [2]) {\n  let k = h |> dense(64) |> relu\n"
       "  return (k |> dense(10), k |> dense(2), k |> dense(2))\n}\n"
       "fn log_normal(x, mu, log_var) = -0.5 * sum(log_var + (x - mu)^2 / exp(log_var))\n"
       "game infogan {\n  data x: [784] in (-1, 1)\n  noise z: [62] ~ normal(0, 1)\n"
       "  noise c: class(10) ~ categorical(10)\n  noise u: [2] ~ uniform(-1, 1)\n"
       "  let h = T(G(z, c, u))\n  let (logits, mu, log_var) = Q(h)\n"
       "  let information = cross_entropy(logits, c) - 0.1 * log_normal(u, mu, log_var)\n"
       "  player D(D, T) minimizes E[softplus(-D(T(x)))] + E[softplus(D(h))] with adam(lr = 2e-4, beta1 = 0.5)\n"
       "  player G(G, Q) minimizes E[softplus(-D(h))] + E[information] with adam(lr = 1e-3, beta1 = 0.5)\n"
       "  play { D; G }\n  metric code = E[argmax(logits) == c]\n}\n");
}

TEST(Programs, CycleGan) {
  Program program =
      good("layer net(x: [n], width: int) -> [n] = x |> dense(width) |> layernorm |> relu |> dense(n)\n"
           "network AB(x: [4]) -> [4] = x |> net(16)\nnetwork BA(x: [4]) -> [4] = x |> net(16)\n"
           "network DA(x: [4]) -> [1] = x |> dense(16) |> leaky_relu(0.2) |> dense(1)\n"
           "network DB(x: [4]) -> [1] = x |> dense(16) |> leaky_relu(0.2) |> dense(1)\n"
           "const cycle = 10\n"
           "game cyclegan {\n  data a: [4] ~ normal(0, 1)\n  data b: [4] ~ normal(3, 1)\n"
           "  let cycles = E[l1(BA(AB(a)), a)] + E[l1(AB(BA(b)), b)]\n"
           "  let identities = E[l1(BA(a), a)] + E[l1(AB(b), b)]\n"
           "  player G(AB, BA) minimizes E[(DB(AB(a)) - 1)^2] + E[(DA(BA(b)) - 1)^2] + cycle * cycles + 0.5 * cycle * "
           "identities\n"
           "    with adam(lr = 2e-4 * min(1, 2 - t / 1000), beta1 = 0.5)\n"
           "  player DA minimizes 0.5 * (E[(DA(a) - 1)^2] + E[DA(BA(b))^2]) with adam(lr = 2e-4, beta1 = 0.5)\n"
           "  player DB minimizes 0.5 * (E[(DB(b) - 1)^2] + E[DB(AB(a))^2]) with adam(lr = 2e-4, beta1 = 0.5)\n"
           "  play { G; DA & DB }\n}\n");
  EXPECT_EQ(program.model->game->players.size(), 3u);
}

TEST(Programs, AdversarialAutoencoderAndVae) {
  good("network Enc(x: [784]) -> ([20], [20]) {\n  let h = x |> dense(400) |> relu\n  return (h |> dense(20), h |> "
       "dense(20))\n}\n"
       "network Dec(z: [20]) -> [784] = z |> dense(400) |> relu |> dense(784)\n"
       "game vae {\n  data x: [784] in (0, 1)\n  noise e: [20] ~ normal(0, 1)\n"
       "  let (mu, log_var) = Enc(x)\n  let z = mu + exp(0.5 * log_var) * e\n"
       "  player P(Enc, Dec) minimizes E[sum(binary_cross_entropy(Dec(z), x))] + E[gaussian_kl(mu, log_var)]\n"
       "    with adam(lr = 1e-3)\n}\n");
}

TEST(Programs, HingeWithSpectralNormAndProjection) {
  good("const batch = 32\n"
       "network G(z: [128], y: class(10)) -> [1, 28, 28] {\n"
       "  let h = concat(z, embed(y, 32)) |> dense(512) |> batchnorm |> relu\n"
       "  return h |> dense(784) |> tanh |> reshape(1, 28, 28)\n}\n"
       "network D(x: [1, 28, 28], y: class(10)) -> [1] {\n"
       "  let h = x |> flatten |> dense(512, weight = spectral_norm) |> leaky_relu(0.1)\n"
       "             |> dense(256, weight = spectral_norm) |> leaky_relu(0.1)\n"
       "  let projection = dot(h, embed(y, 256, weight = spectral_norm))\n"
       "  return (h |> dense(1, weight = spectral_norm)) + projection\n}\n"
       "game sngan {\n  data (x: [1, 28, 28] in (-1, 1), y: class(10))\n  noise z: [128] ~ normal(0, 1)\n"
       "  player D minimizes E[relu(1 - D(x, y))] + E[relu(1 + D(G(z, y), y))]\n"
       "    with adam(lr = 2e-4, beta1 = 0, beta2 = 0.9)\n"
       "  player G minimizes -E[D(G(z, y), y)] with adam(lr = 2e-4, beta1 = 0, beta2 = 0.9)\n"
       "  play { repeat 5 { D }; G }\n}\n");
}

TEST(Programs, RelativisticAndFeatureMatching) {
  good("network G(z: [8]) -> [2] = z |> dense(64) |> layernorm |> silu |> dense(2)\n"
       "network D(x: [2]) -> ([1], [32]) {\n"
       "  let f = x |> dense(64) |> gelu |> dense(32) |> elu\n  return (f |> dense(1), f)\n}\n"
       "game g {\n  data x: [2] ~ grid(side = 5, step = 2, std = 0.05)\n  noise z: [8] ~ normal(0, 1)\n"
       "  let (real, real_features) = D(x)\n  let (fake, fake_features) = D(G(z))\n"
       "  player D minimizes E[softplus(-(real - E[fake]))] + E[softplus(fake - E[real])] with adam(lr = 1e-4)\n"
       "  player G minimizes norm(batch_mean(real_features) - batch_mean(fake_features))^2\n"
       "    with clip_norm(1) then adam(lr = 1e-4)\n"
       "  play { D; G }\n}\n");
}

TEST(Programs, MinimaxWithKStepsAndAllDivergences) {
  for (const char *f : {"kl", "reverse_kl", "pearson", "squared_hellinger", "js", "gan"}) {
    std::string name = std::string("fgan.") + f;
    good(gameOf("  value V = E[" + name + ".activation(D(x))] - E[" + name + ".conjugate(" + name +
                ".activation(D(G(z))))]\n"
                "  player D maximizes V with adam(lr = 1e-4)\n  player G minimizes V with adam(lr = 1e-4)\n"
                "  play { repeat 3 { D }; G }"));
  }
}

} // namespace agon::sema::test
