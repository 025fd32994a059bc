//===- Protobuf.h - Messages in Protocol Buffers' wire format ---*- C++ -*-===//
//
// Writes the fields of a message one after another
// (https://protobuf.dev/programming-guides/encoding/). The formats that Agon
// writes so (TensorBoard's events, ONNX) have few messages, whose numbers of
// fields stand beside the code that writes them; a library with generated code
// would be larger than the runtime.
//
//===----------------------------------------------------------------------===//

#ifndef AGON_SUPPORT_PROTOBUF_H
#define AGON_SUPPORT_PROTOBUF_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace agon {

/// A message under construction: its bytes so far. Field numbers are those of
/// the message's definition; a repeated field is written once an element.
class ProtoMessage {
public:
  /// int32, int64, uint64, bool, enum: negative numbers take ten bytes.
  ProtoMessage &integer(uint32_t field, int64_t value);
  ProtoMessage &number(uint32_t field, float value);
  ProtoMessage &number(uint32_t field, double value);
  /// string or bytes.
  ProtoMessage &text(uint32_t field, std::string_view value);
  ProtoMessage &message(uint32_t field, const ProtoMessage &value) { return text(field, value.bytes); }
  /// A packed repeated field of integers, doubles; nothing for none.
  ProtoMessage &integers(uint32_t field, std::span<const int64_t> values);
  ProtoMessage &numbers(uint32_t field, std::span<const double> values);

  const std::string &str() const { return bytes; }

private:
  /// Appends an integer in groups of seven bits, the lowest first.
  void varint(uint64_t value);
  /// Appends what tells a field's number and kind.
  void tag(uint32_t field, uint32_t kind) { varint(uint64_t(field) << 3 | kind); }
  /// Appends a number's bytes, the lowest first.
  template <typename Bits> void fixed(Bits bits);

  std::string bytes;
};

} // namespace agon

#endif // AGON_SUPPORT_PROTOBUF_H
