//===- CompositionTest.cpp - Random programs against differences ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/autodiff/Pullback.h"
#include "test/unit/autodiff/Check.h"
#include <sstream>

using namespace agon::test;

namespace {

/// Writes straight-line programs on matrices of one shape whose values stay of
/// order 1, from operations that are smooth, so that differences can be trusted.
class ProgramWriter {
public:
  explicit ProgramWriter(unsigned seed) : random(seed) {}

  std::string write(int operations) {
    text << "func.func @f(%v0: " << type << ", %v1: " << type << ") -> " << type << " {\n";
    for (int i = 0; i < operations; ++i)
      step();
    text << "  %out = math.tanh " << last() << " : " << type << "\n  return %out : " << type << "\n}\n";
    return text.str();
  }

private:
  std::string last() const { return "%v" + std::to_string(values - 1); }
  std::string any() { return "%v" + std::to_string(random() % 2 ? values - 1 : random() % values); }
  std::string fresh() { return "%t" + std::to_string(temporaries++); }
  std::string emit(const std::string &expression) {
    std::string name = fresh();
    text << "  " << name << " = " << expression << "\n";
    return name;
  }

  void step() {
    const std::string of = std::string(" : ") + type;
    static const char *const unary[] = {"math.tanh",    "math.sin",      "math.cos",  "math.erf",
                                        "agon.sigmoid", "agon.softplus", "arith.negf"};
    static const char *const binary[] = {"arith.addf", "arith.subf", "arith.mulf"};
    std::string result;
    switch (random() % 12) {
    case 0:
    case 1:
      result = emit(unary[random() % std::size(unary)] + (" " + any()) + of);
      break;
    case 2: {
      std::string a = any(), b = any();
      result = emit(binary[random() % std::size(binary)] + (" " + a) + ", " + b + of);
      break;
    }
    case 3: { // A quotient whose denominator is at least 1.
      std::string a = any(), b = any();
      std::string square = emit("arith.mulf " + b + ", " + b + of);
      std::string one = emit("arith.constant dense<1.0>" + of);
      result = emit("arith.divf " + a + ", " + emit("arith.addf " + square + ", " + one + of) + of);
      break;
    }
    case 4: { // [3, 3] x [3, 3], either way round.
      std::string a = any(), b = any();
      result = emit("agon.contract " + a + ", " + b + " reduce [" + std::to_string(random() % 2) + "] x [" +
                    std::to_string(random() % 2) + "] : (" + type + ", " + type + ") -> " + type);
      break;
    }
    case 5: {
      std::string axis = std::to_string(random() % 2);
      std::string sum = emit("agon.reduce sum " + any() + " dims [" + axis + "]" + of + " -> tensor<3xf64>");
      result =
          emit("agon.broadcast " + sum + " dims [" + std::to_string(random() % 2) + "] : tensor<3xf64> -> " + type);
      break;
    }
    case 6:
      result = emit("agon.transpose " + any() + " permutation [1, 0]" + of + " -> " + type);
      break;
    case 7:
      result = emit((random() % 2 ? "agon.reverse " + any() + " dims [" + std::to_string(random() % 2) + "]"
                                  : "agon.cumsum " + any() + " dim " + std::to_string(random() % 2)) +
                    of);
      break;
    case 8: { // Rows of windows of two, weighted and added up where they overlap.
      std::string windows = " dims [1] sizes [2] strides [1] dilations [1]";
      std::string cut = emit("agon.unfold " + any() + windows + of + " -> tensor<3x2x2xf64>");
      std::string bent = emit("math.sin " + cut + " : tensor<3x2x2xf64>");
      result = emit("agon.fold " + bent + windows + " : tensor<3x2x2xf64> -> " + type);
      break;
    }
    case 9: {
      std::string labels = emit("arith.constant dense<[" + std::to_string(random() % 3) + ", 1, 3]> : tensor<3xi32>");
      result = emit((random() % 2 ? "agon.gather " : "agon.scatter_add ") + any() + ", " + labels + " batch 0 : (" +
                    type + ", tensor<3xi32>) -> " + type);
      break;
    }
    case 10: { // A convolution of one with the other, in any of its three roles.
      static const char *const faces[] = {"conv", "conv_input_gradient", "conv_filter_gradient"};
      std::string image = "tensor<1x1x3x3xf64>";
      auto raised = [&](const std::string &value) { return emit("agon.reshape " + value + of + " -> " + image); };
      std::string a = raised(any()), b = raised(any());
      std::string c =
          emit(std::string("agon.") + faces[random() % 3] + " " + a + ", " + b +
               " strides [1, 1] low [1, 1] high [1, 1] dilations [1, 1] : (" + image + ", " + image + ") -> " + image);
      result = emit("agon.reshape " + c + " : " + image + " -> " + type);
      break;
    }
    default: { // Two halves of two values, side by side.
      std::string left = emit("agon.slice " + any() + " starts [0, 0] strides [1, 2]" + of + " -> tensor<3x2xf64>");
      std::string right = emit("agon.slice " + any() + " starts [0, 2] strides [1, 1]" + of + " -> tensor<3x1xf64>");
      result = emit("agon.concat " + left + ", " + right + " dim 1 : (tensor<3x2xf64>, tensor<3x1xf64>) -> " + type);
    }
    }
    // Bounded, so that neither values nor derivatives run away.
    text << "  %v" << values++ << " = math.sin " << result << of << "\n";
  }

  static constexpr const char *type = "tensor<3x3xf64>";
  std::mt19937 random;
  std::ostringstream text;
  int values = 2, temporaries = 0;
};

TEST(Composition, AgreesWithDifferences) {
  auto context = makeContext(agon::autodiff::registerPullbacks);
  for (unsigned seed = 0; seed < 80; ++seed) {
    std::string text = ProgramWriter(seed).write(2 + static_cast<int>(seed) % 9);
    EXPECT_TRUE(agrees(check(*context, text, -1, 1, seed))) << text;
  }
}

} // namespace
