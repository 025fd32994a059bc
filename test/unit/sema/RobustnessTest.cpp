//===- RobustnessTest.cpp - Bad input does no harm --------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/sema/Support.h"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace agon::sema::test {

/// The examples and a part of the bad programs, for each has a twin.
static std::vector<std::string> corpus(size_t every) {
  std::vector<std::string> texts;
  for (const char *folder : {AGON_EXAMPLES, AGON_BAD_PROGRAMS})
    for (const auto &entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() == ".agon") {
        std::ifstream file(entry.path());
        std::stringstream text;
        text << file.rdbuf();
        texts.push_back(text.str());
      }
  std::sort(texts.begin(), texts.end());
  std::vector<std::string> chosen;
  for (size_t i = 0; i < texts.size(); i += every)
    chosen.push_back(texts[i]);
  return chosen;
}

TEST(Robustness, EveryBadProgramIsRefused) {
  int count = 0;
  for (const auto &entry : std::filesystem::directory_iterator(AGON_BAD_PROGRAMS)) {
    std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".agon" || name.starts_with("define-") || name == "import-itself")
      continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_NE(firstError(text.str()), "") << entry.path();
    ++count;
  }
  EXPECT_GE(count, 75);
}

TEST(Robustness, ProgramsCutAnywhere) {
  for (const std::string &text : corpus(5))
    for (size_t end = 0; end < text.size(); end += 1 + text.size() / 12)
      compile(text.substr(0, end));
}

TEST(Robustness, WordsExchanged) {
  // Names and numbers are swapped at random: most results are wrong programs
  // that still parse, the kind that reaches sema.
  std::mt19937 engine(7);
  for (const std::string &text : corpus(2)) {
    std::vector<std::pair<size_t, size_t>> words;
    for (size_t i = 0; i < text.size();) {
      size_t j = i;
      while (j < text.size() && (std::isalnum(static_cast<unsigned char>(text[j])) || text[j] == '_'))
        ++j;
      if (j > i)
        words.emplace_back(i, j - i);
      i = j + 1;
    }
    for (int round = 0; round < 4 && words.size() > 2; ++round) {
      auto from = words[engine() % words.size()], to = words[engine() % words.size()];
      std::string changed = text;
      changed.replace(to.first, to.second, text.substr(from.first, from.second));
      compile(changed);
    }
  }
}

TEST(Robustness, RunawayProgramsEnd) {
  EXPECT_NE(firstError("layer a(x: [n]) -> [n] = x |> b\nlayer b(x: [n]) -> [n] = x |> a |> a\n"
                       "network N(x: [2]) -> [2] = a(x)\n"),
            "");
  EXPECT_NE(firstError("fn f(n) = if n == 0 then 1 else f(n - 1) + f(n - 1)\nconst a = f(60)\n"), "");
  EXPECT_NE(firstError("network N(x: [2]) -> [2] {\n  let h = x\n  for i in 0..1000000000 { h = h + 1 }\n"
                       "  return h\n}\n"),
            "");
  std::string deep = "const a = ";
  for (int i = 0; i < 100000; ++i)
    deep += "1 + ";
  compile(deep + "1\n");
  std::string pipeline = "network N(x: [2]) -> [2] = x";
  for (int i = 0; i < 300; ++i)
    pipeline += "\n  |> tanh";
  good(pipeline + "\n");
}

TEST(Robustness, SeveralErrorsInOneRun) {
  Program program = compile("const a = b\nnetwork N(x: [2]) -> [1] = x |> dens(1)\n"
                            "network M(x: [2]) -> [3] = x |> dense(1)\n");
  EXPECT_EQ(program.diagnostics->numErrors(), 3u) << program.messages;
}

} // namespace agon::sema::test
