//===- Origin.h - Where a region comes from, in the user's words -*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_ORIGIN_H
#define AGON_COMPILER_CODEGEN_ORIGIN_H

#include "dialects/agon/Agon.h"
#include <string>
#include <vector>

namespace agon::codegen {

/// What a location tells: the first place in it is that of a region's root.
struct Origin {
  std::string source;      ///< "ring.agon:20:17", without folders; empty where there is none.
  std::string application; ///< "D#2": the second application of D in this function; or empty.
  unsigned gradients = 0;  ///< How many times it was differentiated to become what it is.
  bool safe = false;       ///< Finite wherever what it stems from has finite operands.

  /// "D#2", "the gradient of D#2", "the 2-fold gradient"; empty where there is neither.
  std::string within() const;
};
Origin originOf(mlir::Location location);

/// "D#2 gradient contraction [64, 128]": the application, what leads the
/// region, its largest result.
std::string nameOf(RegionOp region);

/// An operation that may make what is not finite of what is; `makes` as in agon_maker.
struct Maker {
  std::string operation;
  std::string within, source;
  unsigned makes;
};
/// Those of `region`, in the order of the computation, each once.
std::vector<Maker> makersOf(RegionOp region);

} // namespace agon::codegen
#endif
