//===- Emulate.cpp - Modules for NVPTX to libraries -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/gpu/emulate/Emulate.h"
#include "test/gpu/emulate/Steps.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/Transforms/Scalar/ScalarizeMaskedMemIntrin.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

Error agon::emulate::failed(const Twine &message) { return createStringError(inconvertibleErrorCode(), message); }

namespace agon::emulate {
namespace {

Error refuseInlineAssembly(Module &module) {
  for (Function &function : module)
    for (Instruction &instruction : instructions(function))
      if (auto *call = dyn_cast<CallBase>(&instruction))
        if (auto *assembly = dyn_cast<InlineAsm>(call->getCalledOperand()))
          return failed("'" + function.getName() +
                        "' has inline PTX, which the emulator cannot run: " + assembly->getAsmString());
  if (!module.getModuleInlineAsm().empty())
    return failed("the module has inline PTX, which the emulator cannot run: " + module.getModuleInlineAsm());
  return Error::success();
}

/// Functions that this machine has in its library and NVPTX has not, or only approximately.
Error refuseMath(Module &module) {
  for (Function &function : module)
    for (Instruction &instruction : instructions(function)) {
      auto *call = dyn_cast<IntrinsicInst>(&instruction);
      if (!call)
        continue;
      switch (call->getIntrinsicID()) {
      case Intrinsic::exp2:
      case Intrinsic::sin:
      case Intrinsic::cos:
      case Intrinsic::tanh:
        if (call->hasApproxFunc())
          break;
        return failed("'" + function.getName() + "' calls '" + call->getCalledFunction()->getName() +
                      "', which a device has only approximately, without afn");
      case Intrinsic::exp:
      case Intrinsic::exp10:
      case Intrinsic::log:
      case Intrinsic::log2:
      case Intrinsic::log10:
      case Intrinsic::pow:
      case Intrinsic::tan:
      case Intrinsic::asin:
      case Intrinsic::acos:
      case Intrinsic::atan:
      case Intrinsic::atan2:
      case Intrinsic::sinh:
      case Intrinsic::cosh:
        return failed("'" + function.getName() + "' calls '" + call->getCalledFunction()->getName() +
                      "', which no device has");
      default:
        break;
      }
    }
  return Error::success();
}

/// What is declared and not defined, and nothing of the emulator's or of LLVM's.
Error refuseUndefined(Module &module) {
  for (Function &function : module) {
    if (!function.isDeclaration() || function.use_empty() || function.getName().starts_with("agon_emu_"))
      continue;
    if (!function.isIntrinsic())
      return failed("the module calls '" + function.getName() + "', which it does not define, and no device has");
    if (function.getName().starts_with("llvm.nvvm."))
      return failed("the emulator does not know '" + function.getName() + "'");
  }
  for (GlobalVariable &global : module.globals())
    if (global.isDeclaration() && !global.use_empty() && global.getAddressSpace() != 3)
      return failed("the module has no definition of '" + global.getName() + "'");
  return Error::success();
}

std::vector<Function *> becomeHostFunctions(Module &module) {
  std::vector<Function *> kernels;
  for (Function &function : module) {
    if (function.getCallingConv() == CallingConv::PTX_Kernel && !function.isDeclaration())
      kernels.push_back(&function);
    for (User *user : function.users())
      if (auto *call = dyn_cast<CallBase>(user))
        call->setCallingConv(CallingConv::C);
    function.setCallingConv(CallingConv::C);
    function.removeFnAttr("target-cpu");
    function.removeFnAttr("target-features");
    if (!function.isDeclaration())
      function.setLinkage(GlobalValue::InternalLinkage);
  }
  for (const char *name : {"llvm.used", "llvm.compiler.used"})
    if (GlobalVariable *used = module.getGlobalVariable(name, true))
      used->eraseFromParent();
  return kernels;
}

/// As NVPTX does: masked accesses become branches, so that each lane's is checked.
void scalarizeMasked(Module &module) {
  FunctionAnalysisManager analyses;
  PassBuilder builder;
  builder.registerFunctionAnalyses(analyses);
  ModuleAnalysisManager moduleAnalyses;
  analyses.registerPass([&] { return ModuleAnalysisManagerFunctionProxy(moduleAnalyses); });
  ScalarizeMaskedMemIntrinPass pass;
  for (Function &function : module)
    if (!function.isDeclaration())
      pass.run(function, analyses);
}

Expected<std::unique_ptr<TargetMachine>> hostMachine() {
  InitializeNativeTarget();
  InitializeNativeTargetAsmPrinter();
  Triple triple(sys::getProcessTriple());
  std::string error;
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return failed(error);
  // Its bf16 instructions flush small numbers to zero.
  std::string features = "-avx512bf16,-avxneconvert";
  std::unique_ptr<TargetMachine> machine(target->createTargetMachine(triple, sys::getHostCPUName(), features, {},
                                                                     Reloc::PIC_, std::nullopt, CodeGenOptLevel::Less));
  if (!machine)
    return failed("no target machine for " + triple.str());
  return machine;
}

Error optimize(Module &module, TargetMachine &machine) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager graphs;
  ModuleAnalysisManager modules;
  PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graphs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graphs, modules);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O1).run(module, modules);
  return Error::success();
}

Error writeObject(Module &module, TargetMachine &machine, StringRef path) {
  std::error_code code;
  raw_fd_ostream file(path, code);
  if (code)
    return failed("cannot write " + path + ": " + code.message());
  legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, file, nullptr, CodeGenFileType::ObjectFile))
    return failed("no object files for this machine");
  passes.run(module);
  return Error::success();
}

Error link(StringRef object, StringRef output) {
  std::string compiler = sys::Process::GetEnv("AGON_CXX").value_or("");
  ErrorOr<std::string> program = std::make_error_code(std::errc::no_such_file_or_directory);
  for (StringRef name : {StringRef(compiler), StringRef("c++"), StringRef("g++"), StringRef("clang++")})
    if (!program && !name.empty())
      program = sys::findProgramByName(name);
  if (!program)
    return failed("no C++ compiler to link with: install g++, or set AGON_CXX");
  StringRef emulator = AGON_EMULATOR_LIBRARY;
  std::string path = ("-Wl,-rpath," + emulator.rsplit('/').first).str();
  std::string message;
  if (sys::ExecuteAndWait(*program, {*program, "-shared", object, "-o", output, emulator, path, "-lm", "-Wl,-z,defs"},
                          std::nullopt, {}, 0, 0, &message) != 0)
    return failed("cannot link " + output + (message.empty() ? "" : ": " + message));
  return Error::success();
}

} // namespace

Error translate(Module &module, const Options &options) {
  if (!module.getTargetTriple().isNVPTX())
    return failed("the module is for '" + module.getTargetTriple().str() + "', not for nvptx64-nvidia-cuda");
  if (module.getDataLayout().getPointerSizeInBits(3) != 64)
    return failed("the module has 32-bit pointers to shared memory, which the emulator has not");
  if (Error error = refuseInlineAssembly(module))
    return error;
  if (Error error = refuseMath(module))
    return error;
  std::vector<Function *> kernels = becomeHostFunctions(module);
  if (kernels.empty())
    return failed("the module has no kernel: no function with the calling convention ptx_kernel");
  scalarizeMasked(module);
  Places places = findPlaces(module);
  Expected<SharedLayout> shared = placeShared(module);
  if (!shared)
    return shared.takeError();
  addChecks(module, places, options.checked);
  if (Error error = lowerIntrinsics(module, places, options.checked))
    return error;
  if (Error error = refuseUndefined(module))
    return error;
  lowerBrainFloats(module);
  addTable(module, kernels, *shared);
  std::string problem;
  raw_string_ostream stream(problem);
  if (verifyModule(module, &stream))
    return failed("the translated module is not valid: " + problem);
  return Error::success();
}

Error makeLibrary(const Module &original, const Options &options, StringRef output) {
  std::unique_ptr<Module> module = CloneModule(original);
  if (Error error = translate(*module, options))
    return error;
  Expected<std::unique_ptr<TargetMachine>> machine = hostMachine();
  if (!machine)
    return machine.takeError();
  module->setTargetTriple((*machine)->getTargetTriple());
  module->setDataLayout((*machine)->createDataLayout());
  if (Error error = optimize(*module, **machine))
    return error;
  SmallString<128> object;
  if (std::error_code code = sys::fs::createTemporaryFile("agon-emulated", "o", object))
    return failed("no temporary file: " + code.message());
  FileRemover remover(object);
  if (Error error = writeObject(*module, **machine, object))
    return error;
  return link(object, output);
}

} // namespace agon::emulate
