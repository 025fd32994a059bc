//===- Onnx.h - A network as an ONNX model ---------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_EXPORT_ONNX_H
#define AGON_COMPILER_EXPORT_ONNX_H

#include "compiler/export/Network.h"
#include "compiler/export/Weights.h"

namespace agon::exports {

/// The content of an ONNX file of the network, with its weights. Operations that ONNX has no nodes for, and sizes that
/// its format cannot hold, are told through the context's diagnostics, as errors of the user's.
mlir::FailureOr<std::string> onnxModel(const Network &network, const Weights &weights);

} // namespace agon::exports

#endif
