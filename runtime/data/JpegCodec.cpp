#include "runtime/data/Codec.h"

#include <array>
#include <csetjmp>
#include <cstdio>
#include <jpeglib.h>
#include <string_view>

using namespace agon::rt;

// The library leaves by longjmp where it fails. Between setjmp and the call that may fail nothing is made that has a
// destructor.

namespace {

struct Errors {
  jpeg_error_mgr manager;
  jmp_buf back;
  std::array<char, JMSG_LENGTH_MAX> text;
};

/// Leaves with the text of the first thing that is wrong: a warning tells of damage, too.
[[noreturn]] void leave(j_common_ptr info) {
  auto *errors = reinterpret_cast<Errors *>(info->err);
  info->err->format_message(info, errors->text.data());
  std::longjmp(errors->back, 1);
}

void judgeMessage(j_common_ptr info, int level) {
  if (level < 0)
    leave(info);
}

/// A whole number of `count` bytes in a TIFF file, which says whether the lowest comes first.
struct Tiff {
  std::string_view bytes;
  bool lowestFirst;

  bool has(size_t at, size_t count) const { return at <= bytes.size() && count <= bytes.size() - at; }
  uint32_t number(size_t at, size_t count) const {
    uint32_t value = 0;
    for (size_t i = 0; i < count; ++i)
      value |= uint32_t(uint8_t(bytes[at + (lowestFirst ? i : count - 1 - i)])) << 8 * i;
    return value;
  }
};

/// How the camera was held (Exif 2.32, tag 0x112), 1 where the segment APP1 does not tell.
unsigned orientationOf(std::string_view segment) {
  constexpr std::string_view mark("Exif\0\0", 6);
  if (!segment.starts_with(mark))
    return 1;
  Tiff tiff{segment.substr(mark.size()), false};
  if (!tiff.has(0, 8) || (!tiff.bytes.starts_with("II") && !tiff.bytes.starts_with("MM")))
    return 1;
  tiff.lowestFirst = tiff.bytes[0] == 'I';
  size_t at = tiff.number(4, 4);
  if (!tiff.has(at, 2))
    return 1;
  size_t entries = tiff.number(at, 2);
  for (at += 2; entries > 0 && tiff.has(at, 12); --entries, at += 12)
    if (tiff.number(at, 2) == 0x112 && tiff.number(at + 2, 2) == 3) { // a number of 16 bits
      uint32_t value = tiff.number(at + 8, 2);
      return value >= 1 && value <= 8 ? value : 1;
    }
  return 1;
}

/// Inverted cyan, magenta, yellow and black to red, green and blue as Pillow does it, without a colour profile.
void toColour(const uint8_t *from, uint8_t *to, int64_t pixels) {
  for (int64_t i = 0; i < pixels; ++i)
    for (int64_t c = 0; c < 3; ++c) {
      // 255 - k - (ink * (255 - k) / 255, rounded), of what the file has inverted
      unsigned black = from[4 * i + 3], ink = 255u - from[4 * i + c], product = ink * black + 128;
      to[3 * i + c] = uint8_t(black - ((product + (product >> 8)) >> 8));
    }
}

/// `decodeJpeg` with what outlives the jump.
bool decodeInto(std::span<const std::byte> content, Picture &picture, std::vector<uint8_t> &line, unsigned &orientation,
                std::string &why) {
  jpeg_decompress_struct info = {};
  Errors errors = {};
  info.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = leave;
  errors.manager.emit_message = judgeMessage;
  if (setjmp(errors.back)) {
    jpeg_destroy_decompress(&info);
    why = errors.text.data();
    return false;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, bytesOf(content), content.size());
  jpeg_save_markers(&info, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(&info, TRUE);
  for (jpeg_saved_marker_ptr marker = info.marker_list; marker && orientation == 1; marker = marker->next)
    orientation = orientationOf({reinterpret_cast<const char *>(marker->data), marker->data_length});
  bool isGrey = info.jpeg_color_space == JCS_GRAYSCALE;
  bool hasInks = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  bool isKnown = isGrey || hasInks || info.jpeg_color_space == JCS_YCbCr || info.jpeg_color_space == JCS_RGB;
  if (!isKnown || !makeRoom(picture, info.image_height, info.image_width, isGrey ? 1 : 3)) {
    jpeg_destroy_decompress(&info);
    why = isKnown ? "it has too many pixels" : "its colours are none that JPEG files name";
    return false;
  }
  info.out_color_space = isGrey ? JCS_GRAYSCALE : hasInks ? JCS_CMYK : JCS_RGB;
  if (hasInks)
    picture.remarks |= Picture::FromInks;
  jpeg_start_decompress(&info);
  line.resize(hasInks ? size_t(picture.width) * 4 : 0);
  while (info.output_scanline < info.output_height) {
    uint8_t *to = picture.pixels.data() + int64_t(info.output_scanline) * picture.width * picture.channels;
    JSAMPROW row = hasInks ? line.data() : to;
    jpeg_read_scanlines(&info, &row, 1);
    if (hasInks)
      toColour(line.data(), to, picture.width);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return true;
}

/// Turns and mirrors a picture so that it stands as the camera saw it.
void stand(Picture &picture, unsigned orientation) {
  if (orientation == 1)
    return;
  bool swaps = orientation >= 5;
  Picture turned = picture;
  if (swaps)
    std::swap(turned.height, turned.width);
  // Where a pixel of the new picture lies in the old one.
  bool fromRight = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  bool fromBelow = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  for (int64_t y = 0; y < turned.height; ++y)
    for (int64_t x = 0; x < turned.width; ++x) {
      int64_t oldX = swaps ? y : x, oldY = swaps ? x : y;
      oldX = fromRight ? picture.width - 1 - oldX : oldX;
      oldY = fromBelow ? picture.height - 1 - oldY : oldY;
      for (int64_t c = 0; c < picture.channels; ++c)
        turned.pixels[size_t((y * turned.width + x) * picture.channels + c)] =
            picture.pixels[size_t((oldY * picture.width + oldX) * picture.channels + c)];
    }
  picture = std::move(turned);
  picture.remarks |= Picture::Turned;
}

bool accepts(std::span<const std::byte> head) {
  return head.size() >= 3 && head[0] == std::byte(0xff) && head[1] == std::byte(0xd8) && head[2] == std::byte(0xff);
}

bool decodeJpeg(std::span<const std::byte> content, Picture &picture, std::string &why) {
  std::vector<uint8_t> line;
  unsigned orientation = 1;
  if (!decodeInto(content, picture, line, orientation, why))
    return false;
  stand(picture, orientation);
  return true;
}

} // namespace

namespace agon::rt {
extern const Codec jpegCodec;
const Codec jpegCodec = {"JPEG", accepts, decodeJpeg};
} // namespace agon::rt
