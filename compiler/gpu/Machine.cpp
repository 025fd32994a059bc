//===- Machine.cpp - GPUs by their architecture ---------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/gpu/Machine.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace agon;

namespace {
/// An architecture, with the sizes of its largest product (NVIDIA's tuning guides and data sheets).
struct Architecture {
  StringLiteral name, features; ///< The version of PTX that ptxas takes it from.
  int64_t processors, sharedBytes, cacheBytes;
};
} // namespace

static constexpr Architecture architectures[] = {
    {"sm_80", "+ptx80", 108, 163 << 10, 40 << 20},    {"sm_86", "+ptx80", 84, 99 << 10, 6 << 20},
    {"sm_89", "+ptx80", 128, 99 << 10, 72 << 20},     {"sm_90", "+ptx80", 132, 227 << 10, 50 << 20},
    {"sm_90a", "+ptx80", 132, 227 << 10, 50 << 20},   {"sm_100", "+ptx86", 148, 227 << 10, 126 << 20},
    {"sm_100a", "+ptx86", 148, 227 << 10, 126 << 20}, {"sm_120", "+ptx87", 170, 99 << 10, 96 << 20}};

TargetAttr agon::gpu::describeMachine(StringRef name, MLIRContext *context) {
  const auto *found = llvm::find_if(architectures, [&](const Architecture &each) { return each.name == name; });
  if (found == std::end(architectures))
    return {};
  Builder b(context);
  return TargetAttr::get(context, targetName, found->name, b.getStringAttr(found->features), /*lanes=*/32,
                         /*registers=*/255, b.getDenseI64ArrayAttr({found->sharedBytes, found->cacheBytes}),
                         b.getDenseI64ArrayAttr({1, found->processors}), found->processors,
                         b.getTypeArrayAttr({b.getF32Type(), b.getF64Type()}), b.getArrayAttr({}));
}

static llvm::Error refuse(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

llvm::Expected<std::vector<targets::Machine>> agon::gpu::resolveMachines(StringRef list, MLIRContext *context) {
  SmallVector<StringRef> names;
  (list.empty() ? StringRef(architectures[0].name) : list).split(names, ',');
  std::vector<targets::Machine> machines;
  for (StringRef name : names) {
    if (name.empty())
      return refuse("--target=cuda:" + list + " has a comma without an architecture");
    targets::Machine machine;
    machine.target = describeMachine(name, context);
    if (!machine.target) {
      std::string known;
      for (const Architecture &each : architectures)
        known += (known.empty() ? "" : ", ") + each.name.str();
      return refuse("unknown architecture '" + name + "' for --target=cuda; there are " + known);
    }
    machine.march = name.str();
    machine.suffix = (Twine(".") + targetName + "." + name).str();
    machine.table = "agon_model" + machine.suffix;
    if (llvm::any_of(machines, [&](const targets::Machine &other) { return other.table == machine.table; }))
      return refuse("--target=cuda names " + name + " twice");
    machines.push_back(std::move(machine));
  }
  return machines;
}

TargetAttr agon::gpu::withPrecision(TargetAttr target, StringRef precision) {
  MLIRContext *context = target.getContext();
  SmallVector<Attribute> types;
  for (Attribute type : target.getMultiplyAdds())
    if (!isa<FloatTF32Type, BFloat16Type>(cast<TypeAttr>(type).getValue()))
      types.push_back(type);
  if (precision == "tf32")
    types.push_back(TypeAttr::get(FloatTF32Type::get(context)));
  else if (precision == "bf16")
    types.push_back(TypeAttr::get(BFloat16Type::get(context)));
  else if (precision != "f32")
    return {};
  return TargetAttr::get(context, target.getKind(), target.getProcessor(), target.getFeatures(), target.getLanes(),
                         target.getRegisters(), target.getCaches(), target.getSharers(), target.getWorkers(),
                         ArrayAttr::get(context, types), target.getNeeds());
}

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>> create(StringRef triple, StringRef processor,
                                                                   StringRef features, unsigned optLevel) {
  [[maybe_unused]] static bool once = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    return true;
  }();
  std::string error;
  llvm::Triple parsed(triple);
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(parsed, error);
  if (!target)
    return refuse(error);
  std::unique_ptr<llvm::TargetMachine> machine(
      target->createTargetMachine(parsed, processor, features, llvm::TargetOptions(), llvm::Reloc::PIC_, std::nullopt,
                                  optLevel == 0 ? llvm::CodeGenOptLevel::None : llvm::CodeGenOptLevel::Default));
  if (!machine)
    return refuse("no target machine for '" + processor + "'");
  return machine;
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> agon::gpu::createHostMachine(unsigned optLevel) {
  return create("x86_64-unknown-linux-gnu", "x86-64", "", optLevel);
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> agon::gpu::createDeviceMachine(TargetAttr target) {
  return create("nvptx64-nvidia-cuda", target.getProcessor(), target.getFeatures().getValue(), /*optLevel=*/3);
}
