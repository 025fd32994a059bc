//===- Translator.h - Networks that make images of images -------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_TRANSLATOR_H
#define AGON_RUNTIME_CLI_TRANSLATOR_H

#include "runtime/core/Feed.h"
#include "runtime/io/Picture.h"

#include <optional>

namespace agon::rt {

/// A network that is applied to images of the data and makes such images, with some records, the same at every step.
class Translator {
public:
  /// \returns nothing where the network is none.
  static std::optional<Translator> of(Instance &instance, Feed &feed, uint32_t network, int64_t seed);

  /// Each record, beside it what the network makes of it, and, where the data have both, what it should be.
  Image draw(Instance &instance, int64_t seed) const;

private:
  uint32_t network = 0;
  ImageSet inputs, results; ///< of `results` only the range is kept
  std::optional<ImageSet> truth;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_TRANSLATOR_H
