// What the runtime says and reads in words: how models differ, numbers, near names.
#include "runtime/cli/Numbers.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Finite.h"
#include "runtime/core/Suggest.h"
#include "runtime/io/Identity.h"
#include "runtime/io/JsonNumber.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace agon::rt;

namespace {

std::string description(const std::string &parts) {
  return describeModel("g", "x86-64-v3", "{\"parts\": [" + parts + "]}");
}

TEST(Identity, TellsWhatDiffers) {
  std::string constant = R"({"what": "constant rate", "text": "1"})";
  std::string network = R"({"what": "network G", "text": "relu", "meaning": "a", "training": "b", "network": "G",
                            "uses": ["H"]})";
  auto replaced = [](std::string text, const std::string &from, const std::string &to) {
    return text.replace(text.find(from), from.size(), to);
  };
  std::string before = description(constant + "," + network);
  EXPECT_TRUE(differences(before, before).empty());
  // How it is written matters only where it computes something else.
  EXPECT_TRUE(differences(before, description(constant + "," + replaced(network, "relu", "relu()"))).empty());
  auto list = differences(before, description(replaced(constant, "1", "2") + "," +
                                              replaced(replaced(network, "relu", "tanh"), "\"a\"", "\"c\"")));
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].text, "constant rate: was 1, is 2");
  EXPECT_FALSE(list[0].training || list[0].meaning);
  EXPECT_EQ(list[1].text, "network G: was relu, is tanh");
  EXPECT_TRUE(list[1].meaning);
  EXPECT_EQ(list[1].network, "G");
  list = differences(before, description(constant + "," + replaced(network, "\"b\"", "\"c\"")));
  ASSERT_EQ(list.size(), 1u);
  EXPECT_TRUE(list[0].training && !list[0].meaning && list[0].indirect);
  EXPECT_EQ(list[0].text, "network G");
  list = differences(before, description(network));
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].text, "constant rate: is gone, was 1");
  list = differences(before, describeModel("g", "x86-64-v4", "{\"parts\": [" + constant + "," + network + "]}"));
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].text, "processor: was x86-64-v3, is x86-64-v4");
  EXPECT_TRUE(list[0].training && !list[0].meaning);
  EXPECT_EQ(networksOf(before, "G"), (std::set<std::string>{"G", "H"}));
  // Files may hold anything.
  for (const char *odd : {"", "{", "[]", R"({"parts": 3})", R"({"parts": [1, {"what": 2}, {"what": "a", "uses": 1}]})"})
    EXPECT_NO_THROW(differences(odd, before)) << odd;
  // Long texts are cut around the first difference, and show no control characters.
  std::string padding(200, 'x');
  list = differences(description("{\"what\": \"p\", \"text\": \"" + padding + "1\\u001b" + padding + "\"}"),
                     description("{\"what\": \"p\", \"text\": \"" + padding + "2" + padding + "\"}"));
  ASSERT_EQ(list.size(), 1u);
  EXPECT_LT(list[0].text.size(), 200u);
  EXPECT_NE(list[0].text.find("x1?x"), std::string::npos) << list[0].text;
  EXPECT_NE(list[0].text.find("x2x"), std::string::npos) << list[0].text;
}

TEST(Numbers, AreReadAsPeopleWriteThem) {
  auto whole = [](const std::string &text) -> std::string {
    try {
      return std::to_string(parseWhole("--n", text, {-10, int64_t(1) << 59}));
    } catch (const Failure &failure) {
      EXPECT_EQ(failure.exitCode(), ExitCode::Usage);
      return failure.what();
    }
  };
  EXPECT_EQ(whole("10"), "10");
  EXPECT_EQ(whole("010"), "10");
  EXPECT_EQ(whole("+7"), "7");
  EXPECT_EQ(whole("-3"), "-3");
  EXPECT_EQ(whole("1e4"), "10000");
  EXPECT_EQ(whole("1.5e3"), "1500");
  EXPECT_EQ(whole("2.0"), "2");
  for (const char *wrong :
       {"", " 1", "1 ", "0x10", "1.5", "1e-1", "ten", "1_000", "1,000", "--1", "+-1", "nan", "inf", "e4"})
    EXPECT_EQ(whole(wrong), std::string("--n expects a whole number, got '") + wrong + "'");
  for (const char *far :
       {"-11", "99999999999999999999999", "-99999999999999999999999", "1e19", "1e400", "600000000000000000"})
    EXPECT_EQ(whole(far), std::string("--n expects a whole number in -10 to 2^59, got ") + far);
  EXPECT_EQ(rangeText({}), "-2^63 to 2^63 - 1");
  EXPECT_EQ(rangeText({1, 4096}), "1 to 4096");
  EXPECT_EQ(parseReal("--x", "+1e-4"), 1e-4);
  for (const char *wrong : {"", "+-1", "1e", "nan", "inf", "-inf", "0x1p3", "1e400"})
    EXPECT_THROW(parseReal("--x", wrong), Failure) << wrong;
}

TEST(JsonNumber, TellsWhatIsNotFinite) {
  EXPECT_EQ(jsonNumber(0.5).dump(), "0.5");
  EXPECT_EQ(jsonNumber(NAN).dump(), "\"NaN\"");
  EXPECT_EQ(fmt::format("{} {} {}", shownNumber(std::copysign(NAN, -1.0)), shownNumber(-HUGE_VAL), shownNumber(-0.5)),
            "nan -inf -0.5");
  EXPECT_EQ(jsonNumber(HUGE_VAL).dump(), "\"Infinity\"");
  EXPECT_EQ(jsonNumber(-HUGE_VAL).dump(), "\"-Infinity\"");
}

TEST(Suggest, FindsNearWordsOnly) {
  EXPECT_EQ(suggestion("--sed", {"--seed", "--steps"}), "; did you mean --seed?");
  EXPECT_EQ(suggestion("G.rl", {"D.lr", "G.lr"}), "; did you mean G.lr?");
  EXPECT_EQ(suggestion("banana", {"--seed", "--steps"}), "");
}

} // namespace
