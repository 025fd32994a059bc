//===- WindowTest.cpp - Convolutions, windows, labels, samples --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/sema/Support.h"
#include <cmath>

namespace agon::sema::test {

using Values = std::vector<double>;

static void expectNear(const Array &array, const Values &expected, double tolerance = 1e-9) {
  ASSERT_EQ(array.values.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(array.values[i], expected[i], tolerance) << "element " << i;
}

static Values counting(int64_t n) {
  Values values;
  for (int64_t i = 0; i < n; ++i)
    values.push_back(double(i + 1));
  return values;
}

TEST(Window, ConvolutionIsACrossCorrelation) {
  expectNear(apply("(x: [1, 4]) -> [1, 3]", "= convolve(x, [[[1, 10]]])", {1, 2, 3, 4}), {21, 32, 43});
  expectNear(apply("(x: [1, 4]) -> [1, 2]", "= convolve(x, [[[1, 10]]], stride = 2)", {1, 2, 3, 4}), {21, 43});
  expectNear(apply("(x: [1, 4]) -> [1, 5]", "= convolve(x, [[[1, 10]]], pad = [(0, 2)])", {1, 2, 3, 4}),
             {21, 32, 43, 4, 0});
  expectNear(apply("(x: [1, 4]) -> [1, 4]", "= convolve(x, [[[1, 10]]], pad = 1, dilation = 2)", {1, 2, 3, 4}),
             {20, 31, 42, 3});
  // Two channels into one, and each on its own.
  expectNear(apply("(x: [2, 2]) -> [1, 2]", "= convolve(x, [[[1], [10]]])", {1, 2, 3, 4}), {31, 42});
  expectNear(apply("(x: [2, 2]) -> [4, 2]", "= convolve(x, [[[1]], [[10]], [[1]], [[10]]], groups = 2)", {1, 2, 3, 4}),
             {1, 2, 10, 20, 3, 4, 30, 40});
  // Images, with a number for each axis; samples apart.
  expectNear(apply("(x: [1, 2, 3]) -> [1, 1, 3]", "= convolve(x, [[[[1], [1]]]], stride = (2, 1), pad = [0, 0])",
                   counting(12), 2),
             {5, 7, 9, 17, 19, 21});
}

TEST(Window, TransposedConvolutionSpreadsWhatConvolutionGathers) {
  expectNear(apply("(x: [1, 2]) -> [1, 4]", "= deconvolve(x, [[[1, 10]]], stride = 2)", {1, 2}), {1, 10, 2, 20});
  expectNear(apply("(x: [1, 2]) -> [1, 3]", "= deconvolve(x, [[[1, 10]]])", {1, 2}), {1, 12, 20});
  expectNear(apply("(x: [1, 3]) -> [1, 2]", "= deconvolve(x, [[[1, 10]]], pad = 1)", {1, 2, 3}), {12, 23});
  // [c, o, k]: one channel into two.
  expectNear(apply("(x: [1, 2]) -> [2, 2]", "= deconvolve(x, [[[1], [10]]])", {1, 2}), {1, 2, 10, 20});
  // More at the end: reached by a window that padding cut off, or by none.
  expectNear(
      apply("(x: [1, 2]) -> [1, 4]", "= deconvolve(x, [[[1, 10, 100]]], stride = 2, pad = 1, output_pad = 1)", {1, 2}),
      {10, 102, 20, 200});
  expectNear(apply("(x: [1, 2]) -> [1, 5]", "= deconvolve(x, [[[1, 10]]], stride = 2, output_pad = 1)", {1, 2}),
             {1, 10, 2, 20, 0});
  expectNear(apply("(x: [1, 2]) -> [1, 6]", "= deconvolve(x, [[[1, 10]]], dilation = 3, output_pad = 1)", {1, 2}),
             {1, 2, 0, 10, 20, 0});
  Program strided = good("network N(x: [3, 5, 5]) -> [4, 12, 11] =\n"
                         "  deconvolve(x, fill(3, fill(4, fill(3, fill(3, 1)))), stride = 2, output_pad = (1, 0))\n");
  EXPECT_EQ(count(strided.network("N").forms[0]->training.graph, Op::Pad), 0);
}

TEST(Window, TheTransposeIsTheAdjoint) {
  // <convolve(x, w), y> = <x, deconvolve(y, w)>, with groups, strides, dilations and uneven padding.
  std::string conventions = "stride = (2, 1), pad = [(1, 0), (2, 1)], dilation = (1, 2), groups = 2)";
  Array both = apply(
      "(x: [4, 5, 6], w: [6, 2, 2, 3], y: [6, 3, 5]) -> [2]",
      "= [sum(convolve(x, w, " + conventions + " * y), sum(x * deconvolve(y, w, " + conventions + ")]",
      [] {
        Values values;
        for (int i = 0; i < 2 * (120 + 72 + 90); ++i)
          values.push_back(std::sin(i * i + 0.3));
        return values;
      }(),
      2);
  ASSERT_EQ(both.values.size(), 4u);
  EXPECT_NEAR(both.values[0], both.values[1], 1e-9);
  EXPECT_NEAR(both.values[2], both.values[3], 1e-9);
  EXPECT_GT(std::fabs(both.values[0] - both.values[2]), 1e-3);
}

TEST(Window, FiltersOfEachSampleItsOwn) {
  expectNear(apply("(x: [1, 2], w: [1, 1, 1]) -> [1, 2]", "= convolve(x, w)", {1, 2, 3, 4, 10, 100}, 2),
             {10, 20, 300, 400});
  // One input for all samples.
  expectNear(apply("(w: [1, 1, 1]) -> [1, 2]", "= convolve([[1, 2]], w)", {10, 100}, 2), {10, 20, 100, 200});
}

TEST(Window, UnfoldAndFold) {
  expectNear(apply("(x: [4]) -> [3, 2]", "= unfold(x, 0, 2)", {1, 2, 3, 4}), {1, 2, 2, 3, 3, 4});
  expectNear(apply("(x: [5]) -> [2, 2]", "= unfold(x, axis = -1, size = 2, stride = 2, dilation = 2)", counting(5)),
             {1, 3, 3, 5});
  // Rows and columns of windows, in the order of the axes named.
  expectNear(apply("(x: [2, 3]) -> [1, 2, 2, 2]", "= unfold(x, (1, 0), (2, 2))", counting(6)),
             {1, 4, 2, 5, 2, 5, 3, 6});
  expectNear(apply("(x: [3, 2]) -> [4]", "= fold(x, 0, 4)", counting(6)), {1, 5, 9, 6});
  expectNear(apply("(x: [2, 2]) -> [5]", "= fold(x, 0, length = 5, stride = 2)", counting(4)), {1, 2, 3, 4, 0});
  Array both =
      apply("(x: [5, 6], y: [2, 3, 2, 3]) -> [2]",
            "= [sum(unfold(x, (0, 1), (2, 3), stride = (3, 1), dilation = (1, 1))[:, 0:3] * y),\n"
            "   sum(x * fold(concat(y, broadcast(0, [2, 1, 2, 3]), axis = 1), (0, 1), (5, 6), stride = (3, 1)))]",
            counting(30 + 36));
  EXPECT_NEAR(both.values[0], both.values[1], 1e-9);
}

TEST(Window, ReverseAndCumSum) {
  expectNear(apply("(x: [2, 3]) -> [2, 3]", "= reverse(x, 1)", counting(6)), {3, 2, 1, 6, 5, 4});
  expectNear(apply("(x: [2, 3]) -> [2, 3]", "= reverse(x, (1, 0))", counting(6)), {6, 5, 4, 3, 2, 1});
  expectNear(apply("(x: [2, 3]) -> [2, 3]", "= cumsum(x)", counting(6)), {1, 3, 6, 4, 9, 15});
  expectNear(apply("(x: [2, 3]) -> [2, 3]", "= cumsum(x, 0, reverse = true)", counting(6)), {5, 7, 9, 4, 5, 6});
  EXPECT_EQ(constant("reverse([1, 2, 3])"), "[3, 2, 1]");
}

TEST(Window, PadsWithAnyNumber) {
  expectNear(apply("(x: [1]) -> [3]", "= pad(x, 1, 1, value = 7)", {1}), {7, 1, 7});
  EXPECT_EQ(apply("(x: [2, 1]) -> [2, 2]", "= pad(x, [0, 1], (0, 0), value = -inf)", {1, 2}).values,
            (Values{-INFINITY, 1, -INFINITY, 2}));
}

TEST(Label, GathersWithAndWithoutABatch) {
  // Both, the table alone, the labels alone.
  expectNear(apply("(x: [3], y: class(3)) -> []", "= gather(x, y)", {1, 2, 3, 4, 5, 6, 2, 0}, 2), {3, 4});
  expectNear(apply("(x: [2, 3], y: class(3)) -> [2]", "= gather(x, y, axis = 1)",
                   {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 2, 0}, 2),
             {3, 6, 7, 10});
  expectNear(apply("(x: [2, 3]) -> [2, 2]", "= gather(x, label([2, 0], 3), axis = -1)", counting(6)), {3, 1, 6, 4});
  expectNear(apply("(y: class(2)) -> [2]", "= gather([[1, 2], [3, 4]], y)", {1, 0}, 2), {3, 4, 1, 2});
  expectNear(apply("(y: class(2)) -> [2]", "= gather([[1, 2], [3, 4]], y, axis = 1)", {1, 0}, 2), {2, 4, 1, 3});
  // Labels with axes of their own.
  expectNear(apply("(x: [3], y: [2, 2]) -> [2, 2]", "= gather(x, label(y, 3))", {5, 6, 7, 0, 1, 2, 2}), {5, 6, 7, 7});
}

TEST(Label, ScatterAddIsTheAdjointOfGather) {
  expectNear(apply("(x: [3]) -> [2]", "= scatter_add(x, label([1, 0, 1], 2), 2)", {1, 10, 100}), {10, 101});
  expectNear(apply("(x: [2, 3]) -> [2, 4]", "= scatter_add(x, label([1, 3, 1], 4), 4, axis = 1)", counting(6)),
             {0, 4, 0, 2, 0, 10, 0, 5});
  // One label a sample: the slice goes to its place.
  expectNear(apply("(x: [2], y: class(3)) -> [3, 2]", "= scatter_add(x, y, 3)", {1, 2, 3, 4, 2, 0}, 2),
             {0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0});
  expectNear(apply("(y: class(2)) -> [2]", "= scatter_add(1, y, 2)", {1, 0}, 2), {0, 1, 1, 0});
}

TEST(Label, RoundsAndClamps) {
  expectNear(apply("(x: [5]) -> [5]", "= float(label(x, 3))", {-7, 0.4, 0.6, 1.5, 99}), {0, 0, 1, 2, 2});
  expectNear(apply("(x: []) -> []", "= float(label(x, 3))", {NAN}), {0});
  EXPECT_EQ(firstError("network N(x: [2]) -> [2] { param w: [2] = 1; return label(x * w, 2) }"),
            "expected numbers, got a label, class(2) of shape [2]");
}

TEST(Samples, SeeEachOther) {
  expectNear(apply("(x: [2]) -> [2]", "= sum(samples(x), axis = 0)", {1, 2, 3, 4, 5, 6}, 3), {9, 12});
  expectNear(apply("(x: []) -> []", "= per_sample(reverse(samples(x), 0))", {1, 2, 3}, 3), {3, 2, 1});
  // The distance of each sample to every other.
  expectNear(apply("(x: []) -> [3]", "= abs(samples(x) - x)", {1, 2, 4}, 3), {0, 1, 3, 1, 0, 2, 3, 2, 0});
  expectNear(apply("(x: [1]) -> [2]", "= samples(broadcast(1, [1]))[:, 0] * x", {3, 4}, 2), {3, 3, 4, 4});
}

TEST(Draws, InitialisersCompute) {
  // An orthogonal matrix by Newton-Schulz iterations on a normal draw.
  std::string orthogonal = "fn ortho(shape) {\n  let A = draw(normal(0, 1), shape)\n  let X = A / norm(A)\n"
                           "  for i in 0..40 { X = 1.5 * X - 0.5 * (X @ transpose(X) @ X) }\n  return X\n}\n";
  Array product =
      apply("(x: [1]) -> [3, 3]", "{ param W: [3, 5] ~ ortho; return W @ transpose(W) }", {0}, 1, orthogonal);
  expectNear(product, {1, 0, 0, 0, 1, 0, 0, 0, 1}, 1e-6);
  // `noise` in an initial value is one draw too.
  orthogonal.replace(orthogonal.find("let A = draw(normal(0, 1), shape)"), 33, "noise A: [..shape] ~ normal(0, 1)");
  product = apply("(x: [1]) -> [3, 3]", "{ param W: [3, 5] ~ ortho; return W @ transpose(W) }", {0}, 1, orthogonal);
  expectNear(product, {1, 0, 0, 0, 1, 0, 0, 0, 1}, 1e-6);
  Program program =
      good("network N(x: [2]) -> [2] = x + draw(uniform(0, 1), [2]) + float(draw(categorical(4), [2]))\n");
  for (const auto &node : program.network("N").forms[0]->training.graph.nodes)
    if (node->op == Op::Random) {
      EXPECT_FALSE(node->type.batched);
    }
}

TEST(Loops, OverListsAndTensors) {
  EXPECT_EQ(
      firstError("fn f(l) {\n  let s = 0\n  for a in l { s = s + a }\n  return s\n}\nconst a = 1 / (f([1, 2, 3]) - 6)"),
      "division by zero");
  expectNear(apply("(x: [3]) -> []", "{\n  let h = 0\n  for v in x { h = 2 * h + v }\n  return h\n}", {1, 2, 3}), {11});
  expectNear(apply("(x: [1]) -> [1]", "{\n  for (a, b) in [(1, 2), (3, 4)] { x = x * a + b }\n  return x\n}", {1}),
             {13});
}

TEST(Lists, QuestionsAndFolds) {
  EXPECT_EQ(constant("is_list((1, 2))"), "true");
  EXPECT_EQ(constant("is_list(3)"), "false");
  EXPECT_EQ(constant("sum([1, 2, 3])"), "6");
  EXPECT_EQ(constant("mean([1, 2])"), "1.5");
  EXPECT_EQ(constant("product((2, 3, 4))"), "24");
  EXPECT_EQ(constant("product([])"), "1");
  EXPECT_EQ(constant("inf > 1e308"), "true");
  EXPECT_EQ(firstError("fn f(x) = fail(\"a kernel of \", x, \" is too big\")\nconst a = f([3, 5])"),
            "a kernel of [3, 5] is too big");
}

} // namespace agon::sema::test
