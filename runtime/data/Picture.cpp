#include "runtime/data/Picture.h"

#include "runtime/core/Failure.h"

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <jpeglib.h>
#include <png.h>

using namespace agon::rt;

// The libraries leave by longjmp where they fail. Between setjmp and the call that may fail nothing is made that has a
// destructor.

namespace {

/// Elements that a picture may have: more is taken for damage.
constexpr uint64_t mostElements = uint64_t(1) << 30;

/// Bytes that a library reads on from.
struct Source {
  std::span<const std::byte> left;
};

const unsigned char *bytesOf(std::span<const std::byte> content) {
  return reinterpret_cast<const unsigned char *>(content.data());
}

/// Makes room for the pixels; false if there are too many.
bool reserve(Picture &picture, uint64_t height, uint64_t width, uint64_t channels) {
  if (height == 0 || width == 0 || height * width > mostElements / channels)
    return false;
  picture.height = int64_t(height);
  picture.width = int64_t(width);
  picture.channels = int64_t(channels);
  picture.pixels.resize(size_t(height * width * channels));
  return true;
}

//===--- PNG -------------------------------------------------------------------------------------===//

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

/// False with the reason in `why`.
bool decodePng(std::span<const std::byte> content, Picture &picture, std::vector<png_bytep> &rows, std::string &why) {
  Source source{content};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &why, keepError, passWarning);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, nullptr);
    return false;
  }
  png_set_read_fn(png, &source, readBytes);
  png_read_info(png, info);
  png_set_expand(png);
  png_set_scale_16(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (!reserve(picture, png_get_image_height(png, info), png_get_image_width(png, info), png_get_channels(png, info)))
    png_error(png, "it has too many pixels");
  rows.clear();
  for (int64_t y = 0; y < picture.height; ++y)
    rows.push_back(picture.pixels.data() + y * picture.width * picture.channels);
  png_read_image(png, rows.data());
  png_read_end(png, nullptr);
  png_destroy_read_struct(&png, &info, nullptr);
  return true;
}

//===--- JPEG ------------------------------------------------------------------------------------===//

struct JpegErrors {
  jpeg_error_mgr manager;
  jmp_buf back;
  std::array<char, JMSG_LENGTH_MAX> text;
};

/// Leaves with the text of the first thing that is wrong: a warning tells of damage, too.
[[noreturn]] void leave(j_common_ptr info) {
  auto *errors = reinterpret_cast<JpegErrors *>(info->err);
  info->err->format_message(info, errors->text.data());
  std::longjmp(errors->back, 1);
}

void judgeMessage(j_common_ptr info, int level) {
  if (level < 0)
    leave(info);
}

/// False with the reason in `why`.
bool decodeJpeg(std::span<const std::byte> content, Picture &picture, std::string &why) {
  jpeg_decompress_struct info = {};
  JpegErrors errors = {};
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
  jpeg_read_header(&info, TRUE);
  bool isKnown =
      info.jpeg_color_space == JCS_GRAYSCALE || info.jpeg_color_space == JCS_YCbCr || info.jpeg_color_space == JCS_RGB;
  bool isGrey = info.jpeg_color_space == JCS_GRAYSCALE;
  if (!isKnown || !reserve(picture, info.image_height, info.image_width, isGrey ? 1 : 3)) {
    jpeg_destroy_decompress(&info);
    why = isKnown ? "it has too many pixels" : "its colours are neither grey nor red, green and blue";
    return false;
  }
  info.out_color_space = isGrey ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&info);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = picture.pixels.data() + int64_t(info.output_scanline) * picture.width * picture.channels;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return true;
}

bool isPng(std::span<const std::byte> content) {
  return content.size() >= 8 && png_sig_cmp(bytesOf(content), 0, 8) == 0;
}

bool isJpeg(std::span<const std::byte> content) {
  return content.size() >= 3 && content[0] == std::byte(0xff) && content[1] == std::byte(0xd8) &&
         content[2] == std::byte(0xff);
}

} // namespace

bool agon::rt::isPicture(std::span<const std::byte> content) { return isPng(content) || isJpeg(content); }

Picture agon::rt::decode(std::span<const std::byte> content, const std::string &place) {
  Picture picture;
  std::string why = "it is neither PNG nor JPEG";
  std::vector<png_bytep> rows;
  if (!(isPng(content) ? decodePng(content, picture, rows, why) : isJpeg(content) && decodeJpeg(content, picture, why)))
    fail(ExitCode::BadData, "{}: cannot be decoded: {}", place, why);
  return picture;
}

void agon::rt::convert(Picture &picture, int64_t channels) {
  if (channels == picture.channels)
    return;
  size_t count = size_t(picture.height * picture.width);
  std::vector<uint8_t> result(count * size_t(channels));
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
