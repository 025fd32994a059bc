//===- Network.cpp - The application of a network, to be exported --------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/export/Network.h"
#include "compiler/codegen/Passes.h"
#include "compiler/game/KeepNetwork.h"
#include "dialects/agon/TurnForm.h"

using namespace mlir;

namespace agon::exports {

InFlightDiagnostic userError(Location loc) {
  InFlightDiagnostic diagnostic = emitError(loc);
  diagnostic.getUnderlyingDiagnostic()->getMetadata().push_back(DiagnosticArgument(StringRef(codegen::userErrorMark)));
  return diagnostic;
}

namespace {

/// The name of a weight in a checkpoint: "average.G.dense_0.W" is that of the average G, and is taken from what is
/// wanted instead.
class Names {
public:
  Names(StringRef network, StringRef average) : network(network), average(average) {}

  std::string of(StringRef cell) const {
    StringRef rest = cell;
    if (!rest.consume_front("average.") || average.empty())
      return cell.str();
    if (average == "current")
      return rest.str();
    return ("average." + average + "." + rest.split('.').second).str();
  }

private:
  StringRef network, average;
};

} // namespace

FailureOr<Network> Network::of(ModuleOp module, StringRef name, StringRef average) {
  Network network;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (functionKind(function) == FunctionKind::Sample)
      network.function = function;
    network.hasDraws |= functionKind(function) == FunctionKind::Latents;
  }
  auto programs = module.getOps<ProgramOp>();
  if (!network.function || programs.empty())
    return emitError(module.getLoc(), "expected the application of a network"), failure();
  ProgramOp program = *programs.begin();
  network.name = name.str();
  network.game = program.getName().str();
  network.batch = int64_t(program.getBatch());
  network.configuration = program.getConfig().str();
  for (auto net : program.getOps<NetOp>())
    if (net.getName() == name)
      network.signature = net.getSignature().str();
  auto cellOf = [&](FlatSymbolRefAttr symbol) { return cast<CellOp>(SymbolTable::lookupSymbolIn(program, symbol)); };
  auto classes = module->getAttrOfType<DictionaryAttr>(game::classesName);
  auto classesOf = [&](StringRef input) -> int64_t {
    auto count = classes ? classes.getAs<IntegerAttr>(input) : IntegerAttr();
    return count ? count.getInt() : 0;
  };
  Names names(name, average);
  for (BlockArgument argument : network.function.getArguments()) {
    CellOp cell = cellOf(argumentCell(network.function, argument.getArgNumber()));
    StringRef title = cell.getTitleOrName();
    Port port{title.str(), cast<RankedTensorType>(argument.getType()), argument, title.str()};
    switch (cell.getKind()) {
    case CellKind::Parameter:
    case CellKind::State:
      port.name = names.of(title);
      network.weights.push_back(std::move(port));
      break;
    case CellKind::Latent:
      // "latent.G.z"
      title.consume_front("latent.");
      title.consume_front(name.str() + ".");
      port.classes = classesOf(title);
      port.isBatched = !title.consume_front(game::sharedPrefix);
      port.name = title.str();
      network.inputs.push_back(std::move(port));
      break;
    case CellKind::Data:
      port.classes = classesOf(title);
      network.inputs.push_back(std::move(port));
      break;
    case CellKind::Key:
      break;
    default:
      return userError(network.function.getLoc())
                 << name << " depends on '" << title << "', which an exported network does not have",
             failure();
    }
  }
  auto end = cast<func::ReturnOp>(network.function.getBody().front().getTerminator());
  for (auto [number, value] : llvm::enumerate(end.getOperands())) {
    CellOp cell = cellOf(resultCell(network.function, unsigned(number)));
    network.outputs.push_back(
        {cell.getTitleOrName().str(), cast<RankedTensorType>(value.getType()), value, cell.getTitleOrName().str()});
  }
  return network;
}

} // namespace agon::exports
