//===- Process.h - What a program does first ---------------------*- C++ -*-===//
#ifndef AGON_SUPPORT_PROCESS_H
#define AGON_SUPPORT_PROCESS_H

namespace agon::support {

/// What a program does before it opens a file. A standard stream that is closed becomes /dev/null:
/// else the first file opened would take its number, and receive what is printed. Standard output is
/// then for reading alone, so that writing fails as it would have. Writing past the limit of a file's
/// size becomes an error like any other, instead of a signal that kills.
void prepareProcess();

/// Whether there is a standard output: not where it was closed.
bool hasStandardOutput();

} // namespace agon::support

#endif // AGON_SUPPORT_PROCESS_H
