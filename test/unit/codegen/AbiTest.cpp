// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/AbiRecord.h"
#include "dialects/agon/Cells.h"
#include <gtest/gtest.h>

namespace agon::codegen {
namespace {

TEST(AbiTest, WordsOfTheDialectAreThoseOfTheLists) {
#define KIND(NAME, Name, NUMBER, WORD) EXPECT_EQ(stringifyCellKind(CellKind::Name), WORD);
  AGON_CELL_KINDS(KIND)
#undef KIND
#define KIND(NAME, Name, NUMBER, WORD) EXPECT_EQ(stringifyRegionKind(RegionKind::Name), WORD);
  AGON_KERNEL_KINDS(KIND)
#undef KIND
}

TEST(AbiTest, EveryKindIsOfTheList) {
  EXPECT_EQ(getMaxEnumValForCellKind() + 1, uint32_t(AGON_NUM_CELL_KINDS));
  unsigned kernels = 0;
  for (uint32_t kind = 0; kind <= getMaxEnumValForRegionKind(); ++kind)
    kernels += symbolizeRegionKind(kind).has_value();
  EXPECT_EQ(kernels, 0u AGON_KERNEL_KINDS(AGON_ONE_MORE));
}

TEST(AbiTest, NamesOfCells) {
  EXPECT_EQ(cellName(CellKind::Parameter, "D.W"), "D.W");
  EXPECT_EQ(cellName(CellKind::State, "D.mean"), "D.mean");
  EXPECT_EQ(cellName(CellKind::Moment, "D.adam.m.D.W"), "optimizer.D.adam.m.D.W");
  EXPECT_EQ(cellName(CellKind::Step, "D"), "step.D");
  EXPECT_EQ(cellName(CellKind::Key), "key");
  EXPECT_EQ(cellName(CellKind::Data, "x"), "data.x");
  EXPECT_EQ(cellName(CellKind::DataMean, "x"), "mean.x");
  EXPECT_EQ(cellName(CellKind::Gradient, "D.D.W"), "gradient.D.D.W");
  // What checkpoints hold is called by its symbol.
  for (CellKind kind : {CellKind::Parameter, CellKind::State, CellKind::Moment, CellKind::Step, CellKind::Key})
    EXPECT_EQ(cellTitle(kind, "x"), "");
  EXPECT_EQ(cellTitle(CellKind::Data, "x"), "x");
  EXPECT_EQ(cellTitle(CellKind::Hyper, "D.lr"), "D.lr");
}

struct Small {
  const char *text;
  uint32_t number;
  double real;
  void (*function)(int);
};

TEST(AbiTest, FieldsAreCountedAndFound) {
  EXPECT_EQ(abi::fieldCount<Small>, 4u);
  EXPECT_EQ(abi::fieldCount<agon_frame>, 6u);
  EXPECT_EQ(abi::offsetOf<&Small::real>(), offsetof(Small, real));
  EXPECT_EQ(abi::offsetOf<&agon_function::num_reads>(), offsetof(agon_function, num_reads));
}

TEST(AbiTest, ValuesComeInTheOrderOfTheStruct) {
  auto values = abi::inOrder<Small, int>({{abi::offsetOf<&Small::function>(), 4},
                                          {abi::offsetOf<&Small::number>(), 2},
                                          {abi::offsetOf<&Small::text>(), 1},
                                          {abi::offsetOf<&Small::real>(), 3}});
  EXPECT_EQ(values, (std::array<int, 4>{1, 2, 3, 4}));
}

} // namespace
} // namespace agon::codegen
