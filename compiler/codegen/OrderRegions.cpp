//===- OrderRegions.cpp - Regions where less is alive ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/OrderRegions.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace agon::codegen {
namespace {

/// Moves regions to just before their first reader, or to just behind what they
/// read, where that lowers what is alive near the peak.
class Orderer {
public:
  explicit Orderer(Timeline &timeline) : timeline(timeline) {}

  /// Leaves the order as it is unless the function then needs less.
  LogicalResult run() {
    uint64_t formed = timeline.memory().packed();
    size_t begin = timeline.mark();
    target = timeline.memory().peak / 10 * 7;
    for (unsigned round = 0; round < 3; ++round) {
      bool moved = false;
      auto regions = llvm::to_vector(timeline.getFunction().getOps<RegionOp>());
      for (RegionOp region : llvm::reverse(regions)) // what is late first: its operands may follow
        moved |= matters(region) && (improves(region, firstReader(region)) || improves(region, behindOperands(region)));
      if (!moved)
        break;
    }
    if (timeline.memory().packed() >= formed)
      timeline.undo(begin);
    return timeline.measure();
  }

private:
  bool matters(RegionOp region) {
    uint64_t most = 0;
    for (Value value : region.getOperands())
      most = std::max(most, arenaBytes(value));
    for (Value value : region.getResults())
      most = std::max(most, arenaBytes(value));
    return most >= timeline.memory().peak / 200;
  }

  Operation *firstReader(RegionOp region) {
    const Memory &memory = timeline.memory();
    const Use *first = nullptr;
    for (Value result : region.getResults())
      if (auto found = memory.uses.find(result); found != memory.uses.end())
        if (const Use &use = found->second.front(); !first || use.position < first->position)
          first = &use;
    return first ? first->operand->getOwner() : nullptr;
  }

  Operation *behindOperands(RegionOp region) {
    Operation *last = nullptr;
    for (Value operand : region.getOperands())
      if (Operation *producer = operand.getDefiningOp())
        if (!last || last->isBeforeInBlock(producer))
          last = producer;
    Operation *before = last ? last->getNextNode() : &region->getBlock()->front();
    while (isa<ReshapeOp, arith::ConstantOp>(before))
      before = before->getNextNode();
    return before;
  }

  bool improves(RegionOp region, Operation *before) {
    if (!before || before == region.getOperation() || onlyReshapesBetween(region, before) || !promises(region, before))
      return false;
    const Memory &memory = timeline.memory();
    double excess = memory.excess(target);
    uint64_t packed = memory.packed(), copied = memory.copied;
    size_t mark = timeline.mark();
    timeline.move(region, before);
    if (succeeded(timeline.measure()) && memory.excess(target) < excess && memory.packed() <= packed &&
        memory.copied <= copied)
      return true;
    timeline.undo(mark);
    (void)timeline.measure();
    return false;
  }

  /// Whether less would be alive beyond the target if `region` stood before `before` and every value had memory of its
  /// own: an estimate, since measuring takes the time of the whole function.
  bool promises(RegionOp region, Operation *before) {
    const Memory &memory = timeline.memory();
    int64_t from = memory.positionOf.lookup(region), to = memory.positionOf.lookup(before);
    bool later = to > from;
    // What it passes: its results are alive there no more, or now; what it reads, now, or no more.
    int64_t first = later ? from + 1 : to, end = later ? to : from;
    int64_t results = bytesOfResults(region);
    std::vector<int64_t> change(end - first + 1);
    change[0] = later ? -results : results;
    llvm::SmallPtrSet<Value, 4> seen;
    for (Value input : region.getInputs()) {
      Value storage = storageOf(input);
      if (!timeline.isTemporary(storage) || !seen.insert(storage).second)
        continue;
      int64_t unread = std::max(lastUseBut(region, storage) + 1, first);
      if (unread < end)
        change[unread - first] += later ? int64_t(arenaBytes(storage)) : -int64_t(arenaBytes(storage));
    }
    auto beyond = [&](int64_t bytes) { return double(std::max(bytes - int64_t(target), int64_t(0))); };
    double gained = beyond(int64_t(memory.live[from]));
    int64_t alive = int64_t(memory.live[to]) - bytesOfResults(before), changed = 0;
    for (int64_t position = first; position < end; ++position) {
      changed += change[position - first];
      int64_t live = int64_t(memory.live[position]);
      gained += beyond(live) - beyond(live + changed);
    }
    return gained > beyond(alive + (later ? changed : 0) + results);
  }

  /// Of temporaries that `op` makes.
  int64_t bytesOfResults(Operation *op) {
    int64_t bytes = 0;
    if (isa<RegionOp>(op))
      for (Value result : op->getResults())
        bytes += timeline.isTemporary(result) ? int64_t(arenaBytes(result)) : 0;
    return bytes;
  }

  /// The last position at which another than `region` reads `storage`; of its definition, if no other does.
  int64_t lastUseBut(RegionOp region, Value storage) {
    for (const Use &use : llvm::reverse(timeline.memory().uses.find(storage)->second))
      if (use.operand->getOwner() != region)
        return use.position;
    return timeline.memory().positionOf.lookup(storage.getDefiningOp());
  }

  static bool onlyReshapesBetween(Operation *op, Operation *before) {
    Operation *next = op->getNextNode();
    while (next && isa<ReshapeOp>(next))
      next = next->getNextNode();
    return next == before;
  }

  Timeline &timeline;
  uint64_t target = 0;
};

} // namespace

LogicalResult orderRegions(Timeline &timeline) { return Orderer(timeline).run(); }

} // namespace agon::codegen
