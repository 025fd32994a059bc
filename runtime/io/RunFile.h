//===- RunFile.h - run.json -------------------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_RUNFILE_H
#define AGON_RUNTIME_IO_RUNFILE_H

#include "runtime/core/Instance.h"
#include "runtime/core/Sampler.h"
#include "runtime/io/File.h"
#include "runtime/io/Weights.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace agon::rt {

/// A run's exact configuration: what it would take to do it again.
struct RunFile {
  int64_t steps = 0;
  int64_t seed = 0;
  int threads = 1;
  std::map<std::string, double> overrides;
  int64_t logEvery = 0, sampleEvery = 0, checkpointEvery = 0; ///< 0: the standard rule
  int64_t keep = 0;                                           ///< checkpoints kept by their steps
  std::string best; ///< "fid=least": the column by which the best one is kept; empty: none is
  struct Data {
    std::vector<std::string> fields;
    std::string path;                 ///< absolute; of several files their pattern
    std::vector<std::string> columns; ///< chosen by name
    std::vector<int64_t> shape;       ///< of the whole file
    std::string element;
    std::string content;              ///< DataSet::Source::content; empty in older files
    std::vector<std::string> classes; ///< what a field of classes calls them; empty where the data does not tell
    std::vector<std::string> flipped; ///< fields whose pictures training mirrors at random
    double skips = 0;                 ///< the share of pictures that may be left out because they cannot be decoded
    int64_t skipped = 0;              ///< how many were
  };
  std::vector<Data> data;
  /// The weights that networks began with.
  struct Weights {
    std::string network;
    std::string path;    ///< absolute
    WeightNames names;   ///< what the file calls the network and its layers
    std::string content; ///< of readWeights
  };
  std::vector<Weights> weights;
  /// Every `--set`, with the step from which on it is in force.
  struct Setting {
    int64_t step;
    std::string name;
    double value;
    bool operator==(const Setting &) const = default;
  };
  std::vector<Setting> settings;
  /// What differed when the run went on with --resume=anyway.
  struct Change {
    int64_t step;
    std::string text;
    bool operator==(const Change &) const = default;
  };
  std::vector<Change> changes;
  std::string onNan = "stop"; ///< "skip", "rollback"
  int64_t rollbacks = 0;      ///< of the checkpoint that comes next
  std::vector<Change> faults; ///< turns that were skipped, and rollbacks
  bool isKnown = false;       ///< read: there was a file
  std::string model;          ///< read: describeModel() of what wrote it; empty in older files
  /// "running", "done", "interrupted", "failed".
  std::string status = "running";
  std::map<std::string, Coverage> coverage; ///< by network, once counted
};

/// Writes the file, pretty-printed, with what the model says of itself.
/// \throws Failure (InputOutput).
void writeRunFile(const Instance &instance, const RunFile &run, const std::string &path,
                  Durability durability = Durability::Synced);

/// What a resumed run or another command needs of it; nothing when it is missing.
/// \throws Failure (BadData) when it is not what writeRunFile wrote.
std::optional<RunFile> readRunFile(const std::string &path);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_RUNFILE_H
