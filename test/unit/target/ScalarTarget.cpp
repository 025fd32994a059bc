//===- ScalarTarget.cpp - A second target, for tests ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Regions as MLIR's own passes make loops of them: one scalar loop nest an operation, no
// plans, nothing in place, no parts of the samples. It holds the seam: what agonc makes
// for it is what it makes for a CPU, and no room but this one knows of it.
//
//===----------------------------------------------------------------------===//
#include "test/unit/target/ScalarTarget.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/FuncBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Linalg/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
using namespace agon;

namespace {

/// Booleans are bytes in memory.
RankedTensorType storedType(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getElementType().isInteger(1) ? tensor.clone(IntegerType::get(type.getContext(), 8)) : tensor;
}

/// `value` with the elements of `type`.
Value converted(OpBuilder &b, Location loc, Value value, RankedTensorType type) {
  if (value.getType() == type)
    return value;
  Value empty = tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
  AffineMap map = AffineMap::getMultiDimIdentityMap(type.getRank(), b.getContext());
  SmallVector<utils::IteratorType> loops(type.getRank(), utils::IteratorType::parallel);
  return linalg::GenericOp::create(b, loc, TypeRange(type), value, empty, ArrayRef{map, map}, loops,
                                   [&](OpBuilder &inner, Location, ValueRange in) {
                                     Value element =
                                         type.getElementType().isInteger(1)
                                             ? Value(arith::TruncIOp::create(inner, loc, type.getElementType(), in[0]))
                                             : Value(arith::ExtUIOp::create(inner, loc, type.getElementType(), in[0]));
                                     linalg::YieldOp::create(inner, loc, element);
                                   })
      .getResult(0);
}

/// Copies of buffers as operations that become loops; MLIR's own lowering calls a library.
struct CopiesToLinalg : PassWrapper<CopiesToLinalg, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(CopiesToLinalg)
  void runOnOperation() final {
    getOperation().walk([](memref::CopyOp copy) {
      OpBuilder b(copy);
      linalg::CopyOp::create(b, copy.getLoc(), copy.getSource(), copy.getTarget());
      copy.erase();
    });
  }
};

class ScalarTarget : public targets::Target {
public:
  StringRef getName() const override { return "scalar"; }

  llvm::Expected<std::vector<targets::Machine>> resolve(StringRef march, MLIRContext *context) const override {
    targets::Machine machine;
    machine.march = march.str();
    machine.target = getLeastMachine(context);
    return std::vector{machine};
  }
  TargetAttr getLeastMachine(MLIRContext *context) const override {
    Builder b(context);
    return TargetAttr::get(context, "scalar", "x86-64", StringAttr(), /*lanes=*/1, /*registers=*/16,
                           b.getDenseI64ArrayAttr({}), b.getDenseI64ArrayAttr({}), /*workers=*/1, b.getArrayAttr({}),
                           b.getArrayAttr({}));
  }
  targets::ConvolutionCosts getConvolutionCosts(TargetAttr) const override { return {}; }

  void registerDialects(DialectRegistry &registry) const override {
    registry.insert<bufferization::BufferizationDialect, memref::MemRefDialect, linalg::LinalgDialect>();
    arith::registerBufferizableOpInterfaceExternalModels(registry);
    bufferization::func_ext::registerBufferizableOpInterfaceExternalModels(registry);
    linalg::registerBufferizableOpInterfaceExternalModels(registry);
    tensor::registerBufferizableOpInterfaceExternalModels(registry);
  }
  bool canUpdateInPlace(RegionOp, unsigned, unsigned) const override { return false; }
  Attribute plan(RegionOp, ArrayRef<unsigned>, const targets::Options &) const override { return {}; }

  std::string explain(RegionOp, const targets::Options &) const override { return "scalar loops"; }

  /// The region's body between the buffers, as tensors still: `addToLLVMPasses` makes loops of it.
  FailureOr<targets::Kernel> emit(RegionOp region, ArrayRef<unsigned> bufferOf, StringRef name, ModuleOp module,
                                  const targets::Options &) const override {
    Location loc = region.getLoc();
    OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
    unsigned numInputs = region.getInputs().size();
    SmallVector<Type> types(1 + *llvm::max_element(bufferOf));
    for (auto [i, buffer] : llvm::enumerate(bufferOf)) {
      RankedTensorType type =
          storedType(i < numInputs ? region.getInputs()[i].getType() : region.getResult(i - numInputs).getType());
      types[buffer] = MemRefType::get(type.getShape(), type.getElementType());
    }
    types.append(2, b.getIndexType());
    auto function = func::FuncOp::create(b, loc, name, b.getFunctionType(types, {}));
    b.setInsertionPointToStart(function.addEntryBlock());
    IRMapping mapping;
    for (auto [i, argument] : llvm::enumerate(region.getBody().getArguments())) {
      auto type = cast<RankedTensorType>(argument.getType());
      Value input = bufferization::ToTensorOp::create(b, loc, storedType(type), function.getArgument(bufferOf[i]),
                                                      /*restrict=*/true);
      mapping.map(argument, converted(b, loc, input, type));
    }
    for (Operation &op : region.getBody().front().without_terminator())
      b.clone(op, mapping);
    auto yield = cast<YieldOp>(region.getBody().front().getTerminator());
    for (auto [i, value] : llvm::enumerate(yield.getValues())) {
      Value result = converted(b, loc, mapping.lookupOrDefault(value), storedType(value.getType()));
      auto store = bufferization::MaterializeInDestinationOp::create(b, loc, result,
                                                                     function.getArgument(bufferOf[numInputs + i]));
      store.setWritable(true);
    }
    func::ReturnOp::create(b, loc);
    return targets::Kernel{function, 1};
  }

  void addToLLVMPasses(OpPassManager &manager, const targets::Options &) const override {
    manager.addPass(bufferization::createOneShotBufferizePass());
    bufferization::buildBufferDeallocationPipeline(manager, bufferization::BufferDeallocationPipelineOptions());
    manager.addNestedPass<func::FuncOp>(std::make_unique<CopiesToLinalg>());
    manager.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
    manager.addPass(memref::createExpandStridedMetadataPass());
    manager.addPass(createLowerAffinePass());
    manager.addPass(createSCFToControlFlowPass());
    manager.addPass(createConvertMathToLibmPass());
    manager.addPass(createConvertMathToLLVMPass());
    manager.addPass(createArithToLLVMConversionPass());
    manager.addPass(createFinalizeMemRefToLLVMConversionPass());
    ConvertFuncToLLVMPassOptions options;
    options.useBarePtrCallConv = true;
    manager.addPass(createConvertFuncToLLVMPass(options));
    manager.addPass(createConvertControlFlowToLLVMPass());
    manager.addPass(createReconcileUnrealizedCastsPass());
  }

  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(TargetAttr target, unsigned) const override {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
    std::string error;
    const llvm::Target *host = llvm::TargetRegistry::lookupTarget(triple, error);
    if (!host)
      return llvm::createStringError(llvm::inconvertibleErrorCode(), error);
    return std::unique_ptr<llvm::TargetMachine>(
        host->createTargetMachine(triple, target.getProcessor(), "", {}, llvm::Reloc::PIC_));
  }
  void describe(llvm::Function &, TargetAttr) const override {}
};
} // namespace

std::unique_ptr<targets::Target> agon::test::createScalarTarget() { return std::make_unique<ScalarTarget>(); }
