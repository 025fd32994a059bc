//===- Emit.cpp - From fused regions to CPU kernels -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/Emit.h"
#include "compiler/cpu/Kernels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

void agon::cpu::registerKernelDialects(DialectRegistry &registry) {
  registry.insert<arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect, LLVM::LLVMDialect,
                  math::MathDialect, memref::MemRefDialect, scf::SCFDialect, vector::VectorDialect>();
}

//===----------------------------------------------------------------------===//
// Updating in place
//===----------------------------------------------------------------------===//

/// Whether every leaf of `survey` that is `input` is read at the point itself, in a
/// space of shape `shape`.
static bool readsOwnElement(const Survey &survey, Value input, ArrayRef<int64_t> shape) {
  auto own = linearAddress(AffineMap::getMultiDimIdentityMap(shape.size(), input.getContext()), shape);
  return llvm::all_of(survey.leaves, [&](const Survey::Leaf &leaf) {
    if (leaf.tensor != input)
      return true;
    if (leaf.form.constant)
      return false;
    for (unsigned dim = 0; dim != shape.size(); ++dim)
      if (shape[dim] != 1 && leaf.form.coefficients[dim] != own->coefficients[dim])
        return false;
    return true;
  });
}

bool agon::cpu::canUpdateInPlace(RegionOp region, unsigned input, unsigned result) {
  if (region.getKind() == agon::RegionKind::Chunks)
    return false;
  Value argument = region.getBody().front().getArgument(input);
  auto type = cast<RankedTensorType>(region.getResult(result).getType());
  if (argument.getType() != type)
    return false;
  if (argument.use_empty())
    return true;
  ArrayRef<int64_t> shape = type.getShape();
  AffineMap identity = AffineMap::getMultiDimIdentityMap(shape.size(), region.getContext());
  auto yield = cast<YieldOp>(region.getBody().front().getTerminator());

  // An insertion over its own base changes only what it inserts.
  if (yield.getValues()[result].getDefiningOp<tensor::InsertSliceOp>()) {
    Value base = yield.getValues()[result];
    while (auto insert = base.getDefiningOp<tensor::InsertSliceOp>())
      base = insert.getDest();
    return base == argument && argument.hasOneUse();
  }

  linalg::GenericOp root = findRoot(region);
  for (Value value : yield.getValues()) {
    if (cast<RankedTensorType>(value.getType()).getShape() != shape)
      return false;
    Survey survey(root);
    if (!survey.visit(value, identity) || !readsOwnElement(survey, argument, shape))
      return false;
    for (auto [tensor, map] : survey.rootReads)
      if (!map.isIdentity())
        return false;
  }
  if (!root)
    return true;
  // What the root reduces is read long after the first result is written.
  Survey prologue, initial;
  if (!prologue.visitInputs(root, AffineMap::getMultiDimIdentityMap(root.getNumLoops(), region.getContext())))
    return false;
  for (const Survey::Leaf &leaf : prologue.leaves)
    if (leaf.tensor == argument)
      return false;
  for (OpOperand &init : root.getDpsInitsMutable())
    if (!initial.visit(init.get(), identity))
      return false;
  return readsOwnElement(initial, argument, shape);
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

static LogicalResult emitBody(Frame &frame) {
  // Contractions and mode products describe their own algorithm.
  auto is = [&](bool done, const char *algorithm) {
    if (done && frame.algorithm.empty())
      frame.algorithm = algorithm;
    return done;
  };
  bool done = false;
  if (frame.options.optLevel != 0)
    switch (frame.region.getKind()) {
    case agon::RegionKind::Contraction:
      done = emitModeProduct(frame) || is(emitContraction(frame), "contraction");
      [[fallthrough]];
    case agon::RegionKind::Reduction:
      done = done || emitModeProduct(frame) || is(emitReduction(frame), "reduction");
      [[fallthrough]];
    case agon::RegionKind::Elementwise:
      done = done || is(emitElementwise(frame), "elementwise");
      break;
    case agon::RegionKind::Insert:
      done = is(emitInsert(frame), "insert");
      break;
    case agon::RegionKind::Chunks:
      llvm_unreachable("made of kernels of their own");
    }
  if (done)
    return success();
  frame.algorithm = "plain loops";
  return emitReference(frame);
}

FailureOr<Kernel> agon::cpu::emitKernel(RegionOp region, ArrayRef<unsigned> bufferOf, StringRef name,
                                        ModuleOp module, const KernelOptions &options) {
  size_t values = region.getInputs().size() + region.getNumResults();
  if (bufferOf.size() != values)
    return region.emitOpError() << "expected a buffer for each of " << values << " values, got "
                                << bufferOf.size();
  if (region.getKind() == agon::RegionKind::Chunks)
    return emitChunks(region, bufferOf, name, module, options);
  Frame frame(region, bufferOf, name, module, options);
  if (failed(emitBody(frame))) {
    frame.func.erase();
    return failure();
  }
  // Streaming stores are ordered by a fence alone; who waits for the kernel's end wants to see them.
  bool streams = frame.func.walk([](vector::StoreOp store) {
                             return store.getNontemporal() ? WalkResult::interrupt() : WalkResult::advance();
                           }).wasInterrupted();
  if (streams)
    LLVM::FenceOp::create(frame.builder, frame.loc, LLVM::AtomicOrdering::seq_cst);
  func::ReturnOp::create(frame.builder, frame.loc);
  return Kernel{frame.func, frame.tasks, frame.algorithm};
}
