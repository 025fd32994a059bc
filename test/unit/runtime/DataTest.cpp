#include "runtime/cpu/CpuDevice.h"
#include "runtime/data/DataSet.h"
#include "runtime/data/Parallel.h"
#include "test/unit/runtime/DataFiles.h"
#include "test/unit/runtime/FakeGames.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

using namespace agon::rt;
using namespace agon::rt::test;

namespace {

std::string idx(uint8_t type, const std::vector<uint32_t> &shape, const std::string &elements) {
  std::string text{'\0', '\0', char(type), char(shape.size())};
  for (uint32_t extent : shape)
    for (int shift : {24, 16, 8, 0})
      text += char(extent >> shift);
  return text + elements;
}

template <typename T> std::string raw(std::vector<T> values) {
  return std::string(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
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

/// A frame of one block as it is (RFC 8878), at most 255 bytes.
std::string zstdFrame(const std::string &text) {
  std::string frame{'\x28', '\xb5', '\x2f', '\xfd', '\x20', char(text.size())};
  size_t block = text.size() << 3 | 1; // the last one
  return frame + std::string{char(block), char(block >> 8), '\0'} + text;
}

TEST_F(Data, ReadsIdxOfEveryType) {
  Array bytes = get(idx(0x08, {2, 3}, raw<uint8_t>({0, 1, 2, 253, 254, 255})));
  EXPECT_EQ(bytes.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(bytes.element, Element::U8);
  EXPECT_EQ(bytes.number(1, 2), 255);
  EXPECT_EQ(get(idx(0x09, {2}, raw<int8_t>({-3, 4}))).number(0, 0), -3);
  EXPECT_EQ(get(idx(0x0B, {1}, std::string("\xff\xfe", 2))).number(0, 0), -2);
  EXPECT_EQ(get(idx(0x0C, {1}, std::string("\0\0\1\0", 4))).number(0, 0), 256);
  EXPECT_EQ(get(idx(0x0D, {1}, std::string("\x3f\xc0\0\0", 4))).number(0, 0), 1.5);
  EXPECT_EQ(get(idx(0x0E, {1}, std::string("\x3f\xf8\0\0\0\0\0\0", 8))).number(0, 0), 1.5);
}

TEST_F(Data, ReadsGzipTransparently) {
  std::string packed = gzipped(idx(0x08, {3}, raw<uint8_t>({7, 8, 9})));
  EXPECT_EQ(get(packed).number(2, 0), 9);
  EXPECT_EQ(wrong(packed.substr(0, packed.size() - 6)).first, ExitCode::BadData);
  // Members are one file; what is none is not.
  std::string content = idx(0x08, {3}, raw<uint8_t>({7, 8, 9}));
  std::string both = gzipped(content.substr(0, 5)) + gzipped(content.substr(5));
  EXPECT_EQ(get(both).number(2, 0), 9);
  EXPECT_EQ(get(both + std::string(9, '\0')).number(2, 0), 9);
  EXPECT_EQ(wrong(both.substr(0, both.size() - 3)).first, ExitCode::BadData);
  for (const std::string &rubbish : {std::string("rubbish"), std::string("\0x", 2), std::string("\x1f?")})
    EXPECT_EQ(wrong(both + rubbish).first, ExitCode::BadData);
  EXPECT_NE(wrong(packed + "x").second.find(fmt::format("file: from byte {} on", packed.size())), std::string::npos);
  packed[14] = char(packed[14] ^ 0x55);
  EXPECT_EQ(wrong(packed).first, ExitCode::BadData);
}

TEST_F(Data, ReadsZstdTransparently) {
  std::string content = idx(0x08, {3}, raw<uint8_t>({7, 8, 9})), packed = zstdFrame(content);
  EXPECT_EQ(get(packed).number(2, 0), 9);
  std::string both = zstdFrame(content.substr(0, 5)) + zstdFrame(content.substr(5));
  std::string skipped("\x5a\x2a\x4d\x18\3\0\0\0abc", 11);
  EXPECT_EQ(get(both).number(2, 0), 9);
  EXPECT_EQ(get(skipped + both + skipped).number(2, 0), 9);
  EXPECT_EQ(get(both + std::string(9, '\0')).number(2, 0), 9);
  for (size_t size = 5; size < packed.size(); ++size)
    EXPECT_EQ(told(packed.substr(0, size)), ": the zstd data ends early") << size;
  for (const std::string &rubbish : {std::string("rubbish"), std::string("\0x", 2)})
    EXPECT_NE(told(both + rubbish).find("something else behind the zstd data"), std::string::npos);
  EXPECT_EQ(told(both + "(?.."), ": the zstd data is corrupt");
  packed[6] = '\7'; // a block of a kind that there is not
  EXPECT_EQ(told(packed), ": the zstd data is corrupt");
  // 4000 times the byte 7, packed by the program zstd 1.5.4 with --check, and with a wrong checksum.
  std::string real("\050\265\057\375\004\150\205\000\000\110\000\000\010\001\000\000\017\240\007\001\000\234\367\301"
                   "\021\133\370\147\331",
                   29);
  Array array = get(real);
  EXPECT_EQ(array.shape, (std::vector<int64_t>{4000}));
  EXPECT_EQ(array.number(3999, 0), 7);
  real.back() = char(real.back() ^ 1);
  EXPECT_EQ(told(real), ": the zstd data is corrupt");
}

TEST_F(Data, RefusesTruncatedIdx) {
  auto [code, text] = wrong(idx(0x08, {2, 3}, "abc"));
  EXPECT_EQ(code, ExitCode::BadData);
  EXPECT_NE(text.find("expected 18 bytes, as its IDX header tells, got 15"), std::string::npos) << text;
  EXPECT_NE(wrong(idx(0x08, {2, 3}, "abcdefg")).second.find("got more"), std::string::npos);
  EXPECT_EQ(wrong(std::string("\0\0\x08\x03\0\0", 6)).first, ExitCode::BadData);
  EXPECT_EQ(wrong(idx(0x0E, {0xffffffff, 0xffffffff, 0xffffffff}, "")).first, ExitCode::BadData);
}

/// Files one after the other: small ones lie together, mapped ones where they are, and each record has its file's
/// place.
TEST_F(Data, JoinsFiles) {
  auto array = [&](const std::string &name, const std::vector<float> &values) {
    return arrayOf(put(name, npy("<f4", fmt::format("{}, 2", values.size() / 2), raw<float>(values))));
  };
  Array mapped = array("c", {7, 8, 9, 10, 11, 12});
  mapped.offset = std::filesystem::file_size(mapped.path) - 6 * sizeof(float);
  mapped.mapping = std::make_shared<const Mapping>(mapped.path);
  mapped.storage = Bytes();
  Joining joining("all");
  joining.add(array("a", {1, 2, 3, 4}));
  joining.add(array("b", {5, 6}));
  joining.add(std::move(mapped));
  joining.add(array("d", {13, 14}));
  Array all = joining.finish();
  EXPECT_EQ(all.path, "all");
  EXPECT_EQ(all.shape, (std::vector<int64_t>{7, 2}));
  for (int r = 0; r < 7; ++r)
    for (int e = 0; e < 2; ++e)
      EXPECT_EQ(all.number(r, e), 2 * r + e + 1);
  EXPECT_EQ(all.record(2), all.record(1) + 2 * sizeof(float));
  std::vector<std::string> places;
  for (int r = 0; r < 7; ++r)
    places.push_back(all.place(r, 0).substr(directory.path().size() + 1));
  EXPECT_EQ(places, (std::vector<std::string>{"a: record 0", "a: record 1", "b: record 0", "c: record 0", "c: record 1",
                                              "c: record 2", "d: record 0"}));
  Joining other("all");
  other.add(array("a", {1, 2}));
  EXPECT_THROW(other.add(arrayOf(put("b", npy("<f4", "1, 3", raw<float>({1, 2, 3}))))), Failure);
}

TEST_F(Data, ReadsNpyInBothOrdersAndEndiannesses) {
  Array c = get(npy("<f4", "2, 3", raw<float>({0, 1, 2, 3, 4, 5})));
  EXPECT_EQ(c.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(c.number(1, 1), 4);
  Array fortran = get(npy("<f8", "2, 3", raw<double>({0, 3, 1, 4, 2, 5}), true, 2));
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(fortran.number(i / 3, i % 3), i);
  EXPECT_EQ(get(npy(">i2", "1,", std::string("\x01\x00", 2))).number(0, 0), 256);
  EXPECT_EQ(get(npy("|b1", "2,", std::string("\0\1", 2), false, 3)).number(1, 0), 1);
  EXPECT_EQ(told(npy("|b1", "2,", std::string("\0\7", 2))),
            ": expected truth values to be bytes of 0 and 1, got 7 at element 1");
  EXPECT_EQ(get(npy("<i8", "1,", raw<int64_t>({-5}))).number(0, 0), -5);
  EXPECT_EQ(wrong(npy("<c8", "1,", "12345678")).first, ExitCode::BadData);
  EXPECT_EQ(wrong(npy("<f4", "3,", "12345678")).first, ExitCode::BadData);
  EXPECT_EQ(wrong(npy("<f4", "", "1234")).first, ExitCode::BadData);
  EXPECT_EQ(wrong(npy("<f4", "-1,", "1234")).first, ExitCode::BadData);
  EXPECT_EQ(wrong(std::string("\x93NUMPY\1\0\xff\xff", 10)).first, ExitCode::BadData);
}

TEST_F(Data, JudgesTheFirstBytes) {
  std::string path = put("sparse", "\x89PNG");
  ASSERT_EQ(truncate(path.c_str(), int64_t(100) << 30), 0);
  EXPECT_EQ(failureOf([&] { arrayOf(path); }).first, ExitCode::BadData);
  path = put("sparse", "1,2\n");
  ASSERT_EQ(truncate(path.c_str(), int64_t(100) << 30), 0);
  EXPECT_EQ(failureOf([&] { arrayOf(path); }).first, ExitCode::BadData);
  path = put("sparse", idx(0x08, {2, 3}, "abcdef"));
  ASSERT_EQ(truncate(path.c_str(), int64_t(100) << 30), 0);
  EXPECT_EQ(failureOf([&] { arrayOf(path); }).first, ExitCode::BadData);
  path = put("sparse", idx(0x08, {1u << 31, 1u << 20}, ""));
  ASSERT_EQ(truncate(path.c_str(), int64_t(100) << 30), 0);
  EXPECT_EQ(failureOf([&] { arrayOf(path); }).second,
            path + ": expected 2251799813685260 bytes, as its IDX header tells, got 107374182400");
  EXPECT_EQ(wrong(gzipped(idx(0x08, {1u << 31, 1u << 20}, ""))).first, ExitCode::Unavailable) << "two pebibytes";
  EXPECT_EQ(failureOf([&] { arrayOf("/dev/zero"); }).first, ExitCode::NoInput);
  EXPECT_EQ(failureOf([&] { arrayOf("/dev/null"); }).first, ExitCode::NoInput);
  path = directory.path() + "/pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(failureOf([&] { arrayOf(path); }).second, path + " is a pipe, expected a data file");
  // A small file that unpacks to more than its header tells.
  EXPECT_NE(wrong(gzipped(idx(0x08, {2, 3}, std::string(1 << 20, 'a')))).second.find("got more"), std::string::npos);
  EXPECT_EQ(wrong("1,2\n" + std::string(300000, ' ') + std::string(1, '\0')).first, ExitCode::BadData);
  EXPECT_EQ(wrong(gzipped(std::string(100000, '1') + "\n").substr(0, 80)).first, ExitCode::BadData);
}

TEST_F(Data, RefusesOtherFiles) {
  EXPECT_EQ(wrong("").first, ExitCode::BadData);
  EXPECT_EQ(wrong(std::string("\x89PNG\r\n\x1a\n\0\0", 10)).first, ExitCode::BadData);
  EXPECT_EQ(failureOf([&] { arrayOf(directory.path() + "/absent"); }).first, ExitCode::NoInput);
  EXPECT_EQ(failureOf([&] { arrayOf(directory.path()); }).first, ExitCode::NoInput);
}

TEST_F(Data, ParsesBindings) {
  Binding binding = parseBinding("x, y=a=b.npy");
  EXPECT_EQ(binding.fields, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(binding.path, "a=b.npy");
  std::string plain = put("t.csv", "a\n1\n"), colon = put("t.csv:a", "1\n");
  binding = parseBinding("x=" + plain + ":\"a,b\",c:d");
  EXPECT_EQ(binding.path, plain);
  EXPECT_EQ(binding.columns, (std::vector<std::string>{"a,b", "c:d"}));
  EXPECT_EQ(parseBinding("x=" + colon).path, colon) << "a file of that name exists";
  EXPECT_EQ(parseBinding("x=" + colon + ":b").columns, std::vector<std::string>{"b"});
  EXPECT_EQ(parseBinding("x=absent:b").path, "absent:b");
  for (std::string bad : {":", ":a,", ":\"a", ":,"})
    EXPECT_EQ(failureOf([&] { parseBinding("x=" + plain + bad); }).first, ExitCode::Usage) << bad;
  for (const char *bad : {"x", "=p", "x=", ",x=p", "x,=p"})
    EXPECT_EQ(failureOf([&] { parseBinding(bad); }).first, ExitCode::Usage) << bad;
}

TEST(DataParallel, CallsEachOnceAndThrowsTheFirst) {
  for (int threads : {1, 3, 8}) {
    std::vector<std::atomic<int>> calls(1000);
    parallelFor(calls.size(), threads, [&](size_t i) { ++calls[i]; });
    EXPECT_TRUE(std::all_of(calls.begin(), calls.end(), [](const std::atomic<int> &count) { return count == 1; }));
    // Others fail, too, and may do so earlier.
    EXPECT_EQ(failureOf([&] {
                parallelFor(1000, threads, [](size_t i) {
                  if (i >= 300 && i % 2 == 0)
                    fail(ExitCode::BadData, "{}", i);
                });
              }).second,
              "300");
  }
  parallelFor(0, 4, [](size_t) { FAIL(); });
}

/// Bindings of the digits game: x [784] in (0, 1), y class(10).
class Digits : public Data {
protected:
  Instance instance{digitsGame(), openCpu(1)};
  std::string images(int n) {
    std::string pixels;
    for (int i = 0; i < n; ++i)
      pixels.append(784, char(i));
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
  /// A pixel of the minibatch.
  float x(size_t record, size_t pixel = 0) {
    return instance.reading(instance.cell(digitsGame().fields[0].cell)).as<float>()[record * 784 + pixel];
  }
  const int32_t *y() { return instance.reading(instance.cell(digitsGame().fields[1].cell)).as<int32_t>().data(); }
};

TEST_F(Digits, ScalesBytesReshapesAndPairsRows) {
  DataSet data(instance, {{{"x"}, images(25), {}}, {{"y"}, labels(25), {}}}, 1);
  EXPECT_EQ(data.records(0), 25);
  data.draw(0, Stream::InOrder, 1);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(x(size_t(i), 5), float((10 + i) / 255.0));
    EXPECT_EQ(y()[i], i);
  }
  data.draw(0, Stream::InOrder, 2); // wraps after 5
  EXPECT_EQ(x(5), 0);
  data.fillMean(0);
  EXPECT_NEAR(instance.read(instance.cell(digitsGame().fields[0].mean_cell), 3), 12 / 255.0, 1e-7);
}

TEST_F(Digits, EveryEpochIsAPermutation) {
  DataSet data(instance, {{{"x"}, images(25), {}}, {{"y"}, labels(25), {}}}, 1);
  std::vector<int> order;
  for (int use = 0; use < 5; ++use) { // 50 records: two epochs
    data.draw(0, Stream::Training, use);
    for (int i = 0; i < 10; ++i) {
      order.push_back(int(std::lround(x(size_t(i)) * 255)));
      EXPECT_EQ(y()[i], order.back() % 10) << "image and label of one row";
    }
  }
  std::set<int> first(order.begin(), order.begin() + 25), second(order.begin() + 25, order.end());
  EXPECT_EQ(first.size(), 25u);
  EXPECT_EQ(second.size(), 25u);
  EXPECT_FALSE(std::equal(order.begin(), order.begin() + 25, order.begin() + 25));
  EXPECT_FALSE(std::is_sorted(order.begin(), order.begin() + 25));

  // Stateless: another object, asked for the middle at once.
  DataSet again(instance, {{{"x"}, images(25), {}}, {{"y"}, labels(25), {}}}, 1);
  again.draw(0, Stream::Training, 3);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(int(std::lround(x(size_t(i)) * 255)), order[size_t(30 + i)]);
  DataSet other(instance, {{{"x"}, images(25), {}}, {{"y"}, labels(25), {}}}, 2);
  std::vector<int> otherOrder;
  other.draw(0, Stream::Training, 0);
  for (int i = 0; i < 10; ++i)
    otherOrder.push_back(int(std::lround(x(size_t(i)) * 255)));
  EXPECT_FALSE(std::equal(otherOrder.begin(), otherOrder.end(), order.begin()));
}

TEST_F(Digits, OneFileCanHoldBothFields) {
  std::string text;
  for (int row = 0; row < 3; ++row) {
    for (int i = 0; i < 784; ++i)
      text += std::to_string(row * 0.25) + ",";
    text += std::to_string(row + 7) + "\n";
  }
  DataSet data(instance, {{{"x", "y"}, put("both.csv", text), {}}}, 0);
  data.draw(0, Stream::InOrder, 0);
  EXPECT_EQ(y()[1], 8);
  EXPECT_EQ(x(1), 0.25f);
}

/// One field x: [2] of f32, in a range or not.
class Plane : public Data {
protected:
  TableBuilder table{"plane", AGON_F32, 2};
  uint32_t x = 0;
  std::unique_ptr<Instance> instance;
  void game(int ranged, double low = 0, double high = 0) {
    x = table.cell("x", AGON_CELL_DATA, AGON_F32, {2, 2});
    table.fields = {{"x", x, 0, 0, ranged, low, high, -1, nullptr, 0}};
    table.groups = {{"x", -1, nullptr, 0, 0, nullptr, 0}};
    instance = std::make_unique<Instance>(table.finish(), openCpu(1));
  }
  std::vector<float> drawn(const std::string &content) {
    DataSet data(*instance, {{{"x"}, put("f", content), {}}}, 0);
    warnings = data.warnings();
    data.draw(0, Stream::InOrder, 0);
    return instance->load<float>(instance->cell(x));
  }
  std::string refused(const std::string &content) {
    std::string path = put("f", content);
    auto [code, text] = failureOf([&] { DataSet(*instance, {{{"x"}, path, {}}}, 0); });
    EXPECT_EQ(code, ExitCode::BadData) << text;
    return text.starts_with(path) ? text.substr(path.size()) : text;
  }
  std::vector<std::string> warnings;
};

TEST_F(Plane, TheTypeDecidesWhatIsScaled) {
  game(1, 0, 100);
  using Numbers = std::vector<float>;
  EXPECT_EQ(drawn("20,40\n60,100\n"), (Numbers{20, 40, 60, 100}));
  EXPECT_EQ(refused("20,40\n60,101\n"), ":2: column 2: x expects numbers in (0, 100), got 101");
  EXPECT_EQ(refused("20,40\n\n60,-1\n"), ":3: column 2: x expects numbers in (0, 100), got -1");
  EXPECT_EQ(drawn(npy("|u1", "2, 2", raw<uint8_t>({0, 51, 102, 255}))), (Numbers{0, 20, 40, 100}));
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(drawn(npy("<u2", "2, 2", raw<uint16_t>({0, 51, 100, 2}))), (Numbers{0, 51, 100, 2}));
  EXPECT_EQ(drawn(npy("|i1", "2, 2", raw<int8_t>({0, 51, 100, 2}))), (Numbers{0, 51, 100, 2}));
  EXPECT_EQ(drawn(npy("|b1", "2, 2", std::string("\1\0\1\0", 4))), (Numbers{1, 0, 1, 0}));
  EXPECT_EQ(refused(npy("<i8", "2, 2", raw<int64_t>({0, 1, 255, 2}))),
            ": record 1: x expects numbers in (0, 100), got 255");
  EXPECT_EQ(refused(npy("|i1", "2, 2", raw<int8_t>({0, -1, 2, 2}))),
            ": record 0: x expects numbers in (0, 100), got -1");
  EXPECT_EQ(refused(npy("<f8", "2, 2", raw<double>({0, 1, 100.01, 2}))),
            ": record 1: x expects numbers in (0, 100), got 100.01");
  // What a computation rounded is no fault.
  EXPECT_EQ(drawn(npy("<f8", "2, 2", raw<double>({0, 1, 100.000001, 2})))[2], 100.000001f);
}

TEST_F(Plane, WarnsOfBytesThatAreZeroAndOne) {
  game(1, -1, 1);
  drawn(npy("|u1", "2, 2", raw<uint8_t>({0, 1, 1, 0})));
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("the greatest here is 1, which becomes -0.992157 in x"), std::string::npos) << warnings[0];
  drawn(npy("|u1", "2, 2", raw<uint8_t>({0, 1, 2, 0})));
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(drawn(npy("<i8", "2, 2", raw<int64_t>({0, 1, 1, -1}))), (std::vector<float>{0, 1, 1, -1}));
  EXPECT_TRUE(warnings.empty());
}

TEST_F(Plane, WhatDoesNotFitTheTypeIsRefused) {
  game(0);
  EXPECT_EQ(drawn("1e38,-3.4e38\n1e-50,0\n"), (std::vector<float>{1e38f, -3.4e38f, 0, 0}));
  EXPECT_EQ(drawn("1,2\n1,3.4028235e38\n")[3], 3.40282347e38f) << "what rounds to the greatest f32 is taken";
  EXPECT_EQ(refused("1,2\n1,-1e39\n"),
            ":2: column 2: x expects numbers that f32 can hold, at most 3.40282347e+38, got -1e+39");
  EXPECT_EQ(refused(npy("<f8", "2, 2", raw<double>({0, 1, 1e39, 2}))),
            ": record 1: x expects numbers that f32 can hold, at most 3.40282347e+38, got 1e+39");
  EXPECT_EQ(refused(npy("<f8", "2, 2", raw<double>({0, 1, HUGE_VAL, 2}))), ": record 1: x holds inf");
  std::string big = raw<double>({1e300});
  std::reverse(big.begin(), big.end());
  EXPECT_EQ(refused(idx(0x0E, {1, 2}, big + std::string(8, '\0'))),
            ": record 0: x expects numbers that f32 can hold, at most 3.40282347e+38, got 1e+300");
  EXPECT_EQ(refused("1,2\nnan,3\n"), ":2: column 1: x holds nan");
  EXPECT_EQ(drawn(npy("<u8", "1, 2", raw<uint64_t>({UINT64_MAX, 0})))[0], 18446744073709551616.f);
}

TEST_F(Digits, TellsWhatIsWrong) {
  auto expect = [](const std::pair<ExitCode, std::string> &got, ExitCode code, const char *part) {
    EXPECT_EQ(got.first, code) << got.second;
    EXPECT_NE(got.second.find(part), std::string::npos) << got.second;
  };
  expect(refused({{{"x"}, images(4), {}}, {{"y"}, labels(5), {}}}), ExitCode::BadData, "equally many records");
  expect(refused({{{"x"}, images(4), {}}}), ExitCode::Usage, "--data y=PATH");
  expect(refused({{{"q"}, images(4), {}}}), ExitCode::Usage, "unknown data field 'q'");
  expect(refused({{{"x"}, images(4), {}}, {{"x"}, images(4), {}}}), ExitCode::Usage, "twice");
  expect(refused({{{"x"}, put("flat", idx(0x08, {2, 27, 28}, std::string(1512, 'a'))), {}}, {{"y"}, labels(2), {}}}),
         ExitCode::BadData, "expects records of [784], got 2 of [27, 28]");
  expect(refused({{{"x"}, images(3), {}}, {{"y"}, put("y", "1\n10\n2\n"), {}}}), ExitCode::BadData,
         "y:2: column 1: y expects a label of 0..9, got 10");
  expect(refused({{{"x"}, images(2), {}}, {{"y"}, put("y", "1\n0.5\n"), {}}}), ExitCode::BadData, "got 0.5");
  std::vector<float> numbers(1568, 0.5f);
  numbers[784 + 3] = std::copysign(NAN, -1.0f);
  expect(refused({{{"x"}, put("nan", npy("<f4", "2, 784", raw(numbers))), {}}, {{"y"}, labels(2), {}}}),
         ExitCode::BadData, "record 1: x holds nan");
  numbers[784 + 3] = 1.5;
  expect(refused({{{"x"}, put("far", npy("<f4", "2, 784", raw(numbers))), {}}, {{"y"}, labels(2), {}}}),
         ExitCode::BadData, "record 1: x expects numbers in (0, 1), got 1.5");
}

TEST_F(Data, TurnsChannelsLastImages) {
  TableBuilder table("images", AGON_F32, 1);
  uint32_t x = table.cell("x", AGON_CELL_DATA, AGON_F32, {1, 3, 2, 2});
  table.fields = {{"x", x, 0, 0, 0, 0, 0, -1, nullptr, 0}};
  table.groups = {{"x", -1, nullptr, 0, 0, nullptr, 0}};
  Instance instance(table.finish(), openCpu(1));
  std::vector<uint8_t> pixels(12);
  for (int i = 0; i < 12; ++i)
    pixels[size_t(i)] = uint8_t(i);
  DataSet data(instance, {{{"x"}, put("hwc", npy("|u1", "1, 2, 2, 3", raw(pixels))), {}}}, 0);
  data.draw(0, Stream::InOrder, 0);
  const float expected[] = {0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11};
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(instance.read(instance.cell(x), i), expected[i]) << "bytes without a range are taken as they are";
}

} // namespace
