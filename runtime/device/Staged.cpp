#include "runtime/device/Staged.h"

using namespace agon::rt;

void StagedRead::stage(const Device &device) {
  copy.resize(count);
  device.download(device.self, copy.data(), at, count);
  at = copy.data();
}

void StagedWrite::stage(Before before) {
  copy.resize(count);
  if (before == Before::Kept)
    device.download(device.self, copy.data(), place, count);
  at = copy.data();
}
