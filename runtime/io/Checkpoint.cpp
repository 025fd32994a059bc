#include "runtime/io/Checkpoint.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Finite.h"
#include "runtime/core/IterationPlan.h"
#include "runtime/core/Random.h"
#include "runtime/io/File.h"
#include "runtime/io/Identity.h"
#include "support/InputFile.h"
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
using Parsed = nlohmann::json;       // what is read: its names are found in no time, however many

namespace {

const char *tensorType(const agon_cell &cell) {
  static const char *const names[] = {"F32", "F64", "I32", "I64"};
  return names[cell.dtype];
}

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

constexpr size_t maxHeader = size_t(100) << 20; // the format's own limit

/// The metadata that this program writes; other tools may add theirs.
constexpr const char *ownMetadata[] = {"format",    "abi_version", "game", "source_hash", "model",
                                       "iteration", "draws",       "seed", "overrides"};

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
  Json header;
  header["__metadata__"] = {{"format", "agon"},
                            {"abi_version", std::to_string(model.abi_version)},
                            {"game", model.name},
                            {"source_hash", model.source_hash},
                            {"model", describeModel(model)},
                            {"iteration", std::to_string(info.iteration)},
                            {"draws", std::to_string(info.iteration * turnsOfIteration(model))},
                            {"seed", std::to_string(info.seed)},
                            {"overrides", overrides.dump()}};
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
      : instance(instance), path(path), use(use), file(path) {}

  CheckpointInfo read();

private:
  template <typename... Args> [[noreturn]] void corrupt(fmt::format_string<Args...> format, Args &&...args) const {
    fail(ExitCode::BadData, "{} is truncated or corrupt: {}", path, fmt::format(format, std::forward<Args>(args)...));
  }
  /// Reads so many bytes of the file, which has them unless it shrinks meanwhile.
  std::vector<std::byte> bytes(size_t count);
  /// Reads the header; `available` becomes the size of what follows.
  Parsed readHeader();
  /// Finds every tensor of the file: together they are all of its bytes.
  void place(const Parsed &header);
  /// Finds the cells that are wanted among the tensors. \returns those that are not to be had.
  std::vector<std::string> choose(const Parsed &metadata);
  void checkSum(const Parsed &metadata) const;
  void checkFinite() const;
  /// Judges the count of draws by the iteration that it follows from.
  void checkDraws(const Parsed &metadata, const CheckpointInfo &info) const;
  /// Judges the players' counts of updates.
  void checkSteps() const;
  /// What a run goes on from.
  CheckpointInfo history(const Parsed &metadata) const;
  int64_t integer(const Parsed &metadata, const char *key, int64_t least, int64_t most) const;

  struct Tensor {
    std::string type;
    std::vector<int64_t> shape;
    uint64_t begin, end;
  };
  const Instance &instance;
  const std::string &path;
  const CheckpointUse &use;
  agon::support::InputFile file;
  uint64_t available = 0;
  std::map<std::string, Tensor> tensors;                   ///< all of the file's
  std::vector<std::pair<uint32_t, const Tensor *>> chosen; ///< the cells that are read
  std::vector<std::byte> content;
};

std::vector<std::byte> Reader::bytes(size_t count) {
  std::vector<std::byte> result(count);
  if (file.read(result.data(), count) != count) {
    if (file.error())
      fail(ExitCode::InputOutput, "cannot read {}: {}", path, std::strerror(file.error()));
    corrupt("it ends early");
  }
  return result;
}

/// The header's JSON. \throws std::exception when it is malformed; a name that occurs twice is.
Parsed parseHeader(const std::vector<std::byte> &bytes) {
  std::vector<std::set<std::string>> names;
  auto callback = [&](int depth, Parsed::parse_event_t event, Parsed &value) {
    if (depth > 4)
      throw std::invalid_argument("nested too deeply");
    if (event == Parsed::parse_event_t::object_start)
      names.emplace_back();
    else if (event == Parsed::parse_event_t::object_end)
      names.pop_back();
    else if (event == Parsed::parse_event_t::key && !names.back().insert(value.get<std::string>()).second)
      throw std::invalid_argument("a name occurs twice");
    return true;
  };
  const char *text = reinterpret_cast<const char *>(bytes.data());
  return Parsed::parse(text, text + bytes.size(), callback);
}

Parsed Reader::readHeader() {
  if (file.error())
    fail(ExitCode::NoInput, "cannot open {}: {}", path, std::strerror(file.error()));
  if (!file.isRegular())
    fail(ExitCode::BadData, "{} is a device or a pipe, expected a checkpoint", path);
  if (file.size() < 8)
    corrupt("it is shorter than its header");
  uint64_t length = 0;
  std::vector<std::byte> digits = bytes(8);
  for (int i = 7; i >= 0; --i)
    length = length << 8 | uint64_t(digits[size_t(i)]);
  if (length > maxHeader || length > file.size() - 8)
    corrupt("it is shorter than its header");
  available = file.size() - 8 - length;
  try {
    Parsed header = parseHeader(bytes(size_t(length)));
    if (header.is_object())
      return header;
  } catch (const Failure &) {
    throw;
  } catch (const std::bad_alloc &) {
    throw;
  } catch (const std::exception &) {
    // What is wrong with the JSON is of no use to anyone.
  }
  corrupt("its header is malformed");
}

/// Whether a header's value is an array of integers that are not negative.
bool areSizes(const Parsed &value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const Parsed &item) { return item.is_number_unsigned(); });
}

/// Bytes of one element, 0 for types that are not the format's.
uint64_t elementBytes(const std::string &type) {
  static const std::map<std::string, uint64_t> bytes = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"I16", 2}, {"U16", 2}, {"F16", 2},
      {"BF16", 2}, {"I32", 4}, {"U32", 4}, {"F32", 4},     {"F64", 8},     {"I64", 8}, {"U64", 8}};
  auto found = bytes.find(type);
  return found == bytes.end() ? 0 : found->second;
}

void Reader::place(const Parsed &header) {
  for (const auto &[name, entry] : header.items()) {
    if (name == "__metadata__")
      continue;
    auto member = [&entry = entry](const char *key) {
      return entry.is_object() ? entry.value(key, Parsed()) : Parsed();
    };
    const Parsed type = member("dtype"), shape = member("shape"), offsets = member("data_offsets");
    auto wrong = [&, &name = name, &entry = entry] {
      corrupt("its header says of {}: {}", shown(name), entry.dump(-1, ' ', true, Parsed::error_handler_t::replace));
    };
    if (entry.size() != 3 || !type.is_string() || !areSizes(shape) || !areSizes(offsets) || offsets.size() != 2)
      wrong();
    Tensor tensor{type.get<std::string>(), shape.get<std::vector<int64_t>>(), offsets[0].get<uint64_t>(),
                  offsets[1].get<uint64_t>()};
    if (tensor.begin > tensor.end || tensor.end > available)
      corrupt("the bytes of {} are missing", shown(name));
    // A size that is no quotient of what is there cannot be right, so nothing overflows.
    uint64_t rest = tensor.end - tensor.begin, element = elementBytes(tensor.type);
    bool empty = std::any_of(shape.begin(), shape.end(), [](const Parsed &extent) { return extent == 0; });
    if (element == 0 || rest % element || (empty && rest))
      wrong();
    rest /= element;
    for (size_t axis = 0; axis < shape.size() && !empty; ++axis) {
      auto extent = shape[axis].get<uint64_t>();
      if (rest % extent)
        wrong();
      rest /= extent;
    }
    if (!empty && rest != 1)
      wrong();
    tensors[name] = std::move(tensor);
  }

  using Entry = std::pair<const std::string, Tensor>;
  std::vector<const Entry *> sorted;
  for (const Entry &entry : tensors)
    sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const Entry *a, const Entry *b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  uint64_t used = 0;
  for (const Entry *entry : sorted) {
    const auto &[name, tensor] = *entry;
    if (tensor.begin != used)
      corrupt("the bytes of {} {}", shown(name), tensor.begin < used ? "are another tensor's too" : "come after a gap");
    used = tensor.end;
  }
  if (used != available)
    corrupt("expected {} bytes of tensors, got {}", used, available);
}

std::vector<std::string> Reader::choose(const Parsed &metadata) {
  std::string game = stringOf(metadata, "game");
  std::string other = "was written by another model" + (game.empty() ? game : fmt::format(" ({})", game));
  std::vector<std::string> missing;
  std::set<std::string_view> known;
  for (uint32_t index : persistentCells(instance)) {
    const agon_cell &cell = instance.cell(index);
    known.insert(cell.name);
    Need need = use.need ? use.need(index) : Need::Required;
    if (need == Need::Ignored)
      continue;
    auto found = tensors.find(cell.name);
    auto extents = instance.shape(cell);
    bool fits = found != tensors.end() && found->second.type == tensorType(cell) &&
                std::equal(extents.begin(), extents.end(), found->second.shape.begin(), found->second.shape.end());
    if (fits)
      chosen.push_back({index, &found->second});
    else if (need == Need::Wanted)
      missing.push_back(cell.name);
    else if (found == tensors.end())
      fail(ExitCode::BadData, "{} {}: it does not hold {}, which this model has", path, other, cell.name);
    else
      fail(ExitCode::BadData, "{}: expected {} to be {} {}, got {} {}", path, cell.name, tensorType(cell),
           shapeText(extents), shown(found->second.type), shapeText(found->second.shape));
  }
  if (!use.need)
    for (const auto &[name, tensor] : tensors)
      if (!known.count(name))
        fail(ExitCode::BadData, "{} {}: it holds {}, which this model does not have", path, other, shown(name));
  return missing;
}

void Reader::checkSum(const Parsed &metadata) const {
  std::string expected = stringOf(metadata, "checksum");
  if (expected.empty())
    return;
  Checksum sum(metadata);
  for (const auto &[name, tensor] : tensors) {
    sum.add(name);
    sum.add(content.data() + tensor.begin, tensor.end - tensor.begin);
  }
  if (sum.text() != expected)
    corrupt("its checksum is wrong");
}

/// The index of the first number that is not finite, and the number.
template <typename T> std::optional<std::pair<size_t, double>> firstWrong(const std::byte *data, size_t bytes) {
  for (size_t at = 0; at + sizeof(T) <= bytes; at += sizeof(T)) {
    T value;
    std::memcpy(&value, data + at, sizeof(T));
    if (!std::isfinite(value))
      return std::pair(at / sizeof(T), double(value));
  }
  return std::nullopt;
}

void Reader::checkFinite() const {
  for (const auto &[name, tensor] : tensors) {
    const std::byte *data = content.data() + tensor.begin;
    size_t size = tensor.end - tensor.begin;
    auto wrong = tensor.type == "F32"   ? firstWrong<float>(data, size)
                 : tensor.type == "F64" ? firstWrong<double>(data, size)
                                        : std::nullopt;
    if (!wrong)
      continue;
    fail(ExitCode::BadData, "{}: {} holds {} at {}; expected finite numbers", path, shown(name),
         shownNumber(wrong->second), placeText(int64_t(wrong->first), tensor.shape));
  }
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
    std::memcpy(&steps, content.data() + found->second.begin, sizeof steps);
    if (steps < 0)
      corrupt("expected {} to count updates, got {}; restore the file from a copy, or begin anew with --force",
              found->first, steps);
  }
}

CheckpointInfo Reader::history(const Parsed &metadata) const {
  CheckpointInfo info;
  info.hasHistory = stringOf(metadata, "format") == "agon";
  if (!info.hasHistory)
    return info;
  info.iteration = integer(metadata, "iteration", 0, keys::init / 2);
  info.seed = integer(metadata, "seed", INT64_MIN, INT64_MAX);
  Parsed overrides = Parsed::parse(stringOf(metadata, "overrides"), nullptr, false);
  if (!overrides.is_object())
    corrupt("its overrides are malformed");
  for (const auto &item : overrides.items()) {
    if (!item.value().is_number())
      corrupt("its overrides are malformed");
    info.overrides[item.key()] = item.value().get<double>();
  }
  info.model = stringOf(metadata, "model");
  return info;
}

CheckpointInfo Reader::read() {
  const Parsed header = readHeader();
  const Parsed metadata = header.value("__metadata__", Parsed::object());
  if (!metadata.is_object() ||
      !std::all_of(metadata.begin(), metadata.end(), [](const Parsed &value) { return value.is_string(); }))
    corrupt("its metadata is malformed");
  place(header);
  CheckpointInfo info = history(metadata);
  try {
    if (use.judge)
      use.judge(info);
    info.missing = choose(metadata);
  } catch (const Failure &) {
    // A damaged file may look like another model's.
    content = bytes(size_t(available));
    checkSum(metadata);
    throw;
  }
  content = bytes(size_t(available));
  checkSum(metadata);
  checkDraws(metadata, info);
  checkSteps();
  checkFinite();
  for (const auto &[index, tensor] : chosen)
    instance.copyIn(instance.cell(index), content.data() + tensor->begin);
  return info;
}

} // namespace

CheckpointInfo agon::rt::readCheckpoint(const Instance &instance, const std::string &path, const CheckpointUse &use) {
  return Reader(instance, path, use).read();
}
