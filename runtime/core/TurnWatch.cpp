#include "runtime/core/TurnWatch.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <span>
#include <string_view>

using namespace agon::rt;

namespace {

std::span<const agon_extent> extentsOf(const agon_region &region) { return {region.extents, region.num_extents}; }
std::span<const agon_maker> makersOf(const agon_region &region) { return {region.makers, region.num_makers}; }

bool hasMaker(const agon_region &region, uint32_t makes) {
  return std::ranges::any_of(makersOf(region), [&](const agon_maker &maker) { return maker.makes & makes; });
}

} // namespace

void TurnWatch::play(const Instance &player) {
  instance = &player;
  instance->callMarked(turn, mark, this);
}

void TurnWatch::mark(void *watch, uint32_t region) {
  auto *self = static_cast<TurnWatch *>(watch);
  if (region > 0)
    self->look(region - 1, 1);
  if (region < self->turn.num_regions)
    self->look(region, 0);
}

/// Looks at what the region has written, or at what it is about to read: memory is used again later.
void TurnWatch::look(uint32_t region, uint32_t written) {
  std::span<const agon_extent> extents = extentsOf(turn.regions[region]);
  found[region].resize(extents.size());
  for (size_t i = 0; i < extents.size(); ++i)
    if (extents[i].written == written)
      found[region][i] = findNotFinite(instance->reading(extents[i].offset, extents[i].bytes).data(), extents[i].bytes,
                                       extents[i].dtype);
}

NotFinite TurnWatch::writtenBy(const Step &step) const {
  std::span<const agon_extent> extents = extentsOf(turn.regions[step.region]);
  for (size_t i = 0; i < extents.size(); ++i)
    if (extents[i].written && extents[i].offset == step.offset)
      return found[step.region][i];
  return {};
}

/// Which region wrote what lies at `offset` when region number `before` begins; none if it is older than the turn.
std::optional<TurnWatch::Step> TurnWatch::producer(uint64_t offset, uint32_t before) const {
  while (before-- > 0)
    for (const agon_extent &extent : extentsOf(turn.regions[before]))
      if (extent.written && extent.offset == offset)
        return Step{before, offset};
  return std::nullopt;
}

/// What a step's outcome came of: of a NaN the earliest NaN that it read, of an infinity the earliest infinity; of a
/// NaN an infinity too where the step has no operation that makes a NaN of finite numbers. None if the step made it.
std::optional<TurnWatch::Step> TurnWatch::cause(const Step &step) const {
  const agon_region &region = turn.regions[step.region];
  std::optional<Step> nan, infinity;
  auto keepEarliest = [](std::optional<Step> &kept, const Step &other) {
    if (!kept || other.region < kept->region)
      kept = other;
  };
  for (size_t i = 0; i < region.num_extents; ++i)
    if (const agon_extent &extent = region.extents[i]; !extent.written && found[step.region][i])
      if (std::optional<Step> from = producer(extent.offset, step.region))
        keepEarliest(found[step.region][i].nan ? nan : infinity, *from);
  if (!writtenBy(step).nan)
    return infinity;
  return nan || hasMaker(region, AGON_MAKES_NAN) ? nan : infinity;
}

std::optional<uint32_t> TurnWatch::makerOf(const agon_cell &cell) const {
  std::optional<Step> step = producer(cell.offset, turn.num_regions);
  if (!step)
    return std::nullopt;
  while (std::optional<Step> before = cause(*step))
    step = before;
  return step->region;
}

std::string TurnWatch::operationsOf(uint32_t number) const {
  const agon_region &region = turn.regions[number];
  bool nan = false;
  for (size_t i = 0; i < region.num_extents; ++i)
    nan |= region.extents[i].written && found[number][i].nan;
  uint32_t wanted = AGON_MAKES_OVERFLOW;
  for (uint32_t makes : {AGON_MAKES_NAN, AGON_MAKES_INF})
    if (wanted == AGON_MAKES_OVERFLOW && (nan || makes == AGON_MAKES_INF) && hasMaker(region, makes))
      wanted = makes;

  // Operations at one place are named together.
  std::vector<std::pair<std::string, std::string>> groups;
  for (const agon_maker &maker : makersOf(region)) {
    if (!(maker.makes & wanted))
      continue;
    std::string place = *maker.within ? fmt::format(" in {}", maker.within) : std::string();
    if (*maker.source)
      place += fmt::format(" at {}", maker.source);
    auto group = std::ranges::find(groups, place, &std::pair<std::string, std::string>::second);
    if (group == groups.end())
      groups.emplace_back(maker.operation, place);
    else
      group->first += fmt::format(" or {}", maker.operation);
  }
  if (groups.empty())
    return fmt::format("{}{}{}", region.name, *region.source ? " at " : "", region.source);
  constexpr size_t most = 3;
  std::string text = wanted == AGON_MAKES_OVERFLOW ? "an overflow of " : "";
  for (size_t i = 0; i < std::min(groups.size(), most); ++i)
    text += (i ? ", or " : "") + groups[i].first + groups[i].second;
  return groups.size() > most ? text + ", or another operation beside them" : text;
}
