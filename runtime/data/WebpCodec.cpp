#include "runtime/data/Codec.h"

#include <string_view>
#include <webp/decode.h>

using namespace agon::rt;

namespace {

bool accepts(std::span<const std::byte> head) {
  std::string_view text(reinterpret_cast<const char *>(head.data()), head.size());
  return text.size() >= 12 && text.starts_with("RIFF") && text.substr(8, 4) == "WEBP";
}

bool decodeWebp(std::span<const std::byte> content, Picture &picture, std::string &why) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytesOf(content), content.size(), &features) != VP8_STATUS_OK) {
    why = "it is damaged or cut off";
    return false;
  }
  if (features.has_animation) {
    why = "it is animated, which is not read";
    return false;
  }
  if (!makeRoom(picture, uint64_t(features.height), uint64_t(features.width), 3)) {
    why = "it has too many pixels";
    return false;
  }
  if (features.has_alpha)
    picture.remarks |= Picture::DroppedAlpha;
  why = "it is damaged or cut off";
  return WebPDecodeRGBInto(bytesOf(content), content.size(), picture.pixels.data(), picture.pixels.size(),
                           int(picture.width * 3)) != nullptr;
}

} // namespace

namespace agon::rt {
extern const Codec webpCodec;
const Codec webpCodec = {"WebP", accepts, decodeWebp};
} // namespace agon::rt
