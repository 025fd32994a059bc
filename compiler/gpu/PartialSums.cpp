//===- PartialSums.cpp - Sums that several blocks share -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The count is an atomic addition that releases and acquires. Barriers before and after it pass
// on, from all threads of a block and to all of them, what it orders (PTX ISA, "Causality order"):
// whoever counts last sees the parts of all others.
//
//===----------------------------------------------------------------------===//
#include "compiler/gpu/PartialSums.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace agon;
using namespace agon::gpu;

SmallVector<PartialSums::Slot> PartialSums::layOut(ArrayRef<Value> values) {
  OpBuilder &b = kernel.builder;
  SmallVector<Type> types;
  SmallVector<int64_t> counts;
  SmallVector<std::pair<size_t, int64_t>> places; // of each value: its type, and its number among those of the type
  for (Value value : values) {
    size_t type = llvm::find(types, value.getType()) - types.begin();
    if (type == types.size()) {
      types.push_back(value.getType());
      counts.push_back(0);
    }
    places.push_back({type, counts[type]++});
  }
  int64_t bytes = mostSums * int64_t(sizeof(int32_t));
  SmallVector<int64_t> offsets;
  auto elements = [&](size_t type) { return sums * parts * counts[type] * holders; };
  for (auto [i, type] : llvm::enumerate(types)) {
    offsets.push_back(bytes);
    bytes = roundUp(bytes + elements(i) * ceilDiv(type.getIntOrFloatBitWidth(), 8), 16);
  }
  Value memory = kernel.workspace(bytes);
  auto view = [&](Type element, int64_t count, int64_t offset) -> Value {
    return memref::ViewOp::create(b, kernel.loc, MemRefType::get({count}, element), memory, kernel.index(offset),
                                  ValueRange());
  };
  counters = view(b.getI32Type(), mostSums, 0);
  SmallVector<Value> rows;
  for (auto [i, type] : llvm::enumerate(types))
    rows.push_back(view(type, elements(i), offsets[i]));
  return llvm::map_to_vector(places,
                             [&](auto place) { return Slot{rows[place.first], counts[place.first], place.second}; });
}

Value PartialSums::address(const Slot &slot, const Place &place, Value part) {
  Value block = kernel.add(kernel.mul(place.sum, parts), part);
  Value value = kernel.add(kernel.mul(block, slot.ofHolder), kernel.index(slot.number));
  return kernel.add(kernel.mul(value, holders), place.holder);
}

Value PartialSums::countBlock(const Place &place, Value isFirstThread) {
  OpBuilder &b = kernel.builder;
  Location loc = kernel.loc;
  Type i32 = b.getI32Type();
  auto number = [&](int64_t n) { return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(n)); };
  Value counted = kernel.shared(i32, 1), first = kernel.index(0);
  kernel.barrier();
  kernel.when(isFirstThread, [&] {
    Value before = memref::AtomicRMWOp::create(b, loc, i32, arith::AtomicRMWKind::addi, number(1), counters,
                                               ValueRange{place.sum});
    memref::StoreOp::create(b, loc, before, counted, first);
  });
  kernel.barrier();
  return kernel.compare(arith::CmpIPredicate::eq, memref::LoadOp::create(b, loc, counted, first), number(parts - 1));
}

void PartialSums::combine(const Place &place, ArrayRef<Value> mine,
                          llvm::function_ref<Value(Value, Value, unsigned)> add,
                          llvm::function_ref<void(ArrayRef<Value>)> finish) {
  OpBuilder &b = kernel.builder;
  Location loc = kernel.loc;
  SmallVector<Slot> slots = layOut(mine);
  auto store = [&] {
    for (auto [slot, value] : llvm::zip(slots, mine))
      memref::StoreOp::create(b, loc, value, slot.row, address(slot, place, place.part));
  };
  auto load = [&](Value part) {
    return llvm::map_to_vector(slots, [&](const Slot &slot) -> Value {
      return memref::LoadOp::create(b, loc, slot.row, address(slot, place, part));
    });
  };
  place.holds ? kernel.when(place.holds, store) : store();
  Value isFirstThread = kernel.compare(arith::CmpIPredicate::eq, kernel.thread, kernel.index(0));
  Value isLast = countBlock(place, isFirstThread);
  Value goesOn = place.holds ? Value(arith::AndIOp::create(b, loc, isLast, place.holds)) : isLast;
  kernel.when(goesOn, [&] {
    auto loop = kernel.nest.open(kernel.index(1), kernel.index(parts), 1, load(kernel.index(0)));
    SmallVector<Value> totals;
    for (auto [i, value] : llvm::enumerate(load(loop.getInductionVar())))
      totals.push_back(add(loop.getRegionIterArgs()[i], value, i));
    finish(llvm::to_vector_of<Value>(kernel.nest.close(totals)));
  });
  kernel.when(arith::AndIOp::create(b, loc, isLast, isFirstThread), [&] {
    Value zero = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
    memref::StoreOp::create(b, loc, zero, counters, place.sum);
  });
}
