//===- Reference.cpp - One scalar loop nest an operation ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// What every region means, plainly: each operation writes a buffer of its own. It is
// optimisation level 0, the yardstick of the other emitters' tests, and what regions of
// a form that they do not know fall back to.
//
//===----------------------------------------------------------------------===//
#include "compiler/cpu/Kernels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

namespace {
/// Emits a region, an operation after the other.
class ReferenceEmitter {
public:
  explicit ReferenceEmitter(CpuKernel &kernel) : kernel(kernel), b(kernel.builder) {}
  LogicalResult emit();

private:
  /// The loops of a generic operation around a copy of its body, element by element.
  LogicalResult generic(linalg::GenericOp op);
  /// A copy of the destination, and the source written over its slice.
  LogicalResult insert(tensor::InsertSliceOp op);
  /// Loops over all indices below `sizes`; `body` is given them.
  void forEach(ArrayRef<int64_t> sizes, llvm::function_ref<void(ValueRange)> body);
  /// The index that `expr` is at `dims`.
  Value evaluate(AffineExpr expr, ValueRange dims);
  /// The indices of a tensor that `map` gives at `dims`.
  SmallVector<Value> evaluate(AffineMap map, ValueRange dims);
  /// An element of `buffer` as the operations want it: a boolean is a byte in memory.
  Value read(Value buffer, ValueRange indices, Type element);
  /// Writes an element as it lies in memory.
  void write(Value value, Value buffer, ValueRange indices);
  /// The buffer that `result` is computed into: the kernel's own, or a temporary one.
  Value target(Value result);
  /// The buffer that holds `tensor`: an operation's, an input's or a constant's.
  Value bufferOf(Value tensor);
  /// Copies a whole buffer, unless both are the same.
  void copy(Value from, Value to);
  /// Fills a whole buffer with one number.
  void splat(TypedAttr value, Value to);

  CpuKernel &kernel;
  OpBuilder &b;
  DenseMap<Value, Value> buffers; ///< of tensors
  DenseMap<Value, Value> targets; ///< of results that are computed in the kernel's own buffers
  SmallVector<Value> temporaries; ///< freed at the end
};
} // namespace

void ReferenceEmitter::forEach(ArrayRef<int64_t> sizes, llvm::function_ref<void(ValueRange)> body) {
  SmallVector<Value> dims;
  for (int64_t size : sizes)
    dims.push_back(kernel.nest.open(kernel.index(0), kernel.index(size), 1).getInductionVar());
  body(dims);
  for (size_t i = 0; i != sizes.size(); ++i)
    kernel.nest.close();
}

Value ReferenceEmitter::evaluate(AffineExpr expr, ValueRange dims) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return kernel.index(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value lhs = evaluate(binary.getLHS(), dims), rhs = evaluate(binary.getRHS(), dims);
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    return arith::AddIOp::create(b, kernel.loc, lhs, rhs);
  case AffineExprKind::Mul:
    return arith::MulIOp::create(b, kernel.loc, lhs, rhs);
  case AffineExprKind::Mod: // indices are never negative
    return arith::RemUIOp::create(b, kernel.loc, lhs, rhs);
  case AffineExprKind::FloorDiv:
    return arith::DivUIOp::create(b, kernel.loc, lhs, rhs);
  default:
    return arith::CeilDivUIOp::create(b, kernel.loc, lhs, rhs);
  }
}

SmallVector<Value> ReferenceEmitter::evaluate(AffineMap map, ValueRange dims) {
  SmallVector<Value> indices;
  for (AffineExpr expr : map.getResults())
    indices.push_back(evaluate(expr, dims));
  return indices;
}

Value ReferenceEmitter::read(Value buffer, ValueRange indices, Type element) {
  Value value = memref::LoadOp::create(b, kernel.loc, buffer, indices);
  if (value.getType() != element)
    value = arith::TruncIOp::create(b, kernel.loc, element, value);
  return value;
}

void ReferenceEmitter::write(Value value, Value buffer, ValueRange indices) {
  Type storage = cast<MemRefType>(buffer.getType()).getElementType();
  if (value.getType() != storage)
    value = arith::ExtUIOp::create(b, kernel.loc, storage, value);
  memref::StoreOp::create(b, kernel.loc, value, buffer, indices);
}

void ReferenceEmitter::copy(Value from, Value to) {
  if (from == to)
    return;
  auto type = cast<MemRefType>(from.getType());
  forEach(type.getShape(), [&](ValueRange dims) { write(read(from, dims, type.getElementType()), to, dims); });
}

void ReferenceEmitter::splat(TypedAttr value, Value to) {
  Value scalar = arith::ConstantOp::create(b, kernel.loc, value);
  forEach(cast<MemRefType>(to.getType()).getShape(), [&](ValueRange dims) { write(scalar, to, dims); });
}

Value ReferenceEmitter::target(Value result) {
  Value &buffer = buffers[result];
  if (Value given = targets.lookup(result))
    return buffer = given;
  buffer = memref::AllocOp::create(b, kernel.loc, bufferType(cast<RankedTensorType>(result.getType())));
  temporaries.push_back(buffer);
  return buffer;
}

Value ReferenceEmitter::bufferOf(Value tensor) {
  if (Value known = buffers.lookup(tensor))
    return known;
  // An input or a constant.
  return buffers[tensor] = kernel.shape(kernel.flatBuffer(tensor), cast<RankedTensorType>(tensor.getType()));
}

LogicalResult ReferenceEmitter::generic(linalg::GenericOp op) {
  for (OpOperand &init : op.getDpsInitsMutable()) {
    bool used = op.payloadUsesValueFromOperand(&init);
    Value source = used ? bufferOf(init.get()) : Value();
    Value buffer = target(op.getTiedOpResult(&init));
    if (used)
      copy(source, buffer);
  }
  SmallVector<Value> inputs;
  for (OpOperand *input : op.getDpsInputOperands())
    inputs.push_back(isa<RankedTensorType>(input->get().getType()) ? bufferOf(input->get()) : Value());
  forEach(op.getStaticLoopRanges(), [&](ValueRange dims) {
    IRMapping mapping;
    auto bind = [&](OpOperand &operand, Value buffer) {
      BlockArgument argument = op.getMatchingBlockArgument(&operand);
      if (!argument.use_empty())
        mapping.map(argument, read(buffer, evaluate(op.getMatchingIndexingMap(&operand), dims), argument.getType()));
    };
    for (auto [input, buffer] : llvm::zip(op.getDpsInputOperands(), inputs)) {
      if (buffer)
        bind(*input, buffer);
      else // a scalar operand
        mapping.map(op.getMatchingBlockArgument(input), mapping.lookupOrDefault(input->get()));
    }
    for (OpOperand &init : op.getDpsInitsMutable())
      bind(init, buffers[op.getTiedOpResult(&init)]);
    auto import = [&](Value operand) {
      auto constant = operand.getDefiningOp<arith::ConstantOp>();
      if (constant && !mapping.contains(operand))
        b.clone(*constant, mapping);
    };
    for (Operation &inner : op.getBody()->without_terminator()) {
      if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
        mapping.map(index.getResult(), dims[index.getDim()]);
        continue;
      }
      inner.walk([&](Operation *nested) { llvm::for_each(nested->getOperands(), import); });
      b.clone(inner, mapping);
    }
    SmallVector<Value> yields;
    for (Value value : op.getBody()->getTerminator()->getOperands()) {
      import(value);
      yields.push_back(mapping.lookup(value));
    }
    for (auto [init, value] : llvm::zip(op.getDpsInitsMutable(), yields))
      write(value, buffers[op.getTiedOpResult(&init)], evaluate(op.getMatchingIndexingMap(&init), dims));
  });
  return success();
}

LogicalResult ReferenceEmitter::insert(tensor::InsertSliceOp op) {
  if (!op.getOffsets().empty() || !op.getSizes().empty() || !op.getStrides().empty())
    return op.emitOpError("expected static offsets, sizes and strides");
  Value source = bufferOf(op.getSource()), base = bufferOf(op.getDest()), to = target(op);
  copy(base, to);
  auto sourceType = op.getSourceType();
  auto dropped = computeRankReductionMask(op.getStaticSizes(), sourceType.getShape());
  if (!dropped)
    return op.emitOpError("expected a source of the slice's shape");
  forEach(op.getStaticSizes(), [&](ValueRange dims) {
    SmallVector<Value> from, place;
    for (auto [i, dim] : llvm::enumerate(dims)) {
      if (!dropped->contains(i))
        from.push_back(dim);
      Value scaled = kernel.mul(dim, op.getStaticStrides()[i]);
      place.push_back(kernel.add(scaled, kernel.index(op.getStaticOffsets()[i])));
    }
    write(read(source, from, sourceType.getElementType()), to, place);
  });
  return success();
}

LogicalResult ReferenceEmitter::emit() {
  // A result is computed in place in its own buffer, unless that still holds an input
  // that some later operation may want.
  Block &body = kernel.region.getBody().front();
  bool several =
      llvm::count_if(body, [](Operation &op) { return isa<linalg::GenericOp, tensor::InsertSliceOp>(op); }) > 1;
  auto resultBuffer = [&](unsigned i) {
    return kernel.shape(kernel.flatResult(i), cast<RankedTensorType>(kernel.region.getResult(i).getType()));
  };
  SmallVector<unsigned> copies;
  for (unsigned i = 0; i != kernel.region.getNumResults(); ++i) {
    Value value = kernel.yielded(i);
    bool direct = value.getDefiningOp() && !value.getDefiningOp<arith::ConstantOp>() && !targets.contains(value) &&
                  !(several && kernel.isInPlace(i));
    if (direct)
      targets[value] = resultBuffer(i);
    else
      copies.push_back(i);
  }
  for (Operation &op : body.without_terminator()) {
    LogicalResult result = success();
    if (auto genericOp = dyn_cast<linalg::GenericOp>(op)) {
      result = generic(genericOp);
    } else if (auto insertOp = dyn_cast<tensor::InsertSliceOp>(op)) {
      result = insert(insertOp);
    } else if (auto fill = dyn_cast<linalg::FillOp>(op)) {
      auto constant = fill.getInputs()[0].getDefiningOp<arith::ConstantOp>();
      if (!constant)
        return op.emitOpError("expected a fill with a constant");
      splat(constant.getValue(), target(fill.getResult(0)));
    } else if (isa<tensor::EmptyOp>(op)) {
      target(op.getResult(0));
    } else if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      if (isa<RankedTensorType>(constant.getType()) && !isa<DenseElementsAttr>(constant.getValue()))
        return op.emitOpError("expected dense elements");
    } else {
      return op.emitOpError("expected an operation that a region may hold");
    }
    if (failed(result))
      return failure();
  }
  for (unsigned i : copies)
    copy(bufferOf(kernel.yielded(i)), resultBuffer(i));
  for (Value temporary : temporaries)
    memref::DeallocOp::create(b, kernel.loc, temporary);
  return success();
}

LogicalResult agon::cpu::emitReference(CpuKernel &kernel) { return ReferenceEmitter(kernel).emit(); }
