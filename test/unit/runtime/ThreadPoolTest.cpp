#include "runtime/cpu/ThreadPool.h"

#include <atomic>
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

using namespace agon::rt;

namespace {

void count(void *const *args, int64_t begin, int64_t end) {
  auto *hits = static_cast<std::atomic<int> *>(args[0]);
  for (int64_t i = begin; i < end; ++i)
    hits[i].fetch_add(1);
}

TEST(ThreadPool, CoversEveryIndexOnce) {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.size(), threads);
    for (int64_t n : {0, 1, 2, 7, 100, 4097}) {
      std::vector<std::atomic<int>> hits(size_t(n) + 1);
      void *args[] = {hits.data()};
      pool.parallelFor(count, args, n);
      for (int64_t i = 0; i < n; ++i)
        ASSERT_EQ(hits[size_t(i)], 1) << threads << " threads, index " << i << " of " << n;
      EXPECT_EQ(hits[size_t(n)], 0);
    }
  }
}

TEST(ThreadPool, ManyShortLoopsFollowOneAnother) {
  ThreadPool pool(4);
  std::vector<std::atomic<int>> hits(16);
  void *args[] = {hits.data()};
  for (int i = 0; i < 20000; ++i)
    pool.parallelFor(count, args, 16);
  for (std::atomic<int> &hit : hits)
    EXPECT_EQ(hit, 20000);
}

struct Nest {
  ThreadPool *pool;
  std::atomic<int64_t> sum{0};
};

void inner(void *const *args, int64_t begin, int64_t end) { static_cast<Nest *>(args[0])->sum += end - begin; }

void outer(void *const *args, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i)
    static_cast<Nest *>(args[0])->pool->parallelFor(inner, args, 10);
}

TEST(ThreadPool, LoopsNest) {
  ThreadPool pool(3);
  Nest nest{&pool};
  void *args[] = {&nest};
  pool.parallelFor(outer, args, 50);
  EXPECT_EQ(nest.sum, 500);
}

TEST(ThreadPool, WorkersHaveLargeStacks) {
  ThreadPool pool(4);
  auto deep = [](void *const *, int64_t, int64_t) {
    volatile char scratch[12 << 20];
    for (size_t i = 0; i < sizeof(scratch); i += 4096)
      scratch[i] = 1;
  };
  runWithStack(
      size_t(64) << 20,
      [](void *) {
        volatile char scratch[48 << 20];
        for (size_t i = 0; i < sizeof(scratch); i += 4096)
          scratch[i] = 1;
      },
      nullptr);
  // The caller takes part; give it a stack too.
  struct Both {
    ThreadPool *pool;
    agon_kernel kernel;
  } both{&pool, deep};
  runWithStack(
      size_t(64) << 20,
      [](void *raw) {
        auto *both = static_cast<Both *>(raw);
        for (int i = 0; i < 20; ++i)
          both->pool->parallelFor(both->kernel, nullptr, 8);
      },
      &both);
}

} // namespace
