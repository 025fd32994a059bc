#include "test/unit/runtime/DataFiles.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

using namespace agon::rt;
using namespace agon::rt::test;

namespace {

TEST_F(Data, ReadsCsv) {
  Array a = get("a,b\r\n1,2.5\r\n-3e1, 4\r\n\n");
  EXPECT_EQ(a.shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(a.number(0, 1), 2.5);
  EXPECT_EQ(a.number(1, 0), -30);
  EXPECT_EQ(a.lines, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(get("1;2\n3;4\n").recordElements(), 2);
}

TEST_F(Data, CsvKnowsSeveralSeparatorsAndLineEnds) {
  using Numbers = std::vector<double>;
  EXPECT_EQ(numbers("1 2  3\n  4 5 6  \n"), (Numbers{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(numbers("1\t2\n3\t 4\n"), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(numbers("1,2\r3,4\r"), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(numbers("\xEF\xBB\xBF"
                    "1;2\r\n\r\n# 5;6\r\n3;4"),
            (Numbers{1, 2, 3, 4}));
}

TEST_F(Data, CsvNumbers) {
  using Numbers = std::vector<double>;
  EXPECT_EQ(numbers("+1,-.5,1e-400,-1e-999,5e-324\n"), (Numbers{1, -.5, 0, 0, 5e-324}));
  for (const char *bad : {"+-1", "-+1", "++1", "0x10", "1,5x", "1e", "3 4,1", "--1", "1_000", "1.2.3"})
    EXPECT_NE(told("7,7\n" + std::string(bad) + (strchr(bad, ',') ? "\n" : ",7\n")).find("expected a number, got"),
              std::string::npos)
        << bad;
  EXPECT_EQ(told("1,2\n3,1e400\n"), ":2: column 2: expected a number that a double can hold, got '1e400'");
}

TEST_F(Data, CsvHeaderHasNoNumericCell) {
  using Numbers = std::vector<double>;
  EXPECT_EQ(numbers("a,,c\n1,2,3\n"), (Numbers{1, 2, 3}));
  EXPECT_EQ(numbers("\"1 a\",b\n1,2\n"), (Numbers{1, 2}));
  EXPECT_EQ(told("1,,3\n1,2,3\n"), ":1: column 2: expected a number, got ''");
  EXPECT_EQ(told("NA,-1,0\n1,2,3\n"), ":1: column 1: expected a number, got 'NA'");
  EXPECT_EQ(told("1e400,2,3\n1,2,3\n"), ":1: column 1: expected a number that a double can hold, got '1e400'");
  EXPECT_EQ(told("a,nan\n1,2\n"), ":1: column 1: expected a number, got 'a'");
  EXPECT_EQ(told(",,\n1,2,3\n"), ":1: column 1: expected a number, got ''");
  EXPECT_EQ(told("1,x\n"), ":1: column 2: expected a number, got 'x'");
  EXPECT_EQ(told("x,y\n"), ":1: column 1: expected a number, or records after a header, got 'x'");
  EXPECT_EQ(told("1,2\n3\n"), ":2: expected 2 columns, got 1");
  EXPECT_EQ(told("1,2\n\n3,abc\n"), ":3: column 2: expected a number, got 'abc'");
  EXPECT_EQ(told("1,2\n3,\n"), ":2: column 2: expected a number, got ''");
  EXPECT_EQ(told("1\n" + std::string(60, 'x') + "\n"),
            ":2: column 1: expected a number, got '" + std::string(40, 'x') + "...'");
}

TEST_F(Data, CsvQuotes) {
  using Numbers = std::vector<double>;
  EXPECT_EQ(numbers("\"1\",2,\"3\"\n"), (Numbers{1, 2, 3}));
  EXPECT_EQ(numbers("\"a,b\n\"\"c\"\"\",\"d\"\n1, \"2\" \n"), (Numbers{1, 2}));
  EXPECT_EQ(told("\"1,000\",2,3\n"), ":1: column 1: expected a number, got '1,000'");
  EXPECT_EQ(told("1,2\n\"1\",\"2\n"), ":2: column 2: expected quotes to end the cell, got the end of the text");
  EXPECT_EQ(told("1,2\n3\",4\n"), ":2: column 1: expected quotes around a whole cell, got quotes within one");
  EXPECT_EQ(told("1,2\n\"3\"4,5\n"), ":2: column 1: expected the end of the cell after its quotes, got '4'");
  EXPECT_EQ(told("a,\"b\nc\"\n1,2\n3,\"x\ny\"\n"), ":4: column 2: expected a number, got 'x\\x0ay'");
}

TEST_F(Data, CsvColumnsByName) {
  using Numbers = std::vector<double>;
  const std::string prices = "date,open,\"high, low\",open2\n2020-01-01,1,2,3\n2020-01-02,4,5,6\n";
  EXPECT_EQ(numbers(prices, {"open"}), (Numbers{1, 4}));
  EXPECT_EQ(numbers(prices, {"open2", "high, low"}), (Numbers{3, 2, 6, 5}));
  EXPECT_EQ(told(prices, {"opne"}),
            ":1: expected a column 'opne', got 'date, open, high, low, open2'; did you mean open?");
  EXPECT_EQ(told(prices, {"date"}), ":2: column 1: expected a number, got '2020-01-01'");
  EXPECT_EQ(told("1,2\n", {"a"}), ":1: expected a header that names the columns 'a', got a record");
  EXPECT_EQ(told("a,a\n1,2\n", {"a"}), ":1: expected one column 'a', got several");
  EXPECT_EQ(told(npy("<f4", "1,", "1234"), {"a"}), ": expected a CSV file, whose columns have names, got NPY");
}

} // namespace
