//===- Parser.h - Text to syntax tree ---------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SYNTAX_PARSER_H
#define AGON_FRONTEND_SYNTAX_PARSER_H

#include "frontend/syntax/AST.h"
#include "frontend/syntax/Diagnostics.h"

namespace agon::syntax {

/// Parses one file. Errors go to `diagnostics`; parsing recovers at the next
/// statement or declaration, so one run reports several, and what could be
/// parsed is returned.
Module parse(const SourceFile &file, Diagnostics &diagnostics);

/// The tree as text: `agonc --emit=ast` (one node a line, indented).
std::string printTree(const Module &module);

/// What the language has instead of a word for the order of turns, such as `alternate`; empty for any other word.
std::string_view turnAdvice(std::string_view word);

} // namespace agon::syntax
#endif
