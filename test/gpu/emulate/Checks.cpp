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
  explicit Checker(Module &module, const Places &places) : places(places) {
    LLVMContext &context = module.getContext();
    Type *i32 = Type::getInt32Ty(context), *i64 = Type::getInt64Ty(context), *pointer = PointerType::get(context, 0);
    check =
        module.getOrInsertFunction("agon_emu_check", Type::getVoidTy(context), pointer, i64, i64, i32, i32, pointer);
    cast<Function>(check.getCallee())->setDoesNotThrow();
  }

  /// What a thread has for itself needs no check: its stack, and a kernel's parameters.
  static bool isLocal(const Value *pointer) {
    const Value *object = getUnderlyingObject(pointer, 32);
    auto *argument = dyn_cast<Argument>(object);
    return isa<AllocaInst>(object) || (argument && argument->hasByValAttr());
  }

  void add(Instruction &before, Value *pointer, Value *bytes, Align alignment, unsigned access) {
    if (isLocal(pointer))
      return;
    IRBuilder<> builder(&before);
    unsigned space = pointer->getType()->getPointerAddressSpace();
    Value *address = space ? builder.CreateAddrSpaceCast(pointer, builder.getPtrTy()) : pointer;
    builder.CreateCall(check,
                       {address, builder.CreateZExt(bytes, builder.getInt64Ty()), builder.getInt64(alignment.value()),
                        builder.getInt32(access), builder.getInt32(space == 3), places.lookup(&before)});
  }

  void add(Instruction &instruction) {
    const DataLayout &layout = instruction.getDataLayout();
    auto sizeOf = [&](Type *type) {
      return ConstantInt::get(Type::getInt64Ty(type->getContext()), layout.getTypeStoreSize(type).getFixedValue());
    };
    if (auto *load = dyn_cast<LoadInst>(&instruction))
      return add(*load, load->getPointerOperand(), sizeOf(load->getType()), load->getAlign(), load->isAtomic() ? 2 : 0);
    if (auto *store = dyn_cast<StoreInst>(&instruction))
      return add(*store, store->getPointerOperand(), sizeOf(store->getValueOperand()->getType()), store->getAlign(),
                 store->isAtomic() ? 2 : 1);
    if (auto *update = dyn_cast<AtomicRMWInst>(&instruction))
      return add(*update, update->getPointerOperand(), sizeOf(update->getType()), update->getAlign(), 2);
    if (auto *exchange = dyn_cast<AtomicCmpXchgInst>(&instruction))
      return add(*exchange, exchange->getPointerOperand(), sizeOf(exchange->getNewValOperand()->getType()),
                 exchange->getAlign(), 2);
    if (auto *transfer = dyn_cast<MemTransferInst>(&instruction))
      add(*transfer, transfer->getRawSource(), transfer->getLength(), transfer->getSourceAlign().valueOrOne(), 0);
    if (auto *memory = dyn_cast<MemIntrinsic>(&instruction))
      add(*memory, memory->getRawDest(), memory->getLength(), memory->getDestAlign().valueOrOne(), 1);
  }

private:
  const Places &places;
  FunctionCallee check;
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
    Constant *&constant = texts[text];
    if (!constant) {
      Constant *data = ConstantDataArray::getString(module.getContext(), text);
      constant = new GlobalVariable(module, data->getType(), true, GlobalValue::PrivateLinkage, data, "agon.place");
    }
    places[instruction] = constant;
  }
  return places;
}

void addChecks(Module &module, const Places &places) {
  Checker checker(module, places);
  for (Function &function : module)
    for (Instruction &instruction : make_early_inc_range(instructions(function)))
      checker.add(instruction);
}

} // namespace agon::emulate
