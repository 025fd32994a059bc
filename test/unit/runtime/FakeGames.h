//===- FakeGames.h - Hand-written models for the runtime's tests -*- C++ -*-===//
///
/// Small games written against runtime/abi as a compiler would write them, so
/// that the runtime is tested without the compiler.
///
//===----------------------------------------------------------------------===//
#ifndef AGON_TEST_UNIT_RUNTIME_FAKEGAMES_H
#define AGON_TEST_UNIT_RUNTIME_FAKEGAMES_H

#include "runtime/abi/agon_abi.h"

#include <deque>
#include <string>
#include <vector>

namespace agon::rt::test {

/// Collects a model's table; everything that it points to lives in here.
class TableBuilder {
public:
  TableBuilder(const char *name, uint32_t real, int64_t batch);

  uint32_t cell(const char *name, uint32_t kind, uint32_t dtype, std::vector<int64_t> shape, int32_t owner = -1);
  uint32_t function(const char *name, uint32_t kind, int32_t subject, void (*fn)(const agon_frame *),
                    std::vector<uint32_t> reads, std::vector<uint32_t> writes);
  /// Stores the cell with its axes in another order.
  void store(uint32_t cell, std::vector<uint32_t> order);
  /// Gives a function its list of regions and the version that reports them.
  void mark(uint32_t function, void (*marked)(const agon_frame *), std::vector<agon_region> regions);
  /// A whole cell of real numbers as what a region reads or writes.
  agon_extent extent(uint32_t cell, bool written) const;
  /// The finished table; call once.
  const agon_model &finish();

  std::vector<agon_field> fields;
  std::vector<agon_group> groups;
  std::vector<agon_player> players;
  std::vector<agon_network> networks;
  std::vector<uint32_t> schedule, every;
  /// What the model tells of itself, as frontend/sema/Describe.h has it; finish() adds networks and optimisers.
  struct Part {
    std::string what, text, meaning, training, network;
  };
  std::vector<Part> parts;
  agon_model model = {};

  template <typename T> T *at(const agon_frame *frame, uint32_t index) const {
    return reinterpret_cast<T *>(static_cast<char *>(frame->arena) + cells[index].offset);
  }

private:
  /// Writes the parts into config_json.
  void describe();

  std::string config;
  std::vector<agon_cell> cells;
  std::vector<agon_function> functions;
  std::deque<std::vector<int64_t>> shapes;
  std::deque<std::vector<uint32_t>> lists;
  std::deque<std::vector<agon_region>> regionLists;
};

/// f32: an affine generator [2] -> [2] on noise imitates a built-in ring of 8
/// modes (data x: [2] ~ ring); D is a scalar that follows the mean of x. Plays
/// { D; D; G }. Loops go through the launch. HYPER "G.lr"; a large one makes
/// it diverge. Metric "spread". G's turn can be profiled: it has two regions. The environment variable
/// AGON_FAKE_WAIT makes each of D's turns wait so many microseconds.
const agon_model &ringGame();

/// f32: data (x: [784] in (0, 1), y: class(10)) without a source; M learns the
/// mean picture from its DATA_MEAN on; the generator M(z, y) shows it. Metric
/// "label" is the mean of y; over a data set the objective is 1000 times the greatest y
/// and its variance.
const agon_model &digitsGame();

/// f64: phi, which maximizes, and theta of three numbers each, with objective and gradient
/// functions and that of curvatures, and theta's move "theta.quartic"; data c: [3] in (0, 1). `wrong` breaks
/// theta's gradients.
const agon_model &productGame(bool wrong = false);

/// f32: D follows the mean of x: [2], which a built-in source draws, and every other iteration E trails behind D; D's
/// filter is stored the other way round on devices, which take minibatches of bytes. The binary has a table for CUDA
/// too, whose kernels are those of test/gpu/kernels/drift.ll. A large HYPER "D.lr" makes it diverge, and 0.25 is
/// refused from D's step 71 on. Metric "corner".
const agon_model &driftGame();

} // namespace agon::rt::test

#endif // AGON_TEST_UNIT_RUNTIME_FAKEGAMES_H
