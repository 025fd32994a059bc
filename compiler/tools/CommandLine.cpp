//===- CommandLine.cpp - agonc's options ----------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "llvm/Support/CommandLine.h"
#include "compiler/pipeline/Register.h"
#include "compiler/target/Target.h"
#include "compiler/tools/Driver.h"
#include "support/Shown.h"
#include "support/Usage.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

namespace cl = llvm::cl;

namespace agon::tools {
namespace {

const CommandLine defaults; // of what is not given

cl::OptionCategory category("agonc options");
cl::opt<std::string> input(cl::Positional, cl::desc("MODEL.agon"), cl::cat(category));
cl::opt<std::string> output("o", cl::desc("output file (- for standard output)"), cl::value_desc("file"),
                            cl::cat(category));
cl::opt<std::string> emitPhase("emit", cl::desc("stop at this phase and write the program there"),
                               cl::value_desc("phase"), cl::init("exe"), cl::cat(category));
cl::opt<std::string> network("network", cl::desc("the network that --emit=onnx or --emit=lib exports"),
                             cl::value_desc("name"), cl::cat(category));
cl::opt<std::string> weights("weights", cl::desc("a run's directory, or a safetensors file: the network's weights"),
                             cl::value_desc("run"), cl::cat(category));
cl::opt<std::string> average("average", cl::desc("which weights of the run: an average's name, or current"),
                             cl::value_desc("name"), cl::cat(category));
cl::opt<bool> check("check", cl::desc("report errors only"), cl::cat(category));
cl::opt<std::string> report("report", cl::desc("tell what was fused, shared and removed, and the algorithms chosen"),
                            cl::value_desc("file"), cl::ValueOptional, cl::cat(category));
cl::list<std::string> define("D", cl::desc("set a constant of the model"), cl::value_desc("NAME=VALUE"), cl::Prefix,
                             cl::cat(category));
cl::opt<std::string> optLevel("O", cl::desc("optimisation: 0 (plain loops) to 3"), cl::value_desc("0..3"), cl::Prefix,
                              cl::init("3"), cl::cat(category));
cl::opt<std::string> floatType("float", cl::desc("f32 or f64"), cl::init("f32"), cl::cat(category));
cl::opt<std::string>
    march("march",
          cl::desc("processor: native, portable (AVX2 and AVX-512 in one binary), x86-64-v3, x86-64-v4, znver4, ..."),
          cl::init(defaults.march), cl::cat(category));
cl::opt<std::string> memory("memory", cl::desc("compute again what does not fit: bytes of the arena at most"),
                            cl::value_desc("300M"), cl::cat(category));
cl::opt<std::string> target("target", cl::desc("cpu; or cuda, cuda:sm_80,sm_90a: code for GPUs, too"),
                            cl::init(defaults.target), cl::cat(category));
cl::opt<std::string>
    precision("precision", cl::desc("what contractions are multiplied in: f32, bf16, or on a GPU tf32; sums are f32"),
              cl::init(defaults.precision), cl::cat(category));
// The project's own tests ask for it in the environment: it is a tenth to a third of a compilation.
cl::opt<bool> verifyEach("verify-each", cl::desc("verify the program after every pass, not every phase alone"),
                         cl::init(std::getenv("AGON_VERIFY_EACH") != nullptr), cl::cat(category));
cl::opt<bool> timing("pass-timing", cl::desc("print the time of each pass"), cl::cat(category));
cl::opt<std::string> runtime("runtime", cl::desc("the runtime archive to link (default: beside agonc)"),
                             cl::value_desc(runtimeArchiveName), cl::cat(category));

llvm::Error wrong(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

/// "300M": bytes, KiB, MiB or GiB. Nothing if it is no positive number of bytes.
std::optional<uint64_t> parseBytes(llvm::StringRef text) {
  size_t suffix = text.empty() ? llvm::StringRef::npos : llvm::StringRef("KMG").find(text.back());
  unsigned shift = suffix == llvm::StringRef::npos ? 0 : 10 * unsigned(suffix + 1);
  uint64_t number = 0;
  if ((shift ? text.drop_back() : text).getAsInteger(10, number) || number == 0 ||
      number > (uint64_t(INT64_MAX) >> shift))
    return std::nullopt;
  return number << shift;
}

/// "-o", "--emit".
std::string spelled(const cl::Option &option) { return (option.ArgStr.size() > 1 ? "--" : "-") + option.ArgStr.str(); }

/// What to do instead of giving an option that agonc does not have.
std::string insteadOf(llvm::StringRef argument) {
  llvm::StringRef name = argument.ltrim('-').split('=').first;
  auto is = [&](std::initializer_list<llvm::StringRef> names) { return llvm::is_contained(names, name); };
  if (is({"epochs", "epoch", "iterations", "iters"}))
    return "training is counted in steps, by the binary that agonc makes: ./MODEL train --steps N";
  if (is({"steps", "seed",    "data",      "out",          "resume",           "force", "threads", "set",
          "quiet", "profile", "log-every", "sample-every", "checkpoint-every", "from",  "count",   "network",
          "json",  "eps",     "player",    "top"}))
    return "it is an option of the binary that agonc makes: ./MODEL --help lists its commands";
  if (is({"batch", "batch-size", "batch_size"}))
    return "-D batch=N sets the size of the minibatch";
  if (is({"lr", "learning-rate", "learning_rate"}))
    return "rates stand in the model, and --set D.lr=NUMBER of the binary that agonc makes overrides them";
  const cl::Option *nearest = nullptr;
  unsigned least = 1 + unsigned(name.size()) / 3;
  for (const auto &[own, option] : cl::getRegisteredOptions())
    if (llvm::is_contained(option->Categories, &category))
      if (unsigned distance = name.edit_distance(own, true, least);
          distance < least || (distance == least && own < (nearest ? nearest->ArgStr : ""))) {
        least = distance;
        nearest = option;
      }
  if (!nearest)
    return "--help lists what there is";
  return "did you mean " + spelled(*nearest) + "?";
}

/// The option that a word of the command line names, alone or with its value in the same word: "-o", "--emit=diff",
/// "-O3".
cl::Option *optionOf(llvm::StringRef word) {
  auto &known = cl::getRegisteredOptions();
  if (!word.starts_with("-"))
    return nullptr;
  llvm::StringRef name = word.drop_front(word.starts_with("--") ? 2 : 1).split('=').first;
  if (name == "h") // LLVM registers it where it parses, no earlier.
    name = "help";
  if (auto found = known.find(name); found != known.end())
    return found->second;
  for (auto &[own, option] : known)
    if (option->getFormattingFlag() == cl::Prefix && name.starts_with(own))
      return option;
  return nullptr;
}

/// LLVM tells of an option without its value, and of a flag with one, on a line of its own, takes another option for a
/// value, and of an option that is given twice it takes the last; this is told as all else is. An option that is not
/// known is told of before what follows it, its value perhaps, is taken for a second model.
llvm::Error checkOptions(llvm::ArrayRef<const char *> words) {
  std::map<cl::Option *, std::string> given;
  bool optionsEnd = false;
  for (size_t i = 0; i < words.size(); ++i) {
    llvm::StringRef word = words[i];
    if (word == "--" && !optionsEnd) {
      optionsEnd = true;
      continue;
    }
    bool isModel = optionsEnd || !word.starts_with("-") || word == "-";
    cl::Option *option = isModel ? &input : optionOf(word);
    if (!option)
      return wrong(support::optionUnknown(word, insteadOf(word)));
    std::string text = word.str();
    if (auto [name, value] = word.split('='); (option == &check || option == &timing) && name != word)
      return wrong(support::valueUnwanted(word));
    else if (option == &verifyEach && name != word && value != "true" && value != "false")
      return wrong("expected --verify-each=true or --verify-each=false, got '" + value + "'");
    bool isAlone = !isModel && word.ltrim('-') == option->ArgStr;
    if (isAlone && option->getValueExpectedFlag() == cl::ValueRequired) {
      if (i + 1 == words.size())
        return wrong(support::valueLacks(word));
      llvm::StringRef value = words[++i];
      if (value.size() > 1 && optionOf(value))
        return wrong(support::valueLacks(word, value));
      if (value.empty())
        return wrong(support::valueLacks(word));
      text += (" " + value).str();
    } else if (!isModel && word.ends_with("=") && word.ltrim('-').drop_back() == option->ArgStr) {
      return wrong(support::valueLacks(word));
    }
    if (option->getNumOccurrencesFlag() == cl::ZeroOrMore)
      continue;
    if (auto [first, isFirst] = given.emplace(option, text); !isFirst)
      return wrong(support::bothGiven(first->second, text));
  }
  return llvm::Error::success();
}

/// Options that could have no effect with --check or --emit=ast.
llvm::Error refuseIdleOptions(bool isAst) {
  if (report.getNumOccurrences() > 0 && (check || isAst))
    return wrong("--report tells of a compilation; it does not go with --check or --emit=ast");
  using Options = std::initializer_list<std::reference_wrapper<const cl::Option>>;
  for (const cl::Option &option : Options{output, emitPhase, timing})
    if (check && option.getNumOccurrences() > 0)
      return wrong(spelled(option) + " asks for an output; it does not go with --check, which writes nothing");
  for (const cl::Option &option : Options{define, timing})
    if (isAst && option.getNumOccurrences() > 0)
      return wrong(spelled(option) + " does not go with --emit=ast, the text as it is parsed");
  return llvm::Error::success();
}

/// What is exported, and whether what that takes is given, and nothing else.
llvm::Expected<Export> exportAskedFor() {
  Export exported = emitPhase == "onnx" ? Export::Onnx : emitPhase == "lib" ? Export::Library : Export::None;
  using Options = std::initializer_list<std::reference_wrapper<const cl::Option>>;
  for (const cl::Option &option : Options{network, weights, average})
    if (exported == Export::None && option.getNumOccurrences() > 0)
      return wrong(spelled(option) + " is of exported networks; it goes with --emit=onnx and --emit=lib");
  if (exported == Export::Onnx)
    for (const cl::Option &option : Options{network, weights})
      if (option.getNumOccurrences() == 0)
        return wrong("--emit=onnx needs " + spelled(option) +
                     ": agonc MODEL.agon --emit=onnx --network G --weights RUN");
  if (exported == Export::Onnx)
    for (const cl::Option &option : Options{report, march, memory, target, optLevel, precision})
      if (option.getNumOccurrences() > 0)
        return wrong(spelled(option) + " is of compiled programs; it does not go with --emit=onnx");
  if (exported == Export::Library) {
    if (target.getNumOccurrences() > 0 && target != defaults.target)
      return wrong("libraries are for the processor; --target=" + target + " does not go with --emit=lib");
    if (output.getNumOccurrences() > 0 && !llvm::StringRef(output).ends_with(".so") &&
        !llvm::StringRef(output).ends_with(".a"))
      return wrong("expected -o libNAME.so or -o libNAME.a with --emit=lib, got '" + output + "'");
  }
  if (exported != Export::None && network.empty() && weights.getNumOccurrences() > 0)
    return wrong("--weights is of one network; name it by --network");
  if (exported != Export::None && network.empty() && average.getNumOccurrences() > 0)
    return wrong("--average is of one network's weights; name it by --network");
  return exported;
}

/// The first thing that LLVM complains of, without the program's name.
std::string oneLine(llvm::StringRef complaints) {
  llvm::StringRef line = complaints.trim().split('\n').first;
  line.consume_front("agonc: ");
  return line.str();
}

std::string phaseHelp() {
  std::string text = "Phases for --emit:\n";
  for (const pipeline::PhaseInfo &phase : pipeline::phases())
    text +=
        "  " + std::string(phase.name) + std::string(10 - std::string(phase.name).size(), ' ') + phase.summary + "\n";
  text += "Exports for --emit:\n"
          "  lib       a library for C: a network with --network, else training\n"
          "  onnx      the network of --network with its weights as an ONNX model\n";
  return text;
}

} // namespace

llvm::Expected<CommandLine> parseCommandLine(int argc, char **argv) {
  cl::HideUnrelatedOptions(category);
  static std::string help = phaseHelp();
  cl::extrahelp more(help);
  cl::SetVersionPrinter([](llvm::raw_ostream &os) { os << "agonc 0.1 (LLVM " << LLVM_VERSION_STRING << ")\n"; });
  if (argc > 1)
    if (llvm::Error error = checkOptions(llvm::ArrayRef(argv + 1, size_t(argc - 1))))
      return error;
  std::string complaints;
  llvm::raw_string_ostream stream(complaints);
  if (!cl::ParseCommandLineOptions(argc, argv, "agonc: compiles a model file into a training binary\n", &stream)) {
    llvm::StringRef unknown = llvm::StringRef(complaints).split("Unknown command line argument '").second;
    llvm::StringRef option = unknown.split("'").first;
    return wrong(unknown.empty() ? oneLine(complaints) : support::optionUnknown(option, insteadOf(option)));
  }

  CommandLine result;
  result.program = llvm::sys::fs::getMainExecutable(argv[0], reinterpret_cast<void *>(&parseCommandLine));
  if (input.empty())
    return wrong("expected a model file: agonc MODEL.agon -o BINARY");
  result.input = input;
  result.output = output;
  result.checkOnly = check;
  result.report = report.getNumOccurrences() > 0;
  result.reportFile = report == "-" ? std::string() : report.getValue();
  auto exported = exportAskedFor();
  if (!exported)
    return exported.takeError();
  result.exported = *exported;
  result.network = network;
  result.weights = weights;
  result.average = average;
  if (result.exported == Export::Onnx)
    result.phase = pipeline::Phase::Diff;
  bool known = result.exported != Export::None;
  std::string names;
  for (const pipeline::PhaseInfo &phase : pipeline::phases()) {
    if (emitPhase == phase.name) {
      result.phase = phase.phase;
      known = true;
    }
    names += (names.empty() ? "" : ", ") + std::string(phase.name);
  }
  if (!known)
    return wrong("unknown phase '" + emitPhase + "' for --emit; the phases are " + names + "; lib and onnx export");
  if (llvm::Error error = refuseIdleOptions(result.phase == pipeline::Phase::Ast))
    return error;
  for (const std::string &text : define) {
    size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return wrong("expected -D NAME=VALUE, got '" + text + "'");
    auto [known, isFirst] = result.defines.emplace(text.substr(0, equals), text.substr(equals + 1));
    if (!isFirst)
      return wrong(support::bothGiven("-D " + known->first + "=" + known->second, "-D " + text));
  }
  if (optLevel.size() != 1 || optLevel[0] < '0' || optLevel[0] > '3')
    return wrong("expected -O0 to -O3, got -O" + optLevel);
  result.options.optLevel = unsigned(optLevel[0] - '0');
  if (memory.getNumOccurrences() > 0) {
    std::optional<uint64_t> bytes = parseBytes(memory);
    if (!bytes)
      return wrong("expected --memory=N, NK, NM or NG (bytes, KiB, MiB, GiB), got '" + memory + "'");
    result.options.memory = *bytes;
  }
  result.options.verifyEach = verifyEach;
  result.options.timing = timing;
  if (floatType != "f32" && floatType != "f64")
    return wrong("expected --float=f32 or --float=f64, got '" + floatType + "'");
  result.doublePrecision = floatType == "f64";
  registerTargets();
  auto [name, architectures] = llvm::StringRef(target).split(':');
  const targets::Target *chosen = targets::lookup(name);
  if (!chosen)
    return wrong("expected --target=" + llvm::join(targets::names(), " or ") + ", got '" + target + "'");
  bool isDevice = chosen->getSpace() == Space::Device;
  if (!isDevice && name != target)
    return wrong("--target=" + name + " has no architectures; --march names the processor");
  if (architectures.empty() && name != target)
    return wrong("--target=" + target + " names no architecture; leave out the colon, or see --help");
  bool asksForDevice = result.phase >= pipeline::Phase::Gpu && result.phase <= pipeline::Phase::Sass;
  if (!isDevice && asksForDevice)
    return wrong("--emit=" + emitPhase + " is of a device's kernels; it goes with --target=cuda");
  if (precision != "f32" && precision != "tf32" && precision != "bf16")
    return wrong("expected --precision=f32, tf32 or bf16, got '" + precision + "'");
  if (!isDevice && precision == "tf32")
    return wrong("a processor multiplies in f32 or bf16; --precision=tf32 goes with --target=cuda");
  if (result.doublePrecision && precision != "f32")
    return wrong("--precision=" + precision + " multiplies numbers of f32; with --float=f64 leave it out");
  if (!isDevice && precision != "f32" && result.options.optLevel == 0)
    return wrong("-O0 multiplies in f32; --precision=" + precision + " goes with -O1 to -O3");
  result.precision = precision;
  result.target = name;
  result.architectures = architectures;
  result.march = march;
  if (!runtime.empty() && !llvm::sys::fs::exists(runtime))
    return wrong("no such runtime archive: " + runtime);
  result.runtimeArchive = runtime;
  return result;
}

int usageError(llvm::Error error) {
  // Empty: LLVM has told already.
  if (std::string text = llvm::toString(std::move(error)); !text.empty())
    llvm::errs() << "agonc: error: " << support::shown(text) << "\n";
  return Usage;
}

} // namespace agon::tools
