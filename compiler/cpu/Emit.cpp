//===- Emit.cpp - From fused regions to CPU kernels -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/Emit.h"
#include "compiler/cpu/ContractionPlan.h"
#include "compiler/cpu/Kernels.h"
#include "compiler/cpu/ModeProduct.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

void agon::cpu::registerKernelDialects(DialectRegistry &registry) {
  registry.insert<AgonCpuDialect, arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect, LLVM::LLVMDialect,
                  math::MathDialect, memref::MemRefDialect, scf::SCFDialect, vector::VectorDialect>();
}

/// The emitter of each form, but for plain loops, and what tells its price.
namespace {
struct LoopEmitter {
  LoopForm form;
  bool (*emit)(CpuKernel &kernel, int64_t tasks);
  std::optional<double> (*cycles)(const BoundRegion &region, TargetAttr target);
};
} // namespace

static constexpr LoopEmitter loopEmitters[] = {{LoopForm::ModeProduct, emitModeProduct, modeProductCycles},
                                               {LoopForm::Reduction, emitReduction, reductionCycles},
                                               {LoopForm::Elementwise, emitElementwise, elementwiseCycles},
                                               {LoopForm::Insert, emitInsert, insertCycles}};

//===----------------------------------------------------------------------===//
// Planning
//===----------------------------------------------------------------------===//

Attribute agon::cpu::planRegion(RegionOp region, ArrayRef<unsigned> bufferOf, const KernelOptions &options) {
  if (region.getKind() == agon::RegionKind::Chunks)
    return {};
  MLIRContext *context = region.getContext();
  if (options.optLevel == 0)
    return LoopsAttr::get(context, LoopForm::Plain, 1, 0);
  BoundRegion bound{region, bufferOf};
  LoopsAttr loops;
  auto are = [&](LoopForm form) {
    const LoopEmitter *emitter =
        llvm::find_if(loopEmitters, [&](const LoopEmitter &each) { return each.form == form; });
    std::optional<double> cycles = emitter->cycles(bound, options.target);
    if (cycles)
      loops = LoopsAttr::get(context, form, worthwhileTasks(*cycles, options.target), int64_t(*cycles));
    return bool(cycles);
  };
  switch (region.getKind()) {
  case agon::RegionKind::ModeProduct:
    if (are(LoopForm::ModeProduct))
      return loops;
    [[fallthrough]]; // by one matrix it may be a contraction, too
  case agon::RegionKind::Contraction:
    if (std::optional<ContractionForm> form = ContractionForm::of(region))
      return ContractionPlan::choose(std::move(*form), options.target).write();
    [[fallthrough]];
  case agon::RegionKind::Reduction:
    if (are(LoopForm::Reduction))
      return loops;
    [[fallthrough]];
  case agon::RegionKind::Elementwise:
    if (are(LoopForm::Elementwise))
      return loops;
    break;
  case agon::RegionKind::Insert:
    if (are(LoopForm::Insert))
      return loops;
    break;
  case agon::RegionKind::Chunks:
    llvm_unreachable("made of regions with plans of their own");
  }
  return LoopsAttr::get(context, LoopForm::Plain, 1, 0);
}

/// The plan that `region` has, or would be given.
static Attribute planOf(RegionOp region, ArrayRef<unsigned> bufferOf, const KernelOptions &options) {
  Attribute plan = region.getPlan().value_or(Attribute());
  return plan && options.optLevel > 0 ? plan : planRegion(region, bufferOf, options);
}

std::string agon::cpu::explainRegion(RegionOp region, const KernelOptions &options) {
  if (region.getKind() == agon::RegionKind::Chunks) {
    SmallVector<std::string> stages;
    for (RegionOp stage : region.getBody().getOps<RegionOp>())
      stages.push_back(explainRegion(stage, options));
    return std::to_string(region.getNumChunks()) + " parts: " + llvm::join(stages, "; ");
  }
  auto apart = llvm::to_vector(llvm::seq<unsigned>(0, region.getInputs().size() + region.getNumResults()));
  Attribute plan = planOf(region, apart, options);
  if (auto contraction = dyn_cast<ContractionAttr>(plan)) {
    std::optional<ContractionForm> form = ContractionForm::of(region);
    auto read = form ? ContractionPlan::read(contraction, std::move(*form), options.target, region)
                     : FailureOr<ContractionPlan>();
    return succeeded(read) ? read->describe() : std::string();
  }
  auto loops = dyn_cast<LoopsAttr>(plan);
  if (!loops)
    return {};
  if (loops.getForm() == LoopForm::Plain)
    return "plain loops";
  if (loops.getForm() == LoopForm::ModeProduct)
    if (std::optional<ModeProductLoops> product = ModeProductLoops::of(region, options.target))
      return product->describe();
  return stringifyLoopForm(loops.getForm()).str();
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

CpuKernel::CpuKernel(RegionOp region, ArrayRef<unsigned> bufferOf, StringRef name, ModuleOp module,
                     const KernelOptions &options)
    : KernelBuilder(region, bufferOf, name, module.getBody(), options,
                    SmallVector<Type>(2, IndexType::get(region.getContext()))),
      begin(more[0]), end(more[1]) {}

static LogicalResult emitBody(CpuKernel &kernel, Attribute plan) {
  if (auto contraction = dyn_cast<ContractionAttr>(plan)) {
    std::optional<ContractionForm> form = ContractionForm::of(kernel.region);
    if (!form)
      return kernel.region.emitOpError("cannot be computed by its plan: it is no contraction");
    auto read = ContractionPlan::read(contraction, std::move(*form), kernel.options.target, kernel.region);
    if (failed(read))
      return failure();
    emitContraction(kernel, *read);
    return success();
  }
  auto loops = dyn_cast<LoopsAttr>(plan);
  if (!loops)
    return kernel.region.emitOpError() << "has a plan that is none of a CPU: " << plan;
  if (loops.getForm() == LoopForm::Plain)
    return emitReference(kernel);
  for (const LoopEmitter &emitter : loopEmitters)
    if (emitter.form == loops.getForm() && !emitter.emit(kernel, loops.getTasks()))
      return kernel.region.emitOpError() << "cannot be computed by its plan: it is no "
                                         << stringifyLoopForm(loops.getForm()) << " region";
  return success();
}

FailureOr<Kernel> agon::cpu::emitKernel(RegionOp region, ArrayRef<unsigned> bufferOf, StringRef name, ModuleOp module,
                                        const KernelOptions &options) {
  size_t values = region.getInputs().size() + region.getNumResults();
  if (bufferOf.size() != values)
    return region.emitOpError() << "expected a buffer for each of " << values << " values, got " << bufferOf.size();
  if (region.getKind() == agon::RegionKind::Chunks)
    return emitChunks(region, bufferOf, name, module, options);
  CpuKernel kernel(region, bufferOf, name, module, options);
  if (failed(emitBody(kernel, planOf(region, bufferOf, options)))) {
    kernel.func.erase();
    return failure();
  }
  // Streaming stores are ordered by a fence alone; who waits for the kernel's end wants to see them.
  bool streams = kernel.func
                     .walk([](vector::StoreOp store) {
                       return store.getNontemporal() ? WalkResult::interrupt() : WalkResult::advance();
                     })
                     .wasInterrupted();
  if (streams)
    LLVM::FenceOp::create(kernel.builder, kernel.loc, LLVM::AtomicOrdering::seq_cst);
  func::ReturnOp::create(kernel.builder, kernel.loc);
  return Kernel{kernel.func, kernel.tasks};
}
