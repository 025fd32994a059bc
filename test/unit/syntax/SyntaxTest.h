//===- SyntaxTest.h - What the syntax tests share ---------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_UNIT_SYNTAX_SYNTAXTEST_H
#define AGON_TEST_UNIT_SYNTAX_SYNTAXTEST_H

#include "frontend/syntax/Parser.h"
#include <gtest/gtest.h>

namespace agon::syntax {

/// A text and what the parser makes of it.
struct Parsed {
  explicit Parsed(std::string text) : file(sources.add("t.agon", std::move(text))), module(parse(file, diagnostics)) {}

  std::string tree() const { return printTree(module); }
  std::string messages() const { return diagnostics.render(false); }
  /// "LINE:COLUMN message", one a line, in the order found.
  std::string places() const {
    std::string result;
    for (const auto &diagnostic : diagnostics.all()) {
      auto [line, column] = diagnostic->range.file->lineColumn(diagnostic->range.begin);
      result += std::to_string(line) + ":" + std::to_string(column) + " " + diagnostic->message + "\n";
    }
    return result;
  }

  SourceManager sources;
  Diagnostics diagnostics;
  const SourceFile &file;
  Module module;
};

/// An expression fully parenthesised: `(a + (b * c))`, `f(x, k: 1)`.
inline std::string show(const Expr &expr) {
  constexpr const char *binary[] = {"+", "-", "*", "/", "%", "^", "@", "<", "<=", ">", ">=", "==", "!=", "and", "or"};
  auto list = [&](const char *open, const char *close) {
    std::string result = open;
    for (size_t i = 0; i < expr.children.size(); ++i) {
      bool spread = i < expr.spread.size() && expr.spread[i];
      result += (i ? ", " : "") + std::string(spread ? ".." : "") + show(*expr.children[i]);
    }
    return result + close;
  };
  switch (expr.kind) {
  case ExprKind::Integer:
    return std::to_string(expr.integer);
  case ExprKind::Real: {
    std::string text = std::to_string(expr.real);
    return text.substr(0, text.find_last_not_of('0') + 1);
  }
  case ExprKind::Bool:
    return expr.boolean ? "true" : "false";
  case ExprKind::String:
    return "\"" + expr.text + "\"";
  case ExprKind::Name:
    return expr.text;
  case ExprKind::Unary:
    return (expr.unary == UnaryOp::Neg ? "(-" : "(not ") + show(*expr.children[0]) + ")";
  case ExprKind::Binary:
    return "(" + show(*expr.children[0]) + " " + binary[static_cast<int>(expr.binary)] + " " + show(*expr.children[1]) +
           ")";
  case ExprKind::Call: {
    std::string result = expr.callee.text + "(";
    for (size_t i = 0; i < expr.args.size(); ++i) {
      const Arg &arg = expr.args[i];
      result += (i ? ", " : "") + (arg.name ? arg.name->text + ": " : "") + show(*arg.value);
    }
    return result + ")";
  }
  case ExprKind::Index: {
    std::string result = show(*expr.children[0]) + "[";
    for (size_t i = 0; i < expr.subscripts.size(); ++i) {
      const Subscript &subscript = expr.subscripts[i];
      result += i ? ", " : "";
      result += subscript.first ? show(*subscript.first) : "";
      result += subscript.isSlice ? ":" : "";
      result += subscript.last ? show(*subscript.last) : "";
    }
    return result + "]";
  }
  case ExprKind::Conditional:
    return "(if " + show(*expr.children[0]) + " then " + show(*expr.children[1]) + " else " + show(*expr.children[2]) +
           ")";
  case ExprKind::List:
    return list("[", "]");
  case ExprKind::Tuple:
    return list("(", ")");
  case ExprKind::Expectation:
    return list("E[", "]");
  }
  return "?";
}

/// `const c = TEXT`: the expression as above, or the messages.
inline std::string expression(const std::string &text) {
  Parsed parsed("const c = " + text);
  if (parsed.diagnostics.hasErrors())
    return parsed.places();
  return parsed.module.decls.size() == 1 ? show(*parsed.module.decls[0].value) : "more than one declaration";
}

} // namespace agon::syntax
#endif
