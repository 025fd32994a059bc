//===- Records.cpp - The records of a collection, decoded -----------------===//
#include "runtime/core/Failure.h"
#include "runtime/core/Memory.h"
#include "runtime/data/Collection.h"
#include "runtime/data/InputFile.h"
#include "runtime/data/Parallel.h"

#include <algorithm>
#include <cstring>
#include <new>

using namespace agon::rt;

namespace {

/// What was done to a picture, beside its decoder's remarks.
constexpr unsigned scaledRemark = 1u << 8, convertedRemark = 1u << 9;

/// Decodes the records of a collection of pictures.
class PictureReading {
public:
  PictureReading(const Collection &collection, const std::string &path, std::span<const int64_t> wanted,
                 const ReadingMeans &means, Faults &faults)
      : collection(collection), path(path), means(means), faults(faults) {
    isKnown = wanted.size() == 2 || wanted.size() == 3;
    if (!isKnown)
      return;
    channels = wanted.size() == 3 ? wanted[0] : 1;
    height = wanted[wanted.size() - 2];
    width = wanted[wanted.size() - 1];
  }

  Array read(std::vector<std::string> &notes);

private:
  void takeSizeOfFirst();
  void place(size_t record, Picture picture, uint8_t *to);
  void read(size_t record, uint8_t *to);
  void leaveOutFaulty(Array &array);
  void note(std::vector<std::string> &notes) const;

  const Collection &collection;
  const std::string &path;
  const ReadingMeans &means;
  Faults &faults;
  bool isKnown; ///< what size they are to have
  int64_t height = 0, width = 0, channels = 0;
  std::vector<unsigned> remarks;   ///< of each record
  std::vector<std::string> wrongs; ///< of each record, if faults are collected
};

/// All are to be as the first picture that can be decoded is.
void PictureReading::takeSizeOfFirst() {
  for (size_t record = 0; channels == 0 && record < collection.size(); ++record)
    try {
      Picture picture = collection.picture(record);
      height = picture.height;
      width = picture.width;
      channels = picture.channels;
    } catch (const Failure &) {
      if (!faults.undecodableAreCollected())
        throw;
    }
}

/// A record's picture as it is to be. \throws Failure (BadData).
void PictureReading::place(size_t record, Picture picture, uint8_t *to) {
  bool hasSize = picture.height == height && picture.width == width;
  if (!hasSize && !isKnown)
    fail(ExitCode::BadData,
         "{}: a picture of {} x {} pixels after others of {} x {}; declare the field as [channels, height, width], and "
         "all are scaled to it",
         (*collection.names)[record], picture.width, picture.height, width, height);
  if (picture.channels != channels && channels != 1 && channels != 3)
    fail(ExitCode::BadData, "{}: a picture of {} channels where {} are expected", (*collection.names)[record],
         picture.channels, channels);
  remarks[record] =
      picture.remarks | (hasSize ? 0 : scaledRemark) | (picture.channels == channels ? 0 : convertedRemark);
  convert(picture, channels);
  if (!hasSize)
    fit(picture, height, width);
  std::memcpy(to, picture.pixels.data(), picture.pixels.size());
}

/// A record; threads call it at once. \throws Failure that is not collected.
void PictureReading::read(size_t record, uint8_t *to) {
  bool isDecoded = false;
  try {
    Picture picture = collection.picture(record);
    isDecoded = true;
    place(record, std::move(picture), to);
  } catch (const Failure &failure) {
    bool isUndecodable = !isDecoded && failure.exitCode() == ExitCode::BadData;
    if (!faults.areCollected() && !(isUndecodable && faults.undecodableAreCollected()))
      throw;
    wrongs[record] = failure.what();
  }
}

/// Tells of the records that are wrong, and closes the gaps.
void PictureReading::leaveOutFaulty(Array &array) {
  auto names = std::make_shared<std::vector<std::string>>();
  size_t size = size_t(array.recordElements()), good = 0;
  for (size_t record = 0; record < wrongs.size(); ++record) {
    if (!wrongs[record].empty()) {
      faults.add(wrongs[record]);
      continue;
    }
    std::memmove(array.storage.data() + good * size, array.storage.data() + record * size, size);
    names->push_back((*collection.names)[record]);
    ++good;
  }
  array.shape[0] = int64_t(good);
  array.names = names;
}

void PictureReading::note(std::vector<std::string> &notes) const {
  const std::pair<unsigned, std::string> texts[] = {
      {scaledRemark, fmt::format("cut in the middle and scaled to {} x {} (bicubic, antialiased)", width, height)},
      {convertedRemark, channels == 1 ? "turned from colour to grey" : "turned from grey to colour"},
      {Picture::DroppedAlpha, "stripped of their transparency, for the colours below it"},
      {Picture::RoundedTo8, "rounded from 16 bits to 8"},
      {Picture::Turned, "turned as their camera was held (EXIF)"},
      {Picture::FromInks, "turned from CMYK to colour, without a profile"}};
  for (const auto &[remark, text] : texts)
    if (auto count = std::ranges::count_if(remarks, [remark = remark](unsigned of) { return of & remark; }))
      notes.push_back(fmt::format("{}: {} of {} pictures were {}", path, count, collection.size(), text));
}

Array PictureReading::read(std::vector<std::string> &notes) {
  takeSizeOfFirst();
  size_t count = collection.size(), size = size_t(height * width * channels);
  Array array;
  array.path = path;
  array.shape = {int64_t(count), height, width, channels};
  array.names = collection.names;
  array.storage = Bytes(UnfilledAllocator<std::byte>(means.store));
  if (uint64_t available = availableMemory(); count * size > available && !isOnDisk(array.storage))
    fail(ExitCode::Unavailable, "{}: its pictures need {}, {} are available; {}", path, bytesText(count * size),
         bytesText(available), cacheAdvice);
  array.storage.resize(count * size);
  remarks.resize(count);
  wrongs.resize(count);
  parallelFor(count, means.threads,
              [&](size_t record) { read(record, reinterpret_cast<uint8_t *>(array.storage.data()) + record * size); });
  if (std::ranges::any_of(wrongs, [](const std::string &wrong) { return !wrong.empty(); }))
    leaveOutFaulty(array);
  note(notes);
  return array;
}

/// Records that are arrays, all of one shape and type.
Array readArrays(const Collection &collection, const std::string &path, const ReadingMeans &means, Faults &faults) {
  Array all;
  all.path = path;
  all.names = collection.names;
  all.storage = Bytes(UnfilledAllocator<std::byte>(means.store));
  auto names = std::make_shared<std::vector<std::string>>();
  for (size_t record = 0; record < collection.size(); ++record)
    try {
      Array array = collection.array(record);
      if (names->empty()) {
        all.element = array.element;
        all.shape = array.shape;
      }
      if (array.element != all.element || array.shape != all.shape)
        fail(ExitCode::BadData, "{}: holds {} [{}], {} {} [{}]", (*collection.names)[record],
             elementName(array.element), fmt::join(array.shape, ", "), (*names)[0], elementName(all.element),
             fmt::join(all.shape, ", "));
      const std::byte *begin = array.data();
      all.storage.insert(all.storage.end(), begin,
                         begin + size_t(array.records() * array.recordElements()) * elementBytes(array.element));
      names->push_back((*collection.names)[record]);
    } catch (const Failure &failure) {
      faults.add(failure.what());
    }
  all.shape.insert(all.shape.begin(), int64_t(names->size()));
  all.names = names;
  return all;
}

} // namespace

Array agon::rt::readRecords(const Collection &collection, const std::string &path, std::span<const int64_t> wanted,
                            const ReadingMeans &means, Faults &faults, std::vector<std::string> &notes) {
  try {
    if (collection.array)
      return readArrays(collection, path, means, faults);
    return PictureReading(collection, path, wanted, means, faults).read(notes);
  } catch (const std::bad_alloc &) {
    fail(ExitCode::Unavailable, "{}: its records do not fit in memory; {}", path, cacheAdvice);
  }
}
