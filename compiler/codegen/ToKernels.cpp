//===- ToKernels.cpp - Fused regions to kernels over one arena ------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Origin.h"
#include "compiler/codegen/Passes.h"
#include "compiler/codegen/Placement.h"
#include "compiler/cpu/Emit.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/StringExtras.h"
#include "runtime/abi/agon_abi.h"

using namespace mlir;

namespace agon::codegen {
#define GEN_PASS_DEF_AGONTOKERNELS
#include "compiler/codegen/Passes.h.inc"

namespace {

/// What makes two regions one kernel: equal bodies, and buffers shared alike.
struct RegionKey {
  RegionOp region;
  SmallVector<unsigned> bufferOf;
};

llvm::hash_code hashKey(const RegionKey &key) {
  llvm::hash_code hash = llvm::hash_combine_range(key.bufferOf.begin(), key.bufferOf.end());
  RegionOp(key.region).getBody().walk([&](Operation *op) {
    hash = llvm::hash_combine(hash, OperationEquivalence::computeHash(
                                        op, OperationEquivalence::ignoreHashValue,
                                        OperationEquivalence::ignoreHashValue,
                                        OperationEquivalence::IgnoreLocations));
  });
  return hash;
}

bool sameKernel(const RegionKey &a, const RegionKey &b) {
  RegionOp left = a.region, right = b.region;
  return a.bufferOf == b.bufferOf && left.getKind() == right.getKind() &&
         left.getOperandTypes() == right.getOperandTypes() && left.getResultTypes() == right.getResultTypes() &&
         OperationEquivalence::isRegionEquivalentTo(&left.getBody(), &right.getBody(),
                                                    OperationEquivalence::IgnoreLocations);
}

struct ToKernels : impl::AgonToKernelsBase<ToKernels> {
  using AgonToKernelsBase::AgonToKernelsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto programs = llvm::to_vector(module.getOps<ProgramOp>());
    if (programs.size() != 1) {
      module.emitError("expected one agon.program, got ") << programs.size();
      return signalPassFailure();
    }
    ProgramOp program = programs.front();
    layOutCells(program);

    options.optLevel = optLevel;
    options.target.vectorBits = vectorBits;
    uint64_t mostTemporaries = 0;
    // Kernels are told apart by comparing regions, so the functions stay until
    // all are lowered.
    SmallVector<func::FuncOp> functions;
    for (func::FuncOp function : module.getOps<func::FuncOp>())
      if (function->hasAttr("agon.kind"))
        functions.push_back(function);
    for (func::FuncOp function : functions) {
      FailureOr<uint64_t> temporaries = lower(function);
      if (failed(temporaries))
        return signalPassFailure();
      mostTemporaries = std::max(mostTemporaries, *temporaries);
    }
    for (func::FuncOp function : functions)
      function.erase();
    Builder b(&getContext());
    program->setAttr("agon.cell_bytes", b.getI64IntegerAttr(cellBytes));
    program->setAttr("agon.arena_bytes", b.getI64IntegerAttr(cellBytes + mostTemporaries));
  }

private:
  void layOutCells(ProgramOp program) {
    Builder b(&getContext());
    cellBytes = codegen::layOutCells(program, cellOffsets);
    for (CellOp cell : program.getBody().getOps<CellOp>())
      cell->setAttr("agon.offset", b.getI64IntegerAttr(cellOffsets[cell.getName()]));
  }

  FailureOr<uint64_t> lower(func::FuncOp function) {
    FailureOr<Placement> plan = place(function, cellOffsets);
    if (failed(plan))
      return failure();
    OpBuilder b(function);
    int64_t flops = 0;
    for (RegionOp region : function.getOps<RegionOp>())
      flops += region.getFlops();
    auto subject = function->getAttrOfType<IntegerAttr>("agon.subject");
    auto entry = EntryOp::create(b, function.getLoc(), function->getAttrOfType<StringAttr>("agon.kind"),
                                 function.getSymNameAttr(), subject ? subject : b.getI64IntegerAttr(-1),
                                 cellNames(function, /*results=*/false), cellNames(function, /*results=*/true),
                                 b.getI64IntegerAttr(flops), b.getI64IntegerAttr(plan->temporaryBytes));
    b.createBlock(&entry.getBody());
    bool isTurn = entry.getKind() == "turn";
    for (const FinalCopy &copy : plan->initialCopies)
      emitCopy(b, *plan, copy, isTurn);
    for (RegionOp region : function.getOps<RegionOp>())
      if (failed(lower(region, *plan, isTurn, b)))
        return failure();
    for (const FinalCopy &copy : plan->finalCopies)
      emitCopy(b, *plan, copy, isTurn);
    return plan->temporaryBytes;
  }

  ArrayAttr cellNames(func::FuncOp function, bool results) {
    SmallVector<Attribute> names;
    for (unsigned i = 0, n = results ? function.getNumResults() : function.getNumArguments(); i != n; ++i)
      names.push_back(results ? function.getResultAttr(i, "agon.cell") : function.getArgAttr(i, "agon.cell"));
    return ArrayAttr::get(&getContext(), names);
  }

  Attribute placeOf(const Buffer &buffer) {
    Builder b(&getContext());
    switch (buffer.kind) {
    case Buffer::Cell:
      return b.getI64IntegerAttr(buffer.offset);
    case Buffer::Temporary:
      return b.getI64IntegerAttr(cellBytes + buffer.offset);
    case Buffer::Constant:
      return FlatSymbolRefAttr::get(&getContext(), constantNamed(buffer.constant));
    }
    llvm_unreachable("unknown kind of buffer");
  }

  /// Appends a row of agon_extent for real numbers in the arena.
  void addExtent(SmallVectorImpl<int64_t> &extents, const Buffer &buffer, Type element, uint64_t bytes, bool written) {
    if (auto offset = dyn_cast<IntegerAttr>(placeOf(buffer)); offset && isa<FloatType>(element))
      extents.append({offset.getInt(), int64_t(bytes), element.isF64() ? AGON_F64 : AGON_F32, written});
  }

  void emitCopy(OpBuilder &b, const Placement &plan, const FinalCopy &copy, bool isTurn) {
    ++numCopies;
    const Buffer &source = plan.buffers[copy.source], &target = plan.buffers[copy.target];
    auto op = CopyOp::create(b, copy.loc, placeOf(source), cast<IntegerAttr>(placeOf(target)),
                             b.getI64IntegerAttr(copy.bytes), DenseI64ArrayAttr());
    if (!isTurn)
      return;
    SmallVector<int64_t> extents;
    addExtent(extents, source, copy.element, copy.bytes, /*written=*/false);
    addExtent(extents, target, copy.element, copy.bytes, /*written=*/true);
    op.setExtents(extents);
  }

  /// What a launch of a turn tells of the numbers that are not finite.
  void describeFailures(LaunchOp launch, RegionOp region, const Placement &plan) {
    Builder b(&getContext());
    SmallVector<int64_t> extents;
    auto add = [&](Value value, bool written) {
      auto type = cast<ShapedType>(value.getType());
      addExtent(extents, plan.buffers[plan.bufferOf.lookup(value)], type.getElementType(), byteSize(type), written);
    };
    for (Value value : region.getInputs())
      add(value, /*written=*/false);
    for (Value value : region.getResults())
      add(value, /*written=*/true);
    launch.setExtents(extents);
    SmallVector<Attribute> makers;
    for (const Maker &maker : makersOf(region))
      makers.push_back(b.getDictionaryAttr({b.getNamedAttr("operation", b.getStringAttr(maker.operation)),
                                            b.getNamedAttr("within", b.getStringAttr(maker.within)),
                                            b.getNamedAttr("source", b.getStringAttr(maker.source)),
                                            b.getNamedAttr("makes", b.getI64IntegerAttr(maker.makes))}));
    launch.setMakersAttr(b.getArrayAttr(makers));
  }

  LogicalResult lower(RegionOp region, const Placement &plan, bool isTurn, OpBuilder &b) {
    ++numRegions;
    RegionKey key{region, {}};
    llvm::SmallMapVector<unsigned, unsigned, 8> numbered; // function's buffer -> kernel's
    auto number = [&](Value value) {
      unsigned buffer = plan.bufferOf.lookup(value);
      key.bufferOf.push_back(numbered.insert({buffer, unsigned(numbered.size())}).first->second);
    };
    llvm::for_each(region.getInputs(), number);
    llvm::for_each(region.getResults(), number);

    const cpu::Kernel *kernel = nullptr;
    std::vector<std::pair<RegionKey, cpu::Kernel>> &bucket = kernels[hashKey(key)];
    for (auto &[known, candidate] : bucket)
      if (sameKernel(known, key))
        kernel = &candidate;
    if (!kernel) {
      FailureOr<cpu::Kernel> emitted =
          cpu::emitKernel(region, key.bufferOf, "kernel_" + llvm::utostr(kernelCount), getOperation(), options);
      if (failed(emitted))
        return failure();
      ++numKernels;
      ++kernelCount; // statistics do not count in release builds of LLVM
      kernel = &bucket.emplace_back(key, *emitted).second;
    }
    SmallVector<Attribute> places;
    for (auto &[buffer, position] : numbered)
      places.push_back(placeOf(plan.buffers[buffer]));
    auto launch = LaunchOp::create(
        b, region.getLoc(), FlatSymbolRefAttr::get(cpu::Kernel(*kernel).func.getSymNameAttr()),
        b.getArrayAttr(places), b.getI64IntegerAttr(kernel->tasks),
        RegionKindAttr::get(&getContext(), region.getKind()), b.getStringAttr(nameOf(region)),
        b.getStringAttr(originOf(region.getLoc()).source), b.getStringAttr(kernel->algorithm), region.getFlopsAttr(),
        region.getBytesAttr(), DenseI64ArrayAttr(), ArrayAttr());
    if (isTurn)
      describeFailures(launch, region, plan);
    return success();
  }

  StringAttr constantNamed(DenseElementsAttr value) {
    auto [entry, isNew] = constants.try_emplace(value, StringAttr());
    if (isNew) {
      entry->second = StringAttr::get(&getContext(), "constant_" + llvm::utostr(constants.size() - 1));
      OpBuilder b = OpBuilder::atBlockBegin(getOperation().getBody());
      ConstantOp::create(b, getOperation().getLoc(), entry->second, cast<ElementsAttr>(value));
    }
    return entry->second;
  }

  cpu::KernelOptions options;
  llvm::StringMap<uint64_t> cellOffsets;
  uint64_t cellBytes = 0;
  unsigned kernelCount = 0;
  std::map<size_t, std::vector<std::pair<RegionKey, cpu::Kernel>>> kernels;
  llvm::DenseMap<Attribute, StringAttr> constants;
};

} // namespace
} // namespace agon::codegen
