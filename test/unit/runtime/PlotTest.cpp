#include "runtime/io/Plot.h"
#include "runtime/io/Letters.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

using namespace agon::rt;

namespace {

constexpr Colour red = {255, 0, 0}, blue = {0, 0, 255}, black = {0, 0, 0}, white = {255, 255, 255};

Colour at(Image &image, int64_t x, int64_t y) { return {image.at(x, y)[0], image.at(x, y)[1], image.at(x, y)[2]}; }

/// A plot of 40 x 20 pixels within 60 x 30, with a line that leaves it and discs within and without.
Drawing sketch() {
  Drawing drawing{60, 30, {10, 5}, {50, 25}, {}};
  drawing.shapes.emplace_back(Strokes{"way", {{{0, 15}, {30, 15}, {30, 100}}, {{12, 8}, {18, 8}}}, red, 2, true});
  drawing.shapes.emplace_back(Discs{"", {{40, 15}, {55, 15}}, 3, blue, std::nullopt, true});
  drawing.shapes.emplace_back(Discs{"end", {{55, 5}}, 4, white, black});
  drawing.shapes.emplace_back(Label{{5, 10}, "a<b", Label::Anchor::End, true});
  return drawing;
}

} // namespace

TEST(Plot, SvgHasEveryShape) {
  EXPECT_EQ(svgOf(sketch()),
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"60\" height=\"30\" viewBox=\"0 0 60 30\" "
            "font-family=\"sans-serif\" font-size=\"13\">\n"
            "<rect width=\"60\" height=\"30\" fill=\"white\"/>\n"
            "<clipPath id=\"plot\"><rect x=\"10\" y=\"5\" width=\"40\" height=\"20\"/></clipPath>\n"
            "<path id=\"way\" clip-path=\"url(#plot)\" fill=\"none\" stroke=\"#ff0000\" stroke-width=\"2\" "
            "stroke-linejoin=\"round\" d=\"M0.00,15.00 30.00,15.00 30.00,100.00M12.00,8.00 18.00,8.00\"/>\n"
            "<g clip-path=\"url(#plot)\" fill=\"#0000ff\"><circle cx=\"40.00\" cy=\"15.00\" r=\"3\"/>"
            "<circle cx=\"55.00\" cy=\"15.00\" r=\"3\"/></g>\n"
            "<g id=\"end\" fill=\"#ffffff\" stroke=\"#000000\"><circle cx=\"55.00\" cy=\"5.00\" r=\"4\"/></g>\n"
            "<text transform=\"translate(5.0 10.0) rotate(-90)\" text-anchor=\"end\">a&lt;b</text>\n"
            "</svg>\n");
}

TEST(Plot, PixelsAreThoseOfTheShapes) {
  Image image = imageOf(sketch(), 2);
  EXPECT_EQ(image.width, 120);
  EXPECT_EQ(image.height, 60);
  EXPECT_EQ(at(image, 40, 30), red);
  EXPECT_EQ(at(image, 59, 45), red) << "the corner's other side";
  EXPECT_EQ(at(image, 30, 15), red) << "the second line";
  EXPECT_EQ(at(image, 45, 20), white) << "nothing joins the lines";
  EXPECT_EQ(at(image, 10, 30), white) << "beyond the plot";
  EXPECT_EQ(at(image, 59, 55), white) << "below the plot";
  EXPECT_EQ(at(image, 80, 30), blue);
  EXPECT_EQ(at(image, 110, 30), white) << "a disc beyond the plot";
  EXPECT_EQ(at(image, 110, 10), white) << "within the circle";
  EXPECT_LT(at(image, 117, 9)[0], 100) << "the circle's edge";
}

TEST(Plot, LettersStandWhereTheirLabelSays) {
  auto box = [](const Label &label) {
    Place low{1e9, 1e9}, high{-1e9, -1e9};
    for (const std::vector<Place> &line : lettersOf(label))
      for (const Place &place : line) {
        low = {std::min(low.x, place.x), std::min(low.y, place.y)};
        high = {std::max(high.x, place.x), std::max(high.y, place.y)};
      }
    return std::pair(low, high);
  };
  auto [low, high] = box({{100, 50}, "HEH"});
  EXPECT_DOUBLE_EQ(low.x, 100);
  EXPECT_DOUBLE_EQ(high.y, 50) << "the baseline";
  EXPECT_NEAR(high.y - low.y, 0.708 * Label().size, 1e-12) << "six rows";
  double width = high.x - low.x;
  EXPECT_DOUBLE_EQ(box({{100, 50}, "HEH", Label::Anchor::End}).second.x, 100);
  EXPECT_NEAR(box({{100, 50}, "HEH", Label::Anchor::Middle}).first.x, 100 - width / 2, 1e-12);
  auto [upper, lower] = box({{100, 50}, "HEH", Label::Anchor::Start, true});
  EXPECT_NEAR(lower.y, 50, 1e-12);
  EXPECT_NEAR(upper.y, 50 - width, 1e-12);
  EXPECT_DOUBLE_EQ(lower.x, 100);

  std::set<std::vector<std::vector<std::pair<double, double>>>> seen;
  for (char letter = '!'; letter <= '~'; ++letter) {
    std::vector<std::vector<std::pair<double, double>>> lines;
    for (const std::vector<Place> &line : lettersOf({{0, 0}, std::string(1, letter)})) {
      EXPECT_GE(line.size(), 2u) << letter;
      lines.emplace_back();
      for (const Place &place : line)
        lines.back().emplace_back(place.x, place.y);
    }
    EXPECT_TRUE(seen.insert(lines).second) << letter << " looks like another letter";
  }
  EXPECT_TRUE(lettersOf({{0, 0}, " "}).empty());
}
