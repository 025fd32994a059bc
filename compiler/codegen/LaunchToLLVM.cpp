//===- LaunchToLLVM.cpp - Entries to functions of the runtime's frame -----===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/AbiRecord.h"
#include "compiler/codegen/Origin.h"
#include "compiler/codegen/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"

#include <map>

using namespace mlir;

namespace agon::codegen {
#define GEN_PASS_DEF_AGONLAUNCHTOLLVM
#include "compiler/codegen/Passes.h.inc"

namespace {

struct LaunchToLLVM : impl::AgonLaunchToLLVMBase<LaunchToLLVM> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    records.clear();
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
    FailureOr<ArrayAttr> regions = describe(entry, symbols);
    if (failed(regions))
      return failure();
    (*function)->setAttr("agon.kind", entry.getKindAttr());
    (*function)->setAttr("agon.subject", b.getI64IntegerAttr(entry.getSubject()));
    (*function)->setAttr("agon.reads", entry.getReadsAttr());
    (*function)->setAttr("agon.writes", entry.getWritesAttr());
    (*function)->setAttr("agon.flops", entry.getFlopsAttr());
    (*function)->setAttr("agon.temp_bytes", entry.getTempBytesAttr());
    (*function)->setAttr("agon.regions", *regions);
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
  FailureOr<ArrayAttr> describe(EntryOp entry, SymbolTable &symbols) {
    Builder b(&getContext());
    SmallVector<Attribute> rows;
    auto row = [&](int64_t kind, StringRef name, StringRef source, StringRef algorithm, int64_t flops, int64_t bytes,
                   Attribute launch, DenseI64ArrayAttr extents, ArrayAttr makers) {
      rows.push_back(b.getDictionaryAttr({b.getNamedAttr("kind", b.getI64IntegerAttr(kind)),
                                          b.getNamedAttr("name", b.getStringAttr(name)),
                                          b.getNamedAttr("source", b.getStringAttr(source)),
                                          b.getNamedAttr("algorithm", b.getStringAttr(algorithm)),
                                          b.getNamedAttr("flops", b.getI64IntegerAttr(flops)),
                                          b.getNamedAttr("bytes", b.getI64IntegerAttr(bytes)),
                                          b.getNamedAttr("launch", launch),
                                          b.getNamedAttr("extents", extents ? extents : b.getDenseI64ArrayAttr({})),
                                          b.getNamedAttr("makers", makers ? makers : b.getArrayAttr({}))}));
    };
    for (Operation &op : entry.getBody().front())
      if (auto launch = dyn_cast<LaunchOp>(op)) {
        FailureOr<LLVM::GlobalOp> record = recordOf(launch, symbols);
        if (failed(record))
          return failure();
        row(int64_t(launch.getKind()), launch.getName(), launch.getSource(), launch.getAlgorithm(), launch.getFlops(),
            launch.getBytes(), FlatSymbolRefAttr::get(*record), launch.getExtentsAttr(), launch.getMakersAttr());
      } else if (auto copy = cast<CopyOp>(op))
        row(AGON_REGION_COPY, "copy", originOf(op.getLoc()).source, "copy", 0, 2 * copy.getBytes(), b.getUnitAttr(),
            copy.getExtentsAttr(), {});
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
    Value launchFunction = frameField(offsetof(agon_frame, launch));
    Value device = frameField(offsetof(agon_frame, device));
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
      if (!isCalled(launch))
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
      FailureOr<LLVM::GlobalOp> record = recordOf(launch, symbols);
      if (failed(record))
        return failure();
      auto kernel = symbols.lookup<LLVM::LLVMFuncOp>(launch.getKernel());
      SmallVector<Value> buffers;
      for (Attribute place : launch.getBuffers())
        buffers.push_back(address(place));
      if (isCalled(launch)) {
        buffers.append({constant(0), constant(1)});
        LLVM::CallOp::create(b, loc, kernel, buffers);
        continue;
      }
      for (auto [i, buffer] : llvm::enumerate(buffers)) {
        Value cell = LLVM::GEPOp::create(b, loc, pointer, pointer, packed, ArrayRef<LLVM::GEPArg>{int32_t(i)});
        LLVM::StoreOp::create(b, loc, buffer, cell);
      }
      auto type = LLVM::LLVMFunctionType::get(voidType, {pointer, pointer, pointer});
      Value how = LLVM::AddressOfOp::create(b, loc, *record);
      LLVM::CallOp::create(b, loc, type, ValueRange{launchFunction, device, how, packed});
    }
    mark();
    LLVM::ReturnOp::create(b, entry.getLoc(), ValueRange{});
    return function;
  }

  /// Whether the function calls the kernel itself.
  static bool isCalled(LaunchOp launch) { return launch.getSpace() == Space::Host && launch.getTasks() == 1; }

  /// What a kernel has on its stack.
  static int64_t stackOf(LLVM::LLVMFuncOp kernel) {
    DataLayout layout = DataLayout::closest(kernel);
    int64_t bytes = 0;
    kernel.walk([&](LLVM::AllocaOp alloca) {
      APInt count;
      if (matchPattern(alloca.getArraySize(), m_ConstantInt(&count)))
        bytes += llvm::alignTo(count.getSExtValue() * layout.getTypeSize(alloca.getElemType()),
                               std::max<uint64_t>(alloca.getAlignment().value_or(0), 8));
    });
    return bytes;
  }

  template <auto member>
  static abi::Field<abi::StructOf<member>, Value> number(OpBuilder &b, Location loc, int64_t value) {
    Type type = b.getIntegerType(8 * sizeof(abi::TypeOf<member>));
    return {abi::offsetOf<member>(), LLVM::ConstantOp::create(b, loc, type, b.getIntegerAttr(type, value))};
  }

  /// The constant agon_launch `K.launch` of a launch; launches that are alike have one.
  FailureOr<LLVM::GlobalOp> recordOf(LaunchOp launch, SymbolTable &symbols) {
    auto kernel = symbols.lookup<LLVM::LLVMFuncOp>(launch.getKernel());
    if (!kernel)
      return launch.emitOpError("kernel '") << launch.getKernel() << "' is not an LLVM function";
    LLVM::GlobalOp &record = records[{kernel, int64_t(launch.getTasks()), int64_t(launch.getBlock()),
                                      int64_t(launch.getScratch()), int64_t(launch.getWorkspace()),
                                      launch.getSpace()}];
    if (record)
      return record;
    int64_t scratch = launch.getScratch();
    if (launch.getSpace() == Space::Host)
      scratch = std::max(scratch, stackOf(kernel));
    if (launch.getSpace() == Space::Host && scratch > int64_t(AGON_KERNEL_STACK_BYTES))
      return launch.emitOpError("expected a kernel of at most ")
             << AGON_KERNEL_STACK_BYTES << " bytes on the stack, got " << scratch;
    LLVM::LLVMFuncOp wrapper = isCalled(launch) ? LLVM::LLVMFuncOp() : unpackingWrapper(kernel, symbols);

    OpBuilder b(kernel);
    Location loc = kernel.getLoc();
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    auto global = LLVM::GlobalOp::create(b, loc, pointer, /*isConstant=*/true, LLVM::Linkage::Internal,
                                         (kernel.getSymName() + ".launch").str(), Attribute(), /*alignment=*/8);
    symbols.insert(global);
    b.createBlock(&global.getInitializerRegion());
    Value address = wrapper ? Value(LLVM::AddressOfOp::create(b, loc, wrapper))
                            : Value(LLVM::ZeroOp::create(b, loc, pointer));
    auto values = abi::inOrder<agon_launch, Value>({
        {abi::offsetOf<&agon_launch::kernel>(), address},
        number<&agon_launch::grid>(b, loc, launch.getTasks()),
        number<&agon_launch::block>(b, loc, launch.getBlock()),
        number<&agon_launch::space>(b, loc, int64_t(launch.getSpace())),
        number<&agon_launch::scratch>(b, loc, scratch),
        number<&agon_launch::workspace>(b, loc, launch.getWorkspace()),
    });
    auto type = LLVM::LLVMStructType::getLiteral(
        &getContext(), llvm::map_to_vector(values, [](Value value) { return value.getType(); }));
    global.setGlobalType(type);
    Value whole = LLVM::UndefOp::create(b, loc, type);
    for (auto [i, value] : llvm::enumerate(values))
      whole = LLVM::InsertValueOp::create(b, loc, whole, value, int64_t(i));
    LLVM::ReturnOp::create(b, loc, whole);
    return record = global;
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

  std::map<std::tuple<Operation *, int64_t, int64_t, int64_t, int64_t, Space>, LLVM::GlobalOp> records;
};

} // namespace
} // namespace agon::codegen
