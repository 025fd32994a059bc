//===- AttachTarget.cpp - The machine that a module is for ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Passes.h"
#include "compiler/target/Target.h"

using namespace mlir;

namespace agon::codegen {
#define GEN_PASS_DEF_AGONATTACHTARGET
#include "compiler/codegen/Passes.h.inc"

namespace {

struct AttachTarget : impl::AgonAttachTargetBase<AttachTarget> {
  using AgonAttachTargetBase::AgonAttachTargetBase;

  void runOnOperation() override {
    const targets::Target *known = targets::lookup(target, getOperation());
    if (!known)
      return signalPassFailure();
    auto machines = known->resolve(march, &getContext());
    if (!machines) {
      getOperation().emitError() << llvm::toString(machines.takeError());
      return signalPassFailure();
    }
    targets::attach(getOperation(), machines->front().target);
  }
};

} // namespace
} // namespace agon::codegen
