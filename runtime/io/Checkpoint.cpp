#include "runtime/io/Checkpoint.h"

#include "runtime/core/Failure.h"
#include "runtime/io/File.h"
#include "runtime/io/Identity.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <zlib.h>

using namespace agon::rt;
using Json = nlohmann::ordered_json;

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

uint32_t checksum(uint32_t sum, const std::byte *data, size_t bytes) {
  return uint32_t(crc32_z(sum, reinterpret_cast<const Bytef *>(data), bytes));
}

constexpr size_t maxHeader = size_t(100) << 20; // the format's own limit

} // namespace

void agon::rt::writeCheckpoint(const Instance &instance, const CheckpointInfo &info, const std::string &path) {
  const agon_model &model = instance.model();
  std::vector<uint32_t> cells = persistentCells(instance);
  Json overrides = Json::object();
  for (const auto &[name, value] : info.overrides)
    overrides[name] = value;

  // Files know nothing of the order in which a model stores its cells.
  std::vector<std::byte> copy;
  auto elements = [&](const agon_cell &cell) {
    copy.resize(cell.order ? instance.bytes(cell) : 0);
    if (cell.order)
      instance.copyOut(cell, copy.data());
    return cell.order ? copy.data() : instance.data(cell);
  };
  uint32_t sum = 0;
  for (uint32_t index : cells)
    sum = checksum(sum, elements(instance.cell(index)), instance.bytes(instance.cell(index)));
  // The format wants strings.
  Json header;
  header["__metadata__"] = {{"format", "agon"},
                            {"abi_version", std::to_string(model.abi_version)},
                            {"game", model.name},
                            {"source_hash", model.source_hash},
                            {"model", describeModel(model)},
                            {"iteration", std::to_string(info.iteration)},
                            {"draws", std::to_string(info.iteration * int64_t(model.num_schedule))},
                            {"seed", std::to_string(info.seed)},
                            {"overrides", overrides.dump()},
                            {"crc32", fmt::format("{:08x}", sum)}};
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

std::string stringOf(const Json &metadata, const char *key) {
  auto entry = metadata.find(key);
  return entry != metadata.end() && entry->is_string() ? entry->get<std::string>() : std::string();
}

/// The file, checked: where each cell's bytes lie.
struct Parsed {
  CheckpointInfo info;
  std::vector<std::pair<uint32_t, const std::byte *>> tensors;
};

/// \throws nlohmann's exceptions and std::invalid_argument on malformed headers.
Parsed parse(const Instance &instance, const std::vector<std::byte> &content, const std::string &path,
             const CheckpointUse &use) {
  auto corrupt = [&](const std::string &why) { fail(ExitCode::BadData, "{} is truncated or corrupt: {}", path, why); };
  uint64_t length = 0;
  if (content.size() < 8)
    corrupt("it is shorter than its header");
  for (int i = 7; i >= 0; --i)
    length = length << 8 | uint64_t(content[size_t(i)]);
  if (length > maxHeader || length > content.size() - 8)
    corrupt("it is shorter than its header");
  const char *text = reinterpret_cast<const char *>(content.data()) + 8;
  Json header = Json::parse(text, text + length);
  const std::byte *tensors = content.data() + 8 + length;
  size_t available = content.size() - 8 - length;

  const Json &metadata = header.at("__metadata__");
  Parsed result;
  result.info.iteration = std::stoll(metadata.at("iteration").get<std::string>());
  result.info.seed = std::stoll(metadata.at("seed").get<std::string>());
  if (result.info.iteration < 0)
    corrupt("its iteration is negative");
  const Json overrides = Json::parse(stringOf(metadata, "overrides"));
  for (const auto &item : overrides.items())
    result.info.overrides[item.key()] = item.value().get<double>();
  result.info.model = stringOf(metadata, "model");
  if (use.judge)
    use.judge(result.info);

  for (uint32_t index : persistentCells(instance)) {
    const agon_cell &cell = instance.cell(index);
    Need need = use.need ? use.need(index) : Need::Required;
    if (need == Need::Ignored)
      continue;
    auto tensor = header.find(cell.name);
    auto shape = instance.shape(cell);
    bool there = tensor != header.end();
    bool fits = there && tensor->at("dtype") == tensorType(cell) &&
                tensor->at("shape").get<std::vector<int64_t>>() == std::vector<int64_t>(shape.begin(), shape.end());
    if (!fits && need == Need::Wanted) {
      result.info.missing.push_back(cell.name);
      continue;
    }
    if (!there)
      fail(ExitCode::BadData, "{} was written by another model{}: it holds no {}", path,
           stringOf(metadata, "game").empty() ? "" : fmt::format(" ({})", stringOf(metadata, "game")), cell.name);
    if (!fits)
      fail(ExitCode::BadData, "{}: expected {} to be {} {}, got {} {}", path, cell.name, tensorType(cell),
           shapeText(shape), tensor->at("dtype").dump(), tensor->at("shape").dump());
    auto begin = tensor->at("data_offsets").at(0).get<uint64_t>();
    auto end = tensor->at("data_offsets").at(1).get<uint64_t>();
    if (begin > end || end > available || end - begin != instance.bytes(cell))
      corrupt(fmt::format("the bytes of {} are missing", cell.name));
    result.tensors.push_back({index, tensors + begin});
  }
  size_t used = 0;
  for (const auto &item : header.items())
    if (item.key() != "__metadata__")
      used = std::max<size_t>(used, item.value().at("data_offsets").at(1).get<uint64_t>());
  if (used != available)
    corrupt(fmt::format("expected {} bytes of tensors, got {}", used, available));
  std::string expected = stringOf(metadata, "crc32");
  if (!expected.empty() && expected != fmt::format("{:08x}", checksum(0, tensors, available)))
    corrupt("the checksum of its tensors is wrong");
  return result;
}

} // namespace

CheckpointInfo agon::rt::readCheckpoint(const Instance &instance, const std::string &path, const CheckpointUse &use) {
  std::vector<std::byte> content = readWholeFile(path);
  Parsed parsed;
  try {
    parsed = parse(instance, content, path, use);
  } catch (const Failure &) {
    throw;
  } catch (const std::exception &) {
    // What is wrong with the JSON is of no use to anyone.
    fail(ExitCode::BadData, "{} is truncated or corrupt: its header is malformed", path);
  }
  for (auto [index, bytes] : parsed.tensors)
    instance.copyIn(instance.cell(index), bytes);
  return parsed.info;
}
