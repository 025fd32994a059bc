//===- Parser.cpp - Tokens, errors and recovery ---------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "frontend/syntax/Parser.h"
#include "frontend/syntax/ParserImpl.h"
#include <fmt/format.h>

namespace agon::syntax {

/// Of brackets, blocks and chains of prefix operators in each other. Far more
/// than a program has, far less than the stack holds.
static constexpr unsigned kMaxDepth = 400;

Module parse(const SourceFile &file, Diagnostics &diagnostics) { return Parser(file, diagnostics).parseModule(); }

bool Parser::accept(TokenKind kind) {
  if (!at(kind))
    return false;
  take();
  return true;
}

bool Parser::acceptWord(std::string_view word) {
  if (!atWord(word))
    return false;
  take();
  return true;
}

//===-- Errors ------------------------------------------------------------===//

std::string Parser::found() const {
  if (at(TokenKind::Eof))
    return "the end of the file";
  if (atBreak())
    return "the end of the line";
  if (at(TokenKind::String))
    return "a string";
  if (isKeyword(tok().kind))
    return fmt::format("the keyword `{}`", tok().text);
  return fmt::format("`{}`", tok().text);
}

SourceRange Parser::foundRange() const {
  if (!atBreak() || pos == 0)
    return tok().range;
  uint32_t end = previous().range.end;
  return {&file, end, end};
}

Diagnostic &Parser::expected(std::string_view what) {
  if (tok().reported || complainedAt == pos)
    return silent = Diagnostic();
  Diagnostic &error = errorAt(foundRange(), fmt::format("expected {}, got {}", what, found()));
  for (size_t i = pos; i > itemStart && pos - i < 200; --i)
    if (tokens[i - 1].divides) {
      error.help(
          fmt::format("`//` after `{}` begins a comment; the division of whole numbers is `/`", tokens[i - 1].text));
      break;
    }
  return error;
}

Diagnostic &Parser::errorAt(SourceRange range, std::string message) {
  complainedAt = pos;
  return diagnostics.error(range, std::move(message));
}

bool Parser::expect(TokenKind kind, std::string_view where) {
  if (accept(kind))
    return true;
  expected(fmt::format("`{}` {}", spelling(kind), where));
  return false;
}

bool Parser::expectClose(const Token &open, TokenKind kind, std::string_view what) {
  if (accept(kind))
    return true;
  Diagnostic &error = expected(fmt::format("`{}` to close {}", spelling(kind), what));
  error.note(open.range, fmt::format("the `{}` is here", open.text));
  bool anotherElement = kind != TokenKind::RightBrace && startsExpression() && !tok().onNewLine;
  if (anotherElement)
    error.help("the elements of a list are separated by `,`");
  return false;
}

const Token *Parser::openBrace(std::string_view what) {
  if (at(TokenKind::LeftBrace))
    return &take();
  Diagnostic &error = expected(fmt::format("`{{` to begin {}", what));
  if (at(TokenKind::Colon))
    error.help("blocks stand in braces: `{ ... }`");
  else if (at(TokenKind::Equal))
    error.help("equality is `==`");
  else if (at(TokenKind::LeftArrow))
    error.help("a comparison with a negative number needs a space: `a < -b`");
  return nullptr;
}

bool Parser::expectItemEnd() {
  if (atBreak() || at(TokenKind::Semicolon) || at(TokenKind::RightBrace) || at(TokenKind::Eof))
    return true;
  Diagnostic &error = expected("a new line or `;`");
  if (at(TokenKind::LeftArrow))
    error.help("`<-` writes a state; a comparison with a negative number needs a space: `a < -b`");
  else if (at(TokenKind::Equal) && adjacent(tok(), peek()) && peek().kind == TokenKind::Equal)
    error.help("equality is `==`");
  else if (at(TokenKind::RightParen) || at(TokenKind::RightBracket))
    error.help(fmt::format("no bracket is open that this `{}` could close", tok().text));
  else if (at(TokenKind::Colon))
    error.help("blocks stand in braces: `{ ... }`");
  else if (at(TokenKind::LeftParen))
    error.help("only a name can be called");
  return false;
}

//===-- Recovery ----------------------------------------------------------===//

Parser::Nest::Nest(Parser &parser) : parser(parser), ok(++parser.depth <= kMaxDepth) {
  if (!ok && parser.complainedAt != parser.pos)
    parser.errorAt(parser.tok().range, fmt::format("nested too deeply: more than {} levels", kMaxDepth));
}

bool Parser::atOuterDeclaration() const {
  return tok().onNewLine && beginsDeclaration(tok().kind) && file.lineColumn(tok().range.begin).column <= declColumn;
}

/// Only a guess, for a line after an operator or inside brackets never closed.
bool Parser::beginsStatement(size_t index) const {
  const Token &token = tokens[index];
  switch (token.kind) {
  case TokenKind::Let:
  case TokenKind::Param:
  case TokenKind::State:
  case TokenKind::Return:
  case TokenKind::For:
  case TokenKind::Repeat:
    return true;
  case TokenKind::Name: {
    const Token &next = tokens[std::min(index + 1, tokens.size() - 1)];
    for (std::string_view word :
         {"data", "noise", "value", "player", "play", "metric", "average", "init", "frozen", "mode", "require"})
      if (token.text == word)
        return !next.onNewLine && (next.kind == TokenKind::Name || next.kind == TokenKind::LeftBrace);
    return false;
  }
  default:
    return false;
  }
}

void Parser::giveUpAfterTooMany() {
  if (diagnostics.numErrors() <= kMaxErrors || at(TokenKind::Eof))
    return;
  diagnostics.giveUp();
  pos = tokens.size() - 1;
}

void Parser::skipStatement(size_t begin) {
  giveUpAfterTooMany();
  if (at(TokenKind::Eof))
    return;
  unsigned braces = 0, open = 0;
  auto count = [&](TokenKind kind) {
    if (kind == TokenKind::LeftParen || kind == TokenKind::LeftBracket) {
      ++open;
    } else if (kind == TokenKind::RightParen || kind == TokenKind::RightBracket) {
      open -= open > 0;
    } else if (kind == TokenKind::LeftBrace) {
      ++braces;
      open = 0;
    } else if (kind == TokenKind::RightBrace) {
      braces -= braces > 0;
      open = 0;
    }
  };
  for (size_t i = begin; i < pos; ++i)
    count(tokens[i].kind);
  for (; !at(TokenKind::Eof); ++pos) {
    if (atOuterDeclaration())
      return;
    if (braces == 0 && pos > begin) {
      if (at(TokenKind::RightBrace))
        return;
      bool ends = at(TokenKind::Semicolon) || tok().afterBreak;
      if ((open == 0 && ends) || (tok().onNewLine && beginsStatement(pos)))
        return;
    }
    count(tok().kind);
  }
}

void Parser::skipDeclaration(size_t begin) {
  giveUpAfterTooMany();
  for (; !at(TokenKind::Eof); ++pos)
    if (pos > begin && tok().onNewLine && beginsDeclaration(tok().kind) &&
        file.lineColumn(tok().range.begin).column <= declColumn)
      return;
}

Module Parser::parseModule() {
  Module module;
  module.file = &file;
  while (true) {
    while (accept(TokenKind::Semicolon)) {
    }
    if (at(TokenKind::Eof))
      return module;
    size_t begin = itemStart = pos;
    if (beginsDeclaration(tok().kind))
      declColumn = file.lineColumn(tok().range.begin).column;
    std::optional<Decl> decl = parseDecl();
    bool parsed = decl.has_value();
    if (decl)
      module.decls.push_back(std::move(*decl));
    if (!parsed || !expectItemEnd())
      skipDeclaration(begin);
  }
}

} // namespace agon::syntax
