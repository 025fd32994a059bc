//===- ObjectCache.h - Objects that were made before ------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_OBJECTCACHE_H
#define AGON_COMPILER_CODEGEN_OBJECTCACHE_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"
#include <optional>
#include <string>

namespace agon::codegen {

/// Objects in files that are named by a digest of all that they were made of: the program's IR, the processor, the
/// level of optimisation, this compiler and LLVM's libraries. What cannot be read, or is not what was written, was
/// never there; what cannot be written is made again the next time.
class ObjectCache {
public:
  using Object = llvm::SmallVector<char, 0>;

  /// In the folder that AGON_CACHE names, else in `agon` of the user's cache folder (XDG_CACHE_HOME, ~/.cache).
  /// AGON_CACHE=off, no such folder, or a compiler that was linked without a build id: nothing is kept.
  static ObjectCache ofUser();

  /// What the object of a module that is still to be optimised is called; empty where nothing is kept.
  std::string keyOf(const llvm::Module &module, const llvm::TargetMachine &machine, unsigned optLevel) const;
  std::optional<Object> find(llvm::StringRef key) const;
  void keep(llvm::StringRef key, const Object &object) const;
  /// Removes what was not used for a week, and the oldest beyond 1 GiB; looks at most every 20 minutes.
  void prune() const;

private:
  std::string pathOf(llvm::StringRef key) const;

  std::string folder;   ///< empty: nothing is kept
  std::string compiler; ///< the build ids of this program and its libraries
};

} // namespace agon::codegen
#endif
