//===- Binding.h - What --data says -----------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_BINDING_H
#define AGON_RUNTIME_DATA_BINDING_H

#include <string>
#include <vector>

namespace agon::rt {

/// One `--data FIELDS=PATH` or `--data FIELDS=PATH:COLUMNS`.
struct Binding {
  std::vector<std::string> fields;  ///< "x", or "x,y": columns split in this order
  std::string path;                 ///< of a file or folder, or a pattern of several
  std::vector<std::string> columns; ///< of a file whose columns, arrays or parts have names; none: all
  std::vector<std::string> flipped; ///< fields whose pictures training mirrors at random
  double skips = 0;                 ///< the share of pictures that may be left out because they cannot be decoded
};

/// Splits "x,y=PATH" or "x,y=PATH:COLUMNS". A colon belongs to the path when a
/// file of that name exists, or one that fits it as a pattern; names of columns may stand in quotes, as in the file.
/// \throws Failure (Usage).
Binding parseBinding(const std::string &text);

/// Whether a path is there, or as a pattern (`*`, `?`, `[...]`) fits files that are.
bool isThere(const std::string &path);

/// The files or folders of a path: itself where it is there, or those that fit it as a pattern, sorted.
/// \throws Failure (NoInput) where there are none.
std::vector<std::string> filesOf(const std::string &path);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_BINDING_H
