//===- Emulate.h - Modules for NVPTX to libraries ---------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_GPU_EMULATE_EMULATE_H
#define AGON_TEST_GPU_EMULATE_EMULATE_H

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

namespace agon::emulate {

struct Options {
  /// Calls of the emulator at each access of memory.
  bool checked = true;
};

/// Makes of `module`, as it goes to the NVPTX back end, code for this machine: intrinsics become functions of the
/// emulator, shared variables places in a block's shared memory, accesses of memory are checked, and
/// `agon_emulated_kernels` lists the kernels. What the emulator does not know is an error that names it.
llvm::Error translate(llvm::Module &module, const Options &options);

/// Translates a copy of `module`, and writes it as a shared library to `output`.
llvm::Error makeLibrary(const llvm::Module &module, const Options &options, llvm::StringRef output);

} // namespace agon::emulate

#endif // AGON_TEST_GPU_EMULATE_EMULATE_H
