//===- Zstd.cpp - RFC 8878 ------------------------------------------------===//
#include "runtime/data/Unpacking.h"

#include <new>
#include <zstd.h>
#include <zstd_errors.h>

using namespace agon::rt;

namespace {

class Zstd : public Unpacking {
public:
  Zstd() : stream(ZSTD_createDStream(), ZSTD_freeDStream) {
    if (!stream)
      throw std::bad_alloc();
  }

  const char *name() const override { return "zstd"; }
  /// Frames begin with 0x28, those that are skipped with 0x50 to 0x5f.
  bool begins(unsigned char first) const override { return first == 0x28 || (first & 0xf0) == 0x50; }
  State unpack(Bytes &in, std::span<std::byte> &out) override;

private:
  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream;
};

Unpacking::State Zstd::unpack(Bytes &in, std::span<std::byte> &out) {
  ZSTD_inBuffer from{in.data(), in.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  size_t code = ZSTD_decompressStream(stream.get(), &to, &from);
  in = in.subspan(from.pos);
  out = out.subspan(to.pos);
  if (!ZSTD_isError(code))
    return code == 0 ? State::Between : State::Within;
  // A window beyond 128 MiB, which `zstd --ultra --long=31` can ask for, is more than unpacking takes by default.
  ZSTD_ErrorCode why = ZSTD_getErrorCode(code);
  bool isTooLarge = why == ZSTD_error_memory_allocation || why == ZSTD_error_frameParameter_windowTooLarge;
  return isTooLarge ? State::NoMemory : State::Corrupt;
}

} // namespace

std::unique_ptr<Unpacking> agon::rt::zstdFor(Unpacking::Bytes head) {
  if (head.size() < 4)
    return nullptr;
  bool hasRest = head[1] == 0xb5 && head[2] == 0x2f && head[3] == 0xfd;
  bool isSkipped = (head[0] & 0xf0) == 0x50 && head[1] == 0x2a && head[2] == 0x4d && head[3] == 0x18;
  return (head[0] == 0x28 && hasRest) || isSkipped ? std::make_unique<Zstd>() : nullptr;
}
