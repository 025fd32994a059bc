// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Origin.h"
#include "dialects/agon/Locations.h"
#include "mlir/IR/MLIRContext.h"
#include <gtest/gtest.h>

using namespace agon;
using namespace agon::codegen;
using namespace mlir;

namespace {

struct OriginTest : testing::Test {
  MLIRContext context;
  Location at(unsigned line, unsigned column) {
    return FileLineColLoc::get(&context, "some/where/ring.agon", line, column);
  }
  Location in(StringRef network, unsigned number, Location location) {
    return NameLoc::get(applicationName(&context, network, number), location);
  }
};

TEST_F(OriginTest, PlaceWithoutFolders) {
  Origin origin = originOf(at(20, 17));
  EXPECT_EQ(origin.source, "ring.agon:20:17");
  EXPECT_EQ(origin.application, "");
  EXPECT_EQ(origin.gradients, 0u);
}

TEST_F(OriginTest, ApplicationAndGradients) {
  Origin origin = originOf(gradientLocation(gradientLocation(in("D", 2, at(3, 4)))));
  EXPECT_EQ(origin.source, "ring.agon:3:4");
  EXPECT_EQ(origin.application, "D#2");
  EXPECT_EQ(origin.gradients, 2u);
}

TEST_F(OriginTest, TheRootOfAFusedRegionDecides) {
  Location fused = FusedLoc::get(&context, {in("G", 1, at(5, 6)), gradientLocation(in("D", 1, at(7, 8)))});
  EXPECT_EQ(originOf(fused).source, "ring.agon:5:6");
  EXPECT_EQ(originOf(fused).application, "G#1");
  EXPECT_EQ(originOf(fused).gradients, 0u);
}

TEST_F(OriginTest, WhatHasNoPlaceIsPassedOver) {
  Location nowhere = in("G", 1, at(0, 0));
  EXPECT_EQ(originOf(nowhere).source, "");
  EXPECT_EQ(originOf(nowhere).application, "");
  EXPECT_EQ(originOf(UnknownLoc::get(&context)).source, "");
  Location fused =
      FusedLoc::get(&context, {gradientLocation(nowhere), UnknownLoc::get(&context), in("D", 3, at(1, 2))});
  EXPECT_EQ(originOf(fused).source, "ring.agon:1:2");
  EXPECT_EQ(originOf(fused).application, "D#3");
  EXPECT_EQ(originOf(fused).gradients, 0u);
}

TEST_F(OriginTest, CallersOfCallSites) {
  Location call = CallSiteLoc::get(at(1, 1), in("D", 1, at(9, 9)));
  EXPECT_EQ(originOf(call).source, "ring.agon:9:9");
}

} // namespace
