//===- GridKernel.cpp - The function of a GPU's kernel --------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/gpu/GridKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

using namespace mlir;
using namespace agon;
using namespace agon::gpu;

GridKernel::GridKernel(RegionOp region, ArrayRef<unsigned> bufferOf, StringRef name, Block *module,
                       const targets::Options &options)
    : KernelBuilder(region, bufferOf, name, module, options, TypeRange()) {
  isGrid = true;
}

void GridKernel::setThreads(int64_t count) {
  threads = count;
  thread = mlir::gpu::ThreadIdOp::create(builder, loc, mlir::gpu::Dimension::x);
  blockIndex = mlir::gpu::BlockIdOp::create(builder, loc, mlir::gpu::Dimension::x);
}

Value GridKernel::shared(Type element, int64_t elements) {
  MLIRContext *context = builder.getContext();
  auto space = mlir::gpu::AddressSpaceAttr::get(context, mlir::gpu::AddressSpace::Workgroup);
  OpBuilder::InsertionGuard guard(builder);
  if (dynamicMemory)
    builder.setInsertionPointAfterValue(dynamicMemory);
  else
    builder.setInsertionPointToStart(&func.front());
  if (!dynamicMemory)
    dynamicMemory = mlir::gpu::DynamicSharedMemoryOp::create(
        builder, loc,
        MemRefType::get({ShapedType::kDynamic}, builder.getI8Type(), MemRefLayoutAttrInterface(), Attribute(space)));
  auto type = MemRefType::get({elements}, element, MemRefLayoutAttrInterface(), Attribute(space));
  Value offset = arith::ConstantIndexOp::create(builder, loc, scratch);
  scratch += roundUp(elements * ceilDiv(element.getIntOrFloatBitWidth(), 8), 16);
  return memref::ViewOp::create(builder, loc, type, dynamicMemory, offset, ValueRange());
}

Value GridKernel::workspace(int64_t bytes) {
  workspaceBytes = bytes;
  unsigned last = func.getNumArguments();
  [[maybe_unused]] LogicalResult inserted =
      func.insertArgument(last, MemRefType::get({bytes}, builder.getI8Type()), {}, loc);
  return func.getArgument(last);
}

void GridKernel::barrier() { mlir::gpu::BarrierOp::create(builder, loc); }

scf::ForOp GridKernel::openGrid(int64_t points) {
  Value first = add(mul(blockIndex, threads), thread);
  return nest.open(first, index(points), blocks * threads);
}

Value GridKernel::divided(Value value, int64_t by) {
  if (auto known = value.getDefiningOp<arith::ConstantIndexOp>())
    return index(known.value() / by);
  return by == 1 ? value : Value(arith::DivUIOp::create(builder, loc, value, index(by)));
}

Value GridKernel::remainder(Value value, int64_t by) {
  return by == 1 ? index(0) : Value(arith::RemUIOp::create(builder, loc, value, index(by)));
}

void GridKernel::bind(Evaluator &evaluator, ArrayRef<Axis> all, ArrayRef<unsigned> axes, Value point, int64_t lanes) {
  for (unsigned i = axes.size(); i-- > 0;) {
    int64_t step = i + 1 == axes.size() ? lanes : 1, size = all[axes[i]].size() / step;
    Value position = i ? remainder(point, size) : point;
    evaluator.bind(axes[i], mul(position, step), nest.depth());
    if (i)
      point = divided(point, size);
  }
}

void GridKernel::when(Value condition, llvm::function_ref<void()> body) {
  auto branch = scf::IfOp::create(builder, loc, condition, /*withElseRegion=*/false);
  builder.setInsertionPointToStart(branch.thenBlock());
  body();
  builder.setInsertionPointAfter(branch);
}

void GridKernel::unless(Value condition, llvm::function_ref<void()> body) {
  Value no = arith::ConstantOp::create(builder, loc, builder.getBoolAttr(false));
  when(compare(arith::CmpIPredicate::eq, condition, no), body);
}

Value GridKernel::compare(arith::CmpIPredicate predicate, Value a, Value b) {
  return arith::CmpIOp::create(builder, loc, predicate, a, b);
}

int64_t agon::gpu::gridBlocks(int64_t points, int64_t threads, TargetAttr target) {
  return std::clamp<int64_t>(ceilDiv(points, threads), 1, 8 * target.getWorkers());
}

bool agon::gpu::liesInVectors(const LinearForm &form, const Axis &axis, int64_t count) {
  std::optional<int64_t> stride = axis.stride(form);
  if (axis.size() % count || !stride || (*stride != 0 && *stride != 1))
    return false;
  int64_t all = *stride == 0 ? 0 : form.constant;
  for (auto [dim, coefficient] : llvm::enumerate(form.coefficients))
    if (*stride == 1 && !llvm::is_contained(axis.dims, dim))
      all |= coefficient;
  return all % count == 0;
}
