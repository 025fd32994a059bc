//===- checkpoint.cpp - A game's state, and a network's weights ------------===//
#include "runtime/io/Checkpoint.h"
#include "runtime/core/Failure.h"
#include "runtime/cpu/CpuDevice.h"
#include "runtime/io/Weights.h"
#include "test/fuzz/MemoryFile.h"
#include "test/unit/runtime/FakeGames.h"

using namespace agon;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static rt::Instance instance(rt::test::ringGame(), rt::openCpu(1));
  fuzz::MemoryFile file(data, size);
  rt::CheckpointUse any;
  any.need = [](uint32_t) { return rt::Need::Wanted; };
  for (const rt::CheckpointUse &use : {rt::CheckpointUse(), any})
    try {
      rt::readCheckpoint(instance, file.path(), use);
    } catch (const rt::Failure &) {
    }
  try {
    rt::bestOf(file.path());
    rt::readWeights(instance, 0, file.path(), {"G", {{"dense_0", "net.0"}}});
  } catch (const rt::Failure &) {
  }
  return 0;
}
