//===- WindowTest.cpp - Convolutions, windows and gathers as operations ---===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/lower/ModelBuilder.h"
#include <gmock/gmock.h>

using namespace agon;
using namespace agon::test;
using sema::Op;
using testing::HasSubstr;
using testing::Not;

namespace {

/// x [6, 9], w [4, 3, 2] in 2 groups, stride 2, padded by 1 before: [4, 5].
sema::Node *convolution(Let &l, Op op, sema::Type result, sema::Type x, sema::Type w) {
  sema::Node *node = l.add(op, std::move(result), {l.draw(std::move(x)), l.draw(std::move(w))});
  node->details = sema::Sliding{{1}, {0}, {2}, {1}, {}, 2};
  return node;
}

sema::Type labels(bool batched, sema::Shape shape) { return {sema::Element::Label, batched, std::move(shape), 5}; }

sema::Node *index(Let &l, sema::Type type) {
  sema::Node *node = l.draw(std::move(type));
  node->details = sema::RandomKind::Categorical;
  return node;
}

TEST(Windows, ConvolutionsOfABatch) {
  Let l(sample({4, 5}));
  convolution(l, Op::Conv, sample({4, 5}), sample({6, 9}), whole({4, 3, 2}));
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("agon.conv %0, %1 strides [2] low [1] high [0] dilations [1] groups 2 : "
                              "(tensor<4x6x9xf32>, tensor<4x3x2xf32>) -> tensor<4x4x5xf32>"));
  EXPECT_THAT(text, Not(HasSubstr("agon.reshape")));
}

TEST(Windows, OneInputIsABatchOfOne) {
  Let l(whole({6, 9}));
  convolution(l, Op::ConvTranspose, whole({6, 9}), whole({4, 5}), whole({4, 3, 2}));
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("agon.reshape %0 : tensor<4x5xf32> -> tensor<1x4x5xf32>"));
  EXPECT_THAT(text, HasSubstr("agon.conv_input_gradient %2, %1 strides [2] low [1] high [0] dilations [1] groups 2 : "
                              "(tensor<1x4x5xf32>, tensor<4x3x2xf32>) -> tensor<1x6x9xf32>"));
  EXPECT_THAT(text, HasSubstr("tensor<1x6x9xf32> -> tensor<6x9xf32>"));
}

TEST(Windows, FiltersOfEachSampleAreGroups) {
  Let l(sample({4, 5}));
  convolution(l, Op::Conv, sample({4, 5}), sample({6, 9}), sample({4, 3, 2}));
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("groups 8 : (tensor<1x24x9xf32>, tensor<16x3x2xf32>) -> tensor<1x16x5xf32>"));
  EXPECT_THAT(text, HasSubstr("tensor<1x16x5xf32> -> tensor<4x4x5xf32>"));
}

TEST(Windows, AxesAreCountedWithTheBatch) {
  Let l(sample({9}));
  sema::Node *unfold = l.add(Op::Unfold, sample({4, 3}), {l.draw(sample({9}))});
  unfold->details = sema::Sliding{{}, {3}, {2}, {1}, {0}};
  sema::Node *fold = l.add(Op::Fold, sample({9}), {unfold});
  fold->details = unfold->details;
  sema::Node *reverse = l.add(Op::Reverse, sample({9}), {fold});
  reverse->details = sema::Over{{0}};
  sema::Node *sums = l.add(Op::CumSum, sample({9}), {reverse});
  sums->details = sema::Along{0, true};
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("agon.unfold %0 dims [1] sizes [3] strides [2] dilations [1]"));
  EXPECT_THAT(text, HasSubstr("agon.fold %1 dims [1] sizes [3] strides [2] dilations [1] : tensor<4x4x3xf32> -> "
                              "tensor<4x9xf32>"));
  EXPECT_THAT(text, HasSubstr("agon.reverse %2 dims [1]"));
  EXPECT_THAT(text, HasSubstr("agon.cumsum %3 dim 1 reverse"));
}

TEST(Windows, TheBatchAsAnAxisIsTheSameTensor) {
  Let l(sample({2}));
  sema::Node *all = l.add(Op::Samples, whole({4, 2}), {l.x()});
  l.add(Op::PerSample, sample({2}), {l.add(Op::Neg, whole({4, 2}), {all})});
  EXPECT_THAT(l.text(), HasSubstr("arith.negf %0 : tensor<4x2xf32>"));
}

TEST(Labels, GatherPairsTheBatches) {
  Let l(sample({2, 3, 7}));
  sema::Node *gather = l.add(Op::Gather, sample({2, 3, 7}), {l.draw(sample({2, 5, 7})), index(l, labels(true, {3}))});
  gather->details = sema::Along{1};
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("agon.transpose %0 permutation [0, 2, 1, 3]"));
  EXPECT_THAT(text, HasSubstr("batch 1 : (tensor<4x5x2x7xf32>, tensor<4x3xi32>) -> tensor<4x3x2x7xf32>"));
  EXPECT_THAT(text, HasSubstr("permutation [0, 2, 1, 3] : tensor<4x3x2x7xf32> -> tensor<4x2x3x7xf32>"));
}

TEST(Labels, GatherFromWhatAllSamplesShare) {
  Let l(sample({7}));
  l.add(Op::Gather, sample({7}), {l.draw(whole({5, 7})), index(l, labels(true, {}))});
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("agon.gather %0, %1 batch 0 : (tensor<5x7xf32>, tensor<4xi32>) -> tensor<4x7xf32>"));
  EXPECT_THAT(text, Not(HasSubstr("agon.transpose")));
}

TEST(Labels, GatherFromEachSampleTheSame) {
  Let l(sample({2, 3}));
  l.add(Op::Gather, sample({2, 3}), {l.draw(sample({2, 5})), index(l, labels(false, {3}))})->details = sema::Along{1};
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("batch 0 : (tensor<5x4x2xf32>, tensor<3xi32>) -> tensor<3x4x2xf32>"));
  EXPECT_THAT(text, HasSubstr("permutation [1, 2, 0] : tensor<3x4x2xf32> -> tensor<4x2x3xf32>"));
}

TEST(Labels, ScatterAddIsGatherBackwards) {
  Let l(sample({2, 5, 7}));
  sema::Node *node = l.add(Op::ScatterAdd, sample({2, 5, 7}), {l.draw(sample({2, 3, 7})), index(l, labels(true, {3}))});
  node->details = sema::Along{1};
  std::string text = l.text();
  EXPECT_THAT(text, HasSubstr("batch 1 : (tensor<4x3x2x7xf32>, tensor<4x3xi32>) -> tensor<4x5x2x7xf32>"));
  EXPECT_THAT(text, HasSubstr("tensor<4x5x2x7xf32> -> tensor<4x2x5x7xf32>"));
  Let shared(sample({2, 5}));
  node = shared.add(Op::ScatterAdd, sample({2, 5}), {shared.draw(sample({2, 3})), index(shared, labels(false, {3}))});
  node->details = sema::Along{1};
  EXPECT_THAT(shared.text(), HasSubstr("batch 0 : (tensor<3x4x2xf32>, tensor<3xi32>) -> tensor<5x4x2xf32>"));
}

TEST(Labels, PadsWithANumber) {
  Let l(sample({3}));
  sema::Node *pad = l.add(Op::Pad, sample({3}), {l.x()});
  pad->details = sema::Box{{1}, {0}, {}, -2};
  EXPECT_THAT(l.text(), HasSubstr("agon.pad %0 starts [0, 1] strides [1, 1] value -2.000000e+00"));
}

} // namespace
