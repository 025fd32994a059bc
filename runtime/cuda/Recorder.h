//===- Recorder.h - Calls that come again, as graphs ------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CUDA_RECORDER_H
#define AGON_RUNTIME_CUDA_RECORDER_H

#include "runtime/cuda/Kernels.h"
#include "runtime/device/Device.h"

#include <map>
#include <optional>
#include <vector>

namespace agon::rt::cuda {

/// Writes down the calls of a list, makes a graph of them, and launches it whenever the same calls come again; then
/// each call is only compared with the one of the record. What is uploaded is gathered in pinned memory, of which there
/// are two halves, so that the host fills one while the device still reads the other.
class Recorder {
public:
  Recorder(Session &session, Kernels &kernels);
  ~Recorder();
  Recorder(const Recorder &) = delete;
  Recorder &operator=(const Recorder &) = delete;

  /// Whether a list has begun and not ended.
  bool isOpen() const { return open != nullptr; }
  /// Makes room for so many bytes of uploads in a list, three times on the device and twice on the host; each upload
  /// takes its `aligned` size.
  void reserve(uint64_t bytes);
  static uint64_t aligned(uint64_t bytes);
  void begin(uint64_t list);
  void upload(CuPointer to, const std::byte *from, uint64_t bytes);
  /// Uploads bytes to no place but where `how` reads them, which makes of each one of the `numbers` at `to`.
  void expand(const agon_launch &how, CuPointer to, const std::byte *from, uint64_t bytes, CuPointer numbers);
  void copy(CuPointer to, CuPointer from, uint64_t bytes);
  void launch(const agon_launch &how, void *const *args);
  void fetch(CuPointer from, uint64_t bytes);
  void end(bool happens);
  const std::byte *fetched();

  /// Out of a list: so many bytes on the device that what comes next on the stream of kernels may use.
  CuPointer passing(uint64_t bytes);

private:
  enum class Kind : uint8_t { Upload, Expand, Copy, Launch, Fetch };
  struct Call {
    Kind kind;
    const agon_launch *how; ///< of a launch or an expansion
    CuPointer to, from;     ///< of an expansion `from` has the numbers
    uint64_t bytes;
    size_t place; ///< of an upload or an expansion among what is uploaded, of a launch among the arguments
    bool operator==(const Call &) const = default;
  };
  struct Record {
    std::vector<Call> calls;
    std::vector<void *> arguments; ///< of the launches
    CuGraphExec graph = nullptr;
    uint64_t generation = 0; ///< of the addresses in the graph
    uint64_t lastUse = 0;
  };
  /// What belongs to every other list.
  struct Half {
    explicit Half(Session &session)
        : uploads(session), fetches(session), staged(session, false), copied(session, false), consumed(session, false),
          done(session, false) {}
    PinnedMemory uploads, fetches;
    DeviceMemory staged;
    Event copied, consumed, done;
  };

  bool next(const Call &call);
  void append(const Call &call);
  void stage(const std::byte *from, uint64_t bytes);
  void drop(Record &record) const;
  void capture(Record &record);
  void issue(const Record &record, const Call &call);
  void dropOldest();

  Session &session;
  Kernels &kernels;
  std::map<uint64_t, Record> records;
  Half halves[fetchDepth];
  DeviceMemory uploads; ///< what the graphs' uploads read
  Record *open = nullptr;
  size_t position = 0;    ///< calls of the list so far
  bool replaying = false; ///< those so far are the record's
  uint64_t uploaded = 0;  ///< bytes of the list so far
  uint64_t lists = 0;     ///< begun so far
  uint64_t ended = 0;     ///< that happened
  uint64_t asked = 0;     ///< whose fetches were asked for
};

} // namespace agon::rt::cuda

#endif // AGON_RUNTIME_CUDA_RECORDER_H
