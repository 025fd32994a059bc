//===- Pipeline.cpp - The tensor room's two phases ------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void agon::tensors::buildLinalgPipeline(OpPassManager &module) {
  OpPassManager &function = module.nest<func::FuncOp>();
  function.addPass(createCanonicalizerPass());
  function.addPass(createCSEPass());
  function.addPass(createAgonReuseActivations());
  function.addPass(createAgonToLinalg());
  // Only CSE: the canonicalizer would hoist the scalars out of the bodies again.
  function.addPass(createCSEPass());
}

void agon::tensors::buildFusionPipeline(OpPassManager &module, bool fuse) {
  AgonFormRegionsOptions options;
  options.fuse = fuse;
  module.nest<func::FuncOp>().addPass(createAgonFormRegions(options));
}
