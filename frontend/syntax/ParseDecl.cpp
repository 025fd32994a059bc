//===- ParseDecl.cpp - Declarations ---------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "frontend/syntax/ParserImpl.h"
#include <fmt/format.h>

namespace agon::syntax {

static DeclKind declKind(TokenKind kind) {
  switch (kind) {
  case TokenKind::Const:
    return DeclKind::Const;
  case TokenKind::Fn:
    return DeclKind::Fn;
  case TokenKind::Layer:
    return DeclKind::Layer;
  case TokenKind::Network:
    return DeclKind::Network;
  case TokenKind::Optimizer:
    return DeclKind::Optimizer;
  case TokenKind::Source:
    return DeclKind::Source;
  case TokenKind::Way:
    return DeclKind::Way;
  case TokenKind::Game:
    return DeclKind::Game;
  default:
    return DeclKind::Import;
  }
}

void Parser::unexpectedDeclaration() {
  Diagnostic &error = expected("a declaration");
  for (auto [word, help] : {std::pair("def", "a function is declared with `fn`: `fn f(x) = x^2`"),
                            std::pair("class", "networks are declared with `network`, templates of them with `layer`"),
                            std::pair("from", "write `import \"file.agon\"`"),
                            std::pair("var", "a constant of the file is declared with `const`")})
    if (atWord(word)) {
      error.help(help);
      return;
    }
  for (std::string_view word :
       {"data", "noise", "value", "player", "play", "metric", "average", "init", "move", "frozen"})
    if (atWord(word)) {
      error.help(fmt::format("`{}` belongs inside `game NAME {{ ... }}`", word));
      return;
    }
  if (at(TokenKind::Let)) {
    error.help("a constant of the file is declared with `const`");
  } else if (at(TokenKind::RightBrace)) {
    error.help("no `{` is open that this `}` could close");
  } else if (at(TokenKind::Name) && peek().kind == TokenKind::Equal) {
    error.help(fmt::format("a constant is declared with `const {} = ...`", tok().text));
  } else if (at(TokenKind::Name)) {
    std::string near =
        nearestName(tok().text, {"const", "fn", "layer", "network", "optimizer", "source", "way", "game", "import"});
    if (!near.empty())
      error.help(fmt::format("did you mean `{}`?", near));
    else if (atWord("func") || atWord("function"))
      error.help("a function is declared with `fn`");
  }
}

std::optional<Decl> Parser::parseDecl() {
  if (!beginsDeclaration(tok().kind)) {
    unexpectedDeclaration();
    return std::nullopt;
  }
  const Token &keyword = take();
  Decl decl;
  decl.kind = declKind(keyword.kind);
  decl.range = keyword.range;
  decl.doc = keyword.doc;

  if (decl.kind == DeclKind::Import) {
    if (!at(TokenKind::String)) {
      expected("a path after `import`").help("write `import \"file.agon\"`");
      return std::nullopt;
    }
    decl.name = {take().string, previous().range};
    if (previous().reported)
      return std::nullopt;
    decl.range = since(decl.range);
    return decl;
  }

  std::optional<Ident> name = parseDottedName(fmt::format("a name after `{}`", keyword.text));
  if (!name)
    return std::nullopt;
  decl.name = std::move(*name);
  std::string what = fmt::format("{} `{}`", keyword.kind == TokenKind::Fn ? "function" : keyword.text, decl.name.text);

  bool parsed = false;
  if (decl.kind == DeclKind::Const) {
    if (!at(TokenKind::Equal)) {
      Diagnostic &error = expected(fmt::format("`=` after `const {}`", decl.name.text));
      if (at(TokenKind::Colon))
        error.help("`const` takes no type");
      return std::nullopt;
    }
    take();
    decl.value = parseExpr();
    parsed = decl.value != nullptr;
  } else if (decl.kind == DeclKind::Game) {
    if (at(TokenKind::LeftParen)) {
      expected("`{` to begin the " + what).help("a game takes no parameters");
      return std::nullopt;
    }
    parsed = parseBraces("the " + what, [&] { return parseGameItem(decl); });
  } else {
    parsed = parseParams(decl) && parseDeclBody(decl, what);
  }
  if (!parsed)
    return std::nullopt;
  decl.range = since(decl.range);
  return decl;
}

bool Parser::parseParams(Decl &decl) {
  if (decl.kind == DeclKind::Way && at(TokenKind::LeftBrace))
    return true;
  if (!at(TokenKind::LeftParen)) {
    expected(fmt::format("`(` and the parameters of `{}`", decl.name.text));
    return false;
  }
  const Token &open = take();
  const Param *defaulted = nullptr;
  auto element = [&] {
    std::optional<Ident> name = parseName("the name of a parameter");
    if (!name)
      return false;
    Param param;
    param.name = std::move(*name);
    if (accept(TokenKind::Colon)) {
      param.type = parseType();
      if (!param.type)
        return false;
    }
    if (accept(TokenKind::Equal)) {
      param.fallback = parseExpr();
      if (!param.fallback)
        return false;
    } else if (defaulted) {
      errorAt(param.name.range,
              fmt::format("expected a default value for `{}`, as for the parameter before it", param.name.text))
          .note(defaulted->name.range, "this one has a default value")
          .help("parameters without a default value come first");
      return false;
    }
    decl.params.push_back(std::move(param));
    if (decl.params.back().fallback)
      defaulted = &decl.params.back();
    return true;
  };
  return parseList(open, TokenKind::RightParen, fmt::format("the parameters of `{}`", decl.name.text), element);
}

bool Parser::parseDeclBody(Decl &decl, std::string_view what) {
  bool hasResult = decl.kind == DeclKind::Layer || decl.kind == DeclKind::Network || decl.kind == DeclKind::Source;
  bool mayBeExpression =
      decl.kind != DeclKind::Optimizer && decl.kind != DeclKind::Source && decl.kind != DeclKind::Way;
  if (at(TokenKind::Arrow)) {
    if (!hasResult) {
      expected(fmt::format("the body of the {}", what))
          .help(decl.kind == DeclKind::Fn    ? "a function declares no result type: it follows from the body"
                : decl.kind == DeclKind::Way ? "a way to play has no result: it moves the players"
                                             : "an optimizer has no result: it writes `w`");
      return false;
    }
    take();
    decl.result = parseType();
    if (!decl.result)
      return false;
  }
  if (at(TokenKind::LeftBrace))
    return parseBody(decl.body, fmt::format("the body of the {}", what));
  if (at(TokenKind::Equal) && mayBeExpression) {
    take();
    decl.value = parseExpr();
    return decl.value != nullptr;
  }
  Diagnostic &error =
      expected(fmt::format("{}`{{` to begin the body of the {}", mayBeExpression ? "`=` or " : "", what));
  if (at(TokenKind::Colon))
    error.help(hasResult ? "the result's shape is written `-> [n]`, a body in braces"
                         : "bodies stand in braces: `{ ... }`");
  return false;
}

} // namespace agon::syntax
