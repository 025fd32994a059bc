#include "runtime/data/Codec.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <webp/decode.h>
#include <webp/demux.h>

using namespace agon::rt;

namespace {

bool accepts(std::span<const std::byte> head) {
  std::string_view text(reinterpret_cast<const char *>(head.data()), head.size());
  return text.size() >= 12 && text.starts_with("RIFF") && text.substr(8, 4) == "WEBP";
}

/// The first frame of an animation, on its canvas.
bool decodeFrame(std::span<const std::byte> content, Picture &picture) {
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options))
    return false;
  options.color_mode = MODE_RGBA; // there is none without transparency
  WebPData data{bytesOf(content), content.size()};
  std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(WebPAnimDecoderNew(&data, &options),
                                                                             WebPAnimDecoderDelete);
  uint8_t *pixel = nullptr; // the decoder's
  int end = 0;              // in milliseconds
  if (!decoder || !WebPAnimDecoderGetNext(decoder.get(), &pixel, &end))
    return false;
  for (size_t i = 0; i < picture.pixels.size(); i += 3, pixel += 4)
    std::copy_n(pixel, 3, picture.pixels.data() + i);
  return true;
}

bool decodeWebp(std::span<const std::byte> content, Picture &picture, std::string &why) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytesOf(content), content.size(), &features) != VP8_STATUS_OK) {
    why = "it is damaged or cut off";
    return false;
  }
  if (!makeRoom(picture, uint64_t(features.height), uint64_t(features.width), 3)) {
    why = "it has too many pixels";
    return false;
  }
  if (features.has_alpha)
    picture.remarks |= Picture::DroppedAlpha;
  why = "it is damaged or cut off";
  if (features.has_animation)
    return decodeFrame(content, picture);
  return WebPDecodeRGBInto(bytesOf(content), content.size(), picture.pixels.data(), picture.pixels.size(),
                           int(picture.width * 3)) != nullptr;
}

} // namespace

namespace agon::rt {
extern const Codec webpCodec;
const Codec webpCodec = {"WebP", accepts, decodeWebp};
} // namespace agon::rt
