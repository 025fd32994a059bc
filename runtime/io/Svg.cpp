//===- Svg.cpp - Drawings as SVG ------------------------------------------===//
#include "runtime/io/Plot.h"

#include <algorithm>
#include <fmt/format.h>

using namespace agon::rt;

namespace {

const Label plain = {};

std::string nameOf(const Colour &colour) { return fmt::format("#{:02x}{:02x}{:02x}", colour[0], colour[1], colour[2]); }

/// The attributes that shapes of all kinds have.
std::string common(const std::string &id, bool clipped) {
  return (id.empty() ? "" : fmt::format(" id=\"{}\"", id)) + (clipped ? " clip-path=\"url(#plot)\"" : "");
}

std::string escaped(const std::string &text) {
  std::string result;
  for (char c : text)
    result += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  return result;
}

bool isClipped(const Shape &shape) {
  const auto *strokes = std::get_if<Strokes>(&shape);
  const auto *discs = std::get_if<Discs>(&shape);
  return (strokes && strokes->clipped) || (discs && discs->clipped);
}

struct Writer {
  std::string &text;

  void operator()(const Strokes &strokes) const {
    std::string path;
    for (const std::vector<Place> &line : strokes.lines)
      for (const Place &place : line)
        path += fmt::format("{}{:.2f},{:.2f}", &place == &line.front() ? "M" : " ", place.x, place.y);
    text +=
        fmt::format("<path{} fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\" d=\"{}\"/>\n",
                    common(strokes.id, strokes.clipped), nameOf(strokes.colour), strokes.width, path);
  }

  void operator()(const Discs &discs) const {
    text += fmt::format("<g{} fill=\"{}\"{}>", common(discs.id, discs.clipped), nameOf(discs.fill),
                        discs.edge ? fmt::format(" stroke=\"{}\"", nameOf(*discs.edge)) : "");
    for (const Place &centre : discs.centres)
      text += fmt::format("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"{}\"/>", centre.x, centre.y, discs.radius);
    text += "</g>\n";
  }

  void operator()(const Label &label) const {
    constexpr const char *anchors[] = {"start", "middle", "end"};
    std::string look = label.size == plain.size ? "" : fmt::format(" font-size=\"{}\"", label.size);
    if (label.colour != plain.colour)
      look += fmt::format(" fill=\"{}\"", nameOf(label.colour));
    text += fmt::format("<text transform=\"translate({:.1f} {:.1f}){}\" text-anchor=\"{}\"{}>{}</text>\n", label.at.x,
                        label.at.y, label.upwards ? " rotate(-90)" : "", anchors[int(label.anchor)], look,
                        escaped(label.text));
  }
};

} // namespace

std::string agon::rt::svgOf(const Drawing &drawing) {
  std::string text =
      fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
                  "font-family=\"sans-serif\" font-size=\"{2}\">\n"
                  "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
                  drawing.width, drawing.height, plain.size);
  if (std::ranges::any_of(drawing.shapes, isClipped))
    text += fmt::format("<clipPath id=\"plot\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n",
                        drawing.low.x, drawing.low.y, drawing.high.x - drawing.low.x, drawing.high.y - drawing.low.y);
  for (const Shape &shape : drawing.shapes)
    std::visit(Writer{text}, shape);
  return text + "</svg>\n";
}
