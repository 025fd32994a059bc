#include "runtime/io/Weights.h"

#include "runtime/io/Safetensors.h"
#include "support/Shown.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <zlib.h>

using namespace agon::rt;
using agon::support::shown;

namespace {

/// The networks whose weights a file seems to hold: what stands before the layers' names.
std::string networksIn(const Safetensors &file) {
  std::set<std::string> names;
  for (const auto &[name, tensor] : file.tensors())
    if (size_t dot = name.find('.'); dot != std::string::npos && tensor.type.starts_with("F"))
      names.insert(name.substr(0, dot));
  names.erase("optimizer");
  return names.empty() ? "none" : shown(fmt::format("{}", fmt::join(names, ", ")));
}

/// A file, and the network that is looked for in it.
class Reader {
public:
  Reader(const Instance &instance, uint32_t network, const std::string &path, const std::string &name)
      : instance(instance), network(instance.model().networks[network].name), path(path), name(name), file(path) {
    for (uint32_t index : instance.weightsOf(network))
      wanted[nameInFile(instance.cell(index))] = index;
  }

  std::string read();

private:
  std::string nameInFile(const agon_cell &cell) const { return name + std::string(cell.name).substr(network.size()); }
  const Safetensors::Tensor &find(const std::string &tensor, const agon_cell &cell) const;

  const Instance &instance;
  std::string network;
  const std::string &path, &name;
  Safetensors file;
  std::map<std::string, uint32_t> wanted; ///< the cells, by the tensors' names
};

const Safetensors::Tensor &Reader::find(const std::string &tensor, const agon_cell &cell) const {
  auto found = file.tensors().find(tensor);
  if (found == file.tensors().end()) {
    bool known =
        std::ranges::any_of(file.tensors(), [&](const auto &each) { return each.first.starts_with(name + "."); });
    if (known)
      fail(ExitCode::BadData, "{} does not hold {}, which {} has", path, tensor, network);
    fail(ExitCode::BadData,
         "{} holds no weights of {}, but of: {}; `{} from \"FILE\" as NAME` in the model tells what the file calls {}",
         path, name, networksIn(file), network, network);
  }
  if (!Safetensors::fits(found->second, instance, cell, /*widens=*/true))
    fail(ExitCode::BadData, "{}: expected {} to be {} {}, got {} {}", path, tensor, tensorType(cell),
         shapeText(instance.shape(cell)), shown(found->second.type), shapeText(found->second.shape));
  return found->second;
}

std::string Reader::read() {
  for (const auto &[tensor, index] : wanted)
    find(tensor, instance.cell(index));
  file.readContent();
  for (const auto &[tensor, index] : wanted)
    file.checkFinite(tensor);
  uLong sum = 0;
  auto add = [&](const void *data, size_t bytes) { sum = crc32_z(sum, static_cast<const Bytef *>(data), bytes); };
  for (const auto &[tensor, index] : wanted) {
    const agon_cell &cell = instance.cell(index);
    const Safetensors::Tensor &found = file.tensors().at(tensor);
    add(cell.name + network.size(), std::strlen(cell.name + network.size()) + 1);
    add(file.data(found), found.end - found.begin);
    file.copyTo(instance, cell, found);
  }
  return fmt::format("crc32 {:08x}", uint32_t(sum));
}

} // namespace

std::string agon::rt::readWeights(const Instance &instance, uint32_t network, const std::string &path,
                                  const std::string &name) {
  return Reader(instance, network, path, name).read();
}
