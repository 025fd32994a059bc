#include "runtime/cpu/CpuDevice.h"

#include "runtime/core/Profiler.h"
#include "runtime/cpu/Arena.h"
#include "runtime/cpu/CpuFeatures.h"
#include "runtime/cpu/ThreadPool.h"

#include <algorithm>
#include <cstring>
#include <vector>

using namespace agon::rt;

namespace {

struct Cpu {
  explicit Cpu(int threads) : pool(threads) {}
  ThreadPool pool;
  std::vector<std::unique_ptr<Arena>> arenas;
  Device table{};
};

bool supports(void *, const char *feature) { return cpuSupports(feature); }

std::byte *allocate(void *self, uint64_t bytes) {
  auto &arenas = static_cast<Cpu *>(self)->arenas;
  return arenas.emplace_back(std::make_unique<Arena>(bytes))->data();
}

void release(void *self, std::byte *memory) {
  std::erase_if(static_cast<Cpu *>(self)->arenas,
                [&](const std::unique_ptr<Arena> &arena) { return arena->data() == memory; });
}

void copyBytes(void *, std::byte *to, const std::byte *from, uint64_t bytes) { std::memcpy(to, from, bytes); }
void copy(void *, void *to, const void *from, uint64_t bytes) { std::memcpy(to, from, bytes); }

void launch(void *self, const agon_launch *how, void *const *args) {
  static_cast<Cpu *>(self)->pool.parallelFor(how->kernel, args, how->grid);
}

int64_t mark(void *) { return nanoseconds(); }
int64_t timeOf(void *, int64_t mark) { return mark; }
void wait(void *) {} // everything has happened when a call returns

} // namespace

std::shared_ptr<const Device> agon::rt::openCpu(int threads) {
  auto cpu = std::make_shared<Cpu>(threads);
  cpu->table = {.name = "cpu",
                .space = AGON_SPACE_HOST,
                .threads = cpu->pool.size(),
                .self = cpu.get(),
                .supports = supports,
                .allocate = allocate,
                .release = release,
                .upload = copyBytes,
                .download = copyBytes,
                .copy = copy,
                .launch = launch,
                .mark = mark,
                .timeOf = timeOf,
                .wait = wait};
  return {cpu, &cpu->table};
}
