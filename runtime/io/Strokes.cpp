//===- Strokes.cpp - Discs, lines and drawings in pixels ------------------===//
#include "runtime/io/Letters.h"
#include "runtime/io/Plot.h"

#include <algorithm>
#include <cmath>

using namespace agon::rt;

namespace {

void blend(uint8_t *pixel, Colour colour, double opacity) {
  for (int c = 0; c < 3; ++c)
    pixel[c] = uint8_t(std::lround(pixel[c] + (colour[c] - pixel[c]) * opacity));
}

/// The box that holds two places.
struct Box {
  Box(const Place &a, const Place &b)
      : left(std::min(a.x, b.x)), top(std::min(a.y, b.y)), right(std::max(a.x, b.x)), bottom(std::max(a.y, b.y)) {}
  double left, top, right, bottom;
};

/// visit(x, y, share) for every pixel of an image of which a share lies within `radius` of a shape in the box.
/// \param distance of a place to the shape.
template <typename Distance, typename Visit>
void forEachCovered(int64_t width, int64_t height, const Box &box, double radius, Distance &&distance, Visit &&visit) {
  auto clampTo = [](double v, int64_t limit) { return int64_t(std::clamp(v, -1.0, double(limit))); };
  int64_t x0 = std::max<int64_t>(0, clampTo(std::floor(box.left - radius - 1), width));
  int64_t x1 = std::min(width - 1, clampTo(std::ceil(box.right + radius + 1), width));
  int64_t y0 = std::max<int64_t>(0, clampTo(std::floor(box.top - radius - 1), height));
  int64_t y1 = std::min(height - 1, clampTo(std::ceil(box.bottom + radius + 1), height));
  for (int64_t y = y0; y <= y1; ++y)
    for (int64_t x = x0; x <= x1; ++x) {
      double share = std::clamp(radius + 0.5 - distance(double(x) + 0.5, double(y) + 0.5), 0.0, 1.0);
      if (share > 0)
        visit(x, y, share);
    }
}

auto distanceTo(const Place &centre) {
  return [=](double x, double y) { return std::hypot(x - centre.x, y - centre.y); };
}

auto distanceTo(const Place &from, const Place &to) {
  double dx = to.x - from.x, dy = to.y - from.y, square = dx * dx + dy * dy;
  return [=](double x, double y) {
    double t = square > 0 ? std::clamp(((x - from.x) * dx + (y - from.y) * dy) / square, 0.0, 1.0) : 0;
    return std::hypot(x - from.x - t * dx, y - from.y - t * dy);
  };
}

/// Cuts a line to a rectangle (Liang and Barsky 1984). \returns whether anything is left.
bool cut(Place &from, Place &to, const Place &low, const Place &high) {
  double dx = to.x - from.x, dy = to.y - from.y, first = 0, last = 1;
  auto side = [&](double slope, double room) {
    if (slope == 0)
      return room >= 0;
    double t = room / slope;
    (slope < 0 ? first : last) = slope < 0 ? std::max(first, t) : std::min(last, t);
    return first <= last;
  };
  if (!side(-dx, from.x - low.x) || !side(dx, high.x - from.x) || !side(-dy, from.y - low.y) ||
      !side(dy, high.y - from.y))
    return false;
  to = {from.x + last * dx, from.y + last * dy};
  from = {from.x + first * dx, from.y + first * dy};
  return true;
}

/// How much of each pixel the parts of one shape cover; where they overlap, the most.
class Cover {
  /// Keeps the largest share of a pixel.
  auto most() {
    return [this](int64_t x, int64_t y, double share) {
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = std::max(bottom, y);
      float &held = shares[size_t(y * image.width + x)];
      held = std::max(held, float(share));
    };
  }

public:
  explicit Cover(Image &image) : image(image), shares(size_t(image.width * image.height)) {}

  void line(const Place &from, const Place &to, double width) {
    forEachCovered(image.width, image.height, Box(from, to), width / 2, distanceTo(from, to), most());
  }
  void disc(const Place &centre, double radius) {
    forEachCovered(image.width, image.height, Box(centre, centre), radius, distanceTo(centre), most());
  }
  void circle(const Place &centre, double radius, double width) {
    auto distance = [&, toCentre = distanceTo(centre)](double x, double y) {
      return std::abs(toCentre(x, y) - radius);
    };
    Box box({centre.x - radius, centre.y - radius}, {centre.x + radius, centre.y + radius});
    forEachCovered(image.width, image.height, box, width / 2, distance, most());
  }
  void paint(Colour colour) {
    for (int64_t y = top; y <= bottom; ++y)
      for (int64_t x = left; x <= right; ++x)
        if (float share = shares[size_t(y * image.width + x)]; share > 0)
          blend(image.at(x, y), colour, share);
  }

private:
  Image &image;
  std::vector<float> shares;
  int64_t left = INT64_MAX, right = -1, top = INT64_MAX, bottom = -1; ///< the pixels that are covered
};

struct Painter {
  Image &image;
  const Drawing &drawing;
  double scale;

  Place scaled(const Place &place) const { return {scale * place.x, scale * place.y}; }

  void operator()(const Strokes &strokes) const {
    Cover cover(image);
    for (const std::vector<Place> &line : strokes.lines)
      for (size_t i = 1; i < line.size(); ++i) {
        Place from = line[i - 1], to = line[i];
        if (!strokes.clipped || cut(from, to, drawing.low, drawing.high))
          cover.line(scaled(from), scaled(to), scale * strokes.width);
      }
    cover.paint(strokes.colour);
  }

  void operator()(const Discs &discs) const {
    Cover inner(image), edge(image);
    for (Place centre : discs.centres) {
      Place end = centre;
      if (discs.clipped && !cut(centre, end, drawing.low, drawing.high))
        continue;
      inner.disc(scaled(centre), scale * discs.radius);
      if (discs.edge)
        edge.circle(scaled(centre), scale * discs.radius, scale);
    }
    inner.paint(discs.fill);
    if (discs.edge)
      edge.paint(*discs.edge);
  }

  void operator()(const Label &label) const { (*this)(Strokes{"", lettersOf(label), label.colour, label.size / 11}); }
};

} // namespace

void agon::rt::drawDisc(Image &image, double x, double y, double radius, Colour colour, double opacity) {
  if (!std::isfinite(x) || !std::isfinite(y))
    return;
  Place centre = {x, y};
  forEachCovered(image.width, image.height, Box(centre, centre), radius, distanceTo(centre),
                 [&](int64_t px, int64_t py, double share) { blend(image.at(px, py), colour, share * opacity); });
}

void agon::rt::drawLine(Image &image, double x0, double y0, double x1, double y1, double width, Colour colour) {
  Place from = {x0, y0}, to = {x1, y1};
  forEachCovered(image.width, image.height, Box(from, to), width / 2, distanceTo(from, to),
                 [&](int64_t px, int64_t py, double share) { blend(image.at(px, py), colour, share); });
}

Image agon::rt::imageOf(const Drawing &drawing, double scale) {
  Image image(std::lround(scale * drawing.width), std::lround(scale * drawing.height), 3, 255);
  for (const Shape &shape : drawing.shapes)
    std::visit(Painter{image, drawing, scale}, shape);
  return image;
}
