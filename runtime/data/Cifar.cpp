//===- Cifar.cpp - CIFAR-10 and CIFAR-100 as downloaded -------------------===//
//
// https://www.cs.toronto.edu/~kriz/cifar.html. A record is one or two classes, then 32 x 32 pixels of red, of green and
// of blue. The archives for C programs have them one after the other, those for Python as pickled dictionaries.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Failure.h"
#include "runtime/data/Collection.h"
#include "runtime/data/Pickle.h"
#include "runtime/data/Readers.h"

#include <algorithm>
#include <map>

using namespace agon::rt;

namespace {

constexpr int64_t side = 32, planeBytes = side * side, pictureBytes = 3 * planeBytes;

/// One of the four archives.
struct Layout {
  const char *name;
  bool isPickled;
  std::vector<std::string> train, test; ///< members
  std::vector<std::string> classes;     ///< kinds of classes: keys of Python's, bytes before a picture; the usual last
  std::vector<std::string> meta;        ///< members with the names of classes, for each kind or for all
};

const std::vector<Layout> &layouts() {
  static const std::vector<Layout> all = {
      {"CIFAR-10",
       false,
       {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
       {"test_batch.bin"},
       {"label"},
       {"batches.meta.txt"}},
      {"CIFAR-100",
       false,
       {"train.bin"},
       {"test.bin"},
       {"coarse_label", "fine_label"},
       {"coarse_label_names.txt", "fine_label_names.txt"}},
      {"CIFAR-10",
       true,
       {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"},
       {"test_batch"},
       {"label"},
       {"batches.meta"}},
      {"CIFAR-100", true, {"train"}, {"test"}, {"coarse_label", "fine_label"}, {"meta"}}};
  return all;
}

/// Part of an archive, read: pictures and classes of each kind.
struct Batch {
  Members::Content content;
  std::string place;
  std::vector<const std::byte *> pictures;
  std::vector<std::vector<int32_t>> labels;
};

/// An archive's files of a layout.
struct Place {
  const Members &members;
  const Layout &layout;
  std::string folder; ///< in which they lie, with a slash; empty: the archive's top

  /// The member of a name; SIZE_MAX: none.
  size_t find(const std::string &name) const {
    for (size_t i = 0; i < members.size(); ++i)
      if (members.name(i) == folder + name)
        return i;
    return SIZE_MAX;
  }
};

/// The folders in which a member lies, with a slash behind each.
std::string foldersOf(const std::string &name) { return name.substr(0, name.rfind('/') + 1); }

/// Whether a member has the name, and begins as, a file of the layout.
bool isOf(const Layout &layout, const Members &members, size_t i) {
  std::string_view name = baseName(members.name(i));
  if (std::ranges::none_of(std::initializer_list{&layout.train, &layout.test, &layout.meta},
                           [&](const auto *names) { return std::ranges::count(*names, name) > 0; }))
    return false;
  if (!layout.isPickled)
    return true;
  // Of any protocol: two, marks of a dictionary in older ones.
  Members::Content head = members.read(i, 1);
  return !head.bytes.empty() && std::string_view("\x80(}").find(char(head.bytes[0])) != std::string_view::npos;
}

/// Where two files of a layout lie together, or one alone. Their names say too little where there are others.
std::optional<Place> findPlace(const Members &members) {
  for (const Layout &layout : layouts()) {
    std::map<std::string, size_t> counts;
    for (size_t i = 0; i < members.size(); ++i)
      if (isOf(layout, members, i))
        ++counts[foldersOf(members.name(i))];
    for (const auto &[folder, count] : counts)
      if (count > 1 || count == members.size())
        return Place{members, layout, folder};
  }
  return std::nullopt;
}

/// Refuses an archive or folder that is CIFAR among other things, of which nobody knows whether they are meant.
void judgeOthers(const Place &place) {
  const Members &members = place.members;
  for (size_t i = 0; i < members.size(); ++i) {
    const std::string &name = members.name(i);
    if (foldersOf(name) != place.folder)
      fail(ExitCode::BadData,
           "{}: {} lies in {}, and other files, {} first, lie elsewhere; name a folder or archive that holds one of "
           "them",
           members.path(), place.layout.name, place.folder.empty() ? "it" : shownText(place.folder), shownText(name));
    if (!isOf(place.layout, members, i) && isPicture(members.read(i, pictureHeadBytes).bytes))
      fail(ExitCode::BadData, "{}: holds {} and pictures, {} first; move one of them elsewhere", members.path(),
           place.layout.name, shownText(name));
  }
}

void readBinary(Batch &batch, const Layout &layout) {
  size_t kinds = layout.classes.size(), size = kinds + size_t(pictureBytes);
  auto bytes = batch.content.bytes;
  if (bytes.empty() || bytes.size() % size != 0)
    fail(ExitCode::BadData, "{}: expected records of {} bytes, got {} bytes", batch.place, size, bytes.size());
  for (size_t at = 0; at < bytes.size(); at += size) {
    for (size_t k = 0; k < kinds; ++k)
      batch.labels[k].push_back(int32_t(bytes[at + k]));
    batch.pictures.push_back(bytes.data() + at + kinds);
  }
}

/// A value of the dictionary that a batch is.
const PickleValue *valueOf(const Pickle &pickle, const std::string &key, const std::string &place) {
  if (pickle.whole->kind != PickleValue::Kind::Dictionary)
    fail(ExitCode::BadData, "{}: expected a dictionary of pictures and classes, got something else", place);
  const PickleValue *value = pickle.whole->at(key);
  if (!value)
    fail(ExitCode::BadData, "{}: the dictionary has no '{}'", place, key);
  return value;
}

void readPickled(Batch &batch, const Layout &layout) {
  Pickle pickle = readPickle(batch.content.bytes, batch.place);
  PickledBytes pictures = bytesIn(valueOf(pickle, "data", batch.place), batch.place);
  if (pictures.columns != pictureBytes)
    fail(ExitCode::BadData, "{}: expected pictures of {} bytes, got {}", batch.place, pictureBytes, pictures.columns);
  for (int64_t i = 0; i < pictures.rows; ++i)
    batch.pictures.push_back(reinterpret_cast<const std::byte *>(pictures.bytes.data()) + i * pictureBytes);
  for (size_t k = 0; k < layout.classes.size(); ++k) {
    batch.labels[k] = integersIn(valueOf(pickle, layout.classes[k] + "s", batch.place), batch.place);
    if (batch.labels[k].size() != batch.pictures.size())
      fail(ExitCode::BadData, "{}: {} pictures, {} classes", batch.place, batch.pictures.size(),
           batch.labels[k].size());
  }
}

/// What the classes of a kind are called; nothing where the archive does not tell.
std::vector<std::string> classNames(const Place &place, size_t kind) {
  const Layout &layout = place.layout;
  std::vector<std::string> names;
  size_t member = place.find(layout.meta[layout.isPickled ? 0 : kind]);
  if (member == SIZE_MAX)
    return names;
  Members::Content content = place.members.read(member);
  if (layout.isPickled) {
    Pickle pickle = readPickle(content.bytes, place.members.place(member));
    if (const PickleValue *list = pickle.whole->at(layout.classes[kind] + "_names"))
      for (const PickleValue *name : list->items)
        names.emplace_back(name->text);
    return names;
  }
  std::string_view text(reinterpret_cast<const char *>(content.bytes.data()), content.bytes.size());
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    line = line.substr(0, line.find('\r'));
    if (!line.empty())
      names.emplace_back(line);
  }
  return names;
}

/// The pixels of a picture, channels last.
Picture pictureOf(const std::byte *planes) {
  Picture picture{side, side, 3, Pixels(size_t(pictureBytes)), 0};
  for (int64_t p = 0; p < planeBytes; ++p)
    for (int64_t c = 0; c < 3; ++c)
      picture.pixels[size_t(p * 3 + c)] = uint8_t(planes[c * planeBytes + p]);
  return picture;
}

/// The members that are asked for, all of which must be there.
std::vector<size_t> membersOf(const Place &place, const std::vector<std::string> &parts, const std::string &path) {
  std::vector<std::string> names, missing;
  for (const std::string &part : parts) {
    if (part != "train" && part != "test")
      fail(ExitCode::Usage, "{}: expected a part train or test of CIFAR's archive, got {}", path, shownText(part));
    const std::vector<std::string> &more = part == "train" ? place.layout.train : place.layout.test;
    names.insert(names.end(), more.begin(), more.end());
  }
  std::vector<size_t> members;
  for (const std::string &name : parts.empty() ? place.layout.train : names)
    if (members.emplace_back(place.find(name)) == SIZE_MAX)
      missing.push_back(name);
  if (!missing.empty())
    fail(ExitCode::BadData, "{}: {} lacks {}; take all files of its archive", path, place.layout.name,
         fmt::join(missing, ", "));
  return members;
}

} // namespace

std::optional<Collection> agon::rt::openCifar(const std::string &path,
                                              const std::vector<std::shared_ptr<const Members>> &all,
                                              const std::vector<std::string> &parts) {
  std::optional<Place> found = all.size() == 1 ? findPlace(*all[0]) : std::nullopt;
  if (!found)
    return std::nullopt;
  judgeOthers(*found);
  const Members &members = found->members;
  const Layout &layout = found->layout;
  size_t kinds = layout.classes.size();
  Collection collection;
  collection.labels.resize(kinds);
  auto batches = std::make_shared<std::vector<Batch>>();
  auto names = std::make_shared<std::vector<std::string>>();
  auto pictures = std::make_shared<std::vector<const std::byte *>>();
  for (size_t member : membersOf(*found, parts, path)) {
    Batch &batch = batches->emplace_back();
    batch.content = members.read(member);
    batch.place = members.place(member);
    batch.labels.resize(kinds);
    layout.isPickled ? readPickled(batch, layout) : readBinary(batch, layout);
    for (size_t i = 0; i < batch.pictures.size(); ++i)
      names->push_back(fmt::format("{}: record {}", batch.place, i));
    pictures->insert(pictures->end(), batch.pictures.begin(), batch.pictures.end());
    for (size_t k = 0; k < kinds; ++k) {
      std::vector<int32_t> &to = collection.labels[kinds - 1 - k].numbers;
      to.insert(to.end(), batch.labels[k].begin(), batch.labels[k].end());
    }
  }
  for (size_t k = 0; k < kinds; ++k)
    collection.labels[kinds - 1 - k].names = classNames(*found, k);
  collection.names = names;
  // What is read lies in the archive, or in the batches.
  collection.picture = [archive = all[0], batches, pictures](size_t record) { return pictureOf((*pictures)[record]); };
  if (parts.empty())
    collection.notes.push_back(fmt::format("{}: the {} training records of {} are taken; the others by --data "
                                           "FIELDS={}:test",
                                           path, pictures->size(), layout.name, path));
  return collection;
}
