//===- Library.h - A network as a library for C ----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_EXPORT_LIBRARY_H
#define AGON_COMPILER_EXPORT_LIBRARY_H

#include "compiler/export/Network.h"
#include "compiler/export/Weights.h"
#include <optional>

namespace agon::exports {

/// What a library consists of beside the program's objects and the runtime.
struct Library {
  std::string header;               ///< For users; its first line is that of all versions of it, and of no other.
  std::string source;               ///< C++ that defines the header's functions; reads the weights by `weightsMark`.
  std::string weights;              ///< Bytes that the source embeds; empty: none.
  std::vector<std::string> symbols; ///< What is visible from outside.
};

/// Stands in the source for the path of a file of the weights.
inline constexpr llvm::StringLiteral weightsMark = "@weights@";

/// The library of a network; without `weights` they are read from a file when the library is used. Errors are told as
/// the user's through the context's diagnostics. \param model the name of the file that the network stands in.
mlir::FailureOr<Library> networkLibrary(const Network &network, const std::optional<Weights> &weights,
                                        llvm::StringRef model);

/// The library that trains the game.
Library trainingLibrary();

/// What the names of a network's functions and of its header begin with: its name; "math_" and "timer_", where the C
/// library has a math.h and a timer_create.
std::string prefixOf(llvm::StringRef network);

} // namespace agon::exports

#endif
