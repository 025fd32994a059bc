//===- ParserImpl.h - The recursive-descent parser --------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Private to this room. One class over several files: Parser.cpp (tokens, errors,
// recovery), ParseExpr.cpp, ParsePrimary.cpp, ParseStmt.cpp (with types),
// ParseDecl.cpp, ParseGame.cpp and ParsePlay.cpp.
//
// A parse function that fails has complained, and returns null (or false); its
// callers pass that on, up to the loop over statements, game items or
// declarations, which skips to where the next one begins.
//===----------------------------------------------------------------------===//
#ifndef AGON_FRONTEND_SYNTAX_PARSERIMPL_H
#define AGON_FRONTEND_SYNTAX_PARSERIMPL_H

#include "frontend/syntax/AST.h"
#include "frontend/syntax/Diagnostics.h"
#include "frontend/syntax/Lexer.h"

namespace agon::syntax {

class Parser {
public:
  Parser(const SourceFile &file, Diagnostics &diagnostics)
      : file(file), diagnostics(diagnostics), tokens(lex(file, diagnostics)) {}

  Module parseModule();

private:
  //===-- Tokens (Parser.cpp) ---------------------------------------------===//
  const Token &tok() const { return tokens[pos]; }
  const Token &peek(size_t n = 1) const { return tokens[std::min(pos + n, tokens.size() - 1)]; }
  const Token &previous() const { return tokens[pos ? pos - 1 : 0]; }
  bool at(TokenKind kind) const { return tok().kind == kind; }
  /// At a word that is special only in its place.
  bool atWord(std::string_view word) const { return at(TokenKind::Name) && tok().text == word; }
  /// The current token begins a new line, and the statement ended with the last.
  bool atBreak() const { return brackets == 0 && tok().afterBreak && pos != itemStart; }
  /// At this token, and on the same line as what it belongs to.
  bool continues(TokenKind kind) const { return at(kind) && !atBreak(); }
  const Token &take() { return tokens[pos + 1 < tokens.size() ? pos++ : pos]; }
  /// Takes the token if it is of this kind.
  bool accept(TokenKind kind);
  /// Takes the token if it is this word.
  bool acceptWord(std::string_view word);
  SourceRange since(SourceRange begin) const { return begin.to(previous().range); }
  bool adjacent(const Token &left, const Token &right) const { return left.range.end == right.range.begin; }

  //===-- Errors (Parser.cpp) ---------------------------------------------===//
  /// "expected WHAT, got the current token", at that token. Says nothing where
  /// the lexer or the parser has complained about this token already.
  Diagnostic &expected(std::string_view what);
  /// An error at `range`; there is no other complaint about the current token after it.
  Diagnostic &errorAt(SourceRange range, std::string message);
  /// The current token in words.
  std::string found() const;
  /// Where to point for what was found: at the end of the line before, if a new line came too early.
  SourceRange foundRange() const;
  /// Takes a token of this kind, or says that it was expected `where`.
  bool expect(TokenKind kind, std::string_view where);
  /// The bracket that closes `open`; `what` is what it encloses.
  bool expectClose(const Token &open, TokenKind kind, std::string_view what);
  /// Whether an operand can begin with this token.
  bool startsExpression() const;

  //===-- Recovery (Parser.cpp) -------------------------------------------===//
  /// From inside the failed statement or item that began at token `begin` to
  /// where the next begins or the block ends.
  void skipStatement(size_t begin);
  /// The same to the next declaration.
  void skipDeclaration(size_t begin);
  /// Ends the parse of what is no model file.
  void giveUpAfterTooMany();
  /// A declaration's keyword no deeper than the declaration being parsed: the
  /// `}` before it is missing.
  bool atOuterDeclaration() const;
  /// Whether a statement or item begins with token `index`, for what is skipped.
  bool beginsStatement(size_t index) const;

  /// Bounds recursion. Test it after making one; false has complained.
  struct Nest {
    explicit Nest(Parser &parser);
    ~Nest() { --parser.depth; }
    explicit operator bool() const { return ok; }
    Parser &parser;
    bool ok;
  };
  /// Inside ( ) and [ ] new lines do not end statements; inside { } they do.
  struct BracketScope {
    BracketScope(Parser &parser, bool lines) : parser(parser), saved(parser.brackets) {
      parser.brackets = lines ? 0 : saved + 1;
    }
    ~BracketScope() { parser.brackets = saved; }
    Parser &parser;
    unsigned saved;
  };

  /// `element, element, ...` and the bracket that closes `open`, which has been
  /// taken. A comma after the last is allowed.
  template <typename Element>
  bool parseList(const Token &open, TokenKind close, std::string_view what, Element element) {
    BracketScope scope(*this, /*lines=*/false);
    while (!at(close) && !at(TokenKind::Eof) && !at(TokenKind::RightBrace)) {
      if (!element())
        return false;
      if (!accept(TokenKind::Comma))
        break;
    }
    return expectClose(open, close, what);
  }

  /// `{`, items separated by new lines or `;`, and `}`. `item` parses one and
  /// returns whether it could. False when the block never closes.
  template <typename Item> bool parseBraces(std::string_view what, Item item) {
    const Token *open = openBrace(what);
    if (!open)
      return false;
    BracketScope scope(*this, /*lines=*/true);
    Nest nest(*this);
    if (!nest)
      return false;
    while (true) {
      while (accept(TokenKind::Semicolon)) {
      }
      itemStart = pos;
      if (at(TokenKind::RightBrace) || at(TokenKind::Eof) || atOuterDeclaration())
        break;
      size_t begin = pos;
      if (!item() || !expectItemEnd())
        skipStatement(begin);
    }
    return expectClose(*open, TokenKind::RightBrace, what);
  }
  /// Takes the `{` of a block; null, after a complaint, where there is none.
  const Token *openBrace(std::string_view what);
  /// Takes the `;` behind an item, or sees that a new line or the block's end follows.
  bool expectItemEnd();

  // What a function below parses stands above it, as it is written in a model. Each begins at its first token, fails
  // with null or false after its complaint, and leaves the recovery to the loop that called it.

  //===-- Names and expressions (ParseExpr.cpp, ParsePrimary.cpp) ----------===//
  /// x
  std::optional<Ident> parseName(std::string_view what);
  /// f.kl.activation
  std::optional<Ident> parseDottedName(std::string_view what);
  /// if c then a else b, or a pipeline
  ExprPtr parseExpr();
  /// if c then a else b
  ExprPtr parseConditional();
  /// left |> f |> g(a)
  ExprPtr parsePipeline(ExprPtr left);
  /// a + b * c, of operators that bind at least as strongly as `minimum`
  ExprPtr parseBinary(int minimum);
  /// -a, not a
  ExprPtr parseUnary(int minimum);
  /// a^b
  ExprPtr parsePower();
  /// a[i], f(a), of a primary
  ExprPtr parsePostfix();
  /// 1, true, "text", x, (a), [a, b], E[a]
  ExprPtr parsePrimary();
  /// (a), (a, b)
  ExprPtr parseParenthesis();
  /// [a, ..b]
  ExprPtr parseListExpr();
  /// E[a]
  ExprPtr parseExpectation();
  /// base[i, a:b]
  ExprPtr parseIndex(ExprPtr base);
  /// average(G)(z), of average(G)
  ExprPtr parseAveraged(ExprPtr average);
  /// i, a:b, :
  bool parseSubscript(Expr &index);
  /// callee(a, name = b)
  ExprPtr parseCallOf(Ident callee);
  /// (a, name = b)
  bool parseArgs(std::vector<Arg> &args, const std::string &callee);
  /// One argument, `e` or `name = e`, for a call's list or a `require`.
  bool parseArg(std::vector<Arg> &args);
  /// Sets the height; null, after a complaint, where the tree grew too high.
  ExprPtr finish(ExprPtr expr);
  ExprPtr make(ExprKind kind, SourceRange range) { return std::make_unique<Expr>(kind, range); }
  /// The tree of `left op right`.
  ExprPtr makeBinary(const Token &op, BinaryOp kind, ExprPtr left, ExprPtr right);
  /// Says that an operand was expected, with what may have been meant.
  void unexpectedOperand();

  //===-- Types and statements (ParseStmt.cpp) ----------------------------===//
  /// [3, n], class(10), int
  TypePtr parseType();
  /// [c, ..rest]
  TypePtr parseShape();
  /// { let a = b; return a }
  bool parseBody(std::vector<StmtPtr> &body, std::string_view what);
  /// any of these
  StmtPtr parseStmt();
  /// let a = b, let (a, b) = c
  StmtPtr parseLet();
  /// param W: [n, m] ~ normal(0, 1)
  StmtPtr parseParamStmt();
  /// state u: [m] = 0
  StmtPtr parseStateStmt();
  /// return a
  StmtPtr parseReturn();
  /// for i in 0..n { }, for (a, b) in list { }
  StmtPtr parseFor();
  /// if c { } else { }
  StmtPtr parseIf();
  /// noise z: [2] ~ normal(0, 1)
  StmtPtr parseNoise();
  /// mode i in 0..n at [x, y] within r
  StmtPtr parseMode();
  /// step a, draw, play
  StmtPtr parseOfWay();
  /// require c, "text", a
  StmtPtr parseRequire();
  /// a = b, u <- b
  StmtPtr parseAssignment();
  /// a, (a, b)
  bool parsePattern(std::vector<Ident> &names);
  /// a..b, or a list alone where `orList`
  bool parseRange(ExprPtr &first, ExprPtr &last, std::string_view where, bool orList = false);
  /// Says what a statement begins with, and what may have been meant.
  void unexpectedStatement();
  /// A statement that begins at the current token.
  StmtPtr makeStmt(StmtKind kind) const;
  /// The statement with the range up to the last token.
  StmtPtr finish(StmtPtr stmt) const;

  //===-- Declarations (ParseDecl.cpp) ------------------------------------===//
  /// const, fn, layer, network, optimizer, source, way, game, import
  std::optional<Decl> parseDecl();
  /// (x: [n], k: int = 2)
  bool parseParams(Decl &decl);
  /// -> [n] = a, -> [n] { return a }
  bool parseDeclBody(Decl &decl, std::string_view what);
  /// Says what a declaration begins with, and what may have been meant.
  void unexpectedDeclaration();

  //===-- Games (ParseGame.cpp, ParsePlay.cpp) ----------------------------===//
  /// any item of a game
  bool parseGameItem(Decl &game);
  /// data (x: [2] in (0, 1), y: class(3)) ~ ring()
  bool parseData(GameItem &item);
  /// x: [2] in (0, 1)
  bool parseDataField(GameItem &item);
  /// player P(N, M) minimizes a with adam(lr = 1e-3)
  bool parsePlayer(GameItem &item);
  /// move P.part minimizes a
  bool parseMove(GameItem &item);
  /// minimizes a
  bool parseObjective(GameItem &item, std::string_view what);
  /// a(lr = 1e-3) then b()
  bool parseChain(GameItem &item);
  /// average G with ema(0.999), average G with ema(0.999) as slow
  bool parseAverage(GameItem &item);
  /// from "FILE", from "FILE" as C
  bool parseFrom(GameItem &item);
  /// play { D; G }
  bool parsePlay(GameItem &item);
  /// { D; G }
  std::unique_ptr<Turn> parseTurns(std::string_view what);
  /// D & G, repeat 5 { D }
  std::unique_ptr<Turn> parseTurn();
  /// D, G unrolling 5 D
  std::unique_ptr<Turn> parseMove();
  /// repeat 5 { D }, every 16 { D }
  std::unique_ptr<Turn> parseRepeat(Turn::Kind kind);
  /// Whether a way of play begins here (`every 16 { }`, `lookahead(5, 0.5) { }`).
  bool atWay() const;
  /// clip_norm(1) then adam(lr = 1e-3)
  ExprPtr parseOptimizer();
  /// Says what an item begins with, and what may have been meant.
  void unexpectedGameItem();

  const SourceFile &file;
  Diagnostics &diagnostics;
  std::vector<Token> tokens;
  size_t pos = 0;
  unsigned brackets = 0;          // open ( and [ since the innermost {
  unsigned depth = 0;             // of recursion
  uint32_t declColumn = 1;        // of the declaration being parsed
  size_t itemStart = 0;           // of the statement, game item or declaration being parsed
  size_t complainedAt = SIZE_MAX; // the token of the last complaint
  Diagnostic silent;              // what is not shown
};

} // namespace agon::syntax
#endif
