#include "test/unit/runtime/FakeGames.h"

#include "runtime/core/Random.h"

#include <cmath>
#include <cstdlib>
#include <unistd.h>

using namespace agon::rt;
using namespace agon::rt::test;

namespace {

/// A number that depends on the key cell, a stream and an index only.
double noise(const int64_t *key, uint64_t stream, int64_t index) {
  return SplitMix(uint64_t(key[0]), uint64_t(key[1]), stream, uint64_t(index)).normal();
}

void rowsKernel(void *const *args, int64_t begin, int64_t end);

struct Ring : TableBuilder {
  static constexpr int64_t rows = 4;
  uint32_t x, w, b, moment, centre, stepD, stepG, lr, objectiveD, objectiveG, spread, sample, state, first, firstMean,
      spreads, spreadMean;
  std::vector<double> modes;
  std::vector<agon_extent> generateTouches, moveTouches;
  static constexpr agon_launch generateLaunch = {rowsKernel, rows, 1, AGON_SPACE_HOST, 0, 0, nullptr, 0};
  static constexpr agon_launch moveLaunch = {nullptr, 1, 1, AGON_SPACE_HOST, 0, 0, nullptr, 0};

  Ring() : TableBuilder("ring", AGON_F32, rows) {
    x = cell("x", AGON_CELL_DATA, AGON_F32, {rows, 2});
    w = cell("G.dense_0.W", AGON_CELL_PARAMETER, AGON_F32, {2, 2}, 1);
    b = cell("G.dense_0.b", AGON_CELL_PARAMETER, AGON_F32, {2}, 1);
    moment = cell("optimizer.G.sgd.m.G.dense_0.b", AGON_CELL_MOMENT, AGON_F32, {2}, 1);
    centre = cell("D.centre", AGON_CELL_PARAMETER, AGON_F32, {2}, 0);
    state = cell("D.seen", AGON_CELL_STATE, AGON_F32, {}, 0);
    stepD = cell("step.D", AGON_CELL_STEP, AGON_I64, {}, 0);
    stepG = cell("step.G", AGON_CELL_STEP, AGON_I64, {}, 1);
    lr = cell("G.lr", AGON_CELL_HYPER, AGON_F64, {}, 1);
    objectiveD = cell("D", AGON_CELL_OBJECTIVE, AGON_F32, {}, 0);
    objectiveG = cell("G", AGON_CELL_OBJECTIVE, AGON_F32, {}, 1);
    spread = cell("spread", AGON_CELL_METRIC, AGON_F32, {});
    sample = cell("G", AGON_CELL_SAMPLE, AGON_F32, {rows, 2});
    first = cell("evaluate.0", AGON_CELL_EXPECTED, AGON_F32, {rows});
    firstMean = cell("evaluate.0", AGON_CELL_EXPECTATION, AGON_F32, {});
    spreads = cell("evaluate.1", AGON_CELL_EXPECTED, AGON_F32, {rows});
    spreadMean = cell("evaluate.1", AGON_CELL_EXPECTATION, AGON_F32, {});
    uint32_t key = model.key_cell;
    function("init", AGON_FN_INIT, -1, init, {key}, {w, b});
    uint32_t d = function("turn_D", AGON_FN_TURN, -1, turnD, {key, x, centre}, {centre, state, stepD, objectiveD});
    uint32_t g =
        function("turn_G", AGON_FN_TURN, -1, turnG, {key, x, w, b, lr, moment}, {w, b, moment, stepG, objectiveG});
    for (uint32_t index : {w, b, sample})
      generateTouches.push_back(extent(index, index == sample));
    for (uint32_t index : {sample, moment, b})
      moveTouches.push_back(extent(index, false));
    for (uint32_t index : {moment, b, objectiveG})
      moveTouches.push_back(extent(index, true));
    static const agon_maker product = {"contraction", "G#1", "fake.agon:3:7", AGON_MAKES_OVERFLOW};
    static const agon_maker step = {"*", "", "fake.agon:5:9", AGON_MAKES_OVERFLOW};
    mark(g, markedTurnG,
         {{"G#1 contraction [4, 2]", "fake.agon:3:7", "outer 1x1", AGON_REGION_CONTRACTION, 800, 256, &generateLaunch,
           uint32_t(generateTouches.size()), 1, generateTouches.data(), &product},
          {"elementwise [2]", "", "elementwise", AGON_REGION_ELEMENTWISE, 200, 64, &moveLaunch,
           uint32_t(moveTouches.size()), 1, moveTouches.data(), &step}});
    uint32_t source = function("source_x", AGON_FN_SOURCE, 0, drawRing, {key}, {x});
    uint32_t shown = function("sample_G", AGON_FN_SAMPLE, 0, generate, {key, w, b}, {sample});
    function("metrics", AGON_FN_METRICS, -1, metrics, {key, x}, {spread});
    function("evaluate", AGON_FN_EVALUATE, -1, evaluate, {firstMean, spreadMean}, {objectiveD, objectiveG, spread});
    function("expectations", AGON_FN_EXPECTATIONS, 0, expectations, {key, x}, {first, spreads});
    for (int m = 0; m < 8; ++m) {
      modes.push_back(2 * std::cos(m * M_PI / 4));
      modes.push_back(2 * std::sin(m * M_PI / 4));
    }
    fields = {{"x", x, 0, 0, 0, 0, 0, -1, nullptr, 0}};
    groups = {{"x", int32_t(source), "ring(modes = 8, radius = 2, std = 0.02)", 8, 2, modes.data(), 0.06}};
    players = {{"D", 1, "sgd(lr = 0.1)", objectiveD, stepD}, {"G", 0, "sgd(lr = 0.05)", objectiveG, stepG}};
    networks = {{"G", 1, int32_t(shown), 0, "(z: [2]) -> [2]"}, {"D", 0, -1, -1, "() -> [2]"}};
    schedule = {d, d, g};
    finish();
  }

  static void init(const agon_frame *f);
  static void turnD(const agon_frame *f);
  static void turnG(const agon_frame *f);
  static void markedTurnG(const agon_frame *f);
  static void moveG(const agon_frame *f);
  static void drawRing(const agon_frame *f);
  static void generate(const agon_frame *f);
  static void metrics(const agon_frame *f);
  static void evaluate(const agon_frame *f);
  static void expectations(const agon_frame *f);
};

Ring &ring() {
  static Ring table;
  return table;
}

void Ring::init(const agon_frame *f) {
  const int64_t *key = ring().at<int64_t>(f, ring().model.key_cell);
  for (int i = 0; i < 4; ++i)
    ring().at<float>(f, ring().w)[i] = float(noise(key, 1, i));
}

void Ring::drawRing(const agon_frame *f) {
  const int64_t *key = ring().at<int64_t>(f, ring().model.key_cell);
  float *x = ring().at<float>(f, ring().x);
  for (int64_t i = 0; i < rows; ++i) {
    uint64_t mode = SplitMix(uint64_t(key[0]), uint64_t(key[1]), 7, uint64_t(i)).below(8);
    for (int axis = 0; axis < 2; ++axis)
      x[2 * i + axis] = float(ring().modes[2 * mode + uint64_t(axis)] + 0.02 * noise(key, 8, 2 * i + axis));
  }
}

/// out[i] = W' z_i + b, one row an element of the loop.
void rowsKernel(void *const *args, int64_t begin, int64_t end) {
  const auto *key = static_cast<const int64_t *>(args[0]);
  const auto *w = static_cast<const float *>(args[1]), *b = static_cast<const float *>(args[2]);
  auto *out = static_cast<float *>(args[3]);
  for (int64_t i = begin; i < end; ++i)
    for (int axis = 0; axis < 2; ++axis)
      out[2 * i + axis] =
          float(noise(key, 2, 2 * i)) * w[axis] + float(noise(key, 2, 2 * i + 1)) * w[2 + axis] + b[axis];
}

void Ring::generate(const agon_frame *f) {
  Ring &r = ring();
  void *args[] = {r.at<int64_t>(f, r.model.key_cell), r.at<float>(f, r.w), r.at<float>(f, r.b),
                  r.at<float>(f, r.sample)};
  f->launch(f->device, &generateLaunch, args);
}

void Ring::turnD(const agon_frame *f) {
  Ring &r = ring();
  float *centre = r.at<float>(f, r.centre), *x = r.at<float>(f, r.x), objective = 0;
  for (int64_t i = 0; i < rows; ++i)
    for (int axis = 0; axis < 2; ++axis) {
      centre[axis] += 0.1f * (x[2 * i + axis] - centre[axis]) / float(rows);
      objective += x[2 * i + axis] * centre[axis];
    }
  *r.at<float>(f, r.state) += 1;
  *r.at<int64_t>(f, r.stepD) += 1;
  *r.at<float>(f, r.objectiveD) = objective;
  if (const char *wait = std::getenv("AGON_FAKE_WAIT"))
    usleep(useconds_t(std::atoi(wait)));
}

void Ring::turnG(const agon_frame *f) {
  generate(f);
  moveG(f);
}

void Ring::markedTurnG(const agon_frame *f) {
  f->mark(f->profiler, 0);
  generate(f);
  f->mark(f->profiler, 1);
  moveG(f);
  f->mark(f->profiler, 2);
}

void Ring::moveG(const agon_frame *f) {
  Ring &r = ring();
  double set = *r.at<double>(f, r.lr), lr = std::isnan(set) ? 0.05 : set;
  const float *x = r.at<float>(f, r.x), *out = r.at<float>(f, r.sample);
  float *b = r.at<float>(f, r.b), *m = r.at<float>(f, r.moment), objective = 0;
  for (int64_t i = 0; i < rows; ++i)
    for (int axis = 0; axis < 2; ++axis) {
      float difference = out[2 * i + axis] - x[2 * i + axis];
      objective += difference * difference / float(rows);
      m[axis] = 0.9f * m[axis] + difference / float(rows);
    }
  for (int axis = 0; axis < 2; ++axis)
    b[axis] -= float(lr) * m[axis];
  *r.at<int64_t>(f, r.stepG) += 1;
  *r.at<float>(f, r.objectiveG) = objective;
}

void Ring::metrics(const agon_frame *f) {
  Ring &r = ring();
  float sum = 0;
  for (int64_t i = 0; i < 2 * rows; ++i)
    sum += std::abs(r.at<float>(f, r.x)[i]);
  *r.at<float>(f, r.spread) = sum / float(2 * rows);
}

void Ring::evaluate(const agon_frame *f) {
  Ring &r = ring();
  *r.at<float>(f, r.objectiveD) = 3;
  *r.at<float>(f, r.objectiveG) = *r.at<float>(f, r.firstMean);
  *r.at<float>(f, r.spread) = *r.at<float>(f, r.spreadMean);
}

void Ring::expectations(const agon_frame *f) {
  Ring &r = ring();
  const float *x = r.at<float>(f, r.x);
  for (int64_t i = 0; i < rows; ++i) {
    r.at<float>(f, r.first)[i] = x[2 * i];
    r.at<float>(f, r.spreads)[i] = (std::abs(x[2 * i]) + std::abs(x[2 * i + 1])) / 2;
  }
}

struct Digits : TableBuilder {
  static constexpr int64_t rows = 10, pixels = 784;
  uint32_t x, y, mean, m, step, objective, label, sample, labels, labelMean, labelsAgain, labelLargest, squares,
      squareMean;

  Digits() : TableBuilder("digits", AGON_F32, rows) {
    x = cell("x", AGON_CELL_DATA, AGON_F32, {rows, pixels});
    y = cell("y", AGON_CELL_DATA, AGON_I32, {rows});
    mean = cell("mean.x", AGON_CELL_DATA_MEAN, AGON_F32, {pixels});
    m = cell("M.m", AGON_CELL_PARAMETER, AGON_F32, {10, pixels}, 0);
    step = cell("step.M", AGON_CELL_STEP, AGON_I64, {}, 0);
    objective = cell("M", AGON_CELL_OBJECTIVE, AGON_F32, {}, 0);
    label = cell("label", AGON_CELL_METRIC, AGON_F32, {});
    sample = cell("M", AGON_CELL_SAMPLE, AGON_F32, {rows, pixels});
    labels = cell("evaluate.0", AGON_CELL_EXPECTED, AGON_F32, {rows});
    labelMean = cell("evaluate.0", AGON_CELL_EXPECTATION, AGON_F32, {});
    labelsAgain = cell("evaluate.1", AGON_CELL_EXPECTED, AGON_F32, {rows});
    labelLargest = cell("evaluate.1", AGON_CELL_LARGEST, AGON_F32, {});
    squares = cell("evaluate.2", AGON_CELL_EXPECTED, AGON_F32, {rows});
    squareMean = cell("evaluate.2", AGON_CELL_EXPECTATION, AGON_F32, {});
    uint32_t key = model.key_cell;
    function("init", AGON_FN_INIT, -1, init, {key, mean}, {m});
    uint32_t turn = function("turn_M", AGON_FN_TURN, -1, learn, {key, x, y, m}, {m, step, objective});
    uint32_t shown = function("sample_M", AGON_FN_SAMPLE, 0, show, {key, y, m}, {sample});
    function("metrics", AGON_FN_METRICS, -1, metrics, {y}, {label});
    // Out of order: rounds count.
    function("squares", AGON_FN_EXPECTATIONS, 1, expectSquares, {y, labelMean}, {squares});
    function("labels", AGON_FN_EXPECTATIONS, 0, expectLabels, {y}, {labels, labelsAgain});
    function("evaluate", AGON_FN_EVALUATE, -1, evaluate, {labelMean, labelLargest, squareMean}, {label, objective});
    fields = {{"x", x, 0, 0, 1, 0, 1, int32_t(mean), nullptr, 0}, {"y", y, 0, 10, 0, 0, 0, -1, nullptr, 0}};
    groups = {{"x,y", -1, nullptr, 0, 0, nullptr, 0}};
    players = {{"M", 0, "sgd(lr = 0.1)", objective, step}};
    networks = {{"M", 0, int32_t(shown), 0, "(z: [1], y: class(10)) -> [784]"}};
    schedule = {turn};
    finish();
  }
  static void init(const agon_frame *f);
  static void learn(const agon_frame *f);
  static void show(const agon_frame *f);
  static void metrics(const agon_frame *f);
  static void expectLabels(const agon_frame *f);
  static void expectSquares(const agon_frame *f);
  static void evaluate(const agon_frame *f);
};

Digits &digits() {
  static Digits table;
  return table;
}

void Digits::init(const agon_frame *f) {
  for (int64_t i = 0; i < 10 * pixels; ++i)
    digits().at<float>(f, digits().m)[i] = digits().at<float>(f, digits().mean)[i % pixels];
}

void Digits::learn(const agon_frame *f) {
  Digits &d = digits();
  float *m = d.at<float>(f, d.m), *x = d.at<float>(f, d.x), objective = 0;
  int32_t *y = d.at<int32_t>(f, d.y);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t p = 0; p < pixels; ++p) {
      float difference = x[i * pixels + p] - m[y[i] * pixels + p];
      objective += difference * difference / float(rows * pixels);
      m[y[i] * pixels + p] += 0.1f * difference;
    }
  *d.at<float>(f, d.objective) = objective;
  *d.at<int64_t>(f, d.step) += 1;
}

void Digits::show(const agon_frame *f) {
  Digits &d = digits();
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t p = 0; p < pixels; ++p)
      d.at<float>(f, d.sample)[i * pixels + p] = d.at<float>(f, d.m)[d.at<int32_t>(f, d.y)[i] * pixels + p];
}

void Digits::metrics(const agon_frame *f) {
  float sum = 0;
  for (int64_t i = 0; i < rows; ++i)
    sum += float(digits().at<int32_t>(f, digits().y)[i]);
  *digits().at<float>(f, digits().label) = sum / float(rows);
}

void Digits::expectLabels(const agon_frame *f) {
  Digits &d = digits();
  for (int64_t i = 0; i < rows; ++i)
    d.at<float>(f, d.labels)[i] = d.at<float>(f, d.labelsAgain)[i] = float(d.at<int32_t>(f, d.y)[i]);
}

void Digits::expectSquares(const agon_frame *f) {
  Digits &d = digits();
  for (int64_t i = 0; i < rows; ++i) {
    float difference = float(d.at<int32_t>(f, d.y)[i]) - *d.at<float>(f, d.labelMean);
    d.at<float>(f, d.squares)[i] = difference * difference;
  }
}

void Digits::evaluate(const agon_frame *f) {
  Digits &d = digits();
  *d.at<float>(f, d.label) = *d.at<float>(f, d.labelMean);
  *d.at<float>(f, d.objective) = 1000 * *d.at<float>(f, d.labelLargest) + *d.at<float>(f, d.squareMean);
}

/// J = sum_i mean(c_i) phi_i theta_i^2 + sin(phi_i theta_{i+1}); phi maximizes,
/// theta minimizes. The move theta.quartic is sum_i theta_i^4 / 4. Derivatives by hand.
struct Product : TableBuilder {
  static constexpr int64_t rows = 2, n = 3;
  uint32_t c, p[2], step[2], objective[2], gradient[2], direction[2], curvature[2], quartic;

  explicit Product(bool wrong) : TableBuilder("product", AGON_F64, rows) {
    static const char *const names[] = {"phi", "theta"};
    static const char *const weights[] = {"phi.w", "theta.w"};
    static const char *const steps[] = {"step.phi", "step.theta"};
    static const char *const gradients[] = {"gradient.phi.phi.w", "gradient.theta.theta.w"};
    static const char *const directions[] = {"direction.phi.phi.w", "direction.theta.theta.w"};
    static const char *const curvatures[] = {"curvature.phi.phi.w", "curvature.theta.theta.w"};
    static const char *const stopped[] = {"curvature.stopped:phi.phi.w", "curvature.stopped:theta.theta.w"};
    static const char *const bases[] = {"base.phi.phi.w", "base.theta.theta.w"};
    c = cell("c", AGON_CELL_DATA, AGON_F64, {rows, n});
    for (int i = 0; i < 2; ++i) {
      p[i] = cell(weights[i], AGON_CELL_PARAMETER, AGON_F64, {n}, i);
      step[i] = cell(steps[i], AGON_CELL_STEP, AGON_I64, {}, i);
      objective[i] = cell(names[i], AGON_CELL_OBJECTIVE, AGON_F64, {}, i);
      gradient[i] = cell(gradients[i], AGON_CELL_GRADIENT, AGON_F64, {n}, i);
      direction[i] = cell(directions[i], AGON_CELL_DIRECTION, AGON_F64, {n}, i);
      curvature[i] = cell(curvatures[i], AGON_CELL_CURVATURE, AGON_F64, {n}, i);
      cell(stopped[i], AGON_CELL_CURVATURE, AGON_F64, {n}, i);
      cell(bases[i], AGON_CELL_BASE, AGON_F64, {n}, i);
      players.push_back({names[i], i == 0, "sgd(lr = 0.01)", objective[i], step[i]});
      networks.push_back({names[i], i, -1, -1, "() -> [3]"});
    }
    quartic = cell("theta.quartic", AGON_CELL_OBJECTIVE, AGON_F64, {}, 1);
    function("init", AGON_FN_INIT, -1, init, {}, {p[0], p[1]});
    uint32_t turn = function("turn", AGON_FN_TURN, -1, play, {c, p[0], p[1]}, {p[0], p[1]});
    static constexpr void (*values[])(const agon_frame *) = {value<0>, value<1>};
    void (*gradientsOf[])(const agon_frame *) = {differentiate<0, false>,
                                                 wrong ? differentiate<1, true> : differentiate<1, false>};
    for (int i = 0; i < 2; ++i) {
      function("objective", AGON_FN_OBJECTIVE, i, values[i], {c, p[0], p[1]}, {objective[i]});
      function("gradient", AGON_FN_GRADIENT, i, gradientsOf[i], {c, p[0], p[1]}, {objective[i], gradient[i]});
    }
    function("objective", AGON_FN_OBJECTIVE, 2, valueOfMove, {p[1]}, {quartic});
    function("gradient", AGON_FN_GRADIENT, 2, wrong ? differentiateMove<true> : differentiateMove<false>, {p[1]},
             {quartic, gradient[1]});
    function("curvature", AGON_FN_CURVATURE, -1, curve, {c, p[0], p[1], direction[0], direction[1]},
             {curvature[0], curvature[1]});
    fields = {{"c", c, 0, 0, 1, 0, 1, -1, nullptr, 0}};
    groups = {{"c", -1, nullptr, 0, 0, nullptr, 0}};
    schedule = {turn};
    finish();
  }

  struct Point {
    double *phi, *theta, mean[n];
  };
  static Point point(const agon_frame *f);
  static void init(const agon_frame *f);
  template <int player> static void value(const agon_frame *f);
  template <int player, bool wrong> static void differentiate(const agon_frame *f);
  static void valueOfMove(const agon_frame *f);
  template <bool wrong> static void differentiateMove(const agon_frame *f);
  static void curve(const agon_frame *f);
  static void play(const agon_frame *f);
};

Product &product() {
  static Product table(false);
  return table;
}

Product::Point Product::point(const agon_frame *f) {
  Product &t = product();
  const double *c = t.at<double>(f, t.c);
  Point at{t.at<double>(f, t.p[0]), t.at<double>(f, t.p[1]), {}};
  for (int i = 0; i < n; ++i)
    at.mean[i] = (c[i] + c[n + i]) / 2;
  return at;
}

void Product::init(const agon_frame *f) {
  Point a = point(f);
  for (int i = 0; i < n; ++i) {
    a.phi[i] = 0.3 + 0.2 * i;
    a.theta[i] = 0.7 - 0.1 * i;
  }
}

template <int player> void Product::value(const agon_frame *f) {
  Point a = point(f);
  double sum = 0;
  for (int i = 0; i < n; ++i)
    sum += a.mean[i] * a.phi[i] * a.theta[i] * a.theta[i] + std::sin(a.phi[i] * a.theta[(i + 1) % n]);
  *product().at<double>(f, product().objective[player]) = sum;
}

template <int player, bool wrong> void Product::differentiate(const agon_frame *f) {
  value<player>(f);
  Point a = point(f);
  double *g = product().at<double>(f, product().gradient[player]);
  for (int i = 0; i < n; ++i) {
    int after = (i + 1) % n, before = (i + n - 1) % n;
    g[i] = player == 0 ? a.mean[i] * a.theta[i] * a.theta[i] + std::cos(a.phi[i] * a.theta[after]) * a.theta[after]
                       : 2 * a.mean[i] * a.phi[i] * a.theta[i] + std::cos(a.phi[before] * a.theta[i]) * a.phi[before];
  }
  if (wrong)
    g[1] *= 1.001;
}

void Product::valueOfMove(const agon_frame *f) {
  Point a = point(f);
  double sum = 0;
  for (int i = 0; i < n; ++i)
    sum += a.theta[i] * a.theta[i] * a.theta[i] * a.theta[i] / 4;
  *product().at<double>(f, product().quartic) = sum;
}

template <bool wrong> void Product::differentiateMove(const agon_frame *f) {
  valueOfMove(f);
  Point a = point(f);
  for (int i = 0; i < n; ++i)
    product().at<double>(f, product().gradient[1])[i] = a.theta[i] * a.theta[i] * (a.theta[i] + (wrong && i == 1));
}

void Product::curve(const agon_frame *f) {
  Point a = point(f);
  const double *dPhi = product().at<double>(f, product().direction[0]);
  const double *dTheta = product().at<double>(f, product().direction[1]);
  double *phi = product().at<double>(f, product().curvature[0]);
  double *theta = product().at<double>(f, product().curvature[1]);
  // Of sin(phi_i theta_j), j after i: by both phi, by both theta, by one of each.
  auto both = [&](int i, double other) { return -std::sin(a.phi[i] * a.theta[(i + 1) % n]) * other * other; };
  auto mixed = [&](int i) {
    double product = a.phi[i] * a.theta[(i + 1) % n];
    return std::cos(product) - product * std::sin(product);
  };
  for (int i = 0; i < n; ++i) {
    int after = (i + 1) % n, before = (i + n - 1) % n;
    phi[i] = both(i, a.theta[after]) * dPhi[i] + 2 * a.mean[i] * a.theta[i] * dTheta[i] + mixed(i) * dTheta[after];
    theta[i] = (2 * a.mean[i] * a.phi[i] + both(before, a.phi[before])) * dTheta[i] +
               2 * a.mean[i] * a.theta[i] * dPhi[i] + mixed(before) * dPhi[before];
  }
}

void Product::play(const agon_frame *f) {
  differentiate<0, false>(f);
  differentiate<1, false>(f);
  Product &t = product();
  for (int i = 0; i < n; ++i) {
    t.at<double>(f, t.p[0])[i] += 0.01 * t.at<double>(f, t.gradient[0])[i];
    t.at<double>(f, t.p[1])[i] -= 0.01 * t.at<double>(f, t.gradient[1])[i];
  }
  for (uint32_t step : t.step)
    *t.at<int64_t>(f, step) += 1;
}

} // namespace

const agon_model &agon::rt::test::ringGame() { return ring().model; }
const agon_model &agon::rt::test::digitsGame() { return digits().model; }
const agon_model &agon::rt::test::productGame(bool wrong) {
  static Product broken(true);
  return wrong ? broken.model : product().model;
}
