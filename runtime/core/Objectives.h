//===- Objectives.h - The objectives of iterations --------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_OBJECTIVES_H
#define AGON_RUNTIME_CORE_OBJECTIVES_H

#include "runtime/core/Instance.h"

#include <span>
#include <vector>

namespace agon::rt {

/// The objectives after each iteration. On the host's memory they are known at once; a device that plays records brings
/// those of one iteration while it plays the next, so that it never waits for the host.
class Objectives {
public:
  explicit Objectives(const Instance &instance);

  /// Of one iteration.
  struct Seen {
    int64_t step;
    std::span<const double> values; ///< of all OBJECTIVE cells, in the order of the table
    std::vector<uint32_t> wrong;    ///< cells of turns that have been played which are not finite
  };

  /// From now on the objectives of these turns, indices into the schedule, are to be finite.
  void watch(std::span<const uint32_t> turns);
  /// Within an iteration's list of calls: has the device bring them at its end.
  void fetch() const;
  /// An iteration has been played. \param fetched whether `fetch` was called in it.
  void played(int64_t step, bool fetched);
  /// Whether those of some iteration are to be taken: of all, or of those which the device need not wait for.
  bool isDue(bool all) const {
    return !pending.empty() && (all || !pending.front().fetched || pending.size() >= size_t(fetchDepth));
  }
  /// Takes those of the earliest iteration. What is wrong of them is in its cell afterwards, whatever came later.
  Seen take();
  /// Forgets what has not been taken.
  void drop();
  /// Forgets which turns are to be watched, too.
  void restart();

private:
  struct Pending {
    int64_t step;
    bool fetched;
    size_t watched; ///< so many cells were watched then
  };
  struct Piece { ///< cells that lie near each other
    uint64_t offset, bytes;
  };
  double valueOf(const agon_cell &cell, const std::byte *fetched) const;

  const Instance &instance;
  std::vector<uint32_t> cells;   ///< OBJECTIVE cells, in the order of the table
  std::vector<Piece> pieces;     ///< in which they are fetched
  std::vector<uint32_t> watched; ///< indices into `cells`
  std::vector<bool> noted;       ///< turns of the schedule whose objectives are watched
  std::vector<Pending> pending;
  std::vector<double> values;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_OBJECTIVES_H
