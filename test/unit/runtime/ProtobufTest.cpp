//===- ProtobufTest.cpp - Messages in the wire format, byte for byte ------===//
//
// The bytes are those of the format's own description
// (https://protobuf.dev/programming-guides/encoding/).
//
//===----------------------------------------------------------------------===//

#include "support/Protobuf.h"

#include <gtest/gtest.h>

using agon::ProtoMessage;
using namespace std::string_literals;

namespace {

TEST(Protobuf, IntegersTakeSevenBitsAByte) {
  EXPECT_EQ(ProtoMessage().integer(1, 150).str(), "\x08\x96\x01"s);
  EXPECT_EQ(ProtoMessage().integer(1, 0).str(), "\x08\x00"s);
  EXPECT_EQ(ProtoMessage().integer(1, -2).str(), "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"s);
  EXPECT_EQ(ProtoMessage().integer(16, 1).str(), "\x80\x01\x01"s); // a tag of two bytes
}

TEST(Protobuf, NumbersHaveTheirLowestByteFirst) {
  EXPECT_EQ(ProtoMessage().number(2, 1.0f).str(), "\x15\x00\x00\x80\x3f"s);
  EXPECT_EQ(ProtoMessage().number(1, 1.0).str(), "\x09\x00\x00\x00\x00\x00\x00\xf0\x3f"s);
}

TEST(Protobuf, TextsAndMessagesBeginWithTheirLength) {
  EXPECT_EQ(ProtoMessage().text(2, "testing").str(), "\x12\x07testing"s);
  EXPECT_EQ(ProtoMessage().message(3, ProtoMessage().integer(1, 150)).str(), "\x1a\x03\x08\x96\x01"s);
}

TEST(Protobuf, RepeatedNumbersArePacked) {
  EXPECT_EQ(ProtoMessage().integers(6, std::initializer_list<int64_t>{3, 270, 86942}).str(),
            "\x32\x06\x03\x8e\x02\x9e\xa7\x05"s);
  EXPECT_EQ(ProtoMessage().numbers(1, std::initializer_list<double>{1.0}).str(),
            "\x0a\x08\x00\x00\x00\x00\x00\x00\xf0\x3f"s);
  EXPECT_EQ(ProtoMessage().integers(6, {}).str(), "");
}

} // namespace
