//===- SafeNumerics.cpp - Formulas into forms that do not overflow --------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/SafeNumerics.h"
#include "dialects/agon/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace agon {
#define GEN_PASS_DEF_SAFENUMERICSPASS
#include "dialects/agon/AgonPasses.h.inc"
} // namespace agon

using namespace mlir;
using namespace agon;

namespace {

struct SafeNumerics : agon::impl::SafeNumericsPassBase<SafeNumerics> {
  using SafeNumericsPassBase::SafeNumericsPassBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext()), last(&getContext());
    safe::addExponentials(patterns, numExponentials, numSigmoids, maxDepth);
    safe::addSoftmaxes(patterns, numSoftmaxes);
    safe::addLogarithms(patterns, numLogs, maxDepth, /*last=*/false);
    safe::addLogarithms(last, numLogs, maxDepth, /*last=*/true);
    safe::addLastForms(last, numExponentials);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))) ||
        failed(applyPatternsGreedily(getOperation(), std::move(last))))
      signalPassFailure();
  }
};

} // namespace
