//===- Object.cpp - LLVM dialect to object file ---------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Object.h"
#include "compiler/codegen/ModelTable.h"
#include "compiler/codegen/Names.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/MD5.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include "llvm/Transforms/IPO/Inliner.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/SROA.h"

using namespace mlir;

namespace agon::codegen {
namespace {

llvm::Error failed(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

} // namespace

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(const targets::Machine &machine,
                                                                         unsigned optLevel) {
  const targets::Target *target = targets::lookup(machine.target.getKind());
  if (!target)
    return failed("no target is called '" + machine.target.getKind() + "'");
  return target->createTargetMachine(machine.target, optLevel);
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

std::unique_ptr<llvm::Module> translatePart(ModuleOp module, llvm::LLVMContext &context,
                                            llvm::TargetMachine &codeGenerator, const targets::Machine &machine,
                                            const llvm::StringSet<> &shared, const DeviceData &device) {
  const targets::Target *target = targets::targetOf(machine.target, module);
  if (!target)
    return nullptr;
  registerBuiltinDialectTranslation(*module->getContext());
  registerLLVMDialectTranslation(*module->getContext());
  SmallVector<LLVM::LLVMFuncOp> functions;
  for (LLVM::LLVMFuncOp function : module.getOps<LLVM::LLVMFuncOp>())
    if (function->hasAttr(functionName))
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
  result->setDataLayout(codeGenerator.createDataLayout());
  result->setTargetTriple(codeGenerator.getTargetTriple());
  if (!machine.suffix.empty())
    shareConstants(*result);
  if (program)
    addModelTable(program, functions, *result, machine, device);
  for (llvm::Function &function : *result) {
    if (shared.contains(function.getName())) {
      function.setLinkage(llvm::GlobalValue::ExternalLinkage);
      function.setVisibility(llvm::GlobalValue::HiddenVisibility);
      if (function.isDeclaration())
        function.setName(function.getName() + machine.suffix);
    } else if (!function.isDeclaration()) {
      // The model's table holds the only outside references.
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
    }
    if (function.isDeclaration())
      continue;
    function.setName(function.getName() + machine.suffix);
    target->describe(function, machine.target);
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
  return result;
}

std::unique_ptr<llvm::Module> translate(ModuleOp module, llvm::LLVMContext &context, llvm::TargetMachine &codeGenerator,
                                        const targets::Machine &machine, unsigned optLevel) {
  if (module.getOps<ProgramOp>().empty()) {
    module.emitError("expected one agon.program");
    return nullptr;
  }
  FailureOr<DeviceData> device = DeviceData::take(module, {machine.target, int(optLevel)});
  if (failed(device))
    return nullptr;
  std::unique_ptr<llvm::Module> result = translatePart(module, context, codeGenerator, machine, {}, *device);
  if (result)
    optimize(*result, codeGenerator, optLevel);
  return result;
}

void optimize(llvm::Module &module, llvm::TargetMachine &codeGenerator, unsigned optLevel) {
  if (optLevel == 0)
    return;
  llvm::PipelineTuningOptions tuning;
  // The kernels are vectorised and unrolled already: what is left is cleaning up.
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  tuning.LoopUnrolling = false;
  llvm::PassBuilder builder(&codeGenerator, tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  // Of LLVM's pipeline, the part for each function, after those that it calls. Passes over modules and over loops once
  // more were a tenth of the compilation of bench/models/stylegan2_32.agon; five models ran as fast without them.
  llvm::OptimizationLevel level = optLevel == 1 ? llvm::OptimizationLevel::O1 : llvm::OptimizationLevel::O2;
  llvm::ModulePassManager passes;
  builder.invokePipelineStartEPCallbacks(passes, level);
  llvm::FunctionPassManager early;
  early.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
  early.addPass(llvm::EarlyCSEPass());
  passes.addPass(llvm::createModuleToFunctionPassAdaptor(std::move(early)));
  passes.addPass(builder.buildInlinerPipeline(level, llvm::ThinOrFullLTOPhase::None));
  passes.addPass(llvm::GlobalDCEPass());
  passes.run(module, modules);
}

llvm::Error emit(llvm::Module &module, llvm::TargetMachine &codeGenerator, bool assembly,
                 llvm::raw_pwrite_stream &out) {
  llvm::legacy::PassManager passes;
  if (codeGenerator.addPassesToEmitFile(
          passes, out, nullptr, assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile))
    return failed("the target cannot emit this kind of file");
  passes.run(module);
  return llvm::Error::success();
}

} // namespace agon::codegen
