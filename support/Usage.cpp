//===- Usage.cpp - What is wrong with a command line ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "support/Usage.h"

namespace agon::support {

static std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string bothGiven(std::string_view first, std::string_view second) {
  return "expected one of " + quoted(first) + " and " + quoted(second) + ", got both";
}

std::string valueLacks(std::string_view option, std::string_view next) {
  return "expected a value after " + std::string(option) + ", got " +
         (next.empty() ? "nothing" : "the option " + std::string(next));
}

std::string valueUnwanted(std::string_view word) {
  return "expected " + std::string(word.substr(0, word.find('='))) + ", which takes no value, got " + quoted(word);
}

std::string optionUnknown(std::string_view option, std::string_view fix) {
  return "unknown option " + quoted(option) + "; " + std::string(fix);
}

} // namespace agon::support
