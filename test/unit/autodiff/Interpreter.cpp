//===- Interpreter.cpp - Reference evaluator of the closed set ------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/autodiff/Windows.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace agon;
using namespace agon::test;

namespace {

std::vector<int64_t> shapeOf(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped ? shaped.getShape().vec() : std::vector<int64_t>();
}

/// The tensor whose element at each index is `element(index)`.
template <typename Element> Tensor build(Type type, Element element) {
  Tensor result{shapeOf(type), {}};
  forEach(result.shape, [&](const Index &index) { result.data.push_back(element(index)); });
  return result;
}

bool compare(arith::CmpFPredicate predicate, double a, double b) {
  using P = arith::CmpFPredicate;
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case P::AlwaysFalse:
    return false;
  case P::AlwaysTrue:
    return true;
  case P::ORD:
    return !unordered;
  case P::UNO:
    return unordered;
  case P::OEQ:
    return a == b;
  case P::OGT:
    return a > b;
  case P::OGE:
    return a >= b;
  case P::OLT:
    return a < b;
  case P::OLE:
    return a <= b;
  case P::ONE:
    return !unordered && a != b;
  case P::UEQ:
    return unordered || a == b;
  case P::UGT:
    return unordered || a > b;
  case P::UGE:
    return unordered || a >= b;
  case P::ULT:
    return unordered || a < b;
  case P::ULE:
    return unordered || a <= b;
  case P::UNE:
    return unordered || a != b;
  }
  return false;
}

bool compare(arith::CmpIPredicate predicate, double a, double b) {
  using P = arith::CmpIPredicate;
  switch (predicate) {
  case P::eq:
    return a == b;
  case P::ne:
    return a != b;
  case P::slt:
  case P::ult:
    return a < b;
  case P::sle:
  case P::ule:
    return a <= b;
  case P::sgt:
  case P::ugt:
    return a > b;
  case P::sge:
  case P::uge:
    return a >= b;
  }
  return false;
}

double maximum(double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::max(a, b); }
double minimum(double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::min(a, b); }

/// Evaluates one operation after another.
class Machine {
public:
  void set(Value value, Tensor tensor) { values[value] = std::move(tensor); }
  const Tensor &get(Value value) const { return values.find(value)->second; }
  LogicalResult step(Operation &op);

private:
  bool elementwise(Operation &op);
  bool structural(Operation &op);

  /// Stores fn(a, b, ...) of corresponding elements.
  template <typename... Operands, typename Fn> bool map(Operation &op, Fn fn) {
    return mapImpl(op, fn, std::make_index_sequence<std::tuple_size_v<ArgsOf<Fn>>>());
  }
  template <typename Fn> struct Signature : Signature<decltype(&Fn::operator())> {};
  template <typename C, typename R, typename... A> struct Signature<R (C::*)(A...) const> {
    using Args = std::tuple<A...>;
  };
  template <typename Fn> using ArgsOf = typename Signature<Fn>::Args;
  template <typename Fn, size_t... i> bool mapImpl(Operation &op, Fn fn, std::index_sequence<i...>) {
    Tensor result{shapeOf(op.getResult(0).getType()), {}};
    for (int64_t n = 0, size = sizeOf(result.shape); n < size; ++n)
      result.data.push_back(fn(elementOf(op.getOperand(i), n)...));
    set(op.getResult(0), std::move(result));
    return true;
  }
  // A scalar condition selects whole tensors.
  double elementOf(Value value, int64_t n) const {
    const Tensor &tensor = get(value);
    return tensor.shape.empty() ? tensor.data[0] : tensor.data[n];
  }

  Tensor contract(ContractOp op) const;
  Tensor reduce(ReduceOp op) const;
  Tensor concat(ConcatOp op) const;
  Tensor constant(arith::ConstantOp op) const;

  llvm::DenseMap<Value, Tensor> values;
};

bool Machine::elementwise(Operation &op) {
  auto to = [&](auto fn) { return map(op, fn); };
  return llvm::TypeSwitch<Operation *, bool>(&op)
      .Case<arith::AddFOp, arith::AddIOp>([&](auto) { return to([](double a, double b) { return a + b; }); })
      .Case<arith::SubFOp, arith::SubIOp>([&](auto) { return to([](double a, double b) { return a - b; }); })
      .Case<arith::MulFOp, arith::MulIOp>([&](auto) { return to([](double a, double b) { return a * b; }); })
      .Case<arith::DivFOp>([&](auto) { return to([](double a, double b) { return a / b; }); })
      .Case<arith::RemFOp>([&](auto) { return to([](double a, double b) { return std::fmod(a, b); }); })
      .Case<arith::NegFOp>([&](auto) { return to([](double a) { return -a; }); })
      .Case<arith::MaximumFOp>([&](auto) { return to([](double a, double b) { return maximum(a, b); }); })
      .Case<arith::MinimumFOp>([&](auto) { return to([](double a, double b) { return minimum(a, b); }); })
      .Case<arith::MaxNumFOp>([&](auto) { return to([](double a, double b) { return std::fmax(a, b); }); })
      .Case<arith::MinNumFOp>([&](auto) { return to([](double a, double b) { return std::fmin(a, b); }); })
      .Case<arith::AndIOp>([&](auto) { return to([](double a, double b) -> double { return a != 0 && b != 0; }); })
      .Case<arith::OrIOp>([&](auto) { return to([](double a, double b) -> double { return a != 0 || b != 0; }); })
      .Case<arith::XOrIOp>([&](auto) { return to([](double a, double b) -> double { return (a != 0) != (b != 0); }); })
      .Case<arith::SelectOp>([&](auto) { return to([](double c, double a, double b) { return c != 0 ? a : b; }); })
      .Case([&](arith::CmpFOp cmp) {
        return to([p = cmp.getPredicate()](double a, double b) -> double { return compare(p, a, b); });
      })
      .Case([&](arith::CmpIOp cmp) {
        return to([p = cmp.getPredicate()](double a, double b) -> double { return compare(p, a, b); });
      })
      .Case<arith::ExtFOp, arith::TruncFOp, arith::SIToFPOp, arith::UIToFPOp, arith::ExtUIOp, StopGradientOp, PointOp>(
          [&](auto) { return to([](double a) { return a; }); })
      .Case<math::ExpOp>([&](auto) { return to([](double a) { return std::exp(a); }); })
      .Case<math::ExpM1Op>([&](auto) { return to([](double a) { return std::expm1(a); }); })
      .Case<math::LogOp>([&](auto) { return to([](double a) { return std::log(a); }); })
      .Case<math::Log1pOp>([&](auto) { return to([](double a) { return std::log1p(a); }); })
      .Case<math::SqrtOp>([&](auto) { return to([](double a) { return std::sqrt(a); }); })
      .Case<math::RsqrtOp>([&](auto) { return to([](double a) { return 1 / std::sqrt(a); }); })
      .Case<math::TanhOp>([&](auto) { return to([](double a) { return std::tanh(a); }); })
      .Case<math::AbsFOp>([&](auto) { return to([](double a) { return std::fabs(a); }); })
      .Case<math::SinOp>([&](auto) { return to([](double a) { return std::sin(a); }); })
      .Case<math::CosOp>([&](auto) { return to([](double a) { return std::cos(a); }); })
      .Case<math::ErfOp>([&](auto) { return to([](double a) { return std::erf(a); }); })
      .Case<math::ErfcOp>([&](auto) { return to([](double a) { return std::erfc(a); }); })
      .Case<math::FloorOp>([&](auto) { return to([](double a) { return std::floor(a); }); })
      .Case<math::CeilOp>([&](auto) { return to([](double a) { return std::ceil(a); }); })
      .Case<math::TruncOp>([&](auto) { return to([](double a) { return std::trunc(a); }); })
      .Case<math::PowFOp>([&](auto) { return to([](double a, double b) { return std::pow(a, b); }); })
      .Case<SigmoidOp>([&](auto) { return to([](double a) { return 1 / (1 + std::exp(-a)); }); })
      .Case<SoftplusOp>(
          [&](auto) { return to([](double a) { return std::fmax(a, 0) + std::log1p(std::exp(-std::fabs(a))); }); })
      .Default([](Operation *) { return false; });
}

Tensor Machine::constant(arith::ConstantOp op) const {
  auto number = [](Attribute attribute) {
    if (auto real = dyn_cast<FloatAttr>(attribute))
      return real.getValueAsDouble();
    if (auto boolean = dyn_cast<BoolAttr>(attribute))
      return boolean.getValue() ? 1.0 : 0.0;
    return static_cast<double>(cast<IntegerAttr>(attribute).getInt());
  };
  Tensor result{shapeOf(op.getType()), {}};
  if (auto elements = dyn_cast<ElementsAttr>(op.getValue())) {
    for (Attribute element : cast<DenseElementsAttr>(elements).getValues<Attribute>())
      result.data.push_back(number(element));
  } else {
    result.data.push_back(number(op.getValue()));
  }
  return result;
}

Tensor Machine::contract(ContractOp op) const {
  const Tensor &lhs = get(op.getLhs()), &rhs = get(op.getRhs());
  auto freeAxes = [](const Tensor &t, ArrayRef<int64_t> batch, ArrayRef<int64_t> reduce) {
    Index axes;
    for (int64_t i = 0; i < static_cast<int64_t>(t.shape.size()); ++i)
      if (!llvm::is_contained(batch, i) && !llvm::is_contained(reduce, i))
        axes.push_back(i);
    return axes;
  };
  Index lhsFree = freeAxes(lhs, op.getLhsBatch(), op.getLhsReduce());
  Index rhsFree = freeAxes(rhs, op.getRhsBatch(), op.getRhsReduce()), summed;
  for (int64_t axis : op.getLhsReduce())
    summed.push_back(lhs.shape[axis]);
  return build(op.getType(), [&](const Index &out) {
    Index l(lhs.shape.size()), r(rhs.shape.size());
    size_t at = 0;
    for (size_t i = 0; i < op.getLhsBatch().size(); ++i, ++at)
      l[op.getLhsBatch()[i]] = r[op.getRhsBatch()[i]] = out[at];
    for (int64_t axis : lhsFree)
      l[axis] = out[at++];
    for (int64_t axis : rhsFree)
      r[axis] = out[at++];
    double sum = 0;
    forEach(summed, [&](const Index &k) {
      for (size_t i = 0; i < k.size(); ++i) {
        l[op.getLhsReduce()[i]] = k[i];
        r[op.getRhsReduce()[i]] = k[i];
      }
      sum += lhs.data[flat(lhs.shape, l)] * rhs.data[flat(rhs.shape, r)];
    });
    return sum;
  });
}

Tensor Machine::reduce(ReduceOp op) const {
  const Tensor &input = get(op.getInput());
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double start = op.getKind() == ReduceKind::Sum ? 0 : op.getKind() == ReduceKind::Max ? -infinity : infinity;
  Tensor result = Tensor::filled(op.getType(), start);
  forEach(input.shape, [&](const Index &index) {
    Index kept;
    for (size_t i = 0; i < index.size(); ++i)
      if (!llvm::is_contained(op.getDims(), static_cast<int64_t>(i)))
        kept.push_back(index[i]);
    double &cell = result.data[flat(result.shape, kept)], value = input.data[flat(input.shape, index)];
    cell = op.getKind() == ReduceKind::Sum   ? cell + value
           : op.getKind() == ReduceKind::Max ? maximum(cell, value)
                                             : minimum(cell, value);
  });
  return result;
}

Tensor Machine::concat(ConcatOp op) const {
  return build(op.getType(), [&](Index index) {
    int64_t dim = op.getDim();
    for (Value value : op.getInputs()) {
      const Tensor &input = get(value);
      if (index[dim] < input.shape[dim])
        return input.data[flat(input.shape, index)];
      index[dim] -= input.shape[dim];
    }
    return std::numeric_limits<double>::quiet_NaN();
  });
}

bool Machine::structural(Operation &op) {
  Type type = op.getNumResults() == 1 ? op.getResult(0).getType() : Type();
  auto result = [&](Tensor tensor) {
    set(op.getResult(0), std::move(tensor));
    return true;
  };
  return llvm::TypeSwitch<Operation *, bool>(&op)
      .Case([&](arith::ConstantOp op) { return result(constant(op)); })
      .Case([&](ContractOp op) { return result(contract(op)); })
      .Case([&](ReduceOp op) { return result(reduce(op)); })
      .Case([&](ConcatOp op) { return result(concat(op)); })
      .Case([&](ReshapeOp op) { return result({shapeOf(type), get(op.getInput()).data}); })
      .Case([&](BroadcastOp op) {
        const Tensor &input = get(op.getInput());
        return result(build(type, [&](const Index &index) {
          Index from;
          for (int64_t axis : op.getDims())
            from.push_back(index[axis]);
          return input.data[flat(input.shape, from)];
        }));
      })
      .Case([&](TransposeOp op) {
        const Tensor &input = get(op.getInput());
        return result(build(type, [&](const Index &index) {
          Index from(index.size());
          for (size_t i = 0; i < index.size(); ++i)
            from[op.getPermutation()[i]] = index[i];
          return input.data[flat(input.shape, from)];
        }));
      })
      .Case([&](SliceOp op) {
        const Tensor &input = get(op.getInput());
        return result(build(type, [&](Index index) {
          for (size_t i = 0; i < index.size(); ++i)
            index[i] = op.getStarts()[i] + index[i] * op.getStrides()[i];
          return input.data[flat(input.shape, index)];
        }));
      })
      .Case([&](PadOp op) {
        const Tensor &input = get(op.getInput());
        Tensor padded = Tensor::filled(type, op.getValue().convertToDouble());
        forEach(input.shape, [&](const Index &index) {
          Index target(index);
          for (size_t i = 0; i < index.size(); ++i)
            target[i] = op.getStarts()[i] + index[i] * op.getStrides()[i];
          padded.data[flat(padded.shape, target)] = input.data[flat(input.shape, index)];
        });
        return result(std::move(padded));
      })
      .Case([&](ReverseOp op) {
        const Tensor &input = get(op.getInput());
        return result(build(type, [&](Index index) {
          for (int64_t axis : op.getDims())
            index[axis] = input.shape[axis] - 1 - index[axis];
          return input.data[flat(input.shape, index)];
        }));
      })
      .Case([&](OneHotOp op) {
        const Tensor &labels = get(op.getLabels());
        return result(build(type, [&](Index index) {
          int64_t which = index.back();
          index.pop_back();
          return labels.data[flat(labels.shape, index)] == which ? 1.0 : 0.0;
        }));
      })
      .Case([&](IotaOp op) {
        return result(build(type, [&](const Index &index) { return static_cast<double>(index[op.getDim()]); }));
      })
      .Default([](Operation *) { return false; });
}

LogicalResult Machine::step(Operation &op) {
  if (op.getNumResults() == 1 && (elementwise(op) || structural(op)))
    return success();
  if (auto result = windowOperation(op, [&](Value value) -> const Tensor & { return get(value); })) {
    set(op.getResult(0), std::move(*result));
    return success();
  }
  return op.emitOpError("cannot be interpreted");
}

} // namespace

Tensor Tensor::filled(Type type, double value) {
  Index shape = shapeOf(type);
  return {shape, std::vector<double>(sizeOf(shape), value)};
}

FailureOr<std::vector<Tensor>> agon::test::interpret(func::FuncOp function, ArrayRef<Tensor> arguments) {
  if (!function.getBody().hasOneBlock() || arguments.size() != function.getNumArguments())
    return function.emitOpError("expected one block and ")
               << function.getNumArguments() << " arguments, got " << arguments.size(),
           failure();
  Machine machine;
  for (auto [value, tensor] : llvm::zip(function.getArguments(), arguments)) {
    if (shapeOf(value.getType()) != tensor.shape)
      return function.emitOpError("expected an argument of type ") << value.getType(), failure();
    machine.set(value, tensor);
  }
  for (Operation &op : function.getBody().front()) {
    if (isa<func::ReturnOp>(op)) {
      std::vector<Tensor> results;
      for (Value value : op.getOperands())
        results.push_back(machine.get(value));
      return results;
    }
    if (failed(machine.step(op)))
      return failure();
  }
  return function.emitOpError("does not return"), failure();
}
