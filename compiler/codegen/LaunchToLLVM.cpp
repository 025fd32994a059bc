//===- LaunchToLLVM.cpp - Entries to functions of the runtime's frame -----===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/AbiRecord.h"
#include "compiler/codegen/Names.h"
#include "compiler/codegen/Origin.h"
#include "compiler/codegen/Passes.h"
#include "compiler/target/Target.h"
#include "dialects/agon/TurnForm.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"

#include <map>

using namespace mlir;

namespace agon::codegen {
#define GEN_PASS_DEF_AGONLAUNCHTOLLVM
#include "compiler/codegen/Passes.h.inc"

namespace {

/// Whether the function calls the kernel itself.
bool isCalled(LaunchOp launch) { return launch.getSpace() == Space::Host && launch.getTasks() == 1; }

/// Emits one entry as a function of the frame.
class EntryEmitter {
public:
  /// With `marked`, steps are reported to the frame's `mark`.
  EntryEmitter(EntryOp entry, StringRef name, bool marked, Space space)
      : b(entry), loc(entry.getLoc()), pointer(LLVM::LLVMPointerType::get(entry.getContext())),
        voidType(LLVM::LLVMVoidType::get(entry.getContext())) {
    function = LLVM::LLVMFuncOp::create(b, loc, name, LLVM::LLVMFunctionType::get(voidType, {pointer}));
    b.setInsertionPointToStart(function.addEntryBlock(b));
    arena = frameField(offsetof(agon_frame, arena));
    launchFunction = frameField(offsetof(agon_frame, launch));
    device = frameField(offsetof(agon_frame, device));
    if (space == Space::Device)
      copyFunction = frameField(offsetof(agon_frame, copy));
    if (marked) {
      markFunction = frameField(offsetof(agon_frame, mark));
      profiler = frameField(offsetof(agon_frame, profiler));
    }
    // One array of buffer pointers serves every parallel launch of the entry.
    int64_t mostBuffers = 0;
    for (LaunchOp launch : entry.getBody().getOps<LaunchOp>())
      if (!isCalled(launch))
        mostBuffers = std::max<int64_t>(mostBuffers, launch.getBuffers().size());
    if (mostBuffers)
      packed = LLVM::AllocaOp::create(b, loc, pointer, pointer, constant(mostBuffers));
  }

  /// Comes before each step.
  void begin(Operation &step) {
    loc = step.getLoc();
    mark();
  }

  void copy(CopyOp copy) {
    if (copyFunction) {
      auto type = LLVM::LLVMFunctionType::get(voidType, {pointer, pointer, pointer, b.getI64Type()});
      LLVM::CallOp::create(b, loc, type,
                           ValueRange{copyFunction, device, address(copy.getTargetAttr()),
                                      address(copy.getSourceAttr()), constant(copy.getBytes())});
      return;
    }
    LLVM::MemcpyOp::create(b, loc, address(copy.getTargetAttr()), address(copy.getSourceAttr()),
                           constant(copy.getBytes()), /*isVolatile=*/false);
  }

  /// Calls a kernel of one task.
  void call(LaunchOp launch, LLVM::LLVMFuncOp kernel) {
    SmallVector<Value> buffers = addresses(launch);
    buffers.append({constant(0), constant(1)});
    LLVM::CallOp::create(b, loc, kernel, buffers);
  }

  /// Hands a kernel to the device; `record` is its agon_launch.
  void launch(LaunchOp launch, LLVM::GlobalOp record) {
    for (auto [i, buffer] : llvm::enumerate(addresses(launch))) {
      Value cell = LLVM::GEPOp::create(b, loc, pointer, pointer, packed, ArrayRef<LLVM::GEPArg>{int32_t(i)});
      LLVM::StoreOp::create(b, loc, buffer, cell);
    }
    auto type = LLVM::LLVMFunctionType::get(voidType, {pointer, pointer, pointer});
    Value how = LLVM::AddressOfOp::create(b, loc, record);
    LLVM::CallOp::create(b, loc, type, ValueRange{launchFunction, device, how, packed});
  }

  LLVM::LLVMFuncOp end() {
    mark();
    LLVM::ReturnOp::create(b, function.getLoc(), ValueRange{});
    return function;
  }

private:
  Value frameField(size_t offset) {
    Value address = LLVM::GEPOp::create(b, loc, pointer, b.getI8Type(), function.getArgument(0),
                                        ArrayRef<LLVM::GEPArg>{int32_t(offset)});
    return LLVM::LoadOp::create(b, loc, pointer, address);
  }
  Value constant(int64_t value) { return LLVM::ConstantOp::create(b, loc, b.getI64Type(), b.getI64IntegerAttr(value)); }
  /// A place in the arena, or a constant's.
  Value address(Attribute place) {
    if (auto symbol = dyn_cast<FlatSymbolRefAttr>(place))
      return LLVM::AddressOfOp::create(b, loc, pointer, symbol);
    return LLVM::GEPOp::create(b, loc, pointer, b.getI8Type(), arena,
                               ValueRange{constant(cast<IntegerAttr>(place).getInt())});
  }
  SmallVector<Value> addresses(LaunchOp launch) {
    return llvm::map_to_vector(launch.getBuffers(), [&](Attribute place) { return address(place); });
  }
  void mark() {
    if (!markFunction)
      return;
    auto type = LLVM::LLVMFunctionType::get(voidType, {pointer, b.getI32Type()});
    Value number = LLVM::ConstantOp::create(b, loc, b.getI32Type(), b.getI32IntegerAttr(step++));
    LLVM::CallOp::create(b, loc, type, ValueRange{markFunction, profiler, number});
  }

  OpBuilder b;
  Location loc;
  Type pointer, voidType;
  LLVM::LLVMFuncOp function;
  Value arena, launchFunction, device; ///< Fields of the frame.
  Value copyFunction;                  ///< Another, where memory is not the host's.
  Value markFunction, profiler;        ///< Others, where it is marked.
  Value packed;
  int32_t step = 0;
};

struct LaunchToLLVM : impl::AgonLaunchToLLVMBase<LaunchToLLVM> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    records.clear();
    const targets::Target *target = targets::targetOf(targets::machineOf(getOperation()), getOperation());
    if (!target)
      return signalPassFailure();
    space = target->getSpace();
    // Those of a device's kernels lie in the arena: they are data of the model's table.
    for (ConstantOp constant : llvm::make_early_inc_range(getOperation().getOps<ConstantOp>()))
      if (!constant.getOffset())
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
    auto flat = value.isSplat() ? DenseElementsAttr::get(RankedTensorType::get({n}, value.getElementType()),
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
    // A second version rather than a test at every launch: turns are timed in earnest.
    FlatSymbolRefAttr marked;
    if (entry.getKind() == FunctionKind::Turn) {
      std::string name = (entry.getSymName() + markedSuffix).str();
      if (failed(emitEntry(entry, name, /*marked=*/true, symbols)))
        return failure();
      marked = FlatSymbolRefAttr::get(&getContext(), name);
    }
    // What the model's table says of the function (ModelTable.cpp).
    FailureOr<ArrayAttr> steps = stepsOf(entry, symbols);
    if (failed(steps))
      return failure();
    (*function)->setAttr(functionName,
                         FunctionAttr::get(&getContext(), entry.getKind(), entry.getSubject(), entry.getReads(),
                                           entry.getWrites(), entry.getFlops(), entry.getTempBytes(), marked, *steps));
    entry.erase();
    return success();
  }

  /// One StepAttr a launch or copy.
  FailureOr<ArrayAttr> stepsOf(EntryOp entry, SymbolTable &symbols) {
    SmallVector<Attribute> steps;
    for (Operation &op : entry.getBody().front())
      if (auto launch = dyn_cast<LaunchOp>(op)) {
        FailureOr<LLVM::GlobalOp> record = recordOf(launch, symbols);
        if (failed(record))
          return failure();
        steps.push_back(StepAttr::get(&getContext(), launch.getKind(), launch.getName(), launch.getSource(),
                                      launch.getAlgorithm(), launch.getFlops(), launch.getBytes(),
                                      FlatSymbolRefAttr::get(*record), launch.getExtentsAttr(),
                                      launch.getMakersAttr()));
      } else {
        auto copy = cast<CopyOp>(op);
        steps.push_back(StepAttr::get(&getContext(), RegionKind::Elementwise, "copy", originOf(op.getLoc()).source,
                                      "copy", /*flops=*/0, 2 * copy.getBytes(), FlatSymbolRefAttr(),
                                      copy.getExtentsAttr(), ArrayAttr()));
      }
    return ArrayAttr::get(&getContext(), steps);
  }

  /// The entry as a function; with `marked`, one that reports each step to the frame's `mark`.
  FailureOr<LLVM::LLVMFuncOp> emitEntry(EntryOp entry, StringRef name, bool marked, SymbolTable &symbols) {
    EntryEmitter emitter(entry, name, marked, space);
    for (Operation &op : entry.getBody().front()) {
      emitter.begin(op);
      if (auto copy = dyn_cast<CopyOp>(op)) {
        emitter.copy(copy);
        continue;
      }
      auto launch = cast<LaunchOp>(op);
      FailureOr<LLVM::GlobalOp> record = recordOf(launch, symbols);
      if (failed(record))
        return failure();
      if (isCalled(launch))
        emitter.call(launch, symbols.lookup<LLVM::LLVMFuncOp>(launch.getKernel().getLeafReference()));
      else
        emitter.launch(launch, *record);
    }
    return emitter.end();
  }

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
    auto kernel = SymbolTable::lookupNearestSymbolFrom<LLVM::LLVMFuncOp>(launch, launch.getKernel());
    if (!kernel)
      return launch.emitOpError("kernel ") << launch.getKernel() << " is not an LLVM function";
    LLVM::GlobalOp &record = records[{kernel, int64_t(launch.getTasks()), int64_t(launch.getBlock()),
                                      int64_t(launch.getScratch()), int64_t(launch.getWorkspace()), launch.getSpace()}];
    if (record)
      return record;
    bool isHost = launch.getSpace() == Space::Host;
    int64_t scratch = launch.getScratch();
    if (isHost)
      scratch = std::max(scratch, stackOf(kernel));
    if (isHost && scratch > int64_t(AGON_KERNEL_STACK_BYTES))
      return launch.emitOpError("expected a kernel of at most ")
             << AGON_KERNEL_STACK_BYTES << " bytes on the stack, got " << scratch;
    LLVM::LLVMFuncOp wrapper = isHost && !isCalled(launch) ? unpackingWrapper(kernel, symbols) : LLVM::LLVMFuncOp();

    OpBuilder b(isHost ? kernel.getOperation() : launch->getParentOp());
    Location loc = kernel.getLoc();
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    auto global = LLVM::GlobalOp::create(b, loc, pointer, /*isConstant=*/true, LLVM::Linkage::Internal,
                                         (kernel.getSymName() + ".launch").str(), Attribute(), /*alignment=*/8);
    symbols.insert(global);
    b.createBlock(&global.getInitializerRegion());
    Value address =
        wrapper ? Value(LLVM::AddressOfOp::create(b, loc, wrapper)) : Value(LLVM::ZeroOp::create(b, loc, pointer));
    Value symbol = isHost ? Value(LLVM::ZeroOp::create(b, loc, pointer)) : textOf(b, kernel.getSymName(), symbols);
    auto values = abi::inOrder<agon_launch, Value>({
        {abi::offsetOf<&agon_launch::kernel>(), address},
        number<&agon_launch::grid>(b, loc, launch.getTasks()),
        number<&agon_launch::block>(b, loc, launch.getBlock()),
        number<&agon_launch::space>(b, loc, int64_t(launch.getSpace())),
        number<&agon_launch::scratch>(b, loc, scratch),
        number<&agon_launch::workspace>(b, loc, launch.getWorkspace()),
        {abi::offsetOf<&agon_launch::symbol>(), symbol},
        number<&agon_launch::arguments>(b, loc, launch.getBuffers().size()),
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

  /// The address of a name with a null at its end.
  Value textOf(OpBuilder &b, StringRef name, SymbolTable &symbols) {
    std::string symbol = (name + ".name").str();
    auto text = symbols.lookup<LLVM::GlobalOp>(symbol);
    if (!text) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(getOperation().getBody());
      Location loc = getOperation().getLoc();
      auto type = LLVM::LLVMArrayType::get(b.getI8Type(), name.size() + 1);
      text = LLVM::GlobalOp::create(b, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal, symbol,
                                    b.getStringAttr(name + Twine('\0')));
      symbols.insert(text);
    }
    return LLVM::AddressOfOp::create(b, b.getUnknownLoc(), text);
  }

  /// `void K.unpack(void *const *args, int64_t begin, int64_t end)`: an
  /// agon_kernel that calls K with the buffers as arguments.
  LLVM::LLVMFuncOp unpackingWrapper(LLVM::LLVMFuncOp kernel, SymbolTable &symbols) {
    std::string name = (kernel.getSymName() + unpackSuffix).str();
    if (auto existing = symbols.lookup<LLVM::LLVMFuncOp>(name))
      return existing;
    OpBuilder b(kernel);
    Location loc = kernel.getLoc();
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    auto type =
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()), {pointer, b.getI64Type(), b.getI64Type()});
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

  Space space = Space::Host;
  std::map<std::tuple<Operation *, int64_t, int64_t, int64_t, int64_t, Space>, LLVM::GlobalOp> records;
};

} // namespace
} // namespace agon::codegen
