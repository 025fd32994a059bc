//===- NetworkOps.cpp - Verifiers of networks and what they hold ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Specialisations.h"
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
  InFlightDiagnostic error = op->emitOpError() << "expected " << what << " to yield (" << types << "), got ("
                                               << yield.getValues().getTypes() << ")";
  error.attachNote(yield.getLoc()) << "yielded here";
  return error;
}

//===----------------------------------------------------------------------===//
// Network
//===----------------------------------------------------------------------===//

ForwardOp NetworkOp::getForward(bool training, TypeRange inputs) {
  for (ForwardOp forward : getBody().getOps<ForwardOp>())
    if (forward.isTraining() == training && TypeRange(forward.getFunctionType().getInputs()) == inputs)
      return forward;
  return {};
}

/// "" of @training and @sampling, ".shared.x" of the pair for a shared x.
static StringRef suffixOf(ForwardOp forward) {
  return forward.getSymName().drop_front(forwardPrefix(forward.isTraining()).size());
}

LogicalResult NetworkOp::verifyRegions() {
  for (Operation &op : getBody().front())
    if (!isa<StorageOp, ForwardOp>(op)) {
      InFlightDiagnostic error = emitOpError("expected agon.storage and agon.forward only");
      error.attachNote(op.getLoc()) << "got this operation";
      return error;
    }
  auto forwards = getBody().getOps<ForwardOp>();
  if (forwards.empty())
    return emitOpError("expected agon.forward @training and @sampling, got neither");
  for (ForwardOp forward : forwards) {
    FunctionType type = forward.getFunctionType();
    // Applications choose by the inputs.
    if (ForwardOp first = getForward(forward.isTraining(), type.getInputs()); first != forward) {
      InFlightDiagnostic error = forward.emitOpError()
                                 << "expected inputs of its own, got those of @" << first.getSymName() << ", " << type;
      error.attachNote(first.getLoc()) << "@" << first.getSymName() << " is here";
      return error;
    }
    std::string partner = (forwardPrefix(!forward.isTraining()) + suffixOf(forward)).str();
    auto other = llvm::find_if(forwards, [&](ForwardOp each) { return each.getSymName() == partner; });
    if (other == forwards.end())
      return emitOpError() << "expected agon.forward @training and @sampling, got no @" << partner;
    if (forward.isTraining() || (*other).getFunctionType() == type)
      continue;
    InFlightDiagnostic error = forward.emitOpError() << "expected the type of @" << partner << ", "
                                                     << (*other).getFunctionType() << ", got " << type;
    error.attachNote((*other).getLoc()) << "@" << partner << " is here";
    return error;
  }
  return success();
}

LogicalResult StorageOp::verifyRegions() { return verifyYields(*this, getInit(), getType(), "the initial value"); }

bool ForwardOp::isTraining() { return getSymName().starts_with(forwardPrefix(/*training=*/true)); }

LogicalResult ForwardOp::verifyRegions() {
  StringRef name = getSymName();
  if ((!name.consume_front(forwardPrefix(true)) && !name.consume_front(forwardPrefix(false))) ||
      (!name.empty() && name[0] != '.'))
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
  InFlightDiagnostic error = op->emitOpError() << "expected a value of type " << storage.getType() << ", got " << type;
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
    InFlightDiagnostic error = emitOpError() << "expected a state, got the parameter " << getStorage();
    error.attachNote(storage.getLoc()) << "the parameter is declared here";
    return error;
  }
  if (auto forward = (*this)->getParentOfType<ForwardOp>()) {
    if (!forward.isTraining())
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
  if (getAverage()) {
    auto game = (*this)->getParentOfType<GameOp>();
    auto average = game ? tables.lookupSymbolIn<PlayerOp>(game, getAverageAttr()) : PlayerOp();
    if (!average || average.getFollowsAttr() != getNetworkAttr())
      return emitOpError() << "expected an average of " << getNetworkAttr() << ", got " << getAverageAttr();
  }
  FunctionType got = FunctionType::get(getContext(), getInputs().getTypes(), getResultTypes());
  ForwardOp forward = network.getForward(true, got.getInputs());
  if (forward && forward.getFunctionType() == got)
    return success();
  auto forwards = network.getBody().getOps<ForwardOp>();
  if (!forward && forwards.empty())
    return success(); // The network's own error.
  if (!forward)
    forward = *forwards.begin();
  InFlightDiagnostic error = emitOpError()
                             << "expected the network's type " << forward.getFunctionType() << ", got " << got;
  error.attachNote(network.getLoc()) << "the network is declared here";
  return error;
}
