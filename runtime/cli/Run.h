//===- Run.h - What the commands share --------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_RUN_H
#define AGON_RUNTIME_CLI_RUN_H

#include "runtime/cpu/CpuDevice.h"
#include "runtime/data/DataSet.h"
#include "runtime/io/Checkpoint.h"
#include "runtime/io/Picture.h"
#include "runtime/io/RunFile.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace agon::rt {

/// The files of a run's directory.
struct RunPaths {
  explicit RunPaths(std::string directory) : directory(std::move(directory)) {}
  std::string checkpoint() const { return directory + "/checkpoint.safetensors"; }
  /// The state at whose row of the log a column was best.
  std::string best() const { return directory + "/best.safetensors"; }
  /// The state of a step, kept by its number.
  std::string numbered(int64_t step) const;
  std::string log() const { return directory + "/log.csv"; }
  std::string jsonLog() const { return directory + "/log.jsonl"; }
  std::string run() const { return directory + "/run.json"; }
  std::string samples() const { return directory + "/samples"; }
  /// What a generator made at a step.
  std::string picture(std::string_view network, int64_t step) const;
  /// All of a generator's pictures in one file.
  std::string animation(std::string_view network) const;
  /// Whether a file of this name is one of the run's checkpoints.
  static bool isCheckpoint(const std::string &name);
  /// Whether a run has left its state, or pictures, here.
  bool occupied() const;

  std::string directory;
};

/// Threads to use when 0 are asked for: all cores.
int threadCount(int asked);

/// "D.lr=1e-4" lines. \throws Failure (Usage): malformed, or not settable.
std::map<std::string, double> parseOverrides(const Instance &instance, const std::vector<std::string> &settings);
/// Writes the HYPER cells.
void applyOverrides(const Instance &instance, const std::map<std::string, double> &overrides);

/// \throws Failure (Usage) when one breaks what its optimiser demands at the player's next step.
void judgeOverrides(Instance &instance, const std::map<std::string, double> &overrides);

/// Names of the HYPER cells.
std::vector<std::string> settableNames(const Instance &instance);

/// The data of `--data` texts, or of the remembered bindings of fields that they
/// do not touch. Prints its warnings. \param flips fields whose pictures training mirrors at random, beside those that
/// were remembered to be. \param skips the share of pictures that may be left out because they cannot be decoded; 0: as
/// remembered.
DataSet openData(const Instance &instance, const std::vector<std::string> &given,
                 const std::vector<RunFile::Data> &remembered, int64_t seed, const Opening &opening = {},
                 const std::vector<std::string> &flips = {}, double skips = 0);

/// A path as run.json keeps it.
std::string absolutePath(const std::string &path);

/// What run.json keeps of a data set's files.
std::vector<RunFile::Data> rememberedData(const DataSet &data);

/// \throws Failure (Usage), naming the option to give, when `function` reads a
/// group that has neither data nor source.
void requireData(const Instance &instance, const DataSet &data, const agon_function &function);

/// A trained state: `from` is a run's directory or a checkpoint file. One that a run has kept in its directory belongs
/// to the run.
struct LoadedRun {
  CheckpointInfo info;
  RunFile file; ///< empty when there is no run.json
};
LoadedRun loadRun(const Instance &instance, const std::string &from, const CheckpointUse &use);

/// What to draw behind a generator's samples.
Backdrop makeBackdrop(Instance &instance, Feed &feed, uint32_t network, int64_t seed);

/// How many samples a picture of this kind shows.
int64_t pictureSamples(PictureKind kind);

/// Whether writing to `path` would replace a file that does not begin with `magic`.
bool isOfAnotherKind(const std::string &path, std::string_view magic);

/// Whether stdout is a terminal that takes control sequences, and its user wants them.
bool isLiveTerminal();

/// For commands whose product is what they print. \throws Failure (InputOutput) when stdout is closed.
void requireOutput();

/// For commands that write files. \returns whether there is a stdout; else a note tells on stderr what comes of that.
bool hasOutput(const agon_model &model, const char *consequence);

/// Flushes stdout. \throws Failure (InputOutput) when what was printed did not arrive.
void finishOutput();

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_RUN_H
