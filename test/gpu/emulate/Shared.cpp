//===- Shared.cpp - Shared variables to places ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/gpu/emulate/Steps.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/ReplaceConstant.h"

using namespace llvm;

namespace agon::emulate {
namespace {

constexpr uint64_t gap = 128;

/// The functions that run when `kernel` does.
SmallPtrSet<const Function *, 8> reachable(const Function &kernel) {
  SmallPtrSet<const Function *, 8> found;
  SmallVector<const Function *> work = {&kernel};
  while (!work.empty()) {
    const Function *function = work.pop_back_val();
    if (!found.insert(function).second)
      continue;
    for (const Instruction &instruction : instructions(*function))
      if (auto *call = dyn_cast<CallBase>(&instruction))
        if (const Function *callee = call->getCalledFunction())
          work.push_back(callee);
  }
  return found;
}

bool isDynamic(const GlobalVariable &variable, const DataLayout &layout) {
  return variable.isDeclaration() && layout.getTypeAllocSize(variable.getValueType()) == 0;
}

void countStaticBytes(Module &module, ArrayRef<GlobalVariable *> variables, SharedLayout &shared) {
  const DataLayout &layout = module.getDataLayout();
  for (const Function &kernel : module) {
    if (kernel.isDeclaration())
      continue;
    SmallPtrSet<const Function *, 8> functions = reachable(kernel);
    uint64_t bytes = 0;
    for (GlobalVariable *variable : variables) {
      bool used = any_of(variable->users(), [&](User *user) {
        auto *instruction = dyn_cast<Instruction>(user);
        return instruction && functions.contains(instruction->getFunction());
      });
      if (used && !isDynamic(*variable, layout))
        bytes = alignTo(bytes, variable->getAlign().valueOrOne()) + layout.getTypeAllocSize(variable->getValueType());
    }
    shared.staticBytes[&kernel] = bytes;
  }
}

/// The first place from `from` on that is a multiple of `alignment`, and of no more: who needs more must say so.
uint64_t placeFrom(uint64_t from, uint64_t alignment) {
  uint64_t place = alignTo(from, alignment);
  return place % (2 * alignment) == 0 ? place + alignment : place;
}

void replace(GlobalVariable &variable, uint64_t place, FunctionCallee base) {
  DenseMap<Function *, Value *> inFunction;
  for (User *user : make_early_inc_range(variable.users())) {
    auto *instruction = cast<Instruction>(user);
    Value *&address = inFunction[instruction->getFunction()];
    if (!address) {
      BasicBlock &entry = instruction->getFunction()->getEntryBlock();
      IRBuilder<> builder(&entry, entry.getFirstInsertionPt());
      address =
          builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), builder.CreateCall(base), place, variable.getName());
    }
    instruction->replaceUsesOfWith(&variable, address);
  }
  variable.eraseFromParent();
}

} // namespace

Expected<SharedLayout> placeShared(Module &module) {
  SmallVector<GlobalVariable *> variables;
  SmallVector<Constant *> constants;
  for (GlobalVariable &global : module.globals())
    if (global.getAddressSpace() == 3) {
      global.removeDeadConstantUsers();
      variables.push_back(&global);
      constants.push_back(&global);
    }
  convertUsersOfConstantsToInstructions(constants);
  const DataLayout &layout = module.getDataLayout();
  SharedLayout shared;
  countStaticBytes(module, variables, shared);
  uint64_t end = 0, dynamicAlignment = 16;
  for (GlobalVariable *variable : variables) {
    if (any_of(variable->users(), [](User *user) { return !isa<Instruction>(user); }))
      return failed("the address of '" + variable->getName() + "' in shared memory stands in a constant");
    if (isDynamic(*variable, layout)) {
      dynamicAlignment = std::max(dynamicAlignment, variable->getAlign().valueOrOne().value());
      continue;
    }
    uint64_t alignment = std::max<uint64_t>(variable->getAlign().valueOrOne().value(), 1);
    uint64_t bytes = layout.getTypeAllocSize(variable->getValueType());
    uint64_t place = placeFrom(end + (end ? gap : 0), alignment);
    shared.variables.push_back({variable->getName().str(), place, bytes, alignment});
    end = place + bytes;
  }
  shared.dynamicOffset = placeFrom(end + (end ? gap : 0), dynamicAlignment);
  FunctionCallee base =
      module.getOrInsertFunction("agon_emu_shared", FunctionType::get(PointerType::get(module.getContext(), 3), false));
  auto *function = cast<Function>(base.getCallee());
  function->setDoesNotAccessMemory();
  function->setDoesNotThrow();
  function->setWillReturn();
  size_t next = 0;
  for (GlobalVariable *variable : variables)
    replace(*variable, isDynamic(*variable, layout) ? shared.dynamicOffset : shared.variables[next++].place, base);
  return shared;
}

} // namespace agon::emulate
