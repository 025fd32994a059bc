//===- Letters.h - A font of strokes ----------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_LETTERS_H
#define AGON_RUNTIME_IO_LETTERS_H

#include "runtime/core/Drawing.h"

namespace agon::rt {

/// A label's letters as lines. What is no printable ASCII is a question mark.
std::vector<std::vector<Place>> lettersOf(const Label &label);

/// How wide a label is, in pixels, in this font.
double widthOf(const Label &label);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_LETTERS_H
