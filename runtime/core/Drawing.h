//===- Drawing.h - Plots as lists of shapes ---------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_DRAWING_H
#define AGON_RUNTIME_CORE_DRAWING_H

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace agon::rt {

using Colour = std::array<uint8_t, 3>;

/// In pixels, from the left and from the top.
struct Place {
  double x, y;
};

/// Lines through places, one after the other.
struct Strokes {
  std::string id; ///< what programs find them by; may be empty
  std::vector<std::vector<Place>> lines;
  Colour colour;
  double width = 1;
  bool clipped = false; ///< to the plot
};

struct Discs {
  std::string id;
  std::vector<Place> centres;
  double radius;
  Colour fill;
  std::optional<Colour> edge;
  bool clipped = false; ///< those that lie in the plot are shown
};

/// A text of printable ASCII, its baseline at the place.
struct Label {
  enum class Anchor { Start, Middle, End };
  Place at;
  std::string text;
  Anchor anchor = Anchor::Start;
  bool upwards = false; ///< turned to the left by a right angle
  Colour colour = {0, 0, 0};
  double size = 13; ///< the height of a line
};

using Shape = std::variant<Strokes, Discs, Label>;

/// A picture, its shapes one over the other on white. No place is infinite or NaN.
struct Drawing {
  double width, height;
  Place low, high; ///< corners of the plot
  std::vector<Shape> shapes;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_DRAWING_H
