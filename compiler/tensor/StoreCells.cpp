//===- StoreCells.cpp - The order in which filters are stored -------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Turning a filter and its gradient between the language's order and that of the
// kernels moves every element several times an iteration, with long strides. So
// the order of the kernels is that of the memory, of the optimiser's moments too,
// and the runtime turns what it shows or saves.
//
// Values that meet in an elementwise operation form classes, across functions by
// the cells that they come from and go to. A class with a filter in it is stored
// as convolutions read filters: each element of an update lies where those that
// it is computed from lie.
//===----------------------------------------------------------------------===//
#include "compiler/tensor/Convolution.h"
#include "compiler/tensor/View.h"
#include "dialects/agon/TurnForm.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

namespace agon::tensors {
#define GEN_PASS_DEF_AGONSTORECELLS
#include "compiler/tensor/Passes.h.inc"
} // namespace agon::tensors

namespace {

class StoreCells {
public:
  explicit StoreCells(ModuleOp module) : module(module) {}

  unsigned run() {
    for (auto program : module.getOps<ProgramOp>())
      for (auto cell : program.getBody().getOps<CellOp>())
        cells[cell.getName()] = cell;
    for (auto function : functions())
      classify(function);
    llvm::SmallPtrSet<const void *, 16> leaders;
    for (const void *filter : filters)
      leaders.insert(classes.getOrInsertLeaderValue(filter));
    for (CellOp cell : llvm::make_second_range(cells))
      if (mayBeStored(cell) && leaders.contains(classes.getOrInsertLeaderValue(node(cell)))) {
        cell.setOrder(filterOrder(cast<RankedTensorType>(cell.getType()).getRank()));
        stored.insert(cell);
      }
    for (auto function : functions())
      rewrite(function);
    return stored.size();
  }

private:
  static const void *node(Value value) { return value.getAsOpaquePointer(); }
  static const void *node(CellOp cell) { return cell.getOperation(); }

  /// [k..., c, o] of [o, c, k...].
  static Sizes filterOrder(int64_t rank) { return concatenated({range(2, rank), {1, 0}}); }

  /// What belongs to parameters. The runtime fills and reads the others row by row.
  static bool mayBeStored(CellOp cell) {
    return !cell.getOrder() && (cell.getKind() <= CellKind::Moment ||
                                (cell.getKind() >= CellKind::Gradient && cell.getKind() <= CellKind::Base));
  }

  SmallVector<func::FuncOp> functions() {
    SmallVector<func::FuncOp> all;
    for (auto function : module.getOps<func::FuncOp>())
      if (!function.isExternal() && function.getBody().hasOneBlock())
        all.push_back(function);
    return all;
  }

  CellOp argumentCell(func::FuncOp function, unsigned number) {
    FlatSymbolRefAttr name = agon::argumentCell(function, number);
    return name ? cells.lookup(name.getValue()) : CellOp();
  }
  CellOp resultCell(func::FuncOp function, unsigned number) {
    FlatSymbolRefAttr name = agon::resultCell(function, number);
    return name ? cells.lookup(name.getValue()) : CellOp();
  }

  void classify(func::FuncOp function);
  void rewrite(func::FuncOp function);
  void join(const void *a, const void *b) { classes.unionSets(a, b); }

  ModuleOp module;
  llvm::MapVector<StringRef, CellOp> cells;
  llvm::EquivalenceClasses<const void *> classes;
  SmallVector<const void *> filters;
  llvm::SmallPtrSet<Operation *, 16> stored;
};

} // namespace

void StoreCells::classify(func::FuncOp function) {
  Block &block = function.getBody().front();
  for (BlockArgument argument : block.getArguments())
    if (CellOp cell = argumentCell(function, argument.getArgNumber()))
      join(node(argument), node(cell));
  for (Operation &op : block) {
    // A filter of groups is taken apart before it is read; one of depthwise groups is read as it is.
    if (auto conv = dyn_cast<ConvOp>(op); conv && conv.getGroups() == 1)
      filters.push_back(node(conv.getRhs()));
    if (auto conv = dyn_cast<ConvInputGradientOp>(op); conv && conv.getGroups() == 1)
      filters.push_back(node(conv.getRhs()));
    if (auto conv = dyn_cast<ConvFilterGradientOp>(op); conv && conv.getGroups() == 1)
      filters.push_back(node(conv.getResult()));
    if (!isElementwise(&op))
      continue;
    auto type = cast<RankedTensorType>(op.getResult(0).getType());
    for (Value operand : op.getOperands()) {
      // A constant is as good in any order, and joins nothing.
      auto from = dyn_cast<RankedTensorType>(operand.getType());
      if (from && from.getShape() == type.getShape() && !splatValue(operand))
        join(node(operand), node(op.getResult(0)));
    }
  }
  for (OpOperand &result : block.getTerminator()->getOpOperands())
    if (CellOp cell = resultCell(function, result.getOperandNumber()); cell && !splatValue(result.get()))
      join(node(result.get()), node(cell));
}

void StoreCells::rewrite(func::FuncOp function) {
  Block &block = function.getBody().front();
  OpBuilder b = OpBuilder::atBlockBegin(&block);
  for (BlockArgument argument : block.getArguments())
    if (CellOp cell = argumentCell(function, argument.getArgNumber()); cell && stored.contains(cell)) {
      auto type = cast<RankedTensorType>(argument.getType());
      argument.setType(TransposeOp::inferType(type, *cell.getOrder()));
      Sizes inverse(type.getRank());
      for (auto [stored, axis] : llvm::enumerate(*cell.getOrder()))
        inverse[axis] = stored;
      auto canonical = TransposeOp::create(b, function.getLoc(), argument, inverse);
      argument.replaceAllUsesExcept(canonical, canonical);
    }
  Operation *end = block.getTerminator();
  b.setInsertionPoint(end);
  for (OpOperand &result : end->getOpOperands())
    if (CellOp cell = resultCell(function, result.getOperandNumber()); cell && stored.contains(cell))
      result.set(TransposeOp::create(b, end->getLoc(), result.get(), *cell.getOrder()));
  function.setType(b.getFunctionType(block.getArgumentTypes(), end->getOperandTypes()));
}

namespace {
struct StoreCellsPass : tensors::impl::AgonStoreCellsBase<StoreCellsPass> {
  void runOnOperation() override { numStored += StoreCells(getOperation()).run(); }
};
} // namespace
