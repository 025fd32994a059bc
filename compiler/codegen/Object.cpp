//===- Object.cpp - LLVM dialect to object file ---------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Object.h"
#include "compiler/codegen/ModelTable.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/MD5.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;

namespace agon::codegen {
namespace {

void initializeTarget() {
  [[maybe_unused]] static bool once = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    return true;
  }();
}

llvm::Error failed(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

const llvm::Target *x86Target(std::string &error) {
  initializeTarget();
  return llvm::TargetRegistry::lookupTarget(llvm::Triple("x86_64-unknown-linux-gnu"), error);
}

} // namespace

static llvm::Expected<Processor> resolveProcessor(llvm::StringRef march) {
  initializeTarget();
  Processor processor;
  processor.march = march.str();
  llvm::StringMap<bool> host;
  if (march == "native") {
    processor.cpu = llvm::sys::getHostCPUName().str();
    host = llvm::sys::getHostCPUFeatures();
    for (auto &[name, has] : host)
      processor.features += (processor.features.empty() ? "" : ",") + std::string(has ? "+" : "-") + name.str();
  } else {
    processor.cpu = march.str();
  }
  std::string error;
  const llvm::Target *target = x86Target(error);
  if (!target)
    return failed(error);
  llvm::Triple triple("x86_64-unknown-linux-gnu");
  std::unique_ptr<llvm::MCSubtargetInfo> info(
      target->createMCSubtargetInfo(triple, "x86-64", processor.features));
  if (!info->isCPUStringValid(processor.cpu))
    return failed("unknown processor '" + march +
                  "' for --march; use native, portable, x86-64-v3 (AVX2), x86-64-v4 (AVX-512) or a name such "
                  "as znver4");
  info.reset(target->createMCSubtargetInfo(triple, processor.cpu, processor.features));
  for (const char *needed : {"avx2", "fma"})
    if (!info->checkFeatures(std::string("+") + needed))
      return failed("processor '" + processor.cpu + "' has no " + needed +
                    "; agon makes code for AVX2 with FMA (x86-64-v3) or better");
  processor.required = {"avx2", "fma"};
  bool wide = true;
  for (const char *part : {"avx512f", "avx512vl", "avx512dq", "avx512bw"})
    wide &= info->checkFeatures(std::string("+") + part);
  processor.vectorBits = wide ? 512 : 256;
  if (wide)
    processor.required.insert(processor.required.end(), {"avx512f", "avx512vl", "avx512dq", "avx512bw"});
  // The level as a whole comes last: the words above make the better message.
  if (march.starts_with("x86-64-v"))
    processor.required.push_back(march.str());
  return processor;
}

llvm::Expected<std::vector<Processor>> resolveProcessors(llvm::StringRef march) {
  std::vector<Processor> processors;
  if (march != "portable") {
    llvm::Expected<Processor> processor = resolveProcessor(march);
    if (!processor)
      return processor.takeError();
    processors.push_back(std::move(*processor));
    return processors;
  }
  for (const char *level : {"x86-64-v3", "x86-64-v4"}) {
    llvm::Expected<Processor> processor = resolveProcessor(level);
    if (!processor)
      return processor.takeError();
    processor->suffix = std::string(".") + level;
    if (!processors.empty()) {
      processor->table = "agon_model" + processor->suffix;
      std::vector<std::string> &variants = processors.front().variants;
      variants.insert(variants.begin(), processor->table);
    }
    processors.push_back(std::move(*processor));
  }
  return processors;
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(const Processor &processor,
                                                                         unsigned optLevel) {
  std::string error;
  const llvm::Target *target = x86Target(error);
  if (!target)
    return failed(error);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      llvm::Triple("x86_64-unknown-linux-gnu"), processor.cpu, processor.features, options, llvm::Reloc::PIC_,
      std::nullopt, optLevel == 0 ? llvm::CodeGenOptLevel::None : llvm::CodeGenOptLevel::Default));
  if (!machine)
    return failed("no target machine for '" + processor.cpu + "'");
  return machine;
}

/// Constants that several objects have alike, by what they hold, so that the linker keeps one.
static void shareConstants(llvm::Module &module) {
  for (llvm::GlobalVariable &global : module.globals()) {
    if (!global.hasInternalLinkage() || !global.isConstant() || !global.hasInitializer())
      continue;
    auto *data = dyn_cast<llvm::ConstantDataArray>(global.getInitializer());
    if (!data)
      continue;
    llvm::MD5 digest;
    digest.update(data->getRawDataValues());
    llvm::MD5::MD5Result result = digest.final();
    // Types of equal bytes may share, but not a prefix of another: the length is in the name.
    global.setName("agon.constant." + std::string(result.digest().str()) + "." +
                   std::to_string(data->getRawDataValues().size()));
    global.setLinkage(llvm::GlobalValue::LinkOnceODRLinkage);
    global.setVisibility(llvm::GlobalValue::HiddenVisibility);
    global.setComdat(module.getOrInsertComdat(global.getName()));
  }
}

std::unique_ptr<llvm::Module> translatePart(ModuleOp module, llvm::LLVMContext &context, llvm::TargetMachine &machine,
                                            const Processor &processor, const llvm::StringSet<> &shared) {
  registerBuiltinDialectTranslation(*module->getContext());
  registerLLVMDialectTranslation(*module->getContext());
  SmallVector<LLVM::LLVMFuncOp> functions;
  for (LLVM::LLVMFuncOp function : module.getOps<LLVM::LLVMFuncOp>())
    if (function->hasAttr("agon.kind"))
      functions.push_back(function);
  auto programs = module.getOps<ProgramOp>();
  ProgramOp program = programs.empty() ? ProgramOp() : *programs.begin();
  // The table is data about the code: it is not translated but read.
  Operation *next = nullptr;
  if (program) {
    next = program->getNextNode();
    program->remove();
  }
  std::unique_ptr<llvm::Module> result = translateModuleToLLVMIR(module, context, "agon");
  if (program && next)
    module.getBody()->getOperations().insert(Block::iterator(next), program);
  else if (program)
    module.push_back(program);
  if (!result)
    return nullptr;
  result->setDataLayout(machine.createDataLayout());
  result->setTargetTriple(machine.getTargetTriple());
  if (!processor.suffix.empty())
    shareConstants(*result);
  if (program)
    addModelTable(program, functions, *result, processor);
  for (llvm::Function &function : *result) {
    if (shared.contains(function.getName())) {
      function.setLinkage(llvm::GlobalValue::ExternalLinkage);
      function.setVisibility(llvm::GlobalValue::HiddenVisibility);
      if (function.isDeclaration())
        function.setName(function.getName() + processor.suffix);
    } else if (!function.isDeclaration()) {
      // The model's table holds the only outside references.
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
    }
    if (function.isDeclaration())
      continue;
    function.setName(function.getName() + processor.suffix);
    function.addFnAttr("target-cpu", processor.cpu);
    if (!processor.features.empty())
      function.addFnAttr("target-features", processor.features);
    // Without these, 512-bit vectors are split in two where the processor
    // model prefers 256 bits.
    std::string width = std::to_string(processor.vectorBits);
    function.addFnAttr("prefer-vector-width", width);
    function.addFnAttr("min-legal-vector-width", width);
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
  return result;
}

std::unique_ptr<llvm::Module> translate(ModuleOp module, llvm::LLVMContext &context, llvm::TargetMachine &machine,
                                        const Processor &processor, unsigned optLevel) {
  if (module.getOps<ProgramOp>().empty()) {
    module.emitError("expected one agon.program");
    return nullptr;
  }
  std::unique_ptr<llvm::Module> result = translatePart(module, context, machine, processor, {});
  if (result)
    optimize(*result, machine, optLevel);
  return result;
}

void optimize(llvm::Module &module, llvm::TargetMachine &machine, unsigned optLevel) {
  if (optLevel == 0)
    return;
  llvm::PipelineTuningOptions tuning;
  // The kernels are vectorised and unrolled already: what is left is cleaning up.
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  tuning.LoopUnrolling = false;
  llvm::PassBuilder builder(&machine, tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  llvm::OptimizationLevel level = optLevel == 1 ? llvm::OptimizationLevel::O1 : llvm::OptimizationLevel::O2;
  builder.buildPerModuleDefaultPipeline(level).run(module, modules);
}

llvm::Error emit(llvm::Module &module, llvm::TargetMachine &machine, bool assembly, llvm::raw_pwrite_stream &out) {
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, out, nullptr,
                                  assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile))
    return failed("the target cannot emit this kind of file");
  passes.run(module);
  return llvm::Error::success();
}

} // namespace agon::codegen
