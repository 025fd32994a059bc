//===- ProgramOps.cpp - Verifiers of the turn form's table ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Agon.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace agon;

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

namespace {
/// Checks what the rows of one table say of each other.
class TableChecker {
public:
  explicit TableChecker(ProgramOp program) : program(program), symbols(program) {}
  LogicalResult check();

private:
  LogicalResult collect();
  LogicalResult checkTitle(CellOp cell);
  LogicalResult checkCell(Operation &op, FlatSymbolRefAttr name, CellKind kind);
  LogicalResult checkIndex(Operation &op, int64_t index, int64_t low, int64_t count, StringRef what);
  LogicalResult checkNet(Operation &op, StringAttr name);
  LogicalResult checkRow(Operation &op);

  ProgramOp program;
  SymbolTable symbols;
  llvm::StringMap<CellOp> titles[getMaxEnumValForCellKind() + 1]; ///< of each kind
  llvm::StringSet<> nets;
  int64_t seats = 0, fields = 0, records = 0;
};
} // namespace

LogicalResult TableChecker::check() {
  if (failed(collect()))
    return failure();
  for (Operation &op : program.getBody().front())
    if (failed(checkRow(op)))
      return failure();
  return success();
}

LogicalResult TableChecker::collect() {
  for (Operation &op : program.getBody().front()) {
    if (auto cell = dyn_cast<CellOp>(op)) {
      if (failed(checkTitle(cell)))
        return failure();
    } else if (!isa<FieldOp, RecordOp, SeatOp, NetOp, LoadOp, AverageOp>(op)) {
      InFlightDiagnostic error = program.emitOpError("expected rows of the table only");
      error.attachNote(op.getLoc()) << "got this operation";
      return error;
    }
    if (auto net = dyn_cast<NetOp>(op))
      nets.insert(net.getName());
    seats += isa<SeatOp>(op);
    fields += isa<FieldOp>(op);
    records += isa<RecordOp>(op);
  }
  return success();
}

LogicalResult TableChecker::checkTitle(CellOp cell) {
  if (cell.getKind() == CellKind::Requirement)
    return success();
  auto [entry, fresh] = titles[unsigned(cell.getKind())].try_emplace(cell.getTitleOrName(), cell);
  if (fresh)
    return success();
  InFlightDiagnostic error = cell.emitOpError()
                             << "expected a name of its own among cells of kind " << stringifyCellKind(cell.getKind())
                             << ", got \"" << cell.getTitleOrName() << "\"";
  error.attachNote(entry->second.getLoc()) << "the other cell is here";
  return error;
}

LogicalResult TableChecker::checkCell(Operation &op, FlatSymbolRefAttr name, CellKind kind) {
  auto cell = symbols.lookup<CellOp>(name.getAttr());
  if (!cell)
    return op.emitOpError() << "expected a cell, got " << name;
  if (cell.getKind() == kind)
    return success();
  InFlightDiagnostic error = op.emitOpError()
                             << "expected " << name << " to be a cell of kind " << stringifyCellKind(kind) << ", got "
                             << stringifyCellKind(cell.getKind());
  error.attachNote(cell.getLoc()) << "the cell is here";
  return error;
}

LogicalResult TableChecker::checkIndex(Operation &op, int64_t index, int64_t low, int64_t count, StringRef what) {
  if (index >= low && index < count)
    return success();
  return op.emitOpError() << "expected " << what << " in [" << low << ", " << count << "), got " << index;
}

LogicalResult TableChecker::checkNet(Operation &op, StringAttr name) {
  if (nets.contains(name.getValue()))
    return success();
  return op.emitOpError() << "expected a network, got " << name;
}

LogicalResult TableChecker::checkRow(Operation &op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](CellOp cell) { return checkIndex(op, cell.getOwner().value_or(-1), -1, seats, "an owner"); })
      .Case([&](FieldOp field) -> LogicalResult {
        if (failed(checkCell(op, field.getCellAttr(), CellKind::Data)) ||
            (field.getMean() && failed(checkCell(op, field.getMeanAttr(), CellKind::DataMean))))
          return failure();
        return checkIndex(op, field.getGroup(), 0, records, "a group");
      })
      .Case([&](SeatOp seat) -> LogicalResult {
        if (failed(checkCell(op, seat.getObjectiveAttr(), CellKind::Objective)))
          return failure();
        return checkCell(op, seat.getStepAttr(), CellKind::Step);
      })
      .Case([&](NetOp net) -> LogicalResult {
        if (failed(checkIndex(op, net.getOwner(), -1, seats, "an owner")))
          return failure();
        if (net.getSample() && !titles[unsigned(CellKind::Sample)].contains(net.getName()))
          return op.emitOpError() << "expected a cell for samples of " << net.getNameAttr() << ", got none";
        return checkIndex(op, net.getImitates().value_or(-1), -1, fields, "a field");
      })
      .Case([&](LoadOp load) { return checkNet(op, load.getNetworkAttr()); })
      .Case([&](AverageOp average) -> LogicalResult {
        if (failed(checkNet(op, average.getNetworkAttr())))
          return failure();
        return checkCell(op, average.getStepAttr(), CellKind::Step);
      })
      .Default([](Operation *) { return success(); });
}

LogicalResult ProgramOp::verifyRegions() {
  if (static_cast<int64_t>(getBatch()) < 1)
    return emitOpError() << "expected a positive batch, got " << static_cast<int64_t>(getBatch());
  return TableChecker(*this).check();
}

void CellOp::build(OpBuilder &builder, OperationState &state, CellKind kind, const Twine &name, StringRef title,
                   int64_t owner, RankedTensorType type) {
  build(builder, state, CellKindAttr::get(builder.getContext(), kind), builder.getStringAttr(name),
        title.empty() ? StringAttr() : builder.getStringAttr(title),
        owner < 0 ? IntegerAttr() : builder.getI64IntegerAttr(owner), TypeAttr::get(type), DenseI64ArrayAttr(),
        IntegerAttr());
}

LogicalResult CellOp::verify() {
  auto type = cast<RankedTensorType>(getType());
  if (type.getElementType().isInteger(1))
    return emitOpError() << "expected f32, f64, i32 or i64 elements, got " << type;
  if (auto order = getOrder()) {
    SmallVector<int64_t> axes(*order);
    llvm::sort(axes);
    if (!llvm::equal(axes, llvm::seq<int64_t>(0, type.getRank())))
      return emitOpError() << "expected an order of " << type.getRank() << " axes, got [" << *order << "]";
    if ((getKind() > CellKind::Moment && getKind() < CellKind::Gradient) || getKind() > CellKind::Base)
      return emitOpError() << "expected no order of a cell of kind " << stringifyCellKind(getKind());
  }
  switch (getKind()) {
  case CellKind::Key:
    if (type.getShape() != ArrayRef<int64_t>{2} || !type.getElementType().isInteger(64))
      return emitOpError() << "expected a key of type tensor<2xi64>, got " << type;
    return success();
  case CellKind::Step:
    if (type.getRank() != 0 || !type.getElementType().isInteger(64))
      return emitOpError() << "expected a step of type tensor<i64>, got " << type;
    return success();
  case CellKind::Hyper:
    if (type.getRank() != 0 || !type.getElementType().isF64())
      return emitOpError() << "expected a hyperparameter of type tensor<f64>, got " << type;
    return success();
  case CellKind::Objective:
  case CellKind::Metric:
  case CellKind::Expectation:
  case CellKind::Largest:
    if (type.getRank() != 0 || !isa<FloatType>(type.getElementType()))
      return emitOpError() << "expected one real number, got " << type;
    return success();
  default:
    return success();
  }
}

/// Rows name functions of the module around the table.
static LogicalResult verifyFunction(Operation *op, FlatSymbolRefAttr name, SymbolTableCollection &tables) {
  if (!name)
    return success();
  Operation *function = tables.lookupNearestSymbolFrom(op->getParentOp()->getParentOp(), name);
  if (isa_and_present<FunctionOpInterface, EntryOp>(function))
    return success();
  return op->emitOpError() << "expected a function, got " << name;
}

LogicalResult RecordOp::verifySymbolUses(SymbolTableCollection &tables) {
  if (getModes().has_value() != getModeRadius().has_value())
    return emitOpError("expected modes and their radius together");
  if (auto modes = getModes(); modes && modes->getType().getRank() != 2)
    return emitOpError() << "expected modes of type tensor<NxDxf64>, got " << modes->getType();
  return verifyFunction(*this, getSourceAttr(), tables);
}

LogicalResult NetOp::verifySymbolUses(SymbolTableCollection &tables) {
  return verifyFunction(*this, getSampleAttr(), tables);
}
