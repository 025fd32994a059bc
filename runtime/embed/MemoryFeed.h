//===- MemoryFeed.h - Records that a program gives ---------------*- C++ -*-===//
#ifndef AGON_RUNTIME_EMBED_MEMORYFEED_H
#define AGON_RUNTIME_EMBED_MEMORYFEED_H

#include "runtime/data/Array.h"
#include "runtime/data/DataSet.h"

#include <optional>

namespace agon::rt {

/// Minibatches of files and of arrays in memory. A group is bound to the one or the other.
class MemoryFeed : public Feed {
public:
  MemoryFeed(const Instance &instance, int64_t seed);

  /// Binds files, all that there are; those of a record's other fields may follow. \throws Failure.
  void bind(const std::vector<Binding> &bindings);
  /// Binds a field to an array's records, which are copied. \throws Failure (Usage, BadData).
  void give(const std::string &field, Element element, std::span<const int64_t> shape, const void *data);
  /// Another seed for the order of records.
  void setSeed(int64_t value);
  /// \throws Failure (Usage) when the function reads a group that has neither data nor source, or whose fields
  /// have not equally many records, and when a record is bound to files in part.
  void require(const agon_function &function) const;
  /// As DataSet::fillMean.
  void fillMean(uint32_t field) const;

  bool isBound(uint32_t group) const override { return records(group) > 0; }
  int64_t records(uint32_t group) const override;
  void draw(uint32_t group, Stream stream, int64_t number) override;

private:
  uint32_t fieldOf(const std::string &name) const;
  int64_t recordOf(uint32_t group, Stream stream, int64_t number, int64_t i);

  const Instance &instance;
  int64_t seed;
  std::optional<DataSet> files;
  std::vector<std::vector<double>> given; ///< for each field; empty: not given
  struct Epoch {
    int64_t number = -1;
    std::vector<uint32_t> order;
  };
  std::vector<Epoch> epochs; ///< for each group
};

} // namespace agon::rt

#endif // AGON_RUNTIME_EMBED_MEMORYFEED_H
