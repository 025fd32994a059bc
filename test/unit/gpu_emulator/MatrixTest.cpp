//===- MatrixTest.cpp - The fragments of ldmatrix and mma.sync ------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The tables of PTX ISA 9.7.14.5, written as they stand there, against a plain product.
//
//===----------------------------------------------------------------------===//
#include "test/unit/gpu_emulator/Harness.h"
#include "llvm/ADT/APFloat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <bit>
#include <cmath>
#include <functional>
#include <random>

using namespace agon;
using namespace agon::test;
using testing::HasSubstr;

namespace {

/// A kernel whose lanes take the registers of A, B and C from `in`, and leave those of D in `out`: register r of lane l
/// is word 32 r + l.
std::string mmaKernel(const std::string &kernel, const std::string &name, const std::string &ab, unsigned count,
                      const std::string &c, unsigned sums) {
  auto repeat = [](const std::string &type, unsigned times) {
    std::string text;
    for (unsigned i = 0; i < times; ++i)
      text += (i ? ", " : "") + type;
    return text;
  };
  std::string types = repeat(ab, count) + ", " + repeat(c, sums), result = "{ " + repeat(c, sums) + " }", arguments;
  std::string intrinsic = "@llvm.nvvm.mma." + name;
  std::string text = "declare " + result + " " + intrinsic + "(" + types + ")\ndefine ptx_kernel void @" + kernel +
                     "(ptr %in, ptr %out) {\n  %lane = call i32 @llvm.nvvm.read.ptx.sreg.laneid()\n";
  for (unsigned i = 0; i < count + sums; ++i) {
    std::string n = std::to_string(i), type = i < count ? ab : c;
    text += "  %i" + n + " = add i32 %lane, " + std::to_string(32 * i) + "\n  %p" + n +
            " = getelementptr i32, ptr %in, i32 %i" + n + "\n  %v" + n + " = load " + type + ", ptr %p" + n + "\n";
    arguments += (i ? ", " : "") + type + " %v" + n;
  }
  text += "  %d = call " + result + " " + intrinsic + "(" + arguments + ")\n";
  for (unsigned i = 0; i < sums; ++i) {
    std::string n = std::to_string(i);
    text += "  %d" + n + " = extractvalue " + result + " %d, " + n + "\n  %j" + n + " = add i32 %lane, " +
            std::to_string(32 * i) + "\n  %q" + n + " = getelementptr i32, ptr %out, i32 %j" + n + "\n  store " + c +
            " %d" + n + ", ptr %q" + n + "\n";
  }
  return text + "  ret void\n}\n";
}

using Place = std::pair<unsigned, unsigned>;
/// One kind of mma.sync, with the row and column of element i of a lane.
struct Mma {
  const char *name, *type;
  unsigned depth, elementsA, elementsB;
  std::function<Place(unsigned group, unsigned inGroup, unsigned i)> a, b;
  bool halfSums = false;
};

const Mma kinds[] = {
    {"m16n8k4.row.col.tf32", "i32", 4, 2, 1,
     [](unsigned g, unsigned t, unsigned i) { return Place(i == 0 ? g : g + 8, t); },
     [](unsigned g, unsigned t, unsigned) { return Place(t, g); }},
    {"m16n8k8.row.col.tf32", "i32", 8, 4, 2,
     [](unsigned g, unsigned t, unsigned i) { return Place(i == 0 || i == 2 ? g : g + 8, i < 2 ? t : t + 4); },
     [](unsigned g, unsigned t, unsigned i) { return Place(i == 0 ? t : t + 4, g); }},
    {"m16n8k8.row.col.bf16", "i32", 8, 4, 2,
     [](unsigned g, unsigned t, unsigned i) { return Place(i < 2 ? g : g + 8, t * 2 + (i & 1)); },
     [](unsigned g, unsigned t, unsigned i) { return Place(t * 2 + i, g); }},
    {"m16n8k16.row.col.bf16", "i32", 16, 8, 4,
     [](unsigned g, unsigned t, unsigned i) {
       return Place(i < 2 || (i >= 4 && i < 6) ? g : g + 8, i < 4 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8);
     },
     [](unsigned g, unsigned t, unsigned i) { return Place(i < 2 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8, g); }},
    {"m16n8k8.row.col.f32.f32", "<2 x half>", 8, 4, 2,
     [](unsigned g, unsigned t, unsigned i) { return Place(i < 2 ? g : g + 8, t * 2 + (i & 1)); },
     [](unsigned g, unsigned t, unsigned i) { return Place(t * 2 + i, g); }},
    {"m16n8k16.row.col.f32.f32", "<2 x half>", 16, 8, 4,
     [](unsigned g, unsigned t, unsigned i) {
       return Place(i < 2 || (i >= 4 && i < 6) ? g : g + 8, i < 4 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8);
     },
     [](unsigned g, unsigned t, unsigned i) { return Place(i < 2 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8, g); }},
    {"m16n8k16.row.col.f16.f16", "<2 x half>", 16, 8, 4,
     [](unsigned g, unsigned t, unsigned i) {
       return Place(i < 2 || (i >= 4 && i < 6) ? g : g + 8, i < 4 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8);
     },
     [](unsigned g, unsigned t, unsigned i) { return Place(i < 2 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8, g); }, true},
};

std::string kernelName(const Mma &kind) {
  std::string name = kind.name;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

std::string allProducts() {
  std::string text = "target triple = \"nvptx64-nvidia-cuda\"\ndeclare i32 @llvm.nvvm.read.ptx.sreg.laneid()\n";
  for (const Mma &kind : kinds) {
    unsigned registers = (kind.elementsA + kind.elementsB) / (std::string(kind.name).ends_with("tf32") ? 1 : 2);
    text += mmaKernel(kernelName(kind), kind.name, kind.type, registers, kind.halfSums ? "<2 x half>" : "float",
                      kind.halfSums ? 2 : 4);
  }
  return text;
}

/// A number in f16 or bf16, and back, by LLVM's own arithmetic.
uint32_t encode(const llvm::fltSemantics &semantics, float value) {
  llvm::APFloat number(value);
  bool inexact;
  number.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &inexact);
  return static_cast<uint32_t>(number.bitcastToAPInt().getZExtValue());
}
float decode(const llvm::fltSemantics &semantics, uint32_t bits) {
  llvm::APFloat number(semantics, llvm::APInt(16, bits & 0xffff));
  bool inexact;
  number.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven, &inexact);
  return number.convertToFloat();
}

/// f32 to tf32 by cvt.rna: ten bits of fraction, ties away from zero.
float roundToTf32(float value) {
  int exponent;
  float fraction = std::frexp(value, &exponent);
  return std::ldexp(std::round(std::ldexp(fraction, 11)), exponent - 11);
}

struct Operands {
  std::vector<float> a, b, c;
};

/// Numbers that the type of `kind` rounds, so that a rounding that is left out shows.
Operands randomOperands(const Mma &kind) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  Operands all{std::vector<float>(size_t(16) * kind.depth), std::vector<float>(size_t(8) * kind.depth),
               std::vector<float>(128)};
  for (std::vector<float> *each : {&all.a, &all.b, &all.c})
    for (float &value : *each)
      value = normal(random);
  return all;
}

class Product : public testing::TestWithParam<Mma> {
protected:
  const Mma &kind = GetParam();
  bool isTf32 = std::string(kind.name).ends_with("tf32");
  const llvm::fltSemantics &semantics =
      std::string(kind.name).ends_with("bf16") ? llvm::APFloat::BFloat() : llvm::APFloat::IEEEhalf();

  /// The element as the tensor core sees it.
  float seen(float value) const { return isTf32 ? roundToTf32(value) : decode(semantics, encode(semantics, value)); }

  void put(std::vector<uint32_t> &words, unsigned first, unsigned lane, unsigned i, float value) const {
    if (isTf32)
      words[(first + i) * 32 + lane] = std::bit_cast<uint32_t>(value);
    else
      words[(first + i / 2) * 32 + lane] |= encode(semantics, value) << (i % 2 * 16);
  }

  std::vector<uint32_t> pack(const Operands &all) const {
    unsigned each = isTf32 ? 1 : 2, firstB = kind.elementsA / each, firstC = firstB + kind.elementsB / each;
    std::vector<uint32_t> words(size_t(32) * (firstC + 4));
    for (unsigned lane = 0; lane < 32; ++lane) {
      unsigned g = lane >> 2, t = lane % 4;
      for (unsigned i = 0; i < kind.elementsA; ++i) {
        auto [row, column] = kind.a(g, t, i);
        put(words, 0, lane, i, all.a[row * kind.depth + column]);
      }
      for (unsigned i = 0; i < kind.elementsB; ++i) {
        auto [row, column] = kind.b(g, t, i);
        put(words, firstB, lane, i, all.b[row * 8 + column]);
      }
      for (unsigned i = 0; i < 4; ++i) {
        float value = all.c[(i < 2 ? g : g + 8) * 8 + t * 2 + (i & 1)];
        if (kind.halfSums)
          words[(firstC + i / 2) * 32 + lane] |= encode(semantics, value) << (i % 2 * 16);
        else
          words[(firstC + i) * 32 + lane] = std::bit_cast<uint32_t>(value);
      }
    }
    return words;
  }

  /// The largest difference of the kernel's D from the plain product.
  double error(const Operands &all, const std::vector<uint32_t> &d) const {
    double largest = 0;
    for (unsigned lane = 0; lane < 32; ++lane)
      for (unsigned i = 0; i < 4; ++i) {
        unsigned row = (lane >> 2) + (i < 2 ? 0 : 8), column = lane % 4 * 2 + (i & 1);
        double sum = kind.halfSums ? seen(all.c[row * 8 + column]) : all.c[row * 8 + column];
        for (unsigned k = 0; k < kind.depth; ++k)
          sum += static_cast<double>(seen(all.a[row * kind.depth + k])) * seen(all.b[k * 8 + column]);
        float found = kind.halfSums ? decode(semantics, d[i / 2 * 32 + lane] >> (i % 2 * 16))
                                    : std::bit_cast<float>(d[i * 32 + lane]);
        largest = std::max(largest, std::fabs(found - sum));
      }
    return largest;
  }
};
INSTANTIATE_TEST_SUITE_P(Kinds, Product, testing::ValuesIn(kinds),
                         [](const auto &info) { return kernelName(info.param); });

TEST_P(Product, IsThePlainProduct) {
  static auto library = compileText(allProducts());
  std::string kernel = kernelName(kind);
  unsigned each = isTf32 ? 1 : 2;
  Operands all = randomOperands(kind);
  std::vector<uint32_t> packed = pack(all);
  double tolerance = kind.halfSums ? 0.01 : 2e-6;
  {
    Buffer<uint32_t> in(packed), out(128);
    for (AgonEmulatorOrder order : orders) {
      InOrder inOrder(order);
      EXPECT_EQ(launch(*library, kernel, {}, {in.data(), out.data()}), "");
      EXPECT_LT(error(all, out.values), tolerance);
    }
  }
  // Two registers of A, and then A's and B's, change places.
  for (auto [first, second] : {Place(0, 1), Place(0, kind.elementsA / each)}) {
    std::vector<uint32_t> swapped = packed;
    for (size_t lane = 0; lane < 32; ++lane)
      std::swap(swapped[size_t(32) * first + lane], swapped[size_t(32) * second + lane]);
    Buffer<uint32_t> in(swapped), out(128);
    EXPECT_EQ(launch(*library, kernel, {}, {in.data(), out.data()}), "");
    EXPECT_GT(error(all, out.values), 0.1);
  }
}

TEST(Tf32, IsRoundedAwayFromZero) {
  auto library = compileText(R"(target triple = "nvptx64-nvidia-cuda"
declare i32 @llvm.nvvm.read.ptx.sreg.laneid()
declare i32 @llvm.nvvm.f2tf32.rna(float)
define ptx_kernel void @round(ptr %in, ptr %out) {
  %lane = call i32 @llvm.nvvm.read.ptx.sreg.laneid()
  %p = getelementptr float, ptr %in, i32 %lane
  %v = load float, ptr %p
  %r = call i32 @llvm.nvvm.f2tf32.rna(float %v)
  %q = getelementptr i32, ptr %out, i32 %lane
  store i32 %r, ptr %q
  ret void
})");
  std::vector<float> values(32, 1);
  values[0] = 1 + 0x1p-11f;
  values[1] = -1 - 0x1p-11f;
  values[2] = 1 + 0x1p-12f;
  values[3] = INFINITY;
  values[4] = 3.1415927f;
  Buffer<float> in(values), out(32);
  EXPECT_EQ(launch(*library, "round", {}, {in.data(), out.data()}), "");
  EXPECT_EQ(out.values[0], 1 + 0x1p-10f);
  EXPECT_EQ(out.values[1], -1 - 0x1p-10f);
  EXPECT_EQ(out.values[2], 1);
  EXPECT_EQ(out.values[3], INFINITY);
  EXPECT_EQ(out.values[4], roundToTf32(3.1415927f));
}

/// A product whose operands go through cp.async, a swizzle and ldmatrix: *wrong as in the kernel's file. What the
/// emulator says of it comes to `fault`.
std::vector<float> fragmentProduct(int wrong, const Operands &all, std::string &fault) {
  auto halves = [](const std::vector<float> &values) {
    std::vector<uint16_t> encoded;
    for (float each : values)
      encoded.push_back(static_cast<uint16_t>(encode(llvm::APFloat::IEEEhalf(), each)));
    return encoded;
  };
  // cp.async takes 16 bytes from multiples of 16.
  Buffer<uint16_t> a(halves(all.a), "A"), b(halves(all.b), "B");
  Buffer<float> out(128, "out");
  Buffer<int> number(std::vector{wrong}, "wrong");
  fault = launch(kernelsOf("faults/fragments.ll"), "product", {}, {a.data(), b.data(), out.data(), number.data()});
  return out.values;
}

TEST(Fragments, ThatAreWrongShow) {
  Operands all = randomOperands(kinds[5]);
  std::vector<float> plain(128);
  auto seen = [](float value) { return decode(llvm::APFloat::IEEEhalf(), encode(llvm::APFloat::IEEEhalf(), value)); };
  for (unsigned i = 0; i < 128; ++i) {
    double sum = 0;
    for (unsigned k = 0; k < 16; ++k)
      sum += static_cast<double>(seen(all.a[i / 8 * 16 + k])) * seen(all.b[k * 8 + i % 8]);
    plain[i] = static_cast<float>(sum);
  }
  auto error = [&](int wrong) {
    std::string fault;
    std::vector<float> found = fragmentProduct(wrong, all, fault);
    EXPECT_EQ(fault, "");
    float largest = 0;
    for (unsigned i = 0; i < 128; ++i)
      largest = std::max(largest, std::fabs(found[i] - plain[i]));
    return largest;
  };
  EXPECT_LT(error(0), 2e-6);
  EXPECT_GT(error(1), 0.1);
  EXPECT_GT(error(2), 0.1);
  std::string fault;
  fragmentProduct(3, all, fault);
  EXPECT_THAT(fault, HasSubstr("reads 16 bytes at byte 8 of shared 'a': misaligned"));
  fragmentProduct(4, all, fault);
  EXPECT_THAT(fault, HasSubstr("of shared 'a': nobody has written it"));
}

} // namespace
