#include "runtime/data/PictureSet.h"

#include "runtime/core/Failure.h"
#include "runtime/data/InputFile.h"
#include "runtime/data/Members.h"
#include "runtime/data/Picture.h"
#include "runtime/data/Readers.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <new>
#include <numeric>

using namespace agon::rt;

namespace {

/// The folder that holds a member, without those outside it; empty if there is none.
std::string folderOf(const std::string &name) {
  size_t end = name.rfind('/');
  if (end == std::string::npos)
    return "";
  size_t begin = name.rfind('/', end - 1);
  return name.substr(begin == std::string::npos ? 0 : begin + 1, end - (begin == std::string::npos ? 0 : begin + 1));
}

class Collector {
public:
  Collector(const std::string &path, std::span<const int64_t> wanted, Faults &faults) : path(path), faults(faults) {
    if (wanted.size() == 3)
      channels = wanted[0];
    else if (wanted.size() == 2)
      channels = 1;
    isKnown = wanted.size() == 2 || wanted.size() == 3;
    if (isKnown) {
      height = wanted[wanted.size() - 2];
      width = wanted[wanted.size() - 1];
    }
  }

  void take(const Member &member);
  PictureSet finish();

private:
  struct Taken {
    std::string name, folder;
    std::vector<uint8_t> pixels;
  };

  const std::string &path;
  Faults &faults;
  int64_t height = 0, width = 0, channels = 0; ///< 0: those of the first picture
  std::vector<Taken> pictures;
  bool isKnown; ///< what size they are to have
  size_t others = 0, converted = 0, scaled = 0;
  std::string firstOther;
};

void Collector::take(const Member &member) {
  size_t begin = member.name.rfind('/') + 1;
  if (member.name[begin] == '.')
    return; // a hidden file is the system's
  if (!isPicture(member.content)) {
    if (others++ == 0)
      firstOther = member.name;
    return;
  }
  std::string place = path + "/" + member.name;
  Picture picture;
  try {
    picture = decode(member.content, place);
  } catch (const Failure &failure) {
    return faults.add(failure.what());
  }
  if (channels == 0)
    channels = picture.channels;
  if (height == 0) {
    height = picture.height;
    width = picture.width;
  }
  bool hasSize = picture.height == height && picture.width == width;
  if (!hasSize && !isKnown)
    return faults.add(fmt::format("{}: a picture of {} x {} pixels after others of {} x {}; declare the field as "
                                  "[channels, height, width], and all are scaled to it",
                                  place, picture.width, picture.height, width, height));
  if (picture.channels != channels && channels != 1 && channels != 3)
    return faults.add(
        fmt::format("{}: a picture of {} channels where {} are expected", place, picture.channels, channels));
  converted += picture.channels != channels;
  scaled += !hasSize;
  convert(picture, channels);
  if (!hasSize)
    fit(picture, height, width);
  pictures.push_back({member.name, folderOf(member.name), std::move(picture.pixels)});
}

PictureSet Collector::finish() {
  if (pictures.empty() && faults.count() == 0)
    fail(ExitCode::BadData, "{}: holds no pictures (PNG or JPEG){}", path,
         others ? fmt::format("; its first file is {}", shownText(firstOther)) : "");
  std::stable_sort(pictures.begin(), pictures.end(), [](const Taken &a, const Taken &b) { return a.name < b.name; });
  PictureSet set;
  std::map<std::string, int32_t> numbers;
  for (const Taken &picture : pictures)
    numbers[picture.folder] = 0;
  for (auto &[name, number] : numbers) {
    number = int32_t(set.names.size());
    set.names.push_back(name);
  }
  size_t size = size_t(height * width * channels);
  set.pixels.path = set.classes.path = path;
  set.pixels.shape = {int64_t(pictures.size()), height, width, channels};
  set.classes.shape = {int64_t(pictures.size())};
  set.classes.element = Element::I32;
  set.pixels.storage.resize(pictures.size() * size);
  set.classes.storage.resize(pictures.size() * sizeof(int32_t));
  for (size_t i = 0; i < pictures.size(); ++i) {
    std::memcpy(set.pixels.storage.data() + i * size, pictures[i].pixels.data(), size);
    std::memcpy(set.classes.storage.data() + i * sizeof(int32_t), &numbers[pictures[i].folder], sizeof(int32_t));
  }
  if (others)
    set.notes.push_back(fmt::format("{}: {} file{} no PNG or JPEG picture: left out, {} first", path, others,
                                    others == 1 ? " is" : "s are", shownText(firstOther)));
  if (scaled)
    set.notes.push_back(fmt::format("{}: {} of {} pictures were cut in the middle and scaled to {} x {} (bicubic, "
                                    "antialiased)",
                                    path, scaled, pictures.size(), width, height));
  if (converted)
    set.notes.push_back(fmt::format("{}: {} of {} pictures were turned from {}", path, converted, pictures.size(),
                                    channels == 1 ? "colour to grey" : "grey to colour"));
  return set;
}

} // namespace

PictureSet agon::rt::readPictures(const std::string &path, std::span<const int64_t> wanted, Faults &faults) {
  try {
    Collector collector(path, wanted, faults);
    visitMembers(path, isPicture, [&](const Member &member) { collector.take(member); });
    return collector.finish();
  } catch (const std::bad_alloc &) {
    fail(ExitCode::Unavailable, "{}: its pictures do not fit in memory", path);
  }
}
