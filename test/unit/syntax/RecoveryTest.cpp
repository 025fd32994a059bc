//===- RecoveryTest.cpp - Several errors in one run, none twice -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "SyntaxTest.h"

namespace agon::syntax {
namespace {

TEST(Recovery, GoesOnAtTheNextStatement) {
  Parsed parsed("network N(x: [2]) {\n"
                "  let a = \n"
                "  let = 3\n"
                "  let b = 4\n"
                "  let c = f(1,, 2)\n"
                "  return b\n"
                "}\n");
  EXPECT_EQ(parsed.places(), "3:3 expected an expression, got the keyword `let`\n"
                             "3:7 expected a name, got `=`\n"
                             "5:15 expected an expression, got `,`\n");
  ASSERT_EQ(parsed.module.decls.size(), 1u);
  EXPECT_EQ(parsed.module.decls[0].body.size(), 2u);
}

TEST(Recovery, GoesOnAtTheNextDeclaration) {
  Parsed parsed("const a = \nconst b = )\nfn f( = 3\nconst c = 3");
  EXPECT_EQ(parsed.places(), "2:1 expected an expression, got the keyword `const`\n"
                             "2:11 expected an expression, got `)`\n"
                             "3:7 expected the name of a parameter, got `=`\n");
  EXPECT_EQ(parsed.module.decls.size(), 1u);
}

TEST(Recovery, AnOpenBracketEndsWithTheStatement) {
  Parsed parsed("fn f(x) {\n  let a = g(x\n  let b = [1, 2\n  let c = h(1))\n  return c\n}\nconst k = 1");
  EXPECT_EQ(parsed.places(), "3:3 expected `)` to close the arguments of `g`, got the keyword `let`\n"
                             "4:3 expected `]` to close the list, got the keyword `let`\n"
                             "4:15 expected a new line or `;`, got `)`\n");
  EXPECT_EQ(parsed.module.decls.size(), 2u);
  EXPECT_EQ(parsed.diagnostics.all()[0]->notes.at(0).first.begin, 21u);
}

TEST(Recovery, AMissingBraceEndsAtTheNextDeclaration) {
  Parsed parsed("fn f(x) {\n  if x {\n    return 1\n\nconst k = 1\ngame g {\n");
  EXPECT_EQ(parsed.places(), "5:1 expected `}` to close the body of the `if`, got the keyword `const`\n"
                             "6:9 expected `}` to close the game `g`, got the end of the file\n");
  EXPECT_EQ(parsed.module.decls.size(), 1u);
}

TEST(Recovery, ABraceTooMany) {
  EXPECT_EQ(Parsed("fn f(x) { return x }}\nconst k = 1").places(), "1:21 expected a declaration, got `}`\n");
}

TEST(Recovery, SkipsTheBlockOfAnUnknownStatement) {
  Parsed parsed("fn f(x) {\n  while x {\n    let a = 1\n  }\n  fn g(y) { return y }\n  return x\n}");
  EXPECT_EQ(parsed.places(), "2:3 expected a statement, got `while`\n"
                             "5:3 expected a statement, got the keyword `fn`\n");
  EXPECT_EQ(parsed.module.decls[0].body.size(), 1u);
}

TEST(Recovery, TheParserIsSilentWhereTheLexerSpoke) {
  EXPECT_EQ(Parsed("const a = $\nconst b = 1 ? 2\nfn f(x) => x").places(), "1:11 unexpected character `$`\n"
                                                                           "2:13 unexpected `?`\n"
                                                                           "3:9 unexpected `=>`\n");
}

TEST(Recovery, MisspelledWordsAreSuggested) {
  auto help = [](const char *text) {
    Parsed parsed(text);
    bool some = parsed.diagnostics.numErrors() && parsed.diagnostics.all()[0]->helps.size();
    return some ? parsed.diagnostics.all()[0]->helps[0] : "";
  };
  EXPECT_EQ(help("netwrok G(x: [1]) = x"), "did you mean `network`?");
  EXPECT_EQ(help("fn f(x) { retrun x }"), "did you mean `return`?");
  EXPECT_EQ(help("game g { palyer D minimizes x with y }"), "did you mean `player`?");
  EXPECT_EQ(help("game g { player D maximise x with y }"), "did you mean `maximizes`?");
  EXPECT_EQ(help("def f(x): return x"), "a function is declared with `fn`: `fn f(x) = x^2`");
  EXPECT_EQ(help("value V = 3"), "`value` belongs inside `game NAME { ... }`");
}

TEST(Recovery, ReservedWordsAreNoNames) {
  Parsed parsed("network source(x: [1]) = x");
  EXPECT_EQ(parsed.places(), "1:9 expected a name after `network`, got the keyword `source`\n");
  EXPECT_EQ(parsed.diagnostics.all()[0]->helps.at(0), "`source` is reserved: choose another name");
}

} // namespace
} // namespace agon::syntax
