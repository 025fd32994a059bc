#include "runtime/io/Checkpoint.h"

#include "runtime/core/Failure.h"
#include "runtime/core/IterationPlan.h"
#include "runtime/core/Random.h"
#include "runtime/io/File.h"
#include "runtime/io/Identity.h"
#include "runtime/io/Safetensors.h"
#include "support/Shown.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <zlib.h>

using namespace agon::rt;
using agon::support::shown;
using Json = nlohmann::ordered_json; // what is written
using Parsed = nlohmann::json;       // what is read

namespace {

/// Wide elements first, so that every tensor is aligned.
std::vector<uint32_t> persistentCells(const Instance &instance) {
  std::vector<uint32_t> cells;
  for (uint32_t i = 0; i < instance.model().num_cells; ++i)
    if (Instance::isPersistent(instance.cell(i)))
      cells.push_back(i);
  std::stable_sort(cells.begin(), cells.end(), [&](uint32_t a, uint32_t b) {
    return dtypeBytes(instance.cell(a).dtype) > dtypeBytes(instance.cell(b).dtype);
  });
  return cells;
}

/// The metadata that this program writes; other tools may add theirs.
constexpr const char *ownMetadata[] = {"format",    "abi_version", "game",     "source_hash", "model",
                                       "iteration", "draws",       "seed",     "overrides",   "objectives",
                                       "best",      "best_value",  "rollbacks"};

/// Covers the metadata, then each tensor's name and bytes, sorted by name: a file that another
/// tool has sorted anew keeps its checksum.
class Checksum {
public:
  template <typename Metadata> explicit Checksum(const Metadata &metadata) {
    for (const char *key : ownMetadata)
      if (auto entry = metadata.find(key); entry != metadata.end() && entry->is_string()) {
        add(key);
        add(entry->template get<std::string>());
      }
  }
  void add(std::string_view text) { add(text.data(), text.size()); }
  void add(const void *data, size_t bytes) {
    sum = crc32_z(sum, reinterpret_cast<const Bytef *>(&bytes), sizeof(bytes));
    sum = crc32_z(sum, static_cast<const Bytef *>(data), bytes);
  }
  std::string text() const { return fmt::format("crc32:{:08x}", uint32_t(sum)); }

private:
  uLong sum = 0;
};

} // namespace

void agon::rt::writeCheckpoint(const Instance &instance, const CheckpointInfo &info, const std::string &path) {
  const agon_model &model = instance.model();
  std::vector<uint32_t> cells = persistentCells(instance);
  Json overrides = Json::object();
  for (const auto &[name, value] : info.overrides)
    overrides[name] = value;

  // Of turns that have been played: not every iteration plays all.
  Json objectives = Json::object();
  for (uint32_t index : instance.cellsOf(AGON_CELL_OBJECTIVE))
    if (double value = instance.read(instance.cell(index)); std::isfinite(value))
      objectives[instance.cell(index).name] = value;

  // Files know nothing of the order in which a model stores its cells.
  std::vector<std::byte> copy;
  std::optional<CellReading> stored;
  auto elements = [&](const agon_cell &cell) -> const std::byte * {
    if (!cell.order)
      return stored.emplace(instance.reading(cell)).data();
    copy.resize(instance.bytes(cell));
    instance.copyOut(cell, copy.data());
    return copy.data();
  };
  // The format wants strings.
  Json header = Json::object(); // one that is made by [] ends the program where memory is short
  header["__metadata__"] = {{"format", "agon"},
                            {"abi_version", std::to_string(model.abi_version)},
                            {"game", model.name},
                            {"source_hash", model.source_hash},
                            {"model", describeModel(model)},
                            {"iteration", std::to_string(info.iteration)},
                            {"draws", std::to_string(info.iteration * turnsOfIteration(model))},
                            {"seed", std::to_string(info.seed)},
                            {"overrides", overrides.dump()},
                            {"objectives", objectives.dump()}};
  if (info.rollbacks > 0)
    header["__metadata__"]["rollbacks"] = std::to_string(info.rollbacks);
  if (!info.best.rule.empty()) {
    header["__metadata__"]["best"] = info.best.rule;
    header["__metadata__"]["best_value"] = fmt::format("{}", info.best.value);
  }
  Checksum sum(header["__metadata__"]);
  std::vector<uint32_t> sorted = cells;
  std::sort(sorted.begin(), sorted.end(),
            [&](uint32_t a, uint32_t b) { return std::string_view(instance.cell(a).name) < instance.cell(b).name; });
  for (uint32_t index : sorted) {
    sum.add(instance.cell(index).name);
    sum.add(elements(instance.cell(index)), instance.bytes(instance.cell(index)));
  }
  header["__metadata__"]["checksum"] = sum.text();
  size_t offset = 0;
  for (uint32_t index : cells) {
    const agon_cell &cell = instance.cell(index);
    size_t bytes = instance.bytes(cell);
    auto shape = instance.shape(cell);
    header[cell.name] = {{"dtype", tensorType(cell)},
                         {"shape", std::vector<int64_t>(shape.begin(), shape.end())},
                         {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }

  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  unsigned char length[8];
  for (int i = 0; i < 8; ++i)
    length[i] = (unsigned char)(uint64_t(text.size()) >> (8 * i));
  AtomicFile file(path);
  file.write(length, sizeof(length));
  file.write(text);
  for (uint32_t index : cells)
    file.write(elements(instance.cell(index)), instance.bytes(instance.cell(index)));
  file.commit();
}

namespace {

std::string stringOf(const Parsed &metadata, const char *key) {
  auto entry = metadata.find(key);
  return entry != metadata.end() && entry->is_string() ? entry->get<std::string>() : std::string();
}

/// A checkpoint while it is read.
class Reader {
public:
  Reader(const Instance &instance, const std::string &path, const CheckpointUse &use)
      : instance(instance), path(path), use(use), file(path), tensors(file.tensors()) {}

  CheckpointInfo read();

private:
  template <typename... Args> [[noreturn]] void corrupt(fmt::format_string<Args...> format, Args &&...args) const {
    file.corrupt(format, std::forward<Args>(args)...);
  }
  /// Finds the cells that are wanted among the tensors, and those that are not to be had.
  void choose(const Parsed &metadata, CheckpointInfo &info);
  void checkSum(const Parsed &metadata) const;
  /// Judges the count of draws by the iteration that it follows from.
  void checkDraws(const Parsed &metadata, const CheckpointInfo &info) const;
  /// Judges the players' counts of updates.
  void checkSteps() const;
  /// What a run goes on from.
  CheckpointInfo history(const Parsed &metadata) const;
  /// The numbers by name of an entry.
  std::map<std::string, double> numbers(const Parsed &metadata, const char *key) const;
  int64_t integer(const Parsed &metadata, const char *key, int64_t least, int64_t most) const;

  using Tensor = Safetensors::Tensor;
  const Instance &instance;
  const std::string &path;
  const CheckpointUse &use;
  Safetensors file;
  const std::map<std::string, Tensor> &tensors;            ///< all of the file's
  std::vector<std::pair<uint32_t, const Tensor *>> chosen; ///< the cells that are read
};

void Reader::choose(const Parsed &metadata, CheckpointInfo &info) {
  std::string game = stringOf(metadata, "game");
  std::string other = "was written by another model" + (game.empty() ? game : fmt::format(" ({})", game));
  std::set<std::string_view> known;
  for (uint32_t index : persistentCells(instance)) {
    const agon_cell &cell = instance.cell(index);
    known.insert(cell.name);
    Need need = use.need ? use.need(index) : Need::Required;
    if (need == Need::Ignored)
      continue;
    std::string name = use.name ? use.name(index) : cell.name;
    auto found = tensors.find(name);
    if (found != tensors.end() && Safetensors::fits(found->second, instance, cell, use.widens))
      chosen.push_back({index, &found->second});
    else if (need == Need::Wanted)
      info.missing.push_back(cell.name);
    else if (found == tensors.end())
      fail(ExitCode::BadData, "{} {}: it does not hold {}, which this model has", path, other, name);
    else
      fail(ExitCode::BadData, "{}: expected {} to be {} {}, got {} {}", path, name, tensorType(cell),
           shapeText(instance.shape(cell)), shown(found->second.type), shapeText(found->second.shape));
  }
  for (const auto &[name, tensor] : tensors)
    if (!known.count(name))
      info.unknown.push_back(name);
  if (!use.need && !info.unknown.empty())
    fail(ExitCode::BadData, "{} {}: it holds {}, which this model does not have", path, other,
         shown(info.unknown.front()));
}

void Reader::checkSum(const Parsed &metadata) const {
  std::string expected = stringOf(metadata, "checksum");
  if (expected.empty())
    return;
  Checksum sum(metadata);
  for (const auto &[name, tensor] : tensors) {
    sum.add(name);
    sum.add(file.data(tensor), tensor.end - tensor.begin);
  }
  if (sum.text() != expected)
    corrupt("its checksum is wrong");
}

int64_t Reader::integer(const Parsed &metadata, const char *key, int64_t least, int64_t most) const {
  std::string text = stringOf(metadata, key);
  int64_t value = 0;
  auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || at != text.data() + text.size() || value < least || value > most)
    corrupt("expected its {} to be an integer of {} to {}, got {}", key, least, most,
            Parsed(text).dump(-1, ' ', true, Parsed::error_handler_t::replace));
  return value;
}

void Reader::checkDraws(const Parsed &metadata, const CheckpointInfo &info) const {
  if (!info.hasHistory)
    return;
  // Each iteration draws as often; of another model it is not known how often.
  auto draws = uint64_t(integer(metadata, "draws", 0, INT64_MAX)), iteration = uint64_t(info.iteration);
  bool same = info.model == describeModel(instance.model());
  uint64_t expected = same ? iteration * uint64_t(turnsOfIteration(instance.model())) : iteration;
  if (same || iteration == 0 ? draws != expected : draws % iteration != 0)
    corrupt("expected its draws to be {}{}, got {}; restore the file from a copy, or begin anew with --force",
            same ? "" : "a multiple of ", expected, draws);
}

void Reader::checkSteps() const {
  for (uint32_t index : instance.cellsOf(AGON_CELL_STEP)) {
    auto found = tensors.find(instance.cell(index).name);
    if (found == tensors.end() || found->second.type != "I64" || !found->second.shape.empty())
      continue;
    int64_t steps;
    std::memcpy(&steps, file.data(found->second), sizeof steps);
    if (steps < 0)
      corrupt("expected {} to count updates, got {}; restore the file from a copy, or begin anew with --force",
              found->first, steps);
  }
}

std::map<std::string, double> Reader::numbers(const Parsed &metadata, const char *key) const {
  std::map<std::string, double> found;
  Parsed entry = Parsed::parse(stringOf(metadata, key), nullptr, false);
  if (!entry.is_object())
    corrupt("its {} are malformed", key);
  for (const auto &item : entry.items()) {
    if (!item.value().is_number())
      corrupt("its {} are malformed", key);
    found[item.key()] = item.value().get<double>();
  }
  return found;
}

CheckpointInfo Reader::history(const Parsed &metadata) const {
  CheckpointInfo info;
  info.hasHistory = stringOf(metadata, "format") == "agon";
  if (!info.hasHistory)
    return info;
  info.iteration = integer(metadata, "iteration", 0, keys::init / 2);
  info.seed = integer(metadata, "seed", INT64_MIN, INT64_MAX);
  info.overrides = numbers(metadata, "overrides");
  info.model = stringOf(metadata, "model");
  if (metadata.contains("rollbacks"))
    info.rollbacks = integer(metadata, "rollbacks", 0, 1000);
  return info;
}

CheckpointInfo Reader::read() {
  const Parsed &metadata = file.metadata();
  CheckpointInfo info = history(metadata);
  try {
    if (use.judge)
      use.judge(info);
    choose(metadata, info);
  } catch (const Failure &) {
    // A damaged file may look like another model's.
    file.readContent();
    checkSum(metadata);
    throw;
  }
  file.readContent();
  checkSum(metadata);
  checkDraws(metadata, info);
  checkSteps();
  // Older files have none.
  auto objectives = metadata.contains("objectives") ? numbers(metadata, "objectives") : std::map<std::string, double>();
  for (const auto &[name, tensor] : tensors)
    file.checkFinite(name);
  for (const auto &[index, tensor] : chosen)
    file.copyTo(instance, instance.cell(index), *tensor);
  for (const auto &[name, value] : objectives)
    if (int index = instance.findCell(AGON_CELL_OBJECTIVE, name); index >= 0)
      instance.write(instance.cell(uint32_t(index)), 0, value);
  return info;
}

} // namespace

BestOf agon::rt::bestOf(const std::string &path) {
  Safetensors file(path);
  BestOf best{stringOf(file.metadata(), "best")};
  std::string text = stringOf(file.metadata(), "best_value");
  if (std::from_chars(text.data(), text.data() + text.size(), best.value).ec != std::errc())
    return {};
  return best;
}

CheckpointInfo agon::rt::readCheckpoint(const Instance &instance, const std::string &path, const CheckpointUse &use) {
  return Reader(instance, path, use).read();
}
