#include "runtime/data/Picture.h"

#include "runtime/core/Failure.h"
#include "runtime/data/Codec.h"

#include <algorithm>
#include <cstring>

namespace agon::rt {
// The kinds, by the files that decode them.
extern const Codec pngCodec, jpegCodec, webpCodec, gifCodec;
} // namespace agon::rt

using namespace agon::rt;

static const Codec *const codecs[] = {&pngCodec, &jpegCodec, &webpCodec, &gifCodec};

bool agon::rt::makeRoom(Picture &picture, uint64_t height, uint64_t width, uint64_t channels) {
  constexpr uint64_t mostElements = uint64_t(1) << 30; // more is taken for damage
  if (height == 0 || width == 0 || height * width > mostElements / channels)
    return false;
  picture.height = int64_t(height);
  picture.width = int64_t(width);
  picture.channels = int64_t(channels);
  picture.pixels.resize(size_t(height * width * channels));
  return true;
}

static const Codec *codecOf(std::span<const std::byte> head) {
  auto *found = std::ranges::find_if(codecs, [&](const Codec *codec) { return codec->accepts(head); });
  return found == std::end(codecs) ? nullptr : *found;
}

bool agon::rt::isPicture(std::span<const std::byte> head) { return codecOf(head) != nullptr; }

std::string agon::rt::pictureKinds() {
  std::string text;
  for (size_t i = 0; i < std::size(codecs); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : i + 1 < std::size(codecs) ? ", " : " or ", codecs[i]->name);
  return text;
}

Picture agon::rt::decode(std::span<const std::byte> content, const std::string &place) {
  Picture picture;
  std::string why = fmt::format("it is no {} file", pictureKinds());
  if (const Codec *codec = codecOf(content); !codec || !codec->decode(content, picture, why))
    fail(ExitCode::BadData, "{}: cannot be decoded: {}", place, why);
  return picture;
}

void agon::rt::convert(Picture &picture, int64_t channels) {
  if (channels == picture.channels)
    return;
  size_t count = size_t(picture.height * picture.width);
  Pixels result(count * size_t(channels));
  for (size_t i = 0; i < count; ++i) {
    const uint8_t *from = picture.pixels.data() + i * size_t(picture.channels);
    if (picture.channels == 1)
      std::memset(result.data() + i * size_t(channels), *from, size_t(channels));
    else
      result[i] = uint8_t((19595u * from[0] + 38470u * from[1] + 7471u * from[2] + 0x8000u) >> 16);
  }
  picture.channels = channels;
  picture.pixels = std::move(result);
}
