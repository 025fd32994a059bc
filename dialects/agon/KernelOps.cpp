//===- KernelOps.cpp - Verifiers of entries, launches and copies ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Agon.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace agon;

LogicalResult EntryOp::verifyRegions() {
  if (static_cast<int64_t>(getFlops()) < 0 || static_cast<int64_t>(getTempBytes()) < 0)
    return emitOpError("expected nonnegative flops and temp_bytes");
  for (Operation &op : getBody().front())
    if (!isa<LaunchOp, CopyOp>(op)) {
      InFlightDiagnostic error = emitOpError("expected agon.launch and agon.copy only");
      error.attachNote(op.getLoc()) << "got this operation";
      return error;
    }
  return success();
}

LogicalResult EntryOp::verifySymbolUses(SymbolTableCollection &tables) {
  // Kernels may be looked at without the table of their game.
  auto module = (*this)->getParentOfType<ModuleOp>();
  auto programs = module.getOps<ProgramOp>();
  if (programs.empty())
    return success();
  SymbolTable &cells = tables.getSymbolTable(*programs.begin());
  for (ArrayAttr names : {getReads(), getWrites()})
    for (auto name : names.getAsRange<FlatSymbolRefAttr>())
      if (!cells.lookup<CellOp>(name.getAttr()))
        return emitOpError() << "expected a cell, got " << name;
  return success();
}

/// A place in the arena, or the symbol of a constant.
static LogicalResult verifyPlace(Operation *op, Attribute place, SymbolTableCollection &tables) {
  if (auto offset = dyn_cast<IntegerAttr>(place)) {
    if (offset.getInt() >= 0)
      return success();
    return op->emitOpError() << "expected a nonnegative offset, got " << offset.getInt();
  }
  auto name = dyn_cast<FlatSymbolRefAttr>(place);
  if (!name)
    return op->emitOpError() << "expected an offset or the symbol of a constant, got " << place;
  if (!tables.lookupNearestSymbolFrom(op, name))
    return op->emitOpError() << "expected a constant, got the unknown symbol " << name;
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &tables) {
  if (static_cast<int64_t>(getTasks()) < 1)
    return emitOpError() << "expected at least one task, got " << static_cast<int64_t>(getTasks());
  if (static_cast<int64_t>(getBlock()) < 1 || static_cast<int64_t>(getScratch()) < 0 ||
      static_cast<int64_t>(getWorkspace()) < 0)
    return emitOpError("expected a block of at least one thread, and nonnegative scratch and workspace");
  if (getSpace() == Space::Host && (getBlock() != 1 || getWorkspace() != 0))
    return emitOpError("expected tasks of one thread and no workspace on the host");
  for (Attribute buffer : getBuffers())
    if (failed(verifyPlace(*this, buffer, tables)))
      return failure();
  Operation *kernel = tables.lookupNearestSymbolFrom(*this, getKernelAttr());
  if (!isa_and_present<FunctionOpInterface>(kernel))
    return emitOpError() << "expected a function, got " << getKernelAttr();
  // A kernel that is an LLVM function already has the ABI's own arguments.
  auto function = dyn_cast<func::FuncOp>(kernel);
  bool isHost = getSpace() == Space::Host;
  size_t more = isHost ? 2 : getWorkspace() ? 1 : 0;
  if (!function || function.getNumArguments() == getBuffers().size() + more)
    return success();
  InFlightDiagnostic error = emitOpError() << "expected a kernel of " << getBuffers().size() << " buffers"
                                           << (isHost           ? " and a range"
                                               : getWorkspace() ? " and a workspace"
                                                                : "")
                                           << ", got " << function.getNumArguments() << " arguments";
  error.attachNote(function.getLoc()) << "the kernel is here";
  return error;
}

LogicalResult CopyOp::verifySymbolUses(SymbolTableCollection &tables) {
  int64_t target = getTarget(), bytes = getBytes();
  if (target < 0 || bytes < 0)
    return emitOpError("expected a nonnegative target and size");
  if (auto source = dyn_cast<IntegerAttr>(getSource()))
    if (source.getInt() < target + bytes && target < source.getInt() + bytes)
      return emitOpError() << "expected ranges apart, got " << bytes << " bytes from " << source.getInt() << " to "
                           << target;
  return verifyPlace(*this, getSource(), tables);
}
