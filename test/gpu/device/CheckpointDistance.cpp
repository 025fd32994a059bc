//===- CheckpointDistance.cpp - How far two checkpoints are apart ---------===//
///
/// checkpoint-distance A B: prints the largest of the distances |a - b| / |b| of all tensors, in the Euclidean norm,
/// and the tensor's name. It needs nothing but the C library, so that it can be carried to a machine with a device.
///
//===----------------------------------------------------------------------===//
#include "runtime/io/Safetensors.h"

#include <cmath>
#include <fmt/format.h>
#include <iterator>

using namespace agon::rt;

namespace {

/// A tensor's elements as numbers; those that are no real numbers are counters.
std::vector<double> elements(const Safetensors &file, const Safetensors::Tensor &tensor) {
  std::vector<double> values;
  auto take = [&]<typename T>(T) {
    const auto *begin = reinterpret_cast<const T *>(file.data(tensor));
    size_t count = (tensor.end - tensor.begin) / sizeof(T);
    values.assign(begin, std::next(begin, std::ptrdiff_t(count)));
  };
  if (tensor.type == "F32")
    take(float());
  else if (tensor.type == "F64")
    take(double());
  else if (tensor.type == "I64")
    take(int64_t());
  else
    take(int32_t());
  return values;
}

double distance(const std::vector<double> &a, const std::vector<double> &b) {
  double apart = 0, size = 0;
  for (size_t i = 0; i < b.size(); ++i) {
    apart += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return size > 0 ? std::sqrt(apart / size) : std::sqrt(apart);
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: {} CHECKPOINT CHECKPOINT\n", argv[0]);
    return int(ExitCode::Usage);
  }
  try {
    Safetensors a(argv[1]), b(argv[2]);
    a.readContent();
    b.readContent();
    std::string worst = "nothing";
    double most = 0;
    for (const auto &[name, tensor] : b.tensors()) {
      auto found = a.tensors().find(name);
      if (found == a.tensors().end() || found->second.type != tensor.type || found->second.shape != tensor.shape)
        fail(ExitCode::BadData, "{} has no tensor {} like that of {}", argv[1], name, argv[2]);
      if (double apart = distance(elements(a, found->second), elements(b, tensor)); !(apart <= most)) {
        most = apart;
        worst = name;
      }
    }
    fmt::print("{:.3e} {}\n", most, worst);
  } catch (const Failure &failure) {
    fmt::print(stderr, "{}: error: {}\n", argv[0], failure.what());
    return int(failure.exitCode());
  }
  return 0;
}
