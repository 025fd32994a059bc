#include "runtime/cli/Numbers.h"

#include "runtime/core/Failure.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <set>

using namespace agon::rt;

namespace {

std::string boundText(int64_t bound) {
  if (bound == INT64_MAX)
    return "2^63 - 1";
  if (bound == INT64_MIN)
    return "-2^63";
  bool large = bound > 1'000'000 && std::has_single_bit(uint64_t(bound));
  return large ? fmt::format("2^{}", std::countr_zero(uint64_t(bound))) : std::to_string(bound);
}

/// The number, which must be all of the text, in std::from_chars's words.
template <typename T> std::errc parse(const std::string &text, T &value) {
  const char *begin = text.data(), *end = begin + text.size();
  if (text.starts_with('+') && !text.starts_with("+-"))
    ++begin;
  auto [at, error] = std::from_chars(begin, end, value);
  return at == end ? error : std::errc::invalid_argument;
}

/// "1e18", "-1e17": powers of ten that 64 bits hold are exact as doubles.
bool isPowerOfTen(std::string_view text) {
  text.remove_prefix(text.starts_with('-') || text.starts_with('+'));
  return text.starts_with("1e") || text.starts_with("1E");
}

} // namespace

std::string agon::rt::rangeText(WholeRange range) {
  return fmt::format("{} to {}", boundText(range.least), boundText(range.most));
}

int64_t agon::rt::parseWhole(const std::string &option, const std::string &text, WholeRange range) {
  int64_t value = 0;
  std::errc error = parse(text, value);
  if (error == std::errc::invalid_argument) {
    // "1e4": a double that is whole holds the digits it was written with.
    double real = 0;
    error = parse(text, real);
    bool tiny = error == std::errc::result_out_of_range && text.find('-', 1) != std::string::npos; // 1e-400
    if (error == std::errc::invalid_argument || tiny || !std::isfinite(real) || real != std::floor(real))
      fail(ExitCode::Usage, "{} expects a whole number, got '{}'", option, text);
    if (error == std::errc() && std::abs(real) < 0x1p63 && (std::abs(real) <= 0x1p53 || isPowerOfTen(text)))
      value = int64_t(real);
    else if (error == std::errc() && std::abs(real) < 0x1p63)
      fail(ExitCode::Usage, "{} expects the digits of '{}' written out", option, text);
    else
      error = std::errc::result_out_of_range;
  }
  if (error != std::errc() || value < range.least || value > range.most)
    fail(ExitCode::Usage, "{} expects a whole number in {}, got {}", option, rangeText(range), text);
  return value;
}

std::vector<int64_t> agon::rt::parseWholeList(const std::string &option, const std::string &text) {
  constexpr size_t most = size_t(1) << 20;
  std::vector<int64_t> list;
  std::set<int64_t> seen;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find(',', at), text.size());
    std::string part = text.substr(at, end - at);
    size_t dash = part.find('-', 1);
    WholeRange notNegative{0, INT64_MAX - 1};
    int64_t first = parseWhole(option, part.substr(0, dash), notNegative);
    int64_t last = dash == std::string::npos ? first : parseWhole(option, part.substr(dash + 1), notNegative);
    if (last < first)
      fail(ExitCode::Usage, "{} expects ranges that go up, such as {}-{}, got {}", option, last, first, part);
    if (uint64_t(last - first) >= most - list.size())
      fail(ExitCode::Usage, "{} takes at most {} numbers", option, most);
    for (int64_t value = first; value <= last; ++value) {
      if (!seen.insert(value).second)
        fail(ExitCode::Usage, "{} names {} twice", option, value);
      list.push_back(value);
    }
    at = end + 1;
  }
  return list;
}

double agon::rt::parseReal(const std::string &option, const std::string &text) {
  double value = 0;
  std::errc error = parse(text, value);
  if (error == std::errc::result_out_of_range)
    fail(ExitCode::Usage, "{} expects a number that 64 bits can hold, got {}", option, text);
  if (error != std::errc() || !std::isfinite(value))
    fail(ExitCode::Usage, "{} expects a number, got '{}'", option, text);
  return value;
}
