//===- StatementTest.cpp - Declarations, statements, games, new lines -----===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "SyntaxTest.h"

namespace agon::syntax {
namespace {

std::string body(const std::string &text) {
  Parsed parsed("layer L(x: [n]) {\n" + text + "\n}");
  if (parsed.diagnostics.hasErrors())
    return parsed.places();
  std::string tree = parsed.tree();
  return tree.substr(tree.find("body") + 5);
}

std::string items(const std::string &text) {
  Parsed parsed("game g {\n" + text + "\n}");
  if (parsed.diagnostics.hasErrors())
    return parsed.places();
  std::string tree = parsed.tree();
  return tree.substr(tree.find("1:1\n") + 4);
}

TEST(Declaration, Empty) {
  Parsed parsed("");
  EXPECT_TRUE(parsed.module.decls.empty());
  EXPECT_EQ(parsed.messages(), "");
  EXPECT_EQ(parsed.tree(), "module\n");
}

TEST(Declaration, EveryKind) {
  Parsed parsed("import \"a.agon\"\n"
                "const n = 1; const m = 2\n"
                "fn f.g(v, w = 1) = v\n"
                "layer L(x: [c, ..rest], k: int, r: real, b: bool, y: class(n)) -> [] { return x }\n"
                "network N(x: [..]) -> ([1], [10]) = x |> L(1)\n"
                "optimizer o(lr = 1) { w <- w - lr * g }\n"
                "source s(n = 8) -> [2]\n{ return 0 }\n"
                "game G { }\n");
  EXPECT_EQ(parsed.messages(), "");
  ASSERT_EQ(parsed.module.decls.size(), 9u);
  EXPECT_EQ(parsed.module.decls[0].name.text, "a.agon");
  EXPECT_EQ(parsed.module.decls[3].name.text, "f.g");
  const Decl &layer = parsed.module.decls[4];
  ASSERT_EQ(layer.params.size(), 5u);
  EXPECT_TRUE(layer.params[0].type->spread[1]);
  EXPECT_EQ(layer.params[1].type->kind, TypeKind::Int);
  EXPECT_EQ(layer.params[4].type->kind, TypeKind::Class);
  const Decl &network = parsed.module.decls[5];
  EXPECT_EQ(network.params[0].type->dims[0], nullptr);
  EXPECT_EQ(network.result->elements.size(), 2u);
  EXPECT_TRUE(network.value->piped);
  EXPECT_EQ(parsed.module.decls[7].kind, DeclKind::Source);
}

TEST(Declaration, DocComment) {
  Parsed parsed("/// The mean.\n/// Of two.\nfn mean2(a, b) = (a + b) / 2\nfn g(a) = a");
  EXPECT_EQ(parsed.module.decls[0].doc, "The mean.\nOf two.");
  EXPECT_EQ(parsed.module.decls[1].doc, "");
}

TEST(Declaration, DefaultsComeLast) {
  EXPECT_EQ(Parsed("fn f(a = 1, b) = a").places(),
            "1:13 expected a default value for `b`, as for the parameter before it\n");
}

TEST(Statement, EveryKind) {
  EXPECT_EQ(body("param W: [n, 2] ~ normal(0, 1); param b: [] = 0"), "      param W 2:1\n"
                                                                     "        type shape 2:10\n"
                                                                     "          name n 2:11\n"
                                                                     "          integer 2 2:14\n"
                                                                     "        ~: call normal 2:19\n"
                                                                     "          integer 0 2:26\n"
                                                                     "          integer 1 2:29\n"
                                                                     "      param b 2:33\n"
                                                                     "        type shape 2:42\n"
                                                                     "        integer 0 2:47\n");
  EXPECT_EQ(body("state m = 0\nm <- m + 1"), "      state m 2:1\n"
                                             "        integer 0 2:11\n"
                                             "      write m 3:1\n"
                                             "        binary + 3:6\n"
                                             "          name m 3:6\n"
                                             "          integer 1 3:10\n");
  EXPECT_EQ(body("let (a, b) = N(x)\nreturn (a, b)"), "      let (a, b) 2:1\n"
                                                      "        call N 2:14\n"
                                                      "          name x 2:16\n"
                                                      "      return 3:1\n"
                                                      "        tuple 3:8\n"
                                                      "          name a 3:9\n"
                                                      "          name b 3:12\n");
  EXPECT_EQ(body("for i in 0..n - 1 { h = i }"), "      for i 2:1\n"
                                                 "        from: integer 0 2:10\n"
                                                 "        to: binary - 2:13\n"
                                                 "          name n 2:13\n"
                                                 "          integer 1 2:17\n"
                                                 "        body\n"
                                                 "          assign h 2:21\n"
                                                 "            name i 2:25\n");
  EXPECT_EQ(body("for (a, b) in pairs { h = a }"), "      for (a, b) 2:1\n"
                                                   "        over: name pairs 2:15\n"
                                                   "        body\n"
                                                   "          assign h 2:23\n"
                                                   "            name a 2:27\n");
  EXPECT_EQ(body("require n > 0, \"got \", n,\n  help = 1; require = 2; require n"), "      require 2:1\n"
                                                                                     "        binary > 2:9\n"
                                                                                     "          name n 2:9\n"
                                                                                     "          integer 0 2:13\n"
                                                                                     "        string \"got \" 2:16\n"
                                                                                     "        name n 2:24\n"
                                                                                     "        help: integer 1 3:10\n"
                                                                                     "      assign require 3:13\n"
                                                                                     "        integer 2 3:23\n"
                                                                                     "      require 3:26\n"
                                                                                     "        name n 3:34\n");
  EXPECT_EQ(body("noise k: class(8) ~ categorical(8)\nmode i in 0..8 at [c, s] within 3 * std"),
            "      noise k 2:1\n"
            "        type class 2:10\n"
            "          integer 8 2:16\n"
            "        call categorical 2:21\n"
            "          integer 8 2:33\n"
            "      mode i 3:1\n"
            "        from: integer 0 3:11\n"
            "        to: integer 8 3:14\n"
            "        list 3:19\n"
            "          name c 3:20\n"
            "          name s 3:23\n"
            "        within: binary * 3:33\n"
            "          integer 3 3:33\n"
            "          name std 3:37\n");
}

TEST(Statement, ElseIfNests) {
  std::string expected = "      if 2:1\n"
                         "        name a 2:4\n"
                         "        body\n"
                         "          return 2:8\n"
                         "            integer 1 2:15\n"
                         "        else\n"
                         "          if 3:6\n"
                         "            name b 3:9\n"
                         "            body\n"
                         "              return 3:13\n"
                         "                integer 2 3:20\n"
                         "            else\n"
                         "              return 4:8\n"
                         "                integer 3 4:15\n";
  EXPECT_EQ(body("if a { return 1 }\nelse if b { return 2 }\nelse { return 3 }"), expected);
}

TEST(Statement, NewLinesEndStatementsExceptWhereTheyCannot) {
  EXPECT_EQ(body("let a = b\n(c)"), "3:1 expected a statement, got `(`\n");
  EXPECT_EQ(body("let a = f(\n b\n + c)\n * d\n |> g\nlet e =\n f"), "      let a 2:1\n"
                                                                     "        call g piped 2:9\n"
                                                                     "          binary * 2:9\n"
                                                                     "            call f 2:9\n"
                                                                     "              binary + 3:2\n"
                                                                     "                name b 3:2\n"
                                                                     "                name c 4:4\n"
                                                                     "            name d 5:4\n"
                                                                     "      let e 7:1\n"
                                                                     "        name f 8:2\n");
  EXPECT_EQ(body("let a = 1 let b = 2"), "2:11 expected a new line or `;`, got the keyword `let`\n");
  EXPECT_EQ(body("return\nx"), "2:7 expected an expression, got the end of the line\n");
}

TEST(Statement, ContextualWordsAreNames) {
  EXPECT_EQ(body("let noise = 1; noise = 2; let mode = noise; mode <- with + at; let play = data\n"
                 "with = 3"),
            "      let noise 2:1\n"
            "        integer 1 2:13\n"
            "      assign noise 2:16\n"
            "        integer 2 2:24\n"
            "      let mode 2:27\n"
            "        name noise 2:38\n"
            "      write mode 2:45\n"
            "        binary + 2:53\n"
            "          name with 2:53\n"
            "          name at 2:60\n"
            "      let play 2:64\n"
            "        name data 2:75\n"
            "      assign with 3:1\n"
            "        integer 3 3:8\n");
}

TEST(Game, DataAndNoise) {
  EXPECT_EQ(items("data x: [2] in (-1, 1) ~ ring(modes = 8)\ndata (a: [1], y: class(10))"),
            "    data 2:1\n"
            "      field x 2:6\n"
            "        type shape 2:9\n"
            "          integer 2 2:10\n"
            "        low: unary - 2:17\n"
            "          integer 1 2:18\n"
            "        high: integer 1 2:21\n"
            "      call ring 2:26\n"
            "        modes: integer 8 2:39\n"
            "    data 3:1\n"
            "      field a 3:7\n"
            "        type shape 3:10\n"
            "          integer 1 3:11\n"
            "      field y 3:15\n"
            "        type class 3:18\n"
            "          integer 10 3:24\n");
}

TEST(Game, PlayerMayBeCalledAnything) {
  EXPECT_EQ(items("player value(A, B) maximizes metric\n  with a.b(1)\n  then c\naverage data with ema(1)"),
            "    player value owns (A, B) maximizes 2:1\n"
            "      name metric 2:30\n"
            "      with: call a.b 3:8\n"
            "        integer 1 3:12\n"
            "      with: name c 4:8\n"
            "    average data 5:1\n"
            "      with: call ema 5:19\n"
            "        integer 1 5:23\n");
}

TEST(Game, Turns) {
  EXPECT_EQ(items("play lookahead(5, 0.5) {\n D & G & Q\n repeat k { D; G unrolling 5 D }; phi\n}"),
            "    play 2:1\n"
            "      sequence 2:6\n"
            "        way lookahead 2:6\n"
            "          integer 5 2:16\n"
            "          real 0.5 2:19\n"
            "          sequence 2:24\n"
            "            simultaneous 3:2\n"
            "              move D 3:2\n"
            "              move G 3:6\n"
            "              move Q 3:10\n"
            "            repeat 4:2\n"
            "              count: name k 4:9\n"
            "              sequence 4:11\n"
            "                move D 4:13\n"
            "                unrolled G against D 4:16\n"
            "                  count: integer 5 4:28\n"
            "            move phi 4:35\n");
}

TEST(Game, AWayToPlayHasAnyNameAndCount) {
  EXPECT_EQ(items("play { G; mirrored 2 * k[0] { D }\n swapped(\n 3) { D } }"), "    play 2:1\n"
                                                                                "      sequence 2:6\n"
                                                                                "        move G 2:8\n"
                                                                                "        way mirrored 2:11\n"
                                                                                "          count: binary * 2:20\n"
                                                                                "            integer 2 2:20\n"
                                                                                "            index 2:24\n"
                                                                                "              name k 2:24\n"
                                                                                "              integer 0 2:26\n"
                                                                                "          sequence 2:29\n"
                                                                                "            move D 2:31\n"
                                                                                "        way swapped 3:2\n"
                                                                                "          integer 3 4:2\n"
                                                                                "          sequence 4:5\n"
                                                                                "            move D 4:7\n");
}

TEST(Game, InitNamesAParameter) {
  Parsed parsed("game g { init G.dense_2.b = 1; value V = 2; metric m = 3; let (a, b) = 4 }");
  EXPECT_EQ(parsed.messages(), "");
  const auto &items = parsed.module.decls[0].items;
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(items[0].names[0].text, "G.dense_2.b");
  EXPECT_EQ(items[1].kind, GameItemKind::Value);
  EXPECT_EQ(items[3].names.size(), 2u);
}

} // namespace
} // namespace agon::syntax
