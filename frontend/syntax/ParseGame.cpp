//===- ParseGame.cpp - Games: variables, players, turns -------------------===//
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

//===-- Turns -------------------------------------------------------------===//

static std::unique_ptr<Turn> makeTurn(Turn::Kind kind, SourceRange range) {
  auto turn = std::make_unique<Turn>();
  turn->kind = kind;
  turn->range = range;
  return turn;
}

std::string_view turnAdvice(std::string_view word) {
  static constexpr std::pair<std::string_view, std::string_view> words[] = {
      {" alternate alternating sequential alternately ", "turns one after the other are written `D; G`"},
      {" simultaneous simultaneously together parallel both joint ", "players who move at once are written `D & G`"},
      {" loop times for while do repeat repeated ", "turns are repeated by `repeat 5 { D }`"},
      {" each ", "a player that moves seldom stands after more turns of the others: `repeat 16 { G }; D`"},
      {" unroll unrolled unrolling ", "an unrolled move is written `G unrolling 5 D`"}};
  std::string key = fmt::format(" {} ", word);
  for (auto [names, help] : words)
    if (names.find(key) != std::string_view::npos)
      return help;
  return {};
}

bool Parser::parsePlay(GameItem &item) {
  if (!atWay()) {
    item.turns = parseTurns("the turns of the `play`");
    // `play { D; G } every 2`: as if it stood before the turns.
    if (item.turns && !atBreak() && (atWord("every") || atWord("accumulate"))) {
      errorAt(tok().range, fmt::format("`{}` stands before the turns that it is said of", tok().text))
          .help(fmt::format("write `play {{ {} 2 {{ ... }} }}`", tok().text));
      return false;
    }
    return item.turns != nullptr;
  }
  // `play NAME(...) { ... }` is short for `play { NAME(...) { ... } }`.
  std::unique_ptr<Turn> way = parseRepeat(Turn::Way);
  if (!way)
    return false;
  item.turns = makeTurn(Turn::Sequence, way->range);
  item.turns->children.push_back(std::move(way));
  return true;
}

std::unique_ptr<Turn> Parser::parseTurns(std::string_view what) {
  std::unique_ptr<Turn> sequence = makeTurn(Turn::Sequence, tok().range);
  unsigned errorsBefore = diagnostics.numErrors();
  bool parsed = parseBraces(what, [&] {
    std::unique_ptr<Turn> turn = parseTurn();
    bool good = turn != nullptr;
    if (good)
      sequence->children.push_back(std::move(turn));
    return good;
  });
  if (!parsed)
    return nullptr;
  sequence->range = since(sequence->range);
  if (sequence->children.empty() && diagnostics.numErrors() == errorsBefore) {
    errorAt(sequence->range, "expected at least one turn, got none")
        .help("`play { D; G }` alternates, `play { D & G }` moves both at once");
    return nullptr;
  }
  return sequence;
}

/// At a block of turns with a name: `every 16 {`, `lookahead(5, 0.5) {`, `optimistic {`. Which names there are is not
/// the parser's business.
bool Parser::atWay() const {
  const Token &next = peek();
  if (!at(TokenKind::Name) || next.onNewLine)
    return false;
  bool plain = next.kind == TokenKind::LeftBrace || next.kind == TokenKind::LeftParen;
  if (!plain && (next.text == "unrolling" || !turnAdvice(tok().text).empty()))
    return false;
  int open = 0;
  for (size_t i = pos + 1; i < tokens.size(); ++i) {
    const Token &token = tokens[i];
    bool ends = token.onNewLine || token.kind == TokenKind::Semicolon || token.kind == TokenKind::Ampersand ||
                token.kind == TokenKind::RightBrace;
    if (open == 0 && (ends || token.kind == TokenKind::LeftBrace))
      return !ends;
    open += token.kind == TokenKind::LeftParen || token.kind == TokenKind::LeftBracket;
    open -= token.kind == TokenKind::RightParen || token.kind == TokenKind::RightBracket;
  }
  return false;
}

/// A block of turns, with what says how often or how they are played.
std::unique_ptr<Turn> Parser::parseRepeat(Turn::Kind kind) {
  std::string word(tok().text);
  std::unique_ptr<Turn> block = makeTurn(kind, tok().range);
  if (kind == Turn::Way) {
    std::optional<Ident> name = parseDottedName("a way to play");
    if (!name)
      return nullptr;
    word = name->text;
    block->player = *name;
  } else {
    take();
  }
  if (kind == Turn::Way && at(TokenKind::LeftParen) && !parseArgs(block->args, word))
    return nullptr;
  if (kind == Turn::Repeat && at(TokenKind::LeftBrace)) {
    expected("the number of rounds after `repeat`")
        .help("write `repeat 5 { D }`; the whole `play` is repeated as often as `train --steps N` says");
    return nullptr;
  }
  if (kind == Turn::Repeat || !at(TokenKind::LeftBrace)) {
    block->count = parseExpr();
    if (!block->count)
      return nullptr;
  }
  if (!at(TokenKind::LeftBrace)) {
    expected(fmt::format("`{{` to begin the turns of the `{}`", word)).help(fmt::format("write `{} 5 {{ D }}`", word));
    return nullptr;
  }
  std::unique_ptr<Turn> turns = parseTurns(fmt::format("the turns of the `{}`", word));
  if (!turns)
    return nullptr;
  block->children.push_back(std::move(turns));
  block->range = since(block->range);
  if (at(TokenKind::Ampersand)) {
    expected("a new line or `;`").help("only moves can be simultaneous: `D & G`");
    return nullptr;
  }
  return block;
}

std::unique_ptr<Turn> Parser::parseTurn() {
  if (at(TokenKind::Repeat))
    return parseRepeat(Turn::Repeat);
  if (atWay())
    return parseRepeat(Turn::Way);
  std::unique_ptr<Turn> first = parseMove();
  if (!first || !at(TokenKind::Ampersand)) {
    if (first && at(TokenKind::Comma)) {
      expected("`;` or `&`").help("`D; G` alternates, `D & G` moves both at once");
      return nullptr;
    }
    if (first && at(TokenKind::Star)) {
      expected("a new line or `;`").help(std::string(turnAdvice("times")));
      return nullptr;
    }
    return first;
  }
  std::unique_ptr<Turn> both = makeTurn(Turn::Simultaneous, first->range);
  both->children.push_back(std::move(first));
  while (accept(TokenKind::Ampersand)) {
    both->children.push_back(parseMove());
    if (!both->children.back())
      return nullptr;
  }
  both->range = since(both->range);
  return both;
}

std::unique_ptr<Turn> Parser::parseMove() {
  if (!at(TokenKind::Name)) {
    expected("a turn").help("a turn is a player, as in `D; G` or `D & G`, or `repeat n { ... }`");
    return nullptr;
  }
  // `unroll 5 G`, `loop 5 { D }`: not a player, with a number after it.
  std::string_view help = peek().kind == TokenKind::Integer && !peek().onNewLine ? turnAdvice(tok().text) : "";
  if (!help.empty()) {
    expected("a turn").help(std::string(help));
    return nullptr;
  }
  bool isFollowed = peek().kind == TokenKind::Name && !peek().onNewLine;
  if (isFollowed && atWord("player")) {
    expected("a turn").help("a turn names its player alone: write `G`, or `G unrolling 5 D`");
    return nullptr;
  }
  if (isFollowed && peek().text != "unrolling" && atWord("average")) {
    expected("a turn").help("`average G with ema(0.999)` is an item of the game, beside `play`");
    return nullptr;
  }
  std::unique_ptr<Turn> turn = makeTurn(Turn::Move, tok().range);
  turn->player = *parseDottedName("a player");
  if (!atBreak() && !atWord("unrolling"))
    // `D 5`, `D every 16`: `every` itself is a way to play.
    if (std::string_view help = turnAdvice(at(TokenKind::Integer) ? "times"
                                           : atWord("every")      ? "each"
                                                                  : tok().text);
        !help.empty()) {
      expected("a new line or `;`").help(std::string(help));
      return nullptr;
    }
  if (atBreak() || !acceptWord("unrolling"))
    return turn;
  turn->kind = Turn::Unrolled;
  turn->count = parseBinary(/*minimum=*/1);
  if (!turn->count)
    return nullptr;
  if (!at(TokenKind::Name) || atBreak()) {
    expected("the player to unroll").help("write `G unrolling 5 D`");
    return nullptr;
  }
  turn->opponent = *parseName("the player to unroll");
  turn->range = since(turn->range);
  return turn;
}

} // namespace agon::syntax
