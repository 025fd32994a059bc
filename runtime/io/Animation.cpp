#include "runtime/io/Animation.h"

#include "runtime/core/Failure.h"
#include "runtime/io/File.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>
#include <zlib.h>

using namespace agon::rt;

namespace {

constexpr std::string_view signature = "\x89PNG\r\n\x1a\n";
constexpr size_t mostFrames = 100;
constexpr uint64_t mostBytes = 64 << 20;

/// A PNG file in two parts.
struct Frame {
  std::string head;   ///< the signature, and all chunks before the pixels
  std::string pixels; ///< compressed
};

/// A number in the order of bytes of PNG files.
std::string bigEndian(uint32_t value, int bytes = 4) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i)
    text += char(value >> (8 * i));
  return text;
}

uint32_t readBigEndian(std::string_view bytes) {
  uint32_t value = 0;
  for (char byte : bytes.substr(0, 4))
    value = value << 8 | uint8_t(byte);
  return value;
}

uint32_t checksum(std::string_view bytes) {
  return uint32_t(crc32(0, reinterpret_cast<const Bytef *>(bytes.data()), uInt(bytes.size())));
}

std::string chunk(std::string_view type, std::string_view data) {
  std::string typed = std::string(type) + std::string(data);
  return bigEndian(uint32_t(data.size())) + typed + bigEndian(checksum(typed));
}

/// Takes a PNG file apart; nothing if it is damaged, or no single picture.
std::optional<Frame> takeApart(std::string_view file) {
  if (!file.starts_with(signature))
    return std::nullopt;
  Frame frame;
  for (size_t at = signature.size(); file.size() - at >= 12;) {
    uint64_t length = readBigEndian(file.substr(at));
    if (length > file.size() - at - 12)
      return std::nullopt;
    std::string_view typed = file.substr(at + 4, length + 4), type = typed.substr(0, 4);
    if (readBigEndian(file.substr(at + 8 + length)) != checksum(typed) || type == "acTL")
      return std::nullopt;
    bool first = at == signature.size();
    if (first != (type == "IHDR") || (first && length != 13))
      return std::nullopt;
    if (type == "IEND")
      return frame.pixels.empty() ? std::nullopt : std::optional(std::move(frame));
    if (type == "IDAT") {
      if (frame.pixels.empty())
        frame.head = file.substr(0, at);
      frame.pixels += typed.substr(4);
    }
    at += length + 12;
  }
  return std::nullopt;
}

std::optional<Frame> readFrame(const std::string &path) {
  try {
    return takeApart(readWholeFile(path, mostBytes));
  } catch (const Failure &) {
    return std::nullopt; // it was written before, and somebody else has done something to it
  }
}

/// As many as an animation shows, evenly chosen.
std::vector<std::string> choose(std::span<const std::string> pictures) {
  std::error_code error;
  uint64_t size = std::filesystem::file_size(pictures.back(), error);
  size_t fit = error ? mostFrames : std::clamp<size_t>(mostBytes / std::max<uint64_t>(size, 1), 2, mostFrames);
  size_t count = std::min(fit, pictures.size());
  std::vector<std::string> chosen;
  for (size_t i = 0; i < count; ++i)
    chosen.push_back(pictures[i * (pictures.size() - 1) / (count - 1)]);
  return chosen;
}

} // namespace

int64_t agon::rt::writeAnimation(std::span<const std::string> pictures, const std::string &path) {
  if (pictures.size() < 2)
    return 0;
  std::vector<std::string> chosen = choose(pictures);
  std::vector<Frame> frames;
  for (const std::string &picture : chosen)
    if (std::optional<Frame> frame = readFrame(picture))
      frames.push_back(std::move(*frame));
  if (!frames.empty())
    std::erase_if(frames, [head = frames.back().head](const Frame &frame) { return frame.head != head; });
  auto leftOut = int64_t(chosen.size() - frames.size());
  if (frames.size() < 2)
    return leftOut;

  // All of it takes about eight seconds.
  constexpr uint32_t milliseconds = 8000, shortest = 60, longest = 400, end = 2000;
  auto count = uint32_t(frames.size());
  uint32_t delay = std::clamp(milliseconds / count, shortest, longest), sequence = 0;
  const std::string &head = frames.back().head;
  std::string_view size = std::string_view(head).substr(signature.size() + 8, 8);
  AtomicFile file(path);
  file.write(head);
  file.write(chunk("acTL", bigEndian(count) + bigEndian(0))); // begins again without end
  for (const Frame &frame : frames) {
    bool last = &frame == &frames.back();
    std::string control = bigEndian(sequence++);
    control += size;
    control += bigEndian(0) + bigEndian(0) + bigEndian(last ? end : delay, 2) + bigEndian(1000, 2);
    control += bigEndian(0, 2); // replaces all that was there
    file.write(chunk("fcTL", control));
    bool first = &frame == &frames.front();
    file.write(first ? chunk("IDAT", frame.pixels) : chunk("fdAT", bigEndian(sequence++) + frame.pixels));
  }
  file.write(chunk("IEND", ""));
  file.commit();
  return leftOut;
}
