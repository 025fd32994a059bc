//===- Machine.cpp - x86 processors ---------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/Machine.h"
#include "compiler/cpu/Bf16.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/Threading.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include <unistd.h>

using namespace mlir;
using namespace agon;
using namespace agon::cpu;

static constexpr llvm::StringLiteral triple = "x86_64-unknown-linux-gnu";
static constexpr llvm::StringLiteral narrow[] = {"avx2", "fma"};
static constexpr llvm::StringLiteral wide[] = {"avx512f", "avx512vl", "avx512dq", "avx512bw"};

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// What plans go by for a processor of which nothing more is known.
static Caches portableCaches() { return {{32 << 10, 1 << 20, 16 << 20}, {1, 1, 8}}; }

/// How many processors a list such as "0-3,8" names; 0 if it is none.
static int64_t countList(StringRef list) {
  int64_t count = 0;
  SmallVector<StringRef> parts;
  list.trim().split(parts, ',');
  for (StringRef part : parts) {
    auto [first, last] = part.split('-');
    int64_t from, to;
    if (first.getAsInteger(10, from) || (last.empty() ? (to = from, false) : last.getAsInteger(10, to)) || to < from)
      return 0;
    count += to - from + 1;
  }
  return count;
}

/// The bytes that a size such as "48K" or "1M" names; 0 if it is none.
static int64_t readSize(StringRef text) {
  text = text.trim();
  unsigned shift = text.consume_back("K") ? 10 : text.consume_back("M") ? 20 : 0;
  int64_t number;
  return text.getAsInteger(10, number) || number <= 0 ? 0 : number << shift;
}

Caches agon::cpu::detectCaches(StringRef folder) {
  Caches caches = portableCaches();
  // Some virtual machines tell sizes by the instruction cpuid alone, which the C library asks.
  static constexpr int sizes[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
  for (auto [level, name] : llvm::enumerate(sizes))
    if (int64_t bytes = ::sysconf(name); bytes > 0)
      caches.bytes[level] = bytes;
  for (unsigned index = 0;; ++index) {
    auto read = [&](StringRef name) {
      auto file = llvm::MemoryBuffer::getFileAsStream(folder + "/index" + Twine(index) + "/" + name);
      return file ? (*file)->getBuffer().trim().str() : std::string();
    };
    unsigned level;
    if (StringRef(read("level")).getAsInteger(10, level))
      return caches;
    if (level < 1 || level > caches.bytes.size() || read("type") == "Instruction")
      continue;
    if (int64_t bytes = readSize(read("size")))
      caches.bytes[level - 1] = bytes;
    if (int64_t count = countList(read("shared_cpu_list")))
      caches.sharers[level - 1] = count;
  }
}

//===----------------------------------------------------------------------===//
// Descriptors
//===----------------------------------------------------------------------===//

static TargetAttr describe(MLIRContext *context, StringRef processor, StringRef features, bool isWide,
                           ArrayRef<StringRef> needs, const Caches &caches, int64_t workers) {
  Builder b(context);
  SmallVector<Attribute> multiplyAdds{TypeAttr::get(b.getF32Type()), TypeAttr::get(b.getF64Type())};
  return TargetAttr::get(context, targetName, processor, features.empty() ? StringAttr() : b.getStringAttr(features),
                         isWide ? 16 : 8, isWide ? 32 : 16, b.getDenseI64ArrayAttr(caches.bytes),
                         b.getDenseI64ArrayAttr(caches.sharers), workers, b.getArrayAttr(multiplyAdds),
                         b.getStrArrayAttr(needs));
}

static SmallVector<StringRef> needsOf(bool isWide) {
  SmallVector<StringRef> needs(std::begin(narrow), std::end(narrow));
  if (isWide)
    needs.append(std::begin(wide), std::end(wide));
  return needs;
}

TargetAttr agon::cpu::portableMachine(MLIRContext *context, unsigned level) {
  SmallVector<StringRef> needs = needsOf(level == 4);
  StringRef name = level == 4 ? "x86-64-v4" : "x86-64-v3";
  needs.push_back(name);
  return ::describe(context, name, "", level == 4, needs, portableCaches(), 16);
}

//===----------------------------------------------------------------------===//
// --march
//===----------------------------------------------------------------------===//

static llvm::Error refuse(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

static const llvm::Target *x86Target(std::string &error) {
  [[maybe_unused]] static bool once = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    return true;
  }();
  return llvm::TargetRegistry::lookupTarget(llvm::Triple(triple), error);
}

static llvm::Expected<targets::Machine> resolve(StringRef march, MLIRContext *context) {
  std::string error;
  const llvm::Target *target = x86Target(error);
  if (!target)
    return refuse(error);
  bool native = march == targets::nativeMarch;
  std::string processor = march.str(), features;
  if (native) {
    processor = llvm::sys::getHostCPUName().str();
    for (const auto &[name, has] : llvm::sys::getHostCPUFeatures())
      features += (features.empty() ? "" : ",") + std::string(has ? "+" : "-") + name.str();
  }
  std::unique_ptr<llvm::MCSubtargetInfo> info(target->createMCSubtargetInfo(llvm::Triple(triple), "x86-64", features));
  if (!info->isCPUStringValid(processor))
    return refuse("unknown processor '" + march +
                  "' for --march; use native, portable, x86-64-v3 (AVX2), x86-64-v4 (AVX-512) or a name such "
                  "as znver4");
  info.reset(target->createMCSubtargetInfo(llvm::Triple(triple), processor, features));
  auto has = [&](StringRef feature) { return info->checkFeatures(("+" + feature).str()); };
  for (StringRef needed : narrow)
    if (!has(needed))
      return refuse("processor '" + processor + "' has no " + needed +
                    "; agon makes code for AVX2 with FMA (x86-64-v3) or better");
  bool isWide = llvm::all_of(wide, has);
  SmallVector<StringRef> needs = needsOf(isWide);
  // The level as a whole comes last: the words above make the better message.
  if (march.starts_with("x86-64-v"))
    needs.push_back(march);
  targets::Machine machine;
  machine.march = march.str();
  machine.target = ::describe(context, processor, features, isWide, needs, native ? detectCaches() : portableCaches(),
                              native ? int64_t(llvm::hardware_concurrency().compute_thread_count()) : 16);
  return machine;
}

llvm::Expected<std::vector<targets::Machine>> agon::cpu::resolveMachines(StringRef march, MLIRContext *context) {
  std::vector<targets::Machine> machines;
  if (march != "portable") {
    llvm::Expected<targets::Machine> machine = resolve(march, context);
    if (!machine)
      return machine.takeError();
    machines.push_back(std::move(*machine));
    return machines;
  }
  for (const char *level : {"x86-64-v3", "x86-64-v4"}) {
    llvm::Expected<targets::Machine> machine = resolve(level, context);
    if (!machine)
      return machine.takeError();
    machine->suffix = std::string(".") + level;
    if (!machines.empty()) {
      machine->table = "agon_model" + machine->suffix;
      std::vector<std::string> &variants = machines.front().variants;
      variants.insert(variants.begin(), machine->table);
    }
    machines.push_back(std::move(*machine));
  }
  return machines;
}

//===----------------------------------------------------------------------===//
// --precision
//===----------------------------------------------------------------------===//

/// Whether the processor of `target` has `feature`.
static bool hasFeature(TargetAttr target, StringRef feature) {
  std::string error;
  const llvm::Target *x86 = x86Target(error);
  StringRef features = target.getFeatures() ? target.getFeatures().getValue() : "";
  std::unique_ptr<llvm::MCSubtargetInfo> info(
      x86 ? x86->createMCSubtargetInfo(llvm::Triple(triple), target.getProcessor(), features) : nullptr);
  return info && info->checkFeatures(("+" + feature).str());
}

TargetAttr agon::cpu::withPrecision(TargetAttr target, StringRef precision) {
  if (precision != "f32" && precision != "bf16")
    return {};
  bool isBf16 = precision == "bf16";
  Builder b(target.getContext());
  auto type = TypeAttr::get(b.getBF16Type());
  StringAttr need = b.getStringAttr(bf16Feature);
  SmallVector<Attribute> types(target.getMultiplyAdds().getAsRange<Attribute>()),
      needs(target.getNeeds().getAsRange<Attribute>());
  llvm::erase(types, type);
  llvm::erase(needs, need);
  if (isBf16)
    types.push_back(type);
  if (isBf16 && target.getLanes() == 16 && hasFeature(target, bf16Feature))
    needs.push_back(need);
  return TargetAttr::get(target.getContext(), target.getKind(), target.getProcessor(), target.getFeatures(),
                         target.getLanes(), target.getRegisters(), target.getCaches(), target.getSharers(),
                         target.getWorkers(), b.getArrayAttr(types), b.getArrayAttr(needs));
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> agon::cpu::createTargetMachine(TargetAttr target,
                                                                                    unsigned optLevel) {
  std::string error;
  const llvm::Target *x86 = x86Target(error);
  if (!x86)
    return refuse(error);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  StringRef features = target.getFeatures() ? target.getFeatures().getValue() : "";
  std::unique_ptr<llvm::TargetMachine> machine(x86->createTargetMachine(
      llvm::Triple(triple), target.getProcessor(), features, options, llvm::Reloc::PIC_, std::nullopt,
      optLevel == 0 ? llvm::CodeGenOptLevel::None : llvm::CodeGenOptLevel::Default));
  if (!machine)
    return refuse("no target machine for '" + target.getProcessor() + "'");
  return machine;
}
