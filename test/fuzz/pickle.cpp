//===- pickle.cpp - CIFAR's batches for Python -----------------------------===//
#include "runtime/data/Pickle.h"
#include "runtime/core/Failure.h"

using namespace agon;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  try {
    rt::Pickle pickle = rt::readPickle({reinterpret_cast<const std::byte *>(data), size}, "input");
    size_t bytes = size_t(rt::bytesIn(pickle.whole->at("data"), "input").rows);
    for (int32_t label : rt::integersIn(pickle.whole->at("labels"), "input"))
      bytes += size_t(label);
    volatile size_t kept = bytes;
    (void)kept;
  } catch (const rt::Failure &) {
  }
  return 0;
}
