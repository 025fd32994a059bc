#include "runtime/cpu/CpuFeatures.h"

#include "runtime/core/Failure.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace agon::rt;

namespace {

/// Linux prints "sse4_2" and "avx512_vnni" where compilers say "sse4.2" and
/// "avx512vnni": names are compared without punctuation.
std::string letters(std::string_view name) {
  std::string result;
  for (char c : name)
    if (c != '_' && c != '.' && c != '-')
      result += c;
  return result;
}

bool kernelListsFeature(std::string_view feature) {
  std::ifstream file("/proc/cpuinfo");
  std::string line, wanted = letters(feature);
  while (std::getline(file, line)) {
    if (line.rfind("flags", 0) != 0)
      continue;
    std::istringstream words(line.substr(std::min(line.size(), line.find(':') + 1)));
    for (std::string word; words >> word;)
      if (letters(word) == wanted)
        return true;
    return false;
  }
  return false;
}

} // namespace

bool agon::rt::cpuSupports(std::string_view feature) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#define AGON_FEATURE(NAME)                                                                                             \
  if (feature == NAME)                                                                                                 \
    return __builtin_cpu_supports(NAME);
  AGON_FEATURE("sse4.1")
  AGON_FEATURE("sse4.2")
  AGON_FEATURE("avx")
  AGON_FEATURE("avx2")
  AGON_FEATURE("fma")
  AGON_FEATURE("bmi")
  AGON_FEATURE("bmi2")
  AGON_FEATURE("avx512f")
  AGON_FEATURE("avx512bw")
  AGON_FEATURE("avx512cd")
  AGON_FEATURE("avx512dq")
  AGON_FEATURE("avx512vl")
  AGON_FEATURE("avx512vnni")
  AGON_FEATURE("avx512bf16")
#undef AGON_FEATURE
  auto all = [](std::initializer_list<const char *> names) {
    return std::all_of(names.begin(), names.end(), [](const char *name) { return cpuSupports(name); });
  };
  // The levels of the x86-64 psABI, by the members that decide.
  if (feature == "x86-64")
    return true;
  if (feature == "x86-64-v2")
    return all({"sse4.2", "popcnt", "ssse3"});
  if (feature == "x86-64-v3")
    return all({"avx2", "bmi2", "fma", "f16c", "movbe"});
  if (feature == "x86-64-v4")
    return all({"x86-64-v3", "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"});
#endif
  return kernelListsFeature(feature);
}

/// The first feature that `model` needs and the processor lacks, or null.
static const char *missingFeature(const agon_model &model) {
  if (model.cpu_features)
    for (const char *const *feature = model.cpu_features; *feature; ++feature)
      if (!cpuSupports(*feature))
        return *feature;
  return nullptr;
}

const agon_model &agon::rt::chooseVariant(const agon_model &model) {
  std::vector<const agon_model *> candidates; // best first
  // A table of another version has its fields elsewhere; Instance tells.
  if (model.abi_version == AGON_ABI_VERSION && model.variants)
    for (const agon_model *const *variant = model.variants; *variant; ++variant)
      candidates.push_back(*variant);
  candidates.push_back(&model);
  if (const char *wanted = std::getenv("AGON_ISA"); wanted && *wanted) {
    std::string names;
    for (const agon_model *candidate : candidates) {
      if (std::string_view(wanted) == candidate->target) {
        if (const char *feature = missingFeature(*candidate))
          fail(ExitCode::Usage, "AGON_ISA asks for {}, which needs {}; this processor lacks it", wanted, feature);
        return *candidate;
      }
      names += (names.empty() ? "" : ", ") + std::string(candidate->target);
    }
    fail(ExitCode::Usage, "AGON_ISA: expected what this binary was compiled for ({}), got '{}'", names, wanted);
  }
  for (const agon_model *candidate : candidates)
    if (!missingFeature(*candidate))
      return *candidate;
  return model;
}
