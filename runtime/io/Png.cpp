//===- Png.cpp - PNG files and the strokes of plots -----------------------===//
#include "runtime/core/Failure.h"
#include "runtime/io/File.h"
#include "runtime/io/Picture.h"

#include <algorithm>
#include <cmath>
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
    fail(ExitCode::Internal, "cannot encode {}: {}", path, png.message);
  content.resize(size);
  writeFile(path, content);
}

namespace {
void blend(uint8_t *pixel, Colour colour, double opacity) {
  for (int c = 0; c < 3; ++c)
    pixel[c] = uint8_t(std::lround(pixel[c] + (colour[c] - pixel[c]) * opacity));
}

/// Blends every pixel by how much of it lies within `radius` of the shape whose
/// distance function is given; the box bounds the pixels looked at.
template <typename Distance>
void paint(Image &image, double left, double top, double right, double bottom, double radius, Colour colour,
           double opacity, Distance &&distance) {
  auto clampTo = [](double v, int64_t limit) { return int64_t(std::clamp(v, -1.0, double(limit))); };
  int64_t x0 = std::max<int64_t>(0, clampTo(std::floor(left - radius - 1), image.width));
  int64_t x1 = std::min(image.width - 1, clampTo(std::ceil(right + radius + 1), image.width));
  int64_t y0 = std::max<int64_t>(0, clampTo(std::floor(top - radius - 1), image.height));
  int64_t y1 = std::min(image.height - 1, clampTo(std::ceil(bottom + radius + 1), image.height));
  for (int64_t y = y0; y <= y1; ++y)
    for (int64_t x = x0; x <= x1; ++x) {
      double cover = std::clamp(radius + 0.5 - distance(double(x) + 0.5, double(y) + 0.5), 0.0, 1.0);
      if (cover > 0)
        blend(image.at(x, y), colour, cover * opacity);
    }
}
} // namespace

void agon::rt::drawDisc(Image &image, double x, double y, double radius, Colour colour, double opacity) {
  if (!std::isfinite(x) || !std::isfinite(y))
    return;
  paint(image, x, y, x, y, radius, colour, opacity, [&](double px, double py) { return std::hypot(px - x, py - y); });
}

void agon::rt::drawLine(Image &image, double x0, double y0, double x1, double y1, double width, Colour colour) {
  double dx = x1 - x0, dy = y1 - y0, square = dx * dx + dy * dy;
  paint(image, std::min(x0, x1), std::min(y0, y1), std::max(x0, x1), std::max(y0, y1), width / 2, colour, 1,
        [&](double px, double py) {
          double t = square > 0 ? std::clamp(((px - x0) * dx + (py - y0) * dy) / square, 0.0, 1.0) : 0;
          return std::hypot(px - x0 - t * dx, py - y0 - t * dy);
        });
}
