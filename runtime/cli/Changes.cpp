#include "runtime/cli/Changes.h"

#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Suggest.h"
#include "support/Shown.h"

#include <algorithm>
#include <cstdio>

using namespace agon::rt;

namespace {

/// A line for each, and one for all that are written as before but use what has changed.
std::vector<std::string> textsOf(const std::vector<Difference> &differences) {
  std::vector<std::string> texts, indirect;
  for (const Difference &difference : differences)
    (difference.indirect ? indirect : texts).push_back(difference.text);
  if (!indirect.empty())
    texts.push_back(fmt::format("written as before, but what it uses has changed: {}", fmt::join(indirect, ", ")));
  return texts;
}

/// "\n  constant rate: was 0.001, is 0.01\n  ...", below the line of an error.
std::string listed(const std::vector<Difference> &differences) {
  constexpr size_t shown = 30;
  std::vector<std::string> lines = textsOf(differences);
  std::string text;
  for (size_t i = 0; i < std::min(shown, lines.size()); ++i)
    text += "\n  " + lines[i];
  if (lines.size() > shown)
    text += fmt::format("\n  and {} more", lines.size() - shown);
  return text;
}

/// " (ring); this one is digits" where the games' names differ.
std::string otherGame(const agon_model &model, const std::string &before) {
  std::string game = gameOf(before);
  return game.empty() || game == model.name ? std::string() : fmt::format(" ({}; this one is {})", game, model.name);
}

/// What the run bound to these fields; null if it bound them otherwise.
const RunFile::Data *boundAs(const std::vector<std::string> &fields, const RunFile &run) {
  auto found = std::ranges::find(run.data, fields, &RunFile::Data::fields);
  return found == run.data.end() ? nullptr : &*found;
}

/// "data x: was f32 [30, 2], is f32 [40, 2] (x.npy)"; empty where the file holds what it held.
std::string change(const RunFile::Data *old, const DataSet::Source &source) {
  if (old && old->flipped != source.flipped)
    return fmt::format("data {}: mirrored at random were [{}], are [{}]", fmt::join(source.fields, ","),
                       fmt::join(old->flipped, ", "), fmt::join(source.flipped, ", "));
  std::string was = "not bound so", is = fmt::format("{} {}", source.element, shapeText(source.shape));
  if (old && (old->shape != source.shape || old->element != source.element)) {
    was = fmt::format("{} {}", old->element, shapeText(old->shape));
  } else if (old) {
    if (old->content.empty() || old->content == source.content)
      return {};
    was = fmt::format("of content {}", old->content);
    is = fmt::format("of content {}", source.content);
  }
  return fmt::format("data {}: was {}, is {} ({})", fmt::join(source.fields, ","), was, is, source.path);
}

} // namespace

std::vector<Difference> agon::rt::modelDifferences(const agon_model &model, const std::string &before) {
  std::string now = describeModel(model);
  if (before.empty() && !now.empty())
    return {{"it does not tell what its model was, as a binary of an older agonc wrote it", true, true, false, {}}};
  return differences(before, now);
}

std::vector<Difference> agon::rt::dataDifferences(const DataSet &data, const RunFile &before) {
  std::vector<Difference> result;
  for (const DataSet::Source &source : data.sources())
    if (std::string text = before.isKnown ? change(boundAs(source.fields, before), source)
                                          : fmt::format("data {}: not known, since run.json is missing, is {} {} ({})",
                                                        fmt::join(source.fields, ","), source.element,
                                                        shapeText(source.shape), source.path);
        !text.empty())
      result.push_back({text, true, false, false, {}});
  return result;
}

void agon::rt::tellOfChangedFiles(const agon_model &model, const DataSet &data, const RunFile &before) {
  for (const DataSet::Source &source : data.sources()) {
    const RunFile::Data *old = boundAs(source.fields, before);
    if (!old || old->path != absolutePath(source.path) || old->columns != source.columns)
      continue; // another file is meant
    if (std::string text = change(old, source); !text.empty())
      std::fprintf(stderr, "%s: note: the run was trained on other data: %s\n", model.name,
                   support::shown(text).c_str());
  }
}

static bool isOfNumbers(const Difference &each) { return each.text.starts_with("numbers:"); }

/// Refuses weights of other numbers, f32 or f64: nothing can be done about them.
static void judgeNumbers(const std::string &what, const std::vector<Difference> &all) {
  if (std::any_of(all.begin(), all.end(), isOfNumbers))
    fail(ExitCode::BadData,
         "{} holds weights of other numbers, which cannot be taken; compile with the --float of then{}", what,
         listed(all));
}

bool agon::rt::blocksResume(const std::vector<Difference> &differences) {
  return std::any_of(differences.begin(), differences.end(),
                     [](const Difference &difference) { return difference.training || difference.meaning; });
}

std::vector<std::string> agon::rt::judgeResume(const agon_model &model, const std::string &directory,
                                               const std::string &before, const std::vector<Difference> &ofModel,
                                               const std::vector<Difference> &ofData, bool accept) {
  bool otherModel = blocksResume(ofModel), otherData = !ofData.empty();
  std::vector<Difference> all = ofModel;
  all.insert(all.end(), ofData.begin(), ofData.end());
  judgeNumbers(directory, all);
  if ((otherModel || otherData) && !accept)
    fail(ExitCode::BadData,
         "{} was begun with {}{}; go on with what differs, which is listed below, by --resume=anyway, or begin anew "
         "with --force{}",
         directory,
         !otherData    ? "another model"
         : !otherModel ? "other data"
                       : "another model and other data",
         otherGame(model, before), listed(all));
  std::vector<std::string> texts = textsOf(all);
  for (const std::string &text : texts)
    std::fprintf(stderr, "%s: note: %s\n", model.name, text.c_str());
  return texts;
}

CheckpointUse agon::rt::weightsFor(const Instance &instance, const std::vector<uint32_t> &functions,
                                   const std::string &network, const std::string &path, bool accept, bool widens) {
  CheckpointUse use;
  use.widens = widens;
  use.need = [&instance, functions](uint32_t index) {
    const agon_cell &cell = instance.cell(index);
    bool weights = cell.kind == AGON_CELL_PARAMETER || cell.kind == AGON_CELL_STATE;
    bool read = std::any_of(functions.begin(), functions.end(),
                            [&](uint32_t f) { return instance.reads(instance.function(f), index); });
    return weights && read ? Need::Required : Need::Ignored;
  };
  if (accept)
    return use;
  use.judge = [&instance, network, path, widens](const CheckpointInfo &info) {
    const agon_model &model = instance.model();
    if (!info.hasHistory)
      return; // Another tool wrote it, and dropped what it says of its model.
    std::set<std::string> networks = networksOf(describeModel(model), network);
    std::vector<Difference> wrong;
    for (const Difference &difference : modelDifferences(model, info.model))
      if (difference.meaning && !(widens && isOfNumbers(difference)) &&
          (network.empty() || difference.network.empty() || networks.count(difference.network)))
        wrong.push_back(difference);
    judgeNumbers(path, wrong);
    if (!wrong.empty())
      fail(ExitCode::BadData,
           "{} was written by another model{}; take its weights in spite of what is listed below by --accept-changes, "
           "or use the binary that wrote it{}",
           path, otherGame(model, info.model), listed(wrong));
  };
  return use;
}

void agon::rt::chooseWeights(const Instance &instance, const std::vector<uint32_t> &functions,
                             const std::string &weights, CheckpointUse &use) {
  if (weights.empty())
    return;
  auto anyReads = [&](uint32_t cell) {
    return std::ranges::any_of(functions, [&](uint32_t f) { return instance.reads(instance.function(f), cell); });
  };
  std::vector<std::string> known{"current"};
  std::map<uint32_t, std::string> names; // of the shadows in the file
  std::set<uint32_t> seen;               // networks
  const agon_average *elsewhere = nullptr;
  for (const agon_average &average : instance.averages()) {
    auto first = std::ranges::find(instance.averages(), average.network, &agon_average::network);
    auto shadows = instance.shadowsOf(*first), chosen = instance.shadowsOf(average);
    if (std::ranges::none_of(shadows, [&](const auto &pair) { return anyReads(pair.second); })) {
      if (weights == average.name)
        elsewhere = &average;
      continue;
    }
    known.push_back(average.name);
    if (weights != "current" && weights != average.name)
      continue;
    if (seen.insert(average.network).second)
      for (size_t i = 0; i < shadows.size(); ++i)
        names[shadows[i].second] = instance.cell(weights == "current" ? shadows[i].first : chosen[i].second).name;
  }
  if (std::ranges::find(known, weights) == known.end()) {
    if (elsewhere)
      fail(ExitCode::Usage, "--weights: '{}' is an average of {}, which takes no part here (weights: {})", weights,
           instance.model().networks[elsewhere->network].name, fmt::join(known, ", "));
    fail(ExitCode::Usage, "--weights: there are no weights '{}'{} (weights: {})", weights, suggestion(weights, known),
         fmt::join(known, ", "));
  }
  use.name = [&instance, names](uint32_t cell) {
    auto found = names.find(cell);
    return found == names.end() ? std::string(instance.cell(cell).name) : found->second;
  };
}

std::string agon::rt::weightsTaken(const Instance &instance, uint32_t network, const std::string &weights) {
  std::string first;
  for (const agon_average &average : instance.averages())
    if (average.network == network) {
      if (weights == "current" || weights == average.name)
        return weights;
      if (first.empty())
        first = average.name;
    }
  return first;
}
