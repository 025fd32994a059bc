//===- EmitEntries.cpp - Regions to kernels and their launches ------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Arena.h"
#include "compiler/codegen/EqualRegions.h"
#include "compiler/codegen/Extents.h"
#include "compiler/codegen/ModelTable.h"
#include "compiler/codegen/Names.h"
#include "compiler/codegen/Origin.h"
#include "compiler/codegen/Passes.h"
#include "compiler/codegen/Placement.h"
#include "compiler/target/Target.h"
#include "dialects/agon/TurnForm.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace agon::codegen {
#define GEN_PASS_DEF_AGONEMIT
#include "compiler/codegen/Passes.h.inc"

namespace {

struct EmitEntries : impl::AgonEmitBase<EmitEntries> {
  using AgonEmitBase::AgonEmitBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    AgonEmitBase::getDependentDialects(registry);
    targets::registerDialects(registry);
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    options = {targets::machineOf(module), int(optLevel)};
    target = targets::targetOf(options.target, module);
    if (!target)
      return signalPassFailure();
    // Kernels are told apart by comparing regions, so the functions stay until all are lowered.
    SmallVector<func::FuncOp> functions;
    for (func::FuncOp function : module.getOps<func::FuncOp>())
      if (!functionKind(function).empty())
        functions.push_back(function);
    for (func::FuncOp function : functions)
      if (failed(lower(function)))
        return signalPassFailure();
    for (ProgramOp program : module.getOps<ProgramOp>()) {
      emitExpansions(program);
      if (std::optional<targets::Kernel> kernel =
              target->emitFiniteness(realTypeOf(program), "not_finite", module, options))
        program->setAttr(notFiniteName, Builder(&getContext()).getDictionaryAttr(launchOf(*kernel)));
    }
    for (func::FuncOp function : functions)
      function.erase();
  }

private:
  LogicalResult lower(func::FuncOp function) {
    auto temporaries = function->getAttrOfType<IntegerAttr>(temporaryBytesName);
    if (!temporaries)
      return function.emitError("has no places yet: agon-place comes before agon-emit");
    OpBuilder b(function);
    int64_t flops = 0;
    for (RegionOp region : function.getOps<RegionOp>())
      flops += region.getFlops();
    auto entry = EntryOp::create(
        b, function.getLoc(), b.getStringAttr(functionKind(function)), function.getSymNameAttr(),
        b.getI64IntegerAttr(functionSubject(function)), cells(function.getNumArguments(), function, argumentCell),
        cells(function.getNumResults(), function, resultCell), b.getI64IntegerAttr(flops), temporaries);
    b.createBlock(&entry.getBody());
    for (Operation &op : function.getBody().front()) {
      if (isa<CopyOp>(op))
        b.clone(op);
      else if (auto region = dyn_cast<RegionOp>(op);
               region && failed(launch(region, entry.getKind() == FunctionKind::Turn, b)))
        return failure();
    }
    return success();
  }

  ArrayAttr cells(unsigned count, func::FuncOp function, FlatSymbolRefAttr (*cellOf)(func::FuncOp, unsigned)) {
    SmallVector<Attribute> names;
    for (unsigned i = 0; i != count; ++i)
      names.push_back(cellOf(function, i));
    return ArrayAttr::get(&getContext(), names);
  }

  /// What a launch of a turn tells of the numbers that are not finite.
  void describeFailures(LaunchOp launch, RegionOp region) {
    Builder b(&getContext());
    SmallVector<Attribute> extents, makers;
    auto places = region.getPlacesAttr().begin();
    auto add = [&](Value value, bool written) {
      auto type = cast<ShapedType>(value.getType());
      addExtent(extents, *places++, type.getElementType(), byteSize(type), written);
    };
    for (Value value : region.getInputs())
      add(value, /*written=*/false);
    for (Value value : region.getResults())
      add(value, /*written=*/true);
    launch.setExtentsAttr(b.getArrayAttr(extents));
    for (const Maker &maker : makersOf(region))
      makers.push_back(MakerAttr::get(&getContext(), maker.operation, maker.within, maker.source, maker.makes));
    launch.setMakersAttr(b.getArrayAttr(makers));
  }

  LogicalResult launch(RegionOp region, bool isTurn, OpBuilder &b) {
    ++numRegions;
    RegionKey key(region);
    if (!region.getPlaces())
      return region.emitOpError("has no places yet: agon-place comes before agon-emit");
    Emitted *kernel = kernels.find(key);
    if (!kernel) {
      std::string name = "kernel_" + llvm::utostr(kernelCount++); // statistics do not count in release builds of LLVM
      FailureOr<targets::Kernel> emitted = target->emit(region, key.bufferOf, name, getOperation(), options);
      if (failed(emitted))
        return failure();
      ++numKernels;
      kernel = kernels.keep(key, {*emitted, target->explain(region, options)});
    }
    targets::Kernel &run = kernel->kernel;
    auto launch =
        LaunchOp::create(b, region.getLoc(), symbolOf(run), buffersOf(key), b.getI64IntegerAttr(run.tasks),
                         RegionKindAttr::get(&getContext(), region.getKind()), b.getStringAttr(nameOf(region)),
                         b.getStringAttr(originOf(region.getLoc()).source), b.getStringAttr(kernel->algorithm),
                         region.getFlopsAttr(), region.getBytesAttr(), ArrayAttr(), ArrayAttr(),
                         b.getI64IntegerAttr(run.block), b.getI64IntegerAttr(run.scratch),
                         b.getI64IntegerAttr(run.workspace), SpaceAttr::get(&getContext(), target->getSpace()));
    if (isTurn)
      describeFailures(launch, region);
    return success();
  }

  /// The places that a launch hands to the kernel: those of the region's buffers, or of what it reads of them.
  ArrayAttr buffersOf(const RegionKey &key) {
    Builder b(&getContext());
    SmallVector<Attribute> buffers(key.places);
    RegionOp region = key.region;
    if (auto shifts = region->getAttrOfType<DenseI64ArrayAttr>(shiftsName))
      for (auto [input, bytes] : llvm::enumerate(shifts.asArrayRef()))
        if (Attribute &buffer = buffers[key.bufferOf[input]]; bytes != 0)
          buffer = b.getI64IntegerAttr(cast<IntegerAttr>(buffer).getInt() + bytes);
    return b.getArrayAttr(buffers);
  }

  /// A kernel's name, from the program's module.
  SymbolRefAttr symbolOf(targets::Kernel &kernel) {
    auto name = FlatSymbolRefAttr::get(kernel.func.getSymNameAttr());
    if (target->getSpace() == Space::Host)
      return name;
    return SymbolRefAttr::get(StringAttr::get(&getContext(), targets::deviceModule), name);
  }

  /// A kernel that no region asks for, and how it is run.
  SmallVector<NamedAttribute> launchOf(targets::Kernel &kernel) {
    Builder b(&getContext());
    auto number = [&](StringRef name, int64_t value) { return b.getNamedAttr(name, b.getI64IntegerAttr(value)); };
    return {b.getNamedAttr("kernel", symbolOf(kernel)), number("tasks", kernel.tasks), number("block", kernel.block),
            number("arguments", kernel.func.getNumArguments())};
  }

  /// How minibatches of bytes become numbers on a device, which come from a table of them in the arena.
  void emitExpansions(ProgramOp program) {
    for (FieldOp field : program.getBody().getOps<FieldOp>()) {
      auto cell = SymbolTable::lookupNearestSymbolFrom<CellOp>(field, field.getCellAttr());
      auto type = cast<RankedTensorType>(cell.getType());
      std::string name = ("expand_" + field.getName()).str();
      std::optional<targets::Kernel> kernel = target->emitExpansion(type, name, getOperation(), options);
      if (!kernel)
        continue;
      uint64_t numbers = alignToArena(program.getArenaBytes().value_or(0));
      program.setArenaBytes(numbers + alignToArena(256 * type.getElementTypeBitWidth() / 8));
      Builder b(&getContext());
      SmallVector<NamedAttribute> expand = launchOf(*kernel);
      expand.push_back(b.getNamedAttr("numbers", b.getI64IntegerAttr(int64_t(numbers))));
      field->setAttr(expandName, b.getDictionaryAttr(expand));
    }
  }

  targets::Options options;
  const targets::Target *target = nullptr;
  unsigned kernelCount = 0;
  struct Emitted {
    targets::Kernel kernel;
    std::string algorithm; ///< In words.
  };
  ByKernel<Emitted> kernels;
};

} // namespace
} // namespace agon::codegen
