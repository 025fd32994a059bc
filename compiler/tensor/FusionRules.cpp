//===- FusionRules.cpp - Which operations share a region ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Greedy, in four steps. Memory traffic is what fusion saves, so each rule asks
// which tensor is no longer written.
//
//  1. Recomputation (FusionGraph.cpp): copies, padding, and at most two cheap operations
//     on one tensor that is stored anyway, are never stored.
//  2. Epilogues: what follows a contraction, reduction or mode product elementwise in the
//     space of its result joins it, as long as nothing else it reads depends on
//     that result. An optimiser's update joins, however many moments it reads:
//     as a region of its own it would read the gradient back, too.
//  3. Prologues: what only one reduction, mode product or insertion reads, and for the
//     operands of a contraction, whose elements are read more than once while
//     they are packed, at most four cheap operations.
//  4. Elementwise clusters over one iteration space: producers with consumers,
//     then siblings that read the same tensor.
//===----------------------------------------------------------------------===//
#include "compiler/tensor/FusionGraph.h"
#include "compiler/tensor/ToLinalg.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "llvm/ADT/SmallPtrSet.h"

#include <queue>

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

/// Work a reduction's epilogue may hold for each element of the result.
static constexpr unsigned reductionEpilogueOps = 32;
/// Tensors of the result's size that an epilogue may read besides it.
static constexpr unsigned epilogueWideInputs = 2;
/// Cheap work in the prologue of a contraction's operand, an element.
static constexpr unsigned contractionPrologueOps = 4;
/// Tensors of the operand's size that it may read.
static constexpr unsigned prologueWideInputs = 2;

namespace {
class Fusion {
public:
  explicit Fusion(FusionGraph &graph) : graph(graph) {}

  void run() {
    findUpdates();
    // The last root first: of two, the one that comes later takes what needs
    // both, and the earlier need not wait.
    for (unsigned index = graph.nodes.size(); index-- > 0;) {
      const Node &node = graph.nodes[index];
      if (node.live && node.isRoot())
        growEpilogue(index);
    }
    for (auto [index, node] : llvm::enumerate(graph.nodes))
      if (node.live && (node.isRoot() || node.kind == NodeKind::Insert))
        growPrologue(index);
    for (auto [index, node] : llvm::enumerate(graph.nodes))
      if (isFree(index))
        for (const Access &read : node.reads)
          readers[read.value].push_back(index);
    for (unsigned index = 0; index < graph.nodes.size(); ++index)
      if (isFree(index))
        joinCluster(index);
  }

private:
  /// Elementwise, and alone so far.
  bool isFree(unsigned index) const {
    const Node &node = graph.nodes[index];
    return node.live && !node.recomputed && node.kind == NodeKind::Elementwise &&
           graph.clusters[node.cluster].kind == NodeKind::Elementwise && graph.clusters[node.cluster].nodes.size() == 1;
  }

  ArrayRef<int64_t> resultShape(unsigned root) const {
    return tensorType(graph.nodes[root].op->getResult(0)).getShape();
  }

  void findUpdates();
  void growEpilogue(unsigned root);
  void forEachReader(const llvm::BitVector &set, llvm::function_ref<bool(unsigned)> joins) const;
  bool extends(const llvm::BitVector &set, unsigned index, ArrayRef<int64_t> space) const;
  void addPrivateProducers(llvm::BitVector &set, unsigned index, ArrayRef<int64_t> space) const;
  unsigned wideInputs(const llvm::BitVector &set, unsigned root, ArrayRef<int64_t> space) const;
  void growPrologue(unsigned root);
  void addProducers(llvm::BitVector &prologue, unsigned root, unsigned operand) const;
  bool isCheapOperand(const llvm::BitVector &producers) const;
  void joinCluster(unsigned index);
  bool meetAtSamePoints(unsigned a, unsigned b) const;

  FusionGraph &graph;
  /// Nodes that lead to results of the function and nothing else, elementwise
  /// in one space: what an optimiser's update looks like.
  llvm::BitVector updates;
  /// Elementwise nodes that are neither prologue nor epilogue, by what they read.
  llvm::DenseMap<Value, SmallVector<unsigned>> readers;
};
} // namespace

void Fusion::findUpdates() {
  updates.resize(graph.nodes.size());
  for (unsigned index = graph.nodes.size(); index-- > 0;) {
    const Node &node = graph.nodes[index];
    if (node.kind == NodeKind::Elementwise && llvm::all_of(node.successors, [&](unsigned next) {
          return updates.test(next) && graph.nodes[next].space == node.space;
        }))
      updates.set(index);
  }
}

//===----------------------------------------------------------------------===//
// Epilogues
//===----------------------------------------------------------------------===//

/// Does the free node read the set, and only at the point that it computes?
bool Fusion::extends(const llvm::BitVector &set, unsigned index, ArrayRef<int64_t> space) const {
  const Node &node = graph.nodes[index];
  if (!isFree(index) || ArrayRef(node.space) != space)
    return false;
  bool reads = false;
  for (const Access &read : node.reads) {
    std::optional<unsigned> from = graph.producer(read.value);
    if (!from || !set.test(*from))
      continue;
    if (!read.map.isIdentity())
      return false;
    reads = true;
  }
  return reads;
}

/// Cheap producers that `index` needs beside the set and nothing else reads.
void Fusion::addPrivateProducers(llvm::BitVector &set, unsigned index, ArrayRef<int64_t> space) const {
  for (const Access &read : graph.nodes[index].reads) {
    std::optional<unsigned> from = graph.producer(read.value);
    if (!from || set.test(*from) || !isFree(*from) || !read.map.isIdentity() ||
        ArrayRef(graph.nodes[*from].space) != space || !graph.nodes[*from].cost.cheap(4) ||
        !graph.readOnlyBy(*from, [&](unsigned reader) { return set.test(reader); }))
      continue;
    set.set(*from);
    addPrivateProducers(set, *from, space);
  }
}

/// Tensors of about the size of the result that the epilogue reads from memory.
unsigned Fusion::wideInputs(const llvm::BitVector &set, unsigned root, ArrayRef<int64_t> space) const {
  llvm::SmallPtrSet<Value, 8> wide;
  for (unsigned index : set.set_bits())
    for (const Access &read : graph.nodes[index].reads) {
      std::optional<unsigned> from = graph.producer(read.value);
      if (index != root && !(from && set.test(*from)) &&
          tensorType(read.value).getNumElements() * 4 > computeProduct(space))
        wide.insert(read.value);
    }
  return wide.size();
}

void Fusion::growEpilogue(unsigned root) {
  ArrayRef<int64_t> space = resultShape(root);
  bool scalar = space.empty();
  llvm::BitVector set = graph.members(graph.nodes[root].cluster);
  unsigned ops = 0;
  auto affordable = [&](unsigned index) {
    return graph.nodes[root].kind == NodeKind::Contraction || scalar ||
           ops + graph.nodes[index].cost.ops <= reductionEpilogueOps;
  };
  forEachReader(set, [&](unsigned index) {
    if (updates.test(index) || !affordable(index) || !extends(set, index, space))
      return false;
    llvm::BitVector grown = set;
    grown.set(index);
    if (!graph.isConvex(grown))
      return false;
    addPrivateProducers(grown, index, space);
    if (!scalar && wideInputs(grown, root, space) > epilogueWideInputs)
      return false;
    set = grown;
    ops += graph.nodes[index].cost.ops;
    return true;
  });

  // What only makes results of the function, from whatever it reads: it is not wanted soon.
  forEachReader(set, [&](unsigned index) {
    if (!updates.test(index) || !extends(set, index, space))
      return false;
    llvm::BitVector grown = set;
    grown.set(index);
    if (!graph.isConvex(grown))
      return false;
    addPrivateProducers(grown, index, space);
    set = grown;
    return true;
  });
  graph.join(graph.nodes[root].cluster, set);
}

/// Offers what reads the set to `joins`, in program order, and what reads that, if it joined.
void Fusion::forEachReader(const llvm::BitVector &set, llvm::function_ref<bool(unsigned)> joins) const {
  std::priority_queue<unsigned, std::vector<unsigned>, std::greater<>> ahead;
  auto addReaders = [&](unsigned index) {
    for (unsigned next : graph.nodes[index].successors)
      ahead.push(next);
  };
  for (unsigned index : set.set_bits())
    addReaders(index);
  std::optional<unsigned> last;
  while (!ahead.empty()) {
    unsigned index = ahead.top();
    ahead.pop();
    if (last && index <= *last)
      continue;
    last = index;
    if (joins(index))
      addReaders(index);
  }
}

//===----------------------------------------------------------------------===//
// Prologues
//===----------------------------------------------------------------------===//

/// Free producers, direct or not, of one operand of the root that only the root
/// and they themselves read, added to `prologue`.
void Fusion::addProducers(llvm::BitVector &prologue, unsigned root, unsigned operand) const {
  auto joins = [&](const Access &read, unsigned index) {
    // Elements that would be read again and again are computed once, in memory.
    return isFree(index) && !graph.nodes[index].stored && read.count <= graph.nodes[index].elements() &&
           graph.readOnlyBy(index, [&](unsigned reader) { return prologue.test(reader); });
  };
  // From the root towards the inputs. A producer whose readers are not all
  // inside yet is met again in a later round.
  bool changed = true;
  while (changed) {
    changed = false;
    SmallVector<Access> worklist;
    llvm::copy_if(graph.nodes[root].reads, std::back_inserter(worklist),
                  [&](const Access &read) { return read.operand == operand; });
    llvm::BitVector visited(graph.nodes.size());
    while (!worklist.empty()) {
      Access read = worklist.pop_back_val();
      std::optional<unsigned> from = graph.producer(read.value);
      if (!from || visited.test(*from))
        continue;
      if (!prologue.test(*from)) {
        if (!joins(read, *from))
          continue;
        prologue.set(*from);
        changed = true;
      }
      visited.set(*from);
      llvm::append_range(worklist, graph.nodes[*from].reads);
    }
  }
}

void Fusion::growPrologue(unsigned root) {
  const Node &node = graph.nodes[root];
  unsigned operands = 0;
  for (const Access &read : node.reads)
    operands = std::max(operands, read.operand + 1);
  llvm::BitVector prologue(graph.nodes.size());
  prologue.set(root);
  for (unsigned operand = 0; operand < operands; ++operand) {
    llvm::BitVector grown = prologue;
    addProducers(grown, root, operand);
    llvm::BitVector added = grown;
    added.reset(prologue);
    // All or nothing: the operand stored once is better than its own inputs.
    if (added.none() || (node.kind == NodeKind::Contraction && !isCheapOperand(added)))
      continue;
    llvm::BitVector set = graph.members(node.cluster);
    set |= grown;
    if (graph.join(node.cluster, set))
      prologue = grown;
  }
}

bool Fusion::isCheapOperand(const llvm::BitVector &producers) const {
  unsigned work = 0;
  int64_t elements = 0;
  llvm::SmallPtrSet<Value, 4> inputs;
  for (unsigned index : producers.set_bits()) {
    const Node &node = graph.nodes[index];
    if (node.cost.expensive)
      return false;
    work += node.work;
    elements = std::max(elements, node.elements());
    for (const Access &read : node.reads) {
      std::optional<unsigned> from = graph.producer(read.value);
      if (!from || !producers.test(*from))
        inputs.insert(read.value);
    }
  }
  unsigned wide =
      llvm::count_if(inputs, [&](Value input) { return tensorType(input).getNumElements() * 4 > elements; });
  return work <= contractionPrologueOps && wide <= prologueWideInputs;
}

//===----------------------------------------------------------------------===//
// Elementwise clusters
//===----------------------------------------------------------------------===//

/// Do the clusters read each other only at the point that they compute?
bool Fusion::meetAtSamePoints(unsigned a, unsigned b) const {
  for (auto [reader, read] : {std::pair(a, b), std::pair(b, a)})
    for (unsigned index : graph.clusters[reader].nodes)
      for (const Access &access : graph.nodes[index].reads) {
        std::optional<unsigned> from = graph.producer(access.value);
        if (from && graph.nodes[*from].cluster == read && !access.map.isIdentity())
          return false;
      }
  return true;
}

void Fusion::joinCluster(unsigned index) {
  const Node &node = graph.nodes[index];
  auto tryJoin = [&](unsigned other) {
    unsigned into = graph.nodes[other].cluster, from = node.cluster;
    if (into == from || graph.nodes[other].recomputed || graph.clusters[into].kind != NodeKind::Elementwise ||
        graph.nodes[other].space != node.space || !meetAtSamePoints(into, from))
      return;
    graph.merge(std::min(into, from), std::max(into, from));
  };
  for (const Access &read : node.reads)
    if (std::optional<unsigned> from = graph.producer(read.value))
      tryJoin(*from);
  for (const Access &read : node.reads) {
    if (!node.space.empty() && tensorType(read.value).getNumElements() * 4 <= node.elements())
      continue;
    for (unsigned other : readers[read.value])
      if (other < index && llvm::is_contained(graph.nodes[other].reads, read))
        tryJoin(other);
  }
}

void tensors::fuse(FusionGraph &graph) { Fusion(graph).run(); }
