//===- FusionGraph.h - Who reads what, and who may join whom ----*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_TENSOR_FUSIONGRAPH_H
#define AGON_COMPILER_TENSOR_FUSIONGRAPH_H

#include "compiler/tensor/Passes.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"

namespace agon::tensors {

/// `Other` is what stays in the function: reshapes and operations that are not
/// linalg. It is ordered with the regions but never fused.
enum class NodeKind { Elementwise, Reduction, Contraction, Insert, ModeProduct, Other };

/// Scalar work for one point of the iteration space.
struct Cost {
  unsigned ops = 0;       ///< arithmetic, comparisons and selections
  unsigned flops = 0;     ///< floating-point arithmetic and functions
  bool expensive = false; ///< divides, or calls something like exp
  bool cheap(unsigned limit) const { return !expensive && ops <= limit; }
};

/// `value`, a tensor of the function, read at `map` of a node's iteration space
/// (of the operand's own for contractions and insertions).
struct Access {
  mlir::Value value;
  mlir::AffineMap map;
  unsigned operand; ///< position among the node's operands
  int64_t count;    ///< points at which it is read, once each
  bool operator==(const Access &other) const { return value == other.value && map == other.map; }
};

/// One linalg operation; for `Insert` a whole chain of tensor.insert_slice,
/// named by its last.
struct Node {
  mlir::Operation *op;
  NodeKind kind;
  llvm::SmallVector<int64_t> space; ///< extents of the loops; of the result for Insert
  Cost cost;
  unsigned work = 0; ///< operations an element, with those of recomputed producers
  /// Too cheap for memory: computed again by every reader. Has a region of its
  /// own only if something that is not fused reads it.
  bool recomputed = false;
  bool stored = false;  ///< in memory, whatever it costs: an operand of a contraction that meets windows
  bool escapes = false; ///< read by the function's terminator
  bool live = false;    ///< needs a region
  unsigned cluster;
  llvm::SmallVector<Access> reads;        ///< seen through recomputed nodes
  llvm::SmallVector<unsigned> successors; ///< readers, seen through recomputed nodes

  int64_t elements() const;
  /// Whether it reduces: others join it as prologue and epilogue.
  bool isRoot() const {
    return kind == NodeKind::Reduction || kind == NodeKind::Contraction || kind == NodeKind::ModeProduct;
  }
};

/// Nodes that become one region.
struct Cluster {
  NodeKind kind;
  llvm::SmallVector<unsigned> nodes; ///< in program order
  unsigned root;                     ///< for Elementwise any of them
};

class FusionGraph {
public:
  static mlir::FailureOr<FusionGraph> build(mlir::Block &block, bool recompute);

  std::optional<unsigned> producer(mlir::Value value) const;
  /// Does every reader of the node lie in `within`?
  bool readOnlyBy(unsigned node, llvm::function_ref<bool(unsigned)> within) const;
  /// Would `set`, of whole clusters, as one region leave the graph of clusters without cycles?
  bool isConvex(const llvm::BitVector &set) const { return findReaders(set).has_value(); }
  /// Makes `set` the cluster `into`, one of those that it is made of, if that leaves no cycle.
  bool join(unsigned into, const llvm::BitVector &set);
  /// Moves all nodes of `from` into `into`, if that leaves no cycle.
  bool merge(unsigned into, unsigned from);
  llvm::BitVector members(unsigned cluster) const;

  llvm::SmallVector<Node, 0> nodes;
  llvm::SmallVector<Cluster, 0> clusters; ///< the merged ones are left empty

private:
  mlir::LogicalResult addNodes(mlir::Block &block);
  void chooseRecomputed();
  void connect();
  void rankClusters();
  bool isStoredAnyway(mlir::Value value, mlir::Operation *except) const;
  std::optional<llvm::BitVector> findReaders(const llvm::BitVector &set) const;
  std::pair<unsigned, unsigned> ranksOf(const llvm::BitVector &set) const;

  llvm::DenseMap<mlir::Value, unsigned> producers;
  // An order of the clusters in which readers come later, kept through all changes (Pearce and Kelly 2006, "A dynamic
  // topological sort algorithm for directed acyclic graphs"): what ranks above a set cannot lead back to it.
  llvm::SmallVector<unsigned, 0> rank;   ///< By cluster.
  llvm::SmallVector<unsigned, 0> ranked; ///< Clusters by rank.
};

/// Sources of a chain of insertions that ends in `op`, first one first, and
/// what it begins with.
struct InsertChain {
  explicit InsertChain(mlir::tensor::InsertSliceOp last);
  llvm::SmallVector<mlir::tensor::InsertSliceOp> inserts;
  mlir::Value destination;
};

/// Work in a generic's body for one point.
Cost bodyCost(mlir::linalg::LinalgOp op);

/// Bytes of a tensor; booleans take one each.
int64_t tensorBytes(mlir::Type type);
int64_t elementBytes(mlir::Type tensor);

/// Applies all fusion rules (FusionRules.cpp).
void fuse(FusionGraph &graph);

} // namespace agon::tensors
#endif
