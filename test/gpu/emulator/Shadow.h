//===- Shadow.h - What is kept of accesses ----------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_GPU_EMULATOR_SHADOW_H
#define AGON_TEST_GPU_EMULATOR_SHADOW_H

#include "test/gpu/emulator/Device.h"

namespace agon::emulator {

/// One access, as later ones see it.
struct Stamp {
  uint32_t epoch = 0; // 0: none
  uint32_t clock = 0;
  uint32_t block = 0; // its serial number
  uint16_t thread = 0;
  bool atomic = false;
  bool pending = false; // a cp.async that has not been waited for
};
/// The last write of a word or byte, and two reads since.
struct Record {
  Stamp write, reads[2];
  bool split = false; // its bytes have records of their own
};
/// The shadow of a page: a record a word, and a record a byte where threads have shared a word.
struct Page {
  Record words[pageBytes / 4];
  std::unique_ptr<Record[]> bytes;
};

} // namespace agon::emulator

#endif // AGON_TEST_GPU_EMULATOR_SHADOW_H
