//===- Suggest.h - Did you mean ...? ----------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_SUGGEST_H
#define AGON_RUNTIME_CORE_SUGGEST_H

#include <string>
#include <string_view>
#include <vector>

namespace agon::rt {

/// "; did you mean X?" for the nearest candidate by edit distance, or nothing
/// when none is near.
std::string suggestion(std::string_view word, const std::vector<std::string> &candidates);

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_SUGGEST_H
