//===- Picture.h - Pictures of data sets ------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_PICTURE_H
#define AGON_RUNTIME_DATA_PICTURE_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace agon::rt {

/// A picture's bytes, channels last: grey (1) or red, green, blue (3).
struct Picture {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<uint8_t> pixels;
};

/// Whether a file of this beginning is a picture of a kind that `decode` knows.
bool isPicture(std::span<const std::byte> content);

/// Decodes a PNG or JPEG file as Pillow does: an alpha channel is dropped, palettes are looked up, 16 bits are rounded
/// to 8. \throws Failure (BadData) that begins with `place`: damaged, cut off, of a kind that is not read (CMYK).
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
