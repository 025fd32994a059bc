//===- CompileTimeTest.cpp - Constants, functions, imports ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/sema/Support.h"

namespace agon::sema::test {

TEST(CompileTime, IntegersAreExact) {
  EXPECT_EQ(constant("2^62 + (2^62 - 1)"), "9223372036854775807");
  EXPECT_EQ(constant("7 / 2"), "3");
  EXPECT_EQ(constant("-7 / 2"), "-4");
  EXPECT_EQ(constant("-7 % 3"), "2");
  EXPECT_EQ(constant("7 % 3"), "1");
  EXPECT_EQ(constant("3^4"), "81");
  EXPECT_EQ(constant("(-1)^1000001"), "-1");
  EXPECT_EQ(constant("min(3, 2, 5)"), "2");
  EXPECT_EQ(constant("max([3, 9, 5])"), "9");
  EXPECT_EQ(constant("abs(-4)"), "4");
}

TEST(CompileTime, Reals) {
  EXPECT_EQ(constant("7.0 / 2"), "3.5");
  EXPECT_EQ(constant("2^-1"), "0.5");
  EXPECT_EQ(constant("2^0.5 == sqrt(2)"), "true");
  EXPECT_EQ(constant("floor(2.7)"), "2");
  EXPECT_EQ(constant("ceil(2.1)"), "3");
  EXPECT_EQ(constant("exp(0)"), "1");
  EXPECT_EQ(constant("abs(cos(pi) + 1) < 1e-15"), "true");
  EXPECT_EQ(constant("5.5 % 2"), "1.5");
}

TEST(CompileTime, ConditionsAreLazy) {
  EXPECT_EQ(constant("if 1 < 2 then 3 else 1 / 0"), "3");
  EXPECT_EQ(constant("1 > 2 and 1 / 0 == 1"), "false");
  EXPECT_EQ(constant("1 < 2 or 1 / 0 == 1"), "true");
  EXPECT_EQ(constant("not (1 < 2)"), "false");
  EXPECT_EQ(constant("if 2 != 2 then 1 else if 3 >= 3 then 4 else 5"), "4");
}

TEST(CompileTime, Lists) {
  EXPECT_EQ(constant("[1, 2.5, [3]]"), "[1, 2.5, [3]]");
  EXPECT_EQ(constant("[1, 2, 3][-1]"), "3");
  EXPECT_EQ(constant("[1, 2, 3][1:]"), "[2, 3]");
  EXPECT_EQ(constant("[0, ..[1, 2], 3]"), "[0, 1, 2, 3]");
  EXPECT_EQ(constant("len([1, 2, 3])"), "3");
  EXPECT_EQ(constant("size([2, 3, 4])"), "24");
  EXPECT_EQ(constant("[1, 2] == [1, 2]"), "true");
  EXPECT_EQ(constant("range(2, 5)"), "[2, 3, 4]");
  EXPECT_EQ(constant("fan_in([64, 32])"), "64");
  EXPECT_EQ(constant("fan_in([64, 32, 3, 3])"), "288");
  EXPECT_EQ(constant("fan_out([64, 32, 3, 3])"), "576");
}

TEST(CompileTime, FunctionsAreInlined) {
  Program program = good("fn factorial(n) = if n <= 1 then 1 else n * factorial(n - 1)\n"
                         "fn sum_to(n) {\n  let s = 0\n  for i in 0..n { s = s + i }\n  return s\n}\n"
                         "const a = factorial(12)\nconst b = sum_to(n = 101)\n"
                         "const c = [1, 2] |> len\n");
  EXPECT_EQ(program.model->constants, (std::vector<std::pair<std::string, std::string>>{
                                          {"batch", "64"}, {"a", "479001600"}, {"b", "5050"}, {"c", "2"}}));
}

TEST(CompileTime, DefinesOverride) {
  Program program = good("const a = 2\nconst b = a + 1\n", {{"a", "2 * 5"}, {"batch", "128"}});
  EXPECT_EQ(program.model->constants,
            (std::vector<std::pair<std::string, std::string>>{{"a", "10"}, {"b", "11"}, {"batch", "128"}}));
}

TEST(CompileTime, UserDeclarationsShadowTheLibrary) {
  // The library's own uses of relu keep the library's meaning.
  Program program = good("fn relu(x) = x + 1\nfn exp(x) = 3\nconst a = relu(1)\nconst b = exp(0)\n"
                         "const c = hinge(5)\n");
  EXPECT_EQ(program.model->constants[1].second, "2");
  EXPECT_EQ(program.model->constants[2].second, "3");
  EXPECT_EQ(program.model->constants[3].second, "0");
}

TEST(CompileTime, IntegerDivisionToZeroWarns) {
  Program program = compile("const lr = 1 / 10\n");
  EXPECT_TRUE(program.ok());
  EXPECT_NE(program.messages.find("1 / 10 is 0"), std::string::npos) << program.messages;
}

TEST(Imports, AreRelativeToTheFileAndLoadedOnce) {
  Program program =
      good("import \"parts/nets.agon\"\nimport \"parts/more.agon\"\nconst c = a + b\n", {},
           {{"dir/parts/nets.agon", "import \"more.agon\"\nconst a = b\n"}, {"dir/parts/more.agon", "const b = 21\n"}});
  EXPECT_EQ(program.model->constants.back().second, "42");
}

TEST(Imports, BringNetworksAndGames) {
  std::string game = "game g {\n  data x: [2] ~ ring()\n  player D minimizes E[D(x)^2] with sgd(0.1)\n}\n";
  Program program =
      good("import \"d.agon\"\n" + game, {}, {{"dir/d.agon", "network D(x: [2]) -> [1] = x |> dense(1)\n" + game}});
  ASSERT_TRUE(program.model->game);
  EXPECT_EQ(program.model->networks.size(), 1u);
  // Without a game of its own the file takes the imported one.
  program = good("import \"d.agon\"\n", {}, {{"dir/d.agon", "network D(x: [2]) -> [1] = x |> dense(1)\n" + game}});
  EXPECT_TRUE(program.model->game);
}

TEST(Imports, OnlyTheGamesFileIsToldOfNetworksWithoutAPart) {
  std::string other = "network %(x: [2]) -> [1] = x |> dense(1)\n";
  std::string game = "game g {\n  data x: [2] ~ ring()\n  player D minimizes E[D(x)^2] with sgd(0.1)\n}\n";
  auto named = [&](const char *name) { return std::string(other).replace(other.find('%'), 1, name); };
  Program program =
      good("import \"nets.agon\"\n" + named("F") + game, {}, {{"dir/nets.agon", named("D") + named("G")}});
  EXPECT_NE(program.messages.find("the network `F` takes no part in the game"), std::string::npos);
  EXPECT_EQ(program.messages.find("`G`"), std::string::npos) << program.messages;
  EXPECT_EQ(program.model->networks.size(), 1u);
}

TEST(Imports, Cycles) {
  Program program = compile("import \"a.agon\"\n", {},
                            {{"dir/a.agon", "import \"b.agon\"\n"}, {"dir/b.agon", "import \"a.agon\"\n"}});
  EXPECT_NE(program.messages.find("import cycle"), std::string::npos) << program.messages;
}

} // namespace agon::sema::test
