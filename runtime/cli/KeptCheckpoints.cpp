#include "runtime/cli/KeptCheckpoints.h"

#include "runtime/cli/RunDirectory.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Suggest.h"
#include "runtime/io/File.h"

#include <cmath>
#include <filesystem>

using namespace agon::rt;

KeptCheckpoints::KeptCheckpoints(const Instance &instance, const RunPaths &paths, const RunFile &run, bool resumed)
    : instance(instance), paths(paths), run(run) {
  if (run.keep > 0 && run.checkpointEvery == 0)
    fail(ExitCode::Usage, "--keep {} keeps checkpoints by their steps; tell at which, by --checkpoint-every K",
         run.keep);
  if (run.best.empty())
    return;
  chooseColumn(resumed);
  if (resumed)
    readBest();
}

void KeptCheckpoints::chooseColumn(bool resumed) {
  size_t equals = run.best.rfind('=');
  std::string name = run.best.substr(0, equals), order = equals < run.best.size() ? run.best.substr(equals + 1) : "";
  if (order != "least" && order != "greatest")
    fail(ExitCode::Usage, "expected --best COLUMN=least, COLUMN=greatest or none, got '{}'", run.best);
  greatest = order == "greatest";
  std::vector<std::string> columns;
  for (uint32_t kind : {AGON_CELL_OBJECTIVE, AGON_CELL_METRIC})
    for (uint32_t index : instance.cellsOf(kind)) {
      columns.push_back(instance.cell(index).name);
      if (column < 0 && columns.back() == name)
        column = int(index);
    }
  if (column < 0)
    fail(ExitCode::Usage, "--best {}: log.csv has no column '{}'{} (columns: {}){}", run.best, name,
         suggestion(name, columns), fmt::join(columns, ", "),
         resumed ? "; choose another by --best, or go on without by --best none" : "");
}

void KeptCheckpoints::readBest() {
  if (!fileExists(paths.best()))
    return;
  try {
    BestOf before = bestOf(paths.best());
    if (before.rule == run.best)
      best = before.value;
  } catch (const Failure &failure) {
    fail(failure.exitCode(), "{}; restore it from a copy, or remove it", failure.what());
  }
}

void KeptCheckpoints::judge(int64_t step) {
  if (column < 0)
    return;
  double value = instance.read(instance.cell(uint32_t(column)));
  if (!std::isfinite(value) || (best && (greatest ? value <= *best : value >= *best)))
    return;
  CheckpointInfo info{step, run.seed, run.overrides, run.rollbacks};
  info.best = {run.best, value};
  writeCheckpoint(instance, info, paths.best());
  best = value;
}

bool KeptCheckpoints::isNumbered(int64_t step) const {
  return run.keep > 0 && step > 0 && step % run.checkpointEvery == 0;
}

void KeptCheckpoints::keep(int64_t step) const {
  if (isNumbered(step))
    writeCheckpoint(instance, {step, run.seed, run.overrides, run.rollbacks}, paths.numbered(step));
}

void KeptCheckpoints::removeOlder(int64_t step) const {
  if (!isNumbered(step))
    return;
  std::vector<std::string> kept;
  for (const auto &[of, path] : numberedCheckpoints(paths))
    if (of <= step)
      kept.push_back(path);
  std::error_code error; // what stays does no harm
  for (size_t i = 0; i + size_t(run.keep) < kept.size(); ++i)
    std::filesystem::remove(kept[i], error);
}
