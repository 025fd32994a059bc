//===- BuiltinTest.cpp - What built-in functions take ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/builtins/Builtins.h"
#include "test/unit/sema/Support.h"
#include <fstream>
#include <sstream>

namespace agon::sema::test {

TEST(Builtins, SignaturesAreDataOfTheTable) {
  EXPECT_EQ(signatureOf(*findBuiltin("exp")), "exp(x)");
  EXPECT_EQ(signatureOf(*findBuiltin("cumsum")), "cumsum(x: [..], axis = -1, reverse = false)");
  EXPECT_EQ(signatureOf(*findBuiltin("max")), "max(x, …, axis = all, keep = false)");
  EXPECT_EQ(signatureOf(*findBuiltin("gather")), "gather(x: [..], index: class(k), axis = 0)");
  EXPECT_EQ(signatureOf(*findBuiltin("range")), "range(first: int, last = …)");
}

TEST(Builtins, TheLanguagesPageHasTheirSignatures) {
  std::stringstream page;
  page << std::ifstream(AGON_LANGUAGE_PAGE).rdbuf();
  ASSERT_FALSE(page.str().empty());
  for (const std::string &name : builtinNames()) {
    std::string signature = "`" + signatureOf(*findBuiltin(name)) + "`";
    EXPECT_NE(page.str().find(signature), std::string::npos) << signature;
  }
}

/// The first error of `network N(x: [2, 6], y: class(3)) -> [1] = sum(EXPRESSION)`.
static std::string errorOf(const std::string &expression) {
  return firstError("network N(x: [2, 6], y: class(3)) -> [1] = [sum(" + expression + ")]\n");
}

TEST(Builtins, ArgumentsAreWhatParametersTake) {
  EXPECT_EQ(errorOf("flatten(relu)"), "`flatten` expects a tensor for `x`, got the function `relu`");
  EXPECT_EQ(errorOf("cumsum(y)"), "`cumsum` expects numbers for `x`, got a label, class(3)");
  EXPECT_EQ(errorOf("exp(\"a\")"), "`exp` expects numbers for `x`, got the text \"a\"");
  EXPECT_EQ(errorOf("one_hot(x)"), "`one_hot` expects labels, class(k), for `y`, got a tensor of shape [2, 6]");
  EXPECT_EQ(errorOf("pad(x, 0, 0, value = x)"),
            "`pad` expects a number known at compile time for `value`, got a tensor of shape [2, 6]");
  EXPECT_EQ(errorOf("x * product([1, y])"), "`product` expects a list of numbers for `list`, got a label, class(3)");
  EXPECT_EQ(errorOf("x * product(2)"), "`product` expects a list of numbers for `list`, got the whole number 2");
  EXPECT_EQ(errorOf("range(0.5)"),
            "`range` expects a whole number from -1048576 to 1048576 for `first`, got the number 0.5");
  EXPECT_EQ(errorOf("float(label(x, 0))"), "`label` expects a whole number from 1 for `k`, got the whole number 0");
  EXPECT_EQ(errorOf("mean(x, keep = 1)"), "`mean` expects `true` or `false` for `keep`, got the whole number 1");
  EXPECT_EQ(errorOf("concat(x, x, axis = [0])"),
            "`concat` expects one axis, a whole number, for `axis`, got a list of 1");
  EXPECT_EQ(errorOf("max(x, axis = (0, 0.5))"),
            "`max` expects an axis, a whole number, or a list of axes for `axis`, got the number 0.5");
  EXPECT_EQ(errorOf("broadcast(x, [2, 1.5])"),
            "`broadcast` expects a shape, a list of whole numbers, for `shape`, got the number 1.5");
  EXPECT_EQ(errorOf("unfold(x, 1, 2, stride = 0)"),
            "`unfold` expects a whole number from 1, or a list of such, for `stride`, got the whole number 0");
  EXPECT_EQ(errorOf("pad(x, -1, 0)"),
            "`pad` expects a whole number from 0, or a list of such, for `low`, got the whole number -1");
  EXPECT_EQ(errorOf("draw(1, [2])"), "`draw` expects a distribution for `distribution`, got the whole number 1");
  EXPECT_EQ(errorOf("draw(normal(0, inf), [2])"), "`normal` expects finite numbers for `s`, got the number inf");
  EXPECT_EQ(errorOf("draw(uniform(relu, 1), [2])"),
            "`uniform` expects finite numbers for `a`, got the function `relu`");
}

TEST(Builtins, ArgumentsAreAsManyAsParameters) {
  EXPECT_EQ(errorOf("cumsum(x, 0, true, 3)"), "`cumsum` takes at most 3 arguments, got 4");
  EXPECT_EQ(errorOf("label(x)"), "`label` needs an argument for `k`");
  EXPECT_EQ(errorOf("label(x, x = 1)"), "`x` is given twice");
  EXPECT_EQ(errorOf("sum(x, axes = 0)"), "`sum` has no parameter `axes`");
  Program program = compile("network N(x: [2]) -> [2] = label(x)\n");
  EXPECT_NE(program.messages.find("it is declared as `label(x: [..], k: int)`"), std::string::npos) << program.messages;
}

TEST(Builtins, OneListStandsForSeveralArguments) {
  EXPECT_EQ(apply("(x: [2, 3]) -> [3, 2]", "= reshape(x, [3, -1])", {1, 2, 3, 4, 5, 6}).values,
            apply("(x: [2, 3]) -> [3, 2]", "= reshape(x, 3, -1)", {1, 2, 3, 4, 5, 6}).values);
  EXPECT_EQ(apply("(x: [2]) -> [4]", "= concat([x, 2 * x])", {1, 2}).values, (std::vector<double>{1, 2, 2, 4}));
  EXPECT_EQ(constant("max((1, 3, 2))"), "3");
  EXPECT_EQ(constant("sum((1, 2, 3))"), "6");
  EXPECT_EQ(constant("mean([1, 2], axis = all)"), "1.5");
}

} // namespace agon::sema::test
