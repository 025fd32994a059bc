#include "runtime/io/Picture.h"

#include "runtime/core/Failure.h"

#include <algorithm>
#include <cmath>

using namespace agon::rt;

namespace {

constexpr Colour modeColour = {214, 226, 240};
constexpr Colour truthColour = {150, 178, 210};
constexpr Colour sampleColour = {208, 52, 28};
constexpr Colour frameColour = {190, 190, 190};
constexpr Colour highColour = {170, 203, 238};
constexpr Colour lowColour = {250, 214, 165};
constexpr Colour criticColour = {70, 70, 70};

/// An image's geometry: [channels, height, width].
struct Geometry {
  int64_t channels = 0, height = 0, width = 0;
};

int64_t wholeRoot(int64_t n) {
  auto root = int64_t(std::lround(std::sqrt(double(n))));
  return root * root == n ? root : 0;
}

bool imageGeometry(std::span<const int64_t> shape, Geometry &geometry) {
  if (shape.size() == 3 && (shape[0] == 1 || shape[0] == 3))
    geometry = {shape[0], shape[1], shape[2]};
  else if (shape.size() == 2)
    geometry = {1, shape[0], shape[1]};
  else if (shape.size() == 1 && wholeRoot(shape[0]) >= 4)
    geometry = {1, wholeRoot(shape[0]), wholeRoot(shape[0])};
  else if (shape.size() == 1 && shape[0] % 3 == 0 && wholeRoot(shape[0] / 3) >= 4)
    geometry = {3, wholeRoot(shape[0] / 3), wholeRoot(shape[0] / 3)};
  else
    return false;
  return geometry.height > 0 && geometry.width > 0;
}

/// Smallest and largest finite number of an axis.
struct Extent {
  double low = HUGE_VAL, high = -HUGE_VAL;
  void add(double v) {
    if (std::isfinite(v)) {
      low = std::min(low, v);
      high = std::max(high, v);
    }
  }
  bool empty() const { return low > high; }
};

void frame(Image &image) {
  double w = double(image.width), h = double(image.height);
  drawLine(image, 0, 0.5, w, 0.5, 1, frameColour);
  drawLine(image, 0, h - 0.5, w, h - 0.5, 1, frameColour);
  drawLine(image, 0.5, 0, 0.5, h, 1, frameColour);
  drawLine(image, w - 0.5, 0, w - 0.5, h, 1, frameColour);
}

} // namespace

PictureKind agon::rt::pictureKind(std::span<const int64_t> shape) {
  Geometry geometry;
  if (shape.empty() || (shape.size() == 1 && shape[0] == 1))
    return PictureKind::Line;
  if (shape.size() == 1 && shape[0] == 2)
    return PictureKind::Plane;
  return imageGeometry(shape, geometry) ? PictureKind::Images : PictureKind::None;
}

Image agon::rt::imageGrid(const Samples &samples, const Backdrop &backdrop) {
  constexpr int64_t gap = 2;
  Geometry g;
  imageGeometry(samples.shape, g);
  int64_t columns = backdrop.columns ? backdrop.columns : int64_t(std::ceil(std::sqrt(double(samples.count))));
  columns = std::max<int64_t>(1, columns);
  int64_t rows = std::max<int64_t>(1, (samples.count + columns - 1) / columns);
  Extent range;
  if (backdrop.hasRange) {
    range.add(backdrop.low);
    range.add(backdrop.high);
  } else {
    for (double v : samples.values)
      range.add(v);
  }
  double scale = range.high > range.low ? 255 / (range.high - range.low) : 0;

  Image image(columns * (g.width + gap) - gap, rows * (g.height + gap) - gap, int(g.channels), 255);
  for (int64_t n = 0; n < samples.count; ++n)
    for (int64_t y = 0; y < g.height; ++y)
      for (int64_t x = 0; x < g.width; ++x)
        for (int64_t c = 0; c < g.channels; ++c) {
          double v = samples.row(n)[(c * g.height + y) * g.width + x];
          double level = std::isfinite(v) ? std::clamp((v - range.low) * scale, 0.0, 255.0) : 0;
          image.at(n % columns * (g.width + gap) + x, n / columns * (g.height + gap) + y)[c] =
              uint8_t(std::lround(level));
        }
  return image;
}

Samples agon::rt::besideEachOther(std::span<const ImageSet> sets) {
  Geometry all;
  std::vector<Geometry> geometries(sets.size());
  std::vector<Extent> ranges(sets.size());
  for (size_t s = 0; s < sets.size(); ++s) {
    Geometry &g = geometries[s];
    imageGeometry(sets[s].images.shape, g);
    all = {std::max(all.channels, g.channels), std::max(all.height, g.height), std::max(all.width, g.width)};
    if (sets[s].hasRange)
      ranges[s] = {sets[s].low, sets[s].high};
    else
      for (double value : sets[s].images.values)
        ranges[s].add(value);
  }
  Samples result;
  result.shape = {all.channels, all.height, all.width};
  for (int64_t i = 0; i < sets[0].images.count; ++i)
    for (size_t s = 0; s < sets.size(); ++s, ++result.count) {
      const Geometry &g = geometries[s];
      double scale = ranges[s].high > ranges[s].low ? 1 / (ranges[s].high - ranges[s].low) : 0;
      for (int64_t c = 0; c < all.channels; ++c)
        for (int64_t y = 0; y < all.height; ++y)
          for (int64_t x = 0; x < all.width; ++x) {
            int64_t at = (std::min(c, g.channels - 1) * g.height + y * g.height / all.height) * g.width +
                         x * g.width / all.width;
            result.values.push_back((sets[s].images.row(i)[at] - ranges[s].low) * scale);
          }
    }
  return result;
}

/// What the critic says of points in rows from corner to corner.
static std::vector<double> criticOnGrid(const Backdrop &backdrop, int64_t side, const double (&from)[2],
                                        const double (&to)[2]) {
  Samples points;
  points.shape = {2};
  points.count = side * side;
  for (int64_t row = 0; row < side; ++row)
    for (int64_t column = 0; column < side; ++column) {
      points.values.push_back(from[0] + (to[0] - from[0]) * double(column) / double(side - 1));
      points.values.push_back(from[1] + (to[1] - from[1]) * double(row) / double(side - 1));
    }
  return backdrop.critic(points);
}

/// Colours the ground of a square picture by a grid of values, linear between its points.
static void shade(Image &image, const std::vector<double> &values, int64_t side) {
  Extent extent;
  for (double v : values)
    extent.add(v);
  if (extent.empty() || extent.high <= extent.low)
    return;
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) {
      double u = double(x) / double(image.width - 1) * double(side - 1);
      double v = double(y) / double(image.height - 1) * double(side - 1);
      int64_t column = std::min(int64_t(u), side - 2), row = std::min(int64_t(v), side - 2);
      auto at = [&](int64_t r, int64_t c) { return values[size_t((row + r) * side + column + c)]; };
      double a = u - double(column), b = v - double(row);
      double value = (1 - b) * ((1 - a) * at(0, 0) + a * at(0, 1)) + b * ((1 - a) * at(1, 0) + a * at(1, 1));
      double level = 2 * (value - extent.low) / (extent.high - extent.low) - 1;
      if (!std::isfinite(level))
        continue;
      const Colour &colour = level > 0 ? highColour : lowColour;
      for (int channel : {0, 1, 2}) {
        double mixed = 255 + (double(colour[size_t(channel)]) - 255) * std::abs(level);
        image.at(x, y)[channel] = uint8_t(std::lround(std::clamp(mixed, 0.0, 255.0)));
      }
    }
}

Image agon::rt::scatterPlot(const Samples &samples, const Backdrop &backdrop) {
  constexpr int64_t side = 640;
  Extent extent[2];
  for (size_t i = 0; i + 1 < backdrop.modes.size(); i += 2)
    for (int axis : {0, 1}) {
      extent[axis].add(backdrop.modes[i + axis] - 2 * backdrop.modeRadius);
      extent[axis].add(backdrop.modes[i + axis] + 2 * backdrop.modeRadius);
    }
  for (int64_t i = 0; i < backdrop.truth.count; ++i)
    for (int axis : {0, 1})
      extent[axis].add(backdrop.truth.row(i)[axis]);
  if (extent[0].empty())
    for (int64_t i = 0; i < samples.count; ++i)
      for (int axis : {0, 1})
        extent[axis].add(samples.row(i)[axis]);

  // One scale for both axes: circles stay circles.
  double span = 1e-6, centre[2] = {0, 0};
  for (int axis : {0, 1})
    if (!extent[axis].empty()) {
      span = std::max(span, extent[axis].high - extent[axis].low);
      centre[axis] = (extent[axis].high + extent[axis].low) / 2;
    }
  double scale = double(side) / (span * 1.3);
  auto px = [&](double x) { return double(side) / 2 + (x - centre[0]) * scale; };
  auto py = [&](double y) { return double(side) / 2 - (y - centre[1]) * scale; };

  Image image(side, side, 3, 255);
  if (backdrop.critic) {
    constexpr int64_t nodes = 81;
    double half = double(side) / 2 / scale;
    shade(image,
          criticOnGrid(backdrop, nodes, {centre[0] - half, centre[1] + half}, {centre[0] + half, centre[1] - half}),
          nodes);
  }
  for (size_t i = 0; i + 1 < backdrop.modes.size(); i += 2)
    drawDisc(image, px(backdrop.modes[i]), py(backdrop.modes[i + 1]), std::max(4.0, backdrop.modeRadius * scale),
             modeColour);
  for (int64_t i = 0; i < backdrop.truth.count; ++i)
    drawDisc(image, px(backdrop.truth.row(i)[0]), py(backdrop.truth.row(i)[1]), 1.8, truthColour, 0.6);
  for (int64_t i = 0; i < samples.count; ++i)
    drawDisc(image, px(samples.row(i)[0]), py(samples.row(i)[1]), 1.8, sampleColour, 0.7);
  frame(image);
  return image;
}

Image agon::rt::densityPlot(const Samples &samples, const Backdrop &backdrop) {
  constexpr int64_t width = 768, height = 512, bins = 96;
  constexpr double margin = 24;
  Extent extent;
  for (double mode : backdrop.modes) {
    extent.add(mode - 2 * backdrop.modeRadius);
    extent.add(mode + 2 * backdrop.modeRadius);
  }
  for (double v : backdrop.truth.values)
    extent.add(v);
  if (extent.empty())
    for (double v : samples.values)
      extent.add(v);
  double low = extent.empty() ? -1 : extent.low, high = extent.empty() ? 1 : extent.high;
  double slack = std::max(1e-6, 0.1 * (high - low));
  low -= slack;
  high += slack;

  auto histogram = [&](const Samples &from) {
    std::vector<double> counts(bins, 0.0);
    for (double v : from.values)
      if (v >= low && v < high)
        counts[size_t((v - low) / (high - low) * bins)] += 1.0 / double(std::max<int64_t>(1, from.count));
    return counts;
  };
  std::vector<double> truth = histogram(backdrop.truth), shown = histogram(samples);
  // The truth has two thirds of the height at every step, whatever the samples do.
  double full = std::max(1e-9, backdrop.truth.count ? 1.5 * std::ranges::max(truth) : std::ranges::max(shown));

  Image image(width, height, 3, 255);
  double step = (width - 2 * margin) / bins, base = height - margin;
  auto level = [&](double v) { return base - v / full * (height - 2 * margin); };
  for (int64_t i = 0; i < bins; ++i)
    for (int64_t y = int64_t(level(truth[size_t(i)])); y < int64_t(base); ++y)
      for (int64_t x = int64_t(margin + double(i) * step); x < int64_t(margin + double(i + 1) * step); ++x)
        std::copy(modeColour.begin(), modeColour.end(), image.at(x, y));
  auto curve = [&](const std::vector<double> &counts, Colour colour, double thickness) {
    for (int64_t i = 0; i + 1 < bins; ++i)
      drawLine(image, margin + (double(i) + 0.5) * step, level(counts[size_t(i)]), margin + (double(i) + 1.5) * step,
               level(counts[size_t(i + 1)]), thickness, colour);
  };
  if (backdrop.truth.count)
    curve(truth, truthColour, 2);
  curve(shown, sampleColour, 2.5);
  if (backdrop.critic) {
    Samples points;
    points.shape = {1};
    points.count = bins;
    for (int64_t i = 0; i < bins; ++i)
      points.values.push_back(low + (high - low) * (double(i) + 0.5) / bins);
    std::vector<double> says = backdrop.critic(points);
    if (std::ranges::any_of(says, [](double v) { return v < 0 || v > 1; }))
      for (double &v : says)
        v = 1 / (1 + std::exp(-v));
    for (double &v : says)
      v = std::isfinite(v) ? v * full : 0;
    curve(says, criticColour, 2);
  }
  drawLine(image, margin, base, width - margin, base, 1, frameColour);
  frame(image);
  return image;
}

Image agon::rt::picture(const Samples &samples, const Backdrop &backdrop) {
  switch (pictureKind(samples.shape)) {
  case PictureKind::Images:
    return imageGrid(samples, backdrop);
  case PictureKind::Plane:
    return scatterPlot(samples, backdrop);
  case PictureKind::Line:
    return densityPlot(samples, backdrop);
  case PictureKind::None:
    break;
  }
  fail(ExitCode::Usage, "outputs of shape {} are no pictures; write them to an .npy file", shapeText(samples.shape));
}
