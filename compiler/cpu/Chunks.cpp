//===- Chunks.cpp - Regions run for some samples at a time ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// A task is a part of the samples. The kernels of the regions within are functions
// of their own; the task calls them one after the other, each with all of its tasks.
// What passes between them lies on the stack of the thread, the same place for
// every part, so that it stays in the caches.
//
//===----------------------------------------------------------------------===//
#include "compiler/cpu/Kernels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

namespace {

/// A number of bytes from the start of a buffer, and how many more for each part.
struct Place {
  Value buffer; ///< bytes
  int64_t offset = 0, perPart = 0;
};

class ChunksEmitter {
public:
  ChunksEmitter(RegionOp region, StringRef name, ModuleOp module, const KernelOptions &options)
      : region(region), body(region.getBody().front()), name(name), module(module), options(options),
        b(region.getContext()), loc(region.getLoc()) {}

  FailureOr<Kernel> emit(ArrayRef<unsigned> bufferOf);

private:
  static int64_t bytesOf(Type tensor) {
    MemRefType type = bufferType(cast<RankedTensorType>(tensor));
    return type.getNumElements() * ((type.getElementTypeBitWidth() + 7) / 8);
  }
  MemRefType rowOf(int64_t bytes) { return MemRefType::get({bytes}, b.getI8Type()); }
  LogicalResult emitStages();
  void openFunction(ArrayRef<unsigned> bufferOf);
  void placeIntermediates(YieldOp yield);
  Value constant(arith::ConstantOp op);
  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); }
  Value bufferAt(Value tensor, Value part);

  RegionOp region;
  Block &body;
  StringRef name;
  ModuleOp module;
  const KernelOptions &options;
  OpBuilder b;
  Location loc;
  func::FuncOp func;
  SmallVector<std::pair<RegionOp, Kernel>> stages;
  llvm::DenseMap<Value, Place> places;
  llvm::DenseMap<Operation *, std::string> constants; ///< their globals
};

} // namespace

LogicalResult ChunksEmitter::emitStages() {
  for (Operation &op : body.without_terminator()) {
    auto stage = dyn_cast<RegionOp>(op);
    if (!stage)
      continue;
    SmallVector<unsigned> buffers(stage.getInputs().size() + stage.getNumResults());
    std::iota(buffers.begin(), buffers.end(), 0);
    std::string stageName = (name + "_stage_" + Twine(stages.size())).str();
    FailureOr<Kernel> kernel = emitKernel(stage, buffers, stageName, module, options);
    if (failed(kernel))
      return failure();
    stages.emplace_back(stage, *kernel);
  }
  return success();
}

void ChunksEmitter::openFunction(ArrayRef<unsigned> bufferOf) {
  unsigned numInputs = region.getInputs().size();
  SmallVector<Type> types(1 + *llvm::max_element(bufferOf));
  auto wholeType = [&](unsigned i) {
    return i < numInputs ? region.getInputs()[i].getType() : region.getResult(i - numInputs).getType();
  };
  for (auto [i, buffer] : llvm::enumerate(bufferOf))
    types[buffer] = rowOf(bytesOf(wholeType(i)));
  types.append(2, b.getIndexType());
  b.setInsertionPointToEnd(module.getBody());
  func = func::FuncOp::create(b, loc, name, b.getFunctionType(types, {}));
  for (unsigned i = 0; i + 2 < types.size(); ++i)
    func.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), b.getUnitAttr());
  func->setAttr("passthrough", b.getStrArrayAttr({"noinline"}));
  Block *entry = func.addEntryBlock();
  b.setInsertionPointToStart(entry);
  // An argument of the block that is as large as the input is the whole of it.
  for (auto [i, argument] : llvm::enumerate(body.getArguments())) {
    bool whole = argument.getType() == wholeType(i);
    places[argument] = {entry->getArgument(bufferOf[i]), 0, whole ? 0 : bytesOf(argument.getType())};
  }
  auto yield = cast<YieldOp>(body.getTerminator());
  for (auto [i, value] : llvm::enumerate(yield.getValues()))
    places[value] = {entry->getArgument(bufferOf[numInputs + i]), 0, bytesOf(value.getType())};
  // A result of a stage that is yielded reshaped is written to the same place.
  for (Operation &op : llvm::reverse(body))
    if (auto reshape = dyn_cast<ReshapeOp>(op); reshape && places.contains(reshape.getResult()))
      places.try_emplace(reshape.getInput(), places[reshape.getResult()]);
}

/// Intermediate tensors lie one after the other on the stack.
void ChunksEmitter::placeIntermediates(YieldOp yield) {
  int64_t bytes = 0;
  SmallVector<Value> onStack;
  for (auto &[stage, kernel] : stages)
    for (Value result : stage.getResults())
      if (places.try_emplace(result, Place{Value(), bytes, 0}).second) {
        onStack.push_back(result);
        bytes += roundUp(bytesOf(result.getType()), 64);
      }
  if (onStack.empty())
    return;
  Value scratch = memref::AllocaOp::create(b, loc, rowOf(bytes), b.getI64IntegerAttr(64));
  for (Value value : onStack)
    places[value].buffer = scratch;
}

Value ChunksEmitter::constant(arith::ConstantOp op) {
  auto value = cast<DenseElementsAttr>(op.getValue());
  auto type = bufferType(cast<RankedTensorType>(value.getType()));
  std::string &symbol = constants[op];
  if (symbol.empty()) {
    symbol = (name + "_constant_" + Twine(constants.size() - 1)).str();
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(func);
    memref::GlobalOp::create(b, loc, symbol, b.getStringAttr("private"), type, value, /*constant=*/true,
                             b.getI64IntegerAttr(64));
  }
  return memref::GetGlobalOp::create(b, loc, type, symbol);
}

/// The buffer of `tensor`, for part number `part`.
Value ChunksEmitter::bufferAt(Value tensor, Value part) {
  auto type = bufferType(cast<RankedTensorType>(tensor.getType()));
  while (auto reshape = places.contains(tensor) ? ReshapeOp() : tensor.getDefiningOp<ReshapeOp>())
    tensor = reshape.getInput();
  if (auto op = tensor.getDefiningOp<arith::ConstantOp>())
    return constant(op);
  const Place &place = places.at(tensor);
  Value shift = index(place.offset);
  if (place.perPart)
    shift = arith::MulIOp::create(b, loc, part, index(place.perPart));
  return memref::ViewOp::create(b, loc, type, place.buffer, shift, ValueRange());
}

FailureOr<Kernel> ChunksEmitter::emit(ArrayRef<unsigned> bufferOf) {
  if (failed(emitStages()))
    return failure();
  openFunction(bufferOf);
  placeIntermediates(cast<YieldOp>(body.getTerminator()));
  unsigned numBuffers = func.getNumArguments() - 2;
  auto loop = scf::ForOp::create(b, loc, func.getArgument(numBuffers), func.getArgument(numBuffers + 1), index(1));
  b.setInsertionPointToStart(loop.getBody());
  for (auto &[stage, kernel] : stages) {
    SmallVector<Value> operands;
    for (Value input : stage.getInputs())
      operands.push_back(bufferAt(input, loop.getInductionVar()));
    for (Value result : stage.getResults())
      operands.push_back(bufferAt(result, loop.getInductionVar()));
    operands.append({index(0), index(kernel.tasks)});
    func::CallOp::create(b, loc, kernel.func, operands);
  }
  b.setInsertionPointAfter(loop);
  func::ReturnOp::create(b, loc);
  return Kernel{func, region.getNumChunks()};
}

FailureOr<Kernel> agon::cpu::emitChunks(RegionOp region, ArrayRef<unsigned> bufferOf, StringRef name, ModuleOp module,
                                        const KernelOptions &options) {
  return ChunksEmitter(region, name, module, options).emit(bufferOf);
}
