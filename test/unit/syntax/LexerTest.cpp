//===- LexerTest.cpp - Text to tokens -------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "frontend/syntax/Lexer.h"
#include "SyntaxTest.h"

namespace agon::syntax {
namespace {

struct Lexed {
  explicit Lexed(std::string text) : file(sources.add("t.agon", std::move(text))), tokens(lex(file, diagnostics)) {}
  std::string text() const {
    std::string result;
    for (const Token &token : tokens)
      if (token.kind != TokenKind::Eof)
        result += (token.afterBreak ? "| " : "") + std::string(token.text) + " ";
    return result;
  }
  std::string message() const { return diagnostics.all().empty() ? "" : diagnostics.all().front()->message; }
  std::string help() const {
    bool none = diagnostics.all().empty() || diagnostics.all().front()->helps.empty();
    return none ? "" : diagnostics.all().front()->helps.front();
  }

  SourceManager sources;
  Diagnostics diagnostics;
  const SourceFile &file;
  std::vector<Token> tokens;
};

TEST(Lexer, EmptyFileIsOnlyItsEnd) {
  for (const char *text : {"", "\n\n", "  // a comment", "\xef\xbb\xbf"}) {
    Lexed lexed(text);
    ASSERT_EQ(lexed.tokens.size(), 1u);
    EXPECT_EQ(lexed.tokens[0].kind, TokenKind::Eof);
    EXPECT_FALSE(lexed.diagnostics.hasErrors());
  }
}

TEST(Lexer, RangeOfIntegersIsNotAReal) {
  Lexed lexed("0..3");
  ASSERT_EQ(lexed.tokens.size(), 4u);
  EXPECT_EQ(lexed.tokens[0].kind, TokenKind::Integer);
  EXPECT_EQ(lexed.tokens[1].kind, TokenKind::DotDot);
  EXPECT_EQ(lexed.tokens[2].integer, 3);
}

TEST(Lexer, Numbers) {
  Lexed lexed("9223372036854775807 0.5 1e-3 2.5E+2 1e-999 7");
  EXPECT_FALSE(lexed.diagnostics.hasErrors());
  EXPECT_EQ(lexed.tokens[0].integer, INT64_MAX);
  EXPECT_EQ(lexed.tokens[1].real, 0.5);
  EXPECT_EQ(lexed.tokens[2].real, 1e-3);
  EXPECT_EQ(lexed.tokens[3].real, 250.0);
  EXPECT_EQ(lexed.tokens[4].real, 0.0);
  EXPECT_EQ(lexed.tokens[5].integer, 7);
}

TEST(Lexer, BadNumbersSayWhatToWrite) {
  EXPECT_EQ(Lexed("9223372036854775808").message(), "the integer `9223372036854775808` is too large");
  EXPECT_EQ(Lexed("1e309").message(), "the number `1e309` is too large");
  EXPECT_EQ(Lexed("1.").help(), "write `1.0`");
  EXPECT_EQ(Lexed(".25").help(), "write `0.25`");
  EXPECT_EQ(Lexed("2x").help(), "a product needs its sign: `2 * x`");
  EXPECT_EQ(Lexed("1_000").help(), "digits are written without separators");
  EXPECT_EQ(Lexed("0xff").help(), "numbers are decimal");
  EXPECT_EQ(Lexed("1e").help(), "an exponent is an integer: `1e-3`");
  for (const char *text : {"1.", ".25", "2x", "1_000", "0xff", "1e"})
    EXPECT_EQ(Lexed(text).diagnostics.numErrors(), 1u) << text;
}

TEST(Lexer, LongestPunctuationWins) {
  EXPECT_EQ(Lexed("a|>b<-c->d<=e>=f==g!=h..i.j").text(), "| a |> b <- c -> d <= e >= f == g != h .. i . j ");
}

TEST(Lexer, KeywordsAreWholeWords) {
  Lexed lexed("let letter data");
  EXPECT_EQ(lexed.tokens[0].kind, TokenKind::Let);
  EXPECT_EQ(lexed.tokens[1].kind, TokenKind::Name);
  EXPECT_EQ(lexed.tokens[2].kind, TokenKind::Name);
}

TEST(Lexer, LinesThatGoOn) {
  EXPECT_EQ(Lexed("a\nb").text(), "| a | b ");
  EXPECT_EQ(Lexed("a\n |> b\n + c\n - d").text(), "| a |> b + c - d ");
  EXPECT_EQ(Lexed("a =\n\n b").text(), "| a = b ");
  EXPECT_EQ(Lexed("a +\n // comment\n b").text(), "| a + b ");
  EXPECT_EQ(Lexed("V\n with sgd").text(), "| V with sgd ");
  EXPECT_EQ(Lexed("V\n with = 3").text(), "| V | with = 3 ");
  EXPECT_EQ(Lexed("}\nelse {").text(), "| } else { ");
}

TEST(Lexer, CarriageReturnsAreBlanks) {
  Lexed lexed("a\r\nb\r\n");
  EXPECT_EQ(lexed.text(), "| a | b ");
  EXPECT_EQ(lexed.file.lineText(1), "a");
}

TEST(Lexer, DocCommentsBelongToTheNextToken) {
  Lexed lexed("/// One.\n///  two\n// not this\n//// nor this\nfn f");
  EXPECT_EQ(lexed.tokens[0].doc, "One.\n two");
  EXPECT_EQ(lexed.tokens[1].doc, "");
}

TEST(Lexer, Strings) {
  Lexed lexed(R"("a\"b\\\n\t")");
  EXPECT_EQ(lexed.tokens[0].string, "a\"b\\\n\t");
  EXPECT_EQ(Lexed("\"abc\nx").message(), "expected `\"` to end the string, got the end of the line");
  EXPECT_EQ(Lexed("\"abc").message(), "expected `\"` to end the string, got the end of the file");
  EXPECT_EQ(Lexed("\"abc\\").message(), "expected `\"` to end the string, got the end of the file");
  EXPECT_EQ(Lexed("\"a\\qb\"").message(), "unknown escape `\\q`");
  EXPECT_EQ(Lexed("'abc'").help(), "strings stand in double quotes: \"abc\"");
}

TEST(Lexer, ForeignOperatorsBecomeTheirForm) {
  EXPECT_EQ(Lexed("a && b").tokens[1].kind, TokenKind::And);
  EXPECT_EQ(Lexed("a || b").tokens[1].kind, TokenKind::Or);
  EXPECT_EQ(Lexed("a ** b").tokens[1].kind, TokenKind::Caret);
  EXPECT_EQ(Lexed("a := b").tokens[1].kind, TokenKind::Equal);
  EXPECT_EQ(Lexed("a × b").tokens[1].kind, TokenKind::Star);
  EXPECT_EQ(Lexed("!a").help(), "write `not`");
  EXPECT_EQ(Lexed("a != b").message(), "");
  EXPECT_EQ(Lexed("a |> b").message(), "");
}

TEST(Lexer, HashCommentsAreOneComplaint) {
  Lexed lexed("# one\na # two\nb");
  EXPECT_EQ(lexed.text(), "| a | b ");
  EXPECT_EQ(lexed.diagnostics.numErrors(), 1u);
  EXPECT_EQ(lexed.help(), "comments begin with `//`");
}

TEST(Lexer, BytesThatAreNotText) {
  EXPECT_EQ(Lexed("a\xff").message(), "expected UTF-8 text, got the byte 0xff");
  EXPECT_EQ(Lexed("\xc0\x80").message(), "expected UTF-8 text, got the byte 0xc0");
  EXPECT_EQ(Lexed("\xe2\x82").message(), "expected UTF-8 text, got the byte 0xe2");
  EXPECT_EQ(Lexed("\xed\xa0\x80").message(), "expected UTF-8 text, got the byte 0xed");
  EXPECT_EQ(Lexed(std::string("a\0b", 3)).message(), "expected text, got a NUL byte");
  EXPECT_EQ(Lexed("имя").message(), "unexpected characters `имя`");
  EXPECT_EQ(Lexed("\x01").message(), "unexpected byte 0x01");
  EXPECT_EQ(Lexed("// §, имя: text in comments is free").message(), "");
}

} // namespace
} // namespace agon::syntax
