//===- Link.cpp - Object file to training binary --------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Object.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Signals.h"
#include <tuple>

namespace agon::codegen {
namespace {

llvm::Error failed(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

/// The C++ compiler that drives the system's linker: $AGON_CXX, or the first
/// that is installed.
llvm::Expected<std::string> findDriver() {
  if (auto chosen = llvm::sys::Process::GetEnv("AGON_CXX")) {
    if (auto found = llvm::sys::findProgramByName(*chosen))
      return *found;
    return failed("AGON_CXX names '" + *chosen + "', which is not a program on PATH");
  }
  for (const char *name : {"c++", "g++", "clang++", "clang++-22"})
    if (auto found = llvm::sys::findProgramByName(name))
      return *found;
  return failed("no C++ compiler to link with: install g++, or set AGON_CXX");
}

/// What a linker and its driver said, without the stack trace of one that crashed.
std::string withoutTrace(llvm::StringRef log) {
  llvm::SmallVector<llvm::StringRef> lines;
  log.split(lines, '\n', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  llvm::erase_if(lines, [](llvm::StringRef line) {
    llvm::StringRef text = line.ltrim();
    bool isFrame = text.consume_front("#"); // "#12 0x00007f..."; what was at work is "0.\tProgram arguments: ..."
    llvm::StringRef rest = text.drop_while(llvm::isDigit);
    bool isNumbered = rest.size() < text.size() && (isFrame || rest.starts_with(".\t"));
    return isNumbered || text.starts_with("Stack dump") || text.starts_with("PLEASE ");
  });
  return llvm::join(lines, "\n");
}

/// The words of a linking that failed. What a limit of a file's size stopped, with or without a signal, is one line.
llvm::Error linkingFailed(llvm::StringRef driver, llvm::StringRef log, llvm::StringRef died) {
  for (llvm::StringRef sign : {"File too large", "File size limit exceeded"})
    if (log.contains(sign) || died.contains(sign))
      return failed("cannot write the program: it is larger than the limit of a file's size (ulimit -f)");
  std::string words = withoutTrace(log);
  return failed("linking failed (" + driver + (died.empty() ? "" : ": " + died) + ")" +
                (words.empty() ? "" : ":\n" + words));
}

/// Runs a program of the system's, whose words are an error where it fails.
llvm::Error execute(llvm::ArrayRef<llvm::StringRef> arguments) {
  llvm::SmallString<128> log;
  if (std::error_code error = llvm::sys::fs::createTemporaryFile("agon-link", "log", log))
    return failed("cannot write a temporary file: " + error.message());
  llvm::sys::RemoveFileOnSignal(log);
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), log.str(), log.str()};
  std::string died;
  int status = llvm::sys::ExecuteAndWait(arguments.front(), arguments, std::nullopt, redirects, 0, 0, &died);
  std::string words;
  if (auto text = llvm::MemoryBuffer::getFile(log))
    words = (*text)->getBuffer().str();
  std::ignore = llvm::sys::fs::remove(log);
  llvm::sys::DontRemoveFileOnSignal(log);
  return status != 0 ? linkingFailed(arguments.front(), words, died) : llvm::Error::success();
}

/// The driver, once it is known that there is a runtime to link.
llvm::Expected<std::string> driverFor(llvm::StringRef runtimeArchive) {
  if (!llvm::sys::fs::exists(runtimeArchive))
    return failed("the runtime library is missing: expected " + runtimeArchive);
  return findDriver();
}

/// A program of binutils.
llvm::Expected<std::string> findTool(llvm::StringRef name) {
  if (auto found = llvm::sys::findProgramByName(name))
    return *found;
  return failed("there is no " + name + ", a program of binutils, which static libraries are made with");
}

/// The path of a library of the compiler's.
llvm::Expected<std::string> pathOf(llvm::StringRef driver, llvm::StringRef library) {
  llvm::SmallString<128> answer;
  if (std::error_code error = llvm::sys::fs::createTemporaryFile("agon-link", "txt", answer))
    return failed("cannot write a temporary file: " + error.message());
  std::string asked = ("-print-file-name=" + library).str();
  llvm::StringRef arguments[] = {driver, asked};
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), answer.str(), llvm::StringRef("")};
  llvm::sys::ExecuteAndWait(driver, arguments, std::nullopt, redirects);
  std::string path;
  if (auto text = llvm::MemoryBuffer::getFile(answer))
    path = (*text)->getBuffer().trim().str();
  std::ignore = llvm::sys::fs::remove(answer);
  if (!llvm::sys::fs::exists(path))
    return failed("the C++ compiler has no " + library);
  return path;
}

/// Makes symbols that are there once a program (STB_GNU_UNIQUE) such as objcopy can hide. C++'s library has them for
/// what two copies of it must not share.
llvm::Error makeUniqueGlobal(llvm::StringRef path) {
  using ELF = llvm::object::ELF64LE;
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return failed("cannot read " + path + ": " + buffer.getError().message());
  std::string content = (*buffer)->getBuffer().str();
  buffer->reset();
  auto file = llvm::object::ELFFile<ELF>::create(content);
  auto sections = file ? file->sections() : file.takeError();
  if (!sections)
    return sections.takeError();
  for (const ELF::Shdr &section : *sections) {
    if (section.sh_type != llvm::ELF::SHT_SYMTAB)
      continue;
    auto symbols = file->symbols(&section);
    if (!symbols)
      return symbols.takeError();
    for (const ELF::Sym &symbol : *symbols)
      if (symbol.getBinding() == llvm::ELF::STB_GNU_UNIQUE) {
        size_t place = size_t(reinterpret_cast<const char *>(&symbol) - content.data());
        reinterpret_cast<ELF::Sym *>(content.data() + place)
            ->setBindingAndType(llvm::ELF::STB_GLOBAL, symbol.getType());
      }
  }
  std::error_code error;
  llvm::raw_fd_ostream out(path, error);
  if (!error)
    out << content;
  out.close();
  if (error || out.has_error())
    return failed("cannot write " + path + ": " + (error ? error : out.error()).message());
  return llvm::Error::success();
}

} // namespace

llvm::Error link(llvm::ArrayRef<std::string> objects, llvm::StringRef runtimeArchive, llvm::StringRef output) {
  llvm::Expected<std::string> driver = driverFor(runtimeArchive);
  if (!driver)
    return driver.takeError();
  llvm::SmallVector<llvm::StringRef> arguments{*driver};
  arguments.append(objects.begin(), objects.end());
  arguments.append(
      {runtimeArchive, "-o", output, "-static-libstdc++", "-static-libgcc", "-Wl,--gc-sections", "-pthread", "-lm"});
  if (llvm::sys::findProgramByName("ld.lld"))
    arguments.push_back("-fuse-ld=lld");
  return execute(arguments);
}

llvm::Error linkShared(llvm::ArrayRef<std::string> objects, llvm::ArrayRef<std::string> symbols,
                       llvm::StringRef versions, llvm::StringRef runtimeArchive, llvm::StringRef output) {
  llvm::Expected<std::string> driver = driverFor(runtimeArchive);
  if (!driver)
    return driver.takeError();
  std::string script = ("-Wl,--version-script=" + versions).str();
  std::vector<std::string> wanted;
  for (const std::string &symbol : symbols)
    wanted.push_back("-Wl,-u," + symbol);
  llvm::SmallVector<llvm::StringRef> arguments{*driver, "-shared", "-fPIC", "-O1"};
  arguments.append(wanted.begin(), wanted.end());
  arguments.append(objects.begin(), objects.end());
  arguments.append({runtimeArchive, "-o", output, "-static-libstdc++", "-static-libgcc", script, "-Wl,--gc-sections",
                    "-Wl,--wrap=stderr", "-Wl,-z,defs", "-pthread", "-lm"});
  if (llvm::sys::findProgramByName("ld.lld"))
    arguments.push_back("-fuse-ld=lld");
  return execute(arguments);
}

llvm::Error linkArchive(llvm::ArrayRef<std::string> objects, llvm::ArrayRef<std::string> symbols, llvm::StringRef whole,
                        llvm::StringRef runtimeArchive, llvm::StringRef output) {
  llvm::Expected<std::string> driver = driverFor(runtimeArchive);
  if (!driver)
    return driver.takeError();
  // One object, so that all but the library's own functions can be hidden; groups of sections would be merged with
  // those of the program that it is linked into.
  llvm::SmallVector<llvm::StringRef> arguments{
      *driver, "-r", "-nostdlib", "-fPIC", "-O1", "-fuse-ld=bfd", "-Wl,--force-group-allocation"};
  std::vector<std::string> wanted, libraries;
  for (const std::string &symbol : symbols)
    wanted.push_back("-Wl,-u," + symbol);
  for (llvm::StringRef library : {"libstdc++.a", "libgcc_eh.a", "libgcc.a"}) {
    llvm::Expected<std::string> path = pathOf(*driver, library);
    if (!path)
      return path.takeError();
    libraries.push_back(*path);
  }
  arguments.append(wanted.begin(), wanted.end());
  arguments.append(objects.begin(), objects.end());
  arguments.push_back(runtimeArchive);
  arguments.append(libraries.begin(), libraries.end());
  arguments.append({"-o", whole});
  if (llvm::Error error = execute(arguments))
    return error;
  if (llvm::Error error = makeUniqueGlobal(whole))
    return error;
  llvm::Expected<std::string> objcopy = findTool("objcopy");
  llvm::Expected<std::string> ar = findTool("ar");
  if (!objcopy || !ar)
    return llvm::joinErrors(objcopy.takeError(), ar.takeError());
  std::vector<std::string> kept;
  for (const std::string &symbol : symbols)
    kept.push_back("--keep-global-symbol=" + symbol);
  llvm::SmallVector<llvm::StringRef> localize{*objcopy};
  localize.append(kept.begin(), kept.end());
  localize.push_back(whole);
  if (llvm::Error error = execute(localize))
    return error;
  std::ignore = llvm::sys::fs::remove(output); // ar adds to what is there
  return execute({*ar, "rcs", output, whole});
}

} // namespace agon::codegen
