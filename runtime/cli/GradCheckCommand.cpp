//===- GradCheckCommand.cpp - gradcheck -----------------------------------===//
#include "runtime/cli/Commands.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/core/GradCheck.h"
#include "runtime/core/Trainer.h"

#include <algorithm>
#include <cstdio>

using namespace agon::rt;

int agon::rt::gradCheckCommand(const agon_model &model, const GradCheckCommandOptions &options) {
  if (model.real != AGON_F64)
    fail(ExitCode::Usage, "gradcheck needs 64-bit numbers; compile the game with --float=f64");
  Instance instance(model, threadCount(options.threads));
  DataSet data = openData(instance, options.data, {}, options.seed);
  Trainer(instance, data, options.seed).initialize([&](uint32_t field) { data.fillMean(field); });

  GradCheckOptions check;
  check.seed = options.seed;
  check.step = options.epsilon;
  check.player = options.player;
  std::vector<GradCheckRow> rows = checkGradients(instance, data, check);
  size_t width = 9;
  for (const GradCheckRow &row : rows)
    width = std::max(width, row.parameter.size());
  std::printf(
      "%s\n",
      fmt::format("{:<10} {:<{}}  {:>10}  {:>10}", "player", "parameter", width, "gradient", "hessian").c_str());
  size_t failed = 0;
  for (const GradCheckRow &row : rows) {
    failed += !row.passed;
    std::printf("%s\n", fmt::format("{:<10} {:<{}}  {:>10.2e}  {:>10}  {}", row.player, row.parameter, width, row.first,
                                    row.hasSecond ? fmt::format("{:.2e}", row.second) : "-", row.passed ? "ok" : "FAIL")
                            .c_str());
  }
  finishOutput();
  if (failed)
    fail(ExitCode::RunFailed, "{} of {} gradients differ from finite differences by more than {:g}", failed,
         rows.size(), check.tolerance);
  return int(ExitCode::Done);
}
