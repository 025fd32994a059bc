//===- Check.cpp - Gradients against central differences ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include <gtest/gtest.h>

#include "compiler/autodiff/Gradient.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "test/unit/autodiff/Check.h"
#include <cmath>

using namespace mlir;
using namespace agon;
using namespace agon::test;

std::unique_ptr<MLIRContext> agon::test::makeContext(llvm::function_ref<void(DialectRegistry &)> rules) {
  DialectRegistry registry;
  registry.insert<AgonDialect, arith::ArithDialect, math::MathDialect, func::FuncDialect>();
  rules(registry);
  auto context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

OwningOpRef<ModuleOp> agon::test::parse(MLIRContext &context, StringRef text) {
  return parseSourceString<ModuleOp>(text, &context);
}

Tensor agon::test::sample(Type type, double low, double high, std::mt19937 &random) {
  Tensor tensor = Tensor::filled(type, 0);
  // A shuffled grid with jitter: neighbours stay half a cell apart.
  double cell = (high - low) / static_cast<double>(std::max<int64_t>(tensor.size(), 1));
  std::uniform_real_distribution<double> jitter(-0.25, 0.25);
  for (size_t i = 0; i < tensor.data.size(); ++i) {
    double x = low + cell * (static_cast<double>(i) + 0.5 + jitter(random));
    tensor.data[i] = std::fabs(x) < 0.02 ? 0.02 : x;
  }
  std::shuffle(tensor.data.begin(), tensor.data.end(), random);
  return tensor;
}

namespace {

bool isReal(Type type) { return isa<FloatType>(getElementTypeOrSelf(type)); }

/// Turns f into a function of its arguments, then of constants: the weights of
/// the results and the directions. Returns <f, r>, its gradient g with respect
/// to every real argument, and the gradient of <g, v>.
class Derivatives {
public:
  explicit Derivatives(func::FuncOp function) : function(function), builder(function.getContext()) {}

  LogicalResult build();
  /// Types of the arguments that `build` appended: weights, then directions.
  SmallVector<Type> appended;
  SmallVector<unsigned> real; ///< Which arguments are differentiated.

private:
  Value argument(Type type) {
    appended.push_back(type);
    return function.getBody().addArgument(type, builder.getUnknownLoc());
  }
  Value dot(ValueRange a, ValueRange b);
  FailureOr<SmallVector<Value>> gradient(Value y, ValueRange x);

  func::FuncOp function;
  OpBuilder builder;
};

Value Derivatives::dot(ValueRange a, ValueRange b) {
  Location loc = builder.getUnknownLoc();
  Value sum;
  for (auto [x, y] : llvm::zip(a, b)) {
    auto type = cast<RankedTensorType>(x.getType());
    Value product = arith::MulFOp::create(builder, loc, x, y);
    Value part = ReduceOp::create(builder, loc, RankedTensorType::get({}, builder.getF64Type()), ReduceKind::Sum,
                                  product, llvm::to_vector(llvm::seq<int64_t>(0, type.getRank())));
    sum = sum ? arith::AddFOp::create(builder, loc, sum, part).getResult() : part;
  }
  return sum;
}

FailureOr<SmallVector<Value>> Derivatives::gradient(Value y, ValueRange x) {
  Location loc = builder.getUnknownLoc();
  Value one = autodiff::splatConstant(builder, loc, 1, y.getType());
  auto result = autodiff::gradients(builder, {{y, one}}, x);
  if (failed(result))
    return failure();
  for (auto [value, at] : llvm::zip(*result, x))
    if (!value)
      value = autodiff::splatConstant(builder, loc, 0, at.getType());
  return result;
}

LogicalResult Derivatives::build() {
  Operation *terminator = function.getBody().front().getTerminator();
  builder.setInsertionPoint(terminator);
  SmallVector<Value> x, weights, directions;
  for (BlockArgument value : function.getArguments())
    if (isReal(value.getType())) {
      real.push_back(value.getArgNumber());
      x.push_back(value);
    }
  for (Value result : terminator->getOperands())
    weights.push_back(argument(result.getType()));
  Value y = dot(terminator->getOperands(), weights);
  auto first = gradient(y, x);
  if (failed(first))
    return failure();
  for (Value value : x)
    directions.push_back(argument(value.getType()));
  auto second = gradient(dot(*first, directions), x);
  if (failed(second))
    return failure();
  SmallVector<Value> results{y, dot(*first, directions)};
  llvm::append_range(results, *first);
  llvm::append_range(results, *second);
  terminator->setOperands(results);
  function.setType(builder.getFunctionType(function.getBody().getArgumentTypes(), ValueRange(results).getTypes()));
  return verify(function);
}

/// d s / d x[i] by (8 (s(h) - s(-h)) - (s(2h) - s(-2h))) / 12h.
double difference(llvm::function_ref<double(double)> s) {
  constexpr double h = 1e-3;
  return (8 * (s(h) - s(-h)) - (s(2 * h) - s(-2 * h))) / (12 * h);
}

} // namespace

Finding agon::test::check(MLIRContext &context, StringRef text, double low, double high, unsigned seed) {
  Finding finding;
  finding.failed = true;
  OwningOpRef<ModuleOp> module = parse(context, text);
  auto function = module ? module->lookupSymbol<func::FuncOp>("f") : func::FuncOp();
  if (!function)
    return finding;
  Derivatives derivatives(function);
  SmallVector<Type> original(function.getArgumentTypes());
  if (failed(derivatives.build()))
    return finding;

  std::mt19937 random(seed);
  std::vector<Tensor> arguments;
  for (Type type : original) {
    arguments.push_back(sample(type, low, high, random));
    if (!isReal(type))
      for (double &element : arguments.back().data)
        element = static_cast<double>(random() % 2);
  }
  for (Type type : derivatives.appended)
    arguments.push_back(sample(type, 0.3, 1.2, random));

  auto results = interpret(function, arguments);
  if (failed(results))
    return finding;
  finding.failed = false;
  size_t n = derivatives.real.size();
  auto compare = [&](size_t which, size_t argument, size_t result, double &worst) {
    Tensor &x = arguments[argument];
    const Tensor &gradient = (*results)[result];
    double scale = 1;
    for (double g : gradient.data)
      scale = std::max(scale, std::fabs(g));
    for (size_t i = 0; i < x.data.size(); ++i) {
      double at = x.data[i];
      double expected = difference([&](double h) {
        x.data[i] = at + h;
        auto moved = interpret(function, arguments);
        return failed(moved) ? NAN : (*moved)[which].data[0];
      });
      x.data[i] = at;
      double error = std::fabs(gradient.data[i] - expected) / scale;
      if (!(error <= worst)) // NaN is worst.
        worst = error;
      finding.depends |= gradient.data[i] != 0;
    }
  };
  for (size_t k = 0; k < n; ++k) {
    compare(0, derivatives.real[k], 2 + k, finding.first);
    compare(1, derivatives.real[k], 2 + n + k, finding.second);
  }
  return finding;
}

testing::AssertionResult agon::test::agrees(const Finding &finding) {
  if (finding.failed)
    return testing::AssertionFailure() << "could not be differentiated or interpreted";
  if (finding.first < 1e-6 && finding.second < 1e-6)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << "relative errors " << finding.first << " and " << finding.second;
}
