//===- ProgramOps.cpp - Verifiers of the turn form's table ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Agon.h"
#include "dialects/agon/Cells.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace agon;

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

LogicalResult ProgramOp::verifyRegions() {
  if (static_cast<int64_t>(getBatch()) < 1)
    return emitOpError() << "expected a positive batch, got " << static_cast<int64_t>(getBatch());
  llvm::StringMap<CellOp> cells;
  int64_t seats = 0, fields = 0, records = 0;
  for (Operation &op : getBody().front()) {
    if (auto cell = dyn_cast<CellOp>(op)) {
      auto [entry, fresh] = cells.try_emplace(cell.getName(), cell);
      if (!fresh) {
        InFlightDiagnostic error = cell.emitOpError()
                                   << "expected a name of its own, got " << cell.getNameAttr();
        error.attachNote(entry->second.getLoc()) << "the other cell is here";
        return error;
      }
    } else if (!isa<FieldOp, RecordOp, SeatOp, NetOp>(op)) {
      InFlightDiagnostic error = emitOpError("expected rows of the table only");
      error.attachNote(op.getLoc()) << "got this operation";
      return error;
    }
    seats += isa<SeatOp>(op);
    fields += isa<FieldOp>(op);
    records += isa<RecordOp>(op);
  }
  auto checkCell = [&](Operation &op, const Twine &name, CellKind kind) -> LogicalResult {
    CellOp cell = cells.lookup(name.str());
    if (!cell)
      return op.emitOpError() << "expected a cell \"" << name << "\", got none";
    if (cell.getKind() == kind)
      return success();
    InFlightDiagnostic error = op.emitOpError()
                               << "expected \"" << name << "\" to be a cell of kind "
                               << stringifyCellKind(kind) << ", got "
                               << stringifyCellKind(cell.getKind());
    error.attachNote(cell.getLoc()) << "the cell is here";
    return error;
  };
  auto checkIndex = [&](Operation &op, int64_t index, int64_t low, int64_t count,
                        StringRef what) -> LogicalResult {
    if (index >= low && index < count)
      return success();
    return op.emitOpError() << "expected " << what << " in [" << low << ", " << count << "), got "
                            << index;
  };
  for (Operation &op : getBody().front()) {
    LogicalResult result =
        llvm::TypeSwitch<Operation *, LogicalResult>(&op)
            .Case([&](CellOp cell) {
              return checkIndex(op, cell.getOwner().value_or(-1), -1, seats, "an owner");
            })
            .Case([&](FieldOp field) -> LogicalResult {
              if (failed(checkCell(op, cellName(CellKind::Data, field.getName()), CellKind::Data)))
                return failure();
              return checkIndex(op, field.getGroup(), 0, records, "a group");
            })
            .Case([&](SeatOp seat) -> LogicalResult {
              if (failed(checkCell(op, cellName(CellKind::Objective, seat.getName()), CellKind::Objective)))
                return failure();
              return checkCell(op, "step." + seat.getName(), CellKind::Step);
            })
            .Case([&](NetOp net) -> LogicalResult {
              if (failed(checkIndex(op, net.getOwner(), -1, seats, "an owner")))
                return failure();
              if (net.getSample() && failed(checkCell(op, cellName(CellKind::Sample, net.getName()), CellKind::Sample)))
                return failure();
              return checkIndex(op, net.getImitates().value_or(-1), -1, fields, "a field");
            })
            .Default([](Operation *) { return success(); });
    if (failed(result))
      return failure();
  }
  return success();
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

static LogicalResult verifyFunction(Operation *op, FlatSymbolRefAttr name,
                                    SymbolTableCollection &tables) {
  if (!name)
    return success();
  Operation *function = tables.lookupNearestSymbolFrom(op, name);
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
