//===- TurnWatch.h - Where a number ceased to be finite ---------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_TURNWATCH_H
#define AGON_RUNTIME_CORE_TURNWATCH_H

#include "runtime/core/Finite.h"
#include "runtime/core/Instance.h"

#include <optional>
#include <string>
#include <vector>

namespace agon::rt {

/// A turn played region by region, with what each region read and wrote looked at. What was finite before the turn
/// and is not after it is followed back from region to region: infinities and NaN that nothing came of (masks, the
/// start of a maximum, a branch not taken) are never met on the way.
class TurnWatch {
public:
  explicit TurnWatch(const agon_function &turn) : turn(turn), found(turn.num_regions) {}

  /// Plays the turn, whose cells and draws are ready. Needs its marked version.
  void play(const Instance &instance);

  /// The region that first made what is not finite in `cell` after the turn; none if no region wrote it.
  std::optional<uint32_t> makerOf(const agon_cell &cell) const;

  /// Which operations of that region may have done it, and where they are written: "log in D#2 at ring.agon:9:23".
  std::string operationsOf(uint32_t region) const;

private:
  struct Step {
    uint32_t region;
    uint64_t offset;
  };
  static void mark(void *watch, uint32_t region);
  void look(uint32_t region, uint32_t written);
  NotFinite writtenBy(const Step &step) const;
  std::optional<Step> producer(uint64_t offset, uint32_t before) const;
  std::optional<Step> cause(const Step &step) const;

  const agon_function &turn;
  const Instance *instance = nullptr;
  std::vector<std::vector<NotFinite>> found; ///< of each region's extents
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_TURNWATCH_H
