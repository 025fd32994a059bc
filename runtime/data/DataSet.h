//===- DataSet.h - Files bound to a game's data -----------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_DATASET_H
#define AGON_RUNTIME_DATA_DATASET_H

#include "runtime/core/Feed.h"
#include "runtime/data/Binding.h"
#include "runtime/data/Checks.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agon::rt {

struct Collection;

/// How data is opened.
struct Opening {
  /// What of a record must be bound.
  enum class Fields {
    All, ///< all fields of a record, or none
    Any  ///< as many as are wanted; the others keep what their cells hold
  };
  Fields needed = Fields::All;
  /// Where faults of records are collected; null: the first one is thrown. What has faults is to be looked at, not
  /// drawn from.
  Faults *faults = nullptr;
  std::string cache; ///< a folder for what would lie in memory; empty: memory
};

/// The data that a command line binds, checked whole before anything is played,
/// and the minibatches drawn from it.
///
/// Real fields: bytes (u8) of a field with a range are scaled to it; numbers of
/// any other type are taken as they are and must lie in the range. Images stored
/// as [h, w, c] are turned to the field's [c, h, w]. Labels must be integers
/// below the class count.
class DataSet : public Feed {
public:
  /// Reads and checks every bound file.
  /// \throws Failure: Usage (unknown field, a record partly bound), NoInput,
  /// BadData (shapes, labels, ranges, NaN), InputOutput.
  DataSet(const Instance &instance, const std::vector<Binding> &bindings, int64_t seed, const Opening &opening = {});

  bool isBound(uint32_t group) const override { return groupRecords[group] > 0; }
  int64_t records(uint32_t group) const override { return groupRecords[group]; }
  void draw(uint32_t group, Stream stream, int64_t number) override;
  /// Seconds that all draws have taken, which those who play have waited for.
  double drawSeconds() const { return drawing; }

  /// The numbers of one record of a bound field, after scaling.
  void read(uint32_t field, int64_t record, double *to) const;

  const agon_field &field(uint32_t index) const { return instance.model().fields[index]; }
  /// What a bound field draws from.
  struct Bound {
    const Array &array;
    Slice slice;
  };
  bool isBoundField(uint32_t field) const { return columns[field].array != nullptr; }
  Bound bound(uint32_t field) const { return {*columns[field].array, columns[field].slice}; }

  /// Per-element mean of a bound field after scaling into its DATA_MEAN cell.
  void fillMean(uint32_t field) const;

  /// One bound file as run.json tells it.
  struct Source {
    std::vector<std::string> fields;
    std::string path;
    std::vector<std::string> columns; ///< chosen by name
    std::vector<int64_t> shape;
    std::string element;
    std::string content;              ///< a checksum of the elements, in words: equal files of any name have the same
    std::vector<std::string> classes; ///< what a field of classes calls them; empty where the data does not tell
    std::vector<std::string> flipped; ///< fields whose pictures training mirrors at random
    double skips = 0;                 ///< the share of pictures that may be left out because they cannot be decoded
    int64_t skipped = 0;              ///< how many are
  };
  const std::vector<Source> &sources() const { return files; }
  /// What a field's classes are called; empty where its data does not tell.
  const std::vector<std::string> &classNames(uint32_t field) const { return columns[field].classNames; }
  /// What may not be meant, one line each.
  const std::vector<std::string> &warnings() const { return warningTexts; }
  /// What was done to make records of the files, one line each.
  const std::vector<std::string> &notes() const { return noteTexts; }

private:
  struct Column {
    std::shared_ptr<const Array> array; ///< null when the field is not bound
    Slice slice;
    std::array<double, 256> table{}; ///< for bytes: the number of each value
    std::vector<std::string> classNames;
    int64_t rowElements = 0; ///< of pictures that training mirrors at random; 0: of none
  };
  struct Epoch { ///< the permutation in use
    int64_t number = -1;
    std::vector<uint32_t> order;
  };

  /// The fields that a binding names, which are none of those that are bound already and become such.
  std::vector<uint32_t> fieldsOf(const Binding &binding, std::vector<bool> &isBoundField) const;
  /// What the bindings of one data set share.
  struct Binder;
  void bindAll(const std::vector<Binding> &bindings, const std::vector<std::vector<uint32_t>> &fields,
               const Opening &opening);
  void bind(const Binding &binding, const std::vector<uint32_t> &fields, Binder &binder);
  /// Binds fields to the columns of an array, or one field to all of it.
  void bindArray(const Binding &binding, const std::vector<uint32_t> &fields, Array array, Faults &faults);
  /// Binds a folder or archive: one field to its records, or one to their classes, or both.
  void bindCollection(const Binding &binding, const std::vector<std::string> &files,
                      const std::vector<uint32_t> &fields, Binder &binder);
  /// The records of a collection, without those that the binding has left out, which are told and counted.
  Array readWhole(const Binding &binding, const Collection &collection, std::span<const int64_t> wanted, Binder &binder,
                  int64_t &skipped);
  /// Judges what the classes of a field are called.
  void tellOfClasses(const std::string &path, const agon_field &label, const std::vector<std::string> &names);
  /// Has a field draw from its part of the array's records, which are checked.
  void take(uint32_t field, const Binding &binding, std::shared_ptr<const Array> array, Slice slice, Faults &faults);
  /// Keeps what run.json tells of a file: the shape and the type that it has, the checksum of what is drawn from it.
  void note(const Binding &binding, const std::vector<int64_t> &shape, Element element, uint32_t sum);
  /// Turns records [h, w, c] that are wanted as [c, h, w], in their place where they lie in memory.
  void turnChannelsFirst(Array &array, std::span<const int64_t> wanted) const;
  void shuffle(uint32_t group, int64_t epoch);
  /// Decides which of the chosen records are mirrored.
  void chooseMirrored(uint32_t group, int64_t number);
  void drawBytes(const agon_field &field, const Column &column);
  template <typename Out> void copy(const Column &column, int64_t record, Out *to) const;

  const Instance &instance;
  int64_t seed;
  std::vector<Column> columns;       ///< for each field
  std::vector<int64_t> groupRecords; ///< for each group
  std::vector<Epoch> epochs;         ///< for each group
  std::vector<int64_t> chosen;       ///< records of the minibatch being drawn
  std::vector<uint8_t> mirrored;     ///< for each of these; empty: none is
  double drawing = 0;
  std::vector<std::byte> bytes; ///< of the minibatch being drawn, where the device makes numbers of them
  std::vector<Source> files;
  std::vector<std::string> warningTexts, noteTexts;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_DATASET_H
