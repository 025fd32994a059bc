//===- ParsePrimary.cpp - Operands: names, literals, brackets -------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/syntax/ParserImpl.h"
#include <fmt/format.h>

namespace agon::syntax {

bool Parser::startsExpression() const {
  switch (tok().kind) {
  case TokenKind::Name:
  case TokenKind::Integer:
  case TokenKind::Real:
  case TokenKind::String:
  case TokenKind::True:
  case TokenKind::False:
  case TokenKind::LeftParen:
  case TokenKind::LeftBracket:
  case TokenKind::Minus:
  case TokenKind::Not:
  case TokenKind::If:
    return true;
  default:
    return false;
  }
}

void Parser::unexpectedOperand() {
  Diagnostic &error = expected("an expression");
  if (atBreak())
    return;
  // The culprit is on the line above.
  if (tok().onNewLine && pos > itemStart)
    error.note(previous().range, fmt::format("it must follow this `{}`", previous().text));
  else if (at(TokenKind::If))
    error.help("a conditional binds loosest of all: put it in parentheses");
  else if (at(TokenKind::DotDot))
    error.help("`..rest` stands only inside `[ ]`, `a..b` only in the range of a loop");
  else if (at(TokenKind::Equal) && previous().kind == TokenKind::Equal)
    error.help("equality is `==`");
  else if (at(TokenKind::Star) && previous().kind == TokenKind::Star)
    error.help("powers are written `x^2`");
  else if (at(TokenKind::LeftBrace))
    error.help("braces hold statements; a list is `[a, b]`");
  else if (at(TokenKind::Fn))
    error.help("a function is declared, with a name, at the top of a file");
}

ExprPtr Parser::parsePrimary() {
  if (atBreak()) {
    unexpectedOperand();
    return nullptr;
  }
  switch (tok().kind) {
  case TokenKind::Integer: {
    ExprPtr expr = make(ExprKind::Integer, tok().range);
    expr->integer = take().integer;
    return expr;
  }
  case TokenKind::Real: {
    ExprPtr expr = make(ExprKind::Real, tok().range);
    expr->real = take().real;
    return expr;
  }
  case TokenKind::String: {
    ExprPtr expr = make(ExprKind::String, tok().range);
    expr->text = take().string;
    return expr;
  }
  case TokenKind::True:
  case TokenKind::False: {
    ExprPtr expr = make(ExprKind::Bool, tok().range);
    expr->boolean = take().kind == TokenKind::True;
    return expr;
  }
  case TokenKind::Name:
    break;
  case TokenKind::LeftParen:
    return parseParenthesis();
  case TokenKind::LeftBracket:
    return parseListExpr();
  default:
    unexpectedOperand();
    return nullptr;
  }

  for (auto [word, help] : {std::pair("True", "write `true`"), std::pair("False", "write `false`"),
                            std::pair("None", "there is no `None`: leave the argument out"),
                            std::pair("lambda", "a function is declared, with a name, at the top "
                                                "of a file: `fn f(x) = ...`")})
    // `lambda` is a good name for a coefficient: only `lambda x` is Python.
    if (atWord(word) && (std::string_view(word) != "lambda" || peek().kind == TokenKind::Name)) {
      expected("an expression").help(help);
      return nullptr;
    }
  bool expectation = atWord("E") && peek().kind == TokenKind::LeftBracket && !peek().afterBreak;
  if (expectation)
    return parseExpectation();
  std::optional<Ident> name = parseDottedName("an expression");
  if (!name)
    return nullptr;
  if (continues(TokenKind::LeftParen))
    return parseCallOf(std::move(*name));
  ExprPtr expr = make(ExprKind::Name, name->range);
  expr->text = std::move(name->text);
  return expr;
}

ExprPtr Parser::parseParenthesis() {
  const Token &open = take();
  std::vector<ExprPtr> elements;
  bool commas = false;
  if (at(TokenKind::RightParen)) {
    expected("an expression after `(`");
    return nullptr;
  }
  auto element = [&] {
    elements.push_back(parseExpr());
    commas |= at(TokenKind::Comma);
    return elements.back() != nullptr;
  };
  if (!parseList(open, TokenKind::RightParen, "the parenthesis", element))
    return nullptr;
  if (elements.empty()) // `(` and the end of the file: expectClose has complained
    return nullptr;
  if (!commas) { // Parentheses only group; carets take them in.
    elements.front()->range = since(open.range);
    return std::move(elements.front());
  }
  if (elements.size() == 1) {
    errorAt(since(open.range), "expected at least two elements in a tuple, got 1").help("one value needs no comma");
    return nullptr;
  }
  ExprPtr tuple = make(ExprKind::Tuple, since(open.range));
  tuple->children = std::move(elements);
  return finish(std::move(tuple));
}

ExprPtr Parser::parseListExpr() {
  const Token &open = take();
  ExprPtr list = make(ExprKind::List, open.range);
  auto element = [&] {
    list->spread.push_back(accept(TokenKind::DotDot));
    list->children.push_back(parseExpr());
    return list->children.back() != nullptr;
  };
  if (!parseList(open, TokenKind::RightBracket, "the list", element))
    return nullptr;
  list->range = since(open.range);
  return finish(std::move(list));
}

ExprPtr Parser::parseExpectation() {
  SourceRange begin = take().range;
  const Token &open = take();
  ExprPtr expr = make(ExprKind::Expectation, begin);
  {
    BracketScope scope(*this, /*lines=*/false);
    expr->children.push_back(parseExpr());
    if (!expr->children.front())
      return nullptr;
    if (at(TokenKind::Comma)) {
      expected("`]` to close the expectation").help("`E[e]` is the mean of one expression");
      return nullptr;
    }
    if (!expectClose(open, TokenKind::RightBracket, "the expectation"))
      return nullptr;
  }
  expr->range = since(begin);
  return finish(std::move(expr));
}

} // namespace agon::syntax
