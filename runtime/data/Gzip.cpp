//===- Gzip.cpp - RFC 1952 ------------------------------------------------===//
#include "runtime/data/Unpacking.h"

#include <algorithm>
#include <new>
#define ZLIB_CONST // of its input
#include <zlib.h>

using namespace agon::rt;

namespace {

constexpr unsigned char magic[] = {0x1f, 0x8b};

class Gzip : public Unpacking {
public:
  Gzip() {
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
      throw std::bad_alloc();
  }
  ~Gzip() override { inflateEnd(&stream); }
  Gzip(const Gzip &) = delete;
  Gzip &operator=(const Gzip &) = delete;

  const char *name() const override { return "gzip"; }
  bool begins(unsigned char first) const override { return first == magic[0]; }
  State unpack(Bytes &in, std::span<std::byte> &out) override;

private:
  z_stream stream = {};
  bool isBetween = false;
};

Unpacking::State Gzip::unpack(Bytes &in, std::span<std::byte> &out) {
  constexpr size_t most = size_t(1) << 30; // zlib counts in 32 bits
  if (isBetween)
    inflateReset(&stream);
  stream.next_in = in.data();
  stream.avail_in = uInt(std::min(in.size(), most));
  stream.next_out = reinterpret_cast<Bytef *>(out.data());
  stream.avail_out = uInt(std::min(out.size(), most));
  int code = inflate(&stream, Z_NO_FLUSH);
  in = in.subspan(size_t(stream.next_in - in.data()));
  out = out.subspan(size_t(stream.next_out - reinterpret_cast<Bytef *>(out.data())));
  isBetween = code == Z_STREAM_END;
  if (code == Z_MEM_ERROR)
    return State::NoMemory;
  return isBetween ? State::Between : code == Z_OK || code == Z_BUF_ERROR ? State::Within : State::Corrupt;
}

} // namespace

std::unique_ptr<Unpacking> agon::rt::gzipFor(Unpacking::Bytes head) {
  bool isGzip = head.size() >= 2 && head[0] == magic[0] && head[1] == magic[1];
  return isGzip ? std::make_unique<Gzip>() : nullptr;
}
