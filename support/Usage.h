//===- Usage.h - What is wrong with a command line --------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_SUPPORT_USAGE_H
#define AGON_SUPPORT_USAGE_H

#include <string>
#include <string_view>

namespace agon::support {

// Every program tells wrong usage in these words. Options come as they were written: "-o", "--steps 5", "--emit=".

/// What excludes each other: the same option twice, as a rule.
std::string bothGiven(std::string_view first, std::string_view second);

/// An option without its value. \param next the option that stands where the value should be, if one does.
std::string valueLacks(std::string_view option, std::string_view next = {});

/// A flag that is given a value: "--quiet=yes".
std::string valueUnwanted(std::string_view word);

/// An option that there is not. \param fix what to do instead: "did you mean --steps?".
std::string optionUnknown(std::string_view option, std::string_view fix);

} // namespace agon::support
#endif
