//===- Lexer.h - Text to tokens ---------------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SYNTAX_LEXER_H
#define AGON_FRONTEND_SYNTAX_LEXER_H

#include "frontend/syntax/Diagnostics.h"

namespace agon::syntax {

// clang-format off
/// Words that are never names. All others that begin a construct (`data`,
/// `player`, `with`, ...) are names to the lexer and special only in their
/// place, so that a network may be called `value`.
#define AGON_KEYWORDS(X)                                                                           \
  X(Const, "const") X(Fn, "fn") X(Layer, "layer") X(Network, "network")                            \
  X(Optimizer, "optimizer") X(Source, "source") X(Game, "game") X(Way, "way") X(Import, "import")  \
  X(Let, "let") X(Param, "param") X(State, "state") X(Return, "return") X(For, "for")              \
  X(In, "in") X(If, "if") X(Then, "then") X(Else, "else") X(True, "true") X(False, "false")        \
  X(And, "and") X(Or, "or") X(Not, "not") X(Repeat, "repeat")

/// Longer ones before their prefixes: the lexer takes the first that fits.
#define AGON_PUNCTUATION(X)                                                                        \
  X(DotDot, "..") X(Arrow, "->") X(LeftArrow, "<-") X(PipeArrow, "|>") X(LessEqual, "<=")          \
  X(GreaterEqual, ">=") X(EqualEqual, "==") X(NotEqual, "!=") X(Dot, ".") X(LeftParen, "(")        \
  X(RightParen, ")") X(LeftBracket, "[") X(RightBracket, "]") X(LeftBrace, "{")                    \
  X(RightBrace, "}") X(Comma, ",") X(Colon, ":") X(Semicolon, ";") X(Equal, "=") X(Tilde, "~")     \
  X(Ampersand, "&") X(Plus, "+") X(Minus, "-") X(Star, "*") X(Slash, "/") X(Percent, "%")          \
  X(Caret, "^") X(At, "@") X(Less, "<") X(Greater, ">")
// clang-format on

enum class TokenKind {
  Eof,
  Error, // Something that has been complained about already.
  Name,
  Integer,
  Real,
  String,
#define X(name, spelling) name,
  AGON_KEYWORDS(X) AGON_PUNCTUATION(X)
#undef X
};

/// `"const"`, `"|>"`: the spelling of a keyword or of punctuation; else what
/// the kind is in words.
std::string_view spelling(TokenKind kind);
bool isKeyword(TokenKind kind);
/// `const`, `fn`, ...: begins a declaration of a file.
bool beginsDeclaration(TokenKind kind);

struct Token {
  TokenKind kind = TokenKind::Eof;
  SourceRange range;
  std::string_view text;   ///< As written.
  bool onNewLine = false;  ///< The first one of its line.
  bool afterBreak = false; ///< A new line before it ends a statement, unless inside ( ) or [ ].
  bool reported = false;   ///< The lexer complained about it: the parser stays silent.
  bool divides = false;    ///< What looks like a division `//` by something follows: a comment.
  int64_t integer = 0;     ///< Integer
  double real = 0;         ///< Real
  std::string string;      ///< String: with its escapes replaced
  std::string doc;         ///< The `///` lines above it, joined by newlines
};

/// The file's tokens, the last one Eof. A file that is not UTF-8 text (or has a
/// NUL byte) yields one error and no other token.
std::vector<Token> lex(const SourceFile &file, Diagnostics &diagnostics);

/// Neither lexer nor parser goes on for ever through what is not a model file.
constexpr unsigned kMaxErrors = 100;

} // namespace agon::syntax
#endif
