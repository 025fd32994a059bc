//===- Target.cpp - The registry of targets -------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/target/Target.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;

namespace agon::targets {

static constexpr llvm::StringLiteral attributeName = "agon.target";

static std::vector<std::unique_ptr<Target>> &registry() {
  static std::vector<std::unique_ptr<Target>> targets;
  return targets;
}

void registerTarget(std::unique_ptr<Target> target) {
  if (!lookup(target->getName()))
    registry().push_back(std::move(target));
}

const Target *lookup(StringRef name) {
  for (const std::unique_ptr<Target> &target : registry())
    if (target->getName() == name)
      return target.get();
  return nullptr;
}

std::vector<StringRef> names() {
  std::vector<StringRef> all;
  for (const std::unique_ptr<Target> &target : registry())
    all.push_back(target->getName());
  return all;
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> Target::createDeviceMachine(TargetAttr) const {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), "'" + getName() + "' is no target of a device");
}

void registerDialects(DialectRegistry &dialects) {
  for (const std::unique_ptr<Target> &target : registry())
    target->registerDialects(dialects);
}

void attach(ModuleOp module, TargetAttr attribute) { module->setAttr(attributeName, attribute); }

TargetAttr machineOf(Operation *op) {
  auto module = dyn_cast<ModuleOp>(op);
  if (!module)
    module = op->getParentOfType<ModuleOp>();
  if (auto attribute = module ? module->getAttrOfType<TargetAttr>(attributeName) : TargetAttr())
    return attribute;
  if (registry().empty())
    llvm::report_fatal_error("no target is registered");
  return registry().front()->getLeastMachine(op->getContext());
}

const Target *lookup(StringRef name, Operation *op) {
  const Target *target = lookup(name);
  if (!target)
    op->emitError() << "no target is called \"" << name << "\"; there are " << names();
  return target;
}

const Target *targetOf(TargetAttr attribute, Operation *op) { return lookup(attribute.getKind(), op); }

} // namespace agon::targets
