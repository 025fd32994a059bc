#include "runtime/data/Picture.h"
#include "runtime/data/Resample.h"
#include "runtime/io/Picture.h"
#include "test/unit/runtime/TemporaryDirectory.h"

#include <gtest/gtest.h>

using namespace agon::rt;

/// Bytes without a pattern.
static Picture picture(int64_t width, int64_t height, int64_t channels) {
  Picture made{height, width, channels, {}};
  for (int64_t i = 0; i < width * height * channels; ++i)
    made.pixels.push_back(uint8_t(i * i * 7 + i * 37 + 11));
  return made;
}

// Expected: Pillow 12.3.0, ImageOps.fit(image, (width, height), Image.BICUBIC). 13.0.0 resamples the columns of the
// last one before its rows, and some bytes are one more or less (findings/pillow_resize_pass_order.sh).
TEST(DataPicture, IsCutAndScaledAsPillowDoes) {
  struct Case {
    int64_t fromWidth, fromHeight, channels, width, height;
    Pixels expected;
  };
  const Case cases[] = {
      {9, 7, 1, 3, 4, {165, 102, 134, 156, 153, 135, 83, 189, 160, 141, 151, 127}},
      {5, 3, 3, 2, 2, {152, 79, 182, 137, 108, 193, 141, 166, 142, 86, 173, 131}},
      {2, 3, 1, 5, 4, {46, 55, 77, 100, 109, 96, 107, 135, 163, 174, 96, 109, 142, 176, 189, 45, 60, 100, 139, 154}},
      {13, 4, 1, 4, 4, {47, 186, 163, 170, 114, 147, 210, 127, 243, 186, 159, 146, 146, 159, 202, 83}},
      {3, 11, 3, 2, 3, {191, 177, 90, 136, 180, 160, 195, 170, 119, 127, 161, 138, 146, 119, 211, 62, 97, 61}},
  };
  for (const Case &each : cases) {
    for (const Passes *passes : {&sse2Passes, &avx2Passes}) {
      if (passes == &avx2Passes && !__builtin_cpu_supports("avx2"))
        continue;
      Picture scaled = picture(each.fromWidth, each.fromHeight, each.channels);
      fit(scaled, each.height, each.width, *passes);
      EXPECT_EQ(scaled.pixels, each.expected) << each.fromWidth << " x " << each.fromHeight;
      EXPECT_EQ(scaled.width, each.width);
      EXPECT_EQ(scaled.height, each.height);
    }
  }
}

// Sizes about the numbers of pixels that are taken at once, and pictures so small that nothing may be read beyond them.
TEST(DataPicture, IsScaledAlikeByEveryProcessor) {
  if (!__builtin_cpu_supports("avx2"))
    GTEST_SKIP() << "this processor has no AVX2";
  for (int64_t channels : {1, 3})
    for (auto [width, height] : {std::pair<int64_t, int64_t>{1, 1}, {3, 2}, {8, 9}, {17, 30}, {250, 260}, {700, 33}})
      for (auto [toWidth, toHeight] :
           {std::pair<int64_t, int64_t>{1, 1}, {5, 4}, {6, 16}, {16, 7}, {64, 64}, {33, 90}}) {
        Picture narrow = picture(width, height, channels), wide = narrow;
        fit(narrow, toHeight, toWidth, sse2Passes);
        fit(wide, toHeight, toWidth, avx2Passes);
        EXPECT_EQ(narrow.pixels, wide.pixels) << width << " x " << height << " to " << toWidth << " x " << toHeight;
      }
}

TEST(DataPicture, OfItsOwnSizeStaysAsItIs) {
  Picture same = picture(6, 5, 3);
  fit(same, 5, 6);
  EXPECT_EQ(same.pixels, picture(6, 5, 3).pixels);
}

// Expected: Pillow 13.0.0, Image.convert("L").
TEST(DataPicture, ColourBecomesGreyAndBack) {
  Picture colour{1, 3, 3, {255, 0, 0, 0, 255, 0, 10, 20, 30}};
  convert(colour, 1);
  EXPECT_EQ(colour.pixels, (Pixels{76, 150, 18}));
  convert(colour, 3);
  EXPECT_EQ(colour.pixels, (Pixels{76, 76, 76, 150, 150, 150, 18, 18, 18}));
}

TEST(DataPicture, PackedDenselyIsRead) {
  test::TemporaryDirectory directory;
  Image image(4000, 3000, 1, 7);
  writePng(image, directory.path() + "/dense.png");
  std::string content = directory.read("dense.png");
  EXPECT_GT(image.pixels.size() / content.size(), 600u);
  EXPECT_EQ(decode(std::as_bytes(std::span(content)), "dense.png").pixels,
            Pixels(image.pixels.begin(), image.pixels.end()));
}
