//===- NetworkOps.cpp - Verifiers of networks and what they hold ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Symbols.h"

using namespace mlir;
using namespace agon;

//===----------------------------------------------------------------------===//
// Lookup
//===----------------------------------------------------------------------===//

Operation *agon::getModelTable(Operation *op) {
  for (; op; op = op->getParentOp())
    if (op->hasTrait<OpTrait::SymbolTable>() && !isa<GameOp, NetworkOp>(op))
      return op;
  return nullptr;
}

NetworkOp agon::lookupNetwork(Operation *op, SymbolRefAttr name, SymbolTableCollection &tables) {
  Operation *table = getModelTable(op);
  return table ? tables.lookupSymbolIn<NetworkOp>(table, name.getRootReference()) : NetworkOp();
}

StorageOp agon::lookupStorage(Operation *op, SymbolRefAttr name, SymbolTableCollection &tables) {
  NetworkOp network = lookupNetwork(op, name, tables);
  if (!network || name.getNestedReferences().size() != 1)
    return {};
  return tables.lookupSymbolIn<StorageOp>(network, name.getLeafReference());
}

LogicalResult agon::verifyYields(Operation *op, Region &body, TypeRange types, StringRef what) {
  if (!body.hasOneBlock())
    return op->emitOpError() << "expected " << what << " to be one block";
  Block &block = body.front();
  auto yield = block.empty() ? YieldOp() : dyn_cast<YieldOp>(block.back());
  if (!yield)
    return op->emitOpError() << "expected " << what << " to end with agon.yield";
  if (yield.getValues().getTypes() == types)
    return success();
  InFlightDiagnostic error = op->emitOpError() << "expected " << what << " to yield (" << types
                                               << "), got (" << yield.getValues().getTypes() << ")";
  error.attachNote(yield.getLoc()) << "yielded here";
  return error;
}

//===----------------------------------------------------------------------===//
// Network
//===----------------------------------------------------------------------===//

ForwardOp NetworkOp::getForward(bool training) {
  for (ForwardOp forward : getBody().getOps<ForwardOp>())
    if (forward.getSymName() == (training ? "training" : "sampling"))
      return forward;
  return {};
}

LogicalResult NetworkOp::verifyRegions() {
  for (Operation &op : getBody().front())
    if (!isa<StorageOp, ForwardOp>(op)) {
      InFlightDiagnostic error = emitOpError("expected agon.storage and agon.forward only");
      error.attachNote(op.getLoc()) << "got this operation";
      return error;
    }
  ForwardOp training = getForward(true), sampling = getForward(false);
  if (!training || !sampling)
    return emitOpError() << "expected agon.forward @training and @sampling, got no @"
                         << (training ? "sampling" : "training");
  if (training.getFunctionType() != sampling.getFunctionType()) {
    InFlightDiagnostic error = sampling.emitOpError()
                               << "expected the type of @training, "
                               << training.getFunctionType() << ", got "
                               << sampling.getFunctionType();
    error.attachNote(training.getLoc()) << "@training is here";
    return error;
  }
  return success();
}

LogicalResult StorageOp::verifyRegions() {
  return verifyYields(*this, getInit(), getType(), "the initial value");
}

LogicalResult ForwardOp::verifyRegions() {
  if (getSymName() != "training" && getSymName() != "sampling")
    return emitOpError() << "expected the name @training or @sampling, got @" << getSymName();
  FunctionType type = getFunctionType();
  if (getBody().getArgumentTypes() != type.getInputs())
    return emitOpError() << "expected block arguments (" << type.getInputs() << "), got ("
                         << getBody().getArgumentTypes() << ")";
  return verifyYields(*this, getBody(), type.getResults(), "the body");
}

//===----------------------------------------------------------------------===//
// Reads, writes, applications
//===----------------------------------------------------------------------===//

static LogicalResult verifyStorageType(Operation *op, StorageOp storage, Type type) {
  if (storage.getType() == type)
    return success();
  InFlightDiagnostic error = op->emitOpError() << "expected a value of type " << storage.getType()
                                               << ", got " << type;
  error.attachNote(storage.getLoc()) << "the storage is declared here";
  return error;
}

LogicalResult ReadOp::verifySymbolUses(SymbolTableCollection &tables) {
  StorageOp storage = lookupStorage(*this, getStorage(), tables);
  if (!storage)
    return emitOpError() << "expected an agon.storage, got " << getStorage();
  return verifyStorageType(*this, storage, getType());
}

LogicalResult WriteOp::verifySymbolUses(SymbolTableCollection &tables) {
  StorageOp storage = lookupStorage(*this, getStorage(), tables);
  if (!storage)
    return emitOpError() << "expected an agon.storage, got " << getStorage();
  if (!storage.getState()) {
    InFlightDiagnostic error = emitOpError() << "expected a state, got the parameter "
                                             << getStorage();
    error.attachNote(storage.getLoc()) << "the parameter is declared here";
    return error;
  }
  if (auto forward = (*this)->getParentOfType<ForwardOp>()) {
    if (forward.getSymName() != "training")
      return emitOpError("expected to be in @training: sampling leaves states as they are");
    if (forward->getParentOp() != storage->getParentOp()) {
      InFlightDiagnostic error = emitOpError("expected a state of the network that writes it");
      error.attachNote(storage.getLoc()) << "the state is declared here";
      return error;
    }
  }
  return verifyStorageType(*this, storage, getValue().getType());
}

LogicalResult ApplyOp::verifySymbolUses(SymbolTableCollection &tables) {
  NetworkOp network = lookupNetwork(*this, getNetworkAttr(), tables);
  if (!network)
    return emitOpError() << "expected an agon.network, got " << getNetworkAttr();
  ForwardOp forward = network.getForward(true);
  if (!forward)
    return success(); // The network's own error.
  FunctionType got = FunctionType::get(getContext(), getInputs().getTypes(), getResultTypes());
  if (got == forward.getFunctionType())
    return success();
  InFlightDiagnostic error = emitOpError() << "expected the network's type "
                                           << forward.getFunctionType() << ", got " << got;
  error.attachNote(network.getLoc()) << "the network is declared here";
  return error;
}
