#include "runtime/core/Requirements.h"
#include "runtime/core/Finite.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

using namespace agon::rt;

static bool writes(const agon_function &function, uint32_t cell) {
  return std::count(function.writes, function.writes + function.num_writes, cell) > 0;
}

/// The STEP cell of whom a check is about.
static uint32_t stepOf(const agon_model &model, uint32_t subject) {
  return subject < model.num_players ? model.players[subject].step : model.averages[subject - model.num_players].step;
}

Requirements::Requirements(Instance &instance) : instance(instance) {
  const agon_model &model = instance.model();
  std::vector<std::pair<size_t, uint32_t>> stepped;
  for (uint32_t f = 0; f < model.num_functions; ++f) {
    const agon_function &function = instance.function(f);
    if (function.kind != AGON_FN_CHECK)
      continue;
    uint32_t step = stepOf(model, uint32_t(function.subject));
    bool changes = instance.reads(function, step);
    for (uint32_t cell : instance.cellsOf(AGON_CELL_ITERATION))
      changes |= instance.reads(function, cell);
    if (changes)
      stepped.emplace_back(checks.size(), step);
    checks.push_back({f, {function.writes, function.writes + function.num_writes}});
  }
  auto movesOf = [&](uint32_t function) {
    std::vector<Move> result;
    for (auto [check, step] : stepped)
      if (writes(instance.function(function), step))
        result.push_back({check, step});
    return result;
  };
  for (uint32_t i = 0; i < model.num_schedule; ++i)
    moves.push_back(movesOf(model.schedule[i]));
  if (int averages = instance.findFunction(AGON_FN_AVERAGE); averages >= 0)
    after = movesOf(uint32_t(averages));
}

int Requirements::firstBroken(const Check &check) const {
  instance.call(check.function);
  for (uint32_t cell : check.cells)
    if (instance.read(instance.cell(cell)) != 0)
      return int(cell);
  return -1;
}

std::string Requirements::told(uint32_t index) const {
  const agon_cell &cell = instance.cell(index);
  std::string text = cell.name;
  size_t at = 0;
  for (int64_t i = 1; i < instance.count(cell); ++i) {
    at = text.find("{}", at);
    if (at == std::string::npos)
      break;
    std::string value = fmt::format("{}", shownNumber(instance.read(cell, i)));
    text.replace(at, 2, value);
    at += value.size();
  }
  return text;
}

std::string Requirements::brokenBy(const std::map<std::string, double> &overrides) const {
  if (overrides.empty())
    return {};
  for (const Check &check : checks) {
    instance.call(check.function);
    for (uint32_t cell : check.cells)
      for (const auto &[name, value] : overrides)
        if (instance.read(instance.cell(cell)) != 0 &&
            std::string_view(instance.cell(cell).name).find(fmt::format(" {} = {{}}", name)) != std::string::npos)
          return told(cell);
  }
  return {};
}

void Requirements::countSteps(std::span<const uint32_t> turns) {
  auto count = [&](std::span<const Move> made) {
    for (const Move &move : made)
      ++instance.writing(instance.cell(move.step), CellWriting::Before::Kept).as<int64_t>()[0];
  };
  for (uint32_t turn : turns)
    count(moves[turn]);
  count(after);
}

std::string Requirements::brokenNext(std::span<const uint32_t> turns) {
  if (!std::exchange(judgedConstants, true))
    for (const Check &check : checks)
      if (int cell = firstBroken(check); cell >= 0)
        return told(uint32_t(cell));
  std::string broken;
  std::vector<uint32_t> stepped;
  auto judge = [&](std::span<const Move> next) {
    for (const Move &move : next) {
      if (int cell = firstBroken(checks[move.check]); cell >= 0 && broken.empty())
        broken = told(uint32_t(cell));
      stepped.push_back(move.step);
      ++instance.writing(instance.cell(move.step), CellWriting::Before::Kept).as<int64_t>()[0];
    }
  };
  for (size_t i = 0; i < turns.size() && broken.empty(); ++i)
    judge(moves[turns[i]]);
  if (broken.empty())
    judge(after);
  for (uint32_t step : stepped)
    --instance.writing(instance.cell(step), CellWriting::Before::Kept).as<int64_t>()[0];
  return broken;
}
