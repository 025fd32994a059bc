//===- Analyze.cpp - analyze ----------------------------------------------===//
#include "runtime/analysis/Portrait.h"
#include "runtime/cli/Analysis.h"
#include "runtime/cli/Changes.h"
#include "runtime/cli/Commands.h"
#include "runtime/cli/Numbers.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/core/IterationPlan.h"
#include "runtime/io/File.h"
#include "runtime/io/Plot.h"

#include <cstdio>

using namespace agon::rt;

namespace {

/// Games with more parameters have their leading eigenvalues found.
constexpr int64_t mostWhole = 300;
constexpr int usualLeading = 6;

void judgeOptions(const agon_model &model, const AnalyzeOptions &options) {
  if (model.real != AGON_F64)
    fail(ExitCode::Usage, "analyze needs 64-bit numbers; compile the game with --float=f64 (it reads runs of 32-bit "
                          "builds, too)");
  if (!options.start.empty() && options.portrait.empty())
    fail(ExitCode::Usage, "--start is for --portrait");
  bool png = options.portrait.ends_with(".png");
  if (!options.portrait.empty() && !png && !options.portrait.ends_with(".svg"))
    fail(ExitCode::Usage, "expected a portrait that ends in .svg or .png, got {}", options.portrait);
  if (!options.portrait.empty() && isOfAnotherKind(options.portrait, png ? "\x89PNG" : "<svg"))
    fail(ExitCode::Usage, "{} exists and is of another kind; choose another name", options.portrait);
  if (!options.json.empty() && isOfAnotherKind(options.json, "{"))
    fail(ExitCode::Usage, "{} exists and is of another kind; choose another name", options.json);
}

/// The functions that look at the players' objectives.
std::vector<uint32_t> functionsOf(const agon_model &model) {
  std::vector<uint32_t> list;
  for (uint32_t i = 0; i < model.num_functions; ++i)
    if (uint32_t kind = model.functions[i].kind;
        kind == AGON_FN_OBJECTIVE || kind == AGON_FN_GRADIENT || kind == AGON_FN_CURVATURE)
      list.push_back(i);
  return list;
}

/// "1,0.5"
Eigen::VectorXd parsePoint(const std::string &text, Eigen::Index size) {
  std::vector<double> numbers;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(',', begin), text.size());
    numbers.push_back(parseReal("--start", text.substr(begin, end - begin)));
    begin = end + 1;
  }
  if (Eigen::Index(numbers.size()) != size)
    fail(ExitCode::Usage, "--start expects {} number{}, got {}", size, size == 1 ? "" : "s", text);
  return Eigen::Map<Eigen::VectorXd>(numbers.data(), size);
}

/// The parameters of another state of this game; the instance is left as it was.
Eigen::VectorXd otherPoint(Instance &instance, const GameField &field, const std::string &path,
                           const CheckpointUse &use) {
  std::vector<std::byte> before;
  instance.saveCells(before);
  loadRun(instance, path, use);
  Eigen::VectorXd point = field.point();
  instance.restoreCells(before);
  return point;
}

void writePortrait(GameField &field, const AnalyzeOptions &options, const Analysis &analysis,
                   const std::vector<std::string> &order) {
  PortraitOptions shown;
  shown.start = options.start.empty() ? field.point() : parsePoint(options.start, field.size());
  if (analysis.hasRates)
    shown.movers = moversOf(field, analysis.rates, order);
  for (Eigen::Index i = 0; i < field.size(); ++i)
    shown.names.push_back(field.nameOf(i));
  Drawing drawing = portrait(field, shown);
  if (options.portrait.ends_with(".png"))
    writePng(imageOf(drawing, 2), options.portrait);
  else
    writeFile(options.portrait, svgOf(drawing));
}

} // namespace

int agon::rt::analyzeCommand(const Machine &on, const AnalyzeOptions &options) {
  const agon_model &model = on.model;
  requireOutput();
  judgeOptions(model, options);
  Instance instance(model, on.device);
  std::vector<uint32_t> functions = functionsOf(model);
  ratesOf(instance, options.rate, {}); // judged before files are read
  auto use = [&](const std::string &path) {
    return weightsFor(instance, functions, "", path, options.acceptChanges, /*widens=*/true);
  };
  LoadedRun run = loadRun(instance, options.from, use(options.from));
  DataSet data = openData(instance, options.data, run.file.data, options.seed, {.cache = options.dataCache});
  tellOfChangedFiles(model, data, run.file);
  for (uint32_t function : functions)
    requireData(instance, data, model.functions[function]);
  IterationPlan(instance).setIteration(run.info.iteration + 1);

  GameField field(instance, data, options.seed, options.draws);
  if (!options.portrait.empty() && field.size() > 2)
    fail(ExitCode::Usage, "a portrait is of a game of one or two parameters; {} has {}", model.name, field.size());
  int leading = options.leading > 0 ? int(options.leading) : field.size() > mostWhole ? usualLeading : 0;
  if (leading > field.size() - 2)
    leading = 0; // so few are found at once
  Rates rates = ratesOf(instance, options.rate, run.info.overrides);
  std::vector<std::string> order = orderOfPlay(instance);
  Analysis analysis = analyzeField(field, rates, order, leading, options.hessian);
  analysis.game = model.name;
  analysis.played = playOf(model, order);
  if (run.info.hasHistory)
    analysis.step = run.info.iteration;
  Eigen::VectorXd here = field.point();
  if (!options.to.empty()) {
    Eigen::VectorXd there = otherPoint(instance, field, options.to, use(options.to));
    if (there == here)
      fail(ExitCode::Usage, "{} and {} are one point: there is no way between them", options.from, options.to);
    analysis.path = fieldAlong(field, here, there);
    field.moveTo(here);
  }
  if (!options.portrait.empty())
    writePortrait(field, options, analysis, order);
  if (!options.json.empty())
    writeFile(options.json, jsonOf(analysis).dump(2) + "\n");
  std::fputs(textOf(analysis).c_str(), stdout);
  finishOutput();
  return int(ExitCode::Done);
}
