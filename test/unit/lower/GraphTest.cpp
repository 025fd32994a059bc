//===- GraphTest.cpp - Nodes of a hand-built graph as operations ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/lower/ModelBuilder.h"
#include <gmock/gmock.h>

using namespace agon;
using namespace agon::test;
using sema::Op;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

namespace {

TEST(Graph, BroadcastAlignsSampleAxesAtTheEnd) {
  Let l(sample({3, 2}));
  l.add(Op::Broadcast, sample({3, 2}), {l.x()});
  EXPECT_THAT(l.text(), HasSubstr("agon.broadcast %0 dims [0, 2] : tensor<4x2xf32> -> tensor<4x3x2xf32>"));
}

TEST(Graph, BroadcastGivesTheBatchToWhatHasNone) {
  Let l(sample({3, 2}));
  l.add(Op::Broadcast, sample({3, 2}), {l.draw(whole({2}))});
  EXPECT_THAT(l.text(), HasSubstr("agon.broadcast %0 dims [2] : tensor<2xf32> -> tensor<4x3x2xf32>"));
}

TEST(Graph, BroadcastDropsAxesOfSizeOneThatGrow) {
  Let l(sample({5, 7}));
  l.add(Op::Broadcast, sample({5, 7}), {l.draw(sample({5, 1}))});
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("agon.reshape %0 : tensor<4x5x1xf32> -> tensor<4x5xf32>"));
  EXPECT_THAT(text, HasSubstr("agon.broadcast %1 dims [0, 1] : tensor<4x5xf32> -> tensor<4x5x7xf32>"));
}

TEST(Graph, BroadcastToTheSameTypeIsNothing) {
  Let l(sample({2}));
  l.add(Op::Broadcast, sample({2}), {l.x()});
  EXPECT_THAT(l.text(), Not(HasSubstr("agon.broadcast")));
}

TEST(Graph, ContractPairsTheBatchesOfBothSides) {
  Let l(sample({}));
  sema::Node *product = l.add(Op::Contract, sample({}), {l.x(), l.x()});
  product->details = sema::Pairing{{}, {}, {0}, {0}};
  EXPECT_THAT(l.text(), HasSubstr("agon.contract %0, %1 batch [0] x [0] reduce [1] x [1]"));
}

TEST(Graph, ContractOfABatchWithAMatrixNeedsNoTransposition) {
  Let l(sample({3}));
  sema::Node *product = l.add(Op::Contract, sample({3}), {l.x(), l.draw(whole({2, 3}))});
  product->details = sema::Pairing{{}, {}, {0}, {0}};
  std::string text = l.text();
  EXPECT_THAT(
      text, HasSubstr("agon.contract %0, %1 reduce [1] x [0] : (tensor<4x2xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>"));
  EXPECT_THAT(text, Not(HasSubstr("agon.transpose")));
}

TEST(Graph, ContractOfAMatrixWithABatchPutsTheBatchFirst) {
  Let l(sample({3}));
  sema::Node *product = l.add(Op::Contract, sample({3}), {l.draw(whole({3, 2})), l.x()});
  product->details = sema::Pairing{{}, {}, {1}, {0}};
  std::string text = l.text();
  EXPECT_THAT(
      text, HasSubstr("agon.contract %0, %1 reduce [1] x [1] : (tensor<3x2xf32>, tensor<4x2xf32>) -> tensor<3x4xf32>"));
  EXPECT_THAT(text, HasSubstr("agon.transpose %2 permutation [1, 0] : tensor<3x4xf32> -> tensor<4x3xf32>"));
}

TEST(Graph, ContractWithSampleBatchAxesPutsTheBatchFirst) {
  // [4 samples] x [g, i, k] with [g, k, j]: the result [g, samples, i, j] turns.
  Let l(sample({5, 6, 8}));
  sema::Node *product = l.add(Op::Contract, sample({5, 6, 8}), {l.draw(sample({5, 6, 7})), l.draw(whole({5, 7, 8}))});
  product->details = sema::Pairing{{0}, {0}, {2}, {1}};
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("batch [1] x [0] reduce [3] x [1]"));
  EXPECT_THAT(text, HasSubstr("permutation [1, 0, 2, 3] : tensor<5x4x6x8xf32> -> tensor<4x5x6x8xf32>"));
}

TEST(Graph, ReductionsCountTheBatchAxis) {
  Let l(whole({}));
  sema::Node *inner = l.add(Op::ReduceMax, sample({}), {l.x()});
  inner->details = sema::Over{{0}};
  l.add(Op::Sum, whole({}), {inner})->details = sema::Over{{}, true};
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("agon.reduce max %0 dims [1] : tensor<4x2xf32> -> tensor<4xf32>"));
  EXPECT_THAT(text, HasSubstr("agon.reduce sum %1 dims [0] : tensor<4xf32> -> tensor<f32>"));
}

TEST(Graph, BoxesKeepTheBatchWhole) {
  Let l(sample({5}));
  sema::Node *slice = l.add(Op::Slice, sample({1}), {l.x()});
  slice->details = sema::Box{{1}, {1}, {1}};
  sema::Node *pad = l.add(Op::Pad, sample({5}), {slice});
  pad->details = sema::Box{{3}, {1}, {}};
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("agon.slice %0 starts [0, 1] strides [1, 1] : tensor<4x2xf32> -> tensor<4x1xf32>"));
  EXPECT_THAT(text, HasSubstr("agon.pad %1 starts [0, 3] strides [1, 1] : tensor<4x1xf32> -> tensor<4x5xf32>"));
}

TEST(Graph, ShapesShiftByTheBatch) {
  Let l(sample({2, 2}));
  sema::Node *x = l.x();
  sema::Node *row = l.add(Op::Reshape, sample({1, 2}), {x});
  sema::Node *column = l.add(Op::Transpose, sample({2, 1}), {row});
  column->details = sema::Over{{1, 0}};
  l.add(Op::Concat, sample({2, 2}), {column, column})->details = sema::Along{1};
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("agon.transpose %1 permutation [0, 2, 1]"));
  EXPECT_THAT(text, HasSubstr("agon.concat %2, %2 dim 2"));
}

TEST(Graph, RealsAreDoubleWhenAskedFor) {
  Let l(sample({2}));
  l.add(Op::Exp, sample({2}), {l.x()});
  LowerOptions options;
  options.f64 = true;
  EXPECT_THAT(l.text(options), HasSubstr("math.exp %0 : tensor<4x2xf64>"));
}

TEST(Graph, ComparisonsAndConversions) {
  Let l(sample({2}));
  sema::Type bits = sample({2});
  bits.element = sema::Element::Bool;
  sema::Node *x = l.x();
  sema::Node *unequal = l.add(Op::Ne, bits, {x, x});
  sema::Node *less = l.add(Op::Lt, bits, {x, x});
  sema::Node *both = l.add(Op::And, bits, {unequal, l.add(Op::Not, bits, {less})});
  sema::Node *number = l.add(Op::Convert, sample({2}), {both});
  l.add(Op::Select, sample({2}), {less, number, x});
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("arith.cmpf une, %0, %0"));
  EXPECT_THAT(text, HasSubstr("arith.cmpf olt, %0, %0"));
  EXPECT_THAT(text, ContainsRegex("arith.xori %[0-9]+, %cst"));
  EXPECT_THAT(text, HasSubstr("arith.uitofp"));
  EXPECT_THAT(text, HasSubstr("arith.select"));
}

TEST(Graph, LabelsAreIntegers) {
  Let l(sample({10}));
  sema::Type labels{sema::Element::Label, true, {}, 10};
  sema::Node *draw = l.draw(labels);
  draw->details = sema::RandomKind::Categorical;
  l.add(Op::OneHot, sample({10}), {draw});
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("agon.random categorical classes 10 : tensor<4xi32>"));
  EXPECT_THAT(text, HasSubstr("agon.one_hot %0 : tensor<4xi32> -> tensor<4x10xf32>"));
}

TEST(Graph, ConstantsAndTables) {
  Let l(whole({2, 2}));
  sema::Node *table = l.add(Op::Table, whole({2, 2}), {});
  table->details = sema::Numbers{{1, 2, 3, 4}};
  sema::Node *two = l.add(Op::Constant, whole({2, 2}), {});
  two->details = sema::Number{2};
  sema::Node *iota = l.add(Op::Iota, whole({2, 2}), {});
  iota->details = sema::Along{1};
  l.add(Op::Add, whole({2, 2}), {l.add(Op::Mul, whole({2, 2}), {table, two}), iota});
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("dense<[[1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]>"));
  EXPECT_THAT(text, HasSubstr("dense<2.000000e+00> : tensor<2x2xf32>"));
  EXPECT_THAT(text, HasSubstr("agon.iota dim 1 : tensor<2x2xf32>"));
}

} // namespace
