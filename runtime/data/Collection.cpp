//===- Collection.cpp - Records in folders and archives -------------------===//
//
// The layout of WebDataset: files that share a key, their name up to the first dot after the last slash, are a record.
// https://huggingface.co/docs/hub/datasets-webdataset
//
//===----------------------------------------------------------------------===//
#include "runtime/data/Collection.h"

#include "runtime/core/Failure.h"
#include "runtime/data/Parallel.h"
#include "runtime/data/Readers.h"

#include <algorithm>
#include <charconv>
#include <map>

using namespace agon::rt;

namespace agon::rt {
extern const Reader npyReader;
} // namespace agon::rt

namespace {

using Archives = std::vector<std::shared_ptr<const Members>>;

/// A file of one of the archives.
struct File {
  size_t archive, member;
};

enum class Kind : uint8_t { Picture, Array, Class, Other };

Kind kindOf(const Members &members, size_t i) {
  if (members.name(i).ends_with(".cls"))
    return Kind::Class;
  Members::Content head = members.read(i, pictureHeadBytes);
  return isPicture(head.bytes) ? Kind::Picture : npyReader.accepts(head.bytes) ? Kind::Array : Kind::Other;
}

std::string keyOf(const std::string &name) { return name.substr(0, name.find('.', name.rfind('/') + 1)); }

/// Sorts the files of the archives out.
class Listing {
public:
  Listing(const std::string &path, Archives archives, int threads) : path(path), archives(std::move(archives)) {
    list(threads);
  }

  Collection collect();

private:
  void list(int threads);
  void classByFiles(Collection &collection) const;
  void classByFolders(Collection &collection) const;
  const Members &of(File file) const { return *archives[file.archive]; }
  const std::string &nameOf(File file) const { return of(file).name(file.member); }

  const std::string &path;
  Archives archives;
  std::vector<File> pictures, arrays, classes, others;
};

void Listing::list(int threads) {
  for (size_t a = 0; a < archives.size(); ++a) {
    const Members &members = *archives[a];
    std::vector<Kind> kinds(members.size());
    parallelFor(members.size(), threads, [&](size_t i) { kinds[i] = kindOf(members, i); });
    for (size_t i = 0; i < kinds.size(); ++i)
      (kinds[i] == Kind::Picture ? pictures
       : kinds[i] == Kind::Array ? arrays
       : kinds[i] == Kind::Class ? classes
                                 : others)
          .push_back({a, i});
  }
  // Arrays are records where there are no pictures.
  if (!pictures.empty())
    others.insert(others.end(), arrays.begin(), arrays.end());
}

/// A number in a file of its own, beside each record.
void Listing::classByFiles(Collection &collection) const {
  std::map<std::pair<size_t, std::string>, File> files;
  for (File file : classes)
    files[{file.archive, keyOf(nameOf(file))}] = file;
  Collection::Labels &labels = collection.labels.emplace_back();
  for (File record : pictures.empty() ? arrays : pictures) {
    std::string key = keyOf(nameOf(record));
    auto found = files.find({record.archive, key});
    if (found == files.end())
      fail(ExitCode::BadData, "{}: has no class: {}.cls is missing", of(record).place(record.member), key);
    Members::Content content = of(found->second).read(found->second.member);
    std::string_view text(reinterpret_cast<const char *>(content.bytes.data()), content.bytes.size());
    text = text.substr(0, text.find_last_not_of(" \r\n\t") + 1);
    int32_t &number = labels.numbers.emplace_back();
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
      fail(ExitCode::BadData, "{}: expected the number of a class, got {}",
           of(found->second).place(found->second.member), shownText(text));
  }
}

/// The number of the folder that holds a record, in the order of their names.
void Listing::classByFolders(Collection &collection) const {
  const std::vector<File> &records = pictures.empty() ? arrays : pictures;
  std::map<std::string, int32_t> numbers;
  for (File file : records)
    numbers[folderOf(nameOf(file))] = 0;
  if (numbers.begin()->first.empty())
    return; // a record in no folder
  Collection::Labels &labels = collection.labels.emplace_back();
  for (auto &[name, number] : numbers) {
    number = int32_t(labels.names.size());
    labels.names.push_back(name);
  }
  for (File file : records)
    labels.numbers.push_back(numbers[folderOf(nameOf(file))]);
}

Collection Listing::collect() {
  const std::vector<File> &records = pictures.empty() ? arrays : pictures;
  if (records.empty())
    fail(ExitCode::BadData, "{}: holds no pictures ({}) and no NPY files{}", path, pictureKinds(),
         others.empty() ? "" : fmt::format("; its first file is {}", shownText(nameOf(others[0]))));
  Collection collection;
  classes.empty() ? classByFolders(collection) : classByFiles(collection);
  auto names = std::make_shared<std::vector<std::string>>();
  for (File file : records)
    names->push_back(of(file).place(file.member));
  collection.names = names;
  if (pictures.empty())
    collection.array = [archives = archives, records, names](size_t record) {
      Members::Content content = archives[records[record].archive]->read(records[record].member);
      const std::string &place = (*names)[record];
      if (npyReader.size(content.bytes, place) != content.bytes.size())
        fail(ExitCode::BadData, "{}: expected an NPY file of the size that its header tells", place);
      Faults none(Faults::Told::First);
      return npyReader.read(Bytes(content.bytes.begin(), content.bytes.end()), place, {}, none);
    };
  else
    collection.picture = [archives = archives, records, names](size_t record) {
      Members::Content content = archives[records[record].archive]->read(records[record].member);
      return decode(content.bytes, (*names)[record]);
    };
  if (!others.empty())
    collection.notes.push_back(fmt::format("{}: {} file{} no picture ({}): left out, {} first", path, others.size(),
                                           others.size() == 1 ? " is" : "s are", pictureKinds(),
                                           shownText(nameOf(others[0]))));
  for (const auto &archive : archives)
    if (size_t dead = archive->deadLinks().size())
      collection.notes.push_back(fmt::format("{}: {} lead{} nowhere: left out, {} first", archive->path(),
                                             dead == 1 ? "1 link" : fmt::format("{} links", dead), dead == 1 ? "s" : "",
                                             shownText(archive->deadLinks()[0])));
  return collection;
}

} // namespace

Collection agon::rt::openCollection(const std::string &path, const std::vector<std::string> &files,
                                    const std::vector<std::string> &parts, const ReadingMeans &means) {
  Archives archives;
  size_t replaced = 0;
  for (const std::string &file : files) {
    if (!holdsMembers(file))
      fail(ExitCode::BadData, "{}: expected a folder or a tar archive, as {} is one", file, files[0]);
    archives.push_back(std::make_shared<const Members>(file, means.store));
    replaced += archives.back()->replaced();
  }
  std::optional<Collection> found = openCifar(path, archives, parts);
  if (!found && !parts.empty())
    fail(ExitCode::Usage, "{}: parts are of CIFAR's archives; it is another archive or folder, leave :{} out", path,
         fmt::join(parts, ","));
  Collection collection = found ? std::move(*found) : Listing(path, archives, means.threads).collect();
  if (replaced)
    collection.notes.push_back(fmt::format("{}: {} of its members {} replaced by a later one of the same name", path,
                                           replaced, replaced == 1 ? "is" : "are"));
  return collection;
}
