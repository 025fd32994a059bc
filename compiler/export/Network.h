//===- Network.h - The application of a network, to be exported -*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_EXPORT_NETWORK_H
#define AGON_COMPILER_EXPORT_NETWORK_H

#include "compiler/export/Weights.h"
#include "dialects/agon/Agon.h"

namespace agon::exports {

/// What goes into an application of a network, comes out of it, or is a part of it.
struct Port {
  std::string name; ///< "z"; "G", "D.0"; "G.dense_0.W".
  mlir::RankedTensorType type;
  mlir::Value value;     ///< An argument of the function, or what it returns.
  std::string cell;      ///< The name of its cell.
  bool isBatched = true; ///< Its first axis is the minibatch's; else all samples share it.
  int64_t classes = 0;   ///< An input's, whose elements are labels: how many there are; 0: it holds numbers.
};

/// The program of one network's application (agon-form-turns{network=...}) in turn form.
struct Network {
  /// \param average which weights of a run are meant: "" for those that it is sampled with, "current", or the name of
  /// an average that the network has. Fails after an error of the user's.
  static mlir::FailureOr<Network> of(mlir::ModuleOp module, llvm::StringRef name, llvm::StringRef average);

  mutable mlir::func::FuncOp function;
  std::string name, signature, game;
  std::string configuration; ///< What the model says of itself.
  int64_t batch = 0;
  bool hasDraws = false; ///< The module has a function that draws the inputs, as the game does.
  std::vector<Port> inputs, outputs;
  std::vector<Port> weights; ///< Parameters and states, by the names that they have in checkpoints.
};

/// An error of the user's, for the driver.
mlir::InFlightDiagnostic userError(mlir::Location loc);

} // namespace agon::exports

#endif
