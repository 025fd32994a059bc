//===- Lexer.cpp - Text to tokens -----------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "frontend/syntax/Lexer.h"
#include "support/Utf8.h"
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace agon::syntax {

std::string_view spelling(TokenKind kind) {
  switch (kind) {
  case TokenKind::Eof:
    return "the end of the file";
  case TokenKind::Error:
    return "an error";
  case TokenKind::Name:
    return "a name";
  case TokenKind::Integer:
    return "an integer";
  case TokenKind::Real:
    return "a number";
  case TokenKind::String:
    return "a string";
#define X(name, text)                                                                                                  \
  case TokenKind::name:                                                                                                \
    return text;
    AGON_KEYWORDS(X)
    AGON_PUNCTUATION(X)
#undef X
  }
  return "";
}

bool isKeyword(TokenKind kind) { return kind >= TokenKind::Const && kind <= TokenKind::Repeat; }

bool beginsDeclaration(TokenKind kind) { return kind >= TokenKind::Const && kind <= TokenKind::Import; }

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isNamePart(char c) { return isNameStart(c) || isDigit(c); }

/// What people write by habit of another language, and Agon's form of it. Lexed
/// as `kind` after the complaint, so that the parser can go on.
struct Foreign {
  std::string_view text;
  TokenKind kind;
  const char *help;
};

constexpr Foreign kForeign[] = {
    {"...", TokenKind::DotDot, "a range is `0..n`, the rest of a shape `..rest`: two dots"},
    {"&&", TokenKind::And, "write `and`"},
    {"||", TokenKind::Or, "write `or`"},
    {"|", TokenKind::Error, "a value is passed on with `|>`; the logical operator is `or`"},
    {"!", TokenKind::Not, "write `not`"},
    {"**", TokenKind::Caret, "powers are written `x^2`"},
    {":=", TokenKind::Equal, "write `let x = ...` for a new name, `x = ...` to rebind one"},
    {"=>", TokenKind::Error, "a body is `= expression` or `{ ... }`, a result type `-> [n]`, the comparison `>=`"},
    {"?", TokenKind::Error, "write `if c then a else b`"},
    {"\\", TokenKind::Error, "a line continues by itself inside brackets, after an operator and before one"},
    {"−", TokenKind::Minus, "write `-`"},
    {"–", TokenKind::Minus, "write `-`"},
    {"×", TokenKind::Star, "write `*`"},
    {"·", TokenKind::Star, "write `*`"},
    {"÷", TokenKind::Slash, "write `/`"},
    {"≤", TokenKind::LessEqual, "write `<=`"},
    {"≥", TokenKind::GreaterEqual, "write `>=`"},
    {"≠", TokenKind::NotEqual, "write `!=`"},
    {"→", TokenKind::Arrow, "write `->`"},
    {"←", TokenKind::LeftArrow, "write `<-`"},
    {"…", TokenKind::DotDot, "write `..`"},
    {"∼", TokenKind::Tilde, "write `~`"},
    {"“", TokenKind::Error, "strings stand in plain double quotes: \"text\""},
    {"”", TokenKind::Error, "strings stand in plain double quotes: \"text\""},
};

/// Makes the tokens of one file, from its first byte to its last.
class Lexer {
public:
  Lexer(const SourceFile &file, Diagnostics &diagnostics) : file(file), diagnostics(diagnostics), text(file.text) {}

  std::vector<Token> run() {
    if (checkEncoding()) {
      if (startsWith("\xef\xbb\xbf"))
        at += 3;
      unsigned before = diagnostics.numErrors();
      while (skipBlanks() && diagnostics.numErrors() - before < kMaxErrors)
        lexToken();
      if (at < text.size())
        diagnostics.giveUp();
    }
    // The end is where the last token ends, so that a complaint about it shows a line with text.
    uint32_t end = tokens.empty() ? 0 : tokens.back().range.end;
    Token eof;
    eof.range = {&file, end, end};
    eof.onNewLine = eof.afterBreak = true;
    tokens.push_back(eof);
    markBreaks();
    return std::move(tokens);
  }

private:
  SourceRange range(size_t begin, size_t end) const {
    return {&file, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  }
  char peek(size_t n = 0) const { return at + n < text.size() ? text[at + n] : '\0'; }
  bool startsWith(std::string_view prefix) const { return text.substr(at, prefix.size()) == prefix; }

  /// Whether the file is text; the first byte that is none is complained about, once for the whole file.
  bool checkEncoding() {
    for (size_t i = 0; i < text.size();) {
      size_t length = support::utf8Length(text, i);
      if (text[i] == '\0' || length == 0) {
        auto byte = static_cast<unsigned char>(text[i]);
        diagnostics
            .error(range(i, i + 1), byte == 0 ? std::string("expected text, got a NUL byte")
                                              : fmt::format("expected UTF-8 text, got the byte 0x{:02x}", byte))
            .help("a model file is plain UTF-8 text");
        return false;
      }
      i += length;
    }
    return true;
  }

  /// To the next token's first byte; false at the end of the text.
  bool skipBlanks() {
    while (at < text.size()) {
      char c = text[at];
      if (c == '\n') {
        newLine = true;
        ++at;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++at;
      } else if (startsWith("//")) {
        skipComment();
      } else if (startsWith("/*")) {
        size_t end = text.find("*/", at + 2);
        diagnostics.error(range(at, at + 2), "unexpected `/*`")
            .help("comments are written `// to the end of the line`");
        if (end == std::string_view::npos)
          end = text.size() - 2;
        newLine |= text.substr(at, end - at).find('\n') != std::string_view::npos;
        at = end + 2;
      } else if (c == '#') {
        // One complaint is enough: the others have the same cure.
        if (!std::exchange(sawHash, true))
          diagnostics.error(range(at, at + 1), "unexpected `#`").help("comments begin with `//`");
        at = std::min(text.find('\n', at), text.size());
      } else {
        return true;
      }
    }
    return false;
  }

  /// A comment such as `// 2` or `// n)` after an operand is another language's division of whole numbers.
  void noteDivision(std::string_view comment) {
    bool afterOperand = !newLine && !tokens.empty() &&
                        (tokens.back().kind == TokenKind::Integer || tokens.back().kind == TokenKind::Name ||
                         tokens.back().kind == TokenKind::RightParen || tokens.back().kind == TokenKind::RightBracket);
    size_t begin = comment.find_first_not_of(" \t", 2), end = begin;
    while (end < comment.size() && (std::isalnum(static_cast<unsigned char>(comment[end])) || comment[end] == '_'))
      ++end;
    if (!afterOperand || begin == end)
      return;
    size_t next = comment.find_first_not_of(" \t\r", end);
    bool last = next == std::string_view::npos;
    bool isNumber = comment.find_first_not_of("0123456789", begin) >= end;
    tokens.back().divides = last ? isNumber : std::string_view(")],;+*").find(comment[next]) != std::string_view::npos;
    if (last && isNumber)
      diagnostics.warning(range(at - comment.size(), at - comment.size() + end), "this is a comment")
          .help("`//` begins a comment; the division of whole numbers is `/`");
  }

  /// Goes to the end of the line; the text of a `///` is kept for the token that follows.
  void skipComment() {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end;
    if (!line.starts_with("///"))
      noteDivision(line);
    if (!line.starts_with("///") || line.starts_with("////"))
      return;
    line.remove_prefix(3);
    if (line.starts_with(" "))
      line.remove_prefix(1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t'))
      line.remove_suffix(1);
    if (hasDoc)
      doc += '\n';
    doc += line;
    hasDoc = true;
  }

  /// The token from `begin` to here, with what was seen before it: a new line, `///` lines.
  Token &add(TokenKind kind, size_t begin) {
    Token token;
    token.kind = kind;
    token.range = range(begin, at);
    token.text = text.substr(begin, at - begin);
    token.onNewLine = std::exchange(newLine, false);
    token.doc = std::exchange(doc, {});
    hasDoc = false;
    tokens.push_back(std::move(token));
    return tokens.back();
  }

  /// The text from `begin` is not Agon; it has been complained about.
  void addReported(TokenKind kind, size_t begin) { add(kind, begin).reported = true; }

  /// The token that begins here: Agon's, another language's, or a stray.
  void lexToken() {
    char c = peek();
    if (isNameStart(c))
      return lexName();
    bool leadingDot = c == '.' && isDigit(peek(1)) &&
                      !(!tokens.empty() && tokens.back().range.end == at && tokens.back().kind == TokenKind::Name);
    if (isDigit(c) || leadingDot)
      return lexNumber();
    if (c == '"' || c == '\'')
      return lexString(c);
    size_t begin = at;
    for (const Foreign &foreign : kForeign) {
      bool partOfOther = (foreign.text == "|" && peek(1) == '>') || (foreign.text == "!" && peek(1) == '=');
      if (!startsWith(foreign.text) || partOfOther)
        continue;
      at += foreign.text.size();
      diagnostics.error(range(begin, at), fmt::format("unexpected `{}`", foreign.text)).help(foreign.help);
      return addReported(foreign.kind, begin);
    }
#define X(name, punctuation)                                                                                           \
  if (startsWith(punctuation)) {                                                                                       \
    at += std::string_view(punctuation).size();                                                                        \
    add(TokenKind::name, begin);                                                                                       \
    return;                                                                                                            \
  }
    AGON_PUNCTUATION(X)
#undef X
    lexStray();
  }

  /// A name or, where it is one of the reserved words, a keyword.
  void lexName() {
    size_t begin = at;
    while (isNamePart(peek()))
      ++at;
    std::string_view name = text.substr(begin, at - begin);
    TokenKind kind = TokenKind::Name;
#define X(keyword, word)                                                                                               \
  if (name == word)                                                                                                    \
    kind = TokenKind::keyword;
    AGON_KEYWORDS(X)
#undef X
    add(kind, begin);
  }

  /// A run of characters that begin nothing: one complaint for a whole word in another script.
  void lexStray() {
    size_t begin = at;
    bool ascii = static_cast<unsigned char>(text[at]) < 0x80;
    at += support::utf8Length(text, at);
    while (!ascii && at < text.size() && (static_cast<unsigned char>(text[at]) >= 0x80 || isNamePart(text[at])))
      at += support::utf8Length(text, at);
    std::string_view stray = text.substr(begin, at - begin);
    bool printable = !ascii || (stray[0] > ' ' && stray[0] < 0x7f);
    Diagnostic &error = diagnostics.error(
        range(begin, at), printable ? fmt::format("unexpected character{} `{}`",
                                                  stray.size() > support::utf8Length(stray, 0) ? "s" : "", stray)
                                    : fmt::format("unexpected byte 0x{:02x}", stray[0]));
    if (!ascii)
      error.help("names are made of the letters a to z, A to Z, digits and `_`");
    addReported(TokenKind::Error, begin);
  }

  /// An integer or a real number; what looks like one and is none is one complaint and one token.
  void lexNumber() {
    size_t begin = at;
    while (isDigit(peek()))
      ++at;
    bool isReal = false;
    auto bad = [&](std::string message, std::string help) {
      while (isNamePart(peek()) || (peek() == '.' && isDigit(peek(1))))
        ++at;
      diagnostics.error(range(begin, at), std::move(message)).help(std::move(help));
      addReported(TokenKind::Integer, begin);
    };
    if (begin == at) {
      std::string_view digits = text.substr(at + 1);
      digits = digits.substr(0, digits.find_first_not_of("0123456789"));
      ++at;
      return bad("expected a digit before the decimal point", fmt::format("write `0.{}`", digits));
    }
    std::string_view whole = text.substr(begin, at - begin);
    if (peek() == '.' && peek(1) != '.') {
      ++at;
      if (!isDigit(peek()))
        return bad("expected a digit after the decimal point", fmt::format("write `{}.0`", whole));
      isReal = true;
      while (isDigit(peek()))
        ++at;
    }
    if (peek() == 'e' || peek() == 'E') {
      size_t sign = peek(1) == '-' || peek(1) == '+';
      if (isDigit(peek(1 + sign))) {
        isReal = true;
        at += 1 + sign;
        while (isDigit(peek()))
          ++at;
      }
    }
    if (isNameStart(peek())) {
      size_t end = at;
      while (isNamePart(text.size() > end ? text[end] : '\0'))
        ++end;
      std::string_view tail = text.substr(at, end - at);
      std::string message = fmt::format("expected a number, got `{}`", text.substr(begin, end - begin));
      if (whole == "0" && (tail[0] == 'x' || tail[0] == 'b' || tail[0] == 'o'))
        return bad(message, "numbers are decimal");
      if (tail[0] == '_')
        return bad(message, "digits are written without separators");
      if (tail == "e" || tail == "E") {
        at += 1;
        at += peek() == '-' || peek() == '+';
        return bad(message, "an exponent is an integer: `1e-3`");
      }
      return bad(message, fmt::format("a product needs its sign: `{} * {}`", text.substr(begin, at - begin), tail));
    }
    std::string_view digits = text.substr(begin, at - begin);
    const char *first = digits.data(), *last = first + digits.size();
    if (isReal) {
      double value = 0;
      auto [end, status] = std::from_chars(first, last, value);
      // Out of range is also what a number too small for its type gives: that one is zero.
      bool tooLarge = status != std::errc() && !isTiny(digits);
      if (tooLarge)
        return bad(fmt::format("the number `{}` is too large", digits), "the largest is about 1.8e308");
      add(TokenKind::Real, begin).real = status == std::errc() ? value : 0.0;
      return;
    }
    int64_t value = 0;
    if (std::from_chars(first, last, value).ec != std::errc())
      return bad(fmt::format("the integer `{}` is too large", digits),
                 fmt::format("integers are exact up to {}; write `{}.0` for a real number", INT64_MAX, digits));
    add(TokenKind::Integer, begin).integer = value;
  }

  /// Whether digits that fit no double are too close to zero, rather than too large.
  static bool isTiny(std::string_view digits) {
    return std::fabs(std::strtod(std::string(digits).c_str(), nullptr)) < 1;
  }

  /// A string with its escapes replaced; one in single quotes is complained about and taken as meant.
  void lexString(char quote) {
    size_t begin = at++;
    std::string value;
    bool bad = false;
    while (peek() != quote) {
      if (at >= text.size() || peek() == '\n' || peek() == '\r') {
        diagnostics.error(range(begin, at), fmt::format("expected `{}` to end the string, got the end of the {}", quote,
                                                        at < text.size() ? "line" : "file"));
        return addReported(TokenKind::String, begin);
      }
      char c = text[at++];
      if (c == '\\') {
        char escaped = peek();
        size_t where = at - 1;
        if (escaped == 'n' || escaped == 't')
          value += escaped == 'n' ? '\n' : '\t';
        else if (escaped == '"' || escaped == '\\' || escaped == '\'')
          value += escaped;
        else if (at < text.size() && escaped != '\n' && escaped != '\r') {
          size_t length = support::utf8Length(text, at);
          diagnostics
              .error(range(where, at + length), fmt::format("unknown escape `{}`", text.substr(where, length + 1)))
              .help("the escapes are `\\\"`, `\\\\`, `\\n` and `\\t`");
          bad = true;
          at += length - 1;
        } else {
          continue; // The end of the line or file: the loop complains.
        }
        ++at;
      } else {
        value += c;
      }
    }
    ++at;
    if (quote == '\'') {
      diagnostics.error(range(begin, at), "unexpected `'`")
          .help(fmt::format("strings stand in double quotes: \"{}\"", value));
      bad = true;
    }
    Token &token = add(TokenKind::String, begin);
    token.string = std::move(value);
    token.reported = bad;
  }

  /// Such a token stands between two operands: no statement begins with it, and none ends with it.
  static bool joinsOperands(TokenKind kind) {
    switch (kind) {
    case TokenKind::PipeArrow:
    case TokenKind::Plus:
    case TokenKind::Minus:
    case TokenKind::Star:
    case TokenKind::Slash:
    case TokenKind::Percent:
    case TokenKind::Caret:
    case TokenKind::At:
    case TokenKind::Less:
    case TokenKind::LessEqual:
    case TokenKind::Greater:
    case TokenKind::GreaterEqual:
    case TokenKind::EqualEqual:
    case TokenKind::NotEqual:
    case TokenKind::And:
    case TokenKind::Or:
    case TokenKind::Then:
    case TokenKind::Else:
    case TokenKind::In:
    case TokenKind::Equal:
    case TokenKind::Tilde:
    case TokenKind::Arrow:
    case TokenKind::LeftArrow:
    case TokenKind::Ampersand:
      return true;
    default:
      return false;
    }
  }

  /// Whether a line that begins with this token continues the one above.
  bool continuesLine(size_t i) const {
    if (tokens[i].kind != TokenKind::Name)
      return joinsOperands(tokens[i].kind);
    // `with`, unless it is a variable being assigned
    TokenKind next = tokens[std::min(i + 1, tokens.size() - 1)].kind;
    return tokens[i].text == "with" && next != TokenKind::Equal && next != TokenKind::LeftArrow;
  }

  /// After such a token an operand must come, on whatever line.
  static bool awaitsOperand(TokenKind kind) {
    return joinsOperands(kind) || kind == TokenKind::Not || kind == TokenKind::Comma || kind == TokenKind::Colon ||
           kind == TokenKind::DotDot;
  }

  /// Marks the tokens before which a new line ends a statement, for the parser.
  void markBreaks() {
    for (size_t i = 0; i < tokens.size(); ++i) {
      bool open = i > 0 && awaitsOperand(tokens[i - 1].kind);
      tokens[i].afterBreak = tokens[i].onNewLine && !open && !continuesLine(i);
    }
    // Not even an operator goes on past the end.
    tokens.back().afterBreak = true;
  }

  const SourceFile &file;
  Diagnostics &diagnostics;
  std::string_view text;
  size_t at = 0;
  bool newLine = true;
  bool sawHash = false;
  bool hasDoc = false;
  std::string doc;
  std::vector<Token> tokens;
};

} // namespace

std::vector<Token> lex(const SourceFile &file, Diagnostics &diagnostics) { return Lexer(file, diagnostics).run(); }

} // namespace agon::syntax
