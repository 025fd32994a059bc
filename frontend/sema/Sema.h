//===- Sema.h - Syntax tree to elaborated model -----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_SEMA_H
#define AGON_FRONTEND_SEMA_SEMA_H

#include "frontend/sema/Model.h"
#include "frontend/syntax/AST.h"
#include "frontend/syntax/Diagnostics.h"
#include <functional>
#include <map>

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

/// Elaborates a parsed file with the standard library and its imports in
/// scope. Returns what could be elaborated; it is only meaningful when
/// `diagnostics` has no errors. `sources` keeps the text of imports and of the
/// standard library alive.
std::unique_ptr<Model> analyze(const syntax::Module &module, syntax::SourceManager &sources, const Options &options,
                               syntax::Diagnostics &diagnostics);

} // namespace agon::sema
#endif
