//===- RealPoints.h - Real points to measure samples against ----*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_REALPOINTS_H
#define AGON_RUNTIME_CLI_REALPOINTS_H

#include "runtime/data/DataSet.h"
#include "runtime/io/RunFile.h"
#include "runtime/metrics/Points.h"

#include <string>

namespace agon::rt {

/// Room for `count` points of `elements` numbers. \throws Failure (Unavailable) where there is none.
metrics::Matrix roomFor(int64_t count, int64_t elements, const char *what);

/// Of the run's files those of a record group.
std::vector<RunFile::Data> dataOfGroup(const Instance &instance, const RunFile &run, uint32_t group);

/// The true points of one field: the records of a file, or draws of a source, which never end.
class RealPoints {
public:
  RealPoints(Instance &instance, DataSet &data, uint32_t field, int64_t seed)
      : instance(instance), data(data), field(field), seed(seed) {}

  bool isFile() const { return data.isBound(instance.model().fields[field].group); }
  /// Of a file, how many there are.
  int64_t records() const { return data.records(instance.model().fields[field].group); }
  /// The file's path, or the source.
  std::string origin() const;

  /// Records [first, end) of a file.
  metrics::Matrix range(int64_t first, int64_t end) const;
  /// `count` of the records before `end`, all where there are fewer: a random choice, none twice.
  metrics::Matrix choice(int64_t count, int64_t end) const;
  /// Draws [first, first + count) of a source.
  metrics::Matrix draws(int64_t first, int64_t count) const;

private:
  int64_t elements() const;

  Instance &instance;
  DataSet &data;
  uint32_t field;
  int64_t seed;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_REALPOINTS_H
