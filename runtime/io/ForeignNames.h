//===- ForeignNames.h - What other programs call weights --------*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_FOREIGNNAMES_H
#define AGON_RUNTIME_IO_FOREIGNNAMES_H

#include "runtime/io/Weights.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agon::rt {

/// A name and a shape.
struct NamedShape {
  std::string name;
  std::vector<int64_t> shape;
};

/// "net.0" and "weight" of "net.0.weight"; nothing before a name without a dot.
std::pair<std::string_view, std::string_view> layerAndTensor(std::string_view name);

/// The names that a tensor of ours, such as `dense_0.W`, may have in a file, the likeliest first.
std::vector<std::string> namesInFile(const WeightNames &names, std::string_view tensor);

/// The order of other programs: axis i of ours is axis order[i] of theirs. PyTorch's matrices are [out, in] where ours
/// are [in, out], and JAX and Keras have a filter's channels last, [..., in, out].
std::vector<uint32_t> foreignOrder(size_t rank);

/// In which orders of its axes a tensor is one of ours, by the shapes alone.
struct Fit {
  bool same, foreign;
  /// Both of them, though it matters which is taken.
  bool isOpen(std::span<const int64_t> shape) const;
};
Fit fitOf(std::span<const int64_t> ours, std::span<const int64_t> theirs);

/// Whether a tensor of this name is in the foreign order as a rule: a matrix that PyTorch calls `weight`, a filter that
/// JAX and Keras call `kernel`.
bool soundsForeign(std::string_view name, size_t rank);

/// Rules that would find `wanted` among the tensors of a file which `offered` are, layer by layer in the order of both;
/// layers for which nothing is found have none.
std::vector<WeightNames::Rule> guessRules(const std::vector<NamedShape> &wanted, std::vector<NamedShape> offered);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_FOREIGNNAMES_H
