//===- PlanRegions.cpp - How each region is computed ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/EqualRegions.h"
#include "compiler/codegen/Passes.h"
#include "compiler/target/Target.h"

using namespace mlir;

namespace agon::codegen {
#define GEN_PASS_DEF_AGONPLAN
#include "compiler/codegen/Passes.h.inc"

namespace {

struct PlanRegions : impl::AgonPlanBase<PlanRegions> {
  using AgonPlanBase::AgonPlanBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    AgonPlanBase::getDependentDialects(registry);
    targets::registerDialects(registry);
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    targets::Options options{targets::machineOf(module), int(optLevel)};
    const targets::Target *target = targets::targetOf(options.target, module);
    if (!target)
      return signalPassFailure();
    // Equal regions have one plan: the first one's is set last, so that it stays what the others are compared with.
    ByKernel<Attribute> plans;
    SmallVector<std::pair<RegionOp, Attribute>> planned;
    for (func::FuncOp function : module.getOps<func::FuncOp>()) {
      if (!function->hasAttr("agon.kind"))
        continue;
      function.walk([&](RegionOp region) {
        if (region.getPlan())
          return;
        RegionKey key(region);
        Attribute *known = plans.find(key);
        Attribute plan = known ? *known : target->plan(region, key.bufferOf, options);
        if (!known)
          plans.keep(key, plan);
        if (plan)
          planned.push_back({region, plan});
      });
    }
    for (auto [region, plan] : planned)
      region.setPlanAttr(plan);
  }
};

} // namespace
} // namespace agon::codegen
