//===- Latents.cpp - The noise of samples ---------------------------------===//
#include "runtime/core/Latents.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Random.h"

#include <algorithm>

using namespace agon::rt;

std::span<const uint32_t> agon::rt::latentsOf(const Instance &instance, uint32_t network) {
  int function = instance.findFunction(AGON_FN_LATENTS, int32_t(network));
  if (function < 0)
    return {};
  const agon_function &draws = instance.function(uint32_t(function));
  return {draws.writes, draws.num_writes};
}

std::string agon::rt::latentName(const Instance &instance, uint32_t network, uint32_t cell) {
  std::string before = fmt::format("latent.{}.", instance.model().networks[network].name);
  return std::string(instance.cell(cell).name).substr(before.size());
}

bool agon::rt::isLabel(const agon_cell &cell) { return cell.dtype != AGON_F32 && cell.dtype != AGON_F64; }

/// As often as this noise is drawn again before it is given up.
static constexpr int64_t rounds = 1000;

Latents::Latents(Instance &instance, uint32_t network, const SampleRequest &request)
    : instance(instance), request(request), network(network),
      function(instance.findFunction(AGON_FN_LATENTS, int32_t(network))), cells(latentsOf(instance, network)),
      plain(!request.strip && request.truncation == HUGE_VAL) {
  for (size_t c = 0; c < cells.size(); ++c)
    if (auto asked = request.classes.find(cells[c]); asked != request.classes.end()) {
      judgeClass(c, asked->second);
      plain = false;
    }
}

/// What noise can be is known by its draws alone.
void Latents::judgeClass(size_t c, int64_t asked) const {
  double least = HUGE_VAL, greatest = -HUGE_VAL;
  for (int64_t round = 0; round < rounds; ++round) {
    instance.setKey(request.seed, keys::sample + round);
    const Values drawn = draw();
    for (double value : drawn[c]) {
      if (value == double(asked))
        return;
      least = std::min(least, value);
      greatest = std::max(greatest, value);
    }
  }
  fail(ExitCode::Usage, "the noise {} of {} is drawn from {} to {}, and never was {}",
       latentName(instance, network, cells[c]), instance.model().networks[network].name, least, greatest, asked);
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
  auto beyond = [&](size_t c, double value) {
    return !isLabel(instance.cell(cells[c])) && std::abs(value) > request.truncation;
  };
  for (int64_t round = 1;; ++round) {
    bool any = false;
    for (size_t c = 0; c < cells.size(); ++c)
      any |= std::ranges::any_of(values[c], [&](double value) { return beyond(c, value); });
    if (!any)
      break;
    if (round == rounds)
      fail(ExitCode::Usage, "hardly any of the noise of {} is within {} of 0", instance.model().networks[network].name,
           request.truncation);
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
        const double *from = &values[c][size_t(2 * k * n)], *to = isLabel(instance.cell(cells[c])) ? from : from + n;
        between(from, to, n, strip.position(number * of + k, i), strip.spherical,
                &made[c][size_t((k * strip.length + i) * n)]);
      }
  }
  return made;
}

void Latents::fill(int64_t number) {
  if (function < 0)
    return;
  if (plain)
    return instance.call(uint32_t(function));
  Values values = draw();
  for (size_t c = 0; c < cells.size(); ++c)
    if (auto asked = request.classes.find(cells[c]); asked != request.classes.end())
      std::ranges::fill(values[c], double(asked->second));
  truncate(values, number);
  if (request.strip)
    values = strips(values, number);
  for (size_t c = 0; c < cells.size(); ++c) {
    CellWriting written = instance.writing(instance.cell(cells[c]));
    for (size_t i = 0; i < values[c].size(); ++i)
      written.set(int64_t(i), values[c][i]);
  }
}
