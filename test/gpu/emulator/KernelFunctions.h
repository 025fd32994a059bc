//===- KernelFunctions.h - What translated kernels call ---------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// What translated kernels call; the names and arguments of Intrinsics.cpp and Checks.cpp of test/gpu/emulate.
// `place` is where in the program the call stands.
//
//===----------------------------------------------------------------------===//
#ifndef AGON_TEST_GPU_EMULATOR_KERNELFUNCTIONS_H
#define AGON_TEST_GPU_EMULATOR_KERNELFUNCTIONS_H

#include <cstdint>

#pragma GCC visibility push(default)
extern "C" {
/// The special registers, by these numbers: tid, ntid, ctaid, nctaid (x, y, z each), then as listed.
enum AgonRegister : uint32_t {
  AGON_TID = 0,
  AGON_NTID = 3,
  AGON_CTAID = 6,
  AGON_NCTAID = 9,
  AGON_LANEID = 12,
  AGON_WARPID,
  AGON_NWARPID,
  AGON_LANEMASK_EQ,
  AGON_LANEMASK_LE,
  AGON_LANEMASK_LT,
  AGON_LANEMASK_GE,
  AGON_LANEMASK_GT,
  AGON_DYNAMIC_SHARED
};
uint32_t agon_emu_register(uint32_t number);
/// The running block's shared memory.
char *agon_emu_shared();

/// `count` is 0 for all threads of the block; `aligned` if a warp must come to one instruction.
void agon_emu_barrier(uint32_t id, uint32_t count, uint32_t aligned, const char *place);
void agon_emu_barrier_arrive(uint32_t id, uint32_t count, uint32_t aligned, const char *place);
uint32_t agon_emu_barrier_popc(uint32_t id, uint32_t count, uint32_t predicate, uint32_t aligned, const char *place);
uint32_t agon_emu_barrier_or(uint32_t id, uint32_t count, uint32_t predicate, uint32_t aligned, const char *place);
uint32_t agon_emu_barrier_and(uint32_t id, uint32_t count, uint32_t predicate, uint32_t aligned, const char *place);

void agon_emu_warp_sync(uint32_t mask, const char *place);
/// mode: 0 up, 1 down, 2 bfly, 3 idx; `found` may be null.
uint32_t agon_emu_shuffle(uint32_t mode, uint32_t mask, uint32_t value, uint32_t by, uint32_t clamp, uint32_t *found,
                          const char *place);
/// mode: 0 all, 1 any, 2 uni, 3 ballot
uint32_t agon_emu_vote(uint32_t mode, uint32_t mask, uint32_t predicate, const char *place);
/// mode: 0 add, 1 umin, 2 umax, 3 min, 4 max, 5 and, 6 or, 7 xor
uint32_t agon_emu_reduce(uint32_t mode, uint32_t value, uint32_t mask, const char *place);
uint32_t agon_emu_match_any(uint32_t mask, uint64_t value, const char *place);
/// `matrices` is 1, 2 or 4; `checked` says that the kernel is compiled with checks.
void agon_emu_load_matrix(uint32_t matrices, uint32_t transposed, const void *row, uint32_t *result, uint32_t checked,
                          const char *place);
void agon_emu_store_matrix(uint32_t matrices, uint32_t transposed, void *row, const uint32_t *values, uint32_t checked,
                           const char *place);
/// 16 by 8 by `depth`; type: 0 tf32, 1 bf16, 2 f16 with sums in f32, 3 f16 with sums in f16. `operands` are the
/// registers of A, B, C.
void agon_emu_mma(uint32_t type, uint32_t depth, const uint32_t *operands, uint32_t *result, const char *place);

void agon_emu_copy_async(void *to, const void *from, uint32_t bytes, uint32_t sourceBytes, uint32_t checked,
                         const char *place);
void agon_emu_commit_copies();
void agon_emu_wait_copies(uint32_t newest);
void agon_emu_wait_all_copies();

/// Before an atomic access, or a volatile one: lets other threads run first, so that a thread that spins ends.
enum AgonAtomic : uint32_t { AGON_READS = 1, AGON_WRITES = 2, AGON_ACQUIRES = 4, AGON_RELEASES = 8 };
void agon_emu_atomic(const void *address, uint64_t bytes, uint64_t alignment, uint32_t kind, uint32_t shared,
                     uint32_t checked, const char *place);
void agon_emu_fence();
/// nanosleep
void agon_emu_pause(const char *place);

/// access: 0 read, 1 write; `shared` if the program says so.
void agon_emu_check(const void *address, uint64_t bytes, uint64_t alignment, uint32_t access, uint32_t shared,
                    const char *place);
/// f32 to tf32 as cvt.rna does: to nearest, ties away from zero.
uint32_t agon_emu_tf32_rna(float value);
uint32_t agon_emu_tf32_rn(float value);
}
#pragma GCC visibility pop

#endif // AGON_TEST_GPU_EMULATOR_KERNELFUNCTIONS_H
