//===- LayoutTest.cpp - agon-propagate-layouts keeps every meaning --------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Random straight-line functions of convolutions and of what stands between
// them, interpreted before and after layouts were moved through them. Images
// have one to three spatial axes. A failure prints the function.
//===----------------------------------------------------------------------===//
#include <gtest/gtest.h>

#include "compiler/tensor/Passes.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "test/unit/autodiff/Windows.h"
#include "test/unit/tensor/LinalgInterpreter.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace agon;
using namespace agon::test;

namespace {

using Sizes = std::vector<int64_t>;

std::string list(const Sizes &sizes) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << '[';
  llvm::interleaveComma(sizes, out);
  out << ']';
  return text;
}

std::string typeOf(const Sizes &shape, const char *element = "f64") {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + element + ">";
}

/// Writes one function, operation by operation; each takes its operands from what there is.
class Writer {
public:
  explicit Writer(std::mt19937 &random) : random(random) {}

  std::string write(int64_t length);

private:
  struct Named {
    std::string name;
    Sizes shape;
    std::string type() const { return typeOf(shape); }
  };

  int64_t between(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); }
  bool oneIn(int64_t n) { return between(1, n) == 1; }

  Named argument(const Sizes &shape) {
    Named made{"%a" + std::to_string(arguments.size()), shape};
    arguments.push_back(made);
    return made;
  }
  std::string fresh() { return "%v" + std::to_string(numNames++); }
  /// Keeps small whatever grows.
  Named define(const std::string &operation, const Sizes &shape) {
    Named made{fresh(), shape};
    body += "  " + made.name + " = " + operation + "\n";
    if (sizeOf(shape) > 0 && sizeOf(shape) <= 1500)
      values.push_back(made);
    return made;
  }
  /// One of the values; those made last rather than others, so that functions are deep.
  Named any() {
    int64_t count = values.size();
    return values[oneIn(3) ? between(0, count - 1) : between(std::max<int64_t>(0, count - 3), count - 1)];
  }
  std::optional<Named> image() {
    for (int trial = 0; trial < 8; ++trial)
      if (Named each = any(); each.shape.size() >= 3 && each.shape.size() <= 5)
        return each;
    return std::nullopt;
  }
  Sizes ones(size_t count) { return Sizes(count, 1); }
  Sizes shuffled(size_t count) {
    Sizes order(count);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    return order;
  }
  /// Some axes, in any order if not `sorted`.
  Sizes someAxes(size_t rank, bool sorted, int64_t atLeast = 1) {
    Sizes axes = shuffled(rank);
    axes.resize(between(std::min<int64_t>(atLeast, rank), rank));
    if (sorted)
      llvm::sort(axes);
    return axes;
  }

  void convolution();
  void backwards();
  void unary();
  void binary();
  void channels();
  void reduce();
  void reshape();
  void upsample();
  void pad();
  void slice();
  void reverse();
  void concat();
  void unfold();
  void transpose();
  void select();

  std::mt19937 &random;
  std::vector<Named> arguments, values;
  std::string body;
  int64_t numNames = 0;
};

void Writer::convolution() {
  auto x = image();
  if (!x)
    return;
  size_t space = x->shape.size() - 2;
  int64_t groups = oneIn(4) ? x->shape[1] : 1;
  Sizes w{groups * between(1, 3), x->shape[1] / groups}, y{x->shape[0], w[0]}, strides, low, high;
  for (size_t axis = 0; axis < space; ++axis) {
    int64_t size = x->shape[axis + 2];
    low.push_back(between(0, 1));
    high.push_back(between(0, 1));
    w.push_back(std::min(between(1, 3), low.back() + size + high.back()));
    strides.push_back(between(1, 2));
    y.push_back((low.back() + size + high.back() - w.back()) / strides.back() + 1);
  }
  Named filter = argument(w);
  define("agon.conv " + x->name + ", " + filter.name + " strides " + list(strides) + " low " + list(low) + " high " +
             list(high) + " dilations " + list(ones(space)) + " groups " + std::to_string(groups) + " : (" + x->type() +
             ", " + filter.type() + ") -> " + typeOf(y),
         y);
}

/// The input gradient, as a generator has it.
void Writer::backwards() {
  auto y = image();
  if (!y)
    return;
  size_t space = y->shape.size() - 2;
  Sizes w{y->shape[1], between(1, 3)}, x{y->shape[0], w[1]}, strides, low;
  for (size_t axis = 0; axis < space; ++axis) {
    int64_t kernel = between(1, 4), stride = between(1, 2);
    low.push_back(kernel > 2 ? between(0, 1) : 0);
    w.push_back(kernel);
    strides.push_back(stride);
    x.push_back((y->shape[axis + 2] - 1) * stride + kernel - 2 * low.back());
    if (x.back() < 1)
      return;
  }
  Named filter = argument(w);
  define("agon.conv_input_gradient " + y->name + ", " + filter.name + " strides " + list(strides) + " low " +
             list(low) + " high " + list(low) + " dilations " + list(ones(space)) + " : (" + y->type() + ", " +
             filter.type() + ") -> " + typeOf(x),
         x);
}

void Writer::unary() {
  Named x = any();
  static const char *const names[] = {"math.tanh", "arith.negf", "agon.sigmoid", "agon.softplus", "math.sin"};
  define(std::string(names[between(0, 4)]) + " " + x.name + " : " + x.type(), x.shape);
}

/// With another value of the shape, an argument or a constant, on either side.
void Writer::binary() {
  Named x = any(), y = x;
  int64_t kind = between(0, 3);
  if (kind == 0) {
    y = argument(x.shape);
  } else if (kind == 1) {
    y.name = fresh();
    body += "  " + y.name + " = arith.constant dense<0.75> : " + y.type() + "\n";
  } else {
    for (const Named &each : values)
      if (each.shape == x.shape && oneIn(2))
        y = each;
  }
  if (oneIn(2))
    std::swap(x, y);
  static const char *const names[] = {"arith.addf", "arith.mulf", "arith.subf", "arith.maximumf"};
  Named z = define(std::string(names[between(0, 3)]) + " " + x.name + ", " + y.name + " : " + x.type(), x.shape);
  define("math.tanh " + z.name + " : " + z.type(), z.shape); // products of products do not grow
}

/// A bias or a scale: some axes of a value.
void Writer::channels() {
  Named x = any();
  Sizes dims = x.shape.size() > 1 && oneIn(2) ? Sizes{1} : someAxes(x.shape.size(), true, 0), shape;
  for (int64_t axis : dims)
    shape.push_back(x.shape[axis]);
  Named bias = argument(shape);
  for (const Named &each : values)
    if (each.shape == shape && oneIn(2))
      bias = each;
  Named wide =
      define("agon.broadcast " + bias.name + " dims " + list(dims) + " : " + bias.type() + " -> " + x.type(), x.shape);
  define("arith.addf " + x.name + ", " + wide.name + " : " + x.type(), x.shape);
}

/// A mean or a maximum, often spread again over what it came from.
void Writer::reduce() {
  Named x = any();
  Sizes dims = someAxes(x.shape.size(), true), kept, shape;
  for (int64_t axis = 0; axis < int64_t(x.shape.size()); ++axis)
    if (!llvm::is_contained(dims, axis)) {
      kept.push_back(axis);
      shape.push_back(x.shape[axis]);
    }
  Named y = define(std::string("agon.reduce ") + (oneIn(2) ? "sum " : "max ") + x.name + " dims " + list(dims) + " : " +
                       x.type() + " -> " + typeOf(shape),
                   shape);
  if (oneIn(3))
    return;
  Named wide =
      define("agon.broadcast " + y.name + " dims " + list(kept) + " : " + y.type() + " -> " + x.type(), x.shape);
  define("arith.subf " + x.name + ", " + wide.name + " : " + x.type(), x.shape);
}

/// Splits axes, joins neighbours, makes and drops axes of length 1, or all of that.
void Writer::reshape() {
  Named x = any();
  Sizes shape;
  for (int64_t size : x.shape) {
    int64_t factor = between(2, 3);
    if (size % factor == 0 && oneIn(2)) {
      shape.push_back(size / factor);
      shape.push_back(factor);
    } else if (!shape.empty() && oneIn(4)) {
      shape.back() *= size;
    } else if (size != 1 || oneIn(2)) {
      shape.push_back(size);
    }
    if (oneIn(6))
      shape.push_back(1);
  }
  if (shape.size() <= 6)
    define("agon.reshape " + x.name + " : " + x.type() + " -> " + typeOf(shape), shape);
}

/// The nearest neighbour: new axes beside those of space, joined with them.
void Writer::upsample() {
  auto x = image();
  if (!x || x->shape.size() > 4)
    return;
  Sizes wide, dims, shape;
  for (int64_t axis = 0; axis < int64_t(x->shape.size()); ++axis) {
    dims.push_back(wide.size());
    wide.push_back(x->shape[axis]);
    shape.push_back(x->shape[axis]);
    if (axis >= 2) {
      wide.push_back(2);
      shape.back() *= 2;
    }
  }
  if (sizeOf(shape) > 1500)
    return;
  Named spread =
      define("agon.broadcast " + x->name + " dims " + list(dims) + " : " + x->type() + " -> " + typeOf(wide), wide);
  define("agon.reshape " + spread.name + " : " + spread.type() + " -> " + typeOf(shape), shape);
}

void Writer::pad() {
  Named x = any();
  Sizes shape, starts, strides;
  for (int64_t size : x.shape) {
    starts.push_back(oneIn(3));
    strides.push_back(1 + oneIn(6));
    shape.push_back(starts.back() + (size - 1) * strides.back() + 1 + oneIn(3));
  }
  define("agon.pad " + x.name + " starts " + list(starts) + " strides " + list(strides) +
             (oneIn(2) ? " value 5.000000e-01" : "") + " : " + x.type() + " -> " + typeOf(shape),
         shape);
}

void Writer::slice() {
  Named x = any();
  Sizes shape, starts, strides;
  for (int64_t size : x.shape) {
    starts.push_back(oneIn(3) ? between(0, size - 1) : 0);
    strides.push_back(1 + oneIn(5));
    int64_t most = (size - 1 - starts.back()) / strides.back() + 1;
    shape.push_back(oneIn(3) ? between(1, most) : most);
  }
  define("agon.slice " + x.name + " starts " + list(starts) + " strides " + list(strides) + " : " + x.type() + " -> " +
             typeOf(shape),
         shape);
}

void Writer::reverse() {
  Named x = any();
  if (!x.shape.empty())
    define("agon.reverse " + x.name + " dims " + list(someAxes(x.shape.size(), false)) + " : " + x.type(), x.shape);
}

void Writer::concat() {
  Named x = any();
  if (x.shape.empty())
    return;
  int64_t dim = between(0, x.shape.size() - 1), total = 0;
  std::string names, types;
  for (int64_t part = between(1, 3); part > 0; --part) {
    Named next = x;
    if (oneIn(3)) {
      Sizes shape = x.shape;
      shape[dim] = between(1, 3);
      next = argument(shape);
    } else {
      for (const Named &each : values) {
        Sizes shape = each.shape;
        if (shape.size() == x.shape.size())
          shape[dim] = x.shape[dim];
        if (shape == x.shape && oneIn(3))
          next = each;
      }
    }
    total += next.shape[dim];
    names += (names.empty() ? "" : ", ") + next.name;
    types += (types.empty() ? "" : ", ") + next.type();
  }
  Sizes shape = x.shape;
  shape[dim] = total;
  define("agon.concat " + names + " dim " + std::to_string(dim) + " : (" + types + ") -> " + typeOf(shape), shape);
}

void Writer::unfold() {
  Named x = any();
  if (x.shape.empty() || x.shape.size() > 4)
    return;
  Sizes dims = someAxes(x.shape.size(), false), sizes, shape = x.shape, strides;
  dims.resize(std::min<size_t>(dims.size(), 2));
  for (int64_t axis : dims) {
    sizes.push_back(between(1, std::min<int64_t>(x.shape[axis], 3)));
    strides.push_back(between(1, 2));
    shape[axis] = (x.shape[axis] - sizes.back()) / strides.back() + 1;
  }
  shape.insert(shape.end(), sizes.begin(), sizes.end());
  Named y =
      define("agon.unfold " + x.name + " dims " + list(dims) + " sizes " + list(sizes) + " strides " + list(strides) +
                 " dilations " + list(ones(dims.size())) + " : " + x.type() + " -> " + typeOf(shape),
             shape);
  if (oneIn(2))
    return;
  Sizes last, pooled(shape.begin(), shape.begin() + x.shape.size());
  for (size_t i = 0; i < dims.size(); ++i)
    last.push_back(x.shape.size() + i);
  define("agon.reduce max " + y.name + " dims " + list(last) + " : " + y.type() + " -> " + typeOf(pooled), pooled);
}

void Writer::transpose() {
  Named x = any();
  if (x.shape.empty())
    return;
  Sizes order = shuffled(x.shape.size()), shape;
  for (int64_t axis : order)
    shape.push_back(x.shape[axis]);
  define("agon.transpose " + x.name + " permutation " + list(order) + " : " + x.type() + " -> " + typeOf(shape), shape);
}

/// A rectifier and its mask.
void Writer::select() {
  Named x = any();
  std::string zero = fresh(), mask = fresh();
  body += "  " + zero + " = arith.constant dense<0.0> : " + x.type() + "\n";
  body += "  " + mask + " = arith.cmpf ogt, " + x.name + ", " + zero + " : " + x.type() + "\n";
  Named other = oneIn(2) ? argument(x.shape) : Named{zero, x.shape};
  define("arith.select " + mask + ", " + x.name + ", " + other.name + " : " + typeOf(x.shape, "i1") + ", " + x.type(),
         x.shape);
}

std::string Writer::write(int64_t length) {
  int64_t space = between(1, 3);
  Sizes shape{between(1, 3), between(1, 4)};
  for (int64_t axis = 0; axis < space; ++axis)
    shape.push_back(between(1, space == 1 ? 9 : space == 2 ? 6 : 4));
  values.push_back(argument(shape));
  using Step = void (Writer::*)();
  const Step steps[] = {&Writer::convolution, &Writer::convolution, &Writer::convolution, &Writer::backwards,
                        &Writer::backwards,   &Writer::unary,       &Writer::binary,      &Writer::channels,
                        &Writer::channels,    &Writer::reduce,      &Writer::reshape,     &Writer::upsample,
                        &Writer::pad,         &Writer::slice,       &Writer::reverse,     &Writer::concat,
                        &Writer::unfold,      &Writer::transpose,   &Writer::select};
  oneIn(2) ? convolution() : backwards();
  for (int64_t i = 0; i < length; ++i)
    (this->*steps[between(0, std::size(steps) - 1)])();
  // The last value and a few others, so that what is between has more than one reader.
  std::vector<Named> results{values.back()};
  for (const Named &each : values)
    if (oneIn(4))
      results.push_back(each);
  std::string names, types, parameters;
  for (const Named &each : results) {
    names += (names.empty() ? "" : ", ") + each.name;
    types += (types.empty() ? "" : ", ") + each.type();
  }
  for (const Named &each : arguments)
    parameters += (parameters.empty() ? "" : ", ") + each.name + ": " + each.type();
  return "func.func @f(" + parameters + ") -> (" + types + ") {\n" + body + "  return " + names + " : " + types +
         "\n}\n";
}

class Layouts : public testing::Test {
protected:
  Layouts() {
    context.loadDialect<AgonDialect, arith::ArithDialect, math::MathDialect, func::FuncDialect>();
    context.disableMultithreading();
  }

  template <typename... Passes> bool run(ModuleOp module, Passes... made) {
    PassManager passes(&context);
    (passes.addNestedPass<func::FuncOp>(std::move(made)), ...);
    return succeeded(passes.run(module));
  }

  static std::string print(func::FuncOp function) {
    std::string text;
    llvm::raw_string_ostream out(text);
    function.print(out);
    return text;
  }

  void expectSame(const std::string &text);

  MLIRContext context;
  std::mt19937 random{20151119};
  int64_t numChanged = 0;
};

void Layouts::expectSame(const std::string &text) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  ASSERT_TRUE(module) << text;
  auto function = module->lookupSymbol<func::FuncOp>("f");
  std::vector<Tensor> arguments = randomTensors(function.getArgumentTypes(), random);
  // The definitions of convolutions are the oracle: a decomposition that is wrong is found, too.
  auto expected = interpret(function, arguments);
  ASSERT_TRUE(run(*module, tensors::createAgonDecompose(), createCanonicalizerPass(), createCSEPass())) << text;
  std::string before = print(function);
  ASSERT_TRUE(run(*module, tensors::createAgonPropagateLayouts())) << text;
  numChanged += print(function) != before;
  auto moved = interpret(function, arguments);
  ASSERT_TRUE(run(*module, createCanonicalizerPass(), createCSEPass())) << text;
  auto folded = interpret(function, arguments);
  ASSERT_TRUE(succeeded(expected) && succeeded(moved) && succeeded(folded)) << text;
  for (auto *got : {&*moved, &*folded})
    for (size_t result = 0; result < expected->size(); ++result) {
      const Tensor &a = (*expected)[result], &b = (*got)[result];
      ASSERT_EQ(a.shape, b.shape) << text;
      for (size_t i = 0; i < a.data.size(); ++i)
        ASSERT_NEAR(a.data[i], b.data[i], 1e-9 * (1 + std::fabs(a.data[i])))
            << "element " << i << " of result " << result << " of\n"
            << text;
    }
}

TEST_F(Layouts, RandomFunctions) {
  for (int trial = 0; trial < 1000; ++trial) {
    expectSame(Writer(random).write(3 + trial % 20));
    if (HasFatalFailure())
      return;
  }
  EXPECT_GT(numChanged, 500);
}

} // namespace
