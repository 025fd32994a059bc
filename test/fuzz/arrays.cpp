//===- arrays.cpp - Data files: IDX, NPY, NPZ, CSV, each packed or not ---------===//
#include "runtime/core/Failure.h"
#include "runtime/data/Readers.h"
#include "test/fuzz/MemoryFile.h"

using namespace agon;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::MemoryFile file(data, size);
  try {
    rt::Faults faults(rt::Faults::Told::First);
    rt::Array array = rt::readArray(file.path(), {}, faults);
    // Whoever reads it takes every element.
    double sum = 0;
    for (int64_t r = 0; r < array.records(); ++r)
      for (int64_t e = 0; e < array.recordElements(); ++e)
        sum += array.number(r, e);
    volatile double kept = sum;
    (void)kept;
  } catch (const rt::Failure &) {
  }
  return 0;
}
