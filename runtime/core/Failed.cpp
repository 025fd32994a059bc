//===- Failed.cpp - The end of a run that is no longer finite -------------===//
///
/// Everything is a function of (seed, step), so a run is played again from its
/// last checkpoint to the first turn that makes what is not finite, and that
/// turn region by region.
///
//===----------------------------------------------------------------------===//
#include "runtime/core/Failure.h"
#include "runtime/core/Finite.h"
#include "runtime/core/Signals.h"
#include "runtime/core/Trainer.h"
#include "runtime/core/TurnWatch.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>
#include <optional>
#include <span>
#include <tuple>

using namespace agon::rt;

std::vector<uint32_t> Trainer::notFinite(std::span<const uint32_t> cells) {
  const Device &device = instance.device();
  auto isPiece = [&](const agon_cell &cell) { return device.judge && cell.dtype == instance.model().real; };
  std::vector<Piece> pieces;
  for (uint32_t index : cells)
    if (const agon_cell &cell = instance.cell(index); isPiece(cell))
      pieces.push_back(instance.piece(cell));
  if (!pieces.empty())
    device.judge(device.self, pieces);
  std::vector<uint32_t> wrong;
  auto piece = pieces.begin();
  for (uint32_t index : cells) {
    const agon_cell &cell = instance.cell(index);
    if (isPiece(cell) ? (piece++)->wrong
                      : !allFinite(instance.reading(cell).data(), instance.bytes(cell), cell.dtype, device))
      wrong.push_back(index);
  }
  return wrong;
}

Trainer::Looked Trainer::check(Observer &observer) {
  Looked looked = Looked::Fine;
  if (std::vector<uint32_t> wrong = notFinite(state); !wrong.empty())
    looked = recover(wrong, observer);
  lastFinite = completed;
  return looked;
}

/// "D's weights are no longer finite: D.dense_1.W has NaN", for one cell that is not finite.
std::string Trainer::sentence(const agon_cell &cell, std::string_view verb) const {
  static const char *const what[] = {"weights", "states", "optimiser's memory"};
  bool nan = findNotFinite(instance.reading(cell).data(), instance.bytes(cell), cell.dtype).nan;
  if (cell.kind == AGON_CELL_OBJECTIVE)
    return fmt::format("{}'s objective is {} finite: it is {}", cell.name, verb, shownNumber(instance.read(cell)));
  std::string owner = cell.owner >= 0 ? fmt::format("{}'s ", instance.model().players[cell.owner].name) : std::string();
  return fmt::format("{}{} {} {} finite: {} has {}", owner, what[cell.kind],
                     cell.kind == AGON_CELL_MOMENT ? "is" : "are", verb, cell.name, nan ? "NaN" : "inf");
}

/// "D", or "D & G" for a turn in which both move.
std::string Trainer::playersOf(const agon_function &turn) const {
  std::vector<std::string_view> names;
  for (const agon_player &player : std::span(instance.model().players, instance.model().num_players))
    if (std::find(turn.writes, turn.writes + turn.num_writes, player.step) != turn.writes + turn.num_writes)
      names.push_back(player.name);
  return fmt::format("{}", fmt::join(names, " & "));
}

/// Plays the turn again from its cells as they were, and says which cell to blame and what made it so. Of several cells
/// the one that was reached first, and one that persists rather than an objective: whoever reads it later fails too.
std::string Trainer::explain(uint32_t turn, const std::vector<uint32_t> &wrong, const std::vector<std::byte> &before) {
  const agon_function &function = instance.function(instance.model().schedule[turn]);
  const agon_cell *blamed = nullptr;
  std::optional<uint32_t> maker, blamedMaker;
  TurnWatch watch(function);
  if (function.marked) {
    instance.restoreCells(before);
    watch.play(instance);
  }
  for (uint32_t index : wrong) {
    const agon_cell &cell = instance.cell(index);
    std::optional<uint32_t> made = function.marked ? watch.makerOf(cell) : std::nullopt;
    if (made && (!maker || *made < *maker))
      maker = made;
    auto rank = [](const agon_cell &cell, const std::optional<uint32_t> &made) {
      return std::tuple(cell.kind == AGON_CELL_OBJECTIVE, made.value_or(UINT32_MAX), cell.kind);
    };
    if (!blamed || rank(cell, made) < rank(*blamed, blamedMaker)) {
      blamed = &cell;
      blamedMaker = made;
    }
  }
  std::string text = sentence(*blamed, "no longer");
  text += fmt::format(" since step {} (turn of {})", completed + 1, playersOf(function));
  return maker ? fmt::format("{}; first made by {}", text, watch.operationsOf(*maker)) : text;
}

namespace {

/// A number of a cell, counted in the order of its shape.
struct Element {
  int64_t index;
  double value;
};

template <typename Real> std::optional<Element> firstNegative(const Instance &instance, const agon_cell &cell) {
  std::vector<Real> numbers = instance.load<Real>(cell);
  auto found = std::ranges::find_if(numbers, [](Real number) { return number < 0; });
  if (found == numbers.end())
    return std::nullopt;
  return Element{found - numbers.begin(), double(*found)};
}

std::optional<Element> firstNegative(const Instance &instance, const agon_cell &cell) {
  return cell.dtype == AGON_F32   ? firstNegative<float>(instance, cell)
         : cell.dtype == AGON_F64 ? firstNegative<double>(instance, cell)
                                  : std::nullopt;
}

void takeMagnitudes(const Instance &instance, const agon_cell &cell) {
  CellWriting numbers = instance.writing(cell, CellWriting::Before::Kept);
  for (float &number : cell.dtype == AGON_F32 ? numbers.as<float>() : std::span<float>())
    number = std::abs(number);
  for (double &number : cell.dtype == AGON_F64 ? numbers.as<double>() : std::span<double>())
    number = std::abs(number);
}

} // namespace

/// Throws if the turn fails for negative numbers in the memory that a checkpoint brought, as for a mean of squares that
/// another program has written: then it goes well with their absolute values.
void Trainer::judgeLoaded(uint32_t turn, std::span<const uint32_t> watched, const std::vector<std::byte> &before) {
  uint32_t called = instance.model().schedule[turn];
  const agon_function &function = instance.function(called);
  instance.restoreCells(before);
  std::vector<uint32_t> memory;
  for (uint32_t index : std::span(function.reads, function.num_reads))
    if (const agon_cell &cell = instance.cell(index);
        (cell.kind == AGON_CELL_STATE || cell.kind == AGON_CELL_MOMENT) && firstNegative(instance, cell))
      memory.push_back(index);
  auto goesWell = [&](size_t mended) {
    instance.restoreCells(before);
    for (uint32_t index : std::span(memory).first(mended))
      takeMagnitudes(instance, instance.cell(index));
    instance.call(called);
    return notFinite(watched).empty();
  };
  // The fewest that must be mended: the last of them is to blame.
  size_t tooFew = 0, enough = memory.size();
  if (memory.empty() || !goesWell(enough))
    return;
  while (enough - tooFew > 1) {
    if (StopSignals::requested())
      return;
    size_t half = (tooFew + enough) / 2;
    (goesWell(half) ? enough : tooFew) = half;
  }
  instance.restoreCells(before);
  const agon_cell &cell = instance.cell(memory[enough - 1]);
  Element wrong = *firstNegative(instance, cell);
  fail(ExitCode::BadData,
       "{}: {} holds {:.9g} at {}: with it step {} (turn of {}) is not finite, and with its absolute value it is; "
       "restore the file from a copy, or begin anew with --force",
       loadedFile, cell.name, wrong.value, placeText(wrong.index, instance.shape(cell)), completed + 1,
       playersOf(function));
}

/// Plays on, at most up to step `last`, to the first turn that makes what is not finite. \returns what it made, in
/// words; nothing if there is no such turn, or a signal asks to stop. With `skips` the updates of such turns are taken
/// back and told to it, and step `last` is reached.
std::string Trainer::replay(int64_t last, Observer *skips) {
  const agon_model &model = instance.model();
  std::vector<std::vector<uint32_t>> watched(model.num_schedule);
  for (uint32_t i = 0; i < model.num_schedule; ++i) {
    const agon_function &turn = instance.function(model.schedule[i]);
    for (uint32_t cell : std::span(turn.writes, turn.num_writes))
      if (uint32_t kind = instance.cell(cell).kind; kind <= AGON_CELL_MOMENT || kind == AGON_CELL_OBJECTIVE)
        watched[i].push_back(cell);
  }
  std::vector<std::byte> before;
  while (completed < last && (skips || !StopSignals::requested())) {
    if (completed < lastFinite) {
      iterate();
      continue;
    }
    begin();
    for (uint32_t i = 0; i < order.turns().size(); ++i) {
      uint32_t turn = order.turns()[i];
      drawFor(i);
      instance.saveCells(before);
      instance.call(model.schedule[turn]);
      std::vector<uint32_t> wrong = notFinite(watched[turn]);
      if (wrong.empty())
        continue;
      if (completed == loadedStep) {
        judgeLoaded(turn, watched[turn], before);
        instance.restoreCells(before);
        instance.call(model.schedule[turn]);
      }
      std::string text = explain(turn, wrong, before);
      if (!skips)
        return text;
      instance.restoreCells(before);
      skip(completed + 1, text, *skips);
    }
    follow();
    if (std::vector<uint32_t> wrong = notFinite(state); !wrong.empty())
      return fmt::format("{} since step {} (its average)", sentence(instance.cell(wrong.front()), "no longer"),
                         completed + 1);
    ++completed;
  }
  return {};
}

/// Puts the state of the last checkpoint back into the cells; if there is none yet, the initial one, which becomes one.
void Trainer::returnToCheckpoint(Observer &observer) {
  instance.profile(nullptr);
  if (lastCheckpoint < 0) {
    for (uint32_t i = 0; i < instance.model().num_cells; ++i)
      if (const agon_cell &cell = instance.cell(i); Instance::isPersistent(cell))
        std::ranges::fill(instance.writing(cell).as<std::byte>(), std::byte(0));
    callInit();
    if (std::vector<uint32_t> initial = notFinite(state); !initial.empty())
      fail(ExitCode::RunFailed, "{} in the initial state", sentence(instance.cell(initial.front()), "not"));
    observer.checkpoint(0);
    lastCheckpoint = 0;
  } else if (observer.restore(lastCheckpoint)) {
    completed = lastCheckpoint;
    countUses();
  }
}

/// Finds out, from the last checkpoint on, what made cells no longer finite up to step `last`. \returns it in words.
std::string Trainer::diagnose(const std::vector<uint32_t> &wrong, int64_t last, Observer &observer) {
  std::string what = fmt::format("{} at step {}", sentence(instance.cell(wrong.front()), "no longer"), last);
  returnToCheckpoint(observer);
  if (completed < last) {
    observer.replaying(completed, last, secondsPerStep * double(last - completed));
    try {
      if (std::string found = replay(last); !found.empty())
        what = found;
    } catch (const std::bad_alloc &) {
      // Without room for a copy of the state it is said without its origin.
    }
  }
  return what;
}

/// Counts a turn whose update was taken back, and tells it.
void Trainer::skip(int64_t step, const std::string &what, Observer &observer) {
  constexpr int64_t most = 100;
  skippedInARow = step <= lastSkipped + 1 ? skippedInARow + 1 : 1;
  lastSkipped = step;
  if (skippedInARow > most)
    fail(ExitCode::RunFailed, "{}; {} turns in a row were skipped; {}", what, most,
         lastCheckpoint < 0 ? "there is no checkpoint yet"
                            : fmt::format("the last good checkpoint, of step {}, is kept", lastCheckpoint));
  observer.skipped(step, what);
}

/// Remembers all cells now and then, so that a turn which is to be skipped is found by playing few iterations again:
/// so seldom that it takes a two-hundredth of the time. \returns false where the run goes on from an earlier iteration.
bool Trainer::keepForSkips(Observer &observer) {
  constexpr double share = 0.005;
  auto now = [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
  double begin = now();
  if (kept.step >= 0 && begin - kept.when < kept.cost / share)
    return true;
  if (takeObjectives(true, observer) != Looked::Fine || check(observer) != Looked::Fine)
    return false;
  instance.saveCells(kept.cells);
  kept.step = completed;
  kept.when = now();
  kept.cost = kept.when - begin;
  return true;
}

/// Does what the plan says about cells that are no longer finite.
Trainer::Looked Trainer::recover(const std::vector<uint32_t> &wrong, Observer &observer) {
  constexpr int64_t mostRollbacks = 10;
  int64_t last = completed;
  if (onNan == OnNan::Skip && kept.step >= 0) {
    objectives.restart();
    instance.restoreCells(kept.cells);
    completed = kept.step;
    countUses();
    std::string rest = replay(last, &observer);
    if (rest.empty() && notFinite(state).empty()) {
      objectives.restart();
      kept.step = -1; // the next one is kept at once, behind what was skipped
      if (host)
        tellHost();
      return Looked::Fine;
    }
  }
  std::string what = diagnose(wrong, last, observer);
  if (onNan != OnNan::Rollback || returns == mostRollbacks || StopSignals::requested())
    fail(ExitCode::RunFailed, "{}{}; the last good checkpoint, of step {}, is kept", what,
         returns && onNan == OnNan::Rollback ? fmt::format(", after {} rollbacks", returns) : std::string(),
         lastCheckpoint);
  ++returns;
  returnToCheckpoint(observer);
  if (completed != lastCheckpoint)
    fail(ExitCode::RunFailed, "{}; the checkpoint of step {} cannot be read any more", what, lastCheckpoint);
  if (host)
    tellHost();
  lastFinite = completed;
  objectives.restart();
  observer.rolledBack(completed, what, returns);
  return Looked::Undone;
}
