//===- Picture.h - Pictures of data sets ------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_PICTURE_H
#define AGON_RUNTIME_DATA_PICTURE_H

#include "runtime/data/Bytes.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace agon::rt {

/// A picture's bytes, which begin with any value.
using Pixels = std::vector<uint8_t, UnfilledAllocator<uint8_t>>;

/// A picture's bytes, channels last: grey (1) or red, green, blue (3).
struct Picture {
  int64_t height = 0, width = 0, channels = 0;
  Pixels pixels;
  /// What was done to it that may not be meant, as a set of bits.
  enum Remark : unsigned {
    DroppedAlpha = 1, ///< its transparency, for the colours below it
    RoundedTo8 = 2,   ///< its 16 bits a channel
    Turned = 4,       ///< as the camera was held
    FromInks = 8      ///< cyan, magenta, yellow, black to colours, without a profile
  };
  unsigned remarks = 0;
};

/// As much of a file's beginning tells what it is.
constexpr size_t pictureHeadBytes = 16;

/// Whether a file of this beginning, `pictureHeadBytes` or all, is a picture of a kind that `decode` knows.
bool isPicture(std::span<const std::byte> head);

/// The kinds: "PNG, JPEG, WebP or GIF".
std::string pictureKinds();

/// Decodes a picture as Pillow does: transparency is dropped, palettes are looked up, 16 bits are rounded to 8, a JPEG
/// file's picture is turned as its camera was held (`ImageOps.exif_transpose`), of a GIF or WebP file the first frame
/// is taken.
/// \throws Failure (BadData) that begins with `place`: damaged, cut off, of a kind that is not read.
Picture decode(std::span<const std::byte> content, const std::string &place);

/// Turns grey to colour by giving all channels its value, or colour to grey by ITU-R 601's luma, as Pillow rounds it.
void convert(Picture &picture, int64_t channels);

/// Cuts the largest part of the wanted form from the picture's middle and scales it: bicubic, of as many pixels as a
/// new one covers (antialiased), which is what measuring generators takes (Parmar et al. 2022, "On Aliased Resizing and
/// Surprising Subtleties in GAN Evaluation"). The bytes are those of Pillow's `ImageOps.fit(.., BICUBIC)`
/// up to version 12.3.
void fit(Picture &picture, int64_t height, int64_t width);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_PICTURE_H
