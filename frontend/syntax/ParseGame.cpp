//===- ParseGame.cpp - Games: variables and players ------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "frontend/syntax/Parser.h"
#include "frontend/syntax/ParserImpl.h"
#include <fmt/format.h>

namespace agon::syntax {

static std::optional<GameItemKind> gameItemKind(const Token &token) {
  if (token.kind == TokenKind::Let)
    return GameItemKind::Let;
  if (token.kind != TokenKind::Name)
    return std::nullopt;
  for (auto [word, kind] : {std::pair("data", GameItemKind::Data), std::pair("noise", GameItemKind::Noise),
                            std::pair("value", GameItemKind::Value), std::pair("player", GameItemKind::Player),
                            std::pair("move", GameItemKind::Move), std::pair("play", GameItemKind::Play),
                            std::pair("metric", GameItemKind::Metric), std::pair("average", GameItemKind::Average),
                            std::pair("init", GameItemKind::Init), std::pair("frozen", GameItemKind::Frozen)})
    if (token.text == word)
      return kind;
  return std::nullopt;
}

void Parser::unexpectedGameItem() {
  Diagnostic &error = expected("a part of a game");
  if (beginsDeclaration(tok().kind)) {
    error.help("declarations stand at the top of a file, outside of bodies and games");
    return;
  }
  if (at(TokenKind::Name) && peek().kind == TokenKind::Equal) {
    error.help(fmt::format("write `let {0} = ...`, or `value {0} = ...` where players contest it", tok().text));
    return;
  }
  if (at(TokenKind::Repeat) || atWay()) {
    error.help("turns stand in `play { ... }`");
    return;
  }
  std::string near = at(TokenKind::Name) ? nearestName(tok().text, {"data", "noise", "let", "value", "player", "move",
                                                                    "play", "metric", "average", "init", "frozen"})
                                         : std::string();
  if (!near.empty())
    error.help(fmt::format("did you mean `{}`?", near));
  else
    error.help("a game is made of `data`, `noise`, `let`, `value`, `player`, `move`, `play`, "
               "`metric`, `average`, `init` and `frozen`");
}

bool Parser::parseGameItem(Decl &game) {
  std::optional<GameItemKind> kind = gameItemKind(tok());
  if (!kind) {
    unexpectedGameItem();
    return false;
  }
  GameItem item;
  item.kind = *kind;
  item.range = tok().range;

  // `let` and `noise` are the statements of bodies.
  if (item.kind == GameItemKind::Let || item.kind == GameItemKind::Noise) {
    StmtPtr stmt = item.kind == GameItemKind::Let ? parseLet() : parseNoise();
    if (!stmt)
      return false;
    item.names = std::move(stmt->names);
    item.type = std::move(stmt->type);
    item.value = std::move(stmt->value);
    item.range = stmt->range;
    game.items.push_back(std::move(item));
    return true;
  }

  std::string_view keyword = take().text;
  auto named = [&](std::string_view what) {
    std::optional<Ident> name =
        item.kind == GameItemKind::Init || item.kind == GameItemKind::Move ? parseDottedName(what) : parseName(what);
    if (name)
      item.names.push_back(std::move(*name));
    return name.has_value();
  };
  auto equals = [&] {
    if (!expect(TokenKind::Equal, fmt::format("after `{} {}`", keyword, item.names.front().text)))
      return false;
    item.value = parseExpr();
    return item.value != nullptr;
  };
  bool parsed = false;
  switch (item.kind) {
  case GameItemKind::Data:
    parsed = parseData(item);
    break;
  case GameItemKind::Value:
    parsed = named("the name of the value") && equals();
    break;
  case GameItemKind::Metric:
    parsed = named("the name of the metric") && equals();
    break;
  case GameItemKind::Init:
    parsed = named("the name of a parameter, such as `G.dense_0.b`");
    if (parsed && atWord("from")) {
      item.kind = GameItemKind::Load;
      parsed = parseFrom(item);
    } else {
      parsed = parsed && equals();
    }
    break;
  case GameItemKind::Frozen:
    parsed = named("the name of a network") && parseFrom(item);
    break;
  case GameItemKind::Player:
    parsed = named("the name of the player") && parsePlayer(item);
    break;
  case GameItemKind::Move:
    parsed = named("the name of the move, such as `D.penalty`") && parseMove(item);
    break;
  case GameItemKind::Play:
    parsed = parsePlay(item);
    break;
  case GameItemKind::Average:
    parsed = named("the name of a network") && parseAverage(item);
    break;
  case GameItemKind::Let:
  case GameItemKind::Noise:
  case GameItemKind::Load:
    break;
  }
  if (!parsed)
    return false;
  item.range = since(item.range);
  game.items.push_back(std::move(item));
  return true;
}

//===-- Data --------------------------------------------------------------===//

bool Parser::parseDataField(GameItem &item) {
  std::optional<Ident> name = parseName("the name of the data");
  if (!name)
    return false;
  DataField field;
  field.name = std::move(*name);
  if (!at(TokenKind::Colon)) {
    expected(fmt::format("`:` and the shape of the data `{}`", field.name.text))
        .help("write `data x: [1, 28, 28] in (-1, 1)`");
    return false;
  }
  take();
  field.type = parseType();
  if (!field.type)
    return false;
  if (accept(TokenKind::In)) {
    if (!at(TokenKind::LeftParen)) {
      expected(fmt::format("`(` and the range of `{}`", field.name.text)).help("write `in (-1, 1)`");
      return false;
    }
    const Token &open = take();
    BracketScope scope(*this, /*lines=*/false);
    field.low = parseExpr();
    if (!field.low || !expect(TokenKind::Comma, "between the bounds of the range"))
      return false;
    field.high = parseExpr();
    if (!field.high || !expectClose(open, TokenKind::RightParen, "the range"))
      return false;
  }
  item.fields.push_back(std::move(field));
  return true;
}

bool Parser::parseData(GameItem &item) {
  if (at(TokenKind::LeftParen)) {
    const Token &open = take();
    if (at(TokenKind::RightParen))
      return expected("the name of the data"), false;
    auto element = [&] { return parseDataField(item); };
    if (!parseList(open, TokenKind::RightParen, "the fields of the data", element))
      return false;
  } else if (!parseDataField(item)) {
    return false;
  }
  if (!accept(TokenKind::Tilde))
    return true;
  item.value = parseExpr();
  return item.value != nullptr;
}

//===-- Players -----------------------------------------------------------===//

ExprPtr Parser::parseOptimizer() {
  std::optional<Ident> name = parseDottedName("the name of an optimizer");
  if (!name)
    return nullptr;
  if (continues(TokenKind::LeftParen))
    return parseCallOf(std::move(*name));
  ExprPtr expr = make(ExprKind::Name, name->range);
  expr->text = std::move(name->text);
  return expr;
}

bool Parser::parsePlayer(GameItem &item) {
  std::string name = item.names.front().text;
  if (at(TokenKind::LeftParen)) {
    const Token &open = take();
    if (at(TokenKind::RightParen))
      return expected("the name of a network"), false;
    auto element = [&] {
      std::optional<Ident> network = parseDottedName("the name of a network");
      if (network)
        item.owned.push_back(std::move(*network));
      return network.has_value();
    };
    if (!parseList(open, TokenKind::RightParen, fmt::format("what `{}` owns", name), element))
      return false;
  }
  if (atWord("unrolling")) {
    errorAt(tok().range, "`unrolling` is said of a turn, not of a player")
        .help(fmt::format("write it in `play`: `play {{ ...; {} unrolling 5 D }}`", name));
    return false;
  }
  if (!parseObjective(item, "player"))
    return false;
  if (!acceptWord("with")) {
    expected(fmt::format("`with` and the optimizer of the player `{}`", name)).help("write `with adam(lr = 2e-4)`");
    return false;
  }
  return parseChain(item);
}

bool Parser::parseChain(GameItem &item) {
  do {
    item.optimizer.push_back(parseOptimizer());
    if (!item.optimizer.back())
      return false;
  } while (accept(TokenKind::Then));
  if (at(TokenKind::PipeArrow) || at(TokenKind::Comma)) {
    expected("a new line or `;`").help("optimizers are chained with `then`");
    return false;
  }
  return true;
}

bool Parser::parseObjective(GameItem &item, std::string_view what) {
  item.maximizes = atWord("maximizes");
  if (!acceptWord("maximizes") && !acceptWord("minimizes")) {
    Diagnostic &error =
        expected(fmt::format("`maximizes` or `minimizes` after `{} {}`", what, item.names.front().text));
    std::string near = at(TokenKind::Name) ? nearestName(tok().text, {"maximizes", "minimizes"}) : "";
    if (atWord("maximises") || atWord("minimises"))
      error.help("it is spelled with a `z`");
    else if (!near.empty())
      error.help(fmt::format("did you mean `{}`?", near));
    return false;
  }
  item.value = parseExpr();
  return item.value != nullptr;
}

bool Parser::parseMove(GameItem &item) {
  if (!parseObjective(item, "move"))
    return false;
  if (!atWord("with") || tok().onNewLine)
    return true;
  expected("a new line or `;`").help("a move is made by its player's optimizer, with that optimizer's memory and step");
  return false;
}

bool Parser::parseAverage(GameItem &item) {
  if (!acceptWord("with")) {
    expected(fmt::format("`with` after `average {}`", item.names.front().text))
        .help(fmt::format("write `average {} with ema(0.999)`", item.names.front().text));
    return false;
  }
  if (!parseChain(item))
    return false;
  if (atBreak() || !acceptWord("as"))
    return true;
  item.alias = parseName("the name of the average");
  return item.alias.has_value();
}

//===-- Weights -----------------------------------------------------------===//

bool Parser::parseFrom(GameItem &item) {
  std::string_view word = item.kind == GameItemKind::Frozen ? "frozen" : "init";
  std::string example = fmt::format("write `{} {} from \"FILE\"`", word, item.names.front().text);
  if (!acceptWord("from")) {
    expected(fmt::format("`from` and the file of `{}`", item.names.front().text)).help(std::move(example));
    return false;
  }
  if (!at(TokenKind::String)) {
    expected("a path after `from`").help(std::move(example));
    return false;
  }
  item.file = {take().string, previous().range};
  if (previous().reported)
    return false;
  if (atBreak() || !acceptWord("as"))
    return true;
  item.alias = parseDottedName("what the file calls the network");
  return item.alias.has_value();
}

} // namespace agon::syntax
