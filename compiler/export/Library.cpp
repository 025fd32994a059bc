//===- Library.cpp - A network as a library for C ------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/export/Library.h"
#include "compiler/export/Texts.h"
#include "support/Shown.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace mlir;

namespace agon::exports {

/// Names that, as a network's, would make a function or a header that a program has already: X.h or X_create, X_error
/// and the like of the C library, of POSIX, and of Agon.
static const llvm::StringSet<> taken = {
    // headers
    "aio", "alloca", "ar", "argp", "argz", "assert", "byteswap", "complex", "cpio", "ctype", "dirent", "dlfcn", "elf",
    "endian", "envz", "err", "errno", "error", "execinfo", "fcntl", "features", "fenv", "float", "fmtmsg", "fnmatch",
    "fts", "ftw", "getopt", "glob", "grp", "iconv", "ifaddrs", "inttypes", "iso646", "langinfo", "libgen", "libintl",
    "limits", "link", "locale", "malloc", "math", "memory", "mntent", "monetary", "mqueue", "ndbm", "netdb", "nl_types",
    "obstack", "paths", "poll", "printf", "pthread", "pty", "pwd", "regex", "resolv", "sched", "search", "semaphore",
    "setjmp", "shadow", "signal", "spawn", "stdalign", "stdarg", "stdatomic", "stdbit", "stdbool", "stdckdint",
    "stddef", "stdint", "stdio", "stdlib", "stdnoreturn", "string", "strings", "stropts", "syscall", "sysexits",
    "syslog", "tar", "termio", "termios", "tgmath", "threads", "time", "trace", "uchar", "ucontext", "ulimit", "unistd",
    "utime", "utmp", "utmpx", "values", "varargs", "wait", "wchar", "wctype", "wordexp",
    // functions
    "epoll", "gai", "inet", "memfd", "pkey", "pthread_key", "svc", "thrd", "timer", "timerfd", "tss",
    // Agon
    "agon", "agon_network"};

std::string prefixOf(StringRef network) { return taken.contains(network) ? (network + "_").str() : network.str(); }

namespace {

/// "float", "double", "int32_t".
StringRef typeName(const Port &port) {
  Type element = port.type.getElementType();
  return element.isF32() ? "float" : element.isF64() ? "double" : "int32_t";
}

/// The shape of one sample.
ArrayRef<int64_t> sampleShape(const Port &port) { return port.type.getShape().drop_front(); }

std::string shapeText(const Port &port) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << "[";
  llvm::interleaveComma(sampleShape(port), stream);
  stream << "]";
  return text;
}

int64_t elements(const Port &port) {
  int64_t count = 1;
  for (int64_t extent : sampleShape(port))
    count *= extent;
  return count;
}

/// "a string in C", which may hold JSON.
std::string quoted(StringRef text) {
  std::string result = "\"";
  for (char letter : text)
    if (letter == '"' || letter == '\\')
      result += std::string("\\") + letter;
    else
      result += letter;
  return result + "\"";
}

class Writer {
public:
  Writer(const Network &network, const std::optional<Weights> &weights, StringRef model)
      : network(network), weights(weights), model(model), name(prefixOf(network.name)) {
    for (const Port &port : network.inputs)
      inputs.push_back("in_" + port.name);
    for (size_t i = 0; i < network.outputs.size(); ++i)
      outputs.push_back(network.outputs.size() == 1 ? "out" : "out_" + std::to_string(i));
    for (Operation &op : network.function.getBody().front())
      draws |= isa<RandomOp>(op);
  }

  FailureOr<Library> write();

private:
  std::string parameters(ArrayRef<Port> ports, ArrayRef<std::string> names, StringRef qualifier) const;
  std::string prototype(StringRef function) const;
  std::string description() const;
  std::string header() const;
  FailureOr<std::string> source(std::string &bytes) const;

  const Network &network;
  const std::optional<Weights> &weights;
  std::string model;                        ///< The name of its file.
  std::string name;                         ///< What its functions begin with.
  std::vector<std::string> inputs, outputs; ///< As C calls them; of no word of C, and of no macro of a header.
  bool draws = false;                       ///< The network draws something itself.
};

/// ", const float *z, const int32_t *c".
std::string Writer::parameters(ArrayRef<Port> ports, ArrayRef<std::string> names, StringRef qualifier) const {
  std::string text;
  for (auto [port, each] : llvm::zip(ports, names))
    text += llvm::formatv(", {0}{1} *{2}", qualifier, typeName(port), each).str();
  return text;
}

std::string Writer::prototype(StringRef function) const {
  auto of = [&](StringRef type, StringRef list) {
    return llvm::formatv("{0}{1}_{2}({3})", type, name, function, list).str();
  };
  std::string self = name + "_network *network";
  if (function == "create")
    return of(name + "_network *", "const char *weights, int threads, char *error, size_t error_size");
  if (function == "free")
    return of("void ", self);
  if (function == "run")
    return of("int ", self + ", int64_t batch" + parameters(network.inputs, inputs, "const ") +
                          parameters(network.outputs, outputs, ""));
  if (function == "draw")
    return of("int ", self + ", int64_t seed, int64_t batch" + parameters(network.inputs, inputs, ""));
  if (function == "seed")
    return of("int ", self + ", int64_t seed");
  return of("const char *", "const " + self);
}

/// What programs are told of the library, as JSON on one line.
std::string Writer::description() const {
  auto object = [&](const Port &port, StringRef title) {
    llvm::json::Object object{
        {"name", title}, {"type", typeName(port)}, {"shape", llvm::json::Array(sampleShape(port))}};
    if (port.classes > 0)
      object["classes"] = port.classes;
    return object;
  };
  llvm::json::Array in, out;
  for (const Port &port : network.inputs)
    in.push_back(object(port, port.name));
  for (auto [port, each] : llvm::zip(network.outputs, outputs))
    out.push_back(object(port, each));
  llvm::json::Object all{{"network", network.name},
                         {"prefix", name},
                         {"signature", network.signature},
                         {"batch", network.batch},
                         {"holds_weights", weights.has_value()},
                         {"draws_inputs", network.hasDraws},
                         {"inputs", std::move(in)},
                         {"outputs", std::move(out)}};
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(std::move(all));
  return text;
}

std::string Writer::header() const {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "/* The network " << network.name << " of the game " << network.game << " (" << support::shown(model)
      << "), as a library. Written by agonc.\n *\n *   " << network.name << network.signature << "\n *\n"
      << " * Arrays are dense, the samples along their first axis:\n";
  auto list = [&](ArrayRef<Port> ports, ArrayRef<std::string> names) {
    for (auto [port, each] : llvm::zip(ports, names)) {
      out << " *   " << each << ": " << typeName(port) << " [batch" << (sampleShape(port).empty() ? "" : ", ")
          << llvm::StringRef(shapeText(port)).drop_front();
      if (port.classes > 0)
        out << ", labels from 0 to " << port.classes - 1;
      out << "\n";
    }
  };
  list(network.inputs, inputs);
  list(network.outputs, outputs);
  out << " *\n * Functions that return an int return 0, or a code of Agon's binaries (64 wrong use, 65 bad data, 66 no "
         "such\n"
         " * file, 69 no memory, 70 a defect) after which "
      << name
      << "_error has a text. A handle may be used from several\n"
         " * threads, which take turns; several handles work at once. Nothing is printed, no signal is caught.\n */\n";
  std::string guard = "AGON_NETWORK_" + name + "_H";
  out << "#ifndef " << guard << "\n#define " << guard << "\n\n#include <stddef.h>\n#include <stdint.h>\n\n"
      << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
      << "typedef struct " << name << "_network " << name << "_network;\n\n"
      << "/* Elements of one sample. */\nenum {\n";
  std::vector<std::string> sizes;
  for (auto [port, each] : llvm::zip(network.inputs, inputs))
    sizes.push_back("  " + name + "_" + each + "_elements = " + std::to_string(elements(port)));
  for (auto [port, each] : llvm::zip(network.outputs, outputs))
    sizes.push_back("  " + name + "_" + each + "_elements = " + std::to_string(elements(port)));
  out << llvm::join(sizes, ",\n") << "\n};\n\n"
      << "/* A network ready to run. `weights`: a run's directory or a safetensors file; null: those within the "
         "library,\n"
         " * an error where it was made without --weights. `threads`: 0 is all cores. Null if it cannot be had; then\n"
         " * `error`, of `error_size` characters, is a line of text. */\n"
      << prototype("create") << ";\n\n"
      << prototype("free") << ";\n\n"
      << "/* Applies the network to `batch` samples, any number: to " << network.batch
      << " at a time, what is compiled; the last are filled\n * up with the first. */\n"
      << prototype("run") << ";\n\n";
  if (network.hasDraws)
    out << "/* Fills the inputs with what `sample --seed` draws: noise; labels of data run through their classes. */\n"
        << prototype("draw") << ";\n\n";
  if (draws)
    out << "/* The seed of what the network draws itself, 0 at first. A run begins it anew. */\n"
        << prototype("seed") << ";\n\n";
  out << "/* The text of the last error. */\n"
      << prototype("error") << ";\n\n"
      << "/* What is written above, as JSON. */\nextern const char " << name << "_description[];\n\n"
      << "#ifdef __cplusplus\n}\n#endif\n#endif\n";
  return text;
}

/// The functions, and the table that they are about.
FailureOr<std::string> Writer::source(std::string &bytes) const {
  std::string text = networkAbiText;
  llvm::raw_string_ostream out(text);
  out << "\n" << header() << "\nextern \"C\" const struct agon_model agon_model_v1;\n";
  std::vector<std::string> rows;
  for (const Port &port : network.weights) {
    std::string data = "nullptr";
    if (weights) {
      auto tensor = weights->tensor(port.name, port.type);
      if (!tensor)
        return userError(network.function.getLoc()) << llvm::toString(tensor.takeError()), failure();
      bytes.resize((bytes.size() + 63) / 64 * 64);
      data = "agon_weights + " + std::to_string(bytes.size());
      bytes += *tensor;
    }
    rows.push_back("    {" + quoted(port.cell) + ", " + quoted(port.name) + ", " + data + "}");
  }
  if (weights)
    out << "__asm__(\".section .rodata.agon_weights,\\\"a\\\"\\n.balign 64\\n.hidden agon_weights\\n"
           ".globl agon_weights\\nagon_weights:\\n.incbin \\\""
        << weightsMark << "\\\"\\n.byte 0\\n.text\\n\");\n"
        << "extern \"C\" const unsigned char agon_weights[] __attribute__((visibility(\"hidden\")));\n";
  auto table = [&](ArrayRef<Port> ports, ArrayRef<std::string> names) {
    std::vector<std::string> rows;
    for (auto [port, each] : llvm::zip(ports, names))
      rows.push_back("    {" + quoted(port.cell) + ", " + quoted(each) + ", " + std::to_string(port.classes) + "}");
    return rows.empty() ? std::string("    {nullptr, nullptr, 0}") : llvm::join(rows, ",\n");
  };
  out << "static const agon_network_port agon_inputs[] = {\n"
      << table(network.inputs, inputs) << "};\n"
      << "static const agon_network_port agon_outputs[] = {\n"
      << table(network.outputs, outputs) << "};\n"
      << "static const agon_network_weight agon_weight_rows[] = {\n"
      << (rows.empty() ? std::string("    {nullptr, nullptr, nullptr}") : llvm::join(rows, ",\n")) << "};\n"
      << "static const agon_network_table agon_table = {&agon_model_v1, " << quoted(network.name) << ", "
      << network.inputs.size() << ", " << network.outputs.size() << ", " << rows.size()
      << ", agon_inputs, agon_outputs, agon_weight_rows};\n\nextern \"C\" {\n"
      << "const char " << name << "_description[] = " << quoted(description()) << ";\n"
      << "const char *agon_network_description = " << name << "_description;\n"
      << prototype("create") << " {\n  return (" << name
      << "_network *)agon_network_create(&agon_table, weights, threads, error, error_size);\n}\n"
      << prototype("free") << " { agon_network_free(network); }\n"
      << prototype("error") << " { return agon_network_error(network); }\n";
  std::string in = llvm::join(inputs, ", "), to = llvm::join(outputs, ", ");
  out << prototype("run") << " {\n  const void *const from[] = {" << in << "};\n  void *const to[] = {" << to
      << "};\n  return agon_network_run(network, batch, from, to);\n}\n";
  if (network.hasDraws)
    out << prototype("draw") << " {\n  void *const to[] = {" << in
        << "};\n  return agon_network_draw(network, seed, batch, to);\n}\n";
  if (draws)
    out << prototype("seed") << " { return agon_network_seed(network, seed); }\n";
  out << "}\n";
  return text;
}

FailureOr<Library> Writer::write() {
  bool isBatched = !network.inputs.empty() || draws;
  for (const Port &port : network.inputs)
    isBatched &= port.isBatched;
  for (const Port &port : network.outputs)
    isBatched &= port.type.getRank() > 0 && port.type.getDimSize(0) == network.batch;
  if (!isBatched)
    return userError(network.function.getLoc())
               << network.name << " takes or gives what does not differ from sample to sample; a library is of "
               << "networks that make minibatches of minibatches",
           failure();
  Library library;
  library.header = header();
  FailureOr<std::string> text = source(library.weights);
  if (failed(text))
    return failure();
  library.source = *text;
  for (StringRef function : {"create", "free", "run", "error", "description"})
    library.symbols.push_back(name + "_" + function.str());
  if (network.hasDraws)
    library.symbols.push_back(name + "_draw");
  if (draws)
    library.symbols.push_back(name + "_seed");
  return library;
}

} // namespace

FailureOr<Library> networkLibrary(const Network &network, const std::optional<Weights> &weights, StringRef model) {
  return Writer(network, weights, model).write();
}

Library trainingLibrary() {
  Library library;
  library.header = trainingText;
  // Every function that the header declares: "int agon_step(" begins a line.
  SmallVector<StringRef> lines;
  StringRef(library.header).split(lines, '\n');
  for (StringRef line : lines) {
    StringRef before = line.split('(').first;
    bool isDeclaration = before.size() < line.size() && llvm::isAlpha(line.front()) && !line.starts_with("typedef");
    if (size_t begin = before.rfind("agon_"); isDeclaration && begin != StringRef::npos)
      library.symbols.push_back(before.substr(begin).str());
  }
  return library;
}

} // namespace agon::exports
