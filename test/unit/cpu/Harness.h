//===- Harness.h - Regions compiled and run in memory -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_UNIT_CPU_HARNESS_H
#define AGON_TEST_UNIT_CPU_HARNESS_H

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace agon::test {

/// A tensor's elements, whatever their type, as doubles (exact for f32, i32, i1).
struct Array {
  std::string element; ///< "f32", "f64", "i1", "i32" or "i64"
  std::vector<int64_t> shape;
  std::vector<double> values;
};

/// Bytes of an element in memory.
size_t bytesOf(const std::string &element);
/// The elements as they lie in memory.
void pack(const Array &array, void *to);
void unpack(const void *from, Array &array);

/// What the products of a contraction are computed in: its own type, or bf16, by instructions or without.
enum class Products { Full, Bf16, EmulatedBf16 };

struct Variant {
  unsigned vectorBits = 256;
  int optLevel = 3;
  bool inPlace = false; ///< share buffers wherever canUpdateInPlace permits
  bool libm = true;     ///< whether functions may be left to it, as kernels of the CPU may
  Products products = Products::Full;
};

/// The one `agon.region` of a module, compiled to machine code.
class Compiled {
public:
  /// On a parse or emission error, `valid()` is false and the diagnostics are on stderr.
  Compiled(const std::string &module, const Variant &variant);
  ~Compiled();
  bool valid() const;
  int64_t tasks() const;
  bool sharesBuffers() const;
  /// Milliseconds of processor time that emission and MLIR, then LLVM, took.
  double emitMs() const, llvmMs() const;

  /// The inputs' types, without values.
  std::vector<Array> inputs() const;
  /// Runs the tasks in pieces of `piece` (0: all at once), last piece first.
  std::vector<Array> run(const std::vector<Array> &inputs, int64_t piece = 0);
  /// A call of all tasks on buffers of the caller, in the order of the region's inputs and results.
  std::function<void()> bind(std::vector<void *> buffers);

private:
  struct Implementation;
  std::unique_ptr<Implementation> self;
};

/// Whether this machine runs kernels for `vectorBits`.
bool supported(unsigned vectorBits);
/// The variants in bf16 that this machine runs, each without its buffers shared.
std::vector<Variant> bf16Variants();

/// Numbers to feed an input: in (-2, 2) for floats, small for integers.
void fillRandomly(Array &array, unsigned seed);

/// Holds every variant (256 and 512 bits, buffers shared or not, tasks cut or not) of the
/// module's region to the reference (level 0): |a - b| <= tolerance * (1 + |b|), or both NaN.
/// Cut and uncut must agree bit for bit. Contractions of f32 are computed in bf16, too, which
/// comes as near where that can hold the operands, with the same bits in every variant. Reports through GoogleTest. The
/// tests of GPUs' kernels are linked with another one (test/unit/gpu/Agreement.cpp).
void expectAgreement(const std::string &module, double tolerance);

} // namespace agon::test
#endif
