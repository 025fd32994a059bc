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

/// The first frame of an animation, on a black canvas.
bool decodeFrame(std::span<const std::byte> content, Picture &picture) {
  WebPData data{bytesOf(content), content.size()};
  std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> demuxer(WebPDemux(&data), WebPDemuxDelete);
  WebPIterator frame;
  if (!demuxer || !WebPDemuxGetFrame(demuxer.get(), 1, &frame))
    return false;
  std::ranges::fill(picture.pixels, 0);
  size_t row = size_t(picture.width) * 3, first = size_t(frame.y_offset) * row + size_t(frame.x_offset) * 3;
  bool isDecoded =
      frame.complete && WebPDecodeRGBInto(frame.fragment.bytes, frame.fragment.size, picture.pixels.data() + first,
                                          picture.pixels.size() - first, int(row));
  WebPDemuxReleaseIterator(&frame);
  return isDecoded;
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
