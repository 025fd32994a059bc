//===- DiagnosticsTest.cpp - Messages as the user sees them ---------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "SyntaxTest.h"

namespace agon::syntax {
namespace {

struct Messages {
  const SourceFile &add(std::string path, std::string text) { return sources.add(std::move(path), std::move(text)); }
  std::string render() const { return diagnostics.render(false); }
  SourceManager sources;
  Diagnostics diagnostics;
};

TEST(Source, LinesAndColumns) {
  SourceManager sources;
  const SourceFile &file = sources.add("a", "ab\n\ncd\r\ne");
  EXPECT_EQ(file.lineColumn(0).line, 1u);
  EXPECT_EQ(file.lineColumn(2).column, 3u);
  EXPECT_EQ(file.lineColumn(3).line, 2u);
  EXPECT_EQ(file.lineColumn(4).line, 3u);
  EXPECT_EQ(file.lineColumn(99).line, 4u);
  EXPECT_EQ(file.lineText(2), "");
  EXPECT_EQ(file.lineText(3), "cd");
  EXPECT_EQ(file.lineText(4), "e");
  EXPECT_EQ(file.lineText(5), "");
}

TEST(Diagnostics, Everything) {
  Messages m;
  std::string text;
  for (int i = 0; i < 11; ++i)
    text += "let a = 1\n";
  const SourceFile &file = m.add("ring.agon", text);
  m.diagnostics.error({&file, 104, 105}, "expected b, got a")
      .withLabel("this is a")
      .note({&file, 4, 5}, "declared here")
      .help("write b");
  EXPECT_EQ(m.render(), "error: expected b, got a\n"
                        "  --> ring.agon:11:5\n"
                        "   |\n"
                        "11 | let a = 1\n"
                        "   |     ^ this is a\n"
                        "note: declared here\n"
                        "  --> ring.agon:1:5\n"
                        "   |\n"
                        " 1 | let a = 1\n"
                        "   |     -\n"
                        "help: write b\n");
}

TEST(Diagnostics, InOrderOfPlaceAndEachOnce) {
  Messages m;
  const SourceFile &file = m.add("a", "xyz");
  m.diagnostics.error({&file, 2, 3}, "late").help("once");
  m.diagnostics.warning({&file, 0, 1}, "early");
  m.diagnostics.error({&file, 2, 3}, "late").help("twice");
  m.diagnostics.error({&file, 2, 3}, "other");
  m.diagnostics.error({}, "nowhere");
  EXPECT_EQ(m.diagnostics.numErrors(), 3u);
  EXPECT_EQ(m.render(), "error: nowhere\n"
                        "\n"
                        "warning: early\n --> a:1:1\n  |\n1 | xyz\n  | ^\n"
                        "\n"
                        "error: late\n --> a:1:3\n  |\n1 | xyz\n  |   ^\nhelp: once\n"
                        "\n"
                        "error: other\n --> a:1:3\n  |\n1 | xyz\n  |   ^\n");
}

TEST(Diagnostics, WarningsAreNoErrors) {
  Messages m;
  const SourceFile &file = m.add("a", "x");
  m.diagnostics.warning({&file, 0, 1}, "careful");
  EXPECT_FALSE(m.diagnostics.hasErrors());
}

TEST(Diagnostics, CaretsLineUpAfterTabsAndOtherScripts) {
  Messages m;
  const SourceFile &file = m.add("a", "\tдa\tb\x01");
  m.diagnostics.error({&file, 5, 6}, "here"); // b
  EXPECT_EQ(m.render(), "error: here\n --> a:1:6\n  |\n1 |     дa    b\\x01\n  |           ^\n");
}

TEST(Diagnostics, SeveralLinesShowTheFirst) {
  Messages m;
  const SourceFile &file = m.add("a", "ab cd\nef");
  m.diagnostics.error({&file, 3, 8}, "here");
  EXPECT_EQ(m.render(), "error: here\n --> a:1:4\n  |\n1 | ab cd\n  |    ^^\n");
}

TEST(Diagnostics, TheEndOfTheFileGetsACaret) {
  Messages m;
  const SourceFile &file = m.add("a", "ab");
  m.diagnostics.error({&file, 2, 2}, "here");
  const SourceFile &empty = m.add("b", "");
  m.diagnostics.error({&empty, 0, 0}, "there");
  EXPECT_EQ(m.render(), "error: here\n --> a:1:3\n  |\n1 | ab\n  |   ^\n\n"
                        "error: there\n --> b:1:1\n  |\n1 |\n  | ^\n");
}

TEST(Diagnostics, LongLinesAreCut) {
  Messages m;
  const SourceFile &file = m.add("a", std::string(5000, 'x') + "!" + std::string(5000, 'y'));
  m.diagnostics.error({&file, 5000, 5001}, "here");
  std::string text = m.render();
  EXPECT_LT(text.size(), 500u);
  size_t sourceLine = text.find("1 | "), caretLine = text.find("  | ", sourceLine + 4);
  EXPECT_EQ(text.find('!') - sourceLine, text.find('^') - caretLine);
}

TEST(Diagnostics, ColorIsOnlyEscapes) {
  Messages m;
  const SourceFile &file = m.add("a", "ab");
  m.diagnostics.error({&file, 0, 1}, "here").note({&file, 1, 2}, "there").help("so");
  std::string colored = m.diagnostics.render(true), plain;
  for (size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] == '\033')
      i = colored.find('m', i);
    else
      plain += colored[i];
  }
  EXPECT_NE(colored, plain);
  EXPECT_EQ(plain, m.render());
}

TEST(NearestName, OnlyLikelyMisspellings) {
  std::vector<std::string> names = {"dense", "conv", "deconv", "D", "G", "relu"};
  EXPECT_EQ(nearestName("desne", names), "dense");
  EXPECT_EQ(nearestName("Dense", names), "dense");
  EXPECT_EQ(nearestName("denes", names), "dense");
  EXPECT_EQ(nearestName("reul", names), "relu");
  EXPECT_EQ(nearestName("d", names), "D");
  EXPECT_EQ(nearestName("x", names), "");
  EXPECT_EQ(nearestName("batchnorm", names), "");
  EXPECT_EQ(nearestName("x", {}), "");
}

} // namespace
} // namespace agon::syntax
