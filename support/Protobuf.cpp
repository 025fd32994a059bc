//===- Protobuf.cpp - Messages in Protocol Buffers' wire format -----------===//

#include "support/Protobuf.h"

#include <bit>

namespace agon {

namespace {

/// The wire format's kinds of field.
enum Kind : uint32_t { Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5 };

} // namespace

void ProtoMessage::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    bytes.push_back(static_cast<char>((value & 0x7f) | 0x80));
  bytes.push_back(static_cast<char>(value));
}

template <typename Bits> void ProtoMessage::fixed(Bits bits) {
  for (size_t byte = 0; byte < sizeof(Bits); ++byte)
    bytes.push_back(static_cast<char>(bits >> (8 * byte) & 0xff));
}

ProtoMessage &ProtoMessage::integer(uint32_t field, int64_t value) {
  tag(field, Varint);
  varint(static_cast<uint64_t>(value));
  return *this;
}

ProtoMessage &ProtoMessage::number(uint32_t field, float value) {
  tag(field, Fixed32);
  fixed(std::bit_cast<uint32_t>(value));
  return *this;
}

ProtoMessage &ProtoMessage::number(uint32_t field, double value) {
  tag(field, Fixed64);
  fixed(std::bit_cast<uint64_t>(value));
  return *this;
}

ProtoMessage &ProtoMessage::text(uint32_t field, std::string_view value) {
  tag(field, Delimited);
  varint(value.size());
  bytes.append(value);
  return *this;
}

ProtoMessage &ProtoMessage::integers(uint32_t field, std::span<const int64_t> values) {
  ProtoMessage packed;
  for (int64_t value : values)
    packed.varint(static_cast<uint64_t>(value));
  return values.empty() ? *this : message(field, packed);
}

ProtoMessage &ProtoMessage::numbers(uint32_t field, std::span<const double> values) {
  ProtoMessage packed;
  for (double value : values)
    packed.fixed(std::bit_cast<uint64_t>(value));
  return values.empty() ? *this : message(field, packed);
}

} // namespace agon
