//===- Evaluator.h - Tensors by the element ---------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_KERNEL_EVALUATOR_H
#define AGON_COMPILER_KERNEL_EVALUATOR_H

#include "compiler/kernel/KernelBuilder.h"
#include "compiler/region/Epilogue.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace agon::kernels {

/// A scalar, or a vector of `lanes` neighbours along the lane axis, and the
/// outermost level (see Nest) at which it is known.
struct Datum {
  mlir::Value value;
  unsigned level = 0;
  bool lanes = false;
};

/// Pulls elements of the region's tensors through its elementwise operations: asks
/// the producer of a tensor for its value at a point, down to the buffers. Points
/// are given by a map from an iteration space to the tensor's indices; where in
/// the space we are is bound axis by axis. Every operation is emitted at the
/// outermost level at which its operands are known, once a point: what does not
/// depend on a loop leaves it, what does not depend on the lanes stays scalar.
class Evaluator {
public:
  Evaluator(KernelBuilder &kernel, llvm::ArrayRef<Axis> axes) : kernel(kernel), axes(axes), places(axes.size()) {}

  /// Puts axis `axis` at `value`, an index known at `level`.
  void bind(unsigned axis, mlir::Value value, unsigned level) { places[axis] = {value, level}; }
  /// Where axis `axis` stands.
  mlir::Value position(unsigned axis) const { return places[axis].value; }
  /// Spreads `count` lanes along `axis` from where it is bound; where `mask`, a vector of
  /// bits, is clear nothing is read or written. A count of 1 means scalars.
  void setLanes(std::optional<unsigned> axis, int64_t count, mlir::Value mask = {});
  int64_t lanes() const { return laneCount; }

  /// The element of `tensor` at `map`.
  Datum value(mlir::Value tensor, mlir::AffineMap map);
  /// Says what `value(tensor, map)` is here.
  void preset(mlir::Value tensor, mlir::AffineMap map, Datum datum);
  /// What the body of `generic` yields at the point `dims`, with its results so far `outs`.
  llvm::SmallVector<Datum> body(mlir::linalg::GenericOp generic, mlir::AffineMap dims, llvm::ArrayRef<Datum> outs);
  /// Writes `datum`, of tensor element type `element`, at the address `form` of a row.
  void store(mlir::Value row, const LinearForm &form, Datum datum);
  /// Writes data[i] at the address `form` + offsets[i] for each i, as whole vectors of neighbours. Returns false,
  /// having written nothing, unless the stride of `form` along the lanes is small and the offsets, all different,
  /// lie within one stride.
  bool storeStrided(mlir::Value row, const LinearForm &form, llvm::ArrayRef<int64_t> offsets,
                    llvm::ArrayRef<Datum> data);
  /// Evaluates and stores the region's results at the bound point, where the root's are `root`, one each. Everything is
  /// read before anything is written: a result may lie where an operand does.
  void finish(const Epilogue &epilogue, llvm::ArrayRef<Datum> root);
  /// Reads a tensor element of type `element`.
  Datum load(mlir::Value row, mlir::Type element, const LinearForm &form);
  /// `datum` in every lane.
  mlir::Value vector(Datum datum);
  /// The address that `form` has at lane 0; `form` must be linear along the lane axis.
  mlir::Value address(const LinearForm &form);

  /// Forgets what is known only inside loop number `level` - 1, which is being left.
  void forget(unsigned level);

private:
  /// Where an axis stands, and the level at which that is known.
  struct Place {
    mlir::Value value;
    unsigned level = 0;
    bool operator==(const Place &) const = default;
  };
  /// An element that was pulled, and where: it holds as long as nothing of that changes.
  struct Memo {
    llvm::SmallVector<std::pair<unsigned, mlir::Value>> places; ///< of the axes it depends on
    int64_t lanes;
    mlir::Value mask;
    std::pair<mlir::Value, mlir::Value> bounds; ///< of what it was read within
    Datum datum;
  };
  using Key = std::pair<mlir::Value, mlir::AffineMap>;
  /// The part of an address that is not known, by the axes, their places and coefficients.
  struct Base {
    llvm::SmallVector<int64_t> key;
    Datum address;
  };
  /// An address's constant part, with what axes at known places add, and the other axes it depends on.
  struct Parts {
    int64_t constant;
    llvm::SmallVector<unsigned> axes; ///< outermost first
  };
  /// Vectors read from `stride` vectors of neighbours: the j-th holds every stride-th element from the j-th on.
  struct Run {
    mlir::Value row;
    llvm::SmallVector<int64_t> key; ///< of the address
    int64_t constant;               ///< its known part
    int64_t lanes;
    mlir::Value mask;
    unsigned level;
    llvm::SmallVector<mlir::Value> phases;
  };

  /// Where tensors may be read: null stands for everywhere.
  struct Bounds {
    Datum scalar; ///< a bit for all lanes
    Datum lanes;  ///< one for each
    std::pair<mlir::Value, mlir::Value> key() const { return {scalar.value, lanes.value}; }
  };

  /// What is remembered of `key` and still holds here; null if nothing is.
  const Datum *lookup(const Key &key) const;
  /// Keeps `datum` for `lookup`, until `forget`.
  void remember(const Key &key, Datum datum);
  /// A constant of the region, made once, outside all loops.
  Datum constant(mlir::arith::ConstantOp op);
  /// A new constant, outside all loops.
  Datum splat(mlir::Location loc, mlir::TypedAttr value);
  /// The value of an index expression here: what a body computes with, and what bounds are compared with.
  Datum indexOf(mlir::AffineExpr expr);
  /// The results of a copy of `op`, at the outermost level at which all operands are known.
  llvm::SmallVector<Datum> apply(mlir::Operation &op, llvm::ArrayRef<Datum> operands);
  /// Whether the address differs from lane to lane.
  bool onLanes(const LinearForm &form) const;
  /// Whether a vector at `form` begins at a multiple of its size in memory, if the lanes begin at one of theirs.
  bool isAligned(const LinearForm &form) const;
  /// Whether out of bounds the lanes read the beginning of `row`, and what comes of it is not chosen: a GPU has no
  /// loads with masks.
  bool readsElsewhere(mlir::Value row) const;
  /// Whether vectors written at `form` had better not pass through the caches, and can do so: whole registers, aligned.
  bool isStreamed(mlir::Value row, const LinearForm &form) const;
  /// The alignment of a vector at `form` of `element`, where it is to be said.
  llvm::MaybeAlign alignment(const LinearForm &form, mlir::Type element) const;
  /// The outermost level at which all axes of an address are known.
  unsigned levelOf(const LinearForm &form) const;
  /// Splits an address; with `skipLanes` without what the lane axis adds.
  Parts partsOf(const LinearForm &form, bool skipLanes) const;
  /// What tells the unknown part of an address from others.
  llvm::SmallVector<int64_t> keyOf(const LinearForm &form, const Parts &parts) const;
  /// The address of lane 0 or, with `skipLanes`, without the lane axis; `laneOffsets` has the rest.
  Datum scalarAddress(const LinearForm &form, bool skipLanes);
  /// How many lanes, the first ones, are read and written; nothing if that is not known.
  std::optional<int64_t> lanesSet() const;
  /// Whether, wherever the axes stand, the whole stride that begins at `start` lies in `row`.
  bool coversWhole(mlir::Value row, const LinearForm &start, int64_t stride) const;
  /// What `load` reads, in the type it has in memory; null where gathering is better or all there is.
  mlir::Value loadStrided(mlir::Value row, const LinearForm &form, int64_t stride);
  /// `datum`, in all lanes or as a scalar, in the type that `row` has in memory.
  mlir::Value toStorage(mlir::Value row, Datum datum, bool lanes);
  /// The index of dimension `i` of `axis` where the axis is at `position`, an index, integer or vector of such.
  mlir::Value component(mlir::Value position, const Axis &axis, unsigned i);
  /// What each lane adds to the scalar address: a constant multiple of 0, 1, 2, ... where `form` is linear along the
  /// lane axis, else the lane axis's whole part.
  mlir::Value laneOffsets(const LinearForm &form);
  /// An element of a padded tensor that is not stored: its source's within bounds, else the padding.
  Datum throughPadding(const PaddedRead &read);
  /// The bounds here and these limits, each of an index.
  Bounds within(llvm::ArrayRef<std::pair<mlir::AffineExpr, int64_t>> limits);
  /// The lanes that may be read; null for all.
  mlir::Value mask();
  /// The mask of the lanes for gathers and scatters, which always take one.
  mlir::Value fullMask();
  /// What `emit` returns, which makes its operations at `level`.
  template <typename Emit> auto at(unsigned level, Emit emit) {
    mlir::OpBuilder::InsertionGuard guard(kernel.builder);
    kernel.nest.moveTo(level);
    return emit();
  }

  KernelBuilder &kernel;
  llvm::SmallVector<Axis> axes;
  llvm::SmallVector<Place> places;
  std::optional<unsigned> laneAxis;
  int64_t laneCount = 1;
  mlir::Value laneMask;
  Bounds bounds;
  llvm::DenseMap<Key, llvm::SmallVector<Memo, 1>> memo;
  llvm::SmallVector<Base> bases;
  llvm::SmallVector<Run> runs;
  llvm::DenseMap<mlir::Operation *, Datum> constants;
  /// Scalars in all lanes: the vector, and the level at which it is known.
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, std::pair<mlir::Value, unsigned>> spread;
};

} // namespace agon::kernels
#endif
