#include "runtime/io/Weights.h"

#include "runtime/core/Finite.h"
#include "runtime/core/Permute.h"
#include "runtime/io/ForeignNames.h"
#include "runtime/io/Safetensors.h"
#include "support/Shown.h"

#include <algorithm>
#include <cstring>
#include <zlib.h>

using namespace agon::rt;
using agon::support::shown;

namespace {

/// A file, and the network that is looked for in it.
class Reader {
public:
  Reader(const Instance &instance, uint32_t network, const std::string &path, const WeightNames &names)
      : instance(instance), network(instance.model().networks[network].name), path(path), names(names), file(path),
        cells(instance.weightsOf(network)) {}

  ReadWeights read();

private:
  /// A cell, and the tensor of the file that fills it.
  struct Found {
    uint32_t cell;
    std::string name;
    const Safetensors::Tensor *tensor;
    Fit fit;
    bool isForeign; ///< the order of its axes
  };
  /// The cell's name within its network.
  std::string nameOf(const agon_cell &cell) const { return std::string(cell.name).substr(network.size() + 1); }
  /// Finds all tensors. \throws Failure with what is missing and what is left over.
  void find();
  void judgeShape(const Found &found) const;
  void chooseOrders(ReadWeights &result);
  [[noreturn]] void tellMissing(const std::vector<uint32_t> &missing) const;
  /// For `tellMissing`: options that would find what is missing, if there seem to be such.
  std::string guess(const std::vector<NamedShape> &missing, const std::vector<NamedShape> &left) const;
  void fill(const Found &found) const;

  const Instance &instance;
  std::string network;
  const std::string &path;
  const WeightNames &names;
  Safetensors file;
  std::vector<uint32_t> cells;
  std::vector<Found> all;
};

void Reader::find() {
  std::vector<uint32_t> missing;
  for (uint32_t index : cells) {
    auto found = file.tensors().end();
    for (const std::string &name : namesInFile(names, nameOf(instance.cell(index))))
      if (found == file.tensors().end())
        found = file.tensors().find(name);
    if (found == file.tensors().end()) {
      missing.push_back(index);
      continue;
    }
    auto shape = instance.shape(instance.cell(index));
    all.push_back({index, found->first, &found->second, fitOf(shape, found->second.shape), false});
  }
  if (!missing.empty())
    tellMissing(missing);
  for (const Found &each : all)
    judgeShape(each);
}

void Reader::judgeShape(const Found &found) const {
  const agon_cell &cell = instance.cell(found.cell);
  bool isNumber = found.tensor->type == tensorType(cell) || (cell.dtype <= AGON_F64 && file.isReal(*found.tensor));
  if (!isNumber || !(found.fit.same || found.fit.foreign))
    fail(ExitCode::BadData, "{}: expected {} to be {} {}, got {} {}", path, shown(found.name), tensorType(cell),
         shapeText(instance.shape(cell)), shown(found.tensor->type), shapeText(found.tensor->shape));
}

/// Decides in which order the axes lie. Where both fit the other tensors tell, matrices of matrices and filters of
/// filters; where these do not agree, or there are none, the name in the file does.
void Reader::chooseOrders(ReadWeights &result) {
  bool seen[2][2] = {}; // of matrices and of filters: in our order, in the foreign one
  auto rank = [&](const Found &found) { return found.tensor->shape.size(); };
  for (Found &each : all) {
    each.isForeign = !each.fit.same;
    if (each.fit.same != each.fit.foreign && rank(each) >= 2)
      seen[rank(each) > 2][each.isForeign] = true;
  }
  for (Found &each : all) {
    if (!each.fit.isOpen(each.tensor->shape))
      continue;
    const bool *told = seen[rank(each) > 2];
    bool isOurs = layerAndTensor(each.name).second == layerAndTensor(instance.cell(each.cell).name).second;
    each.isForeign = told[0] != told[1] ? told[1] : soundsForeign(each.name, rank(each));
    if (each.isForeign || !isOurs)
      result.ambiguous.push_back(fmt::format("{} {} is taken {}", shown(each.name), shapeText(each.tensor->shape),
                                             !each.isForeign  ? "as it is"
                                             : rank(each) > 2 ? "with its channels last"
                                                              : "transposed"));
  }
}

void Reader::tellMissing(const std::vector<uint32_t> &missing) const {
  constexpr size_t listed = 8;
  std::vector<NamedShape> wanted, left;
  for (uint32_t index : missing) {
    auto shape = instance.shape(instance.cell(index));
    wanted.push_back({nameOf(instance.cell(index)), {shape.begin(), shape.end()}});
  }
  for (const auto &[name, tensor] : file.tensors())
    if (file.isReal(tensor) && std::ranges::find(all, name, &Found::name) == all.end())
      left.push_back({name, tensor.shape});
  auto list = [&](const char *what, const std::vector<NamedShape> &tensors, auto &&nameOf) {
    std::vector<std::string> texts;
    for (const NamedShape &each : tensors)
      if (texts.size() < listed)
        texts.push_back(fmt::format("{} {}", nameOf(each.name), shapeText(each.shape)));
    std::string more = tensors.size() > listed ? fmt::format(" and {} more", tensors.size() - listed) : std::string();
    return texts.empty() ? std::string() : fmt::format("\n  {}: {}{}", what, fmt::join(texts, ", "), more);
  };
  std::string text =
      list("missing", wanted, [&](const std::string &name) { return namesInFile(names, name).front(); }) +
      list("left over", left, [](const std::string &name) { return shown(name); }) + guess(wanted, left);
  fail(ExitCode::BadData,
       "{} does not hold {} of the {} weights of {}; --rename {}.LAYER=NAME tells what the file calls a layer{}", path,
       missing.size(), cells.size(), network, network, text);
}

std::string Reader::guess(const std::vector<NamedShape> &missing, const std::vector<NamedShape> &left) const {
  std::vector<std::string> options;
  for (const NamedShape &each : left) {
    size_t dot = each.name.find('.');
    WeightNames other{each.name.substr(0, dot), {}};
    if (dot != std::string::npos && options.empty() && std::ranges::all_of(missing, [&](const NamedShape &wanted) {
          return file.tensors().count(namesInFile(other, wanted.name).front());
        }))
      options.push_back(fmt::format("--rename {}={}", network, other.network));
  }
  if (options.empty())
    for (const WeightNames::Rule &rule : guessRules(missing, left))
      options.push_back(fmt::format("--rename {}.{}={}", network, rule.ours, rule.theirs));
  return options.empty() ? std::string() : shown(fmt::format("perhaps: {}", fmt::join(options, " "))).insert(0, "\n  ");
}

/// Narrows numbers, or keeps them.
template <typename Real> std::vector<Real> narrowed(const std::vector<double> &numbers) {
  return {numbers.begin(), numbers.end()};
}

void Reader::fill(const Found &found) const {
  const agon_cell &cell = instance.cell(found.cell);
  if (found.tensor->type == tensorType(cell) && !found.isForeign)
    return file.copyTo(instance, cell, *found.tensor);
  std::vector<double> wide = file.numbers(*found.tensor);
  auto put = [&]<typename Real>(const std::vector<Real> &numbers) {
    auto *from = reinterpret_cast<const std::byte *>(numbers.data());
    if (NotFinite wrong = findNotFinite(from, numbers.size() * sizeof(Real), cell.dtype))
      fail(ExitCode::BadData, "{}: {} holds numbers that are too large for this build's {}", path, shown(found.name),
           tensorType(cell));
    if (!found.isForeign)
      return instance.copyIn(cell, from);
    std::vector<Real> ours(numbers.size());
    permute(from, reinterpret_cast<std::byte *>(ours.data()), found.tensor->shape,
            foreignOrder(found.tensor->shape.size()), sizeof(Real));
    instance.copyIn(cell, reinterpret_cast<const std::byte *>(ours.data()));
  };
  cell.dtype == AGON_F32 ? put(narrowed<float>(wide)) : put(wide);
}

ReadWeights Reader::read() {
  ReadWeights result;
  find();
  chooseOrders(result);
  file.readContent();
  for (const Found &each : all)
    file.checkFinite(each.name);
  std::ranges::sort(all, {}, [&](const Found &each) { return std::string(instance.cell(each.cell).name); });
  uLong sum = 0;
  auto add = [&](const void *data, size_t bytes) { sum = crc32_z(sum, static_cast<const Bytef *>(data), bytes); };
  for (const Found &each : all) {
    const char *name = instance.cell(each.cell).name + network.size();
    add(name, std::strlen(name) + 1);
    add(file.data(*each.tensor), each.tensor->end - each.tensor->begin);
    fill(each);
  }
  result.content = fmt::format("crc32 {:08x}", uint32_t(sum));
  return result;
}

} // namespace

ReadWeights agon::rt::readWeights(const Instance &instance, uint32_t network, const std::string &path,
                                  const WeightNames &names) {
  return Reader(instance, network, path, names).read();
}
