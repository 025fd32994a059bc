//===- Numbers.h - Numbers of the command line ------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_NUMBERS_H
#define AGON_RUNTIME_CLI_NUMBERS_H

#include <cstdint>
#include <string>
#include <vector>

namespace agon::rt {

/// The whole numbers that an option takes.
struct WholeRange {
  int64_t least = INT64_MIN, most = INT64_MAX;
};

/// "1 to 4096", "0 or more": for --help and for errors. Bounds that nobody meets by chance are powers of two.
std::string rangeText(WholeRange range);

/// A whole number as people write it, in decimal: "10", "010" (which is 10 too), "-3", "1e4".
/// \throws Failure (Usage) naming the option: no whole number, or out of range.
int64_t parseWhole(const std::string &option, const std::string &text, WholeRange range);

/// Whole numbers and ranges of them, with commas between: "0-35,40" are 37 numbers, none negative.
/// \throws Failure (Usage) naming the option: no such list, a number twice, or more than 2^20 of them.
std::vector<int64_t> parseWholeList(const std::string &option, const std::string &text);

/// A finite decimal number: "1e-4". \throws Failure (Usage) naming the option.
double parseReal(const std::string &option, const std::string &text);

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_NUMBERS_H
