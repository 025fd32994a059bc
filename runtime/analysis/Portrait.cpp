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

struct Line {
  const char *name, *colour;
  std::vector<VectorXd> points;
};

/// The part of the plane that is shown.
struct Window {
  Vector2d low, high;
};

/// The shapes of the picture, in pixels.
class Canvas {
public:
  explicit Canvas(const Window &window) : window(window) {
    text = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
                       "font-family=\"sans-serif\" font-size=\"13\">\n"
                       "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n"
                       "<clipPath id=\"plot\"><rect x=\"{2}\" y=\"{3}\" width=\"{4}\" height=\"{4}\"/></clipPath>\n",
                       left + side + legend, top + side + bottom, left, top, side);
  }

  Vector2d pixel(const Vector2d &p) const {
    Vector2d share = (p - window.low).cwiseQuotient(window.high - window.low);
    return {left + side * share.x(), top + side * (1 - share.y())};
  }

  /// Segments, one after the other.
  void segments(const std::vector<std::pair<Vector2d, Vector2d>> &list, const char *id, const char *style) {
    std::string path;
    for (const auto &[from, to] : list) {
      Vector2d a = pixel(from), b = pixel(to);
      path += fmt::format("M{:.2f} {:.2f}L{:.2f} {:.2f}", a.x(), a.y(), b.x(), b.y());
    }
    text += fmt::format("<path id=\"{}\" clip-path=\"url(#plot)\" fill=\"none\" {} d=\"{}\"/>\n", id, style, path);
  }
  void polyline(const std::vector<Vector2d> &points, const char *id, const char *colour, bool marks) {
    std::string path, dots;
    for (const Vector2d &point : points) {
      Vector2d at = pixel(point);
      path += fmt::format("{:.2f},{:.2f} ", at.x(), at.y());
      if (marks)
        dots += fmt::format("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"1.8\"/>", at.x(), at.y());
    }
    text += fmt::format("<g id=\"{0}\" clip-path=\"url(#plot)\"><polyline fill=\"none\" stroke=\"{1}\" "
                        "stroke-width=\"1.2\" points=\"{2}\"/><g fill=\"{1}\">{3}</g></g>\n",
                        id, colour, path, dots);
  }
  void disc(const Vector2d &point, const char *id, const char *style) {
    Vector2d at = pixel(point);
    text += fmt::format("<circle id=\"{}\" cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"5\" {}/>\n", id, at.x(), at.y(), style);
  }
  /// Frame, numbers and names of the axes.
  void axes(const std::string &horizontal, const std::string &vertical) {
    text += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#333\"/>\n", left,
                        top, side, side);
    for (int i = 0; i <= 4; ++i) {
      Vector2d value = window.low + (window.high - window.low) * (i / 4.0), at = pixel(value);
      for (double &number : value)
        number = std::abs(number) < 1e-9 * (window.high - window.low).maxCoeff() ? 0 : number; // rounding
      text += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:.3g}</text>\n", at.x(), top + side + 18,
                          value.x());
      text += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:.3g}</text>\n", left - 6, at.y() + 4,
                          value.y());
    }
    text += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", left + side / 2, top + side + 42,
                        horizontal);
    text += fmt::format("<text transform=\"translate(16 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
                        top + side / 2, vertical);
  }
  void legendLine(const char *name, const char *colour) {
    double y = top + 12 + 22 * row++;
    text += fmt::format("<path d=\"M{0} {2}h24\" stroke=\"{3}\" stroke-width=\"2\"/>"
                        "<text x=\"{1}\" y=\"{4}\">{5}</text>\n",
                        left + side + 14, left + side + 44, y, colour, y + 4, name);
  }
  std::string finish() { return text + "</svg>\n"; }

private:
  Window window;
  std::string text;
  int row = 0;
};

/// The lengths of time and the steps of trajectories.
class Trajectories {
public:
  Trajectories(GameField &field, const PortraitOptions &options) : field(field), options(options) {}

  std::vector<Line> all(double reach) {
    limit = reach;
    std::vector<Line> lines{{"flow", "#1f77b4", flow()}};
    if (!options.movers.empty()) {
      lines.push_back({"simultaneous", "#d62728", play(&Trajectories::simultaneous)});
      lines.push_back({"alternating", "#2ca02c", play(&Trajectories::alternating)});
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
  canvas.segments(pieces, "field", "stroke=\"#999\" stroke-width=\"1\"");

  std::vector<std::vector<double>> first(fine + 1, std::vector<double>(fine + 1)), second = first;
  for (int i = 0; i <= fine; ++i)
    for (int j = 0; j <= fine; ++j) {
      VectorXd v = field.at(window.low + size.cwiseProduct(Vector2d(double(i) / fine, double(j) / fine)));
      first[i][j] = v[0];
      second[i][j] = v[1];
    }
  canvas.segments(zeroLines(first, window), "nullcline-0", "stroke=\"#9467bd\" stroke-dasharray=\"6 4\"");
  canvas.segments(zeroLines(second, window), "nullcline-1", "stroke=\"#ff7f0e\" stroke-dasharray=\"6 4\"");
}

std::string planePortrait(GameField &field, const PortraitOptions &options) {
  std::optional<VectorXd> equilibrium = findEquilibrium(field, options.start);
  Window window = windowAround(equilibrium.value_or(options.start), options.start);
  Canvas canvas(window);
  drawField(canvas, field, window);
  std::vector<Line> lines = Trajectories(field, options).all(4 * (window.high - window.low).norm());
  for (const Line &line : lines)
    canvas.polyline({line.points.begin(), line.points.end()}, line.name, line.colour, &line != &lines.front());
  canvas.disc(options.start, "start", "fill=\"white\" stroke=\"black\"");
  if (equilibrium)
    canvas.disc(*equilibrium, "equilibrium", "fill=\"black\"");
  canvas.axes(options.names[0], options.names[1]);
  for (const Line &line : lines)
    canvas.legendLine(line.name, line.colour);
  canvas.legendLine((options.names[0] + " rests").c_str(), "#9467bd");
  canvas.legendLine((options.names[1] + " rests").c_str(), "#ff7f0e");
  return canvas.finish();
}

/// One parameter across, its field upwards.
std::string linePortrait(GameField &field, const PortraitOptions &options) {
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
  canvas.segments(pieces, "field", "stroke=\"#999\" stroke-width=\"1\"");
  canvas.polyline(curve, "curve", "#999", false);
  std::vector<Line> lines = Trajectories(field, options).all(4 * width);
  for (const Line &line : lines) {
    std::vector<Vector2d> points;
    for (const VectorXd &w : line.points)
      points.push_back(at(w[0]));
    canvas.polyline(points, line.name, line.colour, &line != &lines.front());
  }
  canvas.disc(at(options.start[0]), "start", "fill=\"white\" stroke=\"black\"");
  if (equilibrium)
    canvas.disc(at((*equilibrium)[0]), "equilibrium", "fill=\"black\"");
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

std::string agon::rt::portraitSvg(GameField &field, const PortraitOptions &options) {
  return field.size() == 1 ? linePortrait(field, options) : planePortrait(field, options);
}
