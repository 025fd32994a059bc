//===- DeviceData.h - What a device needs beside functions ------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_DEVICEDATA_H
#define AGON_COMPILER_CODEGEN_DEVICEDATA_H

#include "compiler/target/Target.h"

namespace agon::codegen {

/// What the table of a device's program holds beside its functions; of the host's, nothing.
struct DeviceData {
  /// Numbers that kernels read, and where in the arena.
  struct Constant {
    uint64_t offset;
    std::string bytes;
  };
  std::vector<Constant> constants;
  /// The code of all kernels, for one architecture.
  struct Image {
    uint32_t kind; ///< agon_image_kind
    std::string architecture;
    std::string bytes;
  };
  std::vector<Image> images;

  /// Takes them out of `program` (LLVM dialect). Fails, with a diagnostic, where the target can make no code.
  static mlir::FailureOr<DeviceData> take(mlir::ModuleOp program, const targets::Options &options);
};

} // namespace agon::codegen
#endif
