//===- RobustnessTest.cpp - No input crashes the parser -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "SyntaxTest.h"
#include <random>

namespace agon::syntax {
namespace {

const char *const kSample = R"(import "other.agon"
/// Documentation.
const n = if 3 > 2 and not false then -2^-3^2 else 0.5 % 4e-1 // comment
fn fgan.kl.f(a, b = 1) { let (c, d) = g(a)
  return (c, d[0, 1:2, :]) }
layer L(x: [n, ..rest], k: int, b = true) -> ([1], [10]) {
  param W: [n, k] ~ normal(0, 0.02); param c: [] = 0
  state u: [k] = 1
  u <- u / norm(u)
  if training { let q = x @ W } else if b { x = "s\n" } else { for i in 0..n-1 { h = h |> L(
       3, bias = false)
       |> relu } }
  noise k: class(8) ~ categorical(8)
  mode i in 0..m at [cx, cy] within 3 * std
  return x
}
network D(x: [..]) -> [1] = x |> fgan.kl.f
optimizer o(lr = 1) { w <- w - lr * g }
game g {
  data (x: [2] in (-1, 1), y: class(10)) ~ ring(modes = 8)
  noise z: [] ~ normal(0, 1)
  value V = E[D(x)] - E[D(G(z))]
  player D(A, B) maximizes V
    with clip_norm(1) then adam(lr = 2e-4)
  play lookahead(5, k = 0.5) { D & G; repeat 2 { D; G unrolling 5 D } }
  metric m = V
  average G with ema(0.999)
  init G.dense_2.b = 3
}
)";

/// Everything a driver does with a text. The ranges must lie in the text.
void exercise(const std::string &text) {
  Parsed parsed(text);
  std::string rendered = parsed.messages();
  EXPECT_EQ(parsed.diagnostics.hasErrors(), !rendered.empty());
  EXPECT_FALSE(parsed.tree().empty());
  EXPECT_LE(parsed.diagnostics.numErrors(), 250u);
  for (const auto &diagnostic : parsed.diagnostics.all()) {
    ASSERT_TRUE(diagnostic->range);
    ASSERT_LE(diagnostic->range.begin, diagnostic->range.end) << text;
    ASSERT_LE(diagnostic->range.end, text.size()) << text;
    EXPECT_FALSE(diagnostic->message.empty());
  }
}

TEST(Robustness, TheSampleIsGood) { EXPECT_EQ(Parsed(kSample).messages(), ""); }

TEST(Robustness, EveryPrefix) {
  std::string sample = kSample;
  for (size_t length = 0; length <= sample.size(); ++length)
    exercise(sample.substr(0, length));
}

TEST(Robustness, EveryByteLeftOut) {
  std::string sample = kSample;
  for (size_t i = 0; i < sample.size(); ++i)
    exercise(sample.substr(0, i) + sample.substr(i + 1));
}

TEST(Robustness, EveryByteReplaced) {
  std::string sample = kSample;
  const std::string bytes("()[]{}\"\n;.0x=|\xff\0", 16);
  for (size_t i = 0; i < sample.size(); ++i)
    for (size_t k = 0; k < 4; ++k) { // four of them at each place, in turn
      std::string text = sample;
      text[i] = bytes[(i + 5 * k) % bytes.size()];
      exercise(text);
    }
}

TEST(Robustness, TokensShuffled) {
  std::vector<std::string> words = {
      "const", "fn",     "layer", "network", "optimizer", "source",    "game", "import", "let",     "param",
      "state", "return", "for",   "in",      "if",        "then",      "else", "true",   "and",     "or",
      "not",   "repeat", "data",  "noise",   "value",     "player",    "play", "metric", "average", "init",
      "with",  "mode",   "at",    "within",  "maximizes", "unrolling", "E",    "x",      "D",       "class",
      "int",   "1",      "0.5",   "\"s\"",   "..",        "->",        "<-",   "|>",     "==",      "(",
      ")",     "[",      "]",     "{",       "}",         ",",         ":",    ";",      "=",       "~",
      "&",     "+",      "-",     "*",       "^",         "@",         "<",    ".",      "\n",      "\n",
      "#",     "&&",     "'",     "$"};
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    size_t length = random() % 60;
    for (size_t i = 0; i < length; ++i)
      text += words[random() % words.size()] + (random() % 3 ? " " : "");
    exercise(text);
  }
}

std::string repeated(std::string_view part, size_t times) {
  std::string result;
  for (size_t i = 0; i < times; ++i)
    result += part;
  return result;
}

TEST(Robustness, DeepNestingIsAnError) {
  constexpr size_t n = 100000;
  for (std::string part :
       {"(", "[", "-", "not ", "f(", "x[", "2^", "E[", "if a then ", "[..", "if if ", "1 + (", "x |> f("}) {
    Parsed parsed("const c = " + repeated(part, n));
    EXPECT_GE(parsed.diagnostics.numErrors(), 1u) << part;
    EXPECT_NE(parsed.messages().find("nested too deeply"), std::string::npos) << part;
  }
  for (std::string part : {"if a { ", "for i in 0..1 { ", "if a { } else "}) {
    Parsed parsed("fn f(x) { " + repeated(part, n));
    EXPECT_NE(parsed.messages().find("nested too deeply"), std::string::npos) << part;
  }
  Parsed turns("game g { play { " + repeated("repeat 2 { ", n));
  EXPECT_NE(turns.messages().find("nested too deeply"), std::string::npos);
  Parsed types("fn f(x: " + repeated("(", n));
  EXPECT_NE(types.messages().find("nested too deeply"), std::string::npos);
}

TEST(Robustness, ReasonableNestingIsNot) { EXPECT_EQ(expression(repeated("(", 300) + "1" + repeated(")", 300)), "1"); }

TEST(Robustness, EndlessChainsAreAnError) {
  for (std::string part : {" + 1", " |> f", " and a", "[0]", " * 2"}) {
    Parsed parsed("const c = a" + repeated(part, 100000));
    EXPECT_EQ(parsed.diagnostics.numErrors(), 1u) << part;
    EXPECT_NE(parsed.messages().find("too long"), std::string::npos) << part;
  }
  // Chains inside chains: the height counts, not the length of one.
  std::string text = "a";
  for (int i = 0; i < 100; ++i)
    text = "(" + text + ")" + repeated(" + 1", 900);
  EXPECT_TRUE(Parsed("const c = " + text).diagnostics.hasErrors());
  EXPECT_FALSE(Parsed("const c = a" + repeated(" + 1", 900)).diagnostics.hasErrors());
}

TEST(Robustness, ManyErrorsEnd) {
  exercise("fn f(x) {\n" + repeated("let\n", 100000) + "}");
  exercise(repeated("$ ", 100000));
  exercise("game g {\n" + repeated("x\n", 100000));
  exercise(repeated("const\n", 100000));
}

} // namespace
} // namespace agon::syntax
