//===- Safetensors.cpp - Files of tensors, as they are read ---------------===//
#include "runtime/io/Safetensors.h"

#include "runtime/core/Finite.h"
#include "support/Shown.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>

using namespace agon::rt;
using agon::support::shown;
using Parsed = nlohmann::json; // its names are found in no time, however many

constexpr size_t maxHeader = size_t(100) << 20; // the format's own limit

const char *agon::rt::tensorType(const agon_cell &cell) {
  static const char *const names[] = {"F32", "F64", "I32", "I64"};
  return names[cell.dtype];
}

Safetensors::Safetensors(const std::string &path) : path(path), file(path) {
  const Parsed header = readHeader();
  own = header.value("__metadata__", Parsed::object());
  if (!own.is_object() || !std::all_of(own.begin(), own.end(), [](const Parsed &value) { return value.is_string(); }))
    corrupt("its metadata is malformed");
  place(header);
}

void Safetensors::readContent() { content = bytes(size_t(available)); }

std::vector<std::byte> Safetensors::bytes(size_t count) {
  std::vector<std::byte> result(count);
  if (file.read(result.data(), count) != count) {
    if (file.error())
      fail(ExitCode::InputOutput, "cannot read {}: {}", path, std::strerror(file.error()));
    corrupt("it ends early");
  }
  return result;
}

namespace {

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

} // namespace

Parsed Safetensors::readHeader() {
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

void Safetensors::place(const Parsed &header) {
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
    all[name] = std::move(tensor);
  }

  using Entry = std::pair<const std::string, Tensor>;
  std::vector<const Entry *> sorted;
  for (const Entry &entry : all)
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

namespace {

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

} // namespace

void Safetensors::checkFinite(const std::string &name) const {
  const Tensor &tensor = all.at(name);
  size_t size = tensor.end - tensor.begin;
  auto wrong = tensor.type == "F32"   ? firstWrong<float>(data(tensor), size)
               : tensor.type == "F64" ? firstWrong<double>(data(tensor), size)
                                      : std::nullopt;
  if (tensor.type == "F16" || tensor.type == "BF16") {
    std::vector<double> wide = numbers(tensor);
    wrong = firstWrong<double>(reinterpret_cast<const std::byte *>(wide.data()), wide.size() * sizeof(double));
  }
  if (wrong)
    fail(ExitCode::BadData, "{}: {} holds {} at {}; expected finite numbers", path, shown(name),
         shownNumber(wrong->second), placeText(int64_t(wrong->first), tensor.shape));
}

bool Safetensors::isReal(const Tensor &tensor) {
  return tensor.type == "F32" || tensor.type == "F64" || tensor.type == "F16" || tensor.type == "BF16";
}

namespace {

/// A number of 16 bits: sign, exponent, fraction.
double halfNumber(uint16_t bits) {
  int exponent = bits >> 10 & 0x1f;
  double fraction = bits & 0x3ff;
  double value = exponent == 0x1f ? (fraction != 0 ? NAN : INFINITY)
                 : exponent == 0  ? std::ldexp(fraction, -24)
                                  : std::ldexp(fraction + 1024, exponent - 25);
  return bits & 0x8000 ? -value : value;
}

/// The upper half of a 32-bit number.
double brainNumber(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }

template <typename Stored, typename Convert>
std::vector<double> widened(const std::byte *data, size_t bytes, Convert convert) {
  std::vector<double> numbers(bytes / sizeof(Stored));
  for (size_t i = 0; i < numbers.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, data + i * sizeof(Stored), sizeof(Stored));
    numbers[i] = convert(stored);
  }
  return numbers;
}

} // namespace

std::vector<double> Safetensors::numbers(const Tensor &tensor) const {
  size_t size = tensor.end - tensor.begin;
  auto same = [](auto number) { return double(number); };
  return tensor.type == "F16"    ? widened<uint16_t>(data(tensor), size, halfNumber)
         : tensor.type == "BF16" ? widened<uint16_t>(data(tensor), size, brainNumber)
         : tensor.type == "F32"  ? widened<float>(data(tensor), size, same)
                                 : widened<double>(data(tensor), size, same);
}

bool Safetensors::fits(const Tensor &tensor, const Instance &instance, const agon_cell &cell, bool widens) {
  bool type = tensor.type == tensorType(cell) || (widens && tensor.type == "F32" && cell.dtype == AGON_F64);
  return type && std::ranges::equal(instance.shape(cell), tensor.shape);
}

void Safetensors::copyTo(const Instance &instance, const agon_cell &cell, const Tensor &tensor) const {
  if (tensor.type == tensorType(cell))
    return instance.copyIn(cell, data(tensor));
  instance.store<double>(cell, numbers(tensor));
}
