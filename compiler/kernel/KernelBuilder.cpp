//===- KernelBuilder.cpp - The function of a kernel -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/kernel/KernelBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace agon;
using namespace agon::kernels;

//===----------------------------------------------------------------------===//
// Nest
//===----------------------------------------------------------------------===//

scf::ForOp Nest::open(Value lower, Value upper, int64_t step, ValueRange carried) {
  Location loc = lower.getLoc();
  Value stepValue;
  {
    OpBuilder::InsertionGuard guard(builder);
    moveTo(0);
    stepValue = arith::ConstantIndexOp::create(builder, loc, step);
  }
  auto loop = scf::ForOp::create(builder, loc, lower, upper, stepValue, carried);
  loops.push_back(loop);
  if (carried.empty())
    builder.setInsertionPoint(loop.getBody()->getTerminator());
  else
    builder.setInsertionPointToEnd(loop.getBody());
  return loop;
}

ValueRange Nest::close(ValueRange values) {
  scf::ForOp loop = loops.pop_back_val();
  if (!values.empty())
    scf::YieldOp::create(builder, loop.getLoc(), values);
  builder.setInsertionPointAfter(loop);
  return loop.getResults();
}

void Nest::moveTo(unsigned level) {
  if (level < loops.size())
    builder.setInsertionPoint(loops[level]);
}

//===----------------------------------------------------------------------===//
// KernelBuilder
//===----------------------------------------------------------------------===//

Type agon::kernels::storageType(Type type) { return type.isInteger(1) ? IntegerType::get(type.getContext(), 8) : type; }

MemRefType agon::kernels::bufferType(RankedTensorType type) {
  return MemRefType::get(type.getShape(), storageType(type.getElementType()));
}

KernelBuilder::KernelBuilder(RegionOp region, ArrayRef<unsigned> bufferOf, StringRef name, Block *module,
                             const targets::Options &options, TypeRange more)
    : region(region), options(options), loc(region.getLoc()), builder(region.getContext()), nest(builder),
      numInputs(region.getInputs().size()), bufferOf(bufferOf) {
  unsigned count = 0;
  for (unsigned buffer : bufferOf)
    count = std::max(count, buffer + 1);
  SmallVector<Type> types(count);
  auto note = [&](unsigned position, Type type) {
    types[bufferOf[position]] = bufferType(cast<RankedTensorType>(type));
  };
  for (auto [i, input] : llvm::enumerate(region.getInputs()))
    note(i, input.getType());
  for (auto [i, result] : llvm::enumerate(region.getResults()))
    note(numInputs + i, result.getType());
  llvm::append_range(types, more);

  builder.setInsertionPointToEnd(module);
  func = func::FuncOp::create(builder, loc, name, builder.getFunctionType(types, {}));
  for (unsigned i = 0; i != count; ++i)
    func.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), builder.getUnitAttr());
  // One copy of the code will do, however many entries launch it.
  func->setAttr("passthrough", builder.getStrArrayAttr({"noinline"}));
  Block *entry = func.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  for (unsigned i = 0; i != count; ++i) {
    auto type = cast<MemRefType>(types[i]);
    auto row = MemRefType::get({type.getNumElements()}, type.getElementType());
    Value source = entry->getArgument(i);
    flat.push_back(type == row ? source
                               : memref::ReinterpretCastOp::create(builder, loc, row, source, /*offset=*/0,
                                                                   ArrayRef<int64_t>{type.getNumElements()},
                                                                   ArrayRef<int64_t>{1}));
  }
  llvm::append_range(this->more, entry->getArguments().drop_front(count));
}

Value KernelBuilder::shape(Value row, RankedTensorType tensor) {
  MemRefType type = bufferType(tensor);
  SmallVector<int64_t> strides(type.getRank(), 1);
  for (int i = int(type.getRank()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * type.getDimSize(i + 1);
  return memref::ReinterpretCastOp::create(builder, loc, type, row, /*offset=*/0, type.getShape(), strides);
}

bool KernelBuilder::isStreamed(Value row) const {
  auto type = cast<MemRefType>(row.getType());
  // What the last-level cache cannot hold is gone before it is read again.
  int64_t cache = options.target.getCacheBytes(2);
  if (cache == 0 || type.getNumElements() * type.getElementTypeBitWidth() / 8 < cache)
    return false;
  for (unsigned i = 0, e = bufferOf.size() - numInputs; i != e; ++i)
    if (flatResult(i) == row)
      return !isInPlace(i);
  return false;
}

bool KernelBuilder::isWritten(Value row) const {
  return llvm::any_of(ArrayRef(bufferOf).drop_front(numInputs), [&](unsigned buffer) { return flat[buffer] == row; });
}

/// The elements of `constant` in their storage type, as one row.
static DenseElementsAttr asRow(DenseElementsAttr constant) {
  auto type = constant.getType();
  if (type.getElementType().isInteger(1)) {
    SmallVector<int8_t> bytes;
    for (bool bit : constant.getValues<bool>())
      bytes.push_back(bit);
    return DenseElementsAttr::get(
        RankedTensorType::get({type.getNumElements()}, IntegerType::get(type.getContext(), 8)),
        ArrayRef<int8_t>(bytes));
  }
  return constant.reshape(RankedTensorType::get({type.getNumElements()}, type.getElementType()));
}

Value KernelBuilder::flatBuffer(Value tensor) {
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    return flat[bufferOf[argument.getArgNumber()]];
  Value &buffer = globals[tensor];
  if (buffer)
    return buffer;
  auto constant = tensor.getDefiningOp<arith::ConstantOp>();
  DenseElementsAttr row = asRow(cast<DenseElementsAttr>(constant.getValue()));
  auto type = MemRefType::get(row.getType().getShape(), row.getType().getElementType());
  std::string name = (func.getName() + "_constant_" + Twine(globals.size() - 1)).str();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(func);
  memref::GlobalOp::create(builder, constant.getLoc(), name, builder.getStringAttr("private"), type, row,
                           /*constant=*/true, builder.getI64IntegerAttr(64));
  builder.setInsertionPointToStart(&func.front());
  return buffer = memref::GetGlobalOp::create(builder, constant.getLoc(), type, name);
}

Value KernelBuilder::index(int64_t value) {
  Value &constant = constants[value];
  if (!constant) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&func.front());
    constant = arith::ConstantIndexOp::create(builder, loc, value);
  }
  return constant;
}

Value KernelBuilder::scratch(Type element, int64_t elements) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&func.front());
  return memref::AllocaOp::create(builder, loc, MemRefType::get({elements}, element), builder.getI64IntegerAttr(64));
}

/// The value of an index that is known, by `KernelBuilder::index` or after folding.
static std::optional<int64_t> known(Value value) {
  if (auto constant = value.getDefiningOp<arith::ConstantIndexOp>())
    return constant.value();
  return std::nullopt;
}

Value KernelBuilder::add(Value a, Value b) {
  auto x = known(a), y = known(b);
  if (x && y)
    return index(*x + *y);
  if (x == 0)
    return b;
  if (y == 0)
    return a;
  return arith::AddIOp::create(builder, loc, a, b, arith::IntegerOverflowFlags::nsw);
}

Value KernelBuilder::sub(Value a, Value b) {
  auto x = known(a), y = known(b);
  if (a == b)
    return index(0);
  if (x && y)
    return index(*x - *y);
  if (y == 0)
    return a;
  return arith::SubIOp::create(builder, loc, a, b, arith::IntegerOverflowFlags::nsw);
}

Value KernelBuilder::mul(Value a, int64_t b) {
  if (b == 1)
    return a;
  if (auto x = known(a))
    return index(*x * b);
  if (b == 0)
    return index(0);
  return arith::MulIOp::create(builder, loc, a, index(b), arith::IntegerOverflowFlags::nsw);
}

Value KernelBuilder::min(Value a, Value b) {
  auto x = known(a), y = known(b);
  if (x && y)
    return index(std::min(*x, *y));
  return arith::MinSIOp::create(builder, loc, a, b);
}

Value KernelBuilder::max(Value a, Value b) {
  auto x = known(a), y = known(b);
  if (x && y)
    return index(std::max(*x, *y));
  return x == 0 ? b : y == 0 ? a : Value(arith::MaxSIOp::create(builder, loc, a, b));
}

Value agon::kernels::prefixMask(KernelBuilder &kernel, int64_t lanes, int64_t set) {
  OpBuilder::InsertionGuard guard(kernel.builder);
  kernel.nest.moveTo(0);
  SmallVector<bool> bits(lanes, false);
  std::fill_n(bits.begin(), set, true);
  auto type = VectorType::get({lanes}, kernel.builder.getI1Type());
  return arith::ConstantOp::create(kernel.builder, kernel.loc, DenseElementsAttr::get(type, ArrayRef<bool>(bits)));
}

Value agon::kernels::countMask(KernelBuilder &kernel, int64_t lanes, Value count) {
  OpBuilder &b = kernel.builder;
  auto type = VectorType::get({lanes}, b.getI32Type());
  SmallVector<int32_t> numbers(lanes);
  std::iota(numbers.begin(), numbers.end(), 0);
  Value iota = arith::ConstantOp::create(b, kernel.loc, DenseElementsAttr::get(type, ArrayRef<int32_t>(numbers)));
  Value limit = arith::IndexCastOp::create(b, kernel.loc, b.getI32Type(), count);
  return arith::CmpIOp::create(b, kernel.loc, arith::CmpIPredicate::slt, iota,
                               vector::BroadcastOp::create(b, kernel.loc, type, limit));
}
