#include "runtime/core/Failure.h"
#include "runtime/data/DataSet.h"
#include "runtime/data/Readers.h"
#include "test/unit/runtime/FakeGames.h"
#include "test/unit/runtime/TemporaryDirectory.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <set>
#include <zlib.h>

using namespace agon::rt;
using namespace agon::rt::test;

namespace {

/// The message and code of the failure that `body` must throw.
template <typename Body> std::pair<ExitCode, std::string> failureOf(Body &&body) {
  try {
    body();
  } catch (const Failure &failure) {
    return {failure.exitCode(), failure.what()};
  }
  return {ExitCode::Done, "no failure"};
}

std::string idx(uint8_t type, std::vector<uint32_t> shape, const std::string &elements) {
  std::string text{'\0', '\0', char(type), char(shape.size())};
  for (uint32_t extent : shape)
    for (int shift : {24, 16, 8, 0})
      text += char(extent >> shift);
  return text + elements;
}

template <typename T> std::string raw(std::vector<T> values) {
  return std::string(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
}

std::string npy(const std::string &descr, const std::string &shape, const std::string &elements, bool fortran = false,
                char version = 1) {
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': (" + shape + "), }";
  header += std::string(3, ' ') + '\n';
  std::string text = std::string("\x93NUMPY") + version + '\0' + char(header.size() & 255) + char(header.size() >> 8);
  if (version > 1)
    text += std::string(2, '\0');
  return text + header + elements;
}

std::string gzipped(const std::string &text) {
  std::string packed(text.size() + 1000, '\0');
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(text.data()));
  stream.avail_in = uInt(text.size());
  stream.next_out = reinterpret_cast<Bytef *>(packed.data());
  stream.avail_out = uInt(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

class Data : public ::testing::Test {
protected:
  TemporaryDirectory directory;
  std::string put(const std::string &name, const std::string &content) { return directory.write(name, content); }
  Array get(const std::string &content) { return readArray(put("file", content)); }
  std::pair<ExitCode, std::string> wrong(const std::string &content) {
    return failureOf([&] { get(content); });
  }
};

TEST_F(Data, ReadsIdxOfEveryType) {
  Array bytes = get(idx(0x08, {2, 3}, raw<uint8_t>({0, 1, 2, 253, 254, 255})));
  EXPECT_EQ(bytes.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(bytes.element, Element::U8);
  EXPECT_EQ(bytes.number(5), 255);
  EXPECT_EQ(get(idx(0x09, {2}, raw<int8_t>({-3, 4}))).number(0), -3);
  EXPECT_EQ(get(idx(0x0B, {1}, std::string("\xff\xfe", 2))).number(0), -2);
  EXPECT_EQ(get(idx(0x0C, {1}, std::string("\0\0\1\0", 4))).number(0), 256);
  EXPECT_EQ(get(idx(0x0D, {1}, std::string("\x3f\xc0\0\0", 4))).number(0), 1.5);
  EXPECT_EQ(get(idx(0x0E, {1}, std::string("\x3f\xf8\0\0\0\0\0\0", 8))).number(0), 1.5);
}

TEST_F(Data, ReadsGzipTransparently) {
  std::string packed = gzipped(idx(0x08, {3}, raw<uint8_t>({7, 8, 9})));
  EXPECT_EQ(get(packed).number(2), 9);
  EXPECT_EQ(wrong(packed.substr(0, packed.size() - 6)).first, ExitCode::BadData);
  packed[14] = char(packed[14] ^ 0x55);
  EXPECT_EQ(wrong(packed).first, ExitCode::BadData);
}

TEST_F(Data, RefusesTruncatedIdx) {
  auto [code, text] = wrong(idx(0x08, {2, 3}, "abc"));
  EXPECT_EQ(code, ExitCode::BadData);
  EXPECT_NE(text.find("expected 6 bytes"), std::string::npos) << text;
  EXPECT_EQ(wrong(std::string("\0\0\x08\x03\0\0", 6)).first, ExitCode::BadData);
  EXPECT_EQ(wrong(idx(0x0E, {0xffffffff, 0xffffffff, 0xffffffff}, "")).first, ExitCode::BadData);
}

TEST_F(Data, ReadsNpyInBothOrdersAndEndiannesses) {
  Array c = get(npy("<f4", "2, 3", raw<float>({0, 1, 2, 3, 4, 5})));
  EXPECT_EQ(c.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(c.number(4), 4);
  Array fortran = get(npy("<f8", "2, 3", raw<double>({0, 3, 1, 4, 2, 5}), true, 2));
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(fortran.number(i), i);
  EXPECT_EQ(get(npy(">i2", "1,", std::string("\x01\x00", 2))).number(0), 256);
  EXPECT_EQ(get(npy("|b1", "2,", std::string("\0\1", 2), false, 3)).number(1), 1);
  EXPECT_EQ(get(npy("<i8", "1,", raw<int64_t>({-5}))).number(0), -5);
  EXPECT_EQ(wrong(npy("<c8", "1,", "12345678")).first, ExitCode::BadData);
  EXPECT_EQ(wrong(npy("<f4", "3,", "12345678")).first, ExitCode::BadData);
  EXPECT_EQ(wrong(npy("<f4", "", "1234")).first, ExitCode::BadData);
  EXPECT_EQ(wrong(npy("<f4", "-1,", "1234")).first, ExitCode::BadData);
  EXPECT_EQ(wrong(std::string("\x93NUMPY\1\0\xff\xff", 10)).first, ExitCode::BadData);
}

TEST_F(Data, ReadsCsv) {
  Array a = get("a,b\r\n1,2.5\r\n-3e1, 4\r\n\n");
  EXPECT_EQ(a.shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(a.number(1), 2.5);
  EXPECT_EQ(a.number(2), -30);
  EXPECT_FALSE(a.integral);
  EXPECT_TRUE(get("1 2  3\n4 5 6").integral);
  EXPECT_EQ(get("1;2\n3;4\n").recordElements(), 2);
  EXPECT_EQ(wrong("1,2\n3\n").second.substr(directory.path().size()), "/file:2: expected 2 columns, got 1");
  EXPECT_NE(wrong("1,2\n\n3,abc\n").second.find(":3: expected a number, got 'abc'"), std::string::npos);
  EXPECT_NE(wrong("1,2\n3,\n").second.find("got ''"), std::string::npos);
  EXPECT_EQ(wrong("x,y\n").first, ExitCode::BadData);
}

TEST_F(Data, RefusesOtherFiles) {
  EXPECT_EQ(wrong("").first, ExitCode::BadData);
  EXPECT_EQ(wrong(std::string("\x89PNG\r\n\x1a\n\0\0", 10)).first, ExitCode::BadData);
  EXPECT_EQ(failureOf([&] { readArray(directory.path() + "/absent"); }).first, ExitCode::NoInput);
  EXPECT_EQ(failureOf([&] { readArray(directory.path()); }).first, ExitCode::NoInput);
}

TEST_F(Data, ParsesBindings) {
  Binding binding = parseBinding("x, y=a=b.npy");
  EXPECT_EQ(binding.fields, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(binding.path, "a=b.npy");
  for (const char *bad : {"x", "=p", "x=", ",x=p", "x,=p"})
    EXPECT_EQ(failureOf([&] { parseBinding(bad); }).first, ExitCode::Usage) << bad;
}

/// Bindings of the digits game: x [784] in (0, 1), y class(10).
class Digits : public Data {
protected:
  Instance instance{digitsGame(), 1};
  std::string images(int n) {
    std::string pixels(size_t(n) * 784, '\0');
    for (int i = 0; i < n; ++i)
      std::fill_n(pixels.begin() + i * 784, 784, char(i));
    return put("images", idx(0x08, {uint32_t(n), 28, 28}, pixels));
  }
  std::string labels(int n) {
    std::string text;
    for (int i = 0; i < n; ++i)
      text += char(i % 10);
    return put("labels", idx(0x08, {uint32_t(n)}, text));
  }
  std::pair<ExitCode, std::string> refused(std::vector<Binding> bindings) {
    return failureOf([&] { DataSet(instance, bindings, 0); });
  }
  const float *x() { return instance.view<float>(instance.cell(digitsGame().fields[0].cell)).data(); }
  const int32_t *y() { return instance.view<int32_t>(instance.cell(digitsGame().fields[1].cell)).data(); }
};

TEST_F(Digits, ScalesBytesReshapesAndPairsRows) {
  DataSet data(instance, {{{"x"}, images(25)}, {{"y"}, labels(25)}}, 1);
  EXPECT_EQ(data.records(0), 25);
  data.draw(0, Stream::InOrder, 1);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(x()[i * 784 + 5], float((10 + i) / 255.0));
    EXPECT_EQ(y()[i], i);
  }
  data.draw(0, Stream::InOrder, 2); // wraps after 5
  EXPECT_EQ(x()[5 * 784], 0);
  data.fillMean(0);
  EXPECT_NEAR(instance.read(instance.cell(digitsGame().fields[0].mean_cell), 3), 12 / 255.0, 1e-7);
}

TEST_F(Digits, EveryEpochIsAPermutation) {
  DataSet data(instance, {{{"x"}, images(25)}, {{"y"}, labels(25)}}, 1);
  std::vector<int> order;
  for (int use = 0; use < 5; ++use) { // 50 records: two epochs
    data.draw(0, Stream::Training, use);
    for (int i = 0; i < 10; ++i) {
      order.push_back(int(std::lround(x()[i * 784] * 255)));
      EXPECT_EQ(y()[i], order.back() % 10) << "image and label of one row";
    }
  }
  std::set<int> first(order.begin(), order.begin() + 25), second(order.begin() + 25, order.end());
  EXPECT_EQ(first.size(), 25u);
  EXPECT_EQ(second.size(), 25u);
  EXPECT_FALSE(std::equal(order.begin(), order.begin() + 25, order.begin() + 25));
  EXPECT_FALSE(std::is_sorted(order.begin(), order.begin() + 25));

  // Stateless: another object, asked for the middle at once.
  DataSet again(instance, {{{"x"}, images(25)}, {{"y"}, labels(25)}}, 1);
  again.draw(0, Stream::Training, 3);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(int(std::lround(x()[i * 784] * 255)), order[size_t(30 + i)]);
  DataSet other(instance, {{{"x"}, images(25)}, {{"y"}, labels(25)}}, 2);
  std::vector<int> otherOrder;
  other.draw(0, Stream::Training, 0);
  for (int i = 0; i < 10; ++i)
    otherOrder.push_back(int(std::lround(x()[i * 784] * 255)));
  EXPECT_FALSE(std::equal(otherOrder.begin(), otherOrder.end(), order.begin()));
}

TEST_F(Digits, OneFileCanHoldBothFields) {
  std::string text;
  for (int row = 0; row < 3; ++row) {
    for (int i = 0; i < 784; ++i)
      text += std::to_string(row * 100) + ",";
    text += std::to_string(row + 7) + "\n";
  }
  DataSet data(instance, {{{"x", "y"}, put("both.csv", text)}}, 0);
  data.draw(0, Stream::InOrder, 0);
  EXPECT_EQ(y()[1], 8);
  EXPECT_EQ(x()[784], float(100 / 255.0)) << "integers of 0..255 outside the range are bytes";
}

TEST_F(Digits, TellsWhatIsWrong) {
  auto expect = [](std::pair<ExitCode, std::string> got, ExitCode code, const char *part) {
    EXPECT_EQ(got.first, code) << got.second;
    EXPECT_NE(got.second.find(part), std::string::npos) << got.second;
  };
  expect(refused({{{"x"}, images(4)}, {{"y"}, labels(5)}}), ExitCode::BadData, "equally many records");
  expect(refused({{{"x"}, images(4)}}), ExitCode::Usage, "--data y=PATH");
  expect(refused({{{"q"}, images(4)}}), ExitCode::Usage, "unknown data field 'q'");
  expect(refused({{{"x"}, images(4)}, {{"x"}, images(4)}}), ExitCode::Usage, "twice");
  expect(refused({{{"x"}, put("flat", idx(0x08, {2, 27, 28}, std::string(2 * 27 * 28, 'a')))}, {{"y"}, labels(2)}}),
         ExitCode::BadData, "expects records of [784], got 2 of [27, 28]");
  expect(refused({{{"x"}, images(3)}, {{"y"}, put("y", "1\n10\n2\n")}}), ExitCode::BadData,
         "record 1: y expects a label of 0..9, got 10");
  expect(refused({{{"x"}, images(2)}, {{"y"}, put("y", "1\n0.5\n")}}), ExitCode::BadData, "got 0.5");
  std::vector<float> numbers(2 * 784, 0.5f);
  numbers[784 + 3] = NAN;
  expect(refused({{{"x"}, put("nan", npy("<f4", "2, 784", raw(numbers)))}, {{"y"}, labels(2)}}), ExitCode::BadData,
         "record 1: x holds nan");
  numbers[784 + 3] = 1.5;
  expect(refused({{{"x"}, put("far", npy("<f4", "2, 784", raw(numbers)))}, {{"y"}, labels(2)}}), ExitCode::BadData,
         "record 1: x expects numbers in (0, 1), got 1.5");
}

TEST_F(Data, TurnsChannelsLastImages) {
  TableBuilder table("images", AGON_F32, 1);
  uint32_t x = table.cell("x", AGON_CELL_DATA, AGON_F32, {1, 3, 2, 2});
  table.fields = {{"x", x, 0, 0, 0, 0, 0, -1}};
  table.groups = {{"x", -1, nullptr, 0, 0, nullptr, 0}};
  Instance instance(table.finish(), 1);
  std::vector<uint8_t> pixels(12);
  for (int i = 0; i < 12; ++i)
    pixels[size_t(i)] = uint8_t(i);
  DataSet data(instance, {{{"x"}, put("hwc", npy("|u1", "1, 2, 2, 3", raw(pixels)))}}, 0);
  data.draw(0, Stream::InOrder, 0);
  const float expected[] = {0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11};
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(instance.read(instance.cell(x), i), expected[i]) << "bytes without a range are taken as they are";
}

} // namespace
