//===- Contractions.cpp - Emitted contractions against OpenBLAS -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// One thread, interleaved rounds, medians. Usage: contractions [M N K form]...
// where form is nn, tn (A transposed), nt or tt; without arguments, the models' shapes.
//
//===----------------------------------------------------------------------===//
#include "test/unit/cpu/Harness.h"
#include <algorithm>
#include <cblas.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

extern "C" void openblas_set_num_threads(int);

namespace {
struct Shape {
  int64_t m, n, k;
  const char *form;
};

std::string product(const Shape &s) {
  bool ta = s.form[0] == 't', tb = s.form[1] == 't';
  auto tensor = [](int64_t r, int64_t c) { return "tensor<" + std::to_string(r) + "x" + std::to_string(c) + "xf32>"; };
  std::string a = ta ? tensor(s.k, s.m) : tensor(s.m, s.k), b = tb ? tensor(s.n, s.k) : tensor(s.k, s.n),
              c = tensor(s.m, s.n);
  return "func.func @f(%a: " + a + ", %b: " + b + ") {\n%r = agon.region contraction (%a, %b) flops 0 bytes 0 : (" + a +
         ", " + b + ") -> (" + c + ") {\n^bb0(%x: " + a + ", %y: " + b +
         "):\n%z = arith.constant 0.0 : f32\n%e = tensor.empty() : " + c +
         "\n%f = linalg.fill ins(%z : f32) outs(%e : " + c + ") -> " + c +
         "\n%g = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> " + (ta ? "(k, m)" : "(m, k)") +
         ">, affine_map<(m, n, k) -> " + (tb ? "(n, k)" : "(k, n)") +
         ">, affine_map<(m, n, k) -> (m, n)>], iterator_types = [\"parallel\", \"parallel\", \"reduction\"]} ins(%x, "
         "%y : " +
         a + ", " + b + ") outs(%f : " + c +
         ") {\n^bb0(%p: f32, %q: f32, %s: f32):\n%t = arith.mulf %p, %q : f32\n%u = arith.addf %s, %t : f32\n"
         "linalg.yield %u : f32\n} -> " +
         c + "\nagon.yield %g : " + c + "\n}\nreturn\n}\n";
}

float *allocate(size_t elements) {
  auto *memory = static_cast<float *>(std::aligned_alloc(64, (elements * 4 + 63) / 64 * 64));
  for (size_t i = 0; i != elements; ++i)
    memory[i] = float(i % 17) / 16 - 0.5f;
  return memory;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

void measure(const Shape &s, unsigned bits) {
  agon::test::Compiled kernel(product(s), {bits, 3, false});
  if (!kernel.valid())
    return;
  float *a = allocate(s.m * s.k), *b = allocate(s.k * s.n), *c = allocate(s.m * s.n), *d = allocate(s.m * s.n);
  bool ta = s.form[0] == 't', tb = s.form[1] == 't';
  auto ours = kernel.bind({a, b, c});
  auto theirs = [&] {
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, s.m, s.n, s.k, 1, a,
                ta ? s.m : s.k, b, tb ? s.k : s.n, 0, d, s.n);
  };
  double flops = 2.0 * s.m * s.n * s.k;
  int repeat = std::max(1, int(2e7 / flops));
  auto time = [&](const auto &run) {
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i != repeat; ++i)
      run();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / repeat;
  };
  ours(), theirs();
  float worst = 0;
  for (int64_t i = 0; i != s.m * s.n; ++i)
    worst = std::max(worst, std::abs(c[i] - d[i]));
  std::vector<double> mine, blas;
  for (int round = 0; round != 41; ++round) {
    mine.push_back(time(ours));
    blas.push_back(time(theirs));
  }
  double x = median(mine), y = median(blas);
  printf("%5ld %5ld %5ld %s  %u bits  %8.1f us %7.1f GF/s   OpenBLAS %8.1f us %7.1f GF/s   ratio %.2f (best %.2f)  "
         "tasks %2ld  "
         "emit %.0f llvm %.0f ms%s\n",
         long(s.m), long(s.n), long(s.k), s.form, bits, x * 1e6, flops / x * 1e-9, y * 1e6, flops / y * 1e-9, y / x,
         *std::min_element(blas.begin(), blas.end()) / *std::min_element(mine.begin(), mine.end()),
         long(kernel.tasks()), kernel.emitMs(), kernel.llvmMs(), worst > 1e-3 * s.k ? "  WRONG" : "");
  fflush(stdout);
  for (float *memory : {a, b, c, d})
    std::free(memory);
}
} // namespace

int main(int argc, char **argv) {
  openblas_set_num_threads(1);
  std::vector<Shape> shapes;
  for (int i = 1; i + 3 < argc; i += 4)
    shapes.push_back({atol(argv[i]), atol(argv[i + 1]), atol(argv[i + 2]), argv[i + 3]});
  if (shapes.empty())
    // clang-format off: a table
    shapes = {// ring: 2-128-128-1 networks, batch 256: forward, weights' and inputs' gradients
              {256, 128, 128, "nn"}, {256, 128, 2, "nn"}, {256, 2, 128, "nn"}, {256, 1, 128, "nn"},
              {128, 128, 256, "tn"}, {2, 128, 256, "tn"}, {128, 2, 256, "tn"}, {128, 1, 256, "tn"},
              {256, 128, 128, "nt"}, {256, 2, 128, "nt"}, {256, 128, 2, "nt"}, {256, 128, 1, "nt"},
              // the 2014 networks on MNIST, batch 100
              {100, 1200, 1200, "nn"}, {100, 1200, 100, "nn"}, {100, 784, 1200, "nn"}, {100, 1200, 784, "nn"},
              {1200, 1200, 100, "tn"}, {1200, 784, 100, "tn"}, {100, 1200, 1200, "nt"}, {100, 1200, 784, "nt"},
              {512, 512, 256, "nn"}, {1024, 1024, 1024, "nn"}};
  // clang-format on
  unsigned bits = getenv("AGON_BENCH_BITS") ? atoi(getenv("AGON_BENCH_BITS")) : agon::test::supported(512) ? 512 : 256;
  for (const Shape &shape : shapes)
    measure(shape, bits);
}
