//===- Locations.h - What locations tell beside the place -------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// A location is the user's place in the model's file. Around it a NameLoc tells
// what an operation belongs to, so that reports and profiles can say it: which
// application of which network in its function ("D#2"), and that it came from
// differentiating what stands there. Another NameLoc marks what is safe by its form.
// Locations never change what is computed.
//===----------------------------------------------------------------------===//
#ifndef AGON_DIALECTS_AGON_LOCATIONS_H
#define AGON_DIALECTS_AGON_LOCATIONS_H

#include "mlir/IR/Builders.h"

namespace agon {

constexpr llvm::StringLiteral gradientLocationName = "gradient";

/// What is differentiated from an operation at `location`.
inline mlir::Location gradientLocation(mlir::Location location) {
  return mlir::NameLoc::get(mlir::StringAttr::get(location.getContext(), gradientLocationName), location);
}

constexpr llvm::StringLiteral safeLocationName = "safe";

/// A part of what an operation at `location` became, which is finite wherever that operation's operands are.
inline mlir::Location safeLocation(mlir::Location location) {
  return mlir::NameLoc::get(mlir::StringAttr::get(location.getContext(), safeLocationName), location);
}

/// An operation of application number `number`, from 1, of `network` in its function.
inline mlir::StringAttr applicationName(mlir::MLIRContext *context, llvm::StringRef network, unsigned number) {
  return mlir::StringAttr::get(context, network + "#" + llvm::Twine(number));
}

/// One operation that does what those at `locations` did: of applications D#1 and D#2 of a network, D#1+2.
mlir::Location batchedLocation(llvm::ArrayRef<mlir::Location> locations);

} // namespace agon
#endif
