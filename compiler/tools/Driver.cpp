//===- Driver.cpp - From a model file to the asked-for phase --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tools/Driver.h"
#include "compiler/codegen/Object.h"
#include "compiler/pipeline/Register.h"
#include "dialects/agon/Agon.h"
#include "frontend/lower/Lower.h"
#include "frontend/sema/Sema.h"
#include "frontend/syntax/Parser.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"
#include <unistd.h>

using namespace agon::pipeline;

namespace agon::tools {
namespace {

int complain(ExitCode code, const llvm::Twine &message) {
  llvm::errs() << "agonc: error: " << message << "\n";
  return code;
}

/// Where the output goes when -o is absent: standard output for text, a file
/// named after the model for binaries.
std::string defaultOutput(const CommandLine &commandLine) {
  llvm::StringRef stem = llvm::sys::path::stem(commandLine.input);
  if (commandLine.phase == Phase::Exe)
    return stem.str();
  if (commandLine.phase == Phase::Obj)
    return (stem + ".o").str();
  return "-";
}

/// Writes through a temporary name, so that a failure leaves what was there.
int writeOutput(const std::string &path, llvm::function_ref<llvm::Error(llvm::raw_pwrite_stream &)> write) {
  if (path == "-") {
    llvm::SmallVector<char, 0> text;
    llvm::raw_svector_ostream stream(text);
    if (llvm::Error error = write(stream))
      return complain(Internal, llvm::toString(std::move(error)));
    llvm::outs() << stream.str();
    llvm::outs().flush();
    if (llvm::outs().has_error())
      return complain(InputOutput, "cannot write to standard output: " + llvm::outs().error().message());
    return Done;
  }
  std::error_code error;
  llvm::ToolOutputFile file(path + ".tmp", error, llvm::sys::fs::OF_None);
  if (error)
    return complain(InputOutput, "cannot write " + path + ": " + error.message());
  if (llvm::Error failed = write(file.os()))
    return complain(Internal, llvm::toString(std::move(failed)));
  file.os().close();
  if (file.os().has_error()) {
    std::string why = file.os().error().message();
    file.os().clear_error();
    return complain(InputOutput, "cannot write " + path + ": " + why);
  }
  if (std::error_code failed = llvm::sys::fs::rename(path + ".tmp", path))
    return complain(InputOutput, "cannot write " + path + ": " + failed.message());
  file.keep();
  return Done;
}

int writeText(const std::string &path, llvm::function_ref<void(llvm::raw_ostream &)> print) {
  return writeOutput(path, [&](llvm::raw_pwrite_stream &os) {
    print(os);
    return llvm::Error::success();
  });
}

/// Reports errors of the passes at their place in the model file.
void installDiagnostics(mlir::MLIRContext &context) {
  context.printOpOnDiagnostic(false);
  context.getDiagEngine().registerHandler([](mlir::Diagnostic &diagnostic) {
    llvm::errs() << "agonc: "
                 << (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error ? "internal error: " : "note: ");
    if (auto place = diagnostic.getLocation()->findInstanceOf<mlir::FileLineColLoc>())
      llvm::errs() << place.getFilename().getValue() << ":" << place.getLine() << ":" << place.getColumn() << ": ";
    llvm::errs() << diagnostic << "\n";
    return mlir::success();
  });
}

std::string configuration(const CommandLine &commandLine, const sema::Model &model) {
  llvm::json::Object constants;
  for (const auto &[name, value] : model.constants)
    constants[name] = value;
  llvm::json::Object config{{"constants", std::move(constants)},
                            {"float", commandLine.doublePrecision ? "f64" : "f32"},
                            {"march", commandLine.march},
                            {"opt_level", int64_t(commandLine.options.optLevel)}};
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(std::move(config));
  return text;
}

std::string runtimeArchive(const CommandLine &commandLine) {
  if (!commandLine.runtimeArchive.empty())
    return commandLine.runtimeArchive;
  llvm::SmallString<256> path(llvm::sys::path::parent_path(commandLine.program));
  llvm::sys::path::append(path, "..", "lib", "libagonrt.a");
  return path.str().str();
}

/// From the LLVM dialect on: IR, assembly, object, binary.
int generateCode(const CommandLine &commandLine, mlir::ModuleOp module, const codegen::Processor &processor,
                 const std::string &output) {
  auto machine = codegen::createTargetMachine(processor, commandLine.options.optLevel);
  if (!machine)
    return complain(Internal, llvm::toString(machine.takeError()));
  llvm::LLVMContext llvmContext;
  auto code = codegen::translate(module, llvmContext, **machine, processor, commandLine.options.optLevel);
  if (!code)
    return complain(Internal, "the program could not be translated to LLVM IR");
  if (commandLine.phase == Phase::Llvm)
    return writeText(output, [&](llvm::raw_ostream &os) { code->print(os, nullptr); });
  if (commandLine.phase != Phase::Exe)
    return writeOutput(output, [&](llvm::raw_pwrite_stream &os) {
      return codegen::emit(*code, **machine, commandLine.phase == Phase::Asm, os);
    });

  llvm::SmallString<128> object;
  if (std::error_code error = llvm::sys::fs::createTemporaryFile("agon", "o", object))
    return complain(InputOutput, "cannot write a temporary file: " + error.message());
  int status = writeOutput(object.str().str(), [&](llvm::raw_pwrite_stream &os) {
    return codegen::emit(*code, **machine, /*assembly=*/false, os);
  });
  if (status == Done)
    if (llvm::Error error = codegen::link(object, runtimeArchive(commandLine), output))
      status = complain(InputOutput, llvm::toString(std::move(error)));
  llvm::sys::fs::remove(object);
  return status;
}

} // namespace

int compile(const CommandLine &commandLine) {
  auto text = llvm::MemoryBuffer::getFile(commandLine.input, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!text)
    return complain(NotFound, "cannot read " + commandLine.input + ": " + text.getError().message());
  std::string output = commandLine.output.empty() ? defaultOutput(commandLine) : commandLine.output;
  if (llvm::sys::fs::equivalent(output, commandLine.input))
    return complain(Usage, "the output " + output + " is the model file itself");

  if (commandLine.report && commandLine.reportFile.empty() && output == "-")
    return complain(Usage, "the report and the program cannot both go to standard output; use --report=FILE "
                           "or -o FILE");
  if (!commandLine.reportFile.empty() && (llvm::sys::fs::equivalent(commandLine.reportFile, commandLine.input) ||
                                          llvm::sys::fs::equivalent(commandLine.reportFile, output) ||
                                          commandLine.reportFile == output))
    return complain(Usage, "the report " + commandLine.reportFile + " would replace the model file or the output");

  syntax::SourceManager sources;
  syntax::Diagnostics diagnostics;
  const syntax::SourceFile &file = sources.add(commandLine.input, (*text)->getBuffer().str());
  syntax::Module tree = syntax::parse(file, diagnostics);
  bool color = ::isatty(2) && !llvm::sys::Process::GetEnv("NO_COLOR");
  if (commandLine.phase == Phase::Ast && !commandLine.checkOnly && !diagnostics.hasErrors())
    return writeText(output, [&](llvm::raw_ostream &os) { os << syntax::printTree(tree); });

  sema::Options options;
  options.defines = commandLine.defines;
  options.readFile = [](const std::string &path) -> std::optional<std::string> {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    return buffer ? std::optional((*buffer)->getBuffer().str()) : std::nullopt;
  };
  std::unique_ptr<sema::Model> model;
  if (!diagnostics.hasErrors())
    model = sema::analyze(tree, sources, options, diagnostics);
  llvm::errs() << diagnostics.render(color);
  if (diagnostics.hasErrors())
    return BadInput;
  if (commandLine.checkOnly)
    return Done;
  if (!model->game)
    return complain(BadInput, commandLine.input + " has no game; --check checks a library file");

  auto processor = codegen::resolveProcessor(commandLine.march);
  if (!processor)
    return complain(Usage, llvm::toString(processor.takeError()));
  mlir::DialectRegistry registry;
  registerAll(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  installDiagnostics(context);
  LowerOptions lowering;
  lowering.f64 = commandLine.doublePrecision;
  lowering.sourceName = llvm::sys::path::filename(commandLine.input).str();
  lowering.configJson = configuration(commandLine, *model);
  mlir::OwningOpRef<mlir::ModuleOp> module = lower(*model, context, lowering);
  if (!module)
    return complain(Internal, "the model could not be lowered");

  PhaseOptions phaseOptions = commandLine.options;
  phaseOptions.vectorBits = processor->vectorBits;
  Report report;
  if (commandLine.report)
    phaseOptions.report = &report;
  if (failed(runPhases(*module, std::min(commandLine.phase, Phase::Llvm), phaseOptions)))
    return complain(Internal, "compilation failed; this is a defect of agonc, not of the model");
  if (commandLine.report)
    if (int status = writeText(commandLine.reportFile.empty() ? "-" : commandLine.reportFile,
                               [&](llvm::raw_ostream &os) { report.print(os); }))
      return status;
  if (commandLine.phase < Phase::Llvm)
    return writeText(output, [&](llvm::raw_ostream &os) {
      module->print(os, mlir::OpPrintingFlags());
      os << "\n";
    });
  return generateCode(commandLine, *module, *processor, output);
}

} // namespace agon::tools
