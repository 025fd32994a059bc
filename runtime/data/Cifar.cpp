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

using namespace agon::rt;

namespace {

constexpr int64_t side = 32, planeBytes = side * side, pictureBytes = 3 * planeBytes;

/// One of the four archives.
struct Layout {
  bool isPickled;
  std::vector<std::string> train, test; ///< members
  std::vector<std::string> classes;     ///< kinds of classes: keys of Python's, bytes before a picture, the usual last
  std::string namesMember;              ///< Python's: of the names of classes
};

const std::vector<Layout> &layouts() {
  static const std::vector<Layout> all = {
      {false,
       {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
       {"test_batch.bin"},
       {"batches.meta"},
       ""},
      {false, {"train.bin"}, {"test.bin"}, {"coarse_label_names", "fine_label_names"}, ""},
      {true,
       {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"},
       {"test_batch"},
       {"label"},
       "batches.meta"},
      {true, {"train"}, {"test"}, {"coarse_label", "fine_label"}, "meta"}};
  return all;
}

/// Part of an archive, read: pictures and classes of each kind.
struct Batch {
  Members::Content content;
  std::string place;
  std::vector<const std::byte *> pictures;
  std::vector<std::vector<int32_t>> labels;
};

size_t findMember(const Members &members, const std::string &name) {
  for (size_t i = 0; i < members.size(); ++i)
    if (baseName(members.name(i)) == name)
      return i;
  return SIZE_MAX;
}

bool isPickle(const Members::Content &content) {
  return content.bytes.size() >= 2 && content.bytes[0] == std::byte(0x80) && content.bytes[1] == std::byte(2);
}

/// Whether the archive has all members of the layout's training part.
bool hasLayout(const Members &members, const Layout &layout) {
  return std::ranges::all_of(layout.train, [&](const std::string &name) {
    size_t member = findMember(members, name);
    return member != SIZE_MAX && (!layout.isPickled || isPickle(members.read(member, 2)));
  });
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

void readPickled(Batch &batch, const Layout &layout) {
  Pickle pickle = readPickle(batch.content.bytes, batch.place);
  PickledBytes pictures = bytesIn(pickle.whole->at("data"), batch.place);
  if (pictures.columns != pictureBytes)
    fail(ExitCode::BadData, "{}: expected pictures of {} bytes, got {}", batch.place, pictureBytes, pictures.columns);
  for (int64_t i = 0; i < pictures.rows; ++i)
    batch.pictures.push_back(reinterpret_cast<const std::byte *>(pictures.bytes.data()) + i * pictureBytes);
  for (size_t k = 0; k < layout.classes.size(); ++k) {
    batch.labels[k] = integersIn(pickle.whole->at(layout.classes[k] + "s"), batch.place);
    if (batch.labels[k].size() != batch.pictures.size())
      fail(ExitCode::BadData, "{}: {} pictures, {} classes", batch.place, batch.pictures.size(),
           batch.labels[k].size());
  }
}

/// What the classes of a kind are called; nothing where the archive does not tell.
std::vector<std::string> classNames(const Members &members, const Layout &layout, const std::string &kind) {
  std::vector<std::string> names;
  size_t member = findMember(members, layout.isPickled ? layout.namesMember : kind + ".txt");
  if (member == SIZE_MAX)
    return names;
  Members::Content content = members.read(member);
  if (layout.isPickled) {
    Pickle pickle = readPickle(content.bytes, members.place(member));
    if (const PickleValue *list = pickle.whole->at(kind + "_names"))
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
  Picture picture{side, side, 3, std::vector<uint8_t>(size_t(pictureBytes)), 0};
  for (int64_t p = 0; p < planeBytes; ++p)
    for (int64_t c = 0; c < 3; ++c)
      picture.pixels[size_t(p * 3 + c)] = uint8_t(planes[c * planeBytes + p]);
  return picture;
}

/// The members that are asked for.
std::vector<std::string> membersOf(const Layout &layout, const std::vector<std::string> &parts,
                                   const std::string &path) {
  std::vector<std::string> names;
  for (const std::string &part : parts) {
    if (part != "train" && part != "test")
      fail(ExitCode::Usage, "{}: expected a part train or test of CIFAR's archive, got {}", path, shownText(part));
    const std::vector<std::string> &more = part == "train" ? layout.train : layout.test;
    names.insert(names.end(), more.begin(), more.end());
  }
  return parts.empty() ? layout.train : names;
}

} // namespace

std::optional<Collection> agon::rt::openCifar(const std::string &path,
                                              const std::vector<std::shared_ptr<const Members>> &all,
                                              const std::vector<std::string> &parts) {
  const Members &members = *all[0];
  auto layout = std::ranges::find_if(layouts(), [&](const Layout &each) { return hasLayout(members, each); });
  if (layout == layouts().end() || all.size() > 1)
    return std::nullopt;
  size_t kinds = layout->classes.size();
  Collection collection;
  collection.labels.resize(kinds);
  auto batches = std::make_shared<std::vector<Batch>>();
  auto names = std::make_shared<std::vector<std::string>>();
  auto pictures = std::make_shared<std::vector<const std::byte *>>();
  for (const std::string &name : membersOf(*layout, parts, path)) {
    size_t member = findMember(members, name);
    if (member == SIZE_MAX)
      fail(ExitCode::BadData, "{}: has no {}", path, name);
    Batch &batch = batches->emplace_back();
    batch.content = members.read(member);
    batch.place = members.place(member);
    batch.labels.resize(kinds);
    layout->isPickled ? readPickled(batch, *layout) : readBinary(batch, *layout);
    for (size_t i = 0; i < batch.pictures.size(); ++i)
      names->push_back(fmt::format("{}: record {}", batch.place, i));
    pictures->insert(pictures->end(), batch.pictures.begin(), batch.pictures.end());
    for (size_t k = 0; k < kinds; ++k) {
      std::vector<int32_t> &to = collection.labels[kinds - 1 - k].numbers;
      to.insert(to.end(), batch.labels[k].begin(), batch.labels[k].end());
    }
  }
  for (size_t k = 0; k < kinds; ++k)
    collection.labels[kinds - 1 - k].names = classNames(members, *layout, layout->classes[k]);
  collection.names = names;
  // What is read lies in the archive, or in the batches.
  collection.picture = [archive = all[0], batches, pictures](size_t record) { return pictureOf((*pictures)[record]); };
  if (parts.empty())
    collection.notes.push_back(
        fmt::format("{}: the {} training records of CIFAR-{} are taken; the others by --data FIELDS={}:test", path,
                    pictures->size(), kinds == 1 ? "10" : "100", path));
  return collection;
}
