//===- JsonNumber.h - Numbers that JSON does not have -----------*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_JSONNUMBER_H
#define AGON_RUNTIME_IO_JSONNUMBER_H

#include <cmath>
#include <nlohmann/json.hpp>

namespace agon::rt {

/// JSON has no NaN and no infinity: they are the texts "NaN", "Infinity" and "-Infinity", which JavaScript's
/// Number() and Python's float() read.
inline nlohmann::ordered_json jsonNumber(double value) {
  if (std::isfinite(value))
    return value;
  return std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_JSONNUMBER_H
