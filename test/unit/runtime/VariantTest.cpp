#include "runtime/core/Failure.h"
#include "runtime/core/Instance.h"
#include "runtime/cpu/CpuDevice.h"
#include "runtime/cpu/CpuFeatures.h"
#include "test/unit/runtime/FakeGames.h"

#include <cstdlib>
#include <gtest/gtest.h>

using namespace agon::rt;
using namespace agon::rt::test;

namespace {

/// A table that asks for `features`, with variants.
struct Tables : testing::Test {
  Tables() {
    unsetenv("AGON_ISA");
    for (agon_model *model : {&plain, &better, &best})
      *model = ringGame();
    plain.target = "plain";
    better.target = "better";
    best.target = "best";
    plain.cpu_features = better.cpu_features = nothing;
    best.cpu_features = impossible;
    plain.variants = variants;
  }
  ~Tables() override { unsetenv("AGON_ISA"); }

  std::string failure(const char *isa) {
    setenv("AGON_ISA", isa, 1);
    try {
      chooseVariant(plain);
    } catch (const Failure &failure) {
      EXPECT_EQ(failure.exitCode(), ExitCode::Usage);
      return failure.what();
    }
    return "no failure";
  }

  const char *const nothing[1] = {nullptr};
  const char *const impossible[2] = {"avx1024", nullptr};
  agon_model plain, better, best;
  const agon_model *const variants[3] = {&best, &better, nullptr};
};

TEST_F(Tables, TheBestThatTheProcessorCanRun) {
  EXPECT_EQ(&chooseVariant(plain), &better);
  best.cpu_features = nothing;
  EXPECT_EQ(&chooseVariant(plain), &best);
  better.cpu_features = best.cpu_features = impossible;
  EXPECT_EQ(&chooseVariant(plain), &plain);
}

TEST_F(Tables, OneTableIsItself) {
  plain.variants = nullptr;
  EXPECT_EQ(&chooseVariant(plain), &plain);
}

TEST_F(Tables, NoneFits) {
  plain.cpu_features = better.cpu_features = impossible;
  const agon_model &chosen = chooseVariant(plain);
  EXPECT_EQ(&chosen, &plain);
  try {
    Instance instance(chosen, openCpu(1));
    FAIL();
  } catch (const Failure &failure) {
    EXPECT_NE(std::string(failure.what()).find("needs avx1024, which this processor lacks"), std::string::npos)
        << failure.what();
  }
}

TEST_F(Tables, TheVariableChooses) {
  setenv("AGON_ISA", "plain", 1);
  EXPECT_EQ(&chooseVariant(plain), &plain);
  setenv("AGON_ISA", "", 1);
  EXPECT_EQ(&chooseVariant(plain), &better);
  EXPECT_NE(failure("best").find("needs avx1024"), std::string::npos);
  EXPECT_NE(failure("other").find("(best, better, plain), got 'other'"), std::string::npos);
}

} // namespace
