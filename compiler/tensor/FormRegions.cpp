//===- FormRegions.cpp - The pass agon-form-regions -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/MergeBodies.h"
#include "compiler/tensor/RegionWork.h"
#include "compiler/tensor/ToLinalg.h"
#include "dialects/agon/ModeProduct.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/CSE.h"
#include <queue>

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

namespace agon::tensors {
#define GEN_PASS_DEF_AGONFORMREGIONS
#include "compiler/tensor/Passes.h.inc"
} // namespace agon::tensors

/// Clusters that need code, in an order that respects who reads whom and keeps
/// otherwise to the program's.
static SmallVector<unsigned> schedule(const FusionGraph &graph) {
  unsigned count = graph.clusters.size();
  SmallVector<unsigned> waiting(count, 0);
  auto forEachEdge = [&](unsigned cluster, auto fn) {
    for (unsigned node : graph.clusters[cluster].nodes)
      for (unsigned next : graph.nodes[node].successors)
        if (graph.nodes[next].cluster != cluster)
          fn(graph.nodes[next].cluster);
  };
  for (unsigned cluster = 0; cluster < count; ++cluster)
    forEachEdge(cluster, [&](unsigned next) { ++waiting[next]; });

  using Entry = std::pair<unsigned, unsigned>; // the last node's place, the cluster
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
  auto push = [&](unsigned cluster) { ready.push({graph.clusters[cluster].nodes.back(), cluster}); };
  for (unsigned cluster = 0; cluster < count; ++cluster)
    if (!waiting[cluster] && !graph.clusters[cluster].nodes.empty())
      push(cluster);
  SmallVector<unsigned> order;
  while (!ready.empty()) {
    unsigned cluster = ready.top().second;
    ready.pop();
    if (graph.nodes[graph.clusters[cluster].root].live)
      order.push_back(cluster);
    forEachEdge(cluster, [&](unsigned next) {
      if (--waiting[next] == 0)
        push(next);
    });
  }
  return order;
}

namespace {
/// Builds the region of one cluster.
class RegionBuilder {
public:
  RegionBuilder(const FusionGraph &graph, unsigned cluster, MLIRContext *context)
      : graph(graph), cluster(graph.clusters[cluster]), number(cluster), context(context),
        body(std::make_unique<Block>()), builder(context) {
    builder.setInsertionPointToEnd(body.get());
  }

  /// Puts the region at `outer`; `values` maps tensors of the old function to
  /// those of the new and learns the region's results.
  RegionOp build(OpBuilder &outer, IRMapping &values);

private:
  /// The region's own value for a tensor of the function: an argument, or what it only sees through padding.
  Value local(Value tensor);
  /// `operand`, computed over its own space if its producer lies here.
  Value prologue(Value operand);
  bool isComputedHere(Value tensor) const;
  BodyMerger merger(ArrayRef<int64_t> space);
  Value destination(Value init);
  void buildRoot(linalg::GenericOp root);
  void buildInsert(tensor::InsertSliceOp last);
  void buildElementwise(ArrayRef<Value> outputs);
  SmallVector<Value> outputs() const;

  const FusionGraph &graph;
  const Cluster &cluster;
  unsigned number;
  MLIRContext *context;
  std::unique_ptr<Block> body;
  OpBuilder builder;
  SmallVector<Value> inputs;
  llvm::DenseMap<Value, Value> locals;
};
} // namespace

Value RegionBuilder::local(Value tensor) {
  if (Value known = locals.lookup(tensor))
    return known;
  std::optional<unsigned> node = graph.producer(tensor);
  if (node && graph.nodes[*node].kind == NodeKind::Insert && graph.nodes[*node].recomputed) {
    buildInsert(cast<tensor::InsertSliceOp>(graph.nodes[*node].op));
    return locals.lookup(tensor);
  }
  inputs.push_back(tensor);
  return locals[tensor] = body->addArgument(tensor.getType(), tensor.getLoc());
}

bool RegionBuilder::isComputedHere(Value tensor) const {
  std::optional<unsigned> node = graph.producer(tensor);
  return node && graph.nodes[*node].kind == NodeKind::Elementwise &&
         (graph.nodes[*node].recomputed || graph.nodes[*node].cluster == number);
}

BodyMerger RegionBuilder::merger(ArrayRef<int64_t> space) {
  return BodyMerger(
      graph, space, context,
      [this](unsigned node) {
        return graph.nodes[node].cluster == number && graph.nodes[node].kind == NodeKind::Elementwise;
      },
      [this](Value tensor) { return local(tensor); });
}

Value RegionBuilder::prologue(Value operand) {
  if (!isComputedHere(operand))
    return local(operand);
  BodyMerger merged = merger(tensorType(operand).getShape());
  Value element = merged.read(operand);
  return merged.finish(builder, element).getResult(0);
}

Value RegionBuilder::destination(Value init) {
  Location loc = init.getLoc();
  auto fill = init.getDefiningOp<linalg::FillOp>();
  if (!fill)
    return makeEmpty(builder, loc, tensorType(init));
  auto scalar = fill.getInputs()[0].getDefiningOp<arith::ConstantOp>();
  return makeFill(builder, loc, tensorType(init), scalar.getValue());
}

void RegionBuilder::buildRoot(linalg::GenericOp root) {
  bool contraction = cluster.kind == NodeKind::Contraction;
  SmallVector<int64_t> space = root.getStaticLoopRanges();
  SmallVector<Value> operands, inits;
  SmallVector<AffineMap> maps;
  for (OpOperand *input : root.getDpsInputOperands()) {
    AffineMap map = root.getMatchingIndexingMap(input);
    if (auto matrix = smallMatrix(input->get())) {
      operands.push_back(builder.clone(*matrix)->getResult(0));
    } else if (contraction || !isComputedHere(input->get())) {
      operands.push_back(prologue(input->get()));
    } else {
      // Straight over the reduction's space: nothing that it skips is computed.
      BodyMerger merged = merger(space);
      Value element = merged.read(input->get(), map);
      operands.push_back(merged.finish(builder, element).getResult(0));
      map = AffineMap::getMultiDimIdentityMap(space.size(), context);
    }
    maps.push_back(map);
  }
  for (OpOperand &init : root.getDpsInitsMutable()) {
    inits.push_back(destination(init.get()));
    maps.push_back(root.getMatchingIndexingMap(&init));
  }
  auto copy = linalg::GenericOp::create(builder, root.getLoc(), root.getResultTypes(), operands, inits, maps,
                                        root.getIteratorTypesArray());
  IRMapping mapping;
  copy.getRegion().getBlocks().clear();
  root.getRegion().cloneInto(&copy.getRegion(), mapping);
  internalizeConstants(copy.getRegion());
  for (auto [old, result] : llvm::zip_equal(root.getResults(), copy.getResults()))
    locals[old] = result;
}

void RegionBuilder::buildInsert(tensor::InsertSliceOp last) {
  InsertChain chain(last);
  SmallVector<Value> sources;
  for (tensor::InsertSliceOp insert : chain.inserts)
    sources.push_back(prologue(insert.getSource()));
  Value whole = destination(chain.destination);
  for (auto [insert, source] : llvm::zip_equal(chain.inserts, sources))
    whole = tensor::InsertSliceOp::create(builder, insert.getLoc(), source, whole, insert.getMixedOffsets(),
                                          insert.getMixedSizes(), insert.getMixedStrides());
  locals[last.getResult()] = whole;
}

void RegionBuilder::buildElementwise(ArrayRef<Value> outputs) {
  BodyMerger merged = merger(tensorType(outputs.front()).getShape());
  SmallVector<Value> elements;
  for (Value output : outputs)
    elements.push_back(merged.read(output));
  linalg::GenericOp generic = merged.finish(builder, elements);
  for (auto [output, result] : llvm::zip_equal(outputs, generic.getResults()))
    locals[output] = result;
}

SmallVector<Value> RegionBuilder::outputs() const {
  SmallVector<Value> values;
  for (unsigned index : cluster.nodes) {
    const Node &node = graph.nodes[index];
    if (node.live && !graph.readOnlyBy(index, [&](unsigned reader) { return graph.nodes[reader].cluster == number; }))
      llvm::copy_if(node.op->getResults(), std::back_inserter(values),
                    [](Value result) { return !result.use_empty(); });
  }
  return values;
}

RegionOp RegionBuilder::build(OpBuilder &outer, IRMapping &values) {
  SmallVector<Value> results = outputs(), elementwise;
  const Node &root = graph.nodes[cluster.root];
  if (cluster.kind == NodeKind::Insert)
    buildInsert(cast<tensor::InsertSliceOp>(root.op));
  else if (cluster.kind != NodeKind::Elementwise)
    buildRoot(cast<linalg::GenericOp>(root.op));
  for (Value result : results)
    if (!locals.contains(result))
      elementwise.push_back(result);
  if (!elementwise.empty())
    buildElementwise(elementwise);

  SmallVector<Value> yielded, operands;
  SmallVector<Location> locations{root.op->getLoc()};
  for (Value result : results)
    yielded.push_back(locals.lookup(result));
  for (Value input : inputs)
    operands.push_back(values.lookupOrDefault(input));
  for (unsigned node : cluster.nodes)
    locations.push_back(graph.nodes[node].op->getLoc());
  Location loc = outer.getFusedLoc(locations);
  YieldOp::create(builder, loc, yielded);

  using Kind = agon::RegionKind;
  static constexpr Kind kinds[] = {Kind::Elementwise, Kind::Reduction, Kind::Contraction, Kind::Insert,
                                   Kind::ModeProduct};
  auto region =
      RegionOp::create(outer, loc, TypeRange(ValueRange(results)), kinds[static_cast<unsigned>(cluster.kind)], operands,
                       countFlops(*body), countBytes(*body), /*places=*/ArrayAttr(), /*plan=*/Attribute());
  region.getBody().push_back(body.release());
  for (auto [old, result] : llvm::zip_equal(results, region.getResults()))
    values.map(old, result);
  return region;
}

namespace {
struct FormRegionsPass : tensors::impl::AgonFormRegionsBase<FormRegionsPass> {
  using Base::Base;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    if (!function.getBody().hasOneBlock()) {
      function.emitOpError("expected straight-line code");
      return signalPassFailure();
    }
    if (failed(formRegions(function.getBody().front())))
      return signalPassFailure();

    // Body by body: across them it would capture scalars of the region.
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance(function);
    function.walk([&](linalg::GenericOp generic) { eliminateCommonSubExpressions(rewriter, dominance, generic); });
  }

private:
  LogicalResult formRegions(Block &block) {
    FailureOr<FusionGraph> graph = FusionGraph::build(block, fuse);
    if (failed(graph))
      return failure();
    int64_t unfusedBytes = 0, fusedBytes = 0;
    for (const Node &node : graph->nodes)
      if (node.kind != NodeKind::Other) {
        for (const Access &read : node.reads)
          unfusedBytes += tensorBytes(read.value.getType());
        for (Type type : node.op->getResultTypes())
          unfusedBytes += tensorBytes(type);
      }
    if (fuse)
      tensors::fuse(*graph);

    SmallVector<Operation *> old;
    for (Operation &op : block.without_terminator())
      old.push_back(&op);
    SmallVector<unsigned> order = schedule(*graph);
    if (llvm::count_if(graph->clusters, [&](const Cluster &cluster) {
          return !cluster.nodes.empty() && graph->nodes[cluster.root].live;
        }) != static_cast<int64_t>(order.size())) {
      return block.getParentOp()->emitOpError("expected regions without cycles (internal error of the fusion)");
    }
    OpBuilder builder(block.getTerminator());
    IRMapping values;
    for (unsigned cluster : order) {
      const Node &root = graph->nodes[graph->clusters[cluster].root];
      if (root.kind == NodeKind::Other) {
        builder.clone(*root.op, values);
        continue;
      }
      RegionOp region = RegionBuilder(*graph, cluster, &getContext()).build(builder, values);
      ++numRegions;
      numFused += graph->clusters[cluster].nodes.size() - 1;
      fusedBytes += region.getBytes();
    }
    for (OpOperand &operand : block.getTerminator()->getOpOperands())
      operand.set(values.lookupOrDefault(operand.get()));
    for (Operation *op : llvm::reverse(old))
      if (op->use_empty())
        op->erase();
    bytesSaved += std::max<int64_t>(unfusedBytes - fusedBytes, 0);
    return success();
  }
};
} // namespace
