//===- safetensors.cpp - Files of tensors ----------------------------------===//
#include "runtime/io/Safetensors.h"
#include "test/fuzz/MemoryFile.h"

using namespace agon;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::MemoryFile file(data, size);
  try {
    rt::Safetensors tensors(file.path());
    tensors.readContent();
    for (const auto &[name, tensor] : tensors.tensors())
      if (rt::Safetensors::isReal(tensor))
        tensors.checkFinite(name);
  } catch (const rt::Failure &) {
  }
  return 0;
}
