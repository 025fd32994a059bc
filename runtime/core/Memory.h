//===- Memory.h - How much memory there is ----------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_MEMORY_H
#define AGON_RUNTIME_CORE_MEMORY_H

#include <cstdint>
#include <string>

namespace agon::rt {

/// Bytes that this process could still fill: what the system has available,
/// swap included, within the limits of its control groups and its own
/// (`ulimit -v`, `-d`). The greatest number where nothing can be learned.
uint64_t availableMemory();

/// "11.0 TiB", "512 B".
std::string bytesText(uint64_t bytes);

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_MEMORY_H
