//===- Matrix.cpp - ldmatrix, stmatrix and mma.sync -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// ldmatrix, stmatrix and mma.sync: the fragments of PTX ISA 9.7.14, lane by lane.
//
//===----------------------------------------------------------------------===//
#include "test/gpu/emulator/Device.h"
#include "test/gpu/emulator/KernelFunctions.h"
#include <bit>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

using namespace agon::emulator;

namespace {

enum MmaType : uint32_t { Tf32, Bf16, F16, F16Sums };

float fromHalf(uint32_t bits) {
  uint32_t sign = (bits & 0x8000) << 16, exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent == 31)
    return std::bit_cast<float>(sign | 0x7f800000 | fraction << 13);
  if (exponent == 0)
    return (sign ? -1.f : 1.f) * std::ldexp(static_cast<float>(fraction), -24);
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

/// To nearest, ties to even.
uint32_t toHalf(double value) {
  uint32_t sign = std::signbit(value) ? 0x8000 : 0;
  double size = std::fabs(value);
  if (std::isnan(value))
    return 0x7fff;
  if (size >= 65520)
    return sign | 0x7c00;
  if (size < std::ldexp(1.0, -14))
    return sign | static_cast<uint32_t>(std::nearbyint(std::ldexp(size, 24)));
  int exponent = std::ilogb(size);
  auto scaled = static_cast<uint32_t>(std::nearbyint(std::ldexp(size, 10 - exponent)));
  return sign | (static_cast<uint32_t>(exponent + 14) * 1024 + scaled);
}

float element(uint32_t type, uint32_t word, unsigned half) {
  if (type == Tf32)
    return std::bit_cast<float>(agon_emu_tf32_rna(std::bit_cast<float>(word)));
  uint32_t bits = half ? word >> 16 : word & 0xffff;
  return type == Bf16 ? std::bit_cast<float>(bits << 16) : fromHalf(bits);
}

struct Product {
  double a[16][16], b[16][8], sum[16][8];
};

/// Where the registers of a lane stand: register r of A holds rows g and g + 8 in turn, then the second half of the
/// depth; register r of B the r-th half.
void gather(Product &product, uint32_t type, uint32_t depth, uint32_t lane, const uint32_t *words) {
  unsigned g = lane >> 2, q = lane & 3, each = type == Tf32 ? 1 : 2;
  unsigned halves = depth / (4 * each);
  for (unsigned r = 0; r < 2 * halves; ++r)
    for (unsigned i = 0; i < each; ++i)
      product.a[g + 8 * (r % 2)][r / 2 * 4 * each + q * each + i] = element(type, words[r], i);
  for (unsigned r = 0; r < halves; ++r)
    for (unsigned i = 0; i < each; ++i)
      product.b[r * 4 * each + q * each + i][g] = element(type, words[2 * halves + r], i);
  const uint32_t *c = words + size_t(3) * halves;
  for (unsigned i = 0; i < 4; ++i)
    product.sum[g + 8 * (i / 2)][2 * q + i % 2] =
        type == F16Sums ? fromHalf(i % 2 ? c[i / 2] >> 16 : c[i / 2] & 0xffff) : std::bit_cast<float>(c[i]);
}

/// Products are exact; sums are kept in f64 and rounded once, where a device truncates in an order of its own.
void runMma(const std::vector<Thread *> &members) {
  static Product product;
  uint32_t type = members.front()->variant & 15, depth = members.front()->variant >> 4;
  for (const Thread *each : members)
    gather(product, type, depth, each->index % warpSize, static_cast<const uint32_t *>(each->input));
  for (unsigned i = 0; i < 16; ++i)
    for (unsigned k = 0; k < depth; ++k)
      for (unsigned j = 0; j < 8; ++j)
        product.sum[i][j] += product.a[i][k] * product.b[k][j];
  for (const Thread *each : members) {
    uint32_t lane = each->index % warpSize, g = lane >> 2, q = lane & 3;
    auto *result = static_cast<uint32_t *>(each->output);
    for (unsigned row = 0; row < 2; ++row) {
      const double *pair = product.sum[g + 8 * row] + size_t(2) * q;
      if (type == F16Sums) {
        result[row] = toHalf(pair[0]) | toHalf(pair[1]) << 16;
        continue;
      }
      for (size_t i = 0; i < 2; ++i)
        result[2 * size_t(row) + i] = std::bit_cast<uint32_t>(static_cast<float>(pair[i]));
    }
  }
}

/// Matrix m of the eight by eight has its rows at the addresses of lanes 8 m to 8 m + 7.
void moveMatrices(const std::vector<Thread *> &members, bool load) {
  uint32_t matrices = members.front()->variant & 7;
  bool transposed = members.front()->variant >> 3;
  for (uint32_t m = 0; m < matrices; ++m)
    for (Thread *each : members) {
      uint32_t lane = each->index % warpSize;
      uint16_t pair[2];
      uint32_t *word = load ? static_cast<uint32_t *>(each->output) + m : nullptr;
      const uint32_t *value = load ? nullptr : static_cast<const uint32_t *>(each->output) + m;
      if (!load)
        std::memcpy(pair, value, sizeof pair);
      for (unsigned i = 0; i < 2; ++i) {
        unsigned row = transposed ? 2 * (lane % 4) + i : lane / 4, column = transposed ? lane / 4 : 2 * (lane % 4) + i;
        char *at = static_cast<char *>(const_cast<void *>(members[8 * m + row]->input)) + size_t(2) * column;
        if (load)
          std::memcpy(&pair[i], at, 2);
        else
          std::memcpy(at, &pair[i], 2);
      }
      if (load)
        std::memcpy(word, pair, sizeof pair);
    }
}

void needWholeWarp(const char *what, const char *place) {
  uint32_t present = launch.threadCount - current->index / warpSize * warpSize;
  if (present < warpSize)
    fault(fmt::format("divergence: {} in a warp of {} threads", what, present), place);
}

void meetRows(Collective kind, uint32_t matrices, uint32_t transposed, void *row, void *values, uint32_t checked,
              const char *place) {
  bool load = kind == Collective::LoadMatrix;
  needWholeWarp(load ? "ldmatrix" : "stmatrix", place);
  if (checked && launch.checked && current->index % warpSize < 8 * matrices &&
      !check(*current, row, 16, 16, load ? Access::Read : Access::Write, true, place))
    stop();
  arriveAtCollective(kind, matrices | transposed << 3, ~0u, row, values, place);
}

} // namespace

void agon::emulator::runMatrix(const std::vector<Thread *> &members) {
  if (members.front()->collective == Collective::Mma)
    return runMma(members);
  moveMatrices(members, members.front()->collective == Collective::LoadMatrix);
}

void agon_emu_load_matrix(uint32_t matrices, uint32_t transposed, const void *row, uint32_t *result, uint32_t checked,
                          const char *place) {
  meetRows(Collective::LoadMatrix, matrices, transposed, const_cast<void *>(row), result, checked, place);
}

void agon_emu_store_matrix(uint32_t matrices, uint32_t transposed, void *row, const uint32_t *values, uint32_t checked,
                           const char *place) {
  meetRows(Collective::StoreMatrix, matrices, transposed, row, const_cast<uint32_t *>(values), checked, place);
}

void agon_emu_mma(uint32_t type, uint32_t depth, const uint32_t *operands, uint32_t *result, const char *place) {
  needWholeWarp("mma.sync", place);
  arriveAtCollective(Collective::Mma, type | depth << 4, ~0u, operands, result, place);
}

uint32_t agon_emu_tf32_rna(float value) {
  auto bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7f800000) == 0x7f800000)
    return bits & 0x7fffff ? 0x7fffe000 : bits;
  return (bits + 0x1000) & ~0x1fffu;
}

uint32_t agon_emu_tf32_rn(float value) {
  auto bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7f800000) == 0x7f800000)
    return bits & 0x7fffff ? 0x7fffe000 : bits;
  return (bits + 0xfff + (bits >> 13 & 1)) & ~0x1fffu;
}
