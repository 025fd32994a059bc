//===- Names.h - What the phases of codegen call things ---------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_NAMES_H
#define AGON_COMPILER_CODEGEN_NAMES_H

#include "llvm/ADT/StringRef.h"

namespace agon::codegen {

/// On a function that is placed: the bytes of its temporaries.
inline constexpr llvm::StringLiteral temporaryBytesName = "agon.temporary_bytes";
/// On a function that was rearranged to need less of them: a TemporariesAttr.
inline constexpr llvm::StringLiteral temporariesName = "agon.temporaries";
/// On a region that is computed again so that its first result need not be kept.
inline constexpr llvm::StringLiteral recomputedName = "agon.recomputed";
/// On a region: where inputs are read from, in bytes.
inline constexpr llvm::StringLiteral shiftsName = "agon.shifts";
/// On a field whose minibatches a device takes as bytes: a dictionary of its kernel, the `tasks`, `block` and
/// `arguments` of the launch, and where the 256 `numbers` lie in the arena, as in agon_field.
inline constexpr llvm::StringLiteral expandName = "agon.expand";
/// On the program of a device that finds numbers that are not finite: a dictionary of its kernel and the launch.
inline constexpr llvm::StringLiteral notFiniteName = "agon.not_finite";
/// On a function in the LLVM dialect that was an entry: a FunctionAttr.
inline constexpr llvm::StringLiteral functionName = "agon.function";

/// On the name of a turn: its version with marks between its steps.
inline constexpr llvm::StringLiteral markedSuffix = ".marked";
/// On the name of a kernel: the agon_kernel that calls it with the buffers as arguments.
inline constexpr llvm::StringLiteral unpackSuffix = ".unpack";

} // namespace agon::codegen
#endif
