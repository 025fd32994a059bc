#include "runtime/cli/Cli.h"

#include "runtime/cli/Commands.h"
#include "runtime/core/Suggest.h"
#include "runtime/core/CpuFeatures.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Shown.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>

using namespace agon::rt;

namespace {

constexpr int64_t largest = int64_t(1) << 59; // below the keys that training never uses

CLI::Option *addData(CLI::App *command, std::vector<std::string> &data) {
  return command->add_option("--data", data, "bind data to a field: x=PATH, x,y=PATH or x=PATH:a,b (columns by name)")
      ->type_name("FIELD=PATH")
      ->allow_extra_args(false);
}

CLI::Option *addThreads(CLI::App *command, int &threads) {
  return command->add_option("--threads", threads, "threads (default: all cores); results do not depend on it")
      ->check(CLI::Range(1, 4096));
}

void addTrain(CLI::App &app, TrainOptions &o) {
  CLI::App *command = app.add_subcommand("train", "play the game");
  addData(command, o.data);
  command->add_option("--steps", o.steps, "iterations in total; 0 writes the initial state")
      ->required()
      ->check(CLI::Range(int64_t(0), largest));
  command->add_option("--seed", o.seed, "seed of every random number (default 0)");
  command->add_option("--out", o.out, "directory to write (default GAME-run)");
  command->add_flag("--resume", o.resume, "continue the run in --out, to the same bits");
  command->add_flag("--force", o.force, "replace the run in --out");
  addThreads(command, o.threads);
  command->add_option("--set", o.set, "override a hyperparameter: D.lr=1e-4")
      ->type_name("NAME=NUMBER")
      ->allow_extra_args(false);
  command->add_flag("--quiet", o.quiet, "print errors only");
  command->add_option("--profile", o.profile, "write a trace of some iterations, for Perfetto or chrome://tracing")
      ->type_name("FILE.json");
  CLI::Range positive(int64_t(1), largest);
  command->add_option("--log-every", o.logEvery, "steps between rows of log.csv")->check(positive);
  command->add_option("--sample-every", o.sampleEvery, "steps between pictures")->check(positive);
  command->add_option("--checkpoint-every", o.checkpointEvery, "steps between checkpoints (default: a minute)")
      ->check(positive);
}

void addSample(CLI::App &app, SampleOptions &o) {
  CLI::App *command = app.add_subcommand("sample", "draw from a trained generator");
  command->add_option("--from", o.from, "the run's directory, or a checkpoint")->required();
  command->add_option("-n,--count", o.count, "samples (default 64)")->check(CLI::Range(int64_t(1), int64_t(1) << 40));
  command->add_option("-o,--output", o.output, "a .png or .npy file")->required();
  command->add_option("--seed", o.seed, "seed (default: the run's)");
  command->add_option("--network", o.network, "which generator (default: the first)");
  addData(command, o.data);
  command->add_flag("--force", o.force, "replace -o even if it is a file of another kind");
  addThreads(command, o.threads);
}

void addEval(CLI::App &app, EvalOptions &o) {
  CLI::App *command = app.add_subcommand("eval", "average objectives and metrics over one pass of the data");
  command->add_option("--from", o.from, "the run's directory, or a checkpoint")->required();
  addData(command, o.data);
  command->add_option("--seed", o.seed, "seed of noise (default 0)");
  command->add_flag("--json", o.json, "machine-readable");
  addThreads(command, o.threads);
}

void addBench(CLI::App &app, BenchOptions &o) {
  CLI::App *command = app.add_subcommand("bench", "time every region of every turn, against the machine's limits");
  addData(command, o.data)->description("bind data to a field; without, random numbers are used");
  command->add_option("--steps", o.steps, "iterations (default: about two seconds)")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 20));
  command->add_option("--seed", o.seed, "seed of every random number (default 0)");
  command->add_option("--set", o.set, "override a hyperparameter: D.lr=1e-4")
      ->type_name("NAME=NUMBER")
      ->allow_extra_args(false);
  command->add_option("--top", o.top, "regions to show of each turn (default 30; 0: all)")
      ->check(CLI::Range(int64_t(0), int64_t(1) << 20));
  command->add_flag("--json", o.json, "machine-readable, all regions");
  addThreads(command, o.threads);
}

void addGradCheck(CLI::App &app, GradCheckCommandOptions &o) {
  CLI::App *command = app.add_subcommand("gradcheck", "compare gradients with finite differences (--float=f64 builds)");
  addData(command, o.data);
  command->add_option("--seed", o.seed, "seed (default 0)");
  command->add_option("--eps", o.epsilon, "step of the differences (default: the best of several)")
      ->check(CLI::Range(1e-12, 1.0));
  command->add_option("--player", o.player, "one player only");
  addThreads(command, o.threads);
}

/// An unknown command or option, told with its nearest neighbour. CLI11 finds
/// them too, but only after it has complained of whatever else is missing.
void checkWords(const CLI::App &app, int argc, const char *const *argv) {
  std::vector<std::string> commands;
  for (const CLI::App *command : app.get_subcommands({}))
    commands.push_back(command->get_name());
  if (argc < 2)
    fail(ExitCode::Usage, "expected a command: {}; --help tells more", fmt::join(commands, ", "));
  std::string first = argv[1];
  if (first.starts_with('-')) {
    if (first != "--help" && first != "-h" && first != "--version")
      fail(ExitCode::Usage, "expected a command before {}: {}", first, fmt::join(commands, ", "));
    return;
  }
  if (std::find(commands.begin(), commands.end(), first) == commands.end())
    fail(ExitCode::Usage, "unknown command '{}'{} (commands: {})", first, suggestion(first, commands),
         fmt::join(commands, ", "));

  const CLI::App *command = app.get_subcommand(first);
  std::vector<std::string> known;
  for (const CLI::Option *option : command->get_options()) {
    for (const std::string &name : option->get_lnames())
      known.push_back("--" + name);
    for (const std::string &name : option->get_snames())
      known.push_back("-" + name);
  }
  for (int i = 2; i < argc; ++i) {
    std::string word = argv[i];
    if (!word.starts_with("--"))
      continue;
    std::string name = word.substr(0, word.find('='));
    if (std::find(known.begin(), known.end(), name) == known.end())
      fail(ExitCode::Usage, "{} has no option {}{}", first, name, suggestion(name, known));
  }
}

int run(const agon_model &model, int argc, const char *const *argv) {
  CLI::App app(fmt::format("{}: a game compiled by agonc from {}", model.name, model.source), model.name);
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("{} {} (ABI {})", model.name, model.source_hash, AGON_ABI_VERSION));
  TrainOptions train;
  SampleOptions sample;
  EvalOptions eval;
  BenchOptions bench;
  GradCheckCommandOptions gradCheck;
  bool json = false;
  addTrain(app, train);
  addSample(app, sample);
  addEval(app, eval);
  addBench(app, bench);
  app.add_subcommand("info", "networks, parameters, players, data, memory")
      ->add_flag("--json", json, "machine-readable");
  addGradCheck(app, gradCheck);

  checkWords(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &success) {
    return app.exit(success); // --help, --version
  } catch (const CLI::ParseError &error) {
    std::string text = error.what();
    for (char &c : text)
      c = c == '\n' ? ' ' : c;
    fail(ExitCode::Usage, "{}", text);
  }
  if (app.got_subcommand("train"))
    return trainCommand(model, train);
  if (app.got_subcommand("sample"))
    return sampleCommand(model, sample);
  if (app.got_subcommand("eval"))
    return evalCommand(model, eval);
  if (app.got_subcommand("bench"))
    return benchCommand(model, bench);
  if (app.got_subcommand("gradcheck"))
    return gradCheckCommand(model, gradCheck);
  return infoCommand(model, json);
}

} // namespace

int agon::rt::runCommandLine(const agon_model &model, int argc, const char *const *argv) {
  auto tell = [&](const char *message) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s: error: %s\n", model.name, shown(message).c_str());
  };
  try {
    return run(chooseVariant(model), argc, argv);
  } catch (const Failure &failure) {
    tell(failure.what());
    return int(failure.exitCode());
  } catch (const std::bad_alloc &) {
    tell("out of memory");
  } catch (const std::exception &error) {
    tell(error.what());
  }
  return int(ExitCode::Internal);
}
