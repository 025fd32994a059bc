//===- DeviceCode.cpp - The kernels of a device as code -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/DeviceCode.h"
#include "compiler/codegen/Object.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

using namespace mlir;

namespace agon::codegen {
namespace {

llvm::Error failed(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

/// A program of the CUDA toolkit; empty where it is not there.
std::string findTool(llvm::StringRef name, llvm::StringRef variable) {
  if (auto chosen = llvm::sys::Process::GetEnv(variable)) {
    auto found = llvm::sys::findProgramByName(*chosen);
    return found ? *found : *chosen; // what is not there is told when it is run
  }
  if (auto found = llvm::sys::findProgramByName(name))
    return *found;
  if (auto found = llvm::sys::findProgramByName(name, {"/usr/local/cuda/bin"}))
    return *found;
  return {};
}

/// A file that goes when this does.
class Scratch {
public:
  explicit Scratch(llvm::StringRef suffix) { error = llvm::sys::fs::createTemporaryFile("agon-device", suffix, path); }
  ~Scratch() { [[maybe_unused]] std::error_code left = llvm::sys::fs::remove(path); }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;

  llvm::Error write(llvm::StringRef content) {
    if (error)
      return failed("cannot write a temporary file: " + error.message());
    std::error_code code;
    llvm::raw_fd_ostream stream(path, code);
    stream << content;
    stream.close();
    if (code || stream.has_error())
      return failed("cannot write a temporary file: " + (code ? code : stream.error()).message());
    return llvm::Error::success();
  }
  llvm::Expected<std::string> read() const {
    auto content = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
    if (!content)
      return failed("cannot read a temporary file: " + content.getError().message());
    return (*content)->getBuffer().str();
  }
  llvm::StringRef name() const { return path; }

private:
  llvm::SmallString<128> path;
  std::error_code error;
};

/// Runs a tool; its words are in the error.
llvm::Error runTool(llvm::StringRef tool, llvm::ArrayRef<llvm::StringRef> arguments, llvm::StringRef output = "") {
  Scratch log("log");
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), output.empty() ? log.name() : output, log.name()};
  llvm::SmallVector<llvm::StringRef> all{tool};
  all.append(arguments.begin(), arguments.end());
  std::string died;
  if (llvm::sys::ExecuteAndWait(tool, all, std::nullopt, redirects, 0, 0, &died) == 0)
    return llvm::Error::success();
  llvm::Expected<std::string> words = log.read();
  if (!words)
    return words.takeError();
  return failed(tool + " failed" + (died.empty() ? "" : ": " + died) + ":\n" + llvm::StringRef(*words).trim());
}

} // namespace

FailureOr<std::optional<DeviceCode>> DeviceCode::take(ModuleOp program, llvm::LLVMContext &context,
                                                      const targets::Options &options) {
  auto kernels = program.lookupSymbol<gpu::GPUModuleOp>(targets::deviceModule);
  if (!kernels)
    return std::optional<DeviceCode>();
  const targets::Target *target = targets::targetOf(options.target, program);
  if (!target)
    return failure();
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine = target->createDeviceMachine(options.target);
  if (!machine)
    return program.emitError() << llvm::toString(machine.takeError());
  DeviceCode code;
  code.codeGenerator = std::move(*machine);
  registerBuiltinDialectTranslation(*program.getContext());
  registerGPUDialectTranslation(*program.getContext());
  registerLLVMDialectTranslation(*program.getContext());
  registerNVVMDialectTranslation(*program.getContext());
  code.module = translateModuleToLLVMIR(kernels, context, targets::deviceModule);
  kernels.erase();
  if (!code.module)
    return failure();
  code.module->setDataLayout(code.codeGenerator->createDataLayout());
  code.module->setTargetTriple(code.codeGenerator->getTargetTriple());
  optimize(*code.module, *code.codeGenerator, std::max(options.optLevel, 1));
  for (const llvm::Function &function : *code.module)
    if (function.isDeclaration() && !function.isIntrinsic())
      return program.emitError() << "kernels call '" << function.getName() << "', which no device has";
  return std::optional(std::move(code));
}

llvm::Expected<std::string> DeviceCode::assemble() {
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  if (llvm::Error error = emit(*module, *codeGenerator, /*assembly=*/true, stream))
    return error;
  return text.str().str();
}

llvm::Expected<std::optional<std::string>> machineCode(llvm::StringRef assembly, llvm::StringRef architecture) {
  std::string tool = findTool("ptxas", "AGON_PTXAS");
  if (tool.empty())
    return std::nullopt;
  Scratch input("ptx"), output("cubin");
  if (llvm::Error error = input.write(assembly))
    return error;
  std::string name = ("-arch=" + architecture).str();
  if (llvm::Error error = runTool(tool, {name, "-O3", input.name(), "-o", output.name()}))
    return error;
  llvm::Expected<std::string> code = output.read();
  if (!code)
    return code.takeError();
  return std::optional(std::move(*code));
}

llvm::Expected<std::string> disassemble(llvm::StringRef machineCode) {
  std::string tool = findTool("nvdisasm", "AGON_NVDISASM");
  if (tool.empty())
    return failed("there is no nvdisasm, a program of the CUDA toolkit, on PATH; --emit=ptx needs none");
  Scratch input("cubin"), output("sass");
  if (llvm::Error error = input.write(machineCode))
    return error;
  if (llvm::Error error = runTool(tool, {input.name()}, output.name()))
    return error;
  return output.read();
}

} // namespace agon::codegen
