//===- RegionOps.cpp - The verifier of fused regions ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// What each kind of region promises to whoever computes it; Program.td says it in words.
//===----------------------------------------------------------------------===//
#include "dialects/agon/Agon.h"
#include "dialects/agon/ModeProduct.h"
#include "dialects/agon/SumOfProducts.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace agon;

static RankedTensorType tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

/// An error at `region`, with a note at `op`, which breaks the promise.
static LogicalResult broken(agon::RegionOp region, const Twine &message, Operation *op) {
  InFlightDiagnostic error = region.emitOpError(message);
  error.attachNote(op->getLoc()) << "got this operation";
  return error;
}

//===----------------------------------------------------------------------===//
// Regions with a root
//===----------------------------------------------------------------------===//

/// Whether the index is a sum of multiples of dimensions, up to remainders, which mark axes not read to their end.
static bool isLinear(AffineExpr index) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(index);
  if (!binary)
    return !isa<AffineSymbolExpr>(index);
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    return isLinear(binary.getLHS()) && isLinear(binary.getRHS());
  case AffineExprKind::Mul:
  case AffineExprKind::Mod:
    return isLinear(binary.getLHS()) && isa<AffineConstantExpr>(binary.getRHS());
  default:
    return false;
  }
}

/// Whether `root` is out += a * b, or a sum of such, into a permutation of its parallel dimensions, of operands that
/// are read at linear places.
static bool isContraction(linalg::GenericOp root) {
  if (!isSumOfProducts(root))
    return false;
  SmallVector<AffineMap> maps = root.getIndexingMapsArray();
  return maps.back().isProjectedPermutation() && llvm::all_of(ArrayRef(maps).drop_back(), [](AffineMap map) {
           return llvm::all_of(map.getResults(), isLinear);
         });
}

/// The one generic with reduction iterators in `body`; an error and null if there is not exactly one.
static linalg::GenericOp findRoot(agon::RegionOp region, Block &body) {
  linalg::GenericOp root;
  for (auto generic : body.getOps<linalg::GenericOp>()) {
    if (generic.getNumReductionLoops() == 0)
      continue;
    if (root) {
      (void)broken(region, "expected one generic with reduction iterators, got another one", generic);
      return {};
    }
    root = generic;
  }
  if (!root)
    region.emitOpError("expected one generic with reduction iterators, got none");
  return root;
}

/// What follows the root: elementwise operations over its result's elements, and all results of the region.
static LogicalResult verifyEpilogue(agon::RegionOp region, linalg::GenericOp root) {
  int64_t elements = tensorType(root.getResult(0)).getNumElements();
  for (Operation *user : root->getUsers()) {
    auto generic = dyn_cast<linalg::GenericOp>(user);
    if (!isa<YieldOp>(user) && (!generic || ShapedType::getNumElements(generic.getStaticLoopRanges()) != elements))
      return broken(region, "expected what reads the root to be generics in the space of its result", user);
  }
  for (Type type : region.getResultTypes())
    if (cast<RankedTensorType>(type).getNumElements() != elements)
      return region.emitOpError() << "expected results in the space of the root's, which has " << elements
                                  << " elements, got " << type;
  return success();
}

static LogicalResult verifyRoot(agon::RegionOp region, Block &body) {
  linalg::GenericOp root = findRoot(region, body);
  if (!root)
    return failure();
  if (region.getKind() == agon::RegionKind::Contraction && !isContraction(root))
    return broken(region,
                  "expected a sum of products of two operands each, read at linear places, into a permutation of the "
                  "parallel dimensions",
                  root);
  if (region.getKind() == agon::RegionKind::ModeProduct && !matchModeProduct(root))
    return broken(region,
                  "expected products of small constant matrices of the region, each over a parallel dimension and a "
                  "reduction of its own, and one more operand",
                  root);
  return verifyEpilogue(region, root);
}

//===----------------------------------------------------------------------===//
// Regions without one
//===----------------------------------------------------------------------===//

static LogicalResult verifyParallel(agon::RegionOp region, Block &body) {
  for (auto generic : body.getOps<linalg::GenericOp>())
    if (generic.getNumReductionLoops())
      return broken(region, "expected generics with parallel iterators only", generic);
  return success();
}

static LogicalResult verifyElementwise(agon::RegionOp region, Block &body) {
  if (failed(verifyParallel(region, body)))
    return failure();
  for (Type type : region.getResultTypes())
    if (cast<ShapedType>(type).getShape() != cast<ShapedType>(region.getResultTypes().front()).getShape())
      return region.emitOpError() << "expected results of one shape, got " << region.getResultTypes();
  return success();
}

static LogicalResult verifyInsert(agon::RegionOp region, Block &body, YieldOp yield) {
  if (failed(verifyParallel(region, body)))
    return failure();
  for (Value value : yield.getValues()) {
    if (!value.getDefiningOp<tensor::InsertSliceOp>())
      return broken(region, "expected to yield what tensor.insert_slice makes", yield);
    Value base = value;
    while (auto insert = base.getDefiningOp<tensor::InsertSliceOp>())
      base = insert.getDest();
    if (!isa_and_present<linalg::FillOp, tensor::EmptyOp>(base.getDefiningOp())) {
      InFlightDiagnostic error = region.emitOpError("expected insertions into linalg.fill or tensor.empty");
      error.attachNote(base.getLoc()) << "got this tensor";
      return error;
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Parts of the samples
//===----------------------------------------------------------------------===//

/// Whether `part` is `whole` with the first axis divided by `count`.
static bool isPart(Type part, Type whole, int64_t count) {
  auto from = cast<RankedTensorType>(whole), to = cast<RankedTensorType>(part);
  if (from.getRank() == 0 || to.getRank() != from.getRank() || to.getElementType() != from.getElementType())
    return false;
  return to.getShape().drop_front() == from.getShape().drop_front() && to.getDimSize(0) * count == from.getDimSize(0);
}

static LogicalResult verifyChunks(agon::RegionOp op, Block &body) {
  auto yield = dyn_cast<YieldOp>(body.back());
  if (!yield || yield.getValues().size() != op.getNumResults() || op.getNumResults() == 0)
    return op.emitOpError("expected the region to end with agon.yield of a part of each of its results");
  if (body.getNumArguments() != op.getInputs().size())
    return op.emitOpError() << "expected " << op.getInputs().size() << " block arguments, got "
                            << body.getNumArguments();
  for (Operation &inner : body.without_terminator())
    if (!isa<agon::RegionOp, ReshapeOp, arith::ConstantOp>(inner))
      return broken(op, "expected regions, reshapes and constants only", &inner);
  int64_t count = op.getNumChunks();
  for (auto [part, whole] : llvm::zip_equal(yield.getValues().getTypes(), op.getResultTypes()))
    if (!isPart(part, whole, count))
      return op.emitOpError() << "expected to yield one of " << count << " parts of " << whole << ", got " << part;
  for (auto [part, whole] : llvm::zip_equal(body.getArgumentTypes(), op.getInputs().getTypes()))
    if (part != whole && !isPart(part, whole, count))
      return op.emitOpError() << "expected a block argument of type " << whole << ", or one of " << count
                              << " parts of it, got " << part;
  return success();
}

int64_t agon::RegionOp::getNumChunks() {
  if (getKind() != agon::RegionKind::Chunks)
    return 1;
  auto whole = cast<RankedTensorType>(getResult(0).getType());
  auto part = cast<RankedTensorType>(getBody().front().getTerminator()->getOperand(0).getType());
  return whole.getRank() && part.getRank() && part.getDimSize(0) ? whole.getDimSize(0) / part.getDimSize(0) : 1;
}

//===----------------------------------------------------------------------===//
// The verifier
//===----------------------------------------------------------------------===//

/// What all kinds but chunks have in common.
static LogicalResult verifyBody(agon::RegionOp region, Block &body) {
  if (body.getArgumentTypes() != region.getInputs().getTypes())
    return region.emitOpError() << "expected block arguments (" << region.getInputs().getTypes() << "), got ("
                                << body.getArgumentTypes() << ")";
  for (Operation &op : body.without_terminator())
    if (!isa<linalg::GenericOp, linalg::FillOp, tensor::EmptyOp, tensor::InsertSliceOp, arith::ConstantOp>(op))
      return broken(region,
                    "expected linalg.generic, linalg.fill, tensor.empty, tensor.insert_slice and constants only, of no "
                    "target",
                    &op);
  auto yield = dyn_cast<YieldOp>(body.back());
  if (!yield)
    return region.emitOpError("expected the region to end with agon.yield");
  if (yield.getValues().getTypes() != region.getResultTypes()) {
    InFlightDiagnostic error = region.emitOpError() << "expected to yield (" << region.getResultTypes() << "), got ("
                                                    << yield.getValues().getTypes() << ")";
    error.attachNote(yield.getLoc()) << "yielded here";
    return error;
  }
  return success();
}

LogicalResult agon::RegionOp::verifyRegions() {
  size_t values = getInputs().size() + getNumResults();
  if (std::optional<ArrayAttr> places = getPlaces(); places && places->size() != values)
    return emitOpError() << "expected a place for each of " << values << " values, got " << places->size();
  if (static_cast<int64_t>(getFlops()) < 0 || static_cast<int64_t>(getBytes()) < 0)
    return emitOpError("expected nonnegative flops and bytes");
  Block &body = getBody().front();
  if (getKind() == agon::RegionKind::Chunks)
    return verifyChunks(*this, body);
  if (failed(verifyBody(*this, body)))
    return failure();
  switch (getKind()) {
  case agon::RegionKind::Elementwise:
    return verifyElementwise(*this, body);
  case agon::RegionKind::Insert:
    return verifyInsert(*this, body, cast<YieldOp>(body.back()));
  default:
    return verifyRoot(*this, body);
  }
}
