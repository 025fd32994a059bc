//===- Harness.h - Kernels on the emulated device ---------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_UNIT_GPU_EMULATOR_HARNESS_H
#define AGON_TEST_UNIT_GPU_EMULATOR_HARNESS_H

#include "test/gpu/emulator/KernelLibrary.h"
#include <array>
#include <memory>
#include <string>
#include <vector>

namespace agon::test {

/// Kernels given as LLVM IR; a compilation that fails fails the test.
std::unique_ptr<emulator::KernelLibrary> compileText(const std::string &text, bool checked = true);
/// The kernels of a file of test/gpu, compiled once.
emulator::KernelLibrary &kernelsOf(const std::string &file, bool checked = true);
/// What the translation says of a module that it refuses.
std::string refusal(const std::string &text);

/// Device memory with these elements.
template <typename T> class Buffer {
public:
  explicit Buffer(std::vector<T> values, const char *name = "buffer") : values(std::move(values)) {
    agon_emulator_register(this->values.data(), this->values.size() * sizeof(T), name);
  }
  explicit Buffer(size_t size, const char *name = "buffer") : Buffer(std::vector<T>(size), name) {}
  ~Buffer() { agon_emulator_unregister(values.data()); }
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;

  void *data() { return values.data(); }
  std::vector<T> values;
};

struct Size {
  uint32_t grid = 1, block = 32, dynamicShared = 0;
};

/// Runs a kernel of one-dimensional grid and block, with all blocks at once if `together`; what is wrong, or "".
std::string launch(emulator::KernelLibrary &library, const std::string &kernel, Size size, std::vector<void *> buffers,
                   bool together = false);

/// Sets an order, and forward again at the end.
struct InOrder {
  explicit InOrder(AgonEmulatorOrder order, uint64_t seed = 1) { agon_emulator_set_order(order, seed); }
  ~InOrder() { agon_emulator_set_order(AGON_EMULATOR_FORWARD, 0); }
  InOrder(const InOrder &) = delete;
  InOrder &operator=(const InOrder &) = delete;
};
inline constexpr std::array orders = {AGON_EMULATOR_FORWARD, AGON_EMULATOR_REVERSE, AGON_EMULATOR_RANDOM};

} // namespace agon::test

#endif // AGON_TEST_UNIT_GPU_EMULATOR_HARNESS_H
