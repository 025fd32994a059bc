//===- Checks.cpp - Calls of the emulator before accesses -----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Calls of the emulator before each access of memory, and what they say of its place.
//
//===----------------------------------------------------------------------===//
#include "test/gpu/emulate/Steps.h"
#include "test/gpu/emulator/KernelFunctions.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/ModuleSlotTracker.h"

using namespace llvm;

namespace agon::emulate {
namespace {

std::string placeOf(const Instruction &instruction, ModuleSlotTracker &slots) {
  std::string function = instruction.getFunction()->getName().str();
  if (const DebugLoc &location = instruction.getDebugLoc()) {
    std::string line = std::to_string(location.getLine()) + ":" + std::to_string(location.getCol());
    return function + " (" + cast<DIScope>(location.getScope())->getFilename().str() + ":" + line + ")";
  }
  std::string text;
  raw_string_ostream stream(text);
  instruction.print(stream, slots);
  return function + ": '" + StringRef(text).trim().substr(0, 100).str() + "'";
}

class Checker {
public:
  Checker(Module &module, const Places &places, bool checked) : places(places), checked(checked) {
    LLVMContext &context = module.getContext();
    Type *i32 = Type::getInt32Ty(context), *i64 = Type::getInt64Ty(context), *pointer = PointerType::get(context, 0);
    check =
        module.getOrInsertFunction("agon_emu_check", Type::getVoidTy(context), pointer, i64, i64, i32, i32, pointer);
    atomic = module.getOrInsertFunction("agon_emu_atomic", Type::getVoidTy(context), pointer, i64, i64, i32, i32, i32,
                                        pointer);
    fence = module.getOrInsertFunction("agon_emu_fence", Type::getVoidTy(context));
    for (FunctionCallee each : {check, atomic, fence})
      cast<Function>(each.getCallee())->setDoesNotThrow();
  }

  /// What a thread has for itself needs no check: its stack, and a kernel's parameters.
  static bool isLocal(const Value *pointer) {
    const Value *object = getUnderlyingObject(pointer, 32);
    auto *argument = dyn_cast<Argument>(object);
    return isa<AllocaInst>(object) || (argument && argument->hasByValAttr());
  }

  void add(Instruction &instruction) {
    if (isa<FenceInst>(instruction)) {
      if (isBetweenBlocks(instruction))
        IRBuilder<>(&instruction).CreateCall(fence);
      return;
    }
    if (std::optional<Atomic> atomic = atomicOf(instruction))
      return add(instruction, *atomic);
    if (!checked)
      return;
    if (auto *load = dyn_cast<LoadInst>(&instruction))
      return add(*load, load->getPointerOperand(), sizeOf(*load, load->getType()), load->getAlign(), 0);
    if (auto *store = dyn_cast<StoreInst>(&instruction))
      return add(*store, store->getPointerOperand(), sizeOf(*store, store->getValueOperand()->getType()),
                 store->getAlign(), 1);
    if (auto *transfer = dyn_cast<MemTransferInst>(&instruction))
      add(*transfer, transfer->getRawSource(), transfer->getLength(), transfer->getSourceAlign().valueOrOne(), 0);
    if (auto *memory = dyn_cast<MemIntrinsic>(&instruction))
      add(*memory, memory->getRawDest(), memory->getLength(), memory->getDestAlign().valueOrOne(), 1);
  }

private:
  /// An access that is atomic, or volatile, which a device makes as a relaxed atomic.
  struct Atomic {
    Value *pointer;
    Type *type;
    Align alignment;
    unsigned kind;
    AtomicOrdering ordering;
  };

  static std::optional<Atomic> atomicOf(Instruction &instruction) {
    if (auto *load = dyn_cast<LoadInst>(&instruction); load && (load->isAtomic() || load->isVolatile()))
      return Atomic{load->getPointerOperand(), load->getType(), load->getAlign(), AGON_READS, load->getOrdering()};
    if (auto *store = dyn_cast<StoreInst>(&instruction); store && (store->isAtomic() || store->isVolatile()))
      return Atomic{store->getPointerOperand(), store->getValueOperand()->getType(), store->getAlign(), AGON_WRITES,
                    store->getOrdering()};
    if (auto *update = dyn_cast<AtomicRMWInst>(&instruction))
      return Atomic{update->getPointerOperand(), update->getType(), update->getAlign(), AGON_READS | AGON_WRITES,
                    update->getOrdering()};
    if (auto *exchange = dyn_cast<AtomicCmpXchgInst>(&instruction))
      return Atomic{exchange->getPointerOperand(), exchange->getNewValOperand()->getType(), exchange->getAlign(),
                    AGON_READS | AGON_WRITES, exchange->getMergedOrdering()};
    return std::nullopt;
  }

  /// Not only for the threads of the block, which barriers order.
  static bool isBetweenBlocks(const Instruction &instruction) {
    SmallVector<StringRef> names;
    instruction.getContext().getSyncScopeNames(names);
    std::optional<SyncScope::ID> scope = getAtomicSyncScopeID(&instruction);
    return !scope || names[*scope] != "block";
  }

  static Value *sizeOf(const Instruction &instruction, Type *type) {
    uint64_t bytes = instruction.getDataLayout().getTypeStoreSize(type).getFixedValue();
    return ConstantInt::get(Type::getInt64Ty(type->getContext()), bytes);
  }

  static Value *generic(IRBuilder<> &builder, Value *pointer) {
    bool named = pointer->getType()->getPointerAddressSpace() != 0;
    return named ? builder.CreateAddrSpaceCast(pointer, builder.getPtrTy()) : pointer;
  }

  Value *isShared(IRBuilder<> &builder, Value *pointer) {
    return builder.getInt32(pointer->getType()->getPointerAddressSpace() == 3);
  }

  void add(Instruction &before, Value *pointer, Value *bytes, Align alignment, unsigned access) {
    if (isLocal(pointer))
      return;
    IRBuilder<> builder(&before);
    builder.CreateCall(check, {generic(builder, pointer), builder.CreateZExt(bytes, builder.getInt64Ty()),
                               builder.getInt64(alignment.value()), builder.getInt32(access),
                               isShared(builder, pointer), places.lookup(&before)});
  }

  void add(Instruction &before, const Atomic &access) {
    if (isLocal(access.pointer))
      return;
    IRBuilder<> builder(&before);
    unsigned kind = access.kind;
    bool between = isBetweenBlocks(before);
    if (between && isAcquireOrStronger(access.ordering))
      kind |= AGON_ACQUIRES;
    if (between && isReleaseOrStronger(access.ordering))
      kind |= AGON_RELEASES;
    builder.CreateCall(atomic, {generic(builder, access.pointer), sizeOf(before, access.type),
                                builder.getInt64(access.alignment.value()), builder.getInt32(kind),
                                isShared(builder, access.pointer), builder.getInt32(checked), places.lookup(&before)});
  }

  const Places &places;
  bool checked;
  FunctionCallee check, atomic, fence;
};

} // namespace

Places findPlaces(Module &module) {
  Places places;
  StringMap<Constant *> texts;
  ModuleSlotTracker slots(&module);
  SmallVector<std::pair<const Instruction *, std::string>> found;
  for (Function &function : module) {
    if (function.isDeclaration())
      continue;
    slots.incorporateFunction(function);
    for (Instruction &instruction : instructions(function))
      if (instruction.mayReadOrWriteMemory() || isa<IntrinsicInst>(instruction))
        found.emplace_back(&instruction, placeOf(instruction, slots));
  }
  for (auto &[instruction, text] : found) {
    // Where threads wait is known by the text's address, so that equal instructions have one each.
    Constant *own = nullptr;
    Constant *&constant = isa<IntrinsicInst>(instruction) ? own : texts[text];
    if (!constant) {
      Constant *data = ConstantDataArray::getString(module.getContext(), text);
      constant = new GlobalVariable(module, data->getType(), true, GlobalValue::PrivateLinkage, data, "agon.place");
    }
    places[instruction] = constant;
  }
  return places;
}

void addChecks(Module &module, const Places &places, bool checked) {
  Checker checker(module, places, checked);
  for (Function &function : module)
    for (Instruction &instruction : make_early_inc_range(instructions(function)))
      checker.add(instruction);
}

} // namespace agon::emulate
