//===- Placement.cpp - Where each tensor of a function lives --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Placement.h"
#include "dialects/agon/TurnForm.h"

using namespace mlir;

namespace agon::codegen {

uint64_t byteSize(ShapedType type) {
  unsigned bits = type.getElementTypeBitWidth();
  return uint64_t(type.getNumElements()) * ((bits + 7) / 8);
}

Value storageOf(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getInput();
  return value;
}

uint64_t layOutCells(ProgramOp program, llvm::StringMap<uint64_t> &offsets) {
  uint64_t bytes = 0;
  for (CellOp cell : program.getBody().getOps<CellOp>()) {
    offsets[cell.getName()] = bytes;
    bytes += alignToArena(byteSize(cast<ShapedType>(cell.getType())));
  }
  return bytes;
}

namespace {

class Planner {
public:
  Planner(func::FuncOp function, const llvm::StringMap<uint64_t> &cellOffsets, InPlaceRule canUpdateInPlace)
      : function(function), cellOffsets(cellOffsets), canUpdateInPlace(canUpdateInPlace) {}

  FailureOr<Placement> run() {
    Block &block = function.getBody().front();
    int64_t position = 0;
    for (Operation &op : block) {
      positionOf[&op] = position++;
      if (isa<RegionOp>(op))
        for (Value operand : op.getOperands())
          lastRead[storageOf(operand)] = positionOf[&op];
    }
    end = position;
    if (failed(placeArguments()) || failed(chooseTargets()))
      return failure();
    for (Operation &op : block) {
      if (auto constant = dyn_cast<arith::ConstantOp>(op))
        assign(constant.getResult(), {Buffer::Constant, 0, 0, cast<DenseElementsAttr>(constant.getValue())});
      else if (auto region = dyn_cast<RegionOp>(op))
        placeResults(region);
      else if (auto reshape = dyn_cast<ReshapeOp>(op))
        plan.bufferOf[reshape.getResult()] = plan.bufferOf.lookup(reshape.getInput());
      else if (!isa<func::ReturnOp>(op))
        return op.emitOpError("is not allowed between fused regions");
    }
    placeReturns();
    plan.temporaryBytes = packArena(lifetimes);
    for (Buffer &buffer : plan.buffers)
      if (buffer.kind == Buffer::Temporary)
        buffer.offset = lifetimes[buffer.lifetime].offset;
    plan.lifetimes = std::move(lifetimes);
    return std::move(plan);
  }

private:
  unsigned addBuffer(Buffer buffer) {
    plan.buffers.push_back(buffer);
    return plan.buffers.size() - 1;
  }
  void assign(Value value, Buffer buffer) { plan.bufferOf[value] = addBuffer(buffer); }

  FailureOr<unsigned> cellBuffer(FlatSymbolRefAttr name) {
    auto found = cellOffsets.find(name.getValue());
    if (found == cellOffsets.end())
      return function.emitOpError("names a cell ") << name << " that agon.program does not declare";
    auto [entry, isNew] = cells.try_emplace(name.getValue(), 0);
    if (isNew)
      entry->second = addBuffer({Buffer::Cell, found->second, 0, {}});
    return entry->second;
  }

  LogicalResult placeArguments() {
    for (BlockArgument argument : function.getArguments()) {
      FlatSymbolRefAttr name = argumentCell(function, argument.getArgNumber());
      if (!name)
        return function.emitOpError("argument ") << argument.getArgNumber() << " has no agon.cell";
      FailureOr<unsigned> buffer = cellBuffer(name);
      if (failed(buffer))
        return failure();
      plan.bufferOf[argument] = *buffer;
      argumentOfCell[*buffer] = argument;
    }
    return success();
  }

  /// For each returned value: which cell it may be computed into.
  LogicalResult chooseTargets() {
    auto returns = cast<func::ReturnOp>(function.getBody().front().getTerminator());
    for (auto [i, value] : llvm::enumerate(returns.getOperands())) {
      FlatSymbolRefAttr name = resultCell(function, i);
      if (!name)
        return function.emitOpError("result ") << i << " has no agon.cell";
      FailureOr<unsigned> cell = cellBuffer(name);
      if (failed(cell))
        return failure();
      returnedCells.push_back(*cell);
      Value storage = storageOf(value);
      auto region = storage.getDefiningOp<RegionOp>();
      if (!region || target.count(storage))
        continue;
      // The old value must not be read after this region, nor within it
      // unless it is updated element by element.
      if (Value old = argumentOfCell.lookup(*cell)) {
        auto read = lastRead.find(old);
        if (read != lastRead.end()) {
          if (read->second > positionOf[region])
            continue;
          if (read->second == positionOf[region] && !readsInPlace(region, old, storage))
            continue;
        }
        // The old value is itself returned for another cell.
        if (llvm::any_of(returns.getOperands(), [&](Value other) { return storageOf(other) == old; }))
          continue;
      }
      target[storage] = *cell;
    }
    return success();
  }

  /// Whether every operand of `region` that is `old` may share memory with `result`.
  bool readsInPlace(RegionOp region, Value old, Value result) {
    unsigned resultNumber = cast<OpResult>(result).getResultNumber();
    for (auto [i, operand] : llvm::enumerate(region.getInputs()))
      if (storageOf(operand) == old && !canUpdateInPlace(region, i, resultNumber))
        return false;
    return true;
  }

  void placeResults(RegionOp region) {
    int64_t now = positionOf[region];
    llvm::SmallDenseSet<unsigned> taken; // buffers that a result of this region already has
    for (OpResult result : region.getResults())
      if (auto found = target.find(result); found != target.end())
        taken.insert(found->second);
    for (OpResult result : region.getResults()) {
      if (auto found = target.find(result); found != target.end()) {
        plan.bufferOf[result] = found->second;
        continue;
      }
      uint64_t bytes = byteSize(cast<ShapedType>(result.getType()));
      int64_t last = lastUse(result);
      unsigned buffer = ~0u;
      // A dying temporary of the same size, read element by element.
      for (Value operand : region.getInputs()) {
        unsigned candidate = plan.bufferOf.lookup(operand);
        Buffer &old = plan.buffers[candidate];
        if (old.kind != Buffer::Temporary || lifetimes[old.lifetime].last != now || taken.contains(candidate) ||
            lifetimes[old.lifetime].bytes != bytes || !sharesOnlyInPlace(region, candidate, result))
          continue;
        buffer = candidate;
        lifetimes[old.lifetime].last = last;
        break;
      }
      if (buffer == ~0u) {
        lifetimes.push_back({bytes, now, last});
        buffer = addBuffer({Buffer::Temporary, 0, lifetimes.size() - 1, {}});
      }
      taken.insert(buffer);
      plan.bufferOf[result] = buffer;
    }
  }

  bool sharesOnlyInPlace(RegionOp region, unsigned buffer, OpResult result) {
    for (auto [i, operand] : llvm::enumerate(region.getInputs()))
      if (plan.bufferOf.lookup(operand) == buffer && !canUpdateInPlace(region, i, result.getResultNumber()))
        return false;
    return true;
  }

  /// The last position at which `value`, under any name, is needed.
  int64_t lastUse(Value value) {
    int64_t last = positionOf[value.getDefiningOp()];
    if (auto read = lastRead.find(value); read != lastRead.end())
      last = read->second;
    auto returns = cast<func::ReturnOp>(function.getBody().front().getTerminator());
    for (Value returned : returns.getOperands())
      if (storageOf(returned) == value)
        last = end;
    return last;
  }

  void placeReturns() {
    auto returns = cast<func::ReturnOp>(function.getBody().front().getTerminator());
    llvm::SmallDenseSet<unsigned> written(returnedCells.begin(), returnedCells.end());
    for (auto [i, value] : llvm::enumerate(returns.getOperands())) {
      unsigned source = plan.bufferOf.lookup(value), cell = returnedCells[i];
      if (source == cell)
        continue;
      auto type = cast<ShapedType>(value.getType());
      uint64_t bytes = byteSize(type);
      // Another cell's old value, which this function overwrites: save it first.
      bool isOldCell = isa<BlockArgument>(storageOf(value));
      if (isOldCell && written.contains(source)) {
        lifetimes.push_back({bytes, -1, end});
        unsigned saved = addBuffer({Buffer::Temporary, 0, lifetimes.size() - 1, {}});
        plan.initialCopies.push_back({source, saved, bytes, type.getElementType(), returns.getLoc()});
        source = saved;
      }
      plan.finalCopies.push_back({source, cell, bytes, type.getElementType(), returns.getLoc()});
    }
  }

  func::FuncOp function;
  const llvm::StringMap<uint64_t> &cellOffsets;
  InPlaceRule canUpdateInPlace;
  Placement plan;
  std::vector<Lifetime> lifetimes;
  llvm::StringMap<unsigned> cells;                // cell name -> buffer
  llvm::DenseMap<unsigned, Value> argumentOfCell; // cell buffer -> its old value
  llvm::DenseMap<Operation *, int64_t> positionOf;
  llvm::DenseMap<Value, int64_t> lastRead; // by storage
  llvm::DenseMap<Value, unsigned> target;  // result -> the cell it is computed into
  llvm::SmallVector<unsigned> returnedCells;
  int64_t end = 0;
};

} // namespace

FailureOr<Placement> place(func::FuncOp function, const llvm::StringMap<uint64_t> &cellOffsets,
                           InPlaceRule canUpdateInPlace) {
  return Planner(function, cellOffsets, canUpdateInPlace).run();
}

} // namespace agon::codegen
