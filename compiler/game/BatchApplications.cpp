//===- BatchApplications.cpp - Several applications as one batch ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/game/Passes.h"
#include "dialects/agon/Agon.h"
#include "dialects/agon/Axes.h"
#include "dialects/agon/Locations.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallBitVector.h"

namespace agon::game {
#define GEN_PASS_DEF_BATCHAPPLICATIONS
#include "compiler/game/Passes.h.inc"
} // namespace agon::game

using namespace mlir;
using namespace agon;

/// Applications of one layer that become one. More are cut into several batches.
static constexpr unsigned mostParts = 8;
/// Numbers that may be copied for a batch, however small its layer is: fewer than a call of a kernel costs.
static constexpr int64_t freeCopies = 16384;

static int64_t rowsOf(Value value) { return cast<RankedTensorType>(value.getType()).getDimSize(0); }
static int64_t sizeOf(Value value) { return cast<RankedTensorType>(value.getType()).getNumElements(); }

static RankedTensorType withRows(Type type, int64_t rows) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape(tensor.getShape());
  shape[0] = rows;
  return RankedTensorType::get(shape, tensor.getElementType());
}

/// Whether two values have one type, but for how many rows there are.
static bool alikeButForRows(Value a, Value b) {
  auto x = cast<RankedTensorType>(a.getType()), y = cast<RankedTensorType>(b.getType());
  return x.getRank() > 0 && y.getRank() > 0 && withRows(x, y.getDimSize(0)) == y;
}

namespace {

/// Which operands of an operation have the rows of its result, each row by itself.
class Rows {
public:
  explicit Rows(Operation &op) {
    if (op.getNumResults() != 1 || !isMemoryEffectFree(&op) || isa<DifferentiateOp, GradientOp, LossOp>(op))
      return;
    Value result = op.getResult(0);
    auto type = dyn_cast<RankedTensorType>(result.getType());
    if (!type || type.getRank() == 0)
      return;
    separate = true;
    relateAxes(
        op,
        [&](Value a, int64_t i, Value b, int64_t j) {
          if (b == result && j == 0 && i == 0)
            tied.insert(a);
          separate &= b == result && ((i == 0) == (j == 0) || (j != 0 && !tied.contains(a)));
        },
        [&](Value value, int64_t axis) {
          separate &= !(value == result && axis == 0);
          if (axis == 0)
            whole.insert(value);
        });
  }

  /// Whether the operand has the result's rows.
  bool along(Value operand) const { return separate && tied.contains(operand) && !whole.contains(operand); }
  /// Whether the result's rows are those of operands, or all the same.
  bool areSeparate() const { return separate; }

private:
  bool separate = false;
  llvm::SmallPtrSet<Value, 4> tied, whole;
};

/// Which of a function's gradients pass through an operation to each of its operands: they are of what the operation
/// has a part in, with respect to what the operand is made of.
class GradientFlow {
public:
  explicit GradientFlow(Block &body) {
    SmallVector<DifferentiateOp> gradients(body.getOps<DifferentiateOp>());
    auto at = [&](Sets &sets, Value value) -> llvm::SmallBitVector & {
      llvm::SmallBitVector &set = sets[value];
      set.resize(unsigned(gradients.size()));
      return set;
    };
    Sets made, parts;
    for (auto [number, gradient] : llvm::enumerate(gradients)) {
      at(parts, gradient.getValue()).set(unsigned(number));
      for (Value value : gradient.getWrt())
        at(made, value).set(unsigned(number));
    }
    for (Operation &op : body) {
      llvm::SmallBitVector set(unsigned(gradients.size()));
      for (Value operand : op.getOperands())
        set |= at(made, operand);
      for (Value result : op.getResults())
        at(made, result) |= set;
    }
    for (Operation &op : llvm::reverse(body)) {
      llvm::SmallBitVector set(unsigned(gradients.size()));
      for (Value result : op.getResults())
        set |= at(parts, result);
      for (Value operand : op.getOperands()) {
        at(parts, operand) |= set;
        flow[&op].push_back(set);
        flow[&op].back() &= at(made, operand);
      }
    }
  }

  bool same(Operation *a, Operation *b) const { return flow.lookup(a) == flow.lookup(b); }

private:
  using Sets = llvm::DenseMap<Value, llvm::SmallBitVector>;
  llvm::DenseMap<Operation *, SmallVector<llvm::SmallBitVector, 2>> flow;
};

/// Makes batches of the operations of one function.
class Batches {
public:
  explicit Batches(func::FuncOp function) : body(function.getBody().front()), flow(body), builder(function) {}

  /// The number of operations that others took along.
  unsigned make() {
    SmallVector<Operation *> all;
    for (Operation &op : body.without_terminator())
      all.push_back(&op);
    findLayers(all);
    for (Operation *op : all) {
      if (gone.contains(op))
        continue;
      if (auto it = layerOf.find(op); it != layerOf.end())
        mergeLayer(it->second);
      else
        follow(op);
    }
    for (Operation *op : gone)
      op->erase();
    if (!gone.empty())
      sortTopologically(&body);
    return unsigned(gone.size());
  }

private:
  using Group = SmallVector<Operation *>;
  struct Part {
    Value whole;
    int64_t start;
  };

  /// What an operation applies to its first operand's rows, if it is a layer: its second operand, a weight.
  static Value weightOf(Operation *op) {
    if (!isa<ContractOp, ConvOp, ConvInputGradientOp>(op))
      return {};
    Rows rows(*op);
    return rows.along(op->getOperand(0)) && !rows.along(op->getOperand(1)) ? op->getOperand(1) : Value();
  }

  /// Whether two operations do the same to each row, for the same gradients.
  bool alike(Operation *a, Operation *b) const {
    if (a->getName() != b->getName() || a->getNumResults() != 1 || !alikeButForRows(a->getResult(0), b->getResult(0)) ||
        !flow.same(a, b))
      return false;
    if (auto x = dyn_cast<RandomOp>(a), y = dyn_cast<RandomOp>(b); x && y)
      return x.getKind() == y.getKind() && x.getKey() == y.getKey(); // draws of streams that differ
    return a->getAttrDictionary() == b->getAttrDictionary();
  }

  /// Finds the operations that apply one weight to different rows and do not wait for one another.
  void findLayers(ArrayRef<Operation *> all) {
    llvm::MapVector<Value, Group> byWeight;
    llvm::DenseMap<Value, unsigned> ahead; // layers on the longest way to the function's results
    for (Operation *op : all)
      if (Value weight = weightOf(op))
        byWeight[weight].push_back(op);
    for (Operation *op : llvm::reverse(all)) {
      unsigned most = 0;
      for (Value result : op->getResults())
        most = std::max(most, ahead.lookup(result));
      most += bool(weightOf(op));
      for (Value operand : op->getOperands())
        ahead[operand] = std::max(ahead.lookup(operand), most);
    }
    for (auto &[weight, group] : byWeight) {
      if (group.size() < 2)
        continue;
      llvm::DenseMap<Value, unsigned> before; // operations of the group on the longest way there
      llvm::SmallPtrSet<Operation *, 16> members(group.begin(), group.end());
      llvm::MapVector<unsigned, Group> levels;
      for (Operation *op : all) {
        unsigned most = 0;
        for (Value operand : op->getOperands())
          most = std::max(most, before.lookup(operand));
        if (members.contains(op))
          levels[most++].push_back(op);
        for (Value result : op->getResults())
          before[result] = most;
      }
      for (auto &[level, independent] : levels)
        addLayers(std::move(independent), ahead);
    }
  }

  /// Those of a group that are alike, next to each other those as far from the end: theirs will be the next layer.
  void addLayers(Group group, const llvm::DenseMap<Value, unsigned> &ahead) {
    auto distance = [&](Operation *op) { return ahead.lookup(op->getResult(0)); };
    while (!group.empty()) {
      Operation *first = group.front();
      Group layer, rest;
      for (Operation *op : group)
        (alike(first, op) ? layer : rest).push_back(op);
      group = std::move(rest);
      llvm::stable_sort(layer, [&](Operation *a, Operation *b) { return distance(a) < distance(b); });
      for (ArrayRef<Operation *> left(layer); left.size() > 1;) {
        auto sameDistance = left.take_while([&](Operation *op) { return distance(op) == distance(left.front()); });
        ArrayRef<Operation *> taken = left.size() <= mostParts ? left : sameDistance.take_front(mostParts);
        if (taken.size() > 1) {
          for (Operation *op : taken)
            layerOf[op] = unsigned(layers.size());
          layers.emplace_back(taken);
        }
        left = left.drop_front(taken.size());
      }
    }
  }

  void mergeLayer(unsigned number) {
    const Group &group = layers[number];
    SmallVector<Value> inputs;
    int64_t copied = 0;
    for (Operation *op : group) {
      inputs.push_back(op->getOperand(0));
      copied += sizeOf(inputs.back());
      layerOf.erase(op);
    }
    bool isFree = goTogether(inputs);
    if ((!isFree && copied > std::max(sizeOf(group.front()->getOperand(1)), freeCopies)) || waitForEachOther(group))
      return;
    builder.setInsertionPoint(group.back());
    Value input = isFree ? together(inputs) : Value(ConcatOp::create(builder, locationOf(group), inputs, 0));
    merge(group, {input, group.front()->getOperand(1)});
  }

  /// Merges an operation that reads a part of a batch with those that do the same to the other parts.
  void follow(Operation *op) {
    for (OpOperand &operand : op->getOpOperands()) {
      auto part = parts.find(operand.get());
      if (part == parts.end())
        continue;
      Group group{op};
      for (Value other : partsOf[part->second.whole]) {
        if (other == operand.get())
          continue;
        for (OpOperand &use : other.getUses())
          if (Operation *mate = use.getOwner(); use.getOperandNumber() == operand.getOperandNumber() && mate != op &&
                                                !gone.contains(mate) && !llvm::is_contained(group, mate) &&
                                                alike(op, mate) && followTogether({op, mate}, /*adjacent=*/false)) {
            group.push_back(mate);
            break;
          }
      }
      llvm::stable_sort(group, [&](Operation *a, Operation *b) {
        unsigned number = operand.getOperandNumber();
        return parts.lookup(a->getOperand(number)).start < parts.lookup(b->getOperand(number)).start;
      });
      if (group.size() < 2 || !followTogether(group))
        continue;
      builder.setInsertionPoint(group.back());
      mergeWithOperands(group);
      return;
    }
  }

  static SmallVector<Value> operandsOf(ArrayRef<Operation *> group, size_t number) {
    return llvm::map_to_vector(group, [&](Operation *op) { return op->getOperand(unsigned(number)); });
  }

  /// Whether one operation can do what those of the group do, without a copy.
  bool followTogether(ArrayRef<Operation *> group, bool adjacent = true) const {
    Rows rows(*group.front());
    if (!rows.areSeparate())
      return false;
    for (auto [number, value] : llvm::enumerate(group.front()->getOperands())) {
      SmallVector<Value> values = operandsOf(group, number);
      if (rows.along(value) ? !goTogether(values, adjacent) : !llvm::all_equal(values))
        return false;
    }
    return true;
  }

  /// Whether values are there as one, or can be made so by scalar code alone. Unless they shall be `adjacent`, parts of
  /// a batch need not lie side by side.
  bool goTogether(ArrayRef<Value> values, bool adjacent = true) const {
    if (llvm::all_equal(values))
      return canRepeat(values.front());
    auto first = parts.find(values.front());
    if (first != parts.end()) {
      int64_t next = first->second.start;
      return llvm::all_of(values, [&](Value value) {
        auto part = parts.find(value);
        if (part == parts.end() || part->second.whole != first->second.whole ||
            (adjacent && part->second.start != next))
          return false;
        next += rowsOf(value);
        return true;
      });
    }
    Group group;
    for (Value value : values) {
      Operation *op = value.getDefiningOp();
      if (!op || op->getNumResults() != 1 || !values.front().getDefiningOp() ||
          !alike(values.front().getDefiningOp(), op))
        return false;
      group.push_back(op);
    }
    if (isa<RandomOp>(group.front()))
      return true;
    return (OpTrait::hasElementwiseMappableTraits(group.front())) && followTogether(group, adjacent);
  }

  /// Whether a value of any number of rows can be made like this one, whose rows are all the same.
  static bool canRepeat(Value value) {
    if (auto broadcast = value.getDefiningOp<BroadcastOp>())
      return !llvm::is_contained(broadcast.getDims(), 0);
    DenseElementsAttr elements;
    return matchPattern(value, m_Constant(&elements)) && elements.isSplat();
  }

  /// The values below one another, where `goTogether` holds.
  Value together(ArrayRef<Value> values) {
    int64_t count = 0;
    for (Value value : values)
      count += rowsOf(value);
    RankedTensorType type = withRows(values.front().getType(), count);
    Location loc = values.front().getLoc();
    if (llvm::all_equal(values)) {
      // A broadcast for each part: its gradient is a sum for each, and where one application takes away what another
      // adds, as under a critic's mean, they cancel to the bit. Forward, canonicalization makes one of them.
      if (values.front().getDefiningOp<BroadcastOp>())
        return ConcatOp::create(builder, loc, values, 0);
      DenseElementsAttr elements;
      matchPattern(values.front(), m_Constant(&elements));
      return arith::ConstantOp::create(builder, loc, elements.resizeSplat(type));
    }
    if (auto part = parts.find(values.front()); part != parts.end()) {
      Value whole = part->second.whole;
      return whole.getType() == type ? whole : rowsFrom(whole, part->second.start, type);
    }
    Group group = llvm::map_to_vector(values, [](Value value) { return value.getDefiningOp(); });
    if (isa<RandomOp>(group.front()))
      return ConcatOp::create(builder, locationOf(group), values, 0);
    return mergeWithOperands(group);
  }

  /// One operation instead of the group's, of their operands together, where `followTogether` holds.
  Value mergeWithOperands(ArrayRef<Operation *> group) {
    Rows rows(*group.front());
    SmallVector<Value> operands;
    for (auto [number, value] : llvm::enumerate(group.front()->getOperands()))
      operands.push_back(rows.along(value) ? together(operandsOf(group, number)) : value);
    return merge(group, operands);
  }

  Value rowsFrom(Value whole, int64_t start, RankedTensorType type) {
    SmallVector<int64_t> starts(size_t(type.getRank()), 0), strides(size_t(type.getRank()), 1);
    starts[0] = start;
    return SliceOp::create(builder, whole.getLoc(), type, whole, starts, strides);
  }

  static Location locationOf(ArrayRef<Operation *> group) {
    return batchedLocation(llvm::map_to_vector(group, [](Operation *op) { return op->getLoc(); }));
  }

  /// One operation instead of the group's, of the given operands.
  Value merge(ArrayRef<Operation *> group, ArrayRef<Value> operands) {
    Operation *merged = builder.clone(*group.front());
    merged->setOperands(operands);
    merged->setLoc(locationOf(group));
    Value whole = merged->getResult(0);
    int64_t start = 0;
    for (Operation *op : group)
      start += rowsOf(op->getResult(0));
    whole.setType(withRows(whole.getType(), start));
    start = 0;
    for (Operation *op : group) {
      Value result = op->getResult(0);
      Value part = rowsFrom(whole, start, cast<RankedTensorType>(result.getType()));
      parts[part] = {whole, start};
      partsOf[whole].push_back(part);
      start += rowsOf(result);
      result.replaceAllUsesWith(part);
      gone.insert(op);
    }
    return whole;
  }

  /// Whether what one operation of the group computes is needed for another one, now that others have been merged.
  static bool waitForEachOther(ArrayRef<Operation *> group) {
    llvm::SmallPtrSet<Operation *, 32> seen;
    SmallVector<Operation *> work(group);
    while (!work.empty())
      for (Value operand : work.pop_back_val()->getOperands())
        if (Operation *op = operand.getDefiningOp(); op && seen.insert(op).second) {
          if (llvm::is_contained(group, op))
            return true;
          work.push_back(op);
        }
    return false;
  }

  Block &body;
  GradientFlow flow;
  OpBuilder builder;
  std::vector<Group> layers;
  llvm::DenseMap<Operation *, unsigned> layerOf;
  llvm::DenseMap<Value, Part> parts; ///< of what has become one
  llvm::DenseMap<Value, SmallVector<Value>> partsOf;
  llvm::SetVector<Operation *> gone;
};

struct BatchApplications : game::impl::BatchApplicationsBase<BatchApplications> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.isExternal() && function.getBody().hasOneBlock())
      numBatched += Batches(function).make();
  }
};

} // namespace
