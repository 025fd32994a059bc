//===- Picture.h - Samples as pictures --------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_PICTURE_H
#define AGON_RUNTIME_IO_PICTURE_H

#include "runtime/core/Drawing.h"
#include "runtime/core/Sampler.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace agon::rt {

/// 8-bit RGB or grey pixels.
struct Image {
  Image(int64_t width, int64_t height, int channels, uint8_t fill)
      : width(width), height(height), channels(channels), pixels(size_t(width * height * channels), fill) {}

  uint8_t *at(int64_t x, int64_t y) { return pixels.data() + (y * width + x) * channels; }

  int64_t width, height;
  int channels; ///< 1 or 3
  std::vector<uint8_t> pixels;
};

/// Writes a PNG file. \throws Failure (InputOutput).
void writePng(const Image &image, const std::string &path);

/// Blends a disc, its edge anti-aliased; centre and radius in pixels.
void drawDisc(Image &image, double x, double y, double radius, Colour colour, double opacity = 1);
/// Blends a line segment of the given width, anti-aliased.
void drawLine(Image &image, double x0, double y0, double x1, double y1, double width, Colour colour);

/// How outputs of a shape are shown.
enum class PictureKind {
  None,   ///< neither an image nor a point of the plane or the line
  Images, ///< [c, h, w], [h, w], or a flat image whose side is a whole number
  Plane,  ///< [2]: a scatter plot
  Line    ///< [1] or []: densities
};
PictureKind pictureKind(std::span<const int64_t> shape);

/// What samples are shown with.
struct Backdrop {
  int64_t columns = 0;   ///< of a grid of images; 0: as many as rows
  bool hasRange = false; ///< values low..high are black..white
  double low = 0, high = 1;
  Samples truth;             ///< true data, may be empty
  std::vector<double> modes; ///< of a mixture, [n, dim], may be empty
  double modeRadius = 0;
  /// What a critic says of points; none: there is no critic to show.
  std::function<std::vector<double>(const Samples &points)> critic;
};

/// A near-square grid of images with gaps of 2 pixels. Without a range, the
/// smallest and largest value of the grid are black and white.
Image imageGrid(const Samples &samples, const Backdrop &backdrop);
/// Images of one kind, values low..high being black..white; without a range the smallest and the largest.
struct ImageSet {
  Samples images;
  bool hasRange = false;
  double low = 0, high = 1;
};
/// The first image of each set, then the second of each, and so on, of as many as the first set has: records of one
/// shape, between 0 and 1. Smaller images are enlarged, each pixel being the one that lies there, and where one set is
/// of colours, grey ones are as well.
Samples besideEachOther(std::span<const ImageSet> sets);
/// Points of the plane over the true modes and data, which alone set the axes,
/// so that pictures of different steps can be compared. The ground is blue where the critic's output is high, and
/// orange where it is low.
Image scatterPlot(const Samples &samples, const Backdrop &backdrop);
/// The densities of samples and of true data on the line, the axes set by the true data, and over them the critic's
/// output: itself where it is a share, else its sigmoid, on the height from 0 to 1.
Image densityPlot(const Samples &samples, const Backdrop &backdrop);

/// The right one of the three.
/// \throws Failure (Usage) when the shape is no picture.
Image picture(const Samples &samples, const Backdrop &backdrop);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_PICTURE_H
