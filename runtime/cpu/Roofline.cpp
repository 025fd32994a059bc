#include "runtime/cpu/Roofline.h"

#include "runtime/core/Profiler.h"
#include "runtime/cpu/Arena.h"
#include "runtime/cpu/CpuFeatures.h"

#include <algorithm>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace agon::rt;

namespace {

/// Multiply-adds of one task: enough to hide the loop's own costs.
constexpr int64_t steps = 4096;

// Independent chains: twice what two units with four cycles of latency need.
// `keep` hides the values from the optimiser.
#define AGON_CHAINS(NAME, TARGET, VECTOR, CHAINS, CONSTRAINT, SET, FMA)                                                \
  __attribute__((target(TARGET))) void NAME(void *const *, int64_t begin, int64_t end) {                               \
    VECTOR chains[CHAINS], x = SET(0.5), y = SET(0.25);                                                                \
    for (VECTOR &chain : chains)                                                                                       \
      chain = SET(1.0);                                                                                                \
    for (int64_t task = begin; task < end; ++task)                                                                     \
      for (int64_t i = 0; i < steps; ++i)                                                                              \
        _Pragma("GCC unroll 16") for (VECTOR &chain : chains) chain = FMA(chain, x, y);                                \
    for (VECTOR &chain : chains)                                                                                       \
      asm volatile("" : : CONSTRAINT(chain));                                                                          \
  }

#if defined(__x86_64__)
AGON_CHAINS(wideFloat, "avx512f", __m512, 16, "v", _mm512_set1_ps, _mm512_fmadd_ps)
AGON_CHAINS(wideDouble, "avx512f", __m512d, 16, "v", _mm512_set1_pd, _mm512_fmadd_pd)
AGON_CHAINS(vectorFloat, "avx2,fma", __m256, 12, "x", _mm256_set1_ps, _mm256_fmadd_ps)
AGON_CHAINS(vectorDouble, "avx2,fma", __m256d, 12, "x", _mm256_set1_pd, _mm256_fmadd_pd)
#endif

template <typename T> T multiplyAdd(T a, T b, T c) { return a * b + c; }
AGON_CHAINS(scalarFloat, "default", float, 12, "m", float, multiplyAdd)
AGON_CHAINS(scalarDouble, "default", double, 12, "m", double, multiplyAdd)

struct Chains {
  agon_kernel kernel;
  int vectorBits;
  int64_t flops; ///< of one task
};

Chains chooseChains(bool doublePrecision) {
  int64_t elementBits = doublePrecision ? 64 : 32;
#if defined(__x86_64__)
  if (cpuSupports("avx512f"))
    return {doublePrecision ? wideDouble : wideFloat, 512, steps * 16 * 2 * 512 / elementBits};
  if (cpuSupports("avx2") && cpuSupports("fma"))
    return {doublePrecision ? vectorDouble : vectorFloat, 256, steps * 12 * 2 * 256 / elementBits};
#endif
  return {doublePrecision ? scalarDouble : scalarFloat, int(elementBits), steps * 12 * 2};
}

/// args: a, b, c; a task is one block.
constexpr int64_t triadBlock = 1 << 14;
void triad(void *const *args, int64_t begin, int64_t end) {
  auto *__restrict a = static_cast<float *>(args[0]);
  const auto *b = static_cast<const float *>(args[1]), *c = static_cast<const float *>(args[2]);
  for (int64_t i = begin * triadBlock; i < end * triadBlock; ++i)
    a[i] = b[i] + 3.0f * c[i];
}

/// The best rate of `work` a second over rounds of `kernel` that take `seconds` together.
double bestRate(const Device &device, agon_kernel kernel, void *const *args, int64_t tasks, double work,
                double seconds) {
  agon_launch launch{kernel, tasks, 1, AGON_SPACE_HOST, 0, 0, nullptr, 0};
  double best = 0;
  int64_t start = nanoseconds(), now = start;
  for (int round = 0; round < 3 || double(now - start) < seconds * 1e9; ++round) {
    int64_t begin = now;
    device.launch(device.self, &launch, args);
    now = nanoseconds();
    best = std::max(best, work / std::max(double(now - begin) * 1e-9, 1e-9));
  }
  return best;
}

} // namespace

Roofline agon::rt::measureRoofline(const Device &device, bool doublePrecision) {
  Roofline roof;
  Chains chains = chooseChains(doublePrecision);
  roof.vectorBits = chains.vectorBits;
  int64_t tasks = int64_t(64) * device.threads;
  roof.flops = bestRate(device, chains.kernel, nullptr, tasks, double(tasks * chains.flops), 0.15);

  // Three arrays, each as large as the last cache, within reason.
  int64_t cache = std::clamp<int64_t>(sysconf(_SC_LEVEL3_CACHE_SIZE), int64_t(16) << 20, int64_t(64) << 20);
  int64_t blocks = cache / int64_t(sizeof(float)) / triadBlock, bytes = blocks * triadBlock * int64_t(sizeof(float));
  Arena memory(uint64_t(3 * bytes));
  void *arrays[] = {memory.data(), memory.data() + bytes, memory.data() + 2 * bytes};
  // Zero pages are all one page until they are written.
  std::fill_n(static_cast<float *>(arrays[1]), 2 * bytes / int64_t(sizeof(float)), 1.0f);
  roof.bytes = bestRate(device, triad, arrays, blocks, double(3 * bytes), 0.1);
  return roof;
}
