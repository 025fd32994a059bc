/* The emulated device: runs the kernels of a GPU on the CPU, one fibre a thread, and finds faults that a GPU hides.
 *
 * Kernels come from `agon-emulate` as a shared library with the table `agon_emulated_kernels`; see README.md. All
 * functions may be called from any thread; launches run one after another. */
#ifndef AGON_TEST_GPU_EMULATOR_H
#define AGON_TEST_GPU_EMULATOR_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

/* A variable of a library of kernels: one in shared memory, or one of the device's memory. */
typedef struct AgonEmulatedVariable {
  const char *name;
  uint64_t place; /* the offset in a block's shared memory, or the address */
  uint64_t bytes;
  uint64_t writable; /* 0 for constants */
} AgonEmulatedVariable;

/* A kernel of a library; the table ends with one that has no name. */
typedef struct AgonEmulatedKernel {
  const char *name;
  void (*run)(void *const *arguments); /* one thread */
  uint32_t parameters;
  uint32_t staticSharedBytes;         /* of the shared variables that it uses, as a device counts them */
  const AgonEmulatedVariable *shared; /* all shared variables of the library, with space between them */
  uint32_t sharedCount;
  uint32_t dynamicOffset; /* where dynamic shared memory begins */
  const AgonEmulatedVariable *globals;
  uint64_t globalCount;
} AgonEmulatedKernel;

/* The order in which the threads of a block run between the places where they wait for each other. */
typedef enum AgonEmulatorOrder {
  AGON_EMULATOR_FORWARD,
  AGON_EMULATOR_REVERSE,
  AGON_EMULATOR_RANDOM /* another one at each wait, by the seed */
} AgonEmulatorOrder;

/* The symbol of a library of kernels. */
#define AGON_EMULATED_KERNELS "agon_emulated_kernels"

enum {
  AGON_EMULATOR_OK = 0,
  AGON_EMULATOR_BAD_LAUNCH = 1, /* no thread has run: the launch cannot be */
  AGON_EMULATOR_FAULT = 2       /* the kernel has stopped at its first fault; memory is as it was then */
};

/* Makes `bytes` at `address` memory of the device: kernels compiled with checks touch no other. `name` is copied, and
 * stands in faults. Returns 0, or 1 if the range is empty or overlaps another. */
int agon_emulator_register(const void *address, size_t bytes, const char *name);
/* Takes back what began at `address`; 1 if nothing does. */
int agon_emulator_unregister(const void *address);

/* Sets the order of threads for later launches; at first it is AGON_EMULATOR_FORWARD. */
void agon_emulator_set_order(AgonEmulatorOrder order, uint64_t seed);
/* Turns the checks of memory (bounds, alignment, races, uninitialised shared memory) of later launches on or off; they
 * are on at first. Divergence is always found. Kernels compiled with --unchecked have no checks of memory. */
void agon_emulator_set_checks(int on);

/* Runs a kernel: `arguments` as cuLaunchKernel's kernelParams. Returns one of the codes above. */
int agon_emulator_launch(const AgonEmulatedKernel *kernel, const uint32_t grid[3], const uint32_t block[3],
                         uint32_t dynamicSharedBytes, void *const *arguments);
/* The same with all blocks at once, as cuLaunchCooperativeKernel: blocks may wait for each other by atomics. */
int agon_emulator_launch_cooperative(const AgonEmulatedKernel *kernel, const uint32_t grid[3], const uint32_t block[3],
                                     uint32_t dynamicSharedBytes, void *const *arguments);
/* What was wrong with the last launch of this thread: kernel, block, thread, place, and kind; "" if nothing. */
const char *agon_emulator_fault(void);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
