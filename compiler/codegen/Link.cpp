//===- Link.cpp - Object file to training binary --------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Object.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
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

} // namespace

llvm::Error link(llvm::ArrayRef<std::string> objects, llvm::StringRef runtimeArchive, llvm::StringRef output) {
  if (!llvm::sys::fs::exists(runtimeArchive))
    return failed("the runtime library is missing: expected " + runtimeArchive);
  llvm::Expected<std::string> driver = findDriver();
  if (!driver)
    return driver.takeError();
  llvm::SmallVector<llvm::StringRef> arguments{*driver};
  arguments.append(objects.begin(), objects.end());
  arguments.append(
      {runtimeArchive, "-o", output, "-static-libstdc++", "-static-libgcc", "-Wl,--gc-sections", "-pthread", "-lm"});
  if (llvm::sys::findProgramByName("ld.lld"))
    arguments.push_back("-fuse-ld=lld");
  llvm::SmallString<128> log;
  if (std::error_code error = llvm::sys::fs::createTemporaryFile("agon-link", "log", log))
    return failed("cannot write a temporary file: " + error.message());
  llvm::sys::RemoveFileOnSignal(log);
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), log.str(), log.str()};
  std::string died;
  int status = llvm::sys::ExecuteAndWait(*driver, arguments, std::nullopt, redirects, 0, 0, &died);
  std::string words;
  if (auto text = llvm::MemoryBuffer::getFile(log))
    words = (*text)->getBuffer().str();
  std::ignore = llvm::sys::fs::remove(log);
  llvm::sys::DontRemoveFileOnSignal(log);
  if (status != 0)
    return linkingFailed(*driver, words, died);
  return llvm::Error::success();
}

} // namespace agon::codegen
