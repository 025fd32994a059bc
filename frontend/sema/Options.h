//===- Options.h - What a user may say besides the program -------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_OPTIONS_H
#define AGON_FRONTEND_SEMA_OPTIONS_H

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace agon::sema {

struct Options {
  /// `-D NAME=VALUE`: values are parsed as Agon constant expressions. A name
  /// that no `const` declares is an error with the nearest one.
  std::map<std::string, std::string> defines;
  /// Reads an imported file; empty optional, and `why`, when it cannot be read. `path` is
  /// what the import says, joined to the importing file's directory.
  std::function<std::optional<std::string>(const std::string &path, std::string &why)> readFile;
  /// The numbers of the build: f64 instead of f32.
  bool f64 = false;
};

} // namespace agon::sema
#endif
