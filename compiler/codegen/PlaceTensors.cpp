//===- PlaceTensors.cpp - A place in one arena for every tensor -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Extents.h"
#include "compiler/codegen/Names.h"
#include "compiler/codegen/Passes.h"
#include "compiler/codegen/Placement.h"
#include "compiler/target/Target.h"
#include "dialects/agon/TurnForm.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace agon::codegen {
#define GEN_PASS_DEF_AGONPLACE
#include "compiler/codegen/Passes.h.inc"

namespace {

struct PlaceTensors : impl::AgonPlaceBase<PlaceTensors> {
  using AgonPlaceBase::AgonPlaceBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto programs = llvm::to_vector(module.getOps<ProgramOp>());
    if (programs.size() != 1) {
      module.emitError("expected one agon.program, got ") << programs.size();
      return signalPassFailure();
    }
    const targets::Target *target = targets::targetOf(targets::machineOf(module), module);
    if (!target)
      return signalPassFailure();
    ProgramOp program = programs.front();
    cellBytes = layOutCells(program, cellOffsets);
    for (CellOp cell : program.getBody().getOps<CellOp>())
      cell.setOffset(cellOffsets[cell.getName()]);
    uint64_t mostTemporaries = 0;
    SmallVector<std::pair<func::FuncOp, Placement>> placed;
    for (func::FuncOp function : module.getOps<func::FuncOp>()) {
      if (functionKind(function).empty())
        continue;
      FailureOr<Placement> plan =
          codegen::place(function, cellOffsets, [&](RegionOp region, unsigned input, unsigned result) {
            return target->canUpdateInPlace(region, input, result);
          });
      if (failed(plan))
        return signalPassFailure();
      mostTemporaries = std::max(mostTemporaries, plan->temporaryBytes);
      placed.emplace_back(function, std::move(*plan));
    }
    space = target->getSpace();
    arenaBytes = cellBytes + mostTemporaries;
    for (auto &[function, plan] : placed)
      write(function, plan);
    program.setCellBytes(cellBytes);
    program.setArenaBytes(arenaBytes);
  }

private:
  /// Says in `function` what was planned of it.
  void write(func::FuncOp function, const Placement &plan) {
    OpBuilder b = OpBuilder::atBlockBegin(&function.getBody().front());
    function->setAttr(temporaryBytesName, b.getI64IntegerAttr(plan.temporaryBytes));
    bool isTurn = functionKind(function) == FunctionKind::Turn;
    for (const FinalCopy &copy : plan.initialCopies)
      addCopy(b, plan, copy, isTurn);
    for (RegionOp region : function.getOps<RegionOp>()) {
      SmallVector<Attribute> places;
      auto add = [&](Value value) { places.push_back(placeOf(plan.buffers[plan.bufferOf.lookup(value)])); };
      llvm::for_each(region.getInputs(), add);
      llvm::for_each(region.getResults(), add);
      region.setPlacesAttr(b.getArrayAttr(places));
    }
    b.setInsertionPoint(function.getBody().front().getTerminator());
    for (const FinalCopy &copy : plan.finalCopies)
      addCopy(b, plan, copy, isTurn);
  }

  void addCopy(OpBuilder &b, const Placement &plan, const FinalCopy &copy, bool isTurn) {
    ++numCopies;
    Attribute source = placeOf(plan.buffers[copy.source]), target = placeOf(plan.buffers[copy.target]);
    auto op =
        CopyOp::create(b, copy.loc, source, cast<IntegerAttr>(target), b.getI64IntegerAttr(copy.bytes), ArrayAttr());
    if (!isTurn)
      return;
    SmallVector<Attribute> extents;
    addExtent(extents, source, copy.element, copy.bytes, /*written=*/false);
    addExtent(extents, target, copy.element, copy.bytes, /*written=*/true);
    op.setExtentsAttr(b.getArrayAttr(extents));
  }

  Attribute placeOf(const Buffer &buffer) {
    Builder b(&getContext());
    switch (buffer.kind) {
    case Buffer::Cell:
      return b.getI64IntegerAttr(buffer.offset);
    case Buffer::Temporary:
      return b.getI64IntegerAttr(cellBytes + buffer.offset);
    case Buffer::Constant:
      return placeOfConstant(buffer.constant);
    }
    llvm_unreachable("unknown kind of buffer");
  }

  /// A symbol, or behind the temporaries of a device's arena.
  Attribute placeOfConstant(DenseElementsAttr value) {
    auto [entry, isNew] = constants.try_emplace(value, Attribute());
    if (!isNew)
      return entry->second;
    OpBuilder b = OpBuilder::atBlockBegin(getOperation().getBody());
    StringAttr name = b.getStringAttr("constant_" + llvm::utostr(constants.size() - 1));
    IntegerAttr offset;
    if (space == Space::Device) {
      offset = b.getI64IntegerAttr(int64_t(arenaBytes));
      arenaBytes += alignToArena(byteSize(value.getType()));
    }
    ConstantOp::create(b, getOperation().getLoc(), name, cast<ElementsAttr>(value), offset);
    return entry->second = offset ? Attribute(offset) : FlatSymbolRefAttr::get(name);
  }

  llvm::StringMap<uint64_t> cellOffsets;
  uint64_t cellBytes = 0, arenaBytes = 0;
  Space space = Space::Host;
  llvm::DenseMap<Attribute, Attribute> constants;
};

} // namespace
} // namespace agon::codegen
