#include "runtime/core/IterationPlan.h"

#include "runtime/core/Failure.h"

#include <cmath>

using namespace agon::rt;

IterationPlan::IterationPlan(Instance &instance, Instance *host)
    : instance(instance), counting(host ? *host : instance), function(counting.findFunction(AGON_FN_ROUNDS)) {
  if (std::vector<uint32_t> cells = instance.cellsOf(AGON_CELL_ITERATION); !cells.empty())
    cell = int(cells.front());
}

void IterationPlan::setIteration(int64_t number) {
  if (cell < 0)
    return;
  instance.writing(instance.cell(uint32_t(cell))).as<int64_t>()[0] = number;
  if (&counting != &instance)
    counting.writing(counting.cell(uint32_t(cell))).as<int64_t>()[0] = number;
}

uint32_t IterationPlan::roundsOf(const agon_repeat &repeat, int64_t completed) const {
  double rounds = counting.read(counting.cell(repeat.rounds));
  if (!(rounds >= 0) || rounds != std::floor(rounds) || rounds > AGON_TURNS_OF_ITERATION)
    fail(ExitCode::RunFailed,
         "expected turns to be repeated a whole number of times, from 0 to {}, got {} at step {}; "
         "the state of step {} is kept",
         AGON_TURNS_OF_ITERATION, rounds, completed + 1, completed);
  return uint32_t(rounds);
}

/// Adds the turns from `first` to `end`; `repeat` is the first that may lie within them.
void IterationPlan::add(int64_t completed, uint32_t first, uint32_t end, uint32_t repeat) {
  const agon_model &model = instance.model();
  for (uint32_t turn = first; turn < end;) {
    while (repeat < model.num_repeats && model.repeats[repeat].first < turn)
      ++repeat;
    if (repeat < model.num_repeats && model.repeats[repeat].first == turn &&
        model.repeats[repeat].length <= end - turn) {
      const agon_repeat &here = model.repeats[repeat++];
      for (uint32_t round = roundsOf(here, completed); round > 0; --round)
        add(completed, turn, turn + here.length, repeat);
      turn += here.length;
      continue;
    }
    if (completed % model.every[turn] == 0)
      list.push_back(turn);
    if (list.size() > AGON_TURNS_OF_ITERATION)
      fail(ExitCode::RunFailed, "step {} has more than {} turns; the state of step {} is kept", completed + 1,
           AGON_TURNS_OF_ITERATION, completed);
    ++turn;
  }
}

void IterationPlan::begin(int64_t completed) {
  setIteration(completed + 1);
  if (function >= 0)
    counting.call(uint32_t(function));
  list.clear();
  add(completed, 0, instance.model().num_schedule, 0);
}

uint64_t IterationPlan::number() const {
  uint64_t hash = 0xcbf29ce484222325u; // FNV-1a, a turn at a time
  for (uint32_t turn : list)
    hash = (hash ^ turn) * 0x100000001b3u;
  return hash;
}
