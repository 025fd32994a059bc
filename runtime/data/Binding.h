//===- Binding.h - What --data says -----------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_BINDING_H
#define AGON_RUNTIME_DATA_BINDING_H

#include <string>
#include <vector>

namespace agon::rt {

/// One `--data FIELDS=PATH` or `--data FIELDS=PATH:COLUMNS`.
struct Binding {
  std::vector<std::string> fields; ///< "x", or "x,y": columns split in this order
  std::string path;
  std::vector<std::string> columns; ///< of a file whose columns have names; none: all
};

/// Splits "x,y=PATH" or "x,y=PATH:COLUMNS". A colon belongs to the path when a
/// file of that name exists; names of columns may stand in quotes, as in the file.
/// \throws Failure (Usage).
Binding parseBinding(const std::string &text);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_BINDING_H
