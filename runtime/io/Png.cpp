//===- Png.cpp - PNG files ------------------------------------------------===//
#include "runtime/core/Failure.h"
#include "runtime/io/File.h"
#include "runtime/io/Picture.h"

#include <png.h>

using namespace agon::rt;

void agon::rt::writePng(const Image &image, const std::string &path) {
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  png.width = png_uint_32(image.width);
  png.height = png_uint_32(image.height);
  png.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  std::vector<std::byte> content;
  bool ok = png_image_write_to_memory(&png, nullptr, &size, 0, image.pixels.data(), 0, nullptr);
  if (ok) {
    content.resize(size);
    ok = png_image_write_to_memory(&png, content.data(), &size, 0, image.pixels.data(), 0, nullptr);
  }
  if (!ok)
    fail(ExitCode::Unavailable, "cannot encode {}: {}", path, png.message);
  content.resize(size);
  writeFile(path, content);
}
