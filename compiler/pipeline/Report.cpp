//===- Report.cpp - What the compiler did to a game -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/pipeline/Report.h"
#include "compiler/autodiff/Pullback.h"
#include "compiler/codegen/Names.h"
#include "compiler/codegen/Origin.h"
#include "compiler/codegen/Placement.h"
#include "compiler/target/Target.h"
#include "dialects/agon/Locations.h"
#include "dialects/agon/ModeProduct.h"
#include "dialects/agon/SumOfProducts.h"
#include "dialects/agon/TurnForm.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace agon::pipeline {
namespace {

//===----------------------------------------------------------------------===//
// Applications of networks
//===----------------------------------------------------------------------===//

/// Counts what objectives apply, variables and networks written out.
class ApplicationCounter {
public:
  using Counts = std::map<std::string, int64_t>;
  explicit ApplicationCounter(ModuleOp module) : module(module) {
    for (GameOp found : module.getOps<GameOp>())
      game = found;
  }

  /// For each turn, in order.
  std::vector<Counts> turns() {
    std::vector<Counts> result;
    if (game)
      for (TurnOp turn : game.getOps<TurnOp>()) {
        Counts counts;
        for (auto player : turn.getPlayers().getAsRange<SymbolRefAttr>())
          if (auto op = lookup<PlayerOp>(game, player.getRootReference()))
            add(counts, of(op.getObjective()));
        result.push_back(std::move(counts));
      }
    return result;
  }

private:
  template <typename Op> Op lookup(Operation *table, StringAttr name) {
    return dyn_cast_or_null<Op>(SymbolTable::lookupSymbolIn(table, name));
  }
  static void add(Counts &to, const Counts &more) {
    for (auto &[name, count] : more)
      to[name] += count;
  }

  Counts of(Region &region) {
    if (auto known = memo.find(&region); known != memo.end())
      return known->second;
    memo[&region] = {}; // what defines itself is an error told elsewhere
    Counts counts;
    region.walk([&](Operation *op) {
      if (auto application = dyn_cast<ApplyOp>(op)) {
        ++counts[application.getNetwork().str()];
        if (auto network = lookup<NetworkOp>(module, StringAttr::get(op->getContext(), application.getNetwork())))
          if (ForwardOp forward = network.getForward(/*training=*/true, application.getInputs().getTypes()))
            add(counts, of(forward.getBody()));
      } else if (auto use = dyn_cast<UseOp>(op)) {
        if (auto variable = lookup<VariableOp>(game, StringAttr::get(op->getContext(), use.getVariable())))
          add(counts, of(variable.getBody()));
      }
    });
    return memo[&region] = counts;
  }

  ModuleOp module;
  GameOp game;
  std::map<Region *, Counts> memo;
};

/// The application ("D#2") that an operation of a network's own function
/// belongs to; empty for its gradients and for everything else.
StringRef applicationOf(Location location) {
  auto named = dyn_cast<NameLoc>(location);
  if (!named || named.getName() == gradientLocationName)
    return {};
  return named.getName().strref();
}

/// Counts the applications that are left in a function, by their networks.
void countEvaluated(func::FuncOp function, FunctionReport &entry) {
  llvm::StringSet<> seen;
  function.walk([&](Operation *op) {
    // Constants are shared wherever they come from.
    StringRef name = isa<arith::ConstantOp>(op) ? StringRef() : applicationOf(op->getLoc());
    if (name.empty() || !seen.insert(name).second)
      return;
    auto [network, numbers] = name.rsplit('#');
    SmallVector<StringRef> together;
    numbers.split(together, '+');
    ApplicationCount &count = entry.applications[network.str()];
    count.together = std::max(count.together, int64_t(together.size()));
    for (StringRef number : together)
      count.evaluated += together.size() == 1 || seen.insert((network + "#" + number).str()).second;
  });
}

//===----------------------------------------------------------------------===//
// Gradients that nobody asks for
//===----------------------------------------------------------------------===//

class DeadGradientFinder {
public:
  explicit DeadGradientFinder(ModuleOp module) {
    for (ProgramOp program : module.getOps<ProgramOp>()) {
      for (SeatOp seat : program.getBody().getOps<SeatOp>())
        players.push_back(seat.getName().str());
      for (CellOp cell : program.getBody().getOps<CellOp>())
        if (cell.getKind() == CellKind::Parameter)
          owners[cell.getName()] = cell.getOwner() ? int64_t(*cell.getOwner()) : -1;
    }
  }

  DeadGradients of(func::FuncOp function, DifferentiateOp gradient) {
    DeadGradients dead;
    DenseSet<Value> own(gradient.getWrt().begin(), gradient.getWrt().end());
    SmallVector<Operation *> history = historyOf(gradient);
    DenseSet<Value> read;
    for (Operation *op : history)
      read.insert(op->operand_begin(), op->operand_end());
    SmallVector<Value> foreign;
    for (BlockArgument argument : function.getArguments()) {
      FlatSymbolRefAttr name = argumentCell(function, argument.getArgNumber());
      if (!name || !owners.count(name.getValue()) || !read.contains(argument))
        continue;
      if (own.contains(argument)) {
        if (int64_t owner = owners.lookup(name.getValue()); owner >= 0 && owner < int64_t(players.size()))
          dead.player = players[owner];
        continue;
      }
      foreign.push_back(argument);
      auto &[parameters, numbers] = dead.networks[name.getValue().split('.').first.str()];
      ++parameters;
      numbers += cast<ShapedType>(argument.getType()).getNumElements();
    }
    // Of parameters alone: what they have in common with the mover's own is computed anyway.
    llvm::append_range(foreign, gradient.getWrt());
    auto all = cotangents(history, foreign);
    auto needed = cotangents(history, gradient.getWrt());
    for (auto [operand, isContraction] : all)
      if (!needed.count(operand)) {
        ++dead.cotangents;
        dead.contractions += isContraction;
      }
    return dead;
  }

private:
  /// What the differentiated value is computed from, in program order.
  static SmallVector<Operation *> historyOf(DifferentiateOp gradient) {
    DenseSet<Operation *> seen;
    SmallVector<Operation *> history;
    auto visit = [&](Value value) {
      if (Operation *op = value.getDefiningOp(); op && seen.insert(op).second)
        history.push_back(op);
    };
    visit(gradient.getValue());
    for (size_t i = 0; i < history.size(); ++i)
      llvm::for_each(history[i]->getOperands(), visit);
    llvm::sort(history, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
    return history;
  }

  /// The operands whose cotangents a gradient by `wrt` computes, as autodiff::gradients does it, and
  /// whether that takes a contraction or convolution.
  static llvm::MapVector<OpOperand *, bool> cotangents(ArrayRef<Operation *> history, ValueRange wrt) {
    DenseSet<Value> active(wrt.begin(), wrt.end());
    llvm::MapVector<OpOperand *, bool> result;
    for (Operation *op : history) {
      auto pullback = dyn_cast<autodiff::PullbackOpInterface>(op);
      if (!pullback || pullback.isLocallyConstant())
        continue;
      bool reached = false;
      for (OpOperand &operand : op->getOpOperands())
        if (active.contains(operand.get())) {
          result[&operand] = isa<ContractOp, ConvOp, ConvInputGradientOp, ConvFilterGradientOp>(op);
          reached = true;
        }
      if (reached)
        active.insert(op->result_begin(), op->result_end());
    }
    return result;
  }

  llvm::StringMap<int64_t> owners; ///< parameter -> player
  std::vector<std::string> players;
};

//===----------------------------------------------------------------------===//
// Fusion
//===----------------------------------------------------------------------===//

int64_t bytesOf(Type type) {
  auto shaped = dyn_cast<RankedTensorType>(type);
  return shaped ? int64_t(codegen::byteSize(shaped)) : 0;
}

/// Structured operations, one a region if nothing were fused.
RegionCount unfused(func::FuncOp function) {
  RegionCount count;
  for (Operation &op : function.getBody().front()) {
    if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
      if (generic.getNumReductionLoops() == 0)
        ++count.elementwise;
      else if (matchModeProduct(generic))
        ++count.modeProducts;
      else if (isSumOfProducts(generic))
        ++count.contractions;
      else
        ++count.reductions;
      for (Value input : generic.getDpsInputs())
        count.bytes += bytesOf(input.getType());
    } else if (auto insert = dyn_cast<tensor::InsertSliceOp>(op)) {
      // A chain counts once, by its last.
      count.bytes += bytesOf(insert.getSourceType());
      if (llvm::any_of(insert->getUsers(), [&](Operation *user) {
            auto next = dyn_cast<tensor::InsertSliceOp>(user);
            return next && next.getDest() == insert.getResult();
          }))
        continue;
      ++count.inserts;
    } else {
      continue;
    }
    for (Type type : op.getResultTypes())
      count.bytes += bytesOf(type);
  }
  return count;
}

/// Generics before the root are its prologue, those after it its epilogue. Of a region of kind chunks, those of all
/// regions within.
FusedOperations fusedInto(RegionOp region) {
  FusedOperations fused;
  bool seenRoot = false;
  for (Operation &op : region.getBody().front()) {
    if (auto within = dyn_cast<RegionOp>(op)) {
      FusedOperations part = fusedInto(within);
      fused.prologue += part.prologue;
      fused.epilogue += part.epilogue;
    }
    auto generic = dyn_cast<linalg::GenericOp>(op);
    if (isa<tensor::InsertSliceOp>(op) || (generic && generic.getNumReductionLoops() > 0))
      seenRoot = true;
    else if (generic)
      (seenRoot ? fused.epilogue : fused.prologue) += llvm::count_if(
          generic.getBody()->without_terminator(), [](Operation &each) { return !isa<arith::ConstantOp>(each); });
  }
  return fused;
}

/// Whether the report has a line for it: a contraction, or one between transforms.
bool isContraction(RegionKind kind) { return kind == RegionKind::Contraction || kind == RegionKind::Chunks; }

void countRegions(func::FuncOp function, FunctionReport &report) {
  for (RegionOp region : function.getOps<RegionOp>()) {
    switch (region.getKind()) {
    case RegionKind::Elementwise:
      ++report.after.elementwise;
      break;
    case RegionKind::Reduction:
      ++report.after.reductions;
      break;
    case RegionKind::Contraction:
    case RegionKind::Chunks:
      ++report.after.contractions;
      break;
    case RegionKind::ModeProduct:
      ++report.after.modeProducts;
      break;
    case RegionKind::Insert:
      ++report.after.inserts;
      break;
    }
    report.after.bytes += region.getBytes();
    report.regions.push_back(region.getKind() == RegionKind::Elementwise ? FusedOperations() : fusedInto(region));
  }
}

} // namespace

//===----------------------------------------------------------------------===//
// What is read of the program
//===----------------------------------------------------------------------===//

/// The game's functions with a body.
static SmallVector<func::FuncOp> gameFunctions(ModuleOp module) {
  return llvm::filter_to_vector(module.getOps<func::FuncOp>(), [](func::FuncOp function) {
    return !functionKind(function).empty() && !function.isExternal();
  });
}

/// Calls `take` with each turn and what is told of it.
static void forEachTurn(Report &report, ModuleOp module,
                        llvm::function_ref<void(func::FuncOp, FunctionReport &)> take) {
  for (func::FuncOp function : gameFunctions(module))
    if (functionKind(function) == FunctionKind::Turn)
      take(function, report.functions[function.getSymName().str()]);
}

static int64_t countTransforms(func::FuncOp function) {
  int64_t count = 0;
  function.walk([&](ModeProductOp) { ++count; });
  return count;
}

static int64_t countContractions(func::FuncOp function) {
  int64_t count = 0;
  function.walk([&](linalg::GenericOp generic) { count += isSumOfProducts(generic); });
  return count;
}

void Report::readGame(ModuleOp module) { written = ApplicationCounter(module).turns(); }

void Report::readGradients(ModuleOp module) {
  for (ProgramOp program : module.getOps<ProgramOp>()) {
    game = program.getName().str();
    for (Attribute name : program.getSchedule())
      schedule.push_back(cast<StringAttr>(name).str());
  }
  for (func::FuncOp function : gameFunctions(module))
    functions[function.getSymName().str()].kind = functionKind(function).str();
  auto counts = written.begin();
  DeadGradientFinder finder(module);
  forEachTurn(*this, module, [&](func::FuncOp function, FunctionReport &entry) {
    if (counts != written.end())
      for (auto &[network, count] : *counts++)
        entry.applications[network].written = count;
    function.walk([&](DifferentiateOp gradient) {
      DeadGradients dead = finder.of(function, gradient);
      if (!dead.networks.empty())
        entry.dead.push_back(std::move(dead));
    });
  });
}

void Report::readTurns(ModuleOp module) { forEachTurn(*this, module, countEvaluated); }

void Report::readTransforms(ModuleOp module) {
  for (func::FuncOp function : gameFunctions(module))
    functions[function.getSymName().str()].mergedTransforms = countTransforms(function);
}

void Report::readMergedTransforms(ModuleOp module) {
  for (func::FuncOp function : gameFunctions(module))
    functions[function.getSymName().str()].mergedTransforms -= countTransforms(function);
}

void Report::readContractions(ModuleOp module) {
  for (func::FuncOp function : gameFunctions(module))
    functions[function.getSymName().str()].mergedContractions = countContractions(function);
}

void Report::readMergedContractions(ModuleOp module) {
  for (func::FuncOp function : gameFunctions(module))
    functions[function.getSymName().str()].mergedContractions -= countContractions(function);
}

void Report::readOperations(ModuleOp module) {
  for (func::FuncOp function : gameFunctions(module))
    functions[function.getSymName().str()].before = unfused(function);
}

void Report::readRegions(ModuleOp module) {
  for (ProgramOp program : module.getOps<ProgramOp>())
    budget = int64_t(program.getMemoryBudget().value_or(0));
  for (func::FuncOp function : gameFunctions(module)) {
    FunctionReport &entry = functions[function.getSymName().str()];
    countRegions(function, entry);
    if (auto temporaries = function->getAttrOfType<TemporariesAttr>(codegen::temporariesName)) {
      entry.formedBytes = temporaries.getFormed();
      entry.orderedBytes = temporaries.getOrdered();
      entry.temporaryBytes = temporaries.getPlanned();
    }
    for (RegionOp region : function.getOps<RegionOp>())
      if (region->hasAttr(codegen::recomputedName))
        entry.recomputed.push_back({codegen::nameOf(region), codegen::originOf(region.getLoc()).source,
                                    int64_t(region.getFlops()), int64_t(region.getBytes())});
  }
}

void Report::readPlans(ModuleOp module) {
  for (ProgramOp program : module.getOps<ProgramOp>()) {
    arenaBytes = int64_t(program.getArenaBytes().value_or(0));
    for (CellOp cell : program.getBody().getOps<CellOp>()) {
      auto &[number, bytes] = cells[stringifyCellKind(cell.getKind()).str()];
      ++number;
      bytes += int64_t(codegen::byteSize(cast<ShapedType>(cell.getType())));
    }
  }
  targets::Options options{targets::machineOf(module)};
  machine = options.target.getProcessor().str();
  const targets::Target *target = targets::targetOf(options.target, module);
  for (func::FuncOp function : gameFunctions(module)) {
    FunctionReport &entry = functions[function.getSymName().str()];
    if (auto bytes = function->getAttrOfType<IntegerAttr>(codegen::temporaryBytesName))
      entry.temporaryBytes = bytes.getInt();
    for (RegionOp region : function.getOps<RegionOp>())
      if (target && isContraction(region.getKind()))
        entry.contractions.push_back({codegen::nameOf(region), codegen::originOf(region.getLoc()).source,
                                      target->explain(region, options), int64_t(region.getFlops()), /*tasks=*/0,
                                      fusedInto(region)});
  }
}

void Report::readEntries(ModuleOp module) {
  for (EntryOp entry : module.getOps<EntryOp>()) {
    FunctionReport &function = functions[entry.getSymName().str()];
    function.flops = int64_t(entry.getFlops());
    auto contraction = function.contractions.begin(); // launches are the regions, in their order
    for (Operation &op : entry.getBody().front()) {
      if (auto copy = dyn_cast<CopyOp>(op)) {
        ++function.copies;
        function.bytes += 2 * int64_t(copy.getBytes());
        continue;
      }
      auto launch = cast<LaunchOp>(op);
      ++function.launches;
      function.bytes += int64_t(launch.getBytes());
      if (isContraction(launch.getKind()) && contraction != function.contractions.end())
        (contraction++)->tasks = int64_t(launch.getTasks());
    }
  }
}

} // namespace agon::pipeline
