//===- Latents.cpp - The noise of samples ---------------------------------===//
#include "runtime/core/Latents.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Random.h"

#include <algorithm>

using namespace agon::rt;

Latents::Latents(Instance &instance, uint32_t network, const SampleRequest &request)
    : instance(instance), request(request), function(instance.findFunction(AGON_FN_LATENTS, int32_t(network))) {
  if (function < 0)
    return;
  const agon_function &draws = instance.function(uint32_t(function));
  cells.assign(draws.writes, draws.writes + draws.num_writes);
}

bool Latents::isLabel(size_t c) const {
  uint32_t dtype = instance.cell(cells[c]).dtype;
  return dtype != AGON_F32 && dtype != AGON_F64;
}

Latents::Values Latents::draw() const {
  instance.call(uint32_t(function));
  Values values;
  for (uint32_t cell : cells) {
    CellReading drawn = instance.reading(instance.cell(cell));
    std::vector<double> &each = values.emplace_back();
    for (int64_t i = 0; i < instance.count(instance.cell(cell)); ++i)
      each.push_back(drawn[i]);
  }
  return values;
}

/// Draws what is too far from 0 again, until nothing is.
void Latents::truncate(Values &values, int64_t number) const {
  constexpr int64_t rounds = 1000;
  auto beyond = [&](size_t c, double value) { return !isLabel(c) && std::abs(value) > request.truncation; };
  for (int64_t round = 1;; ++round) {
    bool any = false;
    for (size_t c = 0; c < cells.size(); ++c)
      any |= std::ranges::any_of(values[c], [&](double value) { return beyond(c, value); });
    if (!any)
      break;
    if (round == rounds)
      fail(ExitCode::Usage, "hardly any of the noise of {} is within {} of 0",
           instance.model().networks[instance.function(uint32_t(function)).subject].name, request.truncation);
    instance.setKey(request.seed, keys::sample + (round << 44) + number);
    Values others = draw();
    for (size_t c = 0; c < cells.size(); ++c)
      for (size_t i = 0; i < values[c].size(); ++i)
        if (beyond(c, values[c][i]))
          values[c][i] = others[c][i];
  }
  instance.setKey(request.seed, keys::sample + number);
}

/// Writes the point at `t` on the way from a to b, each of `n` numbers.
static void between(const double *a, const double *b, int64_t n, double t, bool spherical, double *to) {
  double first = 1 - t, second = t;
  double aa = 0, ab = 0, bb = 0;
  for (int64_t i = 0; i < n; ++i) {
    aa += a[i] * a[i];
    ab += a[i] * b[i];
    bb += b[i] * b[i];
  }
  double norms = std::sqrt(aa) * std::sqrt(bb), angle = norms > 0 ? std::acos(std::clamp(ab / norms, -1.0, 1.0)) : 0;
  if (spherical && std::sin(angle) > 1e-9) {
    double norm = (1 - t) * std::sqrt(aa) + t * std::sqrt(bb);
    first = std::sin((1 - t) * angle) / std::sin(angle) * norm / std::sqrt(aa);
    second = std::sin(t * angle) / std::sin(angle) * norm / std::sqrt(bb);
  }
  for (int64_t i = 0; i < n; ++i)
    to[i] = first * a[i] + second * b[i];
}

/// The noise of strips: strip k of the minibatch goes from draw 2k to draw 2k + 1 of its noise, and has the labels of
/// draw 2k.
Latents::Values Latents::strips(const Values &values, int64_t number) const {
  const Strip &strip = *request.strip;
  Values made = values;
  int64_t batch = std::max<int64_t>(1, instance.model().batch), of = batch / strip.length;
  for (size_t c = 0; c < cells.size(); ++c) {
    int64_t n = int64_t(values[c].size()) / batch;
    for (int64_t k = 0; k < of; ++k)
      for (int64_t i = 0; i < strip.length; ++i) {
        const double *from = &values[c][size_t(2 * k * n)], *to = isLabel(c) ? from : from + n;
        between(from, to, n, strip.position(number * of + k, i), strip.spherical,
                &made[c][size_t((k * strip.length + i) * n)]);
      }
  }
  return made;
}

void Latents::fill(int64_t number) {
  if (function < 0)
    return;
  if (!request.strip && request.truncation == HUGE_VAL)
    return instance.call(uint32_t(function));
  Values values = draw();
  truncate(values, number);
  if (request.strip)
    values = strips(values, number);
  for (size_t c = 0; c < cells.size(); ++c) {
    CellWriting written = instance.writing(instance.cell(cells[c]));
    for (size_t i = 0; i < values[c].size(); ++i)
      written.set(int64_t(i), values[c][i]);
  }
}
