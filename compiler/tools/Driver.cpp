//===- Driver.cpp - From a model file to the asked-for phase --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tools/Driver.h"
#include "compiler/codegen/DeviceCode.h"
#include "compiler/codegen/Parts.h"
#include "compiler/codegen/Passes.h"
#include "compiler/pipeline/Register.h"
#include "compiler/target/Target.h"
#include "compiler/tools/ExportOutput.h"
#include "compiler/tools/Files.h"
#include "dialects/agon/Agon.h"
#include "frontend/lower/Lower.h"
#include "frontend/sema/Describe.h"
#include "frontend/sema/Sema.h"
#include "frontend/syntax/Parser.h"
#include "mlir/IR/MLIRContext.h"
#include "support/AtomicFile.h"
#include "support/Shown.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MD5.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/SourceMgr.h"
#include <unistd.h>

using namespace agon::pipeline;

namespace agon::tools {
namespace {

/// Where the output goes when -o is absent: standard output for text, a file
/// named after the model for binaries.
std::string defaultOutput(const CommandLine &commandLine) {
  llvm::StringRef stem = llvm::sys::path::stem(commandLine.input);
  if (commandLine.exported == Export::Onnx)
    return commandLine.network + ".onnx";
  if (commandLine.exported == Export::Library)
    return "lib" + (commandLine.network.empty() ? stem.str() : commandLine.network) + ".so";
  if (commandLine.phase == Phase::Exe)
    return stem.str();
  if (commandLine.phase == Phase::Obj)
    return (stem + ".o").str();
  return "-";
}

int writeText(const std::string &path, llvm::function_ref<void(llvm::raw_ostream &)> print) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  print(stream);
  return writeFile(path, text);
}

/// Reports errors of the passes at their place in the model file; `userError` becomes true where the
/// model, or what was asked for, is at fault.
void installDiagnostics(mlir::MLIRContext &context, bool &userError) {
  context.printOpOnDiagnostic(false);
  context.getDiagEngine().registerHandler([&userError](mlir::Diagnostic &diagnostic) {
    bool isError = diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error;
    bool isUsers = llvm::any_of(diagnostic.getMetadata(), [](mlir::DiagnosticArgument &argument) {
      return argument.getKind() == mlir::DiagnosticArgument::DiagnosticArgumentKind::String &&
             argument.getAsString() == codegen::userErrorMark;
    });
    userError |= isUsers;
    llvm::errs() << "agonc: " << (!isError ? "note: " : isUsers ? "error: " : "internal error: ");
    if (auto place = diagnostic.getLocation()->findInstanceOf<mlir::FileLineColLoc>())
      llvm::errs() << place.getFilename().getValue() << ":" << place.getLine() << ":" << place.getColumn() << ": ";
    llvm::errs() << diagnostic << "\n";
    return mlir::success();
  });
}

std::string digest(llvm::StringRef text) {
  return llvm::MD5::hash(llvm::arrayRefFromStringRef(text)).digest().substr(0, 16).str();
}

/// Constants and options in force; and what the model consists of, part by part, so that a run can tell
/// in what a program differs from the one that began it.
std::string configuration(const CommandLine &commandLine, const sema::Model &model) {
  llvm::json::Object constants;
  for (const auto &[name, value] : model.constants)
    constants[name] = value;
  std::vector<sema::Part> parts = sema::describe(model);
  std::string numbers = commandLine.doublePrecision ? "f64" : "f32";
  std::string level = "-O" + std::to_string(commandLine.options.optLevel);
  parts.push_back({"numbers", numbers, numbers, numbers, {}, {}});
  parts.push_back({"optimisation", level, {}, level, {}, {}});
  std::string everything;
  llvm::json::Array list;
  for (const sema::Part &part : parts) {
    llvm::json::Object entry{{"what", part.what}, {"text", llvm::json::fixUTF8(part.text)}};
    for (auto [key, content] : {std::pair("meaning", &part.meaning), std::pair("training", &part.training)})
      if (!content->empty()) {
        entry[key] = digest(*content);
        everything += part.what + digest(*content);
      }
    if (!part.network.empty()) {
      entry["network"] = part.network;
      entry["uses"] = llvm::json::Array(part.uses);
    }
    list.push_back(std::move(entry));
  }
  llvm::json::Object config{{"constants", std::move(constants)}, {"float", numbers},
                            {"march", commandLine.march},        {"opt_level", int64_t(commandLine.options.optLevel)},
                            {"model", digest(everything)},       {"parts", std::move(list)}};
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(std::move(config));
  return text;
}

/// Warns of a model that this machine could not play.
void judgeMemory(mlir::ModuleOp module) {
  int64_t machine = int64_t(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGE_SIZE);
  for (auto program : module.getOps<ProgramOp>())
    if (std::optional<uint64_t> bytes = program.getArenaBytes())
      if (machine > 0 && int64_t(*bytes) > machine)
        llvm::errs() << "agonc: warning: the model needs " << bytesText(int64_t(*bytes))
                     << " of memory; this machine has " << bytesText(machine) << "\n";
}

/// Whether diagnostics go to a terminal that shows colours and a user who wants them.
bool wantsColor() {
  std::optional<std::string> terminal = llvm::sys::Process::GetEnv("TERM");
  return ::isatty(STDERR_FILENO) && terminal && !terminal->empty() && *terminal != "dumb" &&
         llvm::sys::Process::GetEnv("NO_COLOR").value_or("").empty();
}

/// From the LLVM dialect on, the kernels of a device: IR, assembly, machine code as text.
int writeDeviceCode(const CommandLine &commandLine, mlir::ModuleOp module, const targets::Machine &machine,
                    const std::string &output) {
  llvm::LLVMContext llvmContext;
  auto code = codegen::DeviceCode::take(module, llvmContext, {machine.target, int(commandLine.options.optLevel)});
  if (failed(code) || !*code)
    return complain(Internal, "the kernels could not be translated to LLVM IR");
  if (commandLine.phase == Phase::Gpu)
    return writeText(output, [&](llvm::raw_ostream &os) { (*code)->module->print(os, nullptr); });
  llvm::Expected<std::string> assembly = (*code)->assemble();
  if (!assembly)
    return complain(Internal, llvm::toString(assembly.takeError()));
  if (commandLine.phase == Phase::Ptx)
    return writeFile(output, *assembly);
  auto machineCode = codegen::machineCode(*assembly, machine.target.getProcessor());
  if (!machineCode)
    return complain(Internal, llvm::toString(machineCode.takeError()));
  if (!*machineCode)
    return complain(NotFound, "there is no ptxas, a program of the CUDA toolkit, on PATH; --emit=ptx needs none");
  llvm::Expected<std::string> text = codegen::disassemble(**machineCode);
  if (!text)
    return complain(NotFound, llvm::toString(text.takeError()));
  return writeFile(output, *text);
}

/// From the LLVM dialect on, one program: IR, assembly, object.
int generateCode(const CommandLine &commandLine, mlir::ModuleOp module, const targets::Machine &machine,
                 const std::string &output) {
  if (commandLine.phase >= Phase::Gpu && commandLine.phase <= Phase::Sass)
    return writeDeviceCode(commandLine, module, machine, output);
  auto codeGenerator = codegen::createTargetMachine(machine, commandLine.options.optLevel);
  if (!codeGenerator)
    return complain(Internal, llvm::toString(codeGenerator.takeError()));
  llvm::LLVMContext llvmContext;
  auto code = codegen::translate(module, llvmContext, **codeGenerator, machine, commandLine.options.optLevel);
  if (!code)
    return complain(Internal, "the program could not be translated to LLVM IR");
  if (commandLine.phase == Phase::Llvm)
    return writeText(output, [&](llvm::raw_ostream &os) { code->print(os, nullptr); });
  llvm::SmallVector<char, 0> content;
  llvm::raw_svector_ostream stream(content);
  if (llvm::Error error = codegen::emit(*code, **codeGenerator, commandLine.phase == Phase::Asm, stream))
    return complain(Internal, llvm::toString(std::move(error)));
  return writeFile(output, stream.str());
}

/// Links the objects into what is asked for, and writes it.
int linkObjects(const CommandLine &commandLine, llvm::ArrayRef<llvm::SmallVector<char, 0>> objects,
                const exports::Library &library, const std::string &output) {
  ScratchFiles scratch;
  for (const llvm::SmallVector<char, 0> &object : objects)
    if (int status = scratch.write("o", {object.data(), object.size()}))
      return status;
  if (commandLine.exported == Export::Library)
    return writeLibrary(commandLine, scratch, library, output);
  ScratchFiles linked;
  if (int status = linked.write("exe", {}))
    return status;
  const std::string &program = linked.paths().back();
  if (llvm::Error error = codegen::link(scratch.paths(), runtimeArchive(commandLine), program))
    return complain(InputOutput, llvm::toString(std::move(error)));
  return copyOutput(program, output, /*executable=*/true);
}

/// A fused program, the machines that it is compiled for, and what is told of the first of them.
struct Fused {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  llvm::ArrayRef<targets::Machine> machines;
  pipeline::Report report;
};

/// From fused programs on: to the asked-for phase for every machine.
int compileFor(const CommandLine &commandLine, llvm::MutableArrayRef<Fused> programs, PhaseOptions options,
               const exports::Library &library, const std::string &output, const bool &userError) {
  auto lowerFor = [&](mlir::ModuleOp module, const targets::Machine &machine, Report *report) {
    targets::attach(module, machine.target);
    options.report = report;
    if (succeeded(runPhases(module, Phase::Fused, std::min(commandLine.phase, Phase::Llvm), options)))
      return int(Done);
    return failedPhases(userError);
  };
  auto reportOf = [&](Fused &program) { return commandLine.report ? &program.report : nullptr; };
  auto writeReport = [&]() -> int {
    if (!commandLine.report)
      return Done;
    return writeText(commandLine.reportFile.empty() ? "-" : commandLine.reportFile, [&](llvm::raw_ostream &os) {
      llvm::interleave(programs, os, [&](const Fused &program) { program.report.print(os); }, "\n");
    });
  };
  const targets::Machine &first = programs.front().machines.front();
  if (commandLine.phase != Phase::Exe) {
    mlir::ModuleOp module = *programs.front().module;
    if (int status = lowerFor(module, first, reportOf(programs.front())))
      return status;
    judgeMemory(module);
    if (int status = writeReport())
      return status;
    if (commandLine.phase < Phase::Llvm)
      return writeText(output, [&](llvm::raw_ostream &os) {
        module.print(os, mlir::OpPrintingFlags());
        os << "\n";
      });
    return generateCode(commandLine, module, first, output);
  }
  codegen::ObjectFactory factory(commandLine.options.optLevel);
  for (Fused &program : programs)
    for (const targets::Machine &machine : program.machines) {
      bool last = &machine == &program.machines.back();
      mlir::OwningOpRef<mlir::ModuleOp> module = last ? std::move(program.module) : program.module->clone();
      if (int status = lowerFor(*module, machine, &machine == program.machines.begin() ? reportOf(program) : nullptr))
        return status;
      if (&machine == &first)
        judgeMemory(*module);
      if (!factory.add(*module, machine))
        return complain(Internal, "the program could not be translated to LLVM IR");
    }
  if (int status = writeReport())
    return status;
  auto objects = factory.finish();
  if (!objects)
    return complain(Internal, llvm::toString(objects.takeError()));
  return linkObjects(commandLine, *objects, library, output);
}

/// Refuses to write over a file that the model was read from.
int protectSource(const CommandLine &commandLine, const std::string &output, const std::string &source) {
  if (llvm::sys::fs::equivalent(output, source))
    return complain(Usage, "the output " + output + " is the model file itself");
  if (!commandLine.reportFile.empty() && llvm::sys::fs::equivalent(commandLine.reportFile, source))
    return complain(Usage, "the report " + commandLine.reportFile + " would replace the model file");
  return Done;
}

/// What a binary has programs for.
struct Machines {
  std::vector<targets::Machine> hosts;
  std::vector<targets::Machine> devices; ///< with their target

  /// Those that a phase shows the program of, one of them: the device's if one is asked for.
  llvm::ArrayRef<targets::Machine> shown() const { return devices.empty() ? hosts : devices; }
};

/// The machines to compile for: nothing, after a complaint, where there are none such, whether the phase asked for
/// needs them or not. A model may be checked, though, on a machine that nothing can be compiled for.
std::optional<Machines> machinesOf(const CommandLine &commandLine, mlir::MLIRContext &context) {
  const targets::Target *target = targets::lookup(commandLine.target);
  Machines all;
  if (target->getSpace() == Space::Device) {
    auto devices = target->resolve(commandLine.architectures, &context);
    if (!devices) {
      complain(Usage, llvm::toString(devices.takeError()));
      return std::nullopt;
    }
    all.devices = std::move(*devices);
    for (targets::Machine &device : all.devices)
      device.target = target->withPrecision(device.target, commandLine.precision);
    if (all.devices.size() > 1 && commandLine.phase > Phase::Fused && commandLine.phase != Phase::Exe) {
      complain(Usage, "each architecture has a program of its own; choose one for --emit=" +
                          llvm::Twine(info(commandLine.phase).name) + ", such as --target=" + commandLine.target + ":" +
                          all.devices.back().march);
      return std::nullopt;
    }
    if (commandLine.phase != Phase::Exe)
      return all;
    target = targets::lookup(targets::names().front());
  }
  auto machines = target->resolve(commandLine.march, &context);
  if (!machines) {
    std::string why = llvm::toString(machines.takeError());
    if (commandLine.march == targets::nativeMarch && (commandLine.checkOnly || commandLine.phase == Phase::Ast))
      return Machines();
    complain(Usage, why);
    return std::nullopt;
  }
  if (machines->size() > 1 && commandLine.phase > Phase::Fused && commandLine.phase != Phase::Exe) {
    complain(Usage, "a portable binary holds a program for each processor; choose one for --emit=" +
                        llvm::Twine(info(commandLine.phase).name) + ", such as --march=" + machines->back().march);
    return std::nullopt;
  }
  all.hosts = std::move(*machines);
  if (all.devices.empty())
    for (targets::Machine &host : all.hosts)
      host.target = target->withPrecision(host.target, commandLine.precision);
  for (const targets::Machine &device : all.devices)
    all.hosts.front().devices.push_back(device.table);
  return all;
}

} // namespace

int compile(const CommandLine &commandLine) {
  mlir::DialectRegistry registry;
  registerAll(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  auto machines = machinesOf(commandLine, context);
  if (!machines)
    return Usage;
  std::string why;
  bool missing = false;
  std::optional<std::string> text = readModel(commandLine.input, Source::AnyStream, why, missing);
  if (!text)
    return complain(missing ? NotFound : BadInput, "cannot read " + commandLine.input + ": " + why);
  std::string output = commandLine.output.empty() ? defaultOutput(commandLine) : commandLine.output;
  if (commandLine.report && commandLine.reportFile.empty() && output == "-")
    return complain(Usage, "the report and the program cannot both go to standard output; use --report=FILE "
                           "or -o FILE");
  if (std::string file = support::replacedFile(commandLine.reportFile);
      !file.empty() && (file == support::replacedFile(output) || llvm::sys::fs::equivalent(file, output)))
    return complain(Usage, "the report " + commandLine.reportFile + " would replace the output");
  if (int status = protectSource(commandLine, output, commandLine.input))
    return status;

  syntax::SourceManager sources;
  syntax::Diagnostics diagnostics;
  const syntax::SourceFile &file = sources.add(commandLine.input, std::move(*text));
  syntax::Module tree = syntax::parse(file, diagnostics);
  if (commandLine.phase == Phase::Ast && !commandLine.checkOnly && !diagnostics.hasErrors())
    return writeText(output, [&](llvm::raw_ostream &os) { os << syntax::printTree(tree); });

  sema::Options options;
  options.defines = commandLine.defines;
  options.f64 = commandLine.doublePrecision;
  std::vector<std::string> imported;
  options.readFile = [&imported](const std::string &path, std::string &why) {
    imported.push_back(path);
    bool missing = false;
    return readModel(path, Source::FileOnly, why, missing);
  };
  std::unique_ptr<sema::Model> model;
  if (!diagnostics.hasErrors())
    model = sema::analyze(tree, sources, options, diagnostics);
  llvm::errs() << diagnostics.render(wantsColor());
  if (diagnostics.hasErrors())
    return BadInput;
  if (commandLine.checkOnly)
    return Done;
  for (const std::string &path : imported)
    if (int status = protectSource(commandLine, output, path))
      return status;
  if (!model->game)
    return complain(BadInput, commandLine.input + " has no game; --check checks a library file");

  bool userError = false;
  installDiagnostics(context, userError);
  LowerOptions lowering;
  lowering.f64 = commandLine.doublePrecision;
  lowering.sourceName = llvm::sys::path::filename(commandLine.input).str();
  lowering.configJson = configuration(commandLine, *model);
  mlir::OwningOpRef<mlir::ModuleOp> module = lower(*model, context, lowering);
  if (!module)
    return complain(Internal, "the model could not be lowered");

  if (int status = judgeNetwork(commandLine, *module))
    return status;
  PhaseOptions phaseOptions = commandLine.options;
  phaseOptions.network = commandLine.network;
  Report report;
  if (commandLine.report)
    phaseOptions.report = &report;
  // No target is looked at before linalg: hosts and devices go the same way as far as that.
  Phase last = std::min(commandLine.phase, Phase::Fused);
  if (failed(runPhases(*module, Phase::Agon, std::min(last, Phase::Diff), phaseOptions)))
    return failedPhases(userError);
  if (commandLine.exported == Export::Onnx)
    return writeOnnx(commandLine, *module, output, userError);
  exports::Library library;
  if (commandLine.exported == Export::Library)
    if (int status = makeLibrary(commandLine, *module, output, library, userError))
      return status;
  bool isBoth = commandLine.phase == Phase::Exe && !machines->devices.empty();
  llvm::SmallVector<Fused, 2> programs;
  if (isBoth)
    programs.push_back({module->clone(), machines->hosts, report});
  programs.push_back({std::move(module), machines->shown(), report});
  for (Fused &program : programs) {
    targets::attach(*program.module, program.machines.front().target);
    phaseOptions.report = commandLine.report ? &program.report : nullptr;
    if (failed(runPhases(*program.module, std::min(last, Phase::Diff), last, phaseOptions)))
      return failedPhases(userError);
  }
  return compileFor(commandLine, programs, phaseOptions, library, output, userError);
}

} // namespace agon::tools
