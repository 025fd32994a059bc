//===- picture.cpp - PNG, JPEG, WebP and GIF files, decoded and scaled ----===//
#include "runtime/data/Picture.h"
#include "runtime/core/Failure.h"

using namespace agon;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::span content(reinterpret_cast<const std::byte *>(data), size);
  if (!rt::isPicture(content))
    return 0;
  try {
    rt::Picture picture = rt::decode(content, "input");
    rt::convert(picture, picture.channels == 1 ? 3 : 1);
    rt::fit(picture, 5, 3);
  } catch (const rt::Failure &) {
  }
  return 0;
}
