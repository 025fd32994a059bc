//===- Feed.h - Where minibatches come from ---------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_FEED_H
#define AGON_RUNTIME_CORE_FEED_H

#include "runtime/core/Instance.h"

namespace agon::rt {

/// The order in which records are taken.
enum class Stream {
  Training, ///< a seeded permutation an epoch; number = uses so far
  Metric,   ///< random records, independent of training; number = step
  InOrder   ///< first to last, wrapping; number = batch number
};

/// Minibatches of the record groups that are bound to files. Stateless: what is
/// drawn depends on the arguments only.
class Feed {
public:
  virtual ~Feed() = default;
  /// Whether the group has data; if not, its source function is to be called.
  virtual bool isBound(uint32_t group) const = 0;
  /// Records of a bound group, 0 otherwise.
  virtual int64_t records(uint32_t group) const = 0;
  /// Fills the group's DATA cells.
  virtual void draw(uint32_t group, Stream stream, int64_t number) = 0;
};

/// No data at all: every group has a source.
class NoFeed : public Feed {
public:
  bool isBound(uint32_t) const override { return false; }
  int64_t records(uint32_t) const override { return 0; }
  void draw(uint32_t, Stream, int64_t) override {}
};

/// Fills the DATA cells of `group`, from its data when bound, else by its
/// source function, for which the KEY cell must be set already.
inline void drawGroup(Instance &instance, Feed &feed, uint32_t group, Stream stream, int64_t number) {
  if (feed.isBound(group))
    feed.draw(group, stream, number);
  else if (int32_t source = instance.model().groups[group].source; source >= 0)
    instance.call(uint32_t(source));
}

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_FEED_H
