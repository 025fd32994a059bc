//===- LaunchToLLVM.cpp - Entries to functions of the runtime's frame -----===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/AbiRecord.h"
#include "compiler/codegen/Origin.h"
#include "compiler/codegen/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace agon::codegen {
#define GEN_PASS_DEF_AGONLAUNCHTOLLVM
#include "compiler/codegen/Passes.h.inc"

namespace {

struct LaunchToLLVM : impl::AgonLaunchToLLVMBase<LaunchToLLVM> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (ConstantOp constant : llvm::make_early_inc_range(getOperation().getOps<ConstantOp>()))
      lowerConstant(constant);
    for (EntryOp entry : llvm::make_early_inc_range(getOperation().getOps<EntryOp>()))
      if (failed(lowerEntry(entry, symbols)))
        return signalPassFailure();
  }

  void lowerConstant(ConstantOp constant) {
    OpBuilder b(constant);
    auto value = cast<DenseElementsAttr>(constant.getValue());
    int64_t n = value.getNumElements();
    // A splat is written out: the global is read through a plain pointer.
    auto flat = value.isSplat()
                    ? DenseElementsAttr::get(RankedTensorType::get({n}, value.getElementType()),
                                             value.getSplatValue<Attribute>())
                    : value.reshape(RankedTensorType::get({n}, value.getElementType()));
    auto type = LLVM::LLVMArrayType::get(value.getElementType(), n);
    LLVM::GlobalOp::create(b, constant.getLoc(), type, /*isConstant=*/true, LLVM::Linkage::Internal,
                           constant.getSymName(), flat, /*alignment=*/64);
    constant.erase();
  }

  LogicalResult lowerEntry(EntryOp entry, SymbolTable &symbols) {
    FailureOr<LLVM::LLVMFuncOp> function = emitEntry(entry, entry.getSymName(), /*marked=*/false, symbols);
    if (failed(function))
      return failure();
    // What the model's table says of the function (ModelTable.cpp).
    Builder b(&getContext());
    (*function)->setAttr("agon.kind", entry.getKindAttr());
    (*function)->setAttr("agon.subject", b.getI64IntegerAttr(entry.getSubject()));
    (*function)->setAttr("agon.reads", entry.getReadsAttr());
    (*function)->setAttr("agon.writes", entry.getWritesAttr());
    (*function)->setAttr("agon.flops", entry.getFlopsAttr());
    (*function)->setAttr("agon.temp_bytes", entry.getTempBytesAttr());
    (*function)->setAttr("agon.regions", describe(entry));
    // A second version rather than a test at every launch: turns are timed in earnest.
    if (entry.getKind() == "turn") {
      std::string marked = (entry.getSymName() + ".marked").str();
      if (failed(emitEntry(entry, marked, /*marked=*/true, symbols)))
        return failure();
      (*function)->setAttr("agon.marked", b.getStringAttr(marked));
    }
    entry.erase();
    return success();
  }

  /// The rows of agon_region, one a launch or copy.
  ArrayAttr describe(EntryOp entry) {
    Builder b(&getContext());
    SmallVector<Attribute> rows;
    auto row = [&](int64_t kind, StringRef name, StringRef source, StringRef algorithm, int64_t flops, int64_t bytes,
                   int64_t tasks, DenseI64ArrayAttr extents, ArrayAttr makers) {
      rows.push_back(b.getDictionaryAttr({b.getNamedAttr("kind", b.getI64IntegerAttr(kind)),
                                          b.getNamedAttr("name", b.getStringAttr(name)),
                                          b.getNamedAttr("source", b.getStringAttr(source)),
                                          b.getNamedAttr("algorithm", b.getStringAttr(algorithm)),
                                          b.getNamedAttr("flops", b.getI64IntegerAttr(flops)),
                                          b.getNamedAttr("bytes", b.getI64IntegerAttr(bytes)),
                                          b.getNamedAttr("tasks", b.getI64IntegerAttr(tasks)),
                                          b.getNamedAttr("extents", extents ? extents : b.getDenseI64ArrayAttr({})),
                                          b.getNamedAttr("makers", makers ? makers : b.getArrayAttr({}))}));
    };
    for (Operation &op : entry.getBody().front())
      if (auto launch = dyn_cast<LaunchOp>(op))
        row(int64_t(launch.getKind()), launch.getName(), launch.getSource(), launch.getAlgorithm(), launch.getFlops(),
            launch.getBytes(), launch.getTasks(), launch.getExtentsAttr(), launch.getMakersAttr());
      else if (auto copy = cast<CopyOp>(op))
        row(AGON_REGION_COPY, "copy", originOf(op.getLoc()).source, "copy", 0, 2 * copy.getBytes(), 1, copy.getExtentsAttr(),
            {});
    return b.getArrayAttr(rows);
  }

  /// The entry as a function; with `marked`, one that reports each step to the frame's `mark`.
  FailureOr<LLVM::LLVMFuncOp> emitEntry(EntryOp entry, StringRef name, bool marked, SymbolTable &symbols) {
    OpBuilder b(entry);
    Location loc = entry.getLoc();
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    auto voidType = LLVM::LLVMVoidType::get(&getContext());
    auto function = LLVM::LLVMFuncOp::create(b, loc, name, LLVM::LLVMFunctionType::get(voidType, {pointer}));
    b.setInsertionPointToStart(function.addEntryBlock(b));
    Value frame = function.getArgument(0);
    auto frameField = [&](size_t offset) -> Value {
      Value address =
          LLVM::GEPOp::create(b, loc, pointer, b.getI8Type(), frame, ArrayRef<LLVM::GEPArg>{int32_t(offset)});
      return LLVM::LoadOp::create(b, loc, pointer, address);
    };
    Value arena = frameField(offsetof(agon_frame, arena));
    Value parallelFor = frameField(offsetof(agon_frame, parallel_for));
    Value pool = frameField(offsetof(agon_frame, pool));
    Value markFunction = marked ? frameField(offsetof(agon_frame, mark)) : Value();
    Value profiler = marked ? frameField(offsetof(agon_frame, profiler)) : Value();
    Type i64 = b.getI64Type();
    auto constant = [&](int64_t value) -> Value {
      return LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(value));
    };
    auto address = [&](Attribute place) -> Value {
      if (auto symbol = dyn_cast<FlatSymbolRefAttr>(place))
        return LLVM::AddressOfOp::create(b, loc, pointer, symbol);
      return LLVM::GEPOp::create(b, loc, pointer, b.getI8Type(), arena,
                                 ValueRange{constant(cast<IntegerAttr>(place).getInt())});
    };
    int32_t region = 0;
    auto mark = [&] {
      if (!marked)
        return;
      auto type = LLVM::LLVMFunctionType::get(voidType, {pointer, b.getI32Type()});
      Value number = LLVM::ConstantOp::create(b, loc, b.getI32Type(), b.getI32IntegerAttr(region++));
      LLVM::CallOp::create(b, loc, type, ValueRange{markFunction, profiler, number});
    };
    // One array of buffer pointers serves every parallel launch of the entry.
    int64_t mostBuffers = 0;
    for (LaunchOp launch : entry.getBody().getOps<LaunchOp>())
      if (launch.getTasks() > 1)
        mostBuffers = std::max<int64_t>(mostBuffers, launch.getBuffers().size());
    Value packed;
    if (mostBuffers)
      packed = LLVM::AllocaOp::create(b, loc, pointer, pointer, constant(mostBuffers));

    for (Operation &op : entry.getBody().front()) {
      loc = op.getLoc();
      mark();
      if (auto copy = dyn_cast<CopyOp>(op)) {
        LLVM::MemcpyOp::create(b, loc, address(copy.getTargetAttr()), address(copy.getSourceAttr()),
                               constant(copy.getBytes()), /*isVolatile=*/false);
        continue;
      }
      auto launch = cast<LaunchOp>(op);
      auto kernel = symbols.lookup<LLVM::LLVMFuncOp>(launch.getKernel());
      if (!kernel)
        return launch.emitOpError("kernel '") << launch.getKernel() << "' is not an LLVM function";
      SmallVector<Value> buffers;
      for (Attribute place : launch.getBuffers())
        buffers.push_back(address(place));
      if (launch.getTasks() == 1) {
        buffers.append({constant(0), constant(1)});
        LLVM::CallOp::create(b, loc, kernel, buffers);
        continue;
      }
      for (auto [i, buffer] : llvm::enumerate(buffers)) {
        Value cell = LLVM::GEPOp::create(b, loc, pointer, pointer, packed, ArrayRef<LLVM::GEPArg>{int32_t(i)});
        LLVM::StoreOp::create(b, loc, buffer, cell);
      }
      Value wrapper = LLVM::AddressOfOp::create(b, loc, unpackingWrapper(kernel, symbols));
      auto type = LLVM::LLVMFunctionType::get(voidType, {pointer, pointer, pointer, i64});
      LLVM::CallOp::create(b, loc, type, ValueRange{parallelFor, pool, wrapper, packed, constant(launch.getTasks())});
    }
    mark();
    LLVM::ReturnOp::create(b, entry.getLoc(), ValueRange{});
    return function;
  }

  /// `void K.unpack(void *const *args, int64_t begin, int64_t end)`: an
  /// agon_kernel that calls K with the buffers as arguments.
  LLVM::LLVMFuncOp unpackingWrapper(LLVM::LLVMFuncOp kernel, SymbolTable &symbols) {
    std::string name = (kernel.getSymName() + ".unpack").str();
    if (auto existing = symbols.lookup<LLVM::LLVMFuncOp>(name))
      return existing;
    OpBuilder b(kernel);
    Location loc = kernel.getLoc();
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()),
                                            {pointer, b.getI64Type(), b.getI64Type()});
    auto wrapper = LLVM::LLVMFuncOp::create(b, loc, name, type, LLVM::Linkage::Internal);
    symbols.insert(wrapper);
    b.setInsertionPointToStart(wrapper.addEntryBlock(b));
    SmallVector<Value> arguments;
    for (unsigned i = 0, n = kernel.getNumArguments() - 2; i != n; ++i) {
      Value cell =
          LLVM::GEPOp::create(b, loc, pointer, pointer, wrapper.getArgument(0), ArrayRef<LLVM::GEPArg>{int32_t(i)});
      arguments.push_back(LLVM::LoadOp::create(b, loc, pointer, cell));
    }
    arguments.append({wrapper.getArgument(1), wrapper.getArgument(2)});
    LLVM::CallOp::create(b, loc, kernel, arguments);
    LLVM::ReturnOp::create(b, loc, ValueRange{});
    return wrapper;
  }
};

} // namespace
} // namespace agon::codegen
