//===- GifCodec.cpp - The first frame of GIF files ------------------------===//
#include "runtime/core/Failure.h"
#include "runtime/data/Codec.h"

#include <algorithm>
#include <cstring>
#include <gif_lib.h>
#include <memory>
#include <string_view>

using namespace agon::rt;

namespace {

bool accepts(std::span<const std::byte> head) {
  std::string_view text(reinterpret_cast<const char *>(head.data()), head.size());
  return text.starts_with("GIF87a") || text.starts_with("GIF89a");
}

int readBytes(GifFileType *gif, GifByteType *to, int count) {
  auto &left = *static_cast<std::span<const std::byte> *>(gif->UserData);
  size_t taken = std::min(size_t(count), left.size());
  std::memcpy(to, left.data(), taken);
  left = left.subspan(taken);
  return int(taken);
}

struct Close {
  void operator()(GifFileType *gif) const { DGifCloseFile(gif, nullptr); }
};
using File = std::unique_ptr<GifFileType, Close>;

/// Reads on to the first frame's description. \returns the number of the colour that is transparent, or -1; -2 where
/// there is no frame.
int findFrame(GifFileType *gif) {
  int transparent = -1;
  for (GifRecordType type; DGifGetRecordType(gif, &type) == GIF_OK && type != TERMINATE_RECORD_TYPE;) {
    if (type == IMAGE_DESC_RECORD_TYPE)
      return DGifGetImageDesc(gif) == GIF_OK ? transparent : -2;
    int code;
    GifByteType *block; // its size, then its bytes
    if (type != EXTENSION_RECORD_TYPE || DGifGetExtension(gif, &code, &block) == GIF_ERROR)
      return -2;
    GraphicsControlBlock control;
    if (code == GRAPHICS_EXT_FUNC_CODE && block && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
      transparent = control.TransparentColor;
    while (block)
      if (DGifGetExtensionNext(gif, &block) == GIF_ERROR)
        return -2;
  }
  return -2;
}

/// The frame's numbers of colours, in the order of its rows.
bool readFrame(GifFileType *gif, std::vector<GifByteType> &numbers) {
  int width = gif->Image.Width, height = gif->Image.Height;
  numbers.resize(size_t(width) * size_t(height));
  struct Pass {
    int first, step;
  };
  constexpr Pass whole[] = {{0, 1}}, interlaced[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  for (Pass pass : gif->Image.Interlace ? std::span<const Pass>(interlaced) : std::span<const Pass>(whole))
    for (int y = pass.first; y < height; y += pass.step)
      if (DGifGetLine(gif, numbers.data() + size_t(y) * size_t(width), width) == GIF_ERROR)
        return false;
  return true;
}

bool decodeGif(std::span<const std::byte> content, Picture &picture, std::string &why) {
  int error = 0;
  File file(DGifOpen(&content, readBytes, &error));
  why = "it is damaged or cut off";
  int transparent = file ? findFrame(file.get()) : -2;
  if (transparent == -2)
    return false;
  const GifImageDesc &frame = file->Image;
  const ColorMapObject *colours = frame.ColorMap ? frame.ColorMap : file->SColorMap;
  if (!colours || frame.Width <= 0 || frame.Height <= 0 || frame.Left < 0 || frame.Top < 0)
    return false;
  // The frame may be smaller than the picture; around it is what is transparent, or the first colour.
  int64_t height = std::max(file->SHeight, frame.Top + frame.Height);
  int64_t width = std::max(file->SWidth, frame.Left + frame.Width);
  // A few bytes may speak of a screen of any size; nothing is made of what they cannot hold: a code of 12 bits stands
  // for less than 4096 pixels. A large screen is to be filled by its first frame, a quarter of it at least.
  int64_t pixels = int64_t(frame.Width) * frame.Height, most = int64_t(content.size()) * 4096;
  constexpr int64_t modest = int64_t(1) << 24;
  if (pixels > most)
    return false;
  if (height * width > std::max(modest, 4 * pixels)) {
    why = fmt::format("its first frame is {} x {} of a screen of {} x {} pixels", frame.Width, frame.Height, width,
                      height);
    return false;
  }
  std::vector<GifByteType> numbers;
  if (!makeRoom(picture, uint64_t(height), uint64_t(width), 3)) {
    why = "it has too many pixels";
    return false;
  }
  if (!readFrame(file.get(), numbers))
    return false;
  auto paint = [&](int64_t y, int64_t x, int number) {
    if (number >= colours->ColorCount)
      return false;
    const GifColorType &colour = colours->Colors[number];
    uint8_t *pixel = picture.pixels.data() + (y * width + x) * 3;
    pixel[0] = colour.Red;
    pixel[1] = colour.Green;
    pixel[2] = colour.Blue;
    return true;
  };
  if (frame.Width != width || frame.Height != height) {
    std::fill_n(picture.pixels.begin(), width * 3, 0); // where that number has no colour
    for (int64_t x = 0; x < width; ++x)
      paint(0, x, std::max(transparent, 0));
    for (int64_t y = 1; y < height; ++y)
      std::copy_n(picture.pixels.data(), width * 3, picture.pixels.data() + y * width * 3);
  }
  for (int64_t y = 0; y < frame.Height; ++y)
    for (int64_t x = 0; x < frame.Width; ++x)
      if (!paint(frame.Top + y, frame.Left + x, numbers[size_t(y * frame.Width + x)])) {
        why = "it has pixels of a colour that its palette has not";
        return false;
      }
  if (transparent >= 0 && std::ranges::count(numbers, GifByteType(transparent)))
    picture.remarks |= Picture::DroppedAlpha;
  return true;
}

} // namespace

namespace agon::rt {
extern const Codec gifCodec;
const Codec gifCodec = {"GIF", accepts, decodeGif};
} // namespace agon::rt
