//===- Block.h - Fibres and their order -------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_GPU_EMULATOR_BLOCK_H
#define AGON_TEST_GPU_EMULATOR_BLOCK_H

#include "test/gpu/emulator/Device.h"

namespace agon::emulator {

/// How threads have gone on: not at all, only by looking again whether something has changed, or otherwise.
enum class Progress : uint8_t { None, Spins, Some };

/// Stacks that overflow end the process; for one block, since a process may have few such borders.
void guardStacks(Block &guarded);
void setOrder(AgonEmulatorOrder newOrder, uint64_t seed);
/// The numbers from `first` on in the order that is set.
void arrange(std::vector<uint32_t> &numbers, uint32_t first, uint32_t count);
/// Makes a block the one of this number of the launch, before its threads begin.
void prepare(Block &prepared, uint32_t number);
/// Runs its threads until each has ended, waits for others, or spins.
Progress advance(Block &advanced);
bool finished(const Block &block);
/// Notes that a block cannot go on, and where its threads wait.
void noteStop(Block &stopped, bool spins);

} // namespace agon::emulator

#endif // AGON_TEST_GPU_EMULATOR_BLOCK_H
