//===- ExpressionTest.cpp - Precedence and forms of expressions -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "SyntaxTest.h"

namespace agon::syntax {
namespace {

TEST(Expression, Arithmetic) {
  EXPECT_EQ(expression("a + b * c - d"), "((a + (b * c)) - d)");
  EXPECT_EQ(expression("a / b * c % d @ e"), "((((a / b) * c) % d) @ e)");
  EXPECT_EQ(expression("(a + b) * c"), "((a + b) * c)");
}

TEST(Expression, PowersGoRightAndBindTighterThanMinus) {
  EXPECT_EQ(expression("2^3^4"), "(2 ^ (3 ^ 4))");
  EXPECT_EQ(expression("-x^2"), "(-(x ^ 2))");
  EXPECT_EQ(expression("2^-3"), "(2 ^ (-3))");
  EXPECT_EQ(expression("2^-3^2"), "(2 ^ (-(3 ^ 2)))");
  EXPECT_EQ(expression("-a * -b"), "((-a) * (-b))");
  EXPECT_EQ(expression("a - -b"), "(a - (-b))");
  EXPECT_EQ(expression("x[0]^f(y)[1]"), "(x[0] ^ f(y)[1])");
}

TEST(Expression, Logic) {
  EXPECT_EQ(expression("a or b and not c == d"), "(a or (b and (not (c == d))))");
  EXPECT_EQ(expression("a + 1 < b * 2"), "((a + 1) < (b * 2))");
  EXPECT_EQ(expression("not not a"), "(not (not a))");
  EXPECT_EQ(expression("(a < b) == (c < d)"), "((a < b) == (c < d))");
}

TEST(Expression, ComparisonsDoNotChain) {
  EXPECT_EQ(expression("a < b < c"), "1:17 comparisons do not chain\n");
  EXPECT_EQ(expression("a == b != c"), "1:18 comparisons do not chain\n");
}

TEST(Expression, Pipelines) {
  EXPECT_EQ(expression("x |> f"), "f(x)");
  EXPECT_EQ(expression("x |> f(a, k = 1) |> g.h"), "g.h(f(x, a, k: 1))");
  EXPECT_EQ(expression("a + b |> f"), "f((a + b))");
  EXPECT_EQ(expression("a or b |> f"), "f((a or b))");
  EXPECT_EQ(expression("(x |> f) + 1"), "(f(x) + 1)");
  EXPECT_EQ(expression("x |> f() |> g"), "g(f(x))");
}

TEST(Expression, PipelineNeedsANameOrACall) {
  EXPECT_EQ(expression("x |> 3"), "1:16 expected a function, a layer or a network after `|>`, got `3`\n");
  EXPECT_EQ(expression("x |> f + 1"), "1:18 expected `|>` or the end of the pipeline after `f`, got `+`\n");
  EXPECT_EQ(expression("x |> f(a)[0]"), "1:20 expected `|>` or the end of the pipeline after `f`, got `[`\n");
  EXPECT_EQ(expression("x |>"), "1:15 expected a function, a layer or a network after `|>`, got the end of the file\n");
}

TEST(Expression, Conditionals) {
  EXPECT_EQ(expression("if a < b then x |> f else if c then 1 else 2"),
            "(if (a < b) then f(x) else (if c then 1 else 2))");
  EXPECT_EQ(expression("f(if a then 1 else 2)"), "f((if a then 1 else 2))");
  EXPECT_EQ(expression("1 + (if a then 1 else 2)"), "(1 + (if a then 1 else 2))");
  EXPECT_EQ(expression("1 + if a then 1 else 2"), "1:15 expected an expression, got the keyword `if`\n");
  EXPECT_EQ(expression("if a\n then 1\n else 2"), "(if a then 1 else 2)");
  EXPECT_EQ(expression("if a then 1"), "1:22 expected `else`, got the end of the file\n");
}

TEST(Expression, CallsAndNames) {
  EXPECT_EQ(expression("fgan.kl.activation(D(x), a = b == c,)"), "fgan.kl.activation(D(x), a: (b == c))");
  EXPECT_EQ(expression("f(\n a,\n b\n)"), "f(a, b)");
  EXPECT_EQ(expression("data + value"), "(data + value)");
  EXPECT_EQ(expression("f(a = 1, 2)"), "1:20 a positional argument stands after a named one\n");
  EXPECT_EQ(expression("f(a)(b)"), "1:11 expected the name of a function before `(`\n");
  EXPECT_EQ(expression("f(a b)"), "1:15 expected `)` to close the arguments of `f`, got `b`\n");
  EXPECT_EQ(expression("x.relu().y"), "1:19 expected an operator, got `.`\n");
}

TEST(Expression, Indexing) {
  EXPECT_EQ(expression("x[0]"), "x[0]");
  EXPECT_EQ(expression("x[0, 1:n, :, a + 1:, :b][i]"), "x[0, 1:n, :, (a + 1):, :b][i]");
  EXPECT_EQ(expression("x[]"), "1:13 expected an index, got `]`\n");
  EXPECT_EQ(expression("x[1:2:3]"), "1:16 expected `,` or `]` after the slice, got `:`\n");
}

TEST(Expression, ListsAndTuples) {
  EXPECT_EQ(expression("[]"), "[]");
  EXPECT_EQ(expression("[n, ..rest, 2 * m,]"), "[n, ..rest, (2 * m)]");
  EXPECT_EQ(expression("(a, b + 1)"), "(a, (b + 1))");
  EXPECT_EQ(expression("(a)"), "a");
  EXPECT_EQ(expression("(a,)"), "1:11 expected at least two elements in a tuple, got 1\n");
  EXPECT_EQ(expression("()"), "1:12 expected an expression after `(`, got `)`\n");
}

TEST(Expression, ExpectationIsOnlyTheNameE) {
  EXPECT_EQ(expression("E[log(x)] - E[y]"), "(E[log(x)] - E[y])");
  EXPECT_EQ(expression("F[x]"), "F[x]");
  EXPECT_EQ(expression("E + 1"), "(E + 1)");
  EXPECT_EQ(expression("E[x, y]"), "1:14 expected `]` to close the expectation, got `,`\n");
}

TEST(Expression, RangesCoverWhatIsWritten) {
  Parsed parsed("const c = (a + b) * f(x)");
  const Expr &expr = *parsed.module.decls[0].value;
  EXPECT_EQ(expr.range.begin, 10u);
  EXPECT_EQ(expr.range.end, 24u);
  EXPECT_EQ(expr.opRange.begin, 18u);
  EXPECT_EQ(expr.children[0]->range.end, 17u);
}

} // namespace
} // namespace agon::syntax
