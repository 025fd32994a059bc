//===- LinalgInterpreter.cpp - Reference evaluator of linalg --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/tensor/LinalgInterpreter.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "test/unit/autodiff/Windows.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace agon;
using namespace agon::test;

namespace {

double number(Attribute attribute) {
  if (auto real = dyn_cast<FloatAttr>(attribute))
    return real.getValueAsDouble();
  return static_cast<double>(cast<IntegerAttr>(attribute).getInt());
}

/// `expr` at a point of the iteration space.
int64_t place(AffineExpr expr, const Index &point) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return point[dim.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t a = place(binary.getLHS(), point), b = place(binary.getRHS(), point);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return a + b;
  case AffineExprKind::Mul:
    return a * b;
  case AffineExprKind::Mod:
    return ((a % b) + b) % b;
  default:
    return -1;
  }
}

class Machine {
public:
  llvm::DenseMap<Value, Tensor> tensors;
  LogicalResult step(Operation &op);

private:
  LogicalResult generic(linalg::GenericOp op);
  LogicalResult scalar(Operation &op, const Index &point);
  llvm::DenseMap<Value, double> scalars;
};

LogicalResult Machine::scalar(Operation &op, const Index &point) {
  auto in = [&](unsigned i) { return scalars.lookup(op.getOperand(i)); };
  std::optional<double> value =
      llvm::TypeSwitch<Operation *, std::optional<double>>(&op)
          .Case([&](arith::ConstantOp op) { return number(op.getValue()); })
          .Case([&](linalg::IndexOp op) { return static_cast<double>(point[op.getDim()]); })
          .Case<arith::IndexCastOp, arith::SIToFPOp>([&](auto) { return in(0); })
          .Case<arith::AddFOp>([&](auto) { return in(0) + in(1); })
          .Case<arith::SubFOp>([&](auto) { return in(0) - in(1); })
          .Case<arith::MulFOp>([&](auto) { return in(0) * in(1); })
          .Case<arith::DivFOp>([&](auto) { return in(0) / in(1); })
          .Case<arith::NegFOp>([&](auto) { return -in(0); })
          .Case<arith::MaximumFOp>([&](auto) { return std::fmax(in(0), in(1)); })
          .Case<arith::MinimumFOp>([&](auto) { return std::fmin(in(0), in(1)); })
          .Case<arith::SelectOp>([&](auto) { return in(0) != 0 ? in(1) : in(2); })
          .Case<arith::CmpIOp, arith::CmpFOp>([&](auto) { return static_cast<double>(in(0) == in(1)); })
          .Default([](Operation *) { return std::nullopt; });
  if (!value)
    return op.emitOpError("cannot be interpreted");
  scalars[op.getResult(0)] = *value;
  return success();
}

LogicalResult Machine::generic(linalg::GenericOp op) {
  auto loops = op.getStaticLoopRanges();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  unsigned numInputs = op.getNumDpsInputs();
  std::vector<Tensor> values;
  for (Value operand : op->getOperands())
    values.push_back(tensors.lookup(operand));
  LogicalResult ok = success();
  forEach(Index(loops.begin(), loops.end()), [&](const Index &point) {
    if (failed(ok))
      return;
    SmallVector<int64_t> places;
    for (unsigned i = 0; i < values.size(); ++i) {
      Index at;
      for (auto [expr, size] : llvm::zip_equal(maps[i].getResults(), values[i].shape)) {
        at.push_back(place(expr, point));
        if (at.back() < 0 || at.back() >= size) {
          ok = op.emitOpError("reads out of bounds");
          return;
        }
      }
      places.push_back(flat(values[i].shape, at));
      scalars[op.getBody()->getArgument(i)] = values[i].data[places.back()];
    }
    for (Operation &inner : op.getBody()->without_terminator())
      if (failed(scalar(inner, point))) {
        ok = failure();
        return;
      }
    for (auto [i, yielded] : llvm::enumerate(op.getBody()->getTerminator()->getOperands()))
      values[numInputs + i].data[places[numInputs + i]] = scalars.lookup(yielded);
  });
  for (auto [i, result] : llvm::enumerate(op.getResults()))
    tensors[result] = values[numInputs + i];
  return ok;
}

LogicalResult Machine::step(Operation &op) {
  if (auto loops = dyn_cast<linalg::GenericOp>(op))
    return generic(loops);
  if (op.getNumResults() != 1)
    return op.emitOpError("cannot be interpreted");
  Value result = op.getResult(0);
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](arith::ConstantOp op) {
        if (!isa<RankedTensorType>(op.getType()))
          return scalar(*op, {});
        Tensor tensor = Tensor::filled(op.getType(), 0);
        tensor.data.clear();
        for (Attribute element : cast<DenseElementsAttr>(op.getValue()).getValues<Attribute>())
          tensor.data.push_back(number(element));
        tensors[result] = tensor;
        return success();
      })
      .Case([&](tensor::EmptyOp) {
        tensors[result] = Tensor::filled(result.getType(), NAN);
        return success();
      })
      .Case([&](linalg::FillOp op) {
        tensors[result] = Tensor::filled(result.getType(), scalars.lookup(op.getInputs()[0]));
        return success();
      })
      .Case([&](ReshapeOp op) {
        Tensor tensor = Tensor::filled(result.getType(), 0);
        tensor.data = tensors.lookup(op.getInput()).data;
        tensors[result] = tensor;
        return success();
      })
      .Case([&](tensor::InsertSliceOp op) {
        Tensor whole = tensors.lookup(op.getDest()), part = tensors.lookup(op.getSource());
        forEach(part.shape, [&](const Index &index) {
          Index at = index;
          for (size_t i = 0; i < at.size(); ++i)
            at[i] = op.getStaticOffsets()[i] + at[i] * op.getStaticStrides()[i];
          whole.data[flat(whole.shape, at)] = part.data[flat(part.shape, index)];
        });
        tensors[result] = whole;
        return success();
      })
      .Default([](Operation *op) { return op->emitOpError("cannot be interpreted"); });
}

} // namespace

FailureOr<std::vector<Tensor>> agon::test::interpretLinalg(func::FuncOp function, ArrayRef<Tensor> arguments) {
  Machine machine;
  for (auto [value, tensor] : llvm::zip_equal(function.getArguments(), arguments))
    machine.tensors[value] = tensor;
  for (Operation &op : function.getBody().front().without_terminator())
    if (failed(machine.step(op)))
      return failure();
  std::vector<Tensor> results;
  for (Value value : function.getBody().front().getTerminator()->getOperands())
    results.push_back(machine.tensors.lookup(value));
  return results;
}

std::vector<Tensor> agon::test::randomTensors(TypeRange types, std::mt19937 &random) {
  std::vector<Tensor> tensors;
  for (Type type : types) {
    tensors.push_back(Tensor::filled(type, 0));
    for (double &element : tensors.back().data)
      element = std::uniform_real_distribution<double>(-1, 1)(random);
  }
  return tensors;
}
