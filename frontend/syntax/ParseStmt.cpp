//===- ParseStmt.cpp - Types and statements -------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "frontend/syntax/ParserImpl.h"
#include <fmt/format.h>

namespace agon::syntax {

//===-- Types -------------------------------------------------------------===//

TypePtr Parser::parseShape() {
  auto type = std::make_unique<TypeExpr>();
  type->kind = TypeKind::Shape;
  const Token &open = take();
  auto element = [&] {
    bool spread = accept(TokenKind::DotDot);
    type->spread.push_back(spread);
    bool anonymous = spread && (at(TokenKind::RightBracket) || at(TokenKind::Comma));
    type->dims.push_back(anonymous ? nullptr : parseExpr());
    return anonymous || type->dims.back();
  };
  if (!parseList(open, TokenKind::RightBracket, "the shape", element))
    return nullptr;
  type->range = since(open.range);
  return type;
}

TypePtr Parser::parseType() {
  Nest nest(*this);
  if (!nest)
    return nullptr;
  if (continues(TokenKind::LeftBracket))
    return parseShape();
  auto type = std::make_unique<TypeExpr>();
  type->range = tok().range;
  if (continues(TokenKind::LeftParen)) {
    type->kind = TypeKind::Tuple;
    const Token &open = take();
    auto element = [&] {
      type->elements.push_back(parseType());
      return type->elements.back() != nullptr;
    };
    if (!parseList(open, TokenKind::RightParen, "the tuple of types", element))
      return nullptr;
    type->range = since(open.range);
    if (type->elements.size() >= 2)
      return type;
    errorAt(type->range, fmt::format("expected at least two types in a tuple, got {}", type->elements.size()))
        .help("one result needs no parentheses: `-> [n]`");
    return nullptr;
  }
  if (!atBreak()) {
    for (auto [word, kind] :
         {std::pair("int", TypeKind::Int), std::pair("real", TypeKind::Real), std::pair("bool", TypeKind::Bool)})
      if (acceptWord(word)) {
        type->kind = kind;
        return type;
      }
    if (atWord("class")) {
      take();
      type->kind = TypeKind::Class;
      if (!at(TokenKind::LeftParen)) {
        expected("`(` and the number of classes after `class`").help("write `class(10)`");
        return nullptr;
      }
      const Token &open = take();
      BracketScope scope(*this, /*lines=*/false);
      type->classes = parseExpr();
      if (!type->classes || !expectClose(open, TokenKind::RightParen, "the number of classes"))
        return nullptr;
      type->range = since(type->range);
      return type;
    }
  }
  Diagnostic &error = expected("a type");
  if (atWord("float") || atWord("double") || atWord("f32") || atWord("f64"))
    error.help("a number is `real`, a tensor of one number `[]`");
  else
    error.help("a type is a shape such as `[1, 28, 28]`, `class(10)`, `int`, `real` or `bool`");
  return nullptr;
}

//===-- Statements --------------------------------------------------------===//

StmtPtr Parser::makeStmt(StmtKind kind) const {
  auto stmt = std::make_unique<Stmt>();
  stmt->kind = kind;
  stmt->range = tok().range;
  return stmt;
}

StmtPtr Parser::finish(StmtPtr stmt) const {
  stmt->range = since(stmt->range);
  return stmt;
}

bool Parser::parseBody(std::vector<StmtPtr> &body, std::string_view what) {
  return parseBraces(what, [&] {
    StmtPtr stmt = parseStmt();
    bool parsed = stmt != nullptr;
    if (parsed)
      body.push_back(std::move(stmt));
    return parsed;
  });
}

StmtPtr Parser::parseStmt() {
  switch (tok().kind) {
  case TokenKind::Let:
    return parseLet();
  case TokenKind::Param:
    return parseParamStmt();
  case TokenKind::State:
    return parseStateStmt();
  case TokenKind::Return:
    return parseReturn();
  case TokenKind::For:
    return parseFor();
  case TokenKind::If:
    return parseIf();
  case TokenKind::Name:
    break;
  default:
    unexpectedStatement();
    return nullptr;
  }
  bool namesNext = peek().kind == TokenKind::Name && !peek().onNewLine;
  if (namesNext && atWord("noise"))
    return parseNoise();
  if (namesNext && atWord("mode"))
    return parseMode();
  bool assigns = peek().kind == TokenKind::Equal || peek().kind == TokenKind::LeftArrow;
  bool ends = peek().onNewLine || peek().kind == TokenKind::Semicolon || peek().kind == TokenKind::RightBrace;
  if (ends ? atWord("draw") || atWord("play") : atWord("step") && !assigns)
    return parseOfWay();
  if (atWord("require") && !assigns && !peek().onNewLine)
    return parseRequire();
  return parseAssignment();
}

void Parser::unexpectedStatement() {
  Diagnostic &error = expected("a statement");
  if (beginsDeclaration(tok().kind))
    error.help("declarations stand at the top of a file, outside of bodies and games");
  for (auto [word, help] : {std::pair("def", "a function is declared with `fn`, at the top of a file"),
                            std::pair("var", "write `let`"), std::pair("while", "a loop is `for i in 0..n { ... }`"),
                            std::pair("elif", "write `else if`"), std::pair("pass", "a body may be empty: `{ }`"),
                            std::pair("print", "nothing is printed from a model: declare a `metric` in the game")})
    if (atWord(word)) {
      error.help(help);
      return;
    }
  bool otherName = at(TokenKind::Name) && peek().kind == TokenKind::Name && !peek().onNewLine;
  if (at(TokenKind::Repeat)) {
    error.help("`repeat` stands in a `play`; a loop is `for i in 0..n { ... }`");
  } else if (at(TokenKind::Else)) {
    error.help("`else` follows the `}` of an `if`");
  } else if (otherName) {
    std::string near =
        nearestName(tok().text, {"let", "param", "state", "return", "for", "if", "noise", "mode", "require"});
    if (!near.empty())
      error.help(fmt::format("did you mean `{}`?", near));
  } else if (startsExpression()) {
    error.help("a body gives its value with `return`");
  }
}

bool Parser::parsePattern(std::vector<Ident> &names) {
  auto element = [&] {
    std::optional<Ident> name = parseName("a name");
    if (name)
      names.push_back(std::move(*name));
    return name.has_value();
  };
  if (!at(TokenKind::LeftParen))
    return element();
  const Token &open = take();
  if (at(TokenKind::RightParen))
    return expected("a name"), false;
  return parseList(open, TokenKind::RightParen, "the names", element);
}

StmtPtr Parser::parseLet() {
  StmtPtr stmt = makeStmt(StmtKind::Let);
  take();
  if (!parsePattern(stmt->names))
    return nullptr;
  if (!at(TokenKind::Equal)) {
    Diagnostic &error = expected(fmt::format("`=` after `let {}`", stmt->names.front().text));
    if (at(TokenKind::Colon))
      error.help("`let` takes no type: the shape follows from the value");
    else if (at(TokenKind::Comma))
      error.help("several names stand in parentheses: `let (a, b) = ...`");
    else if (at(TokenKind::Tilde))
      error.help("a random variable is `noise z: [n] ~ normal(0, 1)`");
    return nullptr;
  }
  take();
  stmt->value = parseExpr();
  return stmt->value ? finish(std::move(stmt)) : nullptr;
}

StmtPtr Parser::parseParamStmt() {
  StmtPtr stmt = makeStmt(StmtKind::Param);
  take();
  std::optional<Ident> name = parseName("the name of the parameter");
  if (!name)
    return nullptr;
  if (!at(TokenKind::Colon)) {
    expected(fmt::format("`:` and the shape of the parameter `{}`", name->text))
        .help("write `param W: [n, m] ~ normal(0, 0.02)`; the shape of one number is `[]`");
    return nullptr;
  }
  take();
  stmt->type = parseType();
  if (!stmt->type)
    return nullptr;
  stmt->drawn = at(TokenKind::Tilde);
  if (!accept(TokenKind::Tilde) && !accept(TokenKind::Equal)) {
    expected(fmt::format("`=` or `~` and the initial value of `{}`", name->text))
        .help("`~ normal(0, 0.02)` draws, `= 0` sets");
    return nullptr;
  }
  stmt->names.push_back(std::move(*name));
  stmt->value = parseExpr();
  return stmt->value ? finish(std::move(stmt)) : nullptr;
}

StmtPtr Parser::parseStateStmt() {
  StmtPtr stmt = makeStmt(StmtKind::State);
  take();
  std::optional<Ident> name = parseName("the name of the state");
  if (!name)
    return nullptr;
  if (accept(TokenKind::Colon)) {
    stmt->type = parseType();
    if (!stmt->type)
      return nullptr;
  }
  stmt->drawn = at(TokenKind::Tilde);
  if (!accept(TokenKind::Tilde) && !accept(TokenKind::Equal)) {
    expected(fmt::format("`=` or `~` and the initial value of `{}`", name->text));
    return nullptr;
  }
  stmt->names.push_back(std::move(*name));
  stmt->value = parseExpr();
  return stmt->value ? finish(std::move(stmt)) : nullptr;
}

StmtPtr Parser::parseReturn() {
  StmtPtr stmt = makeStmt(StmtKind::Return);
  take();
  stmt->value = parseExpr();
  if (!stmt->value)
    return nullptr;
  if (at(TokenKind::Comma)) {
    expected("a new line or `;`").help("several results stand in parentheses: `return (a, b)`");
    return nullptr;
  }
  return finish(std::move(stmt));
}

bool Parser::parseRange(ExprPtr &first, ExprPtr &last, std::string_view where, bool orList) {
  first = parseExpr();
  if (!first)
    return false;
  if (orList && at(TokenKind::LeftBrace))
    return true;
  if (!at(TokenKind::DotDot)) {
    expected(fmt::format("`..` in the range of {}", where)).help("write `0..n`: from 0 to n - 1");
    return false;
  }
  take();
  if (at(TokenKind::Equal)) {
    expected("the end of the range").help("the end is not included: write `0..n + 1`");
    return false;
  }
  last = parseExpr();
  return last != nullptr;
}

StmtPtr Parser::parseFor() {
  StmtPtr stmt = makeStmt(StmtKind::For);
  take();
  if (at(TokenKind::LeftParen)) {
    if (!parsePattern(stmt->names) || !expect(TokenKind::In, "after the names of the loop"))
      return nullptr;
  } else {
    std::optional<Ident> name = parseName("the name of the loop's variable");
    if (!name || !expect(TokenKind::In, fmt::format("after `for {}`", name->text)))
      return nullptr;
    stmt->names.push_back(std::move(*name));
  }
  if (!parseRange(stmt->first, stmt->last, "the loop", /*orList=*/true))
    return nullptr;
  return parseBody(stmt->body, "the body of the loop") ? finish(std::move(stmt)) : nullptr;
}

StmtPtr Parser::parseIf() {
  Nest nest(*this);
  if (!nest)
    return nullptr;
  StmtPtr stmt = makeStmt(StmtKind::If);
  take();
  stmt->value = parseExpr();
  if (!stmt->value)
    return nullptr;
  if (at(TokenKind::Then)) {
    expected("`{` to begin the body of the `if`")
        .help("at the beginning of a statement: `if c { ... } else { ... }`; "
              "`if c then a else b` is a value");
    return nullptr;
  }
  if (!parseBody(stmt->body, "the body of the `if`"))
    return nullptr;
  if (!accept(TokenKind::Else))
    return finish(std::move(stmt));
  if (at(TokenKind::If)) {
    StmtPtr nested = parseIf();
    if (!nested)
      return nullptr;
    stmt->elseBody.push_back(std::move(nested));
  } else if (!parseBody(stmt->elseBody, "the body of the `else`")) {
    return nullptr;
  }
  return finish(std::move(stmt));
}

StmtPtr Parser::parseNoise() {
  StmtPtr stmt = makeStmt(StmtKind::Noise);
  take();
  std::optional<Ident> name = parseName("the name of the random variable");
  if (!name)
    return nullptr;
  if (!at(TokenKind::Colon)) {
    expected(fmt::format("`:` and the shape of the noise `{}`", name->text))
        .help("write `noise z: [100] ~ normal(0, 1)`; the shape of one number is `[]`");
    return nullptr;
  }
  take();
  stmt->type = parseType();
  if (!stmt->type)
    return nullptr;
  if (!at(TokenKind::Tilde)) {
    expected(fmt::format("`~` and the distribution of the noise `{}`", name->text))
        .help("write `noise z: [100] ~ normal(0, 1)`");
    return nullptr;
  }
  take();
  stmt->names.push_back(std::move(*name));
  stmt->value = parseExpr();
  return stmt->value ? finish(std::move(stmt)) : nullptr;
}

StmtPtr Parser::parseMode() {
  StmtPtr stmt = makeStmt(StmtKind::Mode);
  take();
  std::optional<Ident> name = parseName("the name of the mode's index");
  if (!name || !expect(TokenKind::In, fmt::format("after `mode {}`", name->text)))
    return nullptr;
  stmt->names.push_back(std::move(*name));
  if (!parseRange(stmt->first, stmt->last, "the modes"))
    return nullptr;
  if (!acceptWord("at")) {
    expected("`at` and the mode's point").help("write `mode i in 0..n at [x, y] within r`");
    return nullptr;
  }
  stmt->value = parseExpr();
  if (!stmt->value)
    return nullptr;
  if (!acceptWord("within")) {
    expected("`within` and the mode's radius").help("write `mode i in 0..n at [x, y] within r`");
    return nullptr;
  }
  stmt->radius = parseExpr();
  return stmt->radius ? finish(std::move(stmt)) : nullptr;
}

StmtPtr Parser::parseOfWay() {
  StmtPtr stmt = makeStmt(atWord("step") ? StmtKind::Step : atWord("draw") ? StmtKind::Draw : StmtKind::Play);
  take();
  if (stmt->kind == StmtKind::Step && !(stmt->value = parseExpr()))
    return nullptr;
  return finish(std::move(stmt));
}

StmtPtr Parser::parseRequire() {
  StmtPtr stmt = makeStmt(StmtKind::Require);
  take();
  stmt->value = parseExpr();
  bool parsed = stmt->value != nullptr;
  while (parsed && accept(TokenKind::Comma))
    parsed = parseArg(stmt->args);
  return parsed ? finish(std::move(stmt)) : nullptr;
}

StmtPtr Parser::parseAssignment() {
  StmtPtr stmt = makeStmt(StmtKind::Assign);
  TokenKind next = peek().kind;
  if (next == TokenKind::Equal || next == TokenKind::LeftArrow) {
    stmt->names.push_back(*parseName("a name"));
    stmt->kind = next == TokenKind::Equal ? StmtKind::Assign : StmtKind::Write;
    take();
    stmt->value = parseExpr();
    return stmt->value ? finish(std::move(stmt)) : nullptr;
  }
  const Token &after = peek(2);
  bool augmented =
      (next == TokenKind::Plus || next == TokenKind::Minus || next == TokenKind::Star || next == TokenKind::Slash) &&
      after.kind == TokenKind::Equal && adjacent(peek(), after);
  if (augmented) {
    std::string_view name = tok().text, op = peek().text;
    errorAt(peek().range.to(after.range), fmt::format("unexpected `{}=`", op))
        .help(fmt::format("write `{0} = {0} {1} ...`", name, op));
    return nullptr;
  }
  unexpectedStatement();
  return nullptr;
}

} // namespace agon::syntax
