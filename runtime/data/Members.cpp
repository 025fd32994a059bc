#include "runtime/data/Members.h"

#include "runtime/core/Failure.h"
#include "runtime/data/InputFile.h"
#include "runtime/data/Tar.h"

#include <algorithm>
#include <filesystem>
#include <set>

using namespace agon::rt;
namespace fs = std::filesystem;

bool agon::rt::holdsMembers(const std::string &path) {
  std::error_code error;
  if (fs::is_directory(path, error))
    return true;
  if (!fs::is_regular_file(path, error))
    return false;
  InputFile file(path, tarBlock);
  Bytes head;
  file.readTo(head, tarBlock);
  return isTar(head);
}

/// The whole of a file, which does not tell its size, or its first `most` bytes.
static Bytes readUpTo(const std::string &path, size_t most, Bytes content = Bytes()) {
  InputFile file(path, std::min<size_t>(most, 1 << 18));
  // One byte more than a file that is not packed has tells that it has ended.
  size_t step = file.packed() ? 1 << 16 : file.fileBytes() + 1;
  while (!file.ended() && content.size() < most) {
    file.requireMemory(content, content.size() + step);
    file.readTo(content, std::min(most, content.size() + step));
    step = std::max<size_t>(content.size() / 2, 1 << 16);
  }
  return content;
}

/// The files of `folder` and of the folders in it, linked ones too, but each of these once; and links that lead
/// nowhere.
static void findFiles(const fs::path &folder, std::vector<fs::path> &files, std::vector<fs::path> &deadLinks,
                      std::set<fs::path> &seen) {
  std::error_code error;
  fs::path real = fs::canonical(folder, error);
  if (!error && !seen.insert(real).second)
    return;
  auto entry = fs::directory_iterator(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code unknown; // a link to nothing is neither
    if (entry->is_directory(unknown))
      findFiles(entry->path(), files, deadLinks, seen);
    else if (entry->is_regular_file(unknown))
      files.push_back(entry->path());
    else if (entry->is_symlink(unknown) && !entry->exists(unknown))
      deadLinks.push_back(entry->path());
  }
  if (error)
    fail(ExitCode::InputOutput, "cannot read the folder {}: {}", folder.string(), error.message());
}

std::string_view agon::rt::baseName(std::string_view name) { return name.substr(name.rfind('/') + 1); }

std::string agon::rt::folderOf(const std::string &name) {
  size_t end = name.rfind('/');
  return end == std::string::npos ? "" : std::string(baseName(std::string_view(name).substr(0, end)));
}

Members::Members(const std::string &path, const std::shared_ptr<const BlockStore> &store)
    : where(path), unpacked(UnfilledAllocator<std::byte>(store)) {
  std::error_code error;
  isFolder = fs::is_directory(path, error);
  isFolder ? listFolder() : listArchive();
  std::erase_if(files, [](const File &file) { return baseName(file.name).starts_with('.'); });
  std::stable_sort(files.begin(), files.end(), [](const File &a, const File &b) { return a.name < b.name; });
  // The last one of a name stays.
  std::reverse(files.begin(), files.end());
  size_t all = files.size();
  files.erase(std::unique(files.begin(), files.end(), [](const File &a, const File &b) { return a.name == b.name; }),
              files.end());
  sameNames = all - files.size();
  std::reverse(files.begin(), files.end());
}

void Members::listFolder() {
  std::vector<fs::path> found, dead;
  std::set<fs::path> seen;
  findFiles(where, found, dead, seen);
  for (const fs::path &link : dead)
    links.push_back(link.lexically_relative(where).string());
  std::ranges::sort(links);
  for (const fs::path &file : found)
    files.push_back({file.lexically_relative(where).string(), {}});
}

void Members::listArchive() {
  std::span<const std::byte> content;
  if (InputFile(where).packed()) {
    unpacked = readUpTo(where, SIZE_MAX, std::move(unpacked));
    content = unpacked;
  } else {
    mapped = std::make_unique<Mapping>(where);
    content = mapped->bytes();
  }
  visitTar(content, where, [&](std::string name, std::span<const std::byte> bytes) {
    while (name.starts_with("./"))
      name.erase(0, 2);
    files.push_back({std::move(name), bytes});
  });
}

Members::Content Members::read(size_t i, size_t most) const {
  Content content;
  if (isFolder)
    content.owned = readUpTo(place(i), most);
  content.bytes = isFolder ? std::span<const std::byte>(content.owned) : files[i].content;
  content.bytes = content.bytes.first(std::min(most, content.bytes.size()));
  return content;
}
