//===- Rematerialize.cpp - Regions in an order, and as often, as memory asks -===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Two means, in this order. Regions move to where less is alive: that costs
// nothing. Under a budget, regions are computed again instead of being kept:
// the idea of sublinear memory (Chen et al. 2016, arXiv:1604.06174), chosen
// region by region as in Kumar et al. 2019 ("Efficient rematerialization for
// deep networks") and Jain et al. 2020 (Checkmate, arXiv:1910.02653), but
// greedily, each choice measured by placing the function.
#include "compiler/codegen/Names.h"
#include "compiler/codegen/Passes.h"
#include "compiler/codegen/Timeline.h"
#include "dialects/agon/TurnForm.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace agon::codegen {
#define GEN_PASS_DEF_AGONREMATERIALIZE
#include "compiler/codegen/Passes.h.inc"

namespace {

/// What computing a region once more costs, in operations. A byte counts as
/// several, since most of what is cheap to repeat waits for memory.
double costOf(RegionOp region) { return double(region.getFlops()) + 8.0 * double(region.getBytes()) + 1.0; }

uint64_t bytesOf(Value value) { return alignToArena(byteSize(cast<ShapedType>(value.getType()))); }

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

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
      most = std::max(most, bytesOf(value));
    for (Value value : region.getResults())
      most = std::max(most, bytesOf(value));
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
        change[unread - first] += later ? int64_t(bytesOf(storage)) : -int64_t(bytesOf(storage));
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
        bytes += timeline.isTemporary(result) ? int64_t(bytesOf(result)) : 0;
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

//===----------------------------------------------------------------------===//
// Recomputation
//===----------------------------------------------------------------------===//

class Recomputer {
public:
  Recomputer(Timeline &timeline, uint64_t budget) : timeline(timeline), budget(budget), least(packed()) {}

  /// Repeats regions until the temporaries fit the budget. False if they do not.
  bool run() {
    size_t begin = timeline.mark();
    if (!aimAtBudget()) {
      timeline.undo(begin);
      if (failed(timeline.measure()) || !descend())
        return false;
    }
    prune();
    return true;
  }

  /// The least bytes of temporaries that were reached, if `run` failed.
  uint64_t reached() const { return least; }

private:
  /// Between two uses of `storage` it is not needed; the later one is `before`'s.
  struct Candidate {
    Value storage;
    Operation *before;
    double worth; ///< an estimate
  };
  /// What becomes of an operand that would be dead by then.
  enum class Dead { Kept, Repeated };
  struct Choice {
    Candidate candidate;
    Dead dead;
    double worth = 0;
  };

  uint64_t packed() const { return timeline.memory().packed(); }

  /// Everything beyond the budget counts alike: repeats the least.
  bool aimAtBudget() {
    // The peak must be lower than the budget by what packing loses.
    uint64_t lost = packed() - std::min(packed(), timeline.memory().peak);
    uint64_t target = budget - std::min(budget, lost);
    while (packed() > budget) {
      if (timeline.memory().peak <= target)
        target -= std::min(target, timeline.memory().peak / 200 + arenaAlignment);
      else if (!step(target))
        return false;
    }
    return true;
  }

  /// Lowers the peak by and by, in smaller steps where large ones fail: reaches less, for more work. The
  /// way does not depend on the budget, so that the least which is named can be asked for.
  bool descend() {
    double share = 0.95;
    uint64_t target = uint64_t(double(timeline.memory().peak) * share);
    least = packed();
    while (packed() > budget) {
      if (timeline.memory().peak > target && step(target)) {
        least = std::min(least, packed());
        continue;
      }
      if (timeline.memory().peak > target)
        share = 1 - (1 - share) / 2;
      if (share > 0.995 || timeline.memory().peak == 0)
        return false;
      target = uint64_t(double(timeline.memory().peak) * share);
    }
    return true;
  }

  bool step(uint64_t target) {
    std::vector<Candidate> candidates = collect(target);
    constexpr size_t batch = 10;
    for (size_t begin = 0; begin < std::min<size_t>(candidates.size(), 20 * batch); begin += batch) {
      std::optional<Choice> best;
      for (size_t i = begin; i < std::min(begin + batch, candidates.size()); ++i)
        for (Dead dead : {Dead::Kept, Dead::Repeated}) {
          double worth = measured(candidates[i], dead, target);
          if (worth > 0 && (!best || worth > best->worth))
            best = Choice{candidates[i], dead, worth};
        }
      if (best) {
        apply(best->candidate, best->dead);
        return succeeded(timeline.measure());
      }
    }
    return false;
  }

  std::vector<Candidate> collect(uint64_t target) {
    const Memory &memory = timeline.memory();
    std::vector<Candidate> candidates;
    for (auto &[storage, uses] : memory.uses) {
      auto region = storage.getDefiningOp<RegionOp>();
      if (!region || !timeline.isTemporary(storage))
        continue;
      uint64_t bytes = bytesOf(storage);
      if (bytes < memory.peak / 1000)
        continue;
      int64_t last = memory.positionOf.lookup(region);
      for (const Use &use : uses) {
        double gain = 0;
        for (int64_t position = last + 1; position < use.position; ++position)
          if (memory.live[position] > target)
            gain += double(std::min(bytes, memory.live[position] - target));
        if (gain > 0)
          candidates.push_back({storage, use.operand->getOwner(), gain / costOf(region)});
        last = use.position;
      }
    }
    llvm::stable_sort(candidates, [](const Candidate &a, const Candidate &b) { return a.worth > b.worth; });
    return candidates;
  }

  /// What is gained near the peak for each operation spent; nothing if it cannot be done.
  double measured(const Candidate &candidate, Dead dead, uint64_t target) {
    const Memory &memory = timeline.memory();
    double excess = memory.excess(target);
    uint64_t copied = memory.copied;
    size_t mark = timeline.mark();
    double worth = 0;
    if (apply(candidate, dead) && (dead == Dead::Kept || repeatedDead) && succeeded(timeline.measure()) &&
        memory.copied <= copied)
      worth = (excess - memory.excess(target)) / cost;
    timeline.undo(mark);
    (void)timeline.measure();
    return worth;
  }

  bool apply(const Candidate &candidate, Dead dead) {
    cost = 0;
    repeatedDead = false;
    repeats = 0;
    const Memory &memory = timeline.memory();
    int64_t position = memory.positionOf.lookup(candidate.before);
    auto region = candidate.storage.getDefiningOp<RegionOp>();
    RegionOp copy = repeat(region, candidate.before, dead, bytesOf(candidate.storage));
    if (!copy)
      return false;
    for (auto [result, repeated] : llvm::zip_equal(region.getResults(), copy.getResults()))
      if (auto found = memory.uses.find(result); found != memory.uses.end())
        for (const Use &use : found->second)
          if (use.position >= position)
            timeline.redirect(*use.operand, timeline.follow(use.operand->get(), repeated));
    return true;
  }

  RegionOp repeat(RegionOp region, Operation *before, Dead dead, uint64_t saved) {
    if (++repeats > 12)
      return {};
    SmallVector<Value> operands;
    for (Value input : region.getInputs()) {
      Value available = availableAt(input, before, dead, saved);
      if (!available)
        return {};
      operands.push_back(available);
    }
    cost += costOf(region);
    return timeline.repeat(region, operands, before);
  }

  /// `input` for a region that is put before `before`; nothing if its cell has changed by then.
  Value availableAt(Value input, Operation *before, Dead dead, uint64_t saved) {
    const Memory &memory = timeline.memory();
    int64_t position = memory.positionOf.lookup(before);
    Value storage = storageOf(input);
    auto producer = storage.getDefiningOp<RegionOp>();
    if (!producer) // a cell's old value, or a constant
      return isa<BlockArgument>(storage) && timeline.isOverwritten(storage, position) ? Value() : input;
    if (!timeline.isTemporary(storage) || timeline.lastUse(storage) >= position)
      return input;
    unsigned number = cast<OpResult>(storage).getResultNumber();
    for (Operation *version : llvm::reverse(timeline.versions(producer))) {
      auto known = memory.positionOf.find(version);
      Value value = version->getResult(number);
      bool isNew = known == memory.positionOf.end(); // made for another operand of this one
      if (isNew || (known->second < position && timeline.lastUse(value) >= position))
        return timeline.follow(input, value);
    }
    if (dead == Dead::Kept || bytesOf(storage) * 16 <= saved)
      return input;
    repeatedDead = true;
    RegionOp copy = repeat(producer, before, dead, saved);
    return copy ? timeline.follow(input, copy.getResult(number)) : Value();
  }

  /// Takes back what turned out not to be needed, the dearest first.
  void prune() {
    SmallVector<RegionOp> copies;
    for (RegionOp region : timeline.getFunction().getOps<RegionOp>())
      if (timeline.original(region) != region)
        copies.push_back(region);
    llvm::stable_sort(copies, [](RegionOp a, RegionOp b) { return costOf(a) > costOf(b); });
    for (RegionOp copy : copies) {
      size_t mark = timeline.mark();
      if (!copy->getBlock()) // went with one that it was made for
        continue;
      takeBack(copy);
      uint64_t copied = timeline.memory().copied;
      if (succeeded(timeline.measure()) && packed() <= budget && timeline.memory().copied <= copied)
        continue;
      timeline.undo(mark);
      (void)timeline.measure();
    }
  }

  void takeBack(RegionOp copy) {
    RegionOp first = timeline.original(copy);
    for (auto [result, original] : llvm::zip_equal(copy.getResults(), first.getResults()))
      if (auto found = timeline.memory().uses.find(result); found != timeline.memory().uses.end())
        for (const Use &use : found->second)
          if (use.operand->getOwner()->getBlock())
            timeline.redirect(*use.operand, timeline.follow(use.operand->get(), original));
    unlinkDead(copy);
  }

  void unlinkDead(RegionOp copy) {
    SmallVector<Value> inputs(copy.getInputs());
    timeline.unlink(copy);
    for (Value input : inputs) {
      auto producer = storageOf(input).getDefiningOp<RegionOp>();
      if (producer && producer->getBlock() && timeline.original(producer) != producer && !isRead(producer))
        unlinkDead(producer);
    }
  }

  /// Whether an operation of the function reads `region`, under any name.
  static bool isRead(Operation *op) {
    return llvm::any_of(op->getUsers(),
                        [](Operation *user) { return user->getBlock() && (!isa<ReshapeOp>(user) || isRead(user)); });
  }

  Timeline &timeline;
  uint64_t budget;
  uint64_t least;
  double cost = 0;
  bool repeatedDead = false;
  unsigned repeats = 0;
};

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// "211M", as --memory takes it; upwards, so that the number is enough as a budget.
std::string sizeText(uint64_t bytes) {
  if (bytes < (64 << 10))
    return std::to_string(bytes);
  unsigned shift = bytes < (16 << 20) ? 10 : 20;
  return std::to_string((bytes + (1 << shift) - 1) >> shift) + (shift == 10 ? "K" : "M");
}

/// Plans the functions of one module.
class Planner {
public:
  Planner(ModuleOp module, ProgramOp program, const targets::Target &target, uint64_t budget)
      : program(program), budget(budget) {
    cellBytes = layOutCells(program, cellOffsets);
    for (func::FuncOp function : module.getOps<func::FuncOp>())
      if (!functionKind(function).empty() && !function.isExternal())
        jobs.push_back({function, std::make_unique<Timeline>(function, cellOffsets, target)});
  }

  LogicalResult run(bool reorder) {
    for (Job &job : jobs) {
      if (failed(job.timeline->measure()))
        return failure();
      job.formed = job.ordered = job.timeline->memory().packed();
    }
    // The arena is as large as the greediest function needs; what is under that stays as it is.
    llvm::stable_sort(jobs, [](const Job &a, const Job &b) { return a.formed > b.formed; });
    uint64_t most = 0;
    for (Job &job : jobs) {
      if (reorder && job.formed > most && failed(order(job)))
        return failure();
      most = std::max(most, job.ordered);
    }
    if (budget != 0 && cellBytes + most > budget && failed(fit()))
      return failure();
    for (Job &job : jobs)
      mark(job);
    if (budget != 0)
      program.setMemoryBudget(budget);
    return success();
  }

private:
  struct Job {
    func::FuncOp function;
    std::unique_ptr<Timeline> timeline;
    uint64_t formed = 0, ordered = 0; ///< Temporaries before and after ordering, in bytes.
    bool isOrdered = false;
  };

  static LogicalResult order(Job &job) {
    job.isOrdered = true;
    if (failed(Orderer(*job.timeline).run()))
      return failure();
    job.ordered = job.timeline->memory().packed();
    return success();
  }

  LogicalResult fit() {
    uint64_t room = budget > cellBytes ? budget - cellBytes : 0, least = 0;
    func::FuncOp greediest;
    for (Job &job : jobs) {
      if (job.ordered > room && !job.isOrdered && failed(order(job)))
        return failure();
      if (job.ordered <= room)
        continue;
      Recomputer recomputer(*job.timeline, room);
      if (recomputer.run() || recomputer.reached() < least)
        continue;
      least = recomputer.reached();
      greediest = job.function;
    }
    if (!greediest)
      return cellBytes <= budget ? success() : refuse(0, "");
    return refuse(least, greediest.getSymName());
  }

  LogicalResult refuse(uint64_t least, StringRef greediest) {
    InFlightDiagnostic diagnostic = program.emitError("expected an arena of at most ")
                                    << sizeText(budget) << ", got one of " << sizeText(cellBytes + least)
                                    << " at the least: " << sizeText(cellBytes) << " for cells";
    if (least)
      diagnostic << " and " << sizeText(least) << " for temporaries of " << greediest;
    diagnostic << "; use a smaller batch, or --memory=" << sizeText(cellBytes + least);
    diagnostic.getUnderlyingDiagnostic()->getMetadata().push_back(DiagnosticArgument(StringRef(userErrorMark)));
    return diagnostic;
  }

  static void mark(Job &job) {
    Builder b(job.function.getContext());
    for (RegionOp region : job.function.getOps<RegionOp>())
      if (job.timeline->original(region) != region)
        region->setAttr(recomputedName, b.getUnitAttr());
    uint64_t planned = job.timeline->memory().packed();
    if (planned == job.formed)
      return;
    job.function->setAttr(temporariesName, TemporariesAttr::get(b.getContext(), int64_t(job.formed),
                                                                int64_t(job.ordered), int64_t(planned)));
  }

  ProgramOp program;
  uint64_t budget, cellBytes = 0;
  llvm::StringMap<uint64_t> cellOffsets;
  std::vector<Job> jobs;
};

struct Rematerialize : impl::AgonRematerializeBase<Rematerialize> {
  using AgonRematerializeBase::AgonRematerializeBase;

  void runOnOperation() override {
    if (!reorder && budget == 0)
      return;
    auto programs = llvm::to_vector(getOperation().getOps<ProgramOp>());
    if (programs.size() != 1) {
      getOperation().emitError("expected one agon.program, got ") << programs.size();
      return signalPassFailure();
    }
    const targets::Target *target = targets::targetOf(targets::machineOf(getOperation()), getOperation());
    if (!target || failed(Planner(getOperation(), programs.front(), *target, budget).run(reorder)))
      signalPassFailure();
  }
};

} // namespace
} // namespace agon::codegen
