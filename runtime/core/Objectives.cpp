#include "runtime/core/Objectives.h"

#include "runtime/core/Finite.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace agon::rt;

namespace {
/// Cells that are no further apart are fetched in one piece.
constexpr uint64_t nearBytes = 4096;
} // namespace

Objectives::Objectives(const Instance &instance)
    : instance(instance), cells(instance.cellsOf(AGON_CELL_OBJECTIVE)), noted(instance.model().num_schedule, false),
      values(cells.size()) {
  pending.reserve(fetchDepth);
  std::vector<uint32_t> order = cells;
  std::ranges::sort(order, {}, [&](uint32_t index) { return instance.cell(index).offset; });
  for (uint32_t index : order) {
    const agon_cell &cell = instance.cell(index);
    uint64_t end = cell.offset + instance.bytes(cell);
    if (!pieces.empty() && cell.offset - (pieces.back().offset + pieces.back().bytes) <= nearBytes)
      pieces.back().bytes = end - pieces.back().offset;
    else
      pieces.push_back({cell.offset, end - cell.offset});
  }
}

void Objectives::watch(std::span<const uint32_t> turns) {
  for (uint32_t turn : turns) {
    if (noted[turn])
      continue;
    noted[turn] = true;
    const agon_function &function = instance.function(instance.model().schedule[turn]);
    for (uint32_t index : std::span(function.writes, function.num_writes))
      if (auto found = std::ranges::find(cells, index); found != cells.end())
        watched.push_back(uint32_t(found - cells.begin()));
  }
}

void Objectives::fetch() const {
  for (const Piece &piece : pieces)
    instance.fetch(piece.offset, piece.bytes);
}

void Objectives::played(int64_t step, bool fetched) { pending.push_back({step, fetched, watched.size()}); }

double Objectives::valueOf(const agon_cell &cell, const std::byte *fetched) const {
  for (const Piece &piece : pieces) {
    if (cell.offset >= piece.offset && cell.offset < piece.offset + piece.bytes) {
      const std::byte *at = fetched + (cell.offset - piece.offset);
      float single = 0;
      double value = 0;
      if (cell.dtype == AGON_F32) {
        std::memcpy(&single, at, sizeof(single));
        return single;
      }
      std::memcpy(&value, at, sizeof(value));
      return value;
    }
    fetched += piece.bytes;
  }
  return NAN;
}

Objectives::Seen Objectives::take() {
  Pending first = pending.front();
  pending.erase(pending.begin());
  const std::byte *fetched = first.fetched ? instance.fetched() : nullptr;
  for (size_t i = 0; i < cells.size(); ++i)
    values[i] = first.fetched ? valueOf(instance.cell(cells[i]), fetched) : instance.read(instance.cell(cells[i]));
  Seen seen{first.step, values, {}};
  for (uint32_t index : std::span(watched).first(first.watched))
    if (!std::isfinite(values[index])) {
      seen.wrong.push_back(cells[index]);
      if (first.fetched)
        instance.write(instance.cell(cells[index]), 0, values[index]);
    }
  return seen;
}

void Objectives::drop() {
  for (const Pending &each : pending)
    if (each.fetched)
      instance.fetched();
  pending.clear();
}

void Objectives::restart() {
  drop();
  watched.clear();
  std::fill(noted.begin(), noted.end(), false);
}
