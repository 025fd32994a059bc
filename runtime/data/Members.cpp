#include "runtime/data/Members.h"

#include "runtime/core/Failure.h"
#include "runtime/data/InputFile.h"
#include "runtime/data/Tar.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

using namespace agon::rt;
namespace fs = std::filesystem;

bool agon::rt::holdsMembers(const std::string &path) {
  std::error_code error;
  if (fs::is_directory(path, error))
    return true;
  if (!fs::is_regular_file(path, error))
    return false;
  InputFile file(path);
  Bytes head;
  file.readTo(head, tarBlock);
  return isTar(head);
}

/// The whole of a file, which does not tell its size; or its beginning, if that is not wanted.
static Bytes readWhole(const std::string &path, bool (*wants)(std::span<const std::byte>)) {
  InputFile file(path);
  Bytes content;
  file.readTo(content, 16);
  while (!file.ended() && wants(content)) {
    file.requireMemory(2 * content.size());
    file.readTo(content, content.size() + std::max<size_t>(content.size() / 2, 1 << 20));
  }
  return content;
}

/// The files of `folder` and of the folders in it, linked ones too, but each of these once.
static void findFiles(const fs::path &folder, std::vector<fs::path> &files, std::set<fs::path> &seen) {
  std::error_code error;
  fs::path real = fs::canonical(folder, error);
  if (!error && !seen.insert(real).second)
    return;
  auto entry = fs::directory_iterator(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code unknown; // a link to nothing is neither
    if (entry->is_directory(unknown))
      findFiles(entry->path(), files, seen);
    else if (entry->is_regular_file(unknown))
      files.push_back(entry->path());
  }
  if (error)
    fail(ExitCode::InputOutput, "{}: {}", folder.string(), error.message());
}

static void visitFolder(const std::string &path, bool (*wants)(std::span<const std::byte>),
                        const std::function<void(const Member &)> &visit) {
  std::vector<fs::path> files;
  std::set<fs::path> seen;
  findFiles(path, files, seen);
  std::sort(files.begin(), files.end());
  for (const fs::path &file : files) {
    Bytes content = readWhole(file, wants);
    visit({file.lexically_relative(path).string(), content});
  }
}

void agon::rt::visitMembers(const std::string &path, bool (*wants)(std::span<const std::byte>),
                            const std::function<void(const Member &)> &visit) {
  std::error_code error;
  if (fs::is_directory(path, error))
    return visitFolder(path, wants, visit);
  Bytes content = readWhole(path, [](std::span<const std::byte>) { return true; });
  visitTar(content, path, visit);
}
