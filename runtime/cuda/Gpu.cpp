#include "runtime/cuda/Gpu.h"

#include "runtime/cuda/Driver.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fmt/ranges.h>
#include <span>

using namespace agon::rt::cuda;

namespace {

/// The f32 lanes of a multiprocessor (CUDA C++ Programming Guide, arithmetic instructions by compute capability).
int lanesOf(int major, int minor) {
  bool few = (major == 6 && minor == 0) || major == 7 || (major == 8 && minor == 0);
  return few ? 64 : 128;
}

Gpu describe(const Driver &driver, int number) {
  Gpu gpu;
  gpu.number = number;
  CuDevice device = 0;
  driver.check(driver.cuDeviceGet(&device, number), "cuDeviceGet");
  std::array<char, 256> name{};
  driver.check(driver.cuDeviceGetName(name.data(), int(name.size()) - 1, device), "cuDeviceGetName");
  gpu.name = name.data();
  size_t bytes = 0;
  driver.check(driver.cuDeviceTotalMem_v2(&bytes, device), "cuDeviceTotalMem");
  gpu.bytes = bytes;
  auto ask = [&](int which) {
    int value = 0;
    driver.check(driver.cuDeviceGetAttribute(&value, which, device), "cuDeviceGetAttribute");
    return value;
  };
  gpu.major = ask(attribute::major);
  gpu.minor = ask(attribute::minor);
  gpu.flops =
      2.0 * lanesOf(gpu.major, gpu.minor) * ask(attribute::multiprocessors) * ask(attribute::clockKiloHertz) * 1e3;
  gpu.doubleFlops = gpu.flops / std::max(ask(attribute::doubleRatio), 1);
  gpu.bytesPerSecond = 2.0 * ask(attribute::memoryClockKiloHertz) * 1e3 * ask(attribute::memoryBusBits) / 8;
  return gpu;
}

bool isFor(const agon_model &table) { return table.device && std::strcmp(table.device, "cuda") == 0; }

/// The model's tables for CUDA, the best first.
std::vector<const agon_model *> tablesOf(const agon_model &model) {
  std::vector<const agon_model *> tables;
  if (model.abi_version == AGON_ABI_VERSION && model.devices)
    for (const agon_model *const *table = model.devices; *table; ++table)
      if (isFor(**table))
        tables.push_back(*table);
  return tables;
}

} // namespace

std::string Gpu::text() const {
  return fmt::format("cuda:{} ({}, compute capability {}.{})", number, name, major, minor);
}

std::vector<Gpu> agon::rt::cuda::findGpus(std::string &why) {
  std::vector<Gpu> gpus;
  const Driver *driver = findDriver(why);
  if (!driver)
    return gpus;
  int count = 0;
  driver->check(driver->cuDeviceGetCount(&count), "cuDeviceGetCount");
  for (int number = 0; number < count; ++number)
    gpus.push_back(describe(*driver, number));
  return gpus;
}

Architecture agon::rt::cuda::architectureOf(const agon_image &image) {
  const char *text = image.architecture;
  if (std::strncmp(text, "sm_", 3) == 0)
    text += 3;
  char *end = nullptr;
  auto number = int(std::strtol(text, &end, 10));
  return {number, *end != '\0'};
}

std::vector<const agon_image *> agon::rt::cuda::imagesFor(const agon_model &table, int major, int minor) {
  std::vector<const agon_image *> found;
  const int device = 10 * major + minor;
  for (const agon_image &image : std::span(table.images, table.num_images)) {
    Architecture of = architectureOf(image);
    bool sameGeneration = of.number / 10 == major;
    if (of.exact ? of.number == device : of.number <= device && (image.kind == AGON_IMAGE_PTX || sameGeneration))
      found.push_back(&image);
  }
  auto rank = [](const agon_image *image) {
    Architecture of = architectureOf(*image);
    return std::array{of.number, int(of.exact), int(image->kind == AGON_IMAGE_CUBIN)};
  };
  std::ranges::stable_sort(found, std::greater<>(), rank);
  return found;
}

const agon_model *agon::rt::cuda::tableFor(const agon_model &model, const Gpu &gpu) {
  for (const agon_model *table : tablesOf(model))
    if (!imagesFor(*table, gpu.major, gpu.minor).empty())
      return table;
  return nullptr;
}

bool agon::rt::cuda::hasCudaTable(const agon_model &model) { return !tablesOf(model).empty(); }

std::string agon::rt::cuda::codeOf(const agon_model &model) {
  static const char *const words[] = {
#define AGON_WORD(NAME, Name, NUMBER, WORD) WORD,
      AGON_IMAGE_KINDS(AGON_WORD)
#undef AGON_WORD
  };
  std::vector<std::string> texts;
  for (const agon_model *table : tablesOf(model))
    for (const agon_image &image : std::span(table->images, table->num_images))
      texts.push_back(fmt::format("{} ({})", image.architecture,
                                  image.kind < AGON_NUM_IMAGE_KINDS ? words[image.kind] : "unknown"));
  return fmt::format("{}", fmt::join(texts, ", "));
}
