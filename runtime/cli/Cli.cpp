#include "runtime/cli/Cli.h"

#include "runtime/cli/Commands.h"
#include "runtime/cli/Numbers.h"
#include "runtime/cli/Run.h"
#include "runtime/cli/Words.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Memory.h"
#include "runtime/cpu/CpuFeatures.h"
#include "support/Shown.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <sstream>

using namespace agon::rt;
using agon::support::shown;

namespace {

constexpr WholeRange anySeed;
constexpr int64_t largest = int64_t(1) << 59; // below the keys that training never uses
constexpr WholeRange positive{1, largest};

/// An option that takes a whole number; --help tells its range.
template <typename T>
CLI::Option *addWhole(CLI::App *command, const std::string &name, T &value, const std::string &help, WholeRange range) {
  auto read = [&value, name, range](const std::string &text) {
    value = T(parseWhole(name.substr(name.rfind(',') + 1), text, range));
  };
  bool all = range.least == anySeed.least && range.most == anySeed.most;
  bool open = range.most == largest;
  std::string bounds = all    ? ""
                       : open ? fmt::format(" ({} or more)", range.least)
                              : fmt::format(" ({})", rangeText(range));
  return command->add_option_function<std::string>(name, read, help)->type_name("N" + bounds);
}

/// An option that takes a text which is not empty, such as a path.
CLI::Option *addText(CLI::App *command, const std::string &name, std::string &value, const std::string &help,
                     const char *type) {
  auto read = [&value, name, type](const std::string &text) {
    if (text.empty())
      fail(ExitCode::Usage, "{} expects a {}, got nothing", name.substr(name.rfind(',') + 1), type);
    value = text;
  };
  return command->add_option_function<std::string>(name, read, help)->type_name(type);
}

void addData(CLI::App *command, std::vector<std::string> &data, std::string &cache,
             const char *help =
                 "bind data to a field: x=PATH, x,y=PATH or x=PATH:a,b (columns by name); a folder or tar archive of "
                 "pictures gives x its pixels and y its folders' numbers") {
  command->add_option("--data", data, help)->type_name("FIELD=PATH")->allow_extra_args(false);
  addText(command, "--data-cache", cache, "keep data in files of this folder, which go at the end, not in memory",
          "DIRECTORY");
}

void addSet(CLI::App *command, std::vector<std::string> &set) {
  command->add_option("--set", set, "override a hyperparameter: D.lr=1e-4")
      ->type_name("NAME=NUMBER")
      ->allow_extra_args(false);
}

void addInit(CLI::App *command, std::vector<std::string> &init, std::vector<std::string> &rename) {
  command->add_option("--init", init, "read a network's weights from a file, or a run: F=PATH")
      ->type_name("NETWORK=PATH")
      ->allow_extra_args(false);
  command->add_option("--rename", rename, "what the file of weights calls a layer: F.dense_0=net.0")
      ->type_name("NETWORK.LAYER=NAME")
      ->allow_extra_args(false);
}

void addMachine(CLI::App *command, int &threads, std::string &device) {
  addWhole(command, "--threads", threads, "threads (default: all cores); results do not depend on it", {1, 4096});
  addText(command, "--device", device, "where to play (default auto: a GPU that there is code for, else cpu)",
          "cpu, cuda, cuda:N or auto");
}

void addSkipDamaged(CLI::App *command, double &share) {
  auto parse = [&share](const std::string &text) {
    share = parseReal("--skip-damaged", text);
    if (!(share > 0 && share < 1))
      fail(ExitCode::Usage, "--skip-damaged expects a number between 0 and 1, got {}", text);
  };
  command
      ->add_option_function<std::string>("--skip-damaged", parse,
                                         "leave out pictures that cannot be decoded, up to this share of all")
      ->type_name("SHARE (such as 0.01)");
}

/// What `train` and `sweep` have in common.
void addTraining(CLI::App *command, TrainOptions &o) {
  addData(command, o.data, o.dataCache);
  command->add_option("--flip", o.flip, "mirror this field's pictures, left to right, at random")
      ->type_name("FIELD")
      ->allow_extra_args(false);
  addSkipDamaged(command, o.skipDamaged);
  addInit(command, o.init, o.rename);
  addWhole(command, "--steps", o.steps, "iterations in total; 0 writes the initial state", {0, largest})->required();
  command->add_flag("--quiet", o.quiet, "print nothing but warnings and errors");
  command->add_flag("--tensorboard", o.tensorboard, "write numbers and pictures for TensorBoard, too");
  command->add_flag("--jsonl", o.jsonl, "write the rows of log.csv as JSON, too, to log.jsonl");
  addMachine(command, o.threads, o.device);
  addWhole(command, "--log-every", o.logEvery, "steps between rows of log.csv", positive);
  addWhole(command, "--sample-every", o.sampleEvery, "steps between pictures", positive);
  addWhole(command, "--checkpoint-every", o.checkpointEvery, "steps between checkpoints (default: a minute)", positive);
  addWhole(command, "--keep", o.keep, "keep so many of these by their steps, checkpoint-000500.safetensors, too",
           {0, largest});
  addText(command, "--on-nan", o.onNan,
          "where a number is no longer finite: stop (default), skip the turn, or rollback to the last checkpoint",
          "stop, skip or rollback");
  addText(command, "--best", o.best, "keep the state where a column of log.csv was best, as best.safetensors",
          "COLUMN=least or COLUMN=greatest");
}

void addTrain(CLI::App &app, TrainOptions &o) {
  CLI::App *command = app.add_subcommand("train", "play the game");
  addTraining(command, o);
  addWhole(command, "--seed", o.seed, "seed of every random number (default 0)", anySeed);
  addText(command, "--out", o.out, "directory to write (default GAME-run)", "DIRECTORY");
  auto resume = [&o](const std::string &text) {
    o.resume = true;
    o.acceptChanges = !text.empty();
    if (o.acceptChanges && text != "anyway")
      fail(ExitCode::Usage, "expected --resume, or --resume=anyway, got --resume={}", text);
  };
  command
      ->add_option_function<std::string>(
          "--resume", resume,
          "continue the run in --out, to the same bits; =anyway: although the model or the data have changed")
      ->type_name("[=anyway]")
      ->expected(0, 1);
  command->add_flag("--force", o.force, "replace the run in --out");
  addSet(command, o.set);
  addText(command, "--profile", o.profile, "write a trace of some iterations, for Perfetto or chrome://tracing",
          "FILE.json");
}

void addSweep(CLI::App &app, SweepOptions &o) {
  CLI::App *command = app.add_subcommand("sweep", "play the game with several values and seeds, a run each");
  addTraining(command, o.train);
  command->add_option("--set", o.train.set, "values of a hyperparameter, a run each: D.lr=1e-4,2e-4")
      ->type_name("NAME=NUMBER,...")
      ->allow_extra_args(false);
  addWhole(command, "--seeds", o.seeds, "seeds, a run each with all values (default 1)", {1, 10'000});
  addWhole(command, "--seed", o.train.seed, "the first of them (default 0)", anySeed);
  addText(command, "--out", o.train.out, "directory of the runs' directories (default GAME-sweep)", "DIRECTORY");
  command->add_flag("--resume", o.train.resume, "play the runs that are not done, going on with what they have");
  command->add_flag("--force", o.train.force, "replace runs in --out");
}

/// What commands that read a run have in common.
void addRun(CLI::App *command, std::string &from, bool &acceptChanges) {
  addText(command, "--from", from, "the run's directory, or a checkpoint", "RUN")->required();
  command->add_flag("--accept-changes", acceptChanges, "take the weights although the networks have changed");
}

/// The same, of commands that apply networks.
void addRun(CLI::App *command, std::string &from, std::string &weights, bool &acceptChanges) {
  addRun(command, from, acceptChanges);
  addText(command, "--weights", weights, "of networks with averages: current, or which average (default: the first)",
          "NAME");
}

void addSample(CLI::App &app, SampleOptions &o) {
  CLI::App *command = app.add_subcommand("sample", "draw from a trained generator");
  addRun(command, o.from, o.weights, o.acceptChanges);
  addWhole(command, "-n,--count", o.count, "samples (default 64, or 8 strips)", {1, int64_t(1) << 40});
  addText(command, "-o,--output", o.output, "a .png or .npy file, or FOLDER/: a picture for each sample", "FILE")
      ->required();
  command->add_option("--class", o.classes, "the class of all samples: 3, or c=3 (default: all in turn)")
      ->type_name("[FIELD=]CLASS")
      ->allow_extra_args(false);
  addWhole(command, "--interpolate", o.interpolate, "strips of this many samples, from one draw of noise to another",
           {2, 4096});
  command->add_flag("--spherical", o.spherical, "with --interpolate: along great circles, as becomes normal noise");
  addText(command, "--truncation", o.truncation, "draw noise again that is further from 0 than this", "BOUND");
  addWhole(command, "--seed", o.seed, "seed (default: the run's)", anySeed);
  addText(command, "--seed-of-each", o.seeds, "one sample of each of these seeds, its first: 0-35,40", "SEEDS");
  addText(command, "--network", o.network, "which generator (default: the first)", "NAME");
  addData(command, o.data, o.dataCache);
  command->add_flag("--force", o.force, "replace -o even if it is a file of another kind");
  addMachine(command, o.threads, o.device);
}

void addEval(CLI::App &app, EvalOptions &o) {
  CLI::App *command = app.add_subcommand("eval", "average objectives and metrics over one pass of the data");
  addRun(command, o.from, o.weights, o.acceptChanges);
  addData(command, o.data, o.dataCache);
  addWhole(command, "--seed", o.seed, "seed of noise (default 0)", anySeed);
  command->add_flag("--json", o.json, "machine-readable");
  addMachine(command, o.threads, o.device);
}

void addMeasure(CLI::App &app, MeasureOptions &o) {
  CLI::App *command = app.add_subcommand("measure", "tell how near a generator's samples are to data");
  addRun(command, o.from, o.weights, o.acceptChanges);
  addText(command, "--metric", o.metrics, "which metrics (default: those that make sense for the shape)", "NAME,...");
  addText(command, "--network", o.network, "which generator (default: the first)", "NAME");
  addData(command, o.data, o.dataCache);
  addWhole(command, "-n,--count", o.count, "samples (default 10000)", {2, int64_t(1) << 40});
  addWhole(command, "--records", o.records, "records that they are compared with, chosen at random (default 10000)",
           {2, int64_t(1) << 40});
  addText(command, "--features", o.features, "compare a network's results for the points (see docs/measuring.md)",
          "NAME");
  addText(command, "--test", o.test, "parzen: the points whose likelihood is told (default: records)", "FIELD=PATH");
  addWhole(command, "--validation", o.validation,
           "parzen: how many records, from the end of the data, choose sigma (default: a tenth, 1000 at most)",
           {1, int64_t(1) << 40});
  addText(command, "--sigma", o.sigma, "parzen: the width, or the widths to choose among (default 0.1,1,10)",
          "NUMBER or LEAST,GREATEST,COUNT");
  addWhole(command, "--k", o.neighboursCounted, "neighbours (default: 3 of precision, recall; 5 of density, coverage)",
           {1, 1000});
  addWhole(command, "--projections", o.projections, "sliced: random directions (default 500)", {1, int64_t(1) << 20});
  command->add_flag("--spherical", o.spherical, "ppl: along great circles, as becomes normal noise");
  addWhole(command, "--bins", o.bins, "js: bins of each axis (default 100 on the line, 50 in the plane)", {2, 1000});
  addWhole(command, "--seed", o.seed, "seed (default: the run's)", anySeed);
  addText(command, "--neighbours", o.neighbours, "a picture of samples, each beside its nearest record", "FILE.png");
  addText(command, "--json", o.json, "write the numbers and their protocol", "FILE.json");
  command->add_flag("--force", o.force, "replace files even if they are of another kind");
  addMachine(command, o.threads, o.device);
}

void addApply(CLI::App &app, ApplyOptions &o) {
  CLI::App *command = app.add_subcommand("apply", "write a network's results for every record of a file");
  addRun(command, o.from, o.weights, o.acceptChanges);
  addText(command, "--network", o.network, "a network that takes records alone", "NAME")->required();
  addData(command, o.data, o.dataCache);
  addText(command, "-o,--output", o.output, "a .npy file", "FILE")->required();
  addWhole(command, "--seed", o.seed, "seed of what the network draws (default: the run's)", anySeed);
  command->add_flag("--force", o.force, "replace -o even if it is a file of another kind");
  addMachine(command, o.threads, o.device);
}

void addBench(CLI::App &app, BenchOptions &o) {
  CLI::App *command = app.add_subcommand("bench", "time every region of every turn, against the machine's limits");
  addData(command, o.data, o.dataCache, "bind data to a field; without, random numbers are used");
  addInit(command, o.init, o.rename);
  addWhole(command, "--steps", o.steps, "iterations (default: about two seconds)", {1, int64_t(1) << 20});
  addWhole(command, "--seed", o.seed, "seed of every random number (default 0)", anySeed);
  addSet(command, o.set);
  addWhole(command, "--top", o.top, "regions to show of each turn (default 30; 0: all)", {0, int64_t(1) << 20});
  command->add_flag("--json", o.json, "machine-readable, all regions");
  addMachine(command, o.threads, o.device);
}

void addDataCommand(CLI::App &app, DataOptions &o) {
  CLI::App *command = app.add_subcommand("data", "read every record of data sets, and tell what they hold");
  addData(command, o.data, o.dataCache);
  addSkipDamaged(command, o.skipDamaged);
  addText(command, "-o,--output", o.output, "a contact sheet of fields that are pictures", "FILE.png");
  command->add_flag("--json", o.json, "machine-readable");
  command->add_flag("--force", o.force, "replace -o even if it is a file of another kind");
  addWhole(command, "--threads", o.threads, "threads (default: all cores)", {1, 4096});
}

void addGradCheck(CLI::App &app, GradCheckCommandOptions &o) {
  CLI::App *command = app.add_subcommand("gradcheck", "compare gradients with finite differences (--float=f64 builds)");
  addData(command, o.data, o.dataCache);
  addInit(command, o.init, o.rename);
  addWhole(command, "--seed", o.seed, "seed (default 0)", anySeed);
  auto epsilon = [&o](const std::string &text) {
    o.epsilon = parseReal("--eps", text);
    if (!(o.epsilon >= 1e-12 && o.epsilon <= 1))
      fail(ExitCode::Usage, "--eps expects a number in 1e-12 to 1, got {}", text);
  };
  command->add_option_function<std::string>("--eps", epsilon, "step of the differences (default: the best of several)")
      ->type_name("NUMBER (1e-12 to 1)");
  addText(command, "--player", o.player, "one player only, with its moves", "NAME");
  addMachine(command, o.threads, o.device);
}

void addAnalyze(CLI::App &app, AnalyzeOptions &o) {
  CLI::App *command = app.add_subcommand(
      "analyze", "eigenvalues, kind of equilibrium, frequencies and largest steps (--float=f64 builds)");
  addRun(command, o.from, o.acceptChanges);
  command->add_option("--rate", o.rate, "rates of gradient descent: 0.1, or D=0.1 (default: the lr of plain sgd)")
      ->type_name("[PLAYER=]NUMBER")
      ->allow_extra_args(false);
  addData(command, o.data, o.dataCache);
  addWhole(command, "--draws", o.draws, "minibatches that the field is the mean of (default 16)", positive);
  addWhole(command, "--seed", o.seed, "seed of noise (default 0)", anySeed);
  addWhole(command, "--leading", o.leading,
           "so many leading eigenvalues only (default: 6 where there are more than 300 parameters)", {1, 100});
  command->add_flag("--hessian", o.hessian, "the spectrum of each player's own Hessian, too");
  addText(command, "--to", o.to, "another run or checkpoint: norm and path-angle of the field on the way to it", "RUN");
  addText(command, "--json", o.json, "write all numbers to a file", "FILE");
  addText(command, "--portrait", o.portrait,
          "draw the game's phase portrait, of one or two parameters, as .svg or .png", "FILE");
  addText(command, "--start", o.start, "where the portrait's trajectories begin (default: the run's point)", "X[,Y]");
  addMachine(command, o.threads, o.device);
}

/// The directories of runs that a command reads.
void addRuns(CLI::App *command, std::vector<std::string> &runs) {
  command->add_option("runs", runs, "directories of runs")->type_name("RUN...")->required();
}

/// What `plot` and `report` have in common.
void addChart(CLI::App *command, PlotOptions &o, const char *output, const char *type) {
  addRuns(command, o.runs);
  addText(command, "-o,--output", o.output, output, type)->required();
  addText(command, "--columns", o.columns, "which columns (default: all but the pace, steps_per_s)", "A,B");
  auto smooth = [&o](const std::string &text) {
    o.smooth = parseReal("--smooth", text);
    if (!(o.smooth > 0 && o.smooth < 1))
      fail(ExitCode::Usage, "--smooth expects a number above 0 and below 1, got {}", text);
  };
  command->add_option_function<std::string>("--smooth", smooth, "exponential moving average of rows, by this weight")
      ->type_name("WEIGHT (0 to 1)");
  addText(command, "--log", o.logarithmic, "columns with a logarithmic axis; step: the other axis", "A,B");
  command->add_flag("--force", o.force, "replace -o even if it is a file of another kind");
}

void addPlot(CLI::App &app, PlotOptions &o) {
  addChart(app.add_subcommand("plot", "draw the columns of log.csv, of several runs in one chart"), o,
           "a .svg or .png file", "FILE");
}

void addReport(CLI::App &app, PlotOptions &o) {
  addChart(app.add_subcommand("report", "write a page of HTML: charts, pictures, numbers, configuration"), o,
           "a .html file", "FILE.html");
}

int run(const agon_model &binary, int argc, const char *const *argv) {
  const agon_model &model = chooseVariant(binary); // told of, whatever else is wrong
  CLI::App app(fmt::format("{}: a game compiled by agonc from {}", model.name, model.source), model.name);
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("{} {} (ABI {})", model.name, model.source_hash, AGON_ABI_VERSION));
  TrainOptions train;
  SweepOptions sweep;
  SampleOptions sample;
  EvalOptions eval;
  MeasureOptions measure;
  ApplyOptions apply;
  BenchOptions bench;
  DataOptions data;
  GradCheckCommandOptions gradCheck;
  AnalyzeOptions analyze;
  PlotOptions plot, report;
  bool json = false;
  addTrain(app, train);
  addSweep(app, sweep);
  addSample(app, sample);
  addEval(app, eval);
  addMeasure(app, measure);
  addApply(app, apply);
  addBench(app, bench);
  app.add_subcommand("info", "networks, parameters, players, data, memory")
      ->add_flag("--json", json, "machine-readable");
  addDataCommand(app, data);
  addGradCheck(app, gradCheck);
  addAnalyze(app, analyze);
  addPlot(app, plot);
  addReport(app, report);

  int words = judgeWords(app, argc, argv);
  try {
    app.parse(words, argv);
  } catch (const CLI::Success &success) {
    requireOutput();
    std::ostringstream text; // --help, --version
    int code = app.exit(success, text);
    std::fputs(text.str().c_str(), stdout);
    finishOutput();
    return code;
  } catch (const CLI::ParseError &error) {
    std::string text = error.what();
    for (char &c : text)
      c = c == '\n' ? ' ' : c;
    fail(ExitCode::Usage, "{}", text);
  }
  if (app.got_subcommand("train"))
    return trainCommand(chooseMachine(binary, train.device, train.threads), train);
  if (app.got_subcommand("sweep"))
    return sweepCommand(chooseMachine(binary, sweep.train.device, sweep.train.threads), sweep);
  if (app.got_subcommand("sample"))
    return sampleCommand(chooseMachine(binary, sample.device, sample.threads), sample);
  if (app.got_subcommand("eval"))
    return evalCommand(chooseMachine(binary, eval.device, eval.threads), eval);
  if (app.got_subcommand("measure"))
    return measureCommand(chooseMachine(binary, measure.device, measure.threads), measure);
  if (app.got_subcommand("apply"))
    return applyCommand(chooseMachine(binary, apply.device, apply.threads), apply);
  if (app.got_subcommand("bench"))
    return benchCommand(chooseMachine(binary, bench.device, bench.threads), bench);
  if (app.got_subcommand("gradcheck"))
    return gradCheckCommand(chooseMachine(binary, gradCheck.device, gradCheck.threads), gradCheck);
  if (app.got_subcommand("analyze"))
    return analyzeCommand(chooseMachine(binary, analyze.device, analyze.threads), analyze);
  if (app.got_subcommand("data"))
    return dataCommand(model, data);
  if (app.got_subcommand("plot"))
    return plotCommand(model, plot);
  if (app.got_subcommand("report"))
    return reportCommand(model, report);
  return infoCommand(binary, json);
}

} // namespace

int agon::rt::runCommandLine(const agon_model &model, int argc, const char *const *argv) {
  // A list below the message is of lines that begin with two blanks; no other line ends where it says.
  auto tell = [&](std::string_view message) {
    std::string text;
    for (size_t end; (end = message.find("\n  ")) != std::string_view::npos; message.remove_prefix(end + 3))
      text += shown(message.substr(0, end)) + "\n  ";
    std::fflush(stdout);
    std::fprintf(stderr, "%s: error: %s%s\n", model.name, text.c_str(), shown(message).c_str());
  };
  try {
    return run(model, argc, argv);
  } catch (const Failure &failure) {
    tell(failure.what());
    return int(failure.exitCode());
  } catch (const std::bad_alloc &) {
    tell(fmt::format("out of memory; {} are available", bytesText(availableMemory())));
    return int(ExitCode::Unavailable);
  } catch (const std::exception &error) {
    tell(error.what());
  }
  return int(ExitCode::Internal);
}
