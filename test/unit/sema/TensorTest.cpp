//===- TensorTest.cpp - What operations compute -----------------------------===//
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

TEST(Tensor, BroadcastsAsNumPy) {
  expectNear(apply("(x: [2, 1], y: [3]) -> [2, 3]", "= x + y", {1, 2, 10, 20, 30}), {11, 21, 31, 12, 22, 32});
  expectNear(apply("(x: [2]) -> [2]", "= 2 * x - [1, 2]", {5, 6, 7, 8}, 2), {9, 10, 13, 14});
  expectNear(apply("(x: []) -> [2]", "= [x, 1 - x]", {0.25, 0.5}, 2), {0.25, 0.75, 0.5, 0.5});
}

TEST(Tensor, SmallPowersAreProducts) {
  Program program = good("network N(x: [1]) -> [1] = x^2 + x^3 + x^4 + x^-1 + x^0.5 + x^2.5\n");
  const Graph &graph = program.network("N").forms[0]->training.graph;
  EXPECT_EQ(count(graph, Op::Pow), 1);
  EXPECT_EQ(count(graph, Op::Sqrt), 1);
  expectNear(apply("(x: [1]) -> [1]", "= x^2 + x^3 + x^4 + x^-1 + x^-2 + x^0.5", {4}),
             {16 + 64 + 256 + 0.25 + 0.0625 + 2});
}

TEST(Tensor, MatrixProducts) {
  expectNear(apply("(x: [2]) -> [2]", "= x @ [[1, 2], [3, 4]]", {1, 1, 2, 0}, 2), {4, 6, 2, 4});
  expectNear(apply("(x: [2]) -> [2]", "= [[1, 2], [3, 4]] @ x", {1, 1, 2, 0}, 2), {3, 7, 2, 6});
  expectNear(apply("(x: [2], y: [2]) -> []", "= x @ y", {1, 2, 3, 4}), {11});
  expectNear(apply("(x: [2, 2], y: [2, 2]) -> [2, 2]", "= x @ y", {1, 2, 3, 4, 5, 6, 7, 8}), {19, 22, 43, 50});
  // Leading axes are batch axes.
  expectNear(apply("(x: [2, 1, 2], y: [2, 2, 1]) -> [2, 1, 1]", "= x @ y", {1, 2, 3, 4, 5, 6, 7, 8}), {17, 53});
  expectNear(apply("(x: [2], y: [2, 2, 1]) -> [2, 1]", "= x @ y", {1, 2, 5, 6, 7, 8}), {17, 23});
  expectNear(apply("(x: [2, 1, 2], y: [2]) -> [2, 1]", "= x @ y", {1, 2, 3, 4, 5, 6}), {17, 39});
}

TEST(Tensor, Reductions) {
  Values x{1, 2, 3, 4, 5, 6};
  expectNear(apply("(x: [2, 3]) -> []", "= sum(x)", x), {21});
  expectNear(apply("(x: [2, 3]) -> [3]", "= sum(x, axis = 0)", x), {5, 7, 9});
  expectNear(apply("(x: [2, 3]) -> [2]", "= mean(x, axis = -1)", x), {2, 5});
  expectNear(apply("(x: [2, 3]) -> [2, 1]", "= max(x, axis = 1, keep = true)", x), {3, 6});
  expectNear(apply("(x: [2, 3]) -> []", "= min(x, axis = (0, 1))", x), {1});
  expectNear(apply("(x: [2]) -> [2]", "= max(x, 0, [2, 3])", {1, 4}), {2, 4});
  expectNear(apply("(x: [2]) -> []", "= E[x]", {1, 2, 3, 4}, 2), {2.5});
  expectNear(apply("(x: [2]) -> [2]", "= batch_mean(x)", {1, 2, 3, 4}, 2), {2, 3});
  expectNear(apply("(x: [3]) -> []", "= mean(x > 1)", {0, 2, 3}), {2.0 / 3});
}

TEST(Tensor, ShapesAndSubscripts) {
  Values x{1, 2, 3, 4, 5, 6};
  expectNear(apply("(x: [2, 3]) -> [3, 2]", "= transpose(x)", x), {1, 4, 2, 5, 3, 6});
  expectNear(apply("(x: [2, 3]) -> [3, 2]", "= x |> reshape(3, -1)", x), x);
  expectNear(apply("(x: [2, 3]) -> [6]", "= x |> flatten", x), x);
  expectNear(apply("(x: [2, 3]) -> [3]", "= x[1]", x), {4, 5, 6});
  expectNear(apply("(x: [2, 3]) -> [2]", "= x[:, -1]", x), {3, 6});
  expectNear(apply("(x: [2, 3]) -> [1, 2]", "= x[1:, 0:2]", x), {4, 5});
  expectNear(apply("(x: [2], y: [1]) -> [3]", "= concat(x, y)", {1, 2, 3}), {1, 2, 3});
  expectNear(apply("(x: [2], y: [2]) -> [2, 2]", "= stack(x, y, axis = 1)", {1, 2, 3, 4}), {1, 3, 2, 4});
  expectNear(apply("(x: [2]) -> [4]", "= pad(x, 1, 1)", {1, 2}), {0, 1, 2, 0});
  expectNear(apply("(x: [1, 2]) -> [2, 2]", "= broadcast(x, 2, 2)", {1, 2}), {1, 2, 1, 2});
  expectNear(apply("(y: class(3)) -> [3]", "= one_hot(y)", {2}), {0, 0, 1});
  expectNear(apply("(x: [3]) -> [3]", "= x * iota(3)", {1, 1, 1}), {0, 1, 2});
}

TEST(Tensor, ChoosesElementByElement) {
  expectNear(apply("(x: [3]) -> [3]", "= if x > 0 then x else -2 * x", {-1, 0, 2}), {2, 0, 2});
  expectNear(apply("(x: [3]) -> [3]", "= select(x > 0 and not (x >= 2), 1, 0)", {-1, 1, 2}), {0, 1, 0});
  expectNear(apply("(y: class(4)) -> []", "= select(y == 3, 10, float(y))", {3, 2}, 2), {10, 2});
}

TEST(Tensor, GradientsAreNodesOfTheirArgument) {
  Program program = good("network N(x: [3]) -> [3] { let y = sum(x^2); return grad(y, x) }\n");
  const Graph &graph = program.network("N").forms[0]->training.graph;
  ASSERT_EQ(count(graph, Op::Gradient), 1);
  for (const auto &node : graph.nodes)
    if (node->op == Op::Gradient) {
      EXPECT_EQ(node->operands[1]->op, Op::Argument);
      EXPECT_EQ(node->type, node->operands[1]->type);
    }
  // Of a derivative, and of an expression that has a name.
  good("network N(x: [2]) -> [] {\n  let h = tanh(x)\n  let g = grad(sum(h^3), h)\n"
       "  return sum(grad(sum(g^2), x))\n}\n");
}

TEST(Tensor, PlacesAreTheUsers) {
  Program program = good("network N(x: [2]) -> [1] =\n  x |> dense(8)\n    |> relu |> dense(1)\n");
  for (const auto &node : program.network("N").forms[0]->training.graph.nodes) {
    ASSERT_TRUE(node->range);
    EXPECT_FALSE(node->range.file->isStandardLibrary);
    if (node->op == Op::Gt) {
      EXPECT_EQ(node->range.file->lineColumn(node->range.begin).line, 3u);
      EXPECT_EQ(node->range.file->lineColumn(node->range.begin).column, 8u);
    }
  }
}

} // namespace agon::sema::test
