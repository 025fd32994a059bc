//===- ParsePlay.cpp - The turns of a game --------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "frontend/syntax/Parser.h"
#include "frontend/syntax/ParserImpl.h"
#include <fmt/format.h>

namespace agon::syntax {

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
