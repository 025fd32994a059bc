//===- Sema.h - Syntax tree to elaborated model -----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_SEMA_H
#define AGON_FRONTEND_SEMA_SEMA_H

#include "frontend/sema/Model.h"
#include "frontend/sema/Options.h"
#include "frontend/syntax/AST.h"
#include "frontend/syntax/Diagnostics.h"

namespace agon::sema {

/// Elaborates a parsed file with the standard library and its imports in
/// scope. Returns what could be elaborated; it is only meaningful when
/// `diagnostics` has no errors. `sources` keeps the text of imports and of the
/// standard library alive.
std::unique_ptr<Model> analyze(const syntax::Module &module, syntax::SourceManager &sources, const Options &options,
                               syntax::Diagnostics &diagnostics);

} // namespace agon::sema
#endif
