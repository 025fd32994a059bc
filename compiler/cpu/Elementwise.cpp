//===- Elementwise.cpp - Maps over one space, and insertions --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/Interleave.h"
#include "compiler/cpu/Kernels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

int64_t agon::cpu::vectorLanes(Frame &frame) {
  unsigned bits = 64;
  auto look = [&](Type type) {
    auto tensor = cast<RankedTensorType>(type);
    if (tensor.getNumElements() > 1 && tensor.getElementTypeBitWidth() <= 32)
      bits = 32;
  };
  for (Type type : frame.region.getOperandTypes())
    look(type);
  for (Type type : frame.region.getResultTypes())
    look(type);
  return frame.options.target.vectorBits / bits;
}

int64_t agon::cpu::worthwhileTasks(double cycles) {
  // A task should outlast the hand-over to another thread, a few microseconds, by far.
  return std::clamp<int64_t>(int64_t(cycles / 40000), 1, 16);
}

Value agon::cpu::prefixMask(Frame &frame, int64_t lanes, int64_t set) {
  OpBuilder::InsertionGuard guard(frame.builder);
  frame.nest.moveTo(0);
  SmallVector<bool> bits(lanes, false);
  std::fill_n(bits.begin(), set, true);
  auto type = VectorType::get({lanes}, frame.builder.getI1Type());
  return arith::ConstantOp::create(frame.builder, frame.loc,
                                   DenseElementsAttr::get(type, ArrayRef<bool>(bits)));
}

Value agon::cpu::countMask(Frame &frame, int64_t lanes, Value count) {
  OpBuilder &b = frame.builder;
  auto type = VectorType::get({lanes}, b.getI32Type());
  SmallVector<int32_t> numbers(lanes);
  std::iota(numbers.begin(), numbers.end(), 0);
  Value iota = arith::ConstantOp::create(b, frame.loc, DenseElementsAttr::get(type, ArrayRef<int32_t>(numbers)));
  Value limit = arith::IndexCastOp::create(b, frame.loc, b.getI32Type(), count);
  return arith::CmpIOp::create(b, frame.loc, arith::CmpIPredicate::slt, iota,
                               vector::BroadcastOp::create(b, frame.loc, type, limit));
}

void agon::cpu::forLanes(Frame &frame, Evaluator &evaluator, unsigned axis, Value lower,
                         Value upper, int64_t limit, int64_t lanes,
                         llvm::function_ref<void(Value)> body) {
  auto loop = [&](Value from, Value to, Value mask) {
    auto op = frame.nest.open(from, to, lanes);
    evaluator.bind(axis, op.getInductionVar(), frame.nest.depth());
    evaluator.setLanes(axis, lanes, mask);
    body(op.getInductionVar());
    evaluator.forget(frame.nest.depth());
    frame.nest.close();
  };
  int64_t whole = limit / lanes * lanes;
  if (whole == limit)
    return loop(lower, upper, {});
  Value edge = frame.index(whole);
  if (whole)
    loop(lower, frame.min(upper, edge), {});
  loop(frame.max(lower, edge), upper, prefixMask(frame, lanes, limit - whole));
}

/// Chooses the axis that has the lanes, and what is a loop outside and what is unrolled inside it: mostly the last
/// one. A last axis shorter than a vector would leave lanes idle, and its masked stores would stall the loads of the
/// next row. Then lanes lie along the axis before, and what lies within it is read and written as whole vectors.
static unsigned layOutLanes(SmallVector<Axis> &axes, int64_t lanes, int64_t work, const Split &split) {
  if (axes.empty())
    return 0;
  // Tasks that are blocks of dimension 0 must be whole vectors of it.
  unsigned first = split.kind == Split::Rows && split.block % lanes, laneAxis = axes.size() - 1;
  int64_t unrolled = 1;
  while (laneAxis > first && axes[laneAxis].size() < lanes && unrolled * axes[laneAxis].size() <= maxInterleaved &&
         unrolled * axes[laneAxis].size() * work <= maxUnrolledWork)
    unrolled *= axes[laneAxis--].size();
  // Where that does not do, several axes are one, and what is not linear along it is gathered.
  first = split.kind == Split::Rows;
  while (laneAxis > first && axes[laneAxis].size() < lanes) {
    axes[laneAxis - 1] = merge(axes[laneAxis - 1], axes[laneAxis]);
    axes.erase(axes.begin() + laneAxis--);
  }
  return laneAxis;
}

/// Evaluates and stores `outputs` for every point of `inner`, the axes from number `first` on, which are unrolled.
static void emitPoints(Frame &frame, Evaluator &evaluator, ArrayRef<Axis> inner, unsigned first,
                       ArrayRef<Output> outputs) {
  int64_t points = 1;
  for (const Axis &axis : inner)
    points *= axis.size();
  SmallVector<int64_t> position(inner.size());
  auto moveTo = [&](int64_t point) {
    for (unsigned i = inner.size(); i-- > 0; point /= inner[i].size()) {
      position[i] = point % inner[i].size();
      evaluator.bind(first + i, frame.index(position[i]), 0);
    }
  };
  SmallVector<SmallVector<Datum>> data(outputs.size());
  SmallVector<SmallVector<int64_t>> offsets(outputs.size());
  for (int64_t point = 0; point != points; ++point) {
    moveTo(point);
    for (auto [i, output] : llvm::enumerate(outputs)) {
      data[i].push_back(evaluator.value(output.tensor, output.map));
      int64_t offset = 0;
      for (auto [axis, at] : llvm::zip(inner, position))
        offset += at * axis.stride(output.to).value();
      offsets[i].push_back(offset);
    }
  }
  // Everything is read before anything is written: a result may lie where an operand does.
  moveTo(0);
  for (auto [i, output] : llvm::enumerate(outputs)) {
    if (evaluator.storeStrided(output.row, output.to, offsets[i], data[i]))
      continue;
    for (int64_t point = 0; point != points; ++point) {
      LinearForm to = output.to;
      to.constant += offsets[i][point];
      evaluator.store(output.row, to, data[i][point]);
    }
  }
}

void agon::cpu::emitMap(Frame &frame, ArrayRef<int64_t> sizes, ArrayRef<Output> outputs,
                        const Survey &survey, Split split) {
  SmallVector<LinearForm> forms = survey.forms();
  for (const Output &output : outputs)
    forms.push_back(output.to);
  // Dimension 0 stays by itself if it is what tasks divide.
  SmallVector<bool> kept(sizes.size(), false);
  if (split.kind == Split::Rows)
    kept[0] = true;
  SmallVector<Axis> axes = collapse(sizes, forms, kept);
  int64_t lanes = vectorLanes(frame);
  unsigned laneAxis = layOutLanes(axes, lanes, survey.work + outputs.size(), split);
  Evaluator evaluator(frame, axes);
  if (axes.empty()) {
    SmallVector<Datum> data;
    for (const Output &output : outputs)
      data.push_back(evaluator.value(output.tensor, output.map));
    for (auto [output, datum] : llvm::zip(outputs, data))
      evaluator.store(output.row, output.to, datum);
    return;
  }

  int64_t points = 1;
  for (const Axis &axis : axes)
    points *= axis.size();
  lanes = std::min<int64_t>(lanes, llvm::PowerOf2Ceil(axes[laneAxis].size()));
  int64_t grain = laneAxis == 0 ? lanes : 1, outer = axes.front().size();
  Value lower = frame.index(0), upper = frame.index(outer);
  if (split.kind == Split::Outer) {
    double cycles = double(points) * (survey.work + outputs.size() + 1) / lanes;
    split.block = roundUp(ceilDiv(outer, worthwhileTasks(cycles)), grain);
    frame.tasks = ceilDiv(outer, split.block);
  }
  if (split.kind != Split::None && frame.tasks > 1) {
    lower = frame.mul(frame.begin, split.block);
    upper = frame.min(frame.mul(frame.end, split.block), upper);
  }
  for (unsigned i = 0; i != laneAxis; ++i) {
    auto loop = frame.nest.open(i ? frame.index(0) : lower, i ? frame.index(axes[i].size()) : upper, 1);
    evaluator.bind(i, loop.getInductionVar(), frame.nest.depth());
  }
  forLanes(frame, evaluator, laneAxis, laneAxis ? frame.index(0) : lower,
           laneAxis ? frame.index(axes[laneAxis].size()) : upper, axes[laneAxis].size(), lanes, [&](Value) {
             emitPoints(frame, evaluator, ArrayRef(axes).drop_front(laneAxis + 1), laneAxis + 1, outputs);
           });
  for (unsigned i = 0; i != laneAxis; ++i)
    frame.nest.close();
}

bool agon::cpu::emitElementwise(Frame &frame) {
  SmallVector<Output, 2> outputs;
  ArrayRef<int64_t> sizes;
  for (unsigned i = 0; i != frame.region.getNumResults(); ++i) {
    auto type = cast<RankedTensorType>(frame.region.getResult(i).getType());
    if (i && type.getShape() != sizes)
      return false;
    sizes = type.getShape();
    AffineMap identity = AffineMap::getMultiDimIdentityMap(type.getRank(), type.getContext());
    outputs.push_back({frame.yielded(i), identity, frame.flatResult(i), *linearAddress(identity, sizes)});
  }
  Survey survey;
  for (const Output &output : outputs)
    if (!survey.visit(output.tensor, output.map))
      return false;
  emitMap(frame, sizes, outputs, survey, {Split::Outer});
  return true;
}

//===----------------------------------------------------------------------===//
// Insertions
//===----------------------------------------------------------------------===//

namespace {
/// One step of a chain: a tensor that covers a box of the result.
struct Piece {
  Value source;
  SmallVector<int64_t> sizes, offsets, strides;
};
} // namespace

/// The chain that ends in `tensor`, in order of execution, its base first.
static std::optional<SmallVector<Piece, 4>> chain(Value tensor) {
  SmallVector<Piece, 4> pieces;
  while (auto insert = tensor.getDefiningOp<tensor::InsertSliceOp>()) {
    if (!insert.getOffsets().empty() || !insert.getSizes().empty() || !insert.getStrides().empty())
      return std::nullopt;
    pieces.push_back({insert.getSource(), llvm::to_vector(insert.getStaticSizes()),
                      llvm::to_vector(insert.getStaticOffsets()),
                      llvm::to_vector(insert.getStaticStrides())});
    tensor = insert.getDest();
  }
  auto type = cast<RankedTensorType>(tensor.getType());
  pieces.push_back({tensor, llvm::to_vector(type.getShape()),
                    SmallVector<int64_t>(type.getRank(), 0), SmallVector<int64_t>(type.getRank(), 1)});
  std::reverse(pieces.begin(), pieces.end());
  return pieces;
}

/// The map from the box's dimensions to a source that may lack unit dimensions.
static std::optional<AffineMap> sourceMap(const Piece &piece, MLIRContext *context) {
  auto type = cast<RankedTensorType>(piece.source.getType());
  llvm::SmallBitVector dropped(piece.sizes.size());
  if (type.getRank() != int64_t(piece.sizes.size())) {
    auto mask = computeRankReductionMask(piece.sizes, type.getShape());
    if (!mask)
      return std::nullopt;
    for (unsigned dim : *mask)
      dropped.set(dim);
  }
  SmallVector<AffineExpr> exprs;
  for (unsigned dim = 0; dim != piece.sizes.size(); ++dim)
    if (!dropped.test(dim))
      exprs.push_back(getAffineDimExpr(dim, context));
  return AffineMap::get(piece.sizes.size(), 0, exprs, context);
}

/// Whether the pieces after the base cover the result without overlap: each is dense
/// and they differ in one dimension only, which they fill (a concatenation).
static bool coverAll(ArrayRef<Piece> pieces) {
  int64_t covered = 0, total = 1;
  for (int64_t size : pieces.front().sizes)
    total *= size;
  for (const Piece &piece : pieces.drop_front()) {
    int64_t size = 1;
    for (int64_t extent : piece.sizes)
      size *= extent;
    covered += size;
  }
  auto disjoint = [](const Piece &a, const Piece &b) {
    for (unsigned dim = 0; dim != a.sizes.size(); ++dim) {
      int64_t endA = a.offsets[dim] + (a.sizes[dim] - 1) * a.strides[dim];
      int64_t endB = b.offsets[dim] + (b.sizes[dim] - 1) * b.strides[dim];
      if (endA < b.offsets[dim] || endB < a.offsets[dim])
        return true;
    }
    return false;
  };
  for (unsigned i = 1; i < pieces.size(); ++i)
    for (unsigned j = i + 1; j < pieces.size(); ++j)
      if (!disjoint(pieces[i], pieces[j]))
        return false;
  return covered == total;
}

bool agon::cpu::emitInsert(Frame &frame) {
  MLIRContext *context = frame.region.getContext();
  struct Step {
    SmallVector<int64_t> sizes;
    Output output;
    Survey survey;
    bool wholeRows; ///< writes dimension 0 of the result where dimension 0 of the box says
  };
  SmallVector<Step, 4> steps;
  for (unsigned i = 0; i != frame.region.getNumResults(); ++i) {
    auto pieces = chain(frame.yielded(i));
    if (!pieces)
      return false;
    // What is never seen, or lies there already, is not written.
    bool skipBase = coverAll(*pieces) || frame.isInPlace(i) ||
                    pieces->front().source.getDefiningOp<tensor::EmptyOp>();
    ArrayRef<int64_t> shape = cast<RankedTensorType>(frame.region.getResult(i).getType()).getShape();
    for (const Piece &piece : ArrayRef(*pieces).drop_front(skipBase)) {
      auto map = sourceMap(piece, context);
      if (!map)
        return false;
      SmallVector<AffineExpr> place;
      for (unsigned dim = 0; dim != shape.size(); ++dim)
        place.push_back(getAffineDimExpr(dim, context) * piece.strides[dim] + piece.offsets[dim]);
      LinearForm to = *linearAddress(AffineMap::get(shape.size(), 0, place, context), shape);
      bool wholeRows = !shape.empty() && piece.sizes[0] == shape[0] && piece.offsets[0] == 0 && piece.strides[0] == 1;
      Step step{piece.sizes, {piece.source, *map, frame.flatResult(i), to}, Survey(), wholeRows};
      if (!step.survey.visit(piece.source, *map))
        return false;
      steps.push_back(std::move(step));
    }
  }
  // Where every piece goes over all of dimension 0, a batch mostly, tasks are its blocks.
  Split split;
  int64_t rows = steps.empty() || steps.front().sizes.empty() ? 1 : steps.front().sizes[0], grain = 1;
  double cycles = 0;
  for (const Step &step : steps) {
    int64_t points = 1;
    for (int64_t size : step.sizes)
      points *= size;
    if (step.sizes.empty() || step.sizes[0] != rows || !step.wholeRows)
      rows = 1;
    else if (points < rows * vectorLanes(frame)) // then dimension 0 has the lanes
      grain = vectorLanes(frame);
    cycles += double(points) * (step.survey.work + 2) / vectorLanes(frame);
  }
  int64_t block = roundUp(ceilDiv(rows, worthwhileTasks(cycles)), grain);
  if (rows > block) {
    frame.tasks = ceilDiv(rows, block);
    split = {Split::Rows, block};
  }
  for (Step &step : steps)
    emitMap(frame, step.sizes, step.output, step.survey, split);
  return true;
}
