#include "runtime/data/Codec.h"

#include <csetjmp>
#include <cstring>
#include <png.h>

using namespace agon::rt;

// The library leaves by longjmp where it fails. Between setjmp and the call that may fail nothing is made that has a
// destructor.

namespace {

/// Bytes that the library reads on from.
struct Source {
  std::span<const std::byte> left;
};

void readBytes(png_structp png, png_bytep to, size_t count) {
  auto *source = static_cast<Source *>(png_get_io_ptr(png));
  if (count > source->left.size())
    png_error(png, "the file is cut off");
  std::memcpy(to, source->left.data(), count);
  source->left = source->left.subspan(count);
}

void keepError(png_structp png, png_const_charp text) {
  *static_cast<std::string *>(png_get_error_ptr(png)) = text;
  png_longjmp(png, 1);
}

void passWarning(png_structp, png_const_charp) {}

/// `decodePng` with a list that outlives the jump.
bool decodeInto(std::span<const std::byte> content, Picture &picture, std::vector<png_bytep> &rows, std::string &why) {
  Source source{content};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &why, keepError, passWarning);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, nullptr);
    return false;
  }
  png_set_read_fn(png, &source, readBytes);
  png_read_info(png, info);
  constexpr uint64_t densest = 1032; // bytes that a byte of deflate stands for at most
  if (uint64_t(png_get_rowbytes(png, info)) * png_get_image_height(png, info) > densest * content.size())
    png_error(png, "the file is cut off");
  if ((png_get_color_type(png, info) & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, info, PNG_INFO_tRNS))
    picture.remarks |= Picture::DroppedAlpha;
  if (png_get_bit_depth(png, info) == 16)
    picture.remarks |= Picture::RoundedTo8;
  png_set_expand(png);
  png_set_scale_16(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (!makeRoom(picture, png_get_image_height(png, info), png_get_image_width(png, info), png_get_channels(png, info)))
    png_error(png, "it has too many pixels");
  rows.clear();
  for (int64_t y = 0; y < picture.height; ++y)
    rows.push_back(picture.pixels.data() + y * picture.width * picture.channels);
  png_read_image(png, rows.data());
  png_read_end(png, nullptr);
  png_destroy_read_struct(&png, &info, nullptr);
  return true;
}

bool accepts(std::span<const std::byte> head) { return head.size() >= 8 && png_sig_cmp(bytesOf(head), 0, 8) == 0; }

bool decodePng(std::span<const std::byte> content, Picture &picture, std::string &why) {
  std::vector<png_bytep> rows;
  return decodeInto(content, picture, rows, why);
}

} // namespace

namespace agon::rt {
extern const Codec pngCodec;
const Codec pngCodec = {"PNG", accepts, decodePng};
} // namespace agon::rt
