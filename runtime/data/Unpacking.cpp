#include "runtime/data/Unpacking.h"

using namespace agon::rt;

std::unique_ptr<Unpacking> agon::rt::unpackingFor(Unpacking::Bytes head) {
  for (auto *way : {gzipFor, zstdFor})
    if (auto unpacking = way(head))
      return unpacking;
  return nullptr;
}
