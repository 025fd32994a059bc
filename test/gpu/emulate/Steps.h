//===- Steps.h - The steps of the translation -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_GPU_EMULATE_STEPS_H
#define AGON_TEST_GPU_EMULATE_STEPS_H

#include "test/gpu/emulate/Emulate.h"
#include "test/gpu/emulator/emulator.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"

namespace agon::emulate {

llvm::Error failed(const llvm::Twine &message);

/// Where each instruction stands that a fault may name, as a constant text: its line, or itself.
using Places = llvm::DenseMap<const llvm::Instruction *, llvm::Constant *>;
Places findPlaces(llvm::Module &module);

/// Shared variables, laid out in one buffer with space between them.
struct SharedLayout {
  struct Variable {
    std::string name;
    uint64_t place, bytes, alignment;
  };
  std::vector<Variable> variables;
  uint64_t dynamicOffset = 0;
  /// The static bytes of each kernel, as a device lays them out.
  llvm::DenseMap<const llvm::Function *, uint64_t> staticBytes;
};
/// Replaces shared variables by places in the running block's shared memory.
llvm::Expected<SharedLayout> placeShared(llvm::Module &module);

/// Puts a check before each access of shared and global memory; without `checked` only before atomics, which let other
/// threads run.
void addChecks(llvm::Module &module, const Places &places, bool checked);

/// Calls of llvm.nvvm intrinsics become calls of the emulator.
llvm::Error lowerIntrinsics(llvm::Module &module, const Places &places, bool checked);

/// Arithmetic in bf16 in f32, rounded by instructions that every machine has.
void lowerBrainFloats(llvm::Module &module);

/// Adds the table of kernels.
void addTable(llvm::Module &module, llvm::ArrayRef<llvm::Function *> kernels, const SharedLayout &shared);

} // namespace agon::emulate

#endif // AGON_TEST_GPU_EMULATE_STEPS_H
