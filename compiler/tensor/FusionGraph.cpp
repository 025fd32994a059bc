//===- FusionGraph.cpp - Who reads what, and who may join whom ------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/FusionGraph.h"
#include "compiler/tensor/ToLinalg.h"
#include "dialects/agon/ModeProduct.h"
#include "dialects/agon/SumOfProducts.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallBitVector.h"

#include <queue>

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

//===----------------------------------------------------------------------===//
// What operations are
//===----------------------------------------------------------------------===//

int64_t Node::elements() const {
  int64_t count = 1;
  for (int64_t extent : space)
    count *= extent;
  return count;
}

int64_t tensors::elementBytes(Type tensor) {
  return llvm::divideCeil(cast<RankedTensorType>(tensor).getElementTypeBitWidth(), 8);
}

int64_t tensors::tensorBytes(Type type) { return cast<RankedTensorType>(type).getNumElements() * elementBytes(type); }

Cost tensors::bodyCost(linalg::LinalgOp op) {
  Cost cost;
  for (Operation &inner : op->getRegion(0).front().without_terminator()) {
    if (isa<arith::ConstantOp, linalg::IndexOp, arith::IndexCastOp, arith::IndexCastUIOp>(inner))
      continue;
    ++cost.ops;
    bool onFloats = llvm::any_of(inner.getOperandTypes(), llvm::IsaPred<FloatType>);
    bool isMath = isa<math::MathDialect>(inner.getDialect());
    if (onFloats &&
        !isa<arith::SelectOp, arith::TruncFOp, arith::ExtFOp, arith::FPToSIOp, arith::FPToUIOp, arith::BitcastOp>(
            inner))
      cost.flops += isa<math::FmaOp>(inner) ? 2 : 1;
    cost.expensive |= (isMath && !isa<math::AbsFOp, math::AbsIOp, math::FmaOp, math::CopySignOp>(inner)) ||
                      isa<arith::DivFOp, arith::RemFOp, arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
                          arith::MulUIExtendedOp>(inner) ||
                      // A block of Philox is twenty of these.
                      (isa<arith::MulIOp>(inner) && inner.getResult(0).getType().isInteger(64));
  }
  return cost;
}

/// A sum of products into a projected permutation, of operands read at linear places (windows, say).
static bool isContraction(linalg::GenericOp op) {
  return isSumOfProducts(op) && op.getIndexingMapsArray().back().isProjectedPermutation();
}

InsertChain::InsertChain(tensor::InsertSliceOp last) {
  destination = last;
  while (auto insert = destination.getDefiningOp<tensor::InsertSliceOp>()) {
    inserts.push_back(insert);
    destination = insert.getDest();
  }
  std::reverse(inserts.begin(), inserts.end());
}

/// A fill or an insertion that only begins the destination of others.
static bool isDestinationOnly(Operation *op) {
  return llvm::all_of(op->getUses(), [](OpOperand &use) {
    if (auto insert = dyn_cast<tensor::InsertSliceOp>(use.getOwner()))
      return use == insert.getDestMutable();
    auto linalgOp = dyn_cast<linalg::LinalgOp>(use.getOwner());
    return linalgOp && linalgOp.isDpsInit(&use);
  });
}

//===----------------------------------------------------------------------===//
// Nodes and edges
//===----------------------------------------------------------------------===//

/// A filled tensor of zeros.
static bool isZeros(Value value) {
  auto fill = value.getDefiningOp<linalg::FillOp>();
  return fill && matchPattern(fill.getInputs()[0], m_AnyZeroFloat());
}

/// What a generic with reduction iterators is.
static NodeKind kindOfRoot(linalg::GenericOp op) {
  if (matchModeProduct(op))
    return NodeKind::ModeProduct;
  return isContraction(op) && isZeros(op.getOutputs()[0]) ? NodeKind::Contraction : NodeKind::Reduction;
}

/// How many elements a contraction takes from an operand in one pass: more than it has where windows overlap.
static int64_t pointsRead(linalg::GenericOp op, OpOperand *input) {
  AffineMap map = op.getMatchingIndexingMap(input);
  int64_t points = 1;
  for (auto [dim, extent] : llvm::enumerate(op.getStaticLoopRanges()))
    if (map.isFunctionOfDim(dim))
      points *= extent;
  return points;
}

/// What the fusion relies on in a linalg operation beyond its verifier.
static LogicalResult checkForm(linalg::LinalgOp op) {
  bool parallel = op.getNumParallelLoops() == op.getNumLoops();
  for (OpOperand &init : op.getDpsInitsMutable()) {
    if (!parallel && !init.get().getDefiningOp<linalg::FillOp>())
      return op.emitOpError("expected the destination of a reduction to be filled");
    if (parallel && !op.getMatchingIndexingMap(&init).isIdentity())
      return op.emitOpError("expected identity maps for the results of a parallel operation");
    if (parallel && isa<linalg::GenericOp>(op) && op.payloadUsesValueFromOperand(&init))
      return op.emitOpError("expected a parallel operation not to read its destination");
  }
  return success();
}

LogicalResult FusionGraph::addNodes(Block &block) {
  for (Operation &op : block.without_terminator()) {
    if (isa<tensor::EmptyOp>(op) || op.hasTrait<OpTrait::ConstantLike>())
      continue;
    if (isa<linalg::FillOp, tensor::InsertSliceOp>(op) && isDestinationOnly(&op))
      continue;
    Node node{};
    node.op = &op;
    node.kind = NodeKind::Other;
    auto readWhole = [&](Value value) {
      RankedTensorType type = tensorType(value);
      node.reads.push_back({value, AffineMap::getMultiDimIdentityMap(type.getRank(), op.getContext()),
                            static_cast<unsigned>(node.reads.size()), type.getNumElements()});
    };
    if (auto insert = dyn_cast<tensor::InsertSliceOp>(op)) {
      InsertChain chain(insert);
      if (!chain.destination.getDefiningOp<tensor::EmptyOp>() && !chain.destination.getDefiningOp<linalg::FillOp>())
        return op.emitOpError("expected a chain of insertions to begin with tensor.empty or linalg.fill");
      node.kind = NodeKind::Insert;
      node.space.assign(insert.getType().getShape().begin(), insert.getType().getShape().end());
      for (tensor::InsertSliceOp link : chain.inserts)
        readWhole(link.getSource());
    } else if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
      auto generic = dyn_cast<linalg::GenericOp>(op);
      if (!generic && !isa<linalg::FillOp>(op))
        return op.emitOpError("expected linalg.generic and linalg.fill only");
      if (failed(checkForm(linalgOp)))
        return failure();
      node.space = linalgOp.getStaticLoopRanges();
      node.cost = bodyCost(linalgOp);
      if (linalgOp.getNumParallelLoops() == linalgOp.getNumLoops())
        node.kind = NodeKind::Elementwise;
      else
        node.kind = kindOfRoot(generic);
      if (generic && node.kind == NodeKind::Contraction)
        for (auto [index, input] : llvm::enumerate(generic.getDpsInputOperands()))
          node.reads.push_back({input->get(), generic.getMatchingIndexingMap(input), static_cast<unsigned>(index),
                                pointsRead(generic, input)});
      else if (generic)
        for (auto [index, input] : llvm::enumerate(generic.getDpsInputOperands()))
          node.reads.push_back(
              {input->get(), generic.getMatchingIndexingMap(input), static_cast<unsigned>(index), node.elements()});
    } else {
      for (Value operand : op.getOperands()) {
        if (isa<RankedTensorType>(operand.getType()))
          readWhole(operand);
        else
          node.reads.push_back({operand, AffineMap(), 0, 0});
      }
    }
    if (auto generic = dyn_cast<linalg::GenericOp>(op); generic && node.kind == NodeKind::Contraction)
      for (unsigned i = 0; i != generic.getNumDpsInputs(); ++i)
        if (!generic.getIndexingMapsArray()[i ^ 1].isProjectedPermutation())
          if (std::optional<unsigned> from = producer(generic.getInputs()[i]))
            nodes[*from].stored = true;
    for (Value result : op.getResults())
      producers[result] = nodes.size();
    nodes.push_back(std::move(node));
  }
  return success();
}

std::optional<unsigned> FusionGraph::producer(Value value) const {
  auto at = producers.find(value);
  if (at == producers.end())
    return std::nullopt;
  return at->second;
}

/// Is `value` in memory even if the node `except` does not read it from there?
bool FusionGraph::isStoredAnyway(Value value, Operation *except) const {
  std::optional<unsigned> node = producer(value);
  if (!node || nodes[*node].kind == NodeKind::Other || nodes[*node].kind == NodeKind::Insert)
    return true; // padding is a view of something stored
  if (nodes[*node].recomputed)
    return false;
  for (Operation *user : value.getUsers()) {
    if (user == except)
      continue;
    auto linalgOp = dyn_cast<linalg::LinalgOp>(user);
    if (!linalgOp || linalgOp.getNumReductionLoops() > 0)
      return true;
  }
  return false;
}

/// The map from the indices of a padded tensor to those of what was padded, if `node` is a dense
/// box in a filled tensor that only elementwise operations read. They ask at every point whether it
/// lies in the box, a question for the loops outside the lanes mostly. (Contractions and the
/// transforms of tiles read an element many times over, and masks would cost more than the copy.)
static AffineMap viewThroughPadding(const Node &node) {
  auto insert = dyn_cast<tensor::InsertSliceOp>(node.op);
  if (!insert || !insert.getDest().getDefiningOp<linalg::FillOp>() || !insert.getOffsets().empty() ||
      !insert.getSizes().empty() || !insert.getStrides().empty() ||
      llvm::any_of(insert.getStaticStrides(), [](int64_t stride) { return stride != 1; }))
    return {};
  for (Operation *user : insert->getUsers()) {
    auto generic = dyn_cast<linalg::GenericOp>(user);
    if (!generic || generic.getNumReductionLoops())
      return {};
  }
  SmallVector<AffineExpr> exprs;
  llvm::SmallBitVector dropped = insert.getDroppedDims();
  for (auto [dim, offset] : llvm::enumerate(insert.getStaticOffsets()))
    if (!dropped.test(dim))
      exprs.push_back(getAffineDimExpr(dim, insert.getContext()) - offset);
  return AffineMap::get(insert.getType().getRank(), 0, exprs, insert.getContext());
}

/// Decides which producers are computed again by their readers instead of being
/// stored: copies, constants, padding, and up to two cheap operations on one stored tensor.
void FusionGraph::chooseRecomputed() {
  for (Node &node : nodes) {
    node.work = node.cost.ops;
    if (AffineMap view = viewThroughPadding(node)) {
      node.recomputed = true;
      node.reads.front().map = view;
    }
    if (node.kind != NodeKind::Elementwise || node.stored)
      continue;
    llvm::SmallPtrSet<Operation *, 8> users;
    bool storedForOthers = false, largerReaders = true;
    for (Operation *user : node.op->getUsers()) {
      users.insert(user);
      auto linalgOp = dyn_cast<linalg::LinalgOp>(user);
      storedForOthers |= !linalgOp && !isa<tensor::InsertSliceOp>(user);
      if (linalgOp)
        largerReaders &= computeProduct(linalgOp.getStaticLoopRanges()) > node.elements();
    }
    unsigned wide = 0;
    bool wideStored = true, onlyGiven = true;
    llvm::SmallPtrSet<Value, 4> seen;
    for (const Access &read : node.reads) {
      if (!seen.insert(read.value).second)
        continue;
      std::optional<unsigned> from = producer(read.value);
      if (from && nodes[*from].recomputed) {
        node.work += nodes[*from].work;
        continue;
      }
      onlyGiven &= !from;
      if (tensorType(read.value).getNumElements() * 4 > node.elements()) {
        ++wide;
        wideStored &= isStoredAnyway(read.value, node.op);
      }
    }
    bool light = !node.cost.expensive && node.work <= 2;
    bool copy = light && node.work == 0 && node.reads.size() <= 1;
    bool shared = light && wideStored && !node.space.empty() && (wide == 1 || (wide == 0 && users.size() > 1));
    bool broadcast = light && users.size() == 1 && largerReaders && onlyGiven;
    node.recomputed = copy || (!storedForOthers && (shared || broadcast));
  }
}

void FusionGraph::connect() {
  // Reads through recomputed nodes, in program order, so that theirs are done.
  for (Node &node : nodes) {
    SmallVector<Access> reads;
    auto add = [&](const Access &access) {
      if (!llvm::is_contained(reads, access))
        reads.push_back(access);
    };
    for (const Access &read : node.reads) {
      std::optional<unsigned> from = producer(read.value);
      if (!from || !nodes[*from].recomputed || node.kind == NodeKind::Other) {
        add(read);
        continue;
      }
      for (const Access &inner : nodes[*from].reads)
        add({inner.value, inner.map.compose(read.map), read.operand, read.count});
    }
    node.reads = std::move(reads);
  }
  for (Node &node : nodes)
    for (OpOperand &use : node.op->getUses())
      node.escapes |= use.getOwner()->hasTrait<OpTrait::IsTerminator>();

  std::optional<unsigned> lastEffect;
  for (unsigned index = nodes.size(); index-- > 0;) {
    Node &node = nodes[index];
    bool effect = node.kind == NodeKind::Other && !isMemoryEffectFree(node.op);
    node.live |= node.escapes || effect;
    if (!node.live)
      continue;
    if (effect && lastEffect)
      node.successors.push_back(*lastEffect);
    if (effect)
      lastEffect = index;
    for (const Access &read : node.reads)
      if (std::optional<unsigned> from = producer(read.value)) {
        nodes[*from].live = true;
        if (!llvm::is_contained(nodes[*from].successors, index))
          nodes[*from].successors.push_back(index);
      }
  }
  for (auto [index, node] : llvm::enumerate(nodes)) {
    node.cluster = index;
    clusters.push_back({node.kind, {static_cast<unsigned>(index)}, static_cast<unsigned>(index)});
  }
  rankClusters();
}

/// Orders the clusters, of one node each, by the longest way to them: what may join lies near.
void FusionGraph::rankClusters() {
  SmallVector<unsigned, 0> depth(nodes.size(), 0);
  for (auto [index, node] : llvm::enumerate(nodes))
    for (unsigned next : node.successors)
      depth[next] = std::max(depth[next], depth[index] + 1);
  ranked = llvm::to_vector<0>(llvm::seq<unsigned>(0, nodes.size()));
  llvm::stable_sort(ranked, [&](unsigned a, unsigned b) { return depth[a] < depth[b]; });
  rank.resize(nodes.size());
  for (auto [place, cluster] : llvm::enumerate(ranked))
    rank[cluster] = place;
}

FailureOr<FusionGraph> FusionGraph::build(Block &block, bool recompute) {
  FusionGraph graph;
  if (failed(graph.addNodes(block)))
    return failure();
  if (recompute)
    graph.chooseRecomputed();
  graph.connect();
  return graph;
}

//===----------------------------------------------------------------------===//
// Clusters
//===----------------------------------------------------------------------===//

bool FusionGraph::readOnlyBy(unsigned node, llvm::function_ref<bool(unsigned)> within) const {
  return !nodes[node].escapes && llvm::all_of(nodes[node].successors, within);
}

llvm::BitVector FusionGraph::members(unsigned cluster) const {
  llvm::BitVector set(nodes.size());
  for (unsigned node : clusters[cluster].nodes)
    set.set(node);
  return set;
}

/// The lowest and the highest rank of the set's clusters.
std::pair<unsigned, unsigned> FusionGraph::ranksOf(const llvm::BitVector &set) const {
  unsigned lowest = ~0u, highest = 0;
  for (unsigned node : set.set_bits()) {
    lowest = std::min(lowest, rank[nodes[node].cluster]);
    highest = std::max(highest, rank[nodes[node].cluster]);
  }
  return {lowest, highest};
}

/// For `isConvex` and `join`: the clusters that read the set, directly or not, and rank among its clusters; nothing if
/// it reads one of them.
std::optional<llvm::BitVector> FusionGraph::findReaders(const llvm::BitVector &set) const {
  unsigned highest = ranksOf(set).second;
  llvm::BitVector seen(clusters.size());
  // By rank, the highest first: a way back to the set ends near its highest cluster, and is soon found from there.
  std::priority_queue<unsigned> ahead;
  // Whether the set is not met again.
  auto leave = [&](unsigned node) {
    for (unsigned next : nodes[node].successors) {
      unsigned cluster = nodes[next].cluster;
      if (set.test(next)) {
        if (!set.test(node))
          return false;
      } else if (rank[cluster] < highest && !seen.test(cluster)) {
        seen.set(cluster);
        ahead.push(rank[cluster]);
      }
    }
    return true;
  };
  for (unsigned node : set.set_bits())
    leave(node);
  while (!ahead.empty()) {
    unsigned cluster = ranked[ahead.top()];
    ahead.pop();
    // A region outside runs as a whole: all its nodes come after the set.
    if (!llvm::all_of(clusters[cluster].nodes, leave))
      return std::nullopt;
  }
  return seen;
}

bool FusionGraph::join(unsigned into, const llvm::BitVector &set) {
  std::optional<llvm::BitVector> readers = findReaders(set);
  if (!readers)
    return false;
  auto [lowest, highest] = ranksOf(set);
  // The set's clusters, which become one, come behind what does not read them. Those that are left empty come last.
  SmallVector<unsigned> before, after, empty;
  for (unsigned cluster : ArrayRef(ranked).slice(lowest, highest - lowest + 1)) {
    if (cluster == into)
      continue;
    bool joins = !clusters[cluster].nodes.empty() && set.test(clusters[cluster].nodes.front());
    (joins ? empty : readers->test(cluster) ? after : before).push_back(cluster);
  }
  before.push_back(into);
  llvm::append_range(before, after);
  llvm::append_range(before, empty);
  for (auto [place, cluster] : llvm::enumerate(before)) {
    ranked[lowest + place] = cluster;
    rank[cluster] = lowest + place;
  }
  for (unsigned node : set.set_bits()) {
    if (nodes[node].cluster != into)
      clusters[nodes[node].cluster].nodes.clear();
    nodes[node].cluster = into;
  }
  clusters[into].nodes.assign(set.set_bits_begin(), set.set_bits_end());
  return true;
}

bool FusionGraph::merge(unsigned into, unsigned from) {
  llvm::BitVector set = members(into);
  set |= members(from);
  return join(into, set);
}
