//===- VerifyTurnForm.cpp - The check that closes phase `diff` ------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/game/Passes.h"
#include "dialects/agon/TurnForm.h"
#include "llvm/ADT/StringSet.h"

namespace agon::game {
#define GEN_PASS_DEF_VERIFYTURNFORM
#include "compiler/game/Passes.h.inc"
} // namespace agon::game

using namespace mlir;
using namespace agon;

namespace {

/// Checks one module.
class Checker {
public:
  explicit Checker(ModuleOp module) : module(module) {}
  LogicalResult check();

private:
  LogicalResult checkProgram();
  LogicalResult checkFunction(func::FuncOp function);
  LogicalResult checkBody(func::FuncOp function);
  LogicalResult checkCell(func::FuncOp function, DictionaryAttr attributes, Type type, StringRef role,
                          llvm::StringSet<> &seen);
  LogicalResult checkReference(Operation *op, StringRef function, StringRef kind);

  ModuleOp module;
  ProgramOp program;
  llvm::StringMap<CellOp> cells;
};

LogicalResult Checker::check() {
  for (Operation &op : *module.getBody()) {
    if (auto table = dyn_cast<ProgramOp>(op)) {
      if (program)
        return op.emitOpError("expected one table, got a second");
      program = table;
    } else if (!isa<func::FuncOp>(op)) {
      return op.emitOpError("is not part of the turn form");
    }
  }
  if (!program)
    return emitError(module.getLoc(), "expected an agon.program, got none");
  if (failed(checkProgram()))
    return failure();
  for (auto function : module.getOps<func::FuncOp>())
    if (failed(checkFunction(function)))
      return failure();
  return success();
}

LogicalResult Checker::checkReference(Operation *op, StringRef name, StringRef kind) {
  auto function = module.lookupSymbol<func::FuncOp>(name);
  if (!function)
    return op->emitOpError("expected a function, got @") << name;
  if (functionKind(function) != kind) {
    auto diagnostic = op->emitOpError("expected a function of kind '") << kind << "'";
    diagnostic.attachNote(function.getLoc()) << "@" << name << " is here";
    return diagnostic;
  }
  return success();
}

LogicalResult Checker::checkProgram() {
  for (auto cell : program.getOps<CellOp>())
    cells[cell.getName()] = cell;
  for (StringRef turn : program.getSchedule().getAsValueRange<StringAttr>())
    if (failed(checkReference(program, turn, FunctionKind::Turn)))
      return failure();
  for (auto record : program.getOps<RecordOp>())
    if (record.getSource() && failed(checkReference(record, *record.getSource(), FunctionKind::Source)))
      return failure();
  for (auto net : program.getOps<NetOp>())
    if (net.getSample() && failed(checkReference(net, *net.getSample(), FunctionKind::Sample)))
      return failure();
  return success();
}

LogicalResult Checker::checkCell(func::FuncOp function, DictionaryAttr attributes, Type type, StringRef role,
                                 llvm::StringSet<> &seen) {
  FlatSymbolRefAttr name = cellIn(attributes);
  if (!name)
    return function.emitOpError("expected every ") << role << " to name its cell";
  CellOp cell = cells.lookup(name.getValue());
  if (!cell)
    return function.emitOpError("expected a declared cell, got ") << name;
  if (!seen.insert(name.getValue()).second)
    return function.emitOpError("names the cell ") << name << " twice as " << role;
  if (cell.getType() != type) {
    auto diagnostic = function.emitOpError("expected ")
                      << cell.getType() << " as " << role << " " << name << ", got " << type;
    diagnostic.attachNote(cell.getLoc()) << "the cell is here";
    return diagnostic;
  }
  return success();
}

LogicalResult Checker::checkFunction(func::FuncOp function) {
  if (functionKind(function).empty())
    return function.emitOpError("expected the attribute 'agon.kind'");
  if (!function.getBody().hasOneBlock())
    return function.emitOpError("expected one block");
  llvm::StringSet<> arguments, results;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
    if (failed(checkCell(function, function.getArgAttrDict(i), type, "argument", arguments)))
      return failure();
  for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
    if (failed(checkCell(function, function.getResultAttrDict(i), type, "result", results)))
      return failure();
  return checkBody(function);
}

LogicalResult Checker::checkBody(func::FuncOp function) {
  llvm::DenseMap<int64_t, Operation *> streams;
  for (Operation &op : function.getBody().front()) {
    if (isa<GradientOp, DifferentiateOp, StopGradientOp, PointOp, UseOp, ReadOp, WriteOp, ApplyOp, DataMeanOp, StepOp,
            HyperOp, WeightOp, CotangentOp, SlotOp>(op))
      return op.emitOpError("is not part of the turn form");
    if (!isa<AgonDialect, arith::ArithDialect, math::MathDialect>(op.getDialect()) && !isa<func::ReturnOp>(op))
      return op.emitOpError("is not of the closed set");
    auto draw = dyn_cast<RandomOp>(op);
    if (!draw)
      continue;
    if (!draw.getKey() || !draw.getStream())
      return op.emitOpError("expected a key and a stream");
    auto [other, inserted] = streams.try_emplace(*draw.getStream(), &op);
    if (!inserted) {
      auto diagnostic = op.emitOpError("expected a stream of its own");
      diagnostic.attachNote(other->second->getLoc()) << "the other draw is here";
      return diagnostic;
    }
  }
  return success();
}

struct VerifyTurnForm : game::impl::VerifyTurnFormBase<VerifyTurnForm> {
  void runOnOperation() override {
    if (failed(Checker(getOperation()).check()))
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};

} // namespace
