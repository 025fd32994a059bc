//===- Npz.cpp - Several of NumPy's arrays in one file --------------------===//
//
// A zip archive of NPY files, stored or deflated: numpy.savez, numpy.savez_compressed.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Failure.h"
#include "runtime/core/Suggest.h"
#include "runtime/data/InputFile.h"
#include "runtime/data/Readers.h"
#include "runtime/data/Zip.h"

#include <algorithm>

using namespace agon::rt;

namespace agon::rt {
extern const Reader npyReader;
} // namespace agon::rt

static constexpr std::string_view ending = ".npy";

/// What the arrays are called, for files of this ending.
static std::vector<std::string> namesOf(const std::vector<ZipMember> &members) {
  std::vector<std::string> names;
  for (const ZipMember &member : members)
    if (member.name.ends_with(ending))
      names.push_back(member.name.substr(0, member.name.size() - ending.size()));
  return names;
}

bool agon::rt::isNpz(const std::string &path) {
  InputFile file(path);
  Bytes head;
  file.readTo(head, 64);
  return isZip(head);
}

std::vector<std::string> agon::rt::npzNames(const std::string &path) {
  Mapping mapping(path);
  return namesOf(listZip(mapping.bytes(), path));
}

Array agon::rt::readNpz(const std::string &path, const std::vector<std::string> &columns,
                        const std::shared_ptr<const BlockStore> &store) {
  Mapping mapping(path);
  std::vector<ZipMember> members = listZip(mapping.bytes(), path);
  std::vector<std::string> names = namesOf(members);
  auto listed = fmt::format("{}", fmt::join(names, ", "));
  if (names.empty())
    fail(ExitCode::BadData, "{}: a zip archive without an NPY file", path);
  if (columns.size() > 1 || (columns.empty() && names.size() > 1))
    fail(ExitCode::BadData, "{}: holds several arrays, {}; choose one, as in --data x={}:{}", path, listed, path,
         names[0]);
  const std::string &name = columns.empty() ? names[0] : columns[0];
  auto found = std::ranges::find(members, name + std::string(ending), &ZipMember::name);
  if (found == members.end())
    fail(ExitCode::BadData, "{}: expected an array {}, got {}{}", path, shownText(name), listed,
         suggestion(name, names));
  std::string place = path + ":" + name;
  Bytes content{UnfilledAllocator<std::byte>(store)};
  InputFile(path).requireMemory(content, size_t(found->size));
  content = unpackZip(*found, std::move(content), place);
  if (!npyReader.accepts(content) || npyReader.size(content, place) != content.size())
    fail(ExitCode::BadData, "{}: expected an NPY file of the size that its header tells", place);
  Faults none(Faults::Told::First);
  Array array = npyReader.read(std::move(content), place, {}, none);
  array.path = place;
  return array;
}
