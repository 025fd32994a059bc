//===- ProgramForm.cpp - The table of a game ------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/game/ProgramForm.h"
#include "dialects/agon/TurnForm.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace agon;
using namespace agon::game;

namespace {

llvm::StringSet<> cellsRead(ModuleOp module) {
  llvm::StringSet<> names;
  for (auto function : module.getOps<func::FuncOp>())
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      if (FlatSymbolRefAttr name = argumentCell(function, i))
        names.insert(name.getValue());
  return names;
}

llvm::StringSet<> cellsWritten(ModuleOp module) {
  llvm::StringSet<> names;
  for (auto function : module.getOps<func::FuncOp>())
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      if (FlatSymbolRefAttr name = resultCell(function, i))
        names.insert(name.getValue());
  return names;
}

FlatSymbolRefAttr symbol(OpBuilder &builder, StringRef name) {
  return FlatSymbolRefAttr::get(builder.getContext(), name);
}

void writeCells(OpBuilder &builder, const GameIndex &index, const CellTable &cells, const llvm::StringSet<> &read) {
  llvm::StringSet<> written = cellsWritten(index.module);
  auto isLeftOut = [&](const Cell &cell) {
    if (index.isOfNetwork && cell.kind != CellKind::Key)
      return !read.contains(cell.name) && !written.contains(cell.name);
    return (cell.kind == CellKind::DataMean || cell.kind == CellKind::Iteration) && !read.contains(cell.name);
  };
  for (const Cell &cell : cells.cells())
    if (!isLeftOut(cell))
      CellOp::create(builder, index.game.getLoc(), cell.kind, cell.name, cell.title, cell.owner, cell.type);
}

void writeData(OpBuilder &builder, const GameIndex &index, const ProgramParts &parts, const llvm::StringSet<> &read) {
  for (int64_t number = 0, n = index.groups.size(); number < n; ++number) {
    GroupOp group = index.groups[number];
    SmallVector<StringRef> names;
    for (auto field : group.getFields().getAsRange<SymbolRefAttr>()) {
      names.push_back(field.getRootReference());
      DataOp data = index.datum(names.back());
      if (index.isOfNetwork && !read.contains(cellName(CellKind::Data, data.getSymName())))
        continue;
      std::string mean = cellName(CellKind::DataMean, data.getSymName());
      FieldOp::create(
          builder, data.getLoc(), data.getSymNameAttr(), symbol(builder, cellName(CellKind::Data, data.getSymName())),
          read.contains(mean) ? symbol(builder, mean) : FlatSymbolRefAttr(), builder.getI64IntegerAttr(number),
          builder.getI64IntegerAttr(data.getClasses().value_or(0)), data.getRangeAttr());
    }
    FlatSymbolRefAttr source;
    StringAttr text;
    if (auto it = parts.sources.find(number); it != parts.sources.end()) {
      source = symbol(builder, it->second);
      text = group.getSourceTextAttr() ? group.getSourceTextAttr() : builder.getStringAttr("");
    }
    RecordOp::create(builder, group.getLoc(), builder.getStringAttr(llvm::join(names, ",")), source, text,
                     group.getModesAttr(), group.getModeRadiusAttr());
  }
}

void writeNetworks(OpBuilder &builder, const GameIndex &index, const ProgramParts &parts) {
  for (NetworkOp network : index.networks) {
    FlatSymbolRefAttr sample;
    IntegerAttr imitates;
    auto it = parts.samples.find(index.number(network));
    if (it != parts.samples.end() && !index.isOfNetwork) {
      sample = symbol(builder, it->second.first);
      GeneratorOp generator = it->second.second;
      if (std::optional<StringRef> field = generator.getImitates())
        imitates =
            builder.getI64IntegerAttr(std::distance(index.data.begin(), llvm::find(index.data, index.datum(*field))));
    }
    NetOp::create(builder, network.getLoc(), network.getSymNameAttr(), network.getSignatureAttr(),
                  builder.getI64IntegerAttr(index.owner(network.getSymName())), sample, imitates);
  }
}

} // namespace

LogicalResult agon::game::formProgram(const GameIndex &index, const CellTable &cells, const ProgramParts &parts) {
  OpBuilder builder = OpBuilder::atBlockBegin(index.module.getBody());
  SmallVector<StringRef> schedule;
  ScheduleOp play = index.schedule;
  for (auto turn : play.getTurns().getAsRange<SymbolRefAttr>()) {
    auto it = parts.turns.find(turn.getRootReference());
    if (it == parts.turns.end())
      return play.emitOpError("expected a turn, got ") << turn;
    schedule.push_back(it->second);
  }
  SmallVector<Attribute> repeats;
  if (play.getRepeats())
    for (auto repeat : play.getRepeats()->getAsRange<RepeatAttr>())
      repeats.push_back(RepeatAttr::get(builder.getContext(), repeat.getFirst(), repeat.getLength(),
                                        symbol(builder, cellName(CellKind::Rounds, repeat.getRounds().getValue()))));
  GameOp game = index.game;
  auto program = ProgramOp::create(builder, game.getLoc(), game.getSymNameAttr(), game.getBatchAttr(),
                                   game.getConfigAttr(), builder.getStrArrayAttr(schedule), play.getEveryAttr(),
                                   repeats.empty() ? ArrayAttr() : builder.getArrayAttr(repeats), IntegerAttr(),
                                   IntegerAttr(), IntegerAttr());
  builder.createBlock(&program.getBody());
  llvm::StringSet<> read = cellsRead(index.module);
  writeCells(builder, index, cells, read);
  writeData(builder, index, parts, read);
  for (PlayerOp player : index.players)
    SeatOp::create(builder, player.getLoc(), player.getSymNameAttr(),
                   symbol(builder, cellName(CellKind::Objective, player.getSymName())),
                   symbol(builder, cellName(CellKind::Step, player.getSymName())), player.getMaximizesAttr(),
                   player.getOptimizerAttr());
  writeNetworks(builder, index, parts);
  for (PlayerOp average : index.isOfNetwork ? ArrayRef<PlayerOp>() : ArrayRef(index.averages))
    AverageOp::create(builder, average.getLoc(), average.getSymName().drop_front(StringRef("average.").size()),
                      *average.getFollows(), cellName(CellKind::Step, average.getSymName()), average.getOptimizer());
  for (LoadOp load : index.loads)
    builder.clone(*load);
  return success();
}
