//===- tar.cpp - Archives of files -----------------------------------------===//
#include "runtime/data/Tar.h"
#include "runtime/core/Failure.h"

using namespace agon;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::span content(reinterpret_cast<const std::byte *>(data), size);
  if (!rt::isTar(content))
    return 0;
  try {
    size_t bytes = 0;
    rt::visitTar(content, "input", [&](const std::string &, std::span<const std::byte> file) {
      for (std::byte each : file)
        bytes += size_t(each);
    });
    volatile size_t kept = bytes;
    (void)kept;
  } catch (const rt::Failure &) {
  }
  return 0;
}
