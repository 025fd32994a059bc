//===- Rematerialize.cpp - Regions in an order, and as often, as memory asks -===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Two means, in this order. Regions move to where less is alive: that costs
// nothing (OrderRegions.cpp). Under a budget, regions are computed again instead of being kept:
// the idea of sublinear memory (Chen et al. 2016, arXiv:1604.06174), chosen
// region by region as in Kumar et al. 2019 ("Efficient rematerialization for
// deep networks") and Jain et al. 2020 (Checkmate, arXiv:1910.02653), but
// greedily, each choice measured by placing the function.
#include "compiler/codegen/Names.h"
#include "compiler/codegen/OrderRegions.h"
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
      uint64_t bytes = arenaBytes(storage);
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
    RegionOp copy = repeat(region, candidate.before, dead, arenaBytes(candidate.storage));
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
    if (dead == Dead::Kept || arenaBytes(storage) * 16 <= saved)
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
    if (failed(orderRegions(*job.timeline)))
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
