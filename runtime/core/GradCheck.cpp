#include "runtime/core/GradCheck.h"

#include "runtime/core/Failure.h"
#include "runtime/core/IterationPlan.h"
#include "runtime/core/Random.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace agon::rt;

namespace {

using Vector = std::vector<double>;

/// The length of a vector.
double norm(const Vector &v) {
  double sum = 0;
  for (double x : v)
    sum += x * x;
  return std::sqrt(sum);
}

/// Central differences of fourth order: sum_k weight_k f(x + offset_k h) / h.
/// Their truncation error falls with h^4, so that wide steps, which rounding
/// hurts least, can be used where the function is smooth.
constexpr struct {
  double offset, weight;
} stencil[] = {{-2, 1.0 / 12}, {-1, -8.0 / 12}, {1, 8.0 / 12}, {2, -1.0 / 12}};

/// Tried unless one is asked for that does, from the widest to the narrowest.
const Vector steps{1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 3e-9};

/// Slopes on one side of a point, from values beyond it: the point itself may belong to the other side.
constexpr struct {
  double offset, weight;
} oneSided[] = {{1, -2.5}, {2, 4}, {3, -1.5}};

/// Rounding of such a quotient of values about `size`.
double roundingNoise(double size, double step) { return 8 * std::numeric_limits<double>::epsilon() * size / step; }

/// What differences at one step say.
struct Estimate {
  double step, size; ///< of the differences; of the values that they are taken of
  Vector found;
};

/// The length of a difference.
double distance(const Vector &a, const Vector &b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

/// A derivative, and what differences say of it.
class Judge {
public:
  /// \param estimates from the widest step to the narrowest.
  Judge(const Vector &expected, std::vector<Estimate> estimates, double tolerance)
      : expected(expected), estimates(std::move(estimates)), tolerance(tolerance) {}

  /// What the best step says, taken alone.
  Comparison best() const {
    Comparison result{HUGE_VAL, estimates.front().step, 0, Comparison::None, false};
    for (const Estimate &e : estimates) {
      // Without what rounding may have done, as far as that is at most half of the tolerance.
      double s = scale(e), error = distance(e.found, expected) / s;
      bool passes = error - std::min(roundingNoise(e.size, e.step) / s, 0.5 * tolerance) <= tolerance;
      if (std::isfinite(error) && (passes > result.passed || (passes == result.passed && error < result.error)))
        result = {error, e.step, s, Comparison::None, passes};
    }
    return result;
  }

  /// \param side (sign, step): the slopes on one side, asked for at a kink only.
  template <typename Side> Comparison operator()(Side &&side) const {
    Comparison result = best();
    if (result.passed || !std::isfinite(result.error))
      return result;
    // Steps that agree with each other tell the derivative; the sharpest that do decide. Across a kink none do.
    const Estimate *agreed = nullptr;
    double sharpest = HUGE_VAL;
    for (size_t i = 0; i + 1 < estimates.size(); ++i) {
      const Estimate &a = estimates[i], &b = estimates[i + 1];
      double allowed = accuracy(a) + accuracy(b);
      if (distance(a.found, b.found) <= allowed && allowed < sharpest) {
        sharpest = allowed;
        agreed = &b;
      }
    }
    if (agreed && agreed > &estimates[1])
      if (double difference = distance(agreed->found, expected); difference <= accuracy(*agreed))
        return {difference / scale(*agreed), agreed->step, scale(*agreed), Comparison::Near, true};
    return atKink(side, agreed != nullptr, result);
  }

private:
  /// Derivatives below a millionth of the function are compared with that instead: smaller ones cannot be told from
  /// rounding.
  double scale(const Estimate &e) const {
    return std::max({norm(e.found), norm(expected), 1e-6 * std::max(e.size, 1e-2)});
  }
  /// How far differences at a narrow step can be trusted.
  double accuracy(const Estimate &e) const { return tolerance * scale(e) + 4 * roundingNoise(e.size, e.step); }

  /// At a kink every entry must lie between the slopes of the two sides. Where central differences agree, as they do
  /// in the middle of a corner, the sides must be seen to differ.
  template <typename Side> Comparison atKink(Side &&side, bool agreed, const Comparison &otherwise) const {
    const Estimate &narrow = estimates.back();
    Vector left = side(-1, narrow.step), right = side(1, narrow.step);
    double size = std::max({norm(left), norm(right), norm(expected)}), outside = 0;
    double slack = tolerance * size + 4 * roundingNoise(narrow.size, narrow.step);
    for (size_t i = 0; i < expected.size(); ++i) {
      auto [low, high] = std::minmax(left[i], right[i]);
      outside = std::max({outside, low - expected[i], expected[i] - high});
    }
    bool differ = !agreed || distance(left, right) > 4 * slack;
    return differ && outside <= slack ? Comparison{outside / size, narrow.step, size, Comparison::At, true} : otherwise;
  }

  const Vector &expected;
  std::vector<Estimate> estimates;
  double tolerance;
};

/// The functions of one objective, a player's or a move's, and the tensors of its player.
class ObjectiveCheck {
public:
  /// \param number of its cell, among those of objectives.
  ObjectiveCheck(Instance &instance, uint32_t number, const GradCheckOptions &options)
      : instance(instance), cell(instance.cell(instance.cellsOf(AGON_CELL_OBJECTIVE)[number])), options(options),
        random(uint64_t(options.seed), 0x67726164, number) {
    const agon_model &model = instance.model();
    objective = instance.findFunction(AGON_FN_OBJECTIVE, int32_t(number));
    gradient = instance.findFunction(AGON_FN_GRADIENT, int32_t(number));
    curvature = number < model.num_players ? instance.findFunction(AGON_FN_CURVATURE) : -1;
    std::string name = model.players[cell.owner].name;
    for (uint32_t index : instance.cellsOf(AGON_CELL_GRADIENT)) {
      const agon_cell &cell = instance.cell(index);
      std::string prefix = fmt::format("gradient.{}.", name);
      if (std::string_view(cell.name).substr(0, prefix.size()) != prefix)
        continue;
      std::string parameter = cell.name + prefix.size();
      int weights = instance.findCell(AGON_CELL_PARAMETER, parameter);
      if (weights < 0 || instance.cell(weights).dtype != AGON_F64)
        fail(ExitCode::Internal, "{} names no parameter", cell.name);
      tensors.push_back({parameter, uint32_t(weights), index,
                         instance.findCell(AGON_CELL_DIRECTION, fmt::format("direction.{}.{}", name, parameter)),
                         instance.findCell(AGON_CELL_CURVATURE, fmt::format("curvature.{}.{}", name, parameter))});
      int base = instance.findCell(AGON_CELL_BASE, fmt::format("base.{}.{}", name, parameter));
      if (base >= 0)
        instance.store<double>(instance.cell(uint32_t(base)), load(uint32_t(weights)));
    }
  }

  /// Adds a row for each of the player's parameter tensors.
  void run(std::vector<GradCheckRow> &rows) {
    if (objective < 0 || gradient < 0)
      return;
    instance.call(uint32_t(gradient));
    std::vector<Vector> gradients;
    for (const Tensor &t : tensors)
      gradients.push_back(load(t.gradient));
    size_t first = rows.size();
    for (size_t i = 0; i < tensors.size(); ++i) {
      GradCheckRow row;
      row.objective = cell.name;
      row.parameter = tensors[i].parameter;
      row.entries = int64_t(gradients[i].size());
      row.first = firstOrder(tensors[i], gradients[i]);
      rows.push_back(row);
    }
    if (curvature >= 0)
      secondOrder(gradients, rows.data() + first);
    for (size_t i = first; i < rows.size(); ++i) {
      rows[i].passed = true;
      for (const std::vector<Comparison> *comparisons : {&rows[i].first, &rows[i].second})
        for (const Comparison &comparison : *comparisons)
          rows[i].passed &= comparison.passed;
    }
  }

private:
  /// A parameter tensor: its cells, the last two -1 where the model cannot compute a Hessian.
  struct Tensor {
    std::string parameter;
    uint32_t weights, gradient;
    int direction, curvature;
  };

  /// The numbers of a cell.
  Vector load(uint32_t cell) const { return instance.load<double>(instance.cell(cell)); }

  /// Puts the weights at `from` + `step` * `direction`, for the next evaluation.
  void move(const Tensor &tensor, const Vector &from, const Vector &direction, double step) {
    Vector weights(from.size());
    for (size_t i = 0; i < weights.size(); ++i)
      weights[i] = from[i] + step * direction[i];
    instance.store<double>(instance.cell(tensor.weights), weights);
  }

  /// The objective where the weights are now.
  double value() {
    instance.call(uint32_t(objective));
    return instance.read(cell);
  }

  /// Normal numbers, one for each of `n` entries.
  Vector randomDirection(size_t n) {
    Vector direction(n);
    for (double &d : direction)
      d = random.normal();
    return direction;
  }

  /// <gradient, direction> against differences.
  Comparison alongDirection(const Tensor &tensor, const Vector &gradientOf, const Vector &direction) {
    Vector from = load(tensor.weights), expected{0};
    for (size_t i = 0; i < direction.size(); ++i)
      expected[0] += gradientOf[i] * direction[i];
    auto estimate = [&](double h) {
      Estimate e{h, 0, {0}};
      for (auto [offset, weight] : stencil) {
        move(tensor, from, direction, offset * h);
        double v = value();
        e.found[0] += weight * v / h;
        e.size = std::max(e.size, std::abs(v));
      }
      return e;
    };
    Comparison result{};
    result.passed = false;
    if (options.step > 0)
      result = Judge(expected, {estimate(options.step)}, options.tolerance).best();
    if (!result.passed) {
      std::vector<Estimate> estimates;
      for (double h : steps)
        estimates.push_back(estimate(h));
      result = Judge(expected, estimates, options.tolerance)([&](double sign, double h) {
        Vector slope{0};
        for (auto [offset, weight] : oneSided) {
          move(tensor, from, direction, sign * offset * h);
          slope[0] += weight * value() / (sign * h);
        }
        return slope;
      });
      result.otherStep = options.step > 0;
    }
    move(tensor, from, direction, 0);
    return result;
  }

  /// The gradient of one tensor along a random direction and at three entries.
  std::vector<Comparison> firstOrder(const Tensor &tensor, const Vector &gradientOf) {
    size_t n = gradientOf.size();
    if (n == 0)
      return {};
    std::vector<Comparison> comparisons{alongDirection(tensor, gradientOf, randomDirection(n))};
    // The entry that matters most, and two others.
    auto larger = [](double a, double b) { return std::abs(a) < std::abs(b); };
    size_t entries[] = {size_t(std::max_element(gradientOf.begin(), gradientOf.end(), larger) - gradientOf.begin()),
                        size_t(random.below(n)), size_t(random.below(n))};
    for (size_t entry : entries) {
      Vector unit(n, 0.0);
      unit[entry] = 1;
      comparisons.push_back(alongDirection(tensor, gradientOf, unit));
    }
    return comparisons;
  }

  /// Every parameter moves along its direction; adds `weight` times each gradient there to `sums`.
  void addGradients(const std::vector<Vector> &from, const std::vector<Vector> &directions, double step, double weight,
                    std::vector<Vector> &sums) {
    for (size_t i = 0; i < tensors.size(); ++i)
      move(tensors[i], from[i], directions[i], step);
    instance.call(uint32_t(gradient));
    for (size_t i = 0; i < tensors.size(); ++i) {
      Vector g = load(tensors[i].gradient);
      sums[i].resize(g.size(), 0.0);
      for (size_t e = 0; e < g.size(); ++e)
        sums[i][e] += weight * g[e];
    }
  }

  /// The Hessian times a random direction through all tensors at once, a comparison in each of `rows`.
  void secondOrder(const std::vector<Vector> &gradients, GradCheckRow *rows) {
    std::vector<Vector> from, directions, expected;
    double size = 0;
    for (const Tensor &t : tensors) {
      if (t.direction < 0 || t.curvature < 0)
        return;
      from.push_back(load(t.weights));
      directions.push_back(randomDirection(from.back().size()));
      instance.store<double>(instance.cell(uint32_t(t.direction)), directions.back());
    }
    for (const Vector &g : gradients)
      size = std::max(size, norm(g));
    instance.call(uint32_t(curvature));
    for (const Tensor &t : tensors)
      expected.push_back(load(uint32_t(t.curvature)));
    // The other players' curvatures are to be along their own directions.
    for (size_t i = 0; i < tensors.size(); ++i)
      instance.store<double>(instance.cell(uint32_t(tensors[i].direction)), Vector(from[i].size(), 0.0));

    // For each step, of every tensor.
    auto estimatesAt = [&](const Vector &steps) {
      std::vector<std::vector<Estimate>> estimates(tensors.size());
      for (double h : steps) {
        std::vector<Vector> found(tensors.size());
        for (auto [offset, weight] : stencil)
          addGradients(from, directions, offset * h, weight / h, found);
        for (size_t i = 0; i < tensors.size(); ++i)
          estimates[i].push_back({h, size, std::move(found[i])});
      }
      return estimates;
    };
    std::vector<Comparison> results(tensors.size());
    if (options.step > 0) {
      std::vector<std::vector<Estimate>> asked = estimatesAt({options.step});
      for (size_t i = 0; i < tensors.size(); ++i)
        results[i] = Judge(expected[i], asked[i], options.tolerance).best();
    }
    if (options.step <= 0 || std::any_of(results.begin(), results.end(), [](auto &r) { return !r.passed; })) {
      std::vector<std::vector<Estimate>> estimates = estimatesAt(steps);
      for (size_t i = 0; i < tensors.size(); ++i) {
        if (options.step > 0 && results[i].passed)
          continue;
        results[i] = Judge(expected[i], estimates[i], options.tolerance)([&](double sign, double h) {
          std::vector<Vector> slopes(tensors.size());
          for (auto [offset, weight] : oneSided)
            addGradients(from, directions, sign * offset * h, weight / (sign * h), slopes);
          return slopes[i];
        });
        results[i].otherStep = options.step > 0;
      }
    }
    for (size_t i = 0; i < tensors.size(); ++i)
      rows[i].second = {results[i]};
    for (size_t i = 0; i < tensors.size(); ++i)
      move(tensors[i], from[i], directions[i], 0);
  }

  Instance &instance;
  const agon_cell &cell; ///< of the objective
  const GradCheckOptions &options;
  SplitMix random;
  int objective, gradient, curvature;
  std::vector<Tensor> tensors;
};

/// A minibatch of every group: its data, its source, or random numbers.
void fillData(Instance &instance, Feed &feed, int64_t seed) {
  const agon_model &model = instance.model();
  SplitMix random(uint64_t(seed), 0x64617461);
  for (uint32_t g = 0; g < model.num_groups; ++g)
    drawGroup(instance, feed, g, Stream::Training, 0);
  for (uint32_t f = 0; f < model.num_fields; ++f) {
    const agon_field &field = model.fields[f];
    if (feed.isBound(field.group) || model.groups[field.group].source >= 0)
      continue;
    const agon_cell &cell = instance.cell(field.cell);
    CellWriting drawn = instance.writing(cell);
    for (int64_t i = 0; i < instance.count(cell); ++i)
      drawn.set(i, field.classes > 0 ? double(random.below(uint64_t(field.classes)))
                   : field.has_range ? field.low + (field.high - field.low) * random.uniform()
                                     : random.normal());
  }
}

} // namespace

const Comparison &agon::rt::worst(const std::vector<Comparison> &comparisons) {
  return *std::max_element(comparisons.begin(), comparisons.end(), [](const Comparison &a, const Comparison &b) {
    return a.passed != b.passed ? a.passed : a.error < b.error;
  });
}

std::vector<GradCheckRow> agon::rt::checkGradients(Instance &instance, Feed &feed, const GradCheckOptions &options) {
  const agon_model &model = instance.model();
  if (model.real != AGON_F64)
    fail(ExitCode::Usage, "gradcheck needs 64-bit numbers; compile the game with --float=f64");
  const agon_player *end = model.players + model.num_players;
  if (!options.player.empty() &&
      std::none_of(model.players, end, [&](const agon_player &p) { return options.player == p.name; }))
    fail(ExitCode::Usage, "unknown player '{}'", options.player);

  SplitMix random(uint64_t(options.seed), 0x706f696e74);
  for (uint32_t index : instance.cellsOf(AGON_CELL_PARAMETER))
    if (const agon_cell &cell = instance.cell(index); cell.dtype == AGON_F64) {
      Vector weights = instance.load<double>(cell);
      for (double &w : weights)
        w += 0.02 * (std::abs(w) + 0.5) * random.normal();
      instance.store<double>(cell, weights);
    }
  instance.setKey(options.seed, 0);
  IterationPlan(instance).setIteration(1);
  fillData(instance, feed, options.seed);

  std::vector<GradCheckRow> rows;
  std::vector<uint32_t> objectives = instance.cellsOf(AGON_CELL_OBJECTIVE);
  for (uint32_t number = 0; number < objectives.size(); ++number)
    if (options.player.empty() || options.player == model.players[instance.cell(objectives[number]).owner].name)
      ObjectiveCheck(instance, number, options).run(rows);
  if (rows.empty())
    fail(ExitCode::Usage, "this binary holds no gradients to check");
  return rows;
}
