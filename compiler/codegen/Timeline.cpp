//===- Timeline.cpp - A function whose regions are moved and repeated -----===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Timeline.h"
#include "compiler/target/Target.h"

using namespace mlir;

namespace agon::codegen {

double Memory::excess(uint64_t target) const {
  double sum = 0;
  for (uint64_t bytes : live)
    sum += bytes > target ? double(bytes - target) : 0;
  return sum;
}

Timeline::Timeline(func::FuncOp function, const llvm::StringMap<uint64_t> &cellOffsets, const targets::Target &target)
    : function(function), cellOffsets(cellOffsets), target(target) {
  Block &block = function.getBody().front();
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (auto region = dyn_cast<RegionOp>(op))
      versionsOf[region] = {region};
    auto reshape = dyn_cast<ReshapeOp>(op);
    if (!reshape)
      continue;
    Operation *after = reshape.getInput().getDefiningOp();
    if (!after) {
      if (&block.front() != &op)
        op.moveBefore(&block.front());
      continue;
    }
    while (isa<ReshapeOp>(after->getNextNode()) && after->getNextNode() != &op)
      after = after->getNextNode();
    op.moveAfter(after);
  }
}

LogicalResult Timeline::measure() {
  Memory memory;
  auto rule = [&](RegionOp region, unsigned input, unsigned result) { return canUpdateInPlace(region, input, result); };
  FailureOr<Placement> plan = place(function, cellOffsets, rule);
  if (failed(plan))
    return failure();
  memory.plan = std::move(*plan);
  int64_t position = 0;
  for (Operation &op : function.getBody().front()) {
    memory.positionOf[&op] = position;
    if (isa<RegionOp, func::ReturnOp>(op))
      for (OpOperand &operand : op.getOpOperands())
        memory.uses[storageOf(operand.get())].push_back({&operand, position});
    if (isa<RegionOp>(op))
      for (Value result : op.getResults())
        if (unsigned buffer = memory.plan.bufferOf.lookup(result); memory.plan.buffers[buffer].kind == Buffer::Cell)
          memory.writtenAt.try_emplace(buffer, position);
    ++position;
  }
  std::vector<int64_t> change(position + 2);
  for (const Lifetime &lifetime : memory.plan.lifetimes) {
    int64_t bytes = int64_t(alignToArena(lifetime.bytes));
    change[std::max<int64_t>(lifetime.first, 0)] += bytes;
    change[lifetime.last + 1] -= bytes;
  }
  int64_t alive = 0;
  for (int64_t each : ArrayRef(change).drop_back()) {
    alive += each;
    memory.live.push_back(uint64_t(alive));
    memory.peak = std::max(memory.peak, uint64_t(alive));
  }
  for (const auto *copies : {&memory.plan.initialCopies, &memory.plan.finalCopies})
    for (const FinalCopy &copy : *copies)
      memory.copied += copy.bytes;
  current = std::move(memory);
  return success();
}

int64_t Timeline::lastUse(Value storage) const {
  auto found = current.uses.find(storage);
  return found == current.uses.end() ? current.positionOf.lookup(storage.getDefiningOp())
                                     : found->second.back().position;
}

bool Timeline::isTemporary(Value storage) const {
  auto found = current.plan.bufferOf.find(storage);
  return found != current.plan.bufferOf.end() && current.plan.buffers[found->second].kind == Buffer::Temporary;
}

bool Timeline::isOverwritten(Value argument, int64_t position) const {
  auto written = current.writtenAt.find(current.plan.bufferOf.lookup(argument));
  return written != current.writtenAt.end() && written->second < position;
}

//===----------------------------------------------------------------------===//
// Edits
//===----------------------------------------------------------------------===//

void Timeline::undo(size_t mark) {
  for (; log.size() > mark; log.pop_back()) {
    Edit &edit = log.back();
    switch (edit.kind) {
    case Edit::Moved:
      edit.op->moveBefore(edit.next);
      break;
    case Edit::Created:
      if (auto found = originals.find(edit.op); found != originals.end()) {
        llvm::erase(versionsOf[found->second], edit.op);
        originals.erase(found);
      }
      edit.op->erase();
      break;
    case Edit::Redirected:
      edit.operand->set(edit.old);
      break;
    case Edit::Unlinked:
      edit.next->getBlock()->getOperations().insert(edit.next->getIterator(), edit.op);
      if (auto found = originals.find(edit.op); found != originals.end())
        versionsOf[found->second].push_back(edit.op);
      break;
    }
  }
}

/// Its reshapes, those of reshapes too, in order.
static SmallVector<Operation *> reshapesOf(Operation *op) {
  SmallVector<Operation *> found;
  for (Operation *next = op->getNextNode(); isa_and_nonnull<ReshapeOp>(next); next = next->getNextNode())
    if (storageOf(next->getResult(0)).getDefiningOp() == op)
      found.push_back(next);
  return found;
}

void Timeline::move(RegionOp region, Operation *before) {
  SmallVector<Operation *> reshapes = reshapesOf(region);
  reshapes.insert(reshapes.begin(), region);
  for (Operation *op : reshapes) {
    log.push_back({Edit::Moved, op, op->getNextNode(), nullptr, {}});
    op->moveBefore(before);
  }
}

RegionOp Timeline::repeat(RegionOp region, ValueRange operands, Operation *before) {
  OpBuilder builder(before);
  auto copy = cast<RegionOp>(builder.clone(*region));
  copy->setOperands(operands);
  Operation *first = original(region);
  originals[copy] = first;
  versionsOf[first].push_back(copy);
  log.push_back({Edit::Created, copy, nullptr, nullptr, {}});
  return copy;
}

Value Timeline::follow(Value value, Value to) {
  auto reshape = value.getDefiningOp<ReshapeOp>();
  if (!reshape)
    return to;
  Value input = follow(reshape.getInput(), to);
  Operation *after = to.getDefiningOp();
  for (Operation *next = after->getNextNode(); isa<ReshapeOp>(next); next = next->getNextNode()) {
    if (next->getOperand(0) == input && next->getResult(0).getType() == value.getType())
      return next->getResult(0);
    if (storageOf(next->getResult(0)).getDefiningOp() == to.getDefiningOp())
      after = next;
  }
  OpBuilder builder(function.getContext());
  builder.setInsertionPointAfter(after);
  IRMapping mapping;
  mapping.map(reshape.getInput(), input);
  Operation *copy = builder.clone(*reshape, mapping);
  log.push_back({Edit::Created, copy, nullptr, nullptr, {}});
  return copy->getResult(0);
}

void Timeline::redirect(OpOperand &operand, Value value) {
  log.push_back({Edit::Redirected, nullptr, nullptr, &operand, operand.get()});
  operand.set(value);
}

void Timeline::unlinkOperation(Operation *op) {
  log.push_back({Edit::Unlinked, op, op->getNextNode(), nullptr, {}});
  if (auto found = originals.find(op); found != originals.end())
    llvm::erase(versionsOf[found->second], op);
  op->remove();
}

void Timeline::unlink(RegionOp region) {
  for (Operation *reshape : llvm::reverse(reshapesOf(region)))
    unlinkOperation(reshape);
  unlinkOperation(region);
}

void Timeline::commit() {
  for (Edit &edit : llvm::reverse(log))
    if (edit.kind == Edit::Unlinked)
      edit.op->dropAllUses();
  // Users first: they were unlinked before what they read.
  for (Edit &edit : log)
    if (edit.kind == Edit::Unlinked) {
      originals.erase(edit.op);
      edit.op->destroy();
    }
  log.clear();
}

RegionOp Timeline::original(RegionOp region) const {
  auto found = originals.find(region);
  return found == originals.end() ? region : cast<RegionOp>(found->second);
}

ArrayRef<Operation *> Timeline::versions(RegionOp region) const {
  return versionsOf.find(original(region).getOperation())->second;
}

bool Timeline::canUpdateInPlace(RegionOp region, unsigned input, unsigned result) {
  auto [entry, isNew] = inPlace.try_emplace({original(region).getOperation(), input, result}, false);
  if (isNew)
    entry->second = target.canUpdateInPlace(original(region), input, result);
  return entry->second;
}

} // namespace agon::codegen
