#include "runtime/analysis/Portrait.h"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

using namespace agon::rt;
using Eigen::Vector2d;
using Eigen::VectorXd;

namespace {

constexpr double side = 560, left = 70, top = 30, bottom = 60, legend = 170;
constexpr int iterations = 400;

constexpr Colour black = {0, 0, 0}, white = {255, 255, 255}, frameColour = {51, 51, 51}, grey = {153, 153, 153};
constexpr Colour flowColour = {31, 119, 180}, simultaneousColour = {214, 39, 40}, alternatingColour = {44, 160, 44};
constexpr Colour firstColour = {148, 103, 189}, secondColour = {255, 127, 14};

struct Line {
  const char *name;
  Colour colour;
  std::vector<VectorXd> points;
};

/// The part of the plane that is shown.
struct Window {
  Vector2d low, high;
};

/// The shapes of the picture, placed by coordinates of the window.
class Canvas {
public:
  explicit Canvas(const Window &window) : window(window) {
    drawing.width = left + side + legend;
    drawing.height = top + side + bottom;
    drawing.low = {left, top};
    drawing.high = {left + side, top + side};
  }

  Place pixel(const Vector2d &p) const {
    Vector2d share = (p - window.low).cwiseQuotient(window.high - window.low);
    return {left + side * share.x(), top + side * (1 - share.y())};
  }

  /// Segments, one after the other.
  void segments(const std::vector<std::pair<Vector2d, Vector2d>> &list, const char *id, Colour colour) {
    Strokes strokes{id, {}, colour, 1, true};
    for (const auto &[from, to] : list)
      strokes.lines.push_back({pixel(from), pixel(to)});
    drawing.shapes.emplace_back(std::move(strokes));
  }
  /// A line, broken where a point is not finite. \param marks whether there is a disc at each point
  void polyline(const std::vector<Vector2d> &points, const std::string &id, Colour colour, bool marks) {
    Strokes strokes{id, {{}}, colour, 1.2, true};
    Discs discs{id + "-steps", {}, 1.8, colour, std::nullopt, true};
    for (const Vector2d &point : points)
      if (point.allFinite()) {
        strokes.lines.back().push_back(pixel(point));
        discs.centres.push_back(pixel(point));
      } else if (!strokes.lines.back().empty()) {
        strokes.lines.emplace_back();
      }
    drawing.shapes.emplace_back(std::move(strokes));
    if (marks)
      drawing.shapes.emplace_back(std::move(discs));
  }
  void disc(const Vector2d &point, const char *id, Colour fill) {
    if (point.allFinite())
      drawing.shapes.emplace_back(Discs{id, {pixel(point)}, 5, fill, black});
  }
  /// Frame, numbers and names of the axes.
  void axes(const std::string &horizontal, const std::string &vertical) {
    Place low = drawing.low, high = drawing.high;
    Strokes frame{"", {{low, {high.x, low.y}, high, {low.x, high.y}, low}}, frameColour};
    drawing.shapes.emplace_back(std::move(frame));
    for (int i = 0; i <= 4; ++i) {
      Vector2d value = window.low + (window.high - window.low) * (i / 4.0);
      Place at = pixel(value);
      for (double &number : value)
        number = std::abs(number) < 1e-9 * (window.high - window.low).maxCoeff() ? 0 : number; // rounding
      label({at.x, top + side + 18}, fmt::format("{:.3g}", value.x()), Label::Anchor::Middle);
      label({left - 6, at.y + 4}, fmt::format("{:.3g}", value.y()), Label::Anchor::End);
    }
    label({left + side / 2, top + side + 42}, horizontal, Label::Anchor::Middle);
    label({16, top + side / 2}, vertical, Label::Anchor::Middle, true);
  }
  void legendLine(const std::string &name, Colour colour) {
    double y = top + 12 + 22 * row++, x = left + side + 14;
    drawing.shapes.emplace_back(Strokes{"", {{{x, y}, {x + 24, y}}}, colour, 2});
    label({x + 30, y + 4}, name);
  }
  Drawing finish() { return std::move(drawing); }

private:
  void label(Place at, std::string text, Label::Anchor anchor = Label::Anchor::Start, bool upwards = false) {
    drawing.shapes.emplace_back(Label{at, std::move(text), anchor, upwards});
  }

  Window window;
  Drawing drawing;
  int row = 0;
};

/// The lengths of time and the steps of trajectories.
class Trajectories {
public:
  Trajectories(GameField &field, const PortraitOptions &options) : field(field), options(options) {}

  std::vector<Line> all(double reach) {
    limit = reach;
    std::vector<Line> lines{{"flow", flowColour, flow()}};
    if (!options.movers.empty()) {
      lines.push_back({"simultaneous", simultaneousColour, play(&Trajectories::simultaneous)});
      lines.push_back({"alternating", alternatingColour, play(&Trajectories::alternating)});
    }
    return lines;
  }

private:
  using Step = VectorXd (Trajectories::*)(const VectorXd &);

  bool isNear(const VectorXd &w) const { return w.allFinite() && (w - options.start).norm() <= limit; }
  VectorXd simultaneous(const VectorXd &w) {
    VectorXd next = w, v = field.at(w);
    for (const Mover &mover : options.movers)
      next.segment(mover.first, mover.count) += mover.rate * v.segment(mover.first, mover.count);
    return next;
  }
  VectorXd alternating(const VectorXd &w) {
    VectorXd next = w;
    for (const Mover &mover : options.movers)
      next.segment(mover.first, mover.count) += mover.rate * field.at(next).segment(mover.first, mover.count);
    return next;
  }
  std::vector<VectorXd> play(Step step) {
    std::vector<VectorXd> points{options.start};
    for (int i = 0; i < iterations && isNear(points.back()); ++i)
      points.push_back((this->*step)(points.back()));
    return points;
  }
  /// As long as the plays take at the smallest rate; without rates for some turns of the fastest direction.
  std::vector<VectorXd> flow() {
    field.moveTo(options.start);
    double speed = spectralRadius(eigenvalues(field.jacobian()));
    double time = speed > 0 ? 40 / speed : 1;
    if (!options.movers.empty())
      time = iterations * std::ranges::min(options.movers, {}, &Mover::rate).rate;
    int steps = int(std::clamp(time * speed / 0.05, 400.0, 20000.0));
    double h = time / steps;
    std::vector<VectorXd> points{options.start};
    for (int i = 0; i < steps && isNear(points.back()); ++i) {
      const VectorXd &w = points.back();
      VectorXd a = field.at(w), b = field.at(w + h / 2 * a), c = field.at(w + h / 2 * b), d = field.at(w + h * c);
      points.push_back(w + h / 6 * (a + 2 * b + 2 * c + d));
    }
    return points;
  }

  GameField &field;
  const PortraitOptions &options;
  double limit = 0;
};

/// Where a function on a grid changes its sign, by straight pieces through each cell of the grid.
std::vector<std::pair<Vector2d, Vector2d>> zeroLines(const std::vector<std::vector<double>> &values,
                                                     const Window &window) {
  std::vector<std::pair<Vector2d, Vector2d>> pieces;
  int n = int(values.size()) - 1;
  auto place = [&](double i, double j) -> Vector2d {
    return window.low + (window.high - window.low).cwiseProduct(Vector2d(i / n, j / n));
  };
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      std::vector<Vector2d> crossings;
      auto edge = [&](int i0, int j0, int i1, int j1) {
        double a = values[i0][j0], b = values[i1][j1];
        if ((a < 0) == (b < 0) || !std::isfinite(a) || !std::isfinite(b))
          return;
        double t = a / (a - b);
        crossings.push_back(place(i0 + t * (i1 - i0), j0 + t * (j1 - j0)));
      };
      edge(i, j, i + 1, j);
      edge(i + 1, j, i + 1, j + 1);
      edge(i + 1, j + 1, i, j + 1);
      edge(i, j + 1, i, j);
      for (size_t k = 0; k + 1 < crossings.size(); k += 2)
        pieces.emplace_back(crossings[k], crossings[k + 1]);
    }
  return pieces;
}

/// An arrow around a place, as three segments. \param aspect the window's height over its width.
void addArrow(std::vector<std::pair<Vector2d, Vector2d>> &pieces, const Vector2d &middle, const Vector2d &way,
              double aspect) {
  Vector2d tip = middle + way / 2, across(-way.y() / aspect, way.x() * aspect);
  pieces.emplace_back(middle - way / 2, tip);
  pieces.emplace_back(tip, tip - 0.3 * way + 0.18 * across);
  pieces.emplace_back(tip, tip - 0.3 * way - 0.18 * across);
}

/// The square around the equilibrium, or the start, that holds both.
Window windowAround(const VectorXd &centre, const VectorXd &start) {
  double half = 1.3 * (start - centre).cwiseAbs().maxCoeff();
  if (half < 1e-6 * (1 + centre.cwiseAbs().maxCoeff()))
    half = std::max(1.0, centre.cwiseAbs().maxCoeff());
  Vector2d middle = centre.size() == 2 ? Vector2d(centre) : Vector2d(centre[0], 0);
  return {middle - Vector2d::Constant(half), middle + Vector2d::Constant(half)};
}

void drawField(Canvas &canvas, GameField &field, const Window &window) {
  constexpr int arrows = 19, fine = 80;
  Vector2d size = window.high - window.low;
  std::vector<std::pair<Vector2d, Vector2d>> places, pieces;
  double fastest = 0;
  for (int i = 0; i < arrows; ++i)
    for (int j = 0; j < arrows; ++j) {
      Vector2d at = window.low + size.cwiseProduct(Vector2d((i + 0.5) / arrows, (j + 0.5) / arrows));
      Vector2d v = field.at(at);
      places.emplace_back(at, v);
      if (v.allFinite())
        fastest = std::max(fastest, v.norm());
    }
  for (const auto &[at, v] : places)
    if (double speed = v.norm(); speed > 0 && std::isfinite(speed))
      addArrow(pieces, at, v / speed * (size.x() / arrows) * (0.25 + 0.65 * std::sqrt(speed / fastest)), 1);
  canvas.segments(pieces, "field", grey);

  std::vector<std::vector<double>> first(fine + 1, std::vector<double>(fine + 1)), second = first;
  for (int i = 0; i <= fine; ++i)
    for (int j = 0; j <= fine; ++j) {
      VectorXd v = field.at(window.low + size.cwiseProduct(Vector2d(double(i) / fine, double(j) / fine)));
      first[i][j] = v[0];
      second[i][j] = v[1];
    }
  canvas.segments(zeroLines(first, window), "nullcline-0", firstColour);
  canvas.segments(zeroLines(second, window), "nullcline-1", secondColour);
}

Drawing planePortrait(GameField &field, const PortraitOptions &options) {
  std::optional<VectorXd> equilibrium = findEquilibrium(field, options.start);
  Window window = windowAround(equilibrium.value_or(options.start), options.start);
  Canvas canvas(window);
  drawField(canvas, field, window);
  std::vector<Line> lines = Trajectories(field, options).all(4 * (window.high - window.low).norm());
  for (const Line &line : lines)
    canvas.polyline({line.points.begin(), line.points.end()}, line.name, line.colour, &line != &lines.front());
  canvas.disc(options.start, "start", white);
  if (equilibrium)
    canvas.disc(*equilibrium, "equilibrium", black);
  canvas.axes(options.names[0], options.names[1]);
  for (const Line &line : lines)
    canvas.legendLine(line.name, line.colour);
  canvas.legendLine(options.names[0] + " rests", firstColour);
  canvas.legendLine(options.names[1] + " rests", secondColour);
  return canvas.finish();
}

/// One parameter across, its field upwards.
Drawing linePortrait(GameField &field, const PortraitOptions &options) {
  constexpr int places = 400, arrows = 19;
  std::optional<VectorXd> equilibrium = findEquilibrium(field, options.start);
  Window window = windowAround(equilibrium.value_or(options.start), options.start);
  auto at = [&](double w) -> Vector2d { return {w, field.at(VectorXd::Constant(1, w))[0]}; };
  std::vector<Vector2d> curve;
  double highest = 0, width = window.high.x() - window.low.x();
  for (int i = 0; i <= places; ++i) {
    curve.push_back(at(window.low.x() + width * i / places));
    if (std::isfinite(curve.back().y()))
      highest = std::max(highest, std::abs(curve.back().y()));
  }
  window.high.y() = highest > 0 ? 1.1 * highest : 1;
  window.low.y() = -window.high.y();
  Canvas canvas(window);
  std::vector<std::pair<Vector2d, Vector2d>> pieces;
  for (int i = 0; i < arrows; ++i) {
    double w = window.low.x() + width * (i + 0.5) / arrows, v = at(w).y();
    if (v != 0 && std::isfinite(v))
      addArrow(pieces, {w, 0}, {std::copysign(0.7 * width / arrows, v), 0}, 2 * window.high.y() / width);
  }
  canvas.segments(pieces, "field", grey);
  canvas.polyline(curve, "curve", grey, false);
  std::vector<Line> lines = Trajectories(field, options).all(4 * width);
  for (const Line &line : lines) {
    std::vector<Vector2d> points;
    for (const VectorXd &w : line.points)
      points.push_back(at(w[0]));
    canvas.polyline(points, line.name, line.colour, &line != &lines.front());
  }
  canvas.disc(at(options.start[0]), "start", white);
  if (equilibrium)
    canvas.disc(at((*equilibrium)[0]), "equilibrium", black);
  canvas.axes(options.names[0], "field");
  for (const Line &line : lines)
    canvas.legendLine(line.name, line.colour);
  return canvas.finish();
}

} // namespace

std::optional<VectorXd> agon::rt::findEquilibrium(GameField &field, const VectorXd &from) {
  constexpr int most = 50;
  VectorXd w = from, v = field.at(w);
  double scale = v.norm();
  for (int i = 0; i < most && v.allFinite(); ++i) {
    if (v.norm() <= 1e-12 * scale)
      return w;
    Eigen::FullPivLU<Eigen::MatrixXd> solver(field.jacobian());
    if (!solver.isInvertible())
      return std::nullopt;
    w -= solver.solve(v);
    v = field.at(w);
  }
  return std::nullopt;
}

Drawing agon::rt::portrait(GameField &field, const PortraitOptions &options) {
  return field.size() == 1 ? linePortrait(field, options) : planePortrait(field, options);
}
