//===- Commands.h - What the commands are given -----------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_COMMANDS_H
#define AGON_RUNTIME_CLI_COMMANDS_H

#include "runtime/cli/Machine.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace agon::rt {

struct TrainOptions {
  std::vector<std::string> data, set, init, rename; ///< "x=PATH", "D.lr=1e-4", "F=FILE", "F.dense_0=net.0"
  std::vector<std::string> flip;                    ///< fields whose pictures are mirrored at random
  double skipDamaged = 0; ///< the share of pictures that may be left out because they cannot be decoded
  std::string dataCache;  ///< a folder for data that does not fit in memory; empty: memory
  int64_t steps = -1;
  std::optional<int64_t> seed;
  std::string out;     ///< empty: NAME-run
  std::string profile; ///< a trace to write; empty: none
  bool resume = false, acceptChanges = false, force = false, quiet = false;
  bool tensorboard = false; ///< writes events, too
  bool jsonl = false;       ///< writes log.jsonl, too
  int threads = 0;          ///< 0: all cores
  std::string device;       ///< "cpu", "cuda:0"; empty: the best
  std::optional<int64_t> logEvery, sampleEvery, checkpointEvery, keep;
  std::string onNan; ///< "stop", "skip", "rollback"; empty: stop
  std::string best;  ///< "fid=least", "realness=greatest"; empty: none
};

/// A run for each choice of values, and of so many seeds.
struct SweepOptions {
  TrainOptions train; ///< `set` lists values: "D.lr=1e-4,2e-4"; `seed` is the first one, `out` the sweep's directory
  int64_t seeds = 1;
};

struct SampleOptions {
  std::string from, output, network;
  std::string weights; ///< "current", or an average; empty: of the first average
  std::vector<std::string> data;
  std::string dataCache;              ///< a folder for data that does not fit in memory; empty: memory
  std::vector<std::string> classes;   ///< "3", or "c=3": of all samples; empty: all classes in turn
  std::string truncation;             ///< the bound of noise; empty: none
  std::optional<int64_t> count;       ///< none: 64, or 8 strips
  std::optional<int64_t> interpolate; ///< samples of a strip
  bool spherical = false;             ///< strips along great circles
  std::optional<int64_t> seed;
  std::string seeds; ///< "0-35,40": one sample of each; empty: all of one seed
  bool force = false, acceptChanges = false;
  int threads = 0;
  std::string device; ///< "cpu", "cuda:0"; empty: the best
};

struct EvalOptions {
  std::string from, weights;
  std::vector<std::string> data;
  std::string dataCache; ///< a folder for data that does not fit in memory; empty: memory
  int64_t seed = 0;
  int threads = 0;
  std::string device; ///< "cpu", "cuda:0"; empty: the best
  bool json = false, acceptChanges = false;
};

struct MeasureOptions {
  std::string from, network;
  std::string weights; ///< "current", or an average; empty: of the first average
  std::vector<std::string> data;
  std::string dataCache; ///< a folder for data that does not fit in memory; empty: memory
  std::string test;      ///< "x=PATH": real points for the Parzen windows; empty: the data's
  std::string metrics;   ///< "parzen,mmd"; empty: those that make sense
  std::string sigma;     ///< "0.2", or "0.1,1,10": ten from 0.1 to 1; empty: those
  int64_t count = 10000, records = 10000;
  std::optional<int64_t> validation; ///< records for the choice of sigma; none: by their number
  std::optional<int64_t> seed, neighboursCounted, bins;
  int64_t projections = 500;
  bool spherical = false;       ///< paths of `ppl` along great circles
  std::string features;         ///< a network whose results are compared; empty: points are
  std::string json, neighbours; ///< files to write; empty: none
  bool force = false, acceptChanges = false;
  int threads = 0;
  std::string device; ///< "cpu", "cuda:0"; empty: the best
};

struct ApplyOptions {
  std::string from, output, network;
  std::string weights; ///< "current", or an average; empty: of the first average
  std::vector<std::string> data;
  std::string dataCache; ///< a folder for data that does not fit in memory; empty: memory
  std::optional<int64_t> seed;
  bool force = false, acceptChanges = false;
  int threads = 0;
  std::string device; ///< "cpu", "cuda:0"; empty: the best
};

struct GradCheckCommandOptions {
  std::vector<std::string> data, init, rename;
  std::string dataCache; ///< a folder for data that does not fit in memory; empty: memory
  int64_t seed = 0;
  double epsilon = 0;
  std::string player;
  int threads = 0;
  std::string device; ///< "cpu", "cuda:0"; empty: the best
};

struct BenchOptions {
  std::vector<std::string> data, set, init, rename;
  std::string dataCache; ///< a folder for data that does not fit in memory; empty: memory
  int64_t steps = 0;     ///< 0: by the time they take
  int64_t seed = 0;
  int64_t top = 30; ///< regions shown of each turn; 0: all
  int threads = 0;
  std::string device; ///< "cpu", "cuda:0"; empty: the best
  bool json = false;
};

struct DataOptions {
  std::vector<std::string> data;
  std::string dataCache;  ///< a folder for data that does not fit in memory; empty: memory
  std::string output;     ///< a contact sheet; empty: none
  double skipDamaged = 0; ///< as TrainOptions have it
  int threads = 0;        ///< 0: all cores
  bool json = false, force = false;
};

struct AnalyzeOptions {
  std::string from, to;                ///< `to` empty: no path
  std::vector<std::string> data, rate; ///< rates: "0.1" for all players, "D=0.1" for one
  std::string dataCache;               ///< a folder for data that does not fit in memory; empty: memory
  int64_t seed = 0;
  int64_t draws = 16;  ///< minibatches that the field is the mean of
  int64_t leading = 0; ///< eigenvalues by Arnoldi's iteration; 0: all of small games
  bool hessian = false, acceptChanges = false;
  std::string json, portrait, start; ///< files to write; "1,0.5": where trajectories begin
  int threads = 0;
  std::string device; ///< "cpu", "cuda:0"; empty: the best
};

/// Of `plot` and of `report`.
struct PlotOptions {
  std::vector<std::string> runs; ///< directories
  std::string output;
  std::string columns, logarithmic; ///< "D,G"; empty: all, none
  double smooth = 0;
  bool force = false;
};

/// Each returns an exit code or throws a Failure.
int trainCommand(const Machine &on, const TrainOptions &options);
int sweepCommand(const Machine &on, const SweepOptions &options);
int sampleCommand(const Machine &on, const SampleOptions &options);
int evalCommand(const Machine &on, const EvalOptions &options);
int measureCommand(const Machine &on, const MeasureOptions &options);
int applyCommand(const Machine &on, const ApplyOptions &options);
int benchCommand(const Machine &on, const BenchOptions &options);
int dataCommand(const agon_model &model, const DataOptions &options);
int plotCommand(const agon_model &model, const PlotOptions &options);
int reportCommand(const agon_model &model, const PlotOptions &options);
int infoCommand(const agon_model &binary, bool json);
int gradCheckCommand(const Machine &on, const GradCheckCommandOptions &options);
int analyzeCommand(const Machine &on, const AnalyzeOptions &options);

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_COMMANDS_H
