//===- CheckpointDistance.cpp - How far two checkpoints are apart ---------===//
///
/// checkpoint-distance A B: prints the largest of the distances |a - b| / |b| of all tensors, in the Euclidean norm,
/// and the tensor's name. It needs nothing but the C library, so that it can be carried to a machine with a device.
///
/// Parameters of B whose gradient is nothing but rounding, such as biases before a normalisation, are left out with
/// their moments, as in test/gpu/examples.py: an optimizer that divides by the gradient's size makes of it what it
/// will.
///
//===----------------------------------------------------------------------===//
#include "runtime/io/Safetensors.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <regex>
#include <set>

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

double rootMeanSquare(const std::vector<double> &values) {
  double sum = 0;
  for (double value : values)
    sum += value * value;
  return std::sqrt(sum / double(values.size()));
}

/// The parameters whose first moment is a hundred thousandth of the largest of their optimizer's.
std::set<std::string> withoutGradient(const Safetensors &file) {
  static const std::regex moment(R"((optimizer\.\w+\.\w+\.m)\.(.+))");
  std::map<std::string, std::map<std::string, double>> sizes;
  for (const auto &[name, tensor] : file.tensors())
    if (std::smatch match; tensor.begin != tensor.end && std::regex_match(name, match, moment))
      sizes[match[1]][match[2]] = rootMeanSquare(elements(file, tensor));
  std::set<std::string> found;
  for (const auto &[optimizer, group] : sizes) {
    double largest = 0;
    for (const auto &[parameter, size] : group)
      largest = std::max(largest, size);
    for (const auto &[parameter, size] : group)
      if (size < 1e-5 * largest)
        found.insert(parameter);
  }
  return found;
}

/// Whether a tensor is one of the parameters, or what an optimizer keeps for it.
bool belongsTo(const std::string &tensor, const std::set<std::string> &parameters) {
  return std::any_of(parameters.begin(), parameters.end(), [&](const std::string &parameter) {
    return tensor == parameter || tensor.ends_with("." + parameter);
  });
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
    std::set<std::string> noise = withoutGradient(b);
    for (const auto &[name, tensor] : b.tensors()) {
      auto found = a.tensors().find(name);
      if (found == a.tensors().end() || found->second.type != tensor.type || found->second.shape != tensor.shape)
        fail(ExitCode::BadData, "{} has no tensor {} like that of {}", argv[1], name, argv[2]);
      if (belongsTo(name, noise))
        continue;
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
