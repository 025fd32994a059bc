//===- Weights.h - The weights of a run ------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_EXPORT_WEIGHTS_H
#define AGON_COMPILER_EXPORT_WEIGHTS_H

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <string>

namespace agon::exports {

/// A safetensors file, all of it in memory, whose header is right.
class Weights {
public:
  /// \param run a run's directory, or a file.
  static llvm::Expected<Weights> read(const std::string &run);

  /// The bytes of a tensor that must be there, with these elements. A model of f64 takes f32, which is widened.
  llvm::Expected<std::string> tensor(llvm::StringRef name, mlir::RankedTensorType type) const;
  bool holds(llvm::StringRef name) const { return tensors.contains(name); }
  /// What was read.
  const std::string &path() const { return file; }
  /// Which of the network and those that it applies means something else now than when the file was written: "network
  /// G"; empty if none does, or the file tells nothing. \param configuration what the model says of itself.
  std::string changedPart(llvm::StringRef configuration, llvm::StringRef network) const;

private:
  struct Tensor {
    std::string type;
    llvm::SmallVector<int64_t> shape;
    llvm::StringRef bytes;
  };
  llvm::Error parse();

  std::string file;
  std::unique_ptr<llvm::MemoryBuffer> content;
  llvm::StringMap<Tensor> tensors;
  llvm::StringMap<std::string> texts;
};

} // namespace agon::exports

#endif
