//===- PlanRegions.cpp - How each region is computed ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/EqualRegions.h"
#include "compiler/codegen/Passes.h"
#include "compiler/target/Target.h"
#include "dialects/agon/TurnForm.h"

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
    // What a game begins with is the same in every precision.
    targets::Options exact = options;
    exact.target = target->withPrecision(options.target, "f32");
    // Equal regions have one plan. All are set at the end: until then regions are compared without them.
    ByKernel<Attribute> ofInit, ofOthers;
    SmallVector<std::pair<RegionOp, Attribute>> planned;
    for (func::FuncOp function : module.getOps<func::FuncOp>()) {
      if (functionKind(function).empty())
        continue;
      bool isInit = functionKind(function) == FunctionKind::Init;
      ByKernel<Attribute> &plans = isInit ? ofInit : ofOthers;
      function.walk([&](RegionOp region) {
        if (region.getPlan())
          return;
        RegionKey key(region);
        Attribute *plan = plans.find(key);
        if (!plan)
          plan = plans.keep(key, target->plan(region, key.bufferOf, isInit ? exact : options));
        if (*plan)
          planned.push_back({region, *plan});
      });
    }
    for (auto [region, plan] : planned)
      region.setPlanAttr(plan);
  }
};

} // namespace
} // namespace agon::codegen
