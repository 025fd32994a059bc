//===- Animation.h - Pictures one after the other ---------------*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_ANIMATION_H
#define AGON_RUNTIME_IO_ANIMATION_H

#include <cstdint>
#include <span>
#include <string>

namespace agon::rt {

/// Writes PNG files, in this order, as one animated PNG (Portable Network Graphics, third edition, 4.9 and 11.3.6). Of
/// many, 100 are shown, evenly chosen, with the first and the last; fewer where they would take more than 64 MiB. The
/// last one stays for two seconds, then it begins again. Compressed pixels are copied as they are, so pictures that
/// differ from the last one in size or kind are left out, and so is what is no PNG file by now.
/// Of fewer than two pictures nothing is written.
/// \returns how many of the chosen pictures were left out.
/// \throws Failure (InputOutput).
int64_t writeAnimation(std::span<const std::string> pictures, const std::string &path);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_ANIMATION_H
