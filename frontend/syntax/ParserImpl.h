//===- ParserImpl.h - The recursive-descent parser --------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Private to this room. One class over four files: Parser.cpp (tokens, errors,
// recovery), ParseExpr.cpp, ParseStmt.cpp (with types), ParseDecl.cpp and
// ParseGame.cpp.
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
  bool accept(TokenKind kind);
  bool acceptWord(std::string_view word);
  SourceRange since(SourceRange begin) const { return begin.to(previous().range); }
  bool adjacent(const Token &left, const Token &right) const { return left.range.end == right.range.begin; }

  //===-- Errors (Parser.cpp) ---------------------------------------------===//
  /// "expected WHAT, got the current token", at that token. Says nothing where
  /// the lexer or the parser has complained about this token already.
  Diagnostic &expected(std::string_view what);
  Diagnostic &errorAt(SourceRange range, std::string message);
  /// The current token in words.
  std::string found() const;
  SourceRange foundRange() const;
  /// Of what the language has and this compiler does not.
  void notThereYet(SourceRange range, std::string_view what);
  bool expect(TokenKind kind, std::string_view where);
  /// The bracket that closes `open`; `what` is what it encloses.
  bool expectClose(const Token &open, TokenKind kind, std::string_view what);
  bool startsExpression() const;

  //===-- Recovery (Parser.cpp) -------------------------------------------===//
  /// From inside the failed statement or item that began at token `begin` to
  /// where the next begins or the block ends.
  void skipStatement(size_t begin);
  void skipDeclaration(size_t begin);
  /// Ends the parse of what is no model file.
  void giveUpAfterTooMany();
  /// A declaration's keyword no deeper than the declaration being parsed: the
  /// `}` before it is missing.
  bool atOuterDeclaration() const;
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
  const Token *openBrace(std::string_view what);
  bool expectItemEnd();

  //===-- Names and expressions (ParseExpr.cpp) ---------------------------===//
  std::optional<Ident> parseName(std::string_view what);
  std::optional<Ident> parseDottedName(std::string_view what);
  ExprPtr parseExpr();
  ExprPtr parseConditional();
  ExprPtr parsePipeline(ExprPtr left);
  ExprPtr parseBinary(int minimum);
  ExprPtr parseUnary(int minimum);
  ExprPtr parsePower();
  ExprPtr parsePostfix();
  ExprPtr parsePrimary();
  ExprPtr parseParenthesis();
  ExprPtr parseListExpr();
  ExprPtr parseExpectation();
  ExprPtr parseIndex(ExprPtr base);
  bool parseSubscript(Expr &index);
  ExprPtr parseCallOf(Ident callee);
  bool parseArgs(std::vector<Arg> &args, const std::string &callee);
  /// One argument, `e` or `name = e`, for a call's list or a `require`.
  bool parseArg(std::vector<Arg> &args);
  /// Sets the height; null, after a complaint, where the tree grew too high.
  ExprPtr finish(ExprPtr expr);
  ExprPtr make(ExprKind kind, SourceRange range) { return std::make_unique<Expr>(kind, range); }
  ExprPtr makeBinary(const Token &op, BinaryOp kind, ExprPtr left, ExprPtr right);
  void unexpectedOperand();

  //===-- Types and statements (ParseStmt.cpp) ----------------------------===//
  TypePtr parseType();
  TypePtr parseShape();
  bool parseBody(std::vector<StmtPtr> &body, std::string_view what);
  StmtPtr parseStmt();
  StmtPtr parseLet();
  StmtPtr parseParamStmt();
  StmtPtr parseStateStmt();
  StmtPtr parseReturn();
  StmtPtr parseFor();
  StmtPtr parseIf();
  StmtPtr parseNoise();
  StmtPtr parseMode();
  StmtPtr parseRequire();
  StmtPtr parseAssignment();
  bool parsePattern(std::vector<Ident> &names);
  bool parseRange(ExprPtr &first, ExprPtr &last, std::string_view where, bool orList = false);
  void unexpectedStatement();
  StmtPtr makeStmt(StmtKind kind) const;
  StmtPtr finish(StmtPtr stmt) const;

  //===-- Declarations (ParseDecl.cpp) ------------------------------------===//
  std::optional<Decl> parseDecl();
  bool parseParams(Decl &decl);
  bool parseDeclBody(Decl &decl, std::string_view what);
  void unexpectedDeclaration();

  //===-- Games (ParseGame.cpp) -------------------------------------------===//
  bool parseGameItem(Decl &game);
  bool parseData(GameItem &item);
  bool parseDataField(GameItem &item);
  bool parsePlayer(GameItem &item);
  bool parseAverage(GameItem &item);
  bool parsePlay(GameItem &item);
  std::unique_ptr<Turn> parseTurns(std::string_view what);
  std::unique_ptr<Turn> parseTurn();
  std::unique_ptr<Turn> parseMove();
  std::unique_ptr<Turn> parseRepeat(Turn::Kind kind);
  bool atWay() const;
  ExprPtr parseOptimizer();
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
