#include "runtime/io/Events.h"

#include "runtime/core/Failure.h"
#include "runtime/io/File.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <unistd.h>

using namespace agon;
using namespace agon::rt;

namespace {

constexpr std::string_view prefix = "events.out.tfevents.";
constexpr int digits = 10;

/// Numbers of fields, in the files of tensorboard/compat/proto and tensorboard/plugins/hparams.
namespace event {
enum { wallTime = 1, step = 2, fileVersion = 3, summary = 5, sessionLog = 7 };
}
namespace sessionLog {
enum { status = 1 };
}
namespace summary {
enum { value = 1 };
}
namespace value {
enum { tag = 1, simple = 2, image = 4, tensor = 8, metadata = 9 };
}
namespace imageField {
enum { height = 1, width = 2, colourspace = 3, encoded = 4 };
}
namespace metadata {
enum { pluginData = 1 };
}
namespace pluginData {
enum { name = 1, content = 2 };
}
namespace hyper {
enum { version = 1, sessionStart = 3 };
}
namespace sessionStart {
enum { parameters = 1, startTime = 5 };
}
namespace mapEntry {
enum { key = 1, value = 2 };
}
namespace structValue {
enum { number = 2 };
}
namespace tensor {
enum { type = 1, shape = 2 };
}
namespace tensorShape {
enum { dimension = 2 };
}
constexpr int64_t sessionStarts = 1; ///< SessionLog.START
constexpr int64_t floats = 1;        ///< DataType.DT_FLOAT

double wallTime() {
  using namespace std::chrono;
  return duration<double>(system_clock::now().time_since_epoch()).count();
}

std::string littleEndian(uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i)
    text += char(number >> (8 * i));
  return text;
}

uint64_t readLittleEndian(std::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = bytes.size(); i-- > 0;)
    number = number << 8 | uint8_t(bytes[i]);
  return number;
}

/// The checksum as records have it: of checksums of checksums little can be said.
std::string maskedCrc(std::string_view bytes) {
  uint32_t crc = crc32c(bytes);
  return littleEndian(uint32_t((crc >> 15 | crc << 17) + 0xa282ead8u), 4);
}

std::string recordOf(std::string_view bytes) {
  std::string length = littleEndian(bytes.size(), 8);
  return length + maskedCrc(length) + std::string(bytes) + maskedCrc(bytes);
}

/// The event that begins at the head of `rest`, which becomes what follows it; nothing where none is whole.
std::optional<std::string_view> takeRecord(std::string_view &rest) {
  if (rest.size() < 16 || rest.substr(8, 4) != maskedCrc(rest.substr(0, 8)))
    return std::nullopt;
  uint64_t length = readLittleEndian(rest.substr(0, 8));
  if (length > rest.size() - 16 || rest.substr(12 + length, 4) != maskedCrc(rest.substr(12, length)))
    return std::nullopt;
  std::string_view bytes = rest.substr(12, length);
  rest.remove_prefix(length + 16);
  return bytes;
}

/// An event's step. Its fields come in the order in which `append` writes them.
int64_t stepOf(std::string_view bytes) {
  constexpr size_t head = 9; // the time's tag and number
  uint64_t number = 0;
  if (bytes.size() <= head || bytes[head] != event::step << 3)
    return 0;
  int shift = 0;
  for (char byte : bytes.substr(head + 1)) {
    number |= uint64_t(byte & 0x7f) << shift;
    shift += 7;
    if (byte >= 0 || shift > 63)
      break;
  }
  return int64_t(number);
}

/// The step from which a file of events goes on, by its name.
std::optional<int64_t> stepOfName(const std::string &name) {
  int64_t step = 0;
  if (!name.starts_with(prefix) || name.size() < prefix.size() + digits)
    return std::nullopt;
  auto [end, error] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), step);
  return error == std::errc() && end == name.data() + name.size() && step >= 0 ? std::optional(step) : std::nullopt;
}

/// Cuts off what lies beyond a step, in place: who reads the file has read that already.
void cut(const std::string &path, int64_t step) {
  std::string content = readWholeFile(path, uint64_t(1) << 34);
  std::string_view rest = content;
  size_t kept = 0;
  while (std::optional<std::string_view> bytes = takeRecord(rest)) {
    if (stepOf(*bytes) > step)
      break;
    kept = content.size() - rest.size();
  }
  if (kept < content.size() && truncate(path.c_str(), off_t(kept)) != 0)
    fail(ExitCode::InputOutput, "cannot write {}: {}", path, std::strerror(errno));
}

/// What shows parameters in TensorBoard's HParams: no data, all of it in what is said of them.
ProtoMessage hyperparameterSummary(const EventFile::Numbers &hyperparameters) {
  ProtoMessage start;
  for (const auto &[name, number] : hyperparameters)
    start.message(sessionStart::parameters,
                  ProtoMessage()
                      .text(mapEntry::key, name)
                      .message(mapEntry::value, ProtoMessage().number(structValue::number, number)));
  start.number(sessionStart::startTime, wallTime());
  ProtoMessage content = ProtoMessage().integer(hyper::version, 0).message(hyper::sessionStart, start);
  ProtoMessage plugin = ProtoMessage().text(pluginData::name, "hparams").text(pluginData::content, content.str());
  ProtoMessage empty;
  empty.integer(tensor::type, floats)
      .message(tensor::shape, ProtoMessage().message(tensorShape::dimension, ProtoMessage()));
  return ProtoMessage().message(summary::value,
                                ProtoMessage()
                                    .text(value::tag, "_hparams_/session_start_info")
                                    .message(value::metadata, ProtoMessage().message(metadata::pluginData, plugin))
                                    .message(value::tensor, empty));
}

} // namespace

uint32_t agon::rt::crc32c(std::string_view bytes) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> table;
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t crc = i;
      for (int bit = 0; bit < 8; ++bit)
        crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
      table[i] = crc;
    }
    return table;
  }();
  uint32_t crc = ~0u;
  for (char byte : bytes)
    crc = table[(crc ^ uint8_t(byte)) & 255] ^ crc >> 8;
  return ~crc;
}

std::vector<std::string> agon::rt::eventFilesOf(const std::string &directory) {
  std::vector<std::string> files;
  for (const std::string &name : namesIn(directory))
    if (stepOfName(name))
      files.push_back(directory + "/" + name);
  std::ranges::sort(files);
  return files;
}

EventFile::EventFile(const std::string &directory, int64_t step, const Numbers &hyperparameters)
    : directory(directory) {
  if (!begin(step) && !hyperparameters.empty())
    append(step, event::summary, hyperparameterSummary(hyperparameters).str());
}

bool EventFile::begin(int64_t step) {
  bool goesOn = false;
  for (const std::string &file : eventFilesOf(directory))
    if (*stepOfName(std::filesystem::path(file).filename().string()) >= step) {
      std::error_code error;
      std::filesystem::remove(file, error);
    } else {
      cut(file, step);
      goesOn = true;
    }
  path = fmt::format("{}/{}{:0{}}", directory, prefix, step, digits);
  descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0)
    fail(ExitCode::InputOutput, "cannot write {}: {}", path, std::strerror(errno));
  append(step, event::fileVersion, "brain.Event:2");
  append(step + 1, event::sessionLog, ProtoMessage().integer(sessionLog::status, sessionStarts).str());
  return goesOn;
}

void EventFile::goOnFrom(int64_t step) {
  close(std::exchange(descriptor, -1));
  begin(step);
}

EventFile::~EventFile() {
  if (descriptor >= 0)
    close(descriptor);
}

void EventFile::append(int64_t step, uint32_t field, std::string_view bytes) {
  // The step comes second, where `stepOf` looks for it.
  ProtoMessage message;
  message.number(event::wallTime, wallTime()).integer(event::step, step).text(field, bytes);
  std::string record = recordOf(message.str());
  if (std::error_code error = support::writeAll(descriptor, record.data(), record.size()))
    fail(ExitCode::InputOutput, "cannot write {}: {}", path, error.message());
}

void EventFile::scalars(int64_t step, const Numbers &numbers) {
  ProtoMessage message;
  for (const auto &[name, number] : numbers)
    message.message(summary::value, ProtoMessage().text(value::tag, name).number(value::simple, float(number)));
  append(step, event::summary, message.str());
}

void EventFile::image(int64_t step, const std::string &tag, const std::string &path) {
  constexpr size_t head = 26; // of a PNG file, to the kind of its pixels
  std::string content = readWholeFile(path, uint64_t(1) << 30);
  if (content.size() < head)
    return; // another program has cut it
  auto number = [&](size_t at) {
    uint32_t number = 0;
    for (char byte : content.substr(at, 4))
      number = number << 8 | uint8_t(byte);
    return int64_t(number);
  };
  ProtoMessage picture;
  picture.integer(imageField::height, number(20))
      .integer(imageField::width, number(16))
      .integer(imageField::colourspace, content[25] == 0 ? 1 : 3)
      .text(imageField::encoded, content);
  append(step, event::summary,
         ProtoMessage()
             .message(summary::value, ProtoMessage().text(value::tag, tag).message(value::image, picture))
             .str());
}
