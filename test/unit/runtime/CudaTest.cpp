#include "runtime/cuda/Gpu.h"
#include "test/unit/runtime/FakeGames.h"

#include <gtest/gtest.h>

using namespace agon::rt::cuda;

namespace {

/// The images that a device takes, in its order: "sm_86 cubin, sm_80 ptx".
std::string taken(int major, int minor) {
  static const std::vector<agon_image> images = {
      {AGON_IMAGE_PTX, "sm_80", nullptr, 0},   {AGON_IMAGE_CUBIN, "sm_80", nullptr, 0},
      {AGON_IMAGE_CUBIN, "sm_86", nullptr, 0}, {AGON_IMAGE_CUBIN, "sm_90a", nullptr, 0},
      {AGON_IMAGE_PTX, "sm_90", nullptr, 0},   {AGON_IMAGE_PTX, "sm_100a", nullptr, 0}};
  agon_model table{};
  table.images = images.data();
  table.num_images = uint32_t(images.size());
  std::string text;
  for (const agon_image *image : imagesFor(table, major, minor))
    text += std::string(text.empty() ? "" : ", ") + image->architecture +
            (image->kind == AGON_IMAGE_CUBIN ? " cubin" : " ptx");
  return text;
}

TEST(Gpu, TakesTheNewestCodeThatItCanRun) {
  EXPECT_EQ(taken(7, 5), "");
  EXPECT_EQ(taken(8, 0), "sm_80 cubin, sm_80 ptx");
  EXPECT_EQ(taken(8, 9), "sm_86 cubin, sm_80 cubin, sm_80 ptx") << "of its generation";
  EXPECT_EQ(taken(9, 0), "sm_90a cubin, sm_90 ptx, sm_80 ptx");
  EXPECT_EQ(taken(10, 0), "sm_100a ptx, sm_90 ptx, sm_80 ptx");
  EXPECT_EQ(taken(12, 0), "sm_90 ptx, sm_80 ptx") << "a letter is for one device";
}

TEST(Gpu, TablesAreFoundByTheirDevice) {
  const agon_model &game = agon::rt::test::driftGame();
  EXPECT_TRUE(hasCudaTable(game));
  EXPECT_FALSE(hasCudaTable(agon::rt::test::ringGame()));
  EXPECT_EQ(codeOf(game), "sm_90a (cubin), sm_80 (ptx)");
  Gpu gpu;
  gpu.major = 8;
  EXPECT_EQ(tableFor(game, gpu), game.devices[0]);
  gpu.major = 7;
  EXPECT_EQ(tableFor(game, gpu), nullptr);
}

} // namespace
