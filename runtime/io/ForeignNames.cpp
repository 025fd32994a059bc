#include "runtime/io/ForeignNames.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <numeric>

using namespace agon::rt;

std::pair<std::string_view, std::string_view> agon::rt::layerAndTensor(std::string_view name) {
  size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::pair(std::string_view(), name)
                                       : std::pair(name.substr(0, dot), name.substr(dot + 1));
}

namespace {

/// What PyTorch, Flax and Keras call the tensors of the library's layers.
const std::map<std::string_view, std::vector<std::string_view>> &foreignNames() {
  static const std::map<std::string_view, std::vector<std::string_view>> names = {
      {"W", {"weight", "kernel", "embedding", "embeddings"}},
      {"b", {"bias"}},
      {"gamma", {"weight", "scale"}},
      {"beta", {"bias"}},
      {"mean", {"running_mean", "moving_mean"}},
      {"var", {"running_var", "moving_variance"}},
      {"slope", {"weight", "alpha"}}};
  return names;
}

std::string joined(std::string_view layer, std::string_view tensor) {
  return layer.empty() ? std::string(tensor) : std::string(layer) + "." + std::string(tensor);
}

/// Compares names as people count: "net.2" comes before "net.10".
bool comesBefore(std::string_view a, std::string_view b) {
  auto digits = [](std::string_view text) {
    return size_t(std::ranges::find_if_not(text, [](unsigned char c) { return std::isdigit(c); }) - text.begin());
  };
  for (; !a.empty() && !b.empty(); a.remove_prefix(1), b.remove_prefix(1)) {
    size_t ofA = digits(a), ofB = digits(b);
    if (ofA && ofB && ofA != ofB)
      return ofA < ofB;
    if (a[0] != b[0])
      return a[0] < b[0];
  }
  return a.size() < b.size();
}

/// The tensors of a file, or of a network, layer by layer.
struct Layer {
  std::string name;
  std::vector<NamedShape> tensors; ///< named within the layer
};

std::vector<Layer> layersOf(const std::vector<NamedShape> &tensors) {
  std::vector<Layer> layers;
  for (const NamedShape &tensor : tensors) {
    auto [layer, name] = layerAndTensor(tensor.name);
    auto found = std::ranges::find(layers, layer, &Layer::name);
    if (found == layers.end())
      found = layers.insert(layers.end(), {std::string(layer), {}});
    found->tensors.push_back({std::string(name), tensor.shape});
  }
  return layers;
}

/// Whether a layer of a file has all tensors of one of ours.
bool serves(const Layer &theirs, const Layer &ours) {
  return std::ranges::all_of(ours.tensors, [&](const NamedShape &wanted) {
    std::vector<std::string> names = namesInFile({"", {{wanted.name, wanted.name}}}, wanted.name);
    return std::ranges::any_of(theirs.tensors, [&](const NamedShape &tensor) {
      Fit fit = fitOf(wanted.shape, tensor.shape);
      return std::ranges::count(names, tensor.name) && (fit.same || fit.foreign);
    });
  });
}

} // namespace

std::vector<std::string> agon::rt::namesInFile(const WeightNames &names, std::string_view tensor) {
  // The longest rule is the most special one.
  const WeightNames::Rule *rule = nullptr;
  for (const WeightNames::Rule &each : names.rules)
    if (tensor.starts_with(each.ours) && (tensor.size() == each.ours.size() || tensor[each.ours.size()] == '.') &&
        (!rule || each.ours.size() > rule->ours.size()))
      rule = &each;
  std::string name =
      rule ? rule->theirs + std::string(tensor.substr(rule->ours.size())) : joined(names.network, tensor);
  std::vector<std::string> result{name};
  auto [layer, last] = layerAndTensor(name);
  if (auto others = foreignNames().find(last); others != foreignNames().end())
    for (std::string_view other : others->second)
      result.push_back(joined(layer, other));
  return result;
}

std::vector<uint32_t> agon::rt::foreignOrder(size_t rank) {
  std::vector<uint32_t> order(rank);
  std::iota(order.rbegin(), order.rend(), 0u);
  if (rank > 2)
    std::iota(order.begin() + 2, order.end(), 0u);
  return order;
}

Fit agon::rt::fitOf(std::span<const int64_t> ours, std::span<const int64_t> theirs) {
  if (ours.size() != theirs.size())
    return {};
  std::vector<uint32_t> order = foreignOrder(ours.size());
  bool foreign = ours.size() >= 2;
  for (size_t i = 0; i < ours.size(); ++i)
    foreign = foreign && ours[i] == theirs[order[i]];
  return {std::ranges::equal(ours, theirs), foreign};
}

bool Fit::isOpen(std::span<const int64_t> shape) const {
  // One long axis lies the same way in any order.
  return same && foreign && std::ranges::count_if(shape, [](int64_t extent) { return extent > 1; }) > 1;
}

bool agon::rt::soundsForeign(std::string_view name, size_t rank) {
  std::string_view tensor = layerAndTensor(name).second;
  return rank == 2 ? tensor == "weight" : rank > 2 && tensor == "kernel";
}

std::vector<WeightNames::Rule> agon::rt::guessRules(const std::vector<NamedShape> &wanted,
                                                    std::vector<NamedShape> offered) {
  std::ranges::sort(offered, comesBefore, &NamedShape::name);
  std::vector<Layer> theirs = layersOf(offered);
  std::vector<WeightNames::Rule> rules;
  for (const Layer &layer : layersOf(wanted)) {
    auto found = std::ranges::find_if(theirs, [&](const Layer &each) { return serves(each, layer); });
    if (found == theirs.end() || found->name.empty() || layer.name.empty())
      continue;
    rules.push_back({layer.name, found->name});
    theirs.erase(found);
  }
  return rules;
}
