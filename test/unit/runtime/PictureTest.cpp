#include "runtime/io/Picture.h"
#include "runtime/core/Failure.h"
#include "runtime/io/Animation.h"
#include "runtime/io/File.h"
#include "test/unit/runtime/TemporaryDirectory.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <png.h>
#include <zlib.h>

using namespace agon::rt;
using namespace agon::rt::test;

namespace {

class Pictures : public ::testing::Test {
protected:
  TemporaryDirectory directory;
  std::string path(const std::string &name) { return directory.path() + "/" + name; }
};

TEST_F(Pictures, KnowsWhatIsAPicture) {
  auto kind = [](std::vector<int64_t> shape) { return pictureKind(shape); };
  EXPECT_EQ(kind({1, 28, 28}), PictureKind::Images);
  EXPECT_EQ(kind({3, 32, 32}), PictureKind::Images);
  EXPECT_EQ(kind({28, 20}), PictureKind::Images);
  EXPECT_EQ(kind({784}), PictureKind::Images);
  EXPECT_EQ(kind({3072}), PictureKind::Images);
  EXPECT_EQ(kind({2}), PictureKind::Plane);
  EXPECT_EQ(kind({1}), PictureKind::Line);
  EXPECT_EQ(kind({}), PictureKind::Line);
  EXPECT_EQ(kind({5}), PictureKind::None);
  EXPECT_EQ(kind({7, 8, 8}), PictureKind::None);
}

TEST_F(Pictures, GridsMapTheRangeToGreyAndKeepGaps) {
  Samples samples;
  samples.shape = {1, 2, 2};
  samples.count = 3;
  samples.values = {-1, 0, 1, 9, -1, -1, -1, -1, 1, 1, 1, 1};
  Backdrop backdrop;
  backdrop.hasRange = true;
  backdrop.low = -1;
  Image image = imageGrid(samples, backdrop);
  EXPECT_EQ(image.width, 6);
  EXPECT_EQ(image.height, 6);
  EXPECT_EQ(*image.at(0, 0), 0);
  EXPECT_EQ(*image.at(1, 0), 128);
  EXPECT_EQ(*image.at(0, 1), 255);
  EXPECT_EQ(*image.at(1, 1), 255) << "beyond the range is clipped";
  EXPECT_EQ(*image.at(2, 0), 255) << "a gap";
  EXPECT_EQ(*image.at(4, 0), 0) << "the second image";
  EXPECT_EQ(*image.at(4, 4), 255) << "an empty place";
}

TEST_F(Pictures, ColourGridsArePlanar) {
  Samples samples;
  samples.shape = {3, 1, 2};
  samples.count = 1;
  samples.values = {1, 0, 0, 1, 0, 0};
  Backdrop backdrop;
  backdrop.hasRange = true;
  Image image = imageGrid(samples, backdrop);
  EXPECT_EQ(image.channels, 3);
  EXPECT_EQ(image.at(0, 0)[0], 255);
  EXPECT_EQ(image.at(0, 0)[1], 0);
  EXPECT_EQ(image.at(1, 0)[1], 255);
}

TEST_F(Pictures, PngsDecodeToTheSamePixels) {
  Image image(3, 2, 3, 9);
  image.at(2, 1)[1] = 200;
  writePng(image, path("p.png"));
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  ASSERT_TRUE(png_image_begin_read_from_file(&png, path("p.png").c_str()));
  EXPECT_EQ(png.width, 3u);
  EXPECT_EQ(png.height, 2u);
  png.format = PNG_FORMAT_RGB;
  std::vector<uint8_t> pixels(PNG_IMAGE_SIZE(png));
  ASSERT_TRUE(png_image_finish_read(&png, nullptr, pixels.data(), 0, nullptr));
  EXPECT_EQ(pixels, image.pixels);
}

TEST_F(Pictures, ScattersPutPointsWhereTheyBelong) {
  Samples samples;
  samples.shape = {2};
  samples.count = 3;
  samples.values = {1, 1, 1e9, 0, NAN, 0}; // far away and nowhere: not drawn
  Backdrop backdrop;
  backdrop.modes = {-1, -1, 1, 1};
  backdrop.modeRadius = 0.1;
  Image image = scatterPlot(samples, backdrop);
  ASSERT_GE(image.width, 512);
  double scale = double(image.width) / (2.4 * 1.3), centre = double(image.width) / 2;
  uint8_t *there = image.at(int64_t(centre + scale), int64_t(centre - scale));
  EXPECT_GT(there[0], there[2] + 50) << "the sample is red";
  uint8_t *mode = image.at(int64_t(centre - scale), int64_t(centre + scale));
  EXPECT_GT(mode[2], mode[0]) << "an unvisited mode is blue";
  EXPECT_LT(mode[0], 255);
  EXPECT_EQ(image.at(image.width / 2, image.height / 2)[0], 255) << "elsewhere is white";
}

TEST_F(Pictures, CriticsColourTheGround) {
  Samples samples;
  samples.shape = {2};
  Backdrop backdrop;
  backdrop.modes = {-1, -1, 1, 1};
  backdrop.modeRadius = 0.1;
  backdrop.critic = [](const Samples &points) {
    std::vector<double> says;
    for (int64_t i = 0; i < points.count; ++i)
      says.push_back(points.row(i)[0] + (points.row(i)[1] > 0 ? 10 : 0)); // higher above, and to the right
    return says;
  };
  Image image = scatterPlot(samples, backdrop);
  auto blue = [&](int64_t x, int64_t y) { return int(image.at(x, y)[2]) - int(image.at(x, y)[0]); };
  int64_t side = image.width;
  EXPECT_GT(blue(side / 4, side / 8), 30) << "above it is high";
  EXPECT_LT(blue(side / 4, side - side / 8), -30) << "below it is low";
  EXPECT_GT(blue(side - 8, side / 8), blue(8, side / 8)) << "it rises to the right";
}

TEST_F(Pictures, CriticsAreCurvesOverDensities) {
  Samples samples;
  samples.shape = {1};
  samples.count = 3;
  samples.values = {0, 0.5, 1};
  Backdrop backdrop;
  auto heightOf = [&](double says) {
    backdrop.critic = [says](const Samples &points) { return std::vector<double>(size_t(points.count), says); };
    Image image = densityPlot(samples, backdrop);
    for (int64_t y = 0; y < image.height; ++y)
      if (image.at(image.width / 3, y)[0] < 110)
        return double(y) / double(image.height);
    return 1.0;
  };
  EXPECT_NEAR(heightOf(0.5), 0.5, 0.02) << "a share is shown as it is";
  EXPECT_NEAR(heightOf(-2), 0.04 + 0.92 * (1 - 1 / (1 + std::exp(2.0))), 0.02) << "a logit by its sigmoid";
}

TEST_F(Pictures, DensitiesOfDataAreTheSameForAllSamples) {
  Samples samples;
  samples.shape = {1};
  Backdrop backdrop;
  backdrop.truth.shape = {1};
  backdrop.truth.count = 4;
  backdrop.truth.values = {0, 0.406, 0.406, 1};
  auto heightOfTruth = [&](std::vector<double> values) {
    samples.count = int64_t(values.size());
    samples.values = std::move(values);
    Image image = densityPlot(samples, backdrop);
    auto x = int64_t(24 + (double(image.width) - 48) * (0.506 / 1.2)); // within the bin of 0.406
    for (int64_t y = 0; y < image.height; ++y)
      if (image.at(x, y)[0] < image.at(x, y)[2])
        return 1 - double(y - 24) / double(image.height - 48);
    return 0.0;
  };
  EXPECT_NEAR(heightOfTruth({5}), 2.0 / 3, 0.01);
  EXPECT_NEAR(heightOfTruth({1, 1, 1}), 2.0 / 3, 0.01) << "where the samples collapse, too";
}

/// The chunks of a PNG file: type and data. Their checksums must be right.
std::vector<std::pair<std::string, std::string>> chunksOf(const std::string &file) {
  auto number = [&](size_t at) {
    uint32_t value = 0;
    for (size_t i = at; i < at + 4; ++i)
      value = value << 8 | uint8_t(file.at(i));
    return value;
  };
  std::vector<std::pair<std::string, std::string>> chunks;
  EXPECT_EQ(file.substr(0, 8), "\x89PNG\r\n\x1a\n");
  for (size_t at = 8; at < file.size();) {
    uint32_t length = number(at);
    EXPECT_EQ(number(at + 8 + length), crc32(0, reinterpret_cast<const Bytef *>(&file.at(at + 4)), length + 4));
    chunks.emplace_back(file.substr(at + 4, 4), file.substr(at + 8, length));
    at += 12 + length;
  }
  return chunks;
}

TEST_F(Pictures, AnimationsHoldThePixelsOfTheirPictures) {
  std::vector<std::string> pictures, pixels;
  for (int i = 0; i < 3; ++i) {
    pictures.push_back(path(fmt::format("{}.png", i)));
    writePng(Image(3, 2, 3, uint8_t(50 * i)), pictures.back());
    for (const auto &[type, data] : chunksOf(readWholeFile(pictures.back(), 1000)))
      if (type == "IDAT")
        pixels.push_back(data);
  }
  ASSERT_EQ(pixels.size(), 3u);
  EXPECT_EQ(writeAnimation(pictures, path("a.png")), 0);
  std::string types, sequence;
  size_t shown = 0;
  for (const auto &[type, data] : chunksOf(readWholeFile(path("a.png"), 10000))) {
    types += type + " ";
    if (type == "acTL")
      EXPECT_EQ(data, std::string("\0\0\0\3\0\0\0\0", 8)) << "three frames, without end";
    if (type == "fcTL") {
      EXPECT_EQ(data.substr(4, 16), std::string("\0\0\0\3\0\0\0\2\0\0\0\0\0\0\0\0", 16)) << "3 x 2 pixels, at 0, 0";
      EXPECT_EQ(data.substr(20), std::string(shown == 2 ? "\7\xd0\3\xe8\0\0" : "\1\x90\3\xe8\0\0", 6)) << "0.4 s, 2 s";
    }
    if (type == "fcTL" || type == "fdAT")
      sequence += char('0' + data.at(3));
    if (type == "IDAT" || type == "fdAT")
      EXPECT_EQ(data.substr(type == "IDAT" ? 0 : 4), pixels.at(shown++));
  }
  EXPECT_EQ(types, "IHDR sRGB acTL fcTL IDAT fcTL fdAT fcTL fdAT IEND ");
  EXPECT_EQ(sequence, "01234");
}

TEST_F(Pictures, AnimationsLeaveOutWhatDoesNotFit) {
  std::vector<std::string> pictures;
  for (int i = 0; i < 5; ++i) {
    pictures.push_back(path(fmt::format("{}.png", i)));
    writePng(i == 0 ? Image(4, 2, 3, 0) : Image(3, 2, 3, 0), pictures.back());
  }
  writeFile(pictures[1], "no picture");
  std::string damaged = readWholeFile(pictures[2], 1000);
  damaged[damaged.size() - 20] ^= 1;
  writeFile(pictures[2], damaged);
  EXPECT_EQ(writeAnimation(pictures, path("a.png")), 3);
  EXPECT_EQ(chunksOf(readWholeFile(path("a.png"), 10000)).size(), 8u) << "two frames";
  EXPECT_EQ(writeAnimation(std::span(pictures).first(3), path("b.png")), 2);
  EXPECT_FALSE(fileExists(path("b.png"))) << "one picture is no animation";
}

TEST_F(Pictures, AnimationsOfManyPicturesShowAHundred) {
  std::string first = path("first.png"), last = path("last.png"), other = path("other.png");
  std::vector<std::string> pictures(250, other);
  pictures[0] = first;
  pictures[2] = pictures[249] = last;
  writePng(Image(1, 1, 1, 10), first);
  writePng(Image(1, 1, 1, 20), last);
  writePng(Image(1, 1, 1, 30), other);
  EXPECT_EQ(writeAnimation(pictures, path("a.png")), 0);
  auto pixelsOf = [](const std::string &picture) {
    auto chunks = chunksOf(readWholeFile(picture, 1000));
    return std::ranges::find(chunks, "IDAT", &std::pair<std::string, std::string>::first)->second;
  };
  std::vector<std::string> shown;
  for (const auto &[type, data] : chunksOf(readWholeFile(path("a.png"), 100000)))
    if (type == "IDAT" || type == "fdAT")
      shown.push_back(data.substr(type == "IDAT" ? 0 : 4));
  ASSERT_EQ(shown.size(), 100u);
  EXPECT_EQ(shown[0], pixelsOf(first));
  EXPECT_EQ(shown[1], pixelsOf(last)) << "number 249 / 99, rounded down";
  EXPECT_EQ(shown[2], pixelsOf(other));
  EXPECT_EQ(shown[99], pixelsOf(last));
}

} // namespace
