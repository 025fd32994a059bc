//===- Events.h - Events for TensorBoard ------------------------*- C++ -*-===//
//
// Files of events (tensorboard/compat/proto/event.proto) as TFRecords: length,
// its checksum, the event, its checksum. A run has one for each time that it
// was begun or resumed, events.out.tfevents.STEP with the step, in ten digits,
// from which it goes on; TensorBoard reads them in the order of their names.
//
//===----------------------------------------------------------------------===//
#ifndef AGON_RUNTIME_IO_EVENTS_H
#define AGON_RUNTIME_IO_EVENTS_H

#include "support/Protobuf.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agon::rt {

class EventFile {
public:
  using Numbers = std::vector<std::pair<std::string, double>>;

  /// Begins the file of a run that goes on from `step`. Of files of the run before, what lies beyond that step is cut
  /// off, and so is a torn last record; a marker tells a TensorBoard that has seen it already to forget it.
  /// \param hyperparameters are written unless a file before has them.
  /// \throws Failure (InputOutput), as do the others.
  EventFile(const std::string &directory, int64_t step, const Numbers &hyperparameters);
  ~EventFile();
  EventFile(const EventFile &) = delete;
  EventFile &operator=(const EventFile &) = delete;

  /// Goes on from an earlier step: what lies beyond is forgotten, as when a run is resumed.
  void goOnFrom(int64_t step);
  void scalars(int64_t step, const Numbers &numbers);
  /// A picture, a PNG file.
  void image(int64_t step, const std::string &tag, const std::string &path);

private:
  /// For a run that goes on from `step`: cuts the files that there are, and begins another one. \returns whether there
  /// is one before it.
  bool begin(int64_t step);
  /// Appends a record: an event of a step, with a field of its bytes.
  void append(int64_t step, uint32_t field, std::string_view bytes);

  std::string directory, path;
  int descriptor = -1;
};

/// The files of events in a run's directory, in their order.
std::vector<std::string> eventFilesOf(const std::string &directory);

/// The cyclic redundancy check of Castagnoli's polynomial (RFC 3720, B.4).
uint32_t crc32c(std::string_view bytes);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_EVENTS_H
