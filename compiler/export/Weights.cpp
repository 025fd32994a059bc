//===- Weights.cpp - The weights of a run --------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/export/Weights.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <map>

using namespace mlir;

namespace agon::exports {

static llvm::Error wrong(const llvm::Twine &message) {
  return llvm::createStringError(std::make_error_code(std::errc::invalid_argument), message);
}

/// "[3, 64, 64]".
static std::string text(ArrayRef<int64_t> shape) {
  std::string result;
  llvm::raw_string_ostream stream(result);
  stream << "[";
  llvm::interleaveComma(shape, stream);
  stream << "]";
  return result;
}

/// What the format calls elements of a type.
static StringRef typeName(Type element) { return element.isF64() ? "F64" : "F32"; }

llvm::Expected<Weights> Weights::read(const std::string &run) {
  Weights weights;
  llvm::SmallString<256> path(run);
  if (llvm::sys::fs::is_directory(run))
    llvm::sys::path::append(path, "checkpoint.safetensors");
  weights.file = path.str().str();
  auto buffer = llvm::MemoryBuffer::getFile(weights.file, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(buffer.getError(),
                                   "cannot open " + weights.file + ": " + buffer.getError().message());
  weights.content = std::move(*buffer);
  if (llvm::Error error = weights.parse())
    return error;
  return weights;
}

llvm::Error Weights::parse() {
  StringRef all = content->getBuffer();
  auto corrupt = [&](const llvm::Twine &why) { return wrong(file + " is truncated or corrupt: " + why); };
  if (all.size() < 8)
    return corrupt("it has no header");
  uint64_t length = llvm::support::endian::read64le(all.data());
  if (length > all.size() - 8)
    return corrupt("its header is longer than the file");
  auto header = llvm::json::parse(all.substr(8, size_t(length)));
  if (!header)
    return corrupt(llvm::toString(header.takeError()));
  const llvm::json::Object *object = header->getAsObject();
  if (!object)
    return corrupt("its header is no object");
  StringRef data = all.substr(8 + size_t(length));
  for (const auto &[key, value] : *object) {
    const llvm::json::Object *entry = value.getAsObject();
    StringRef name = key;
    if (!entry)
      return corrupt("'" + name + "' is no object");
    if (name == "__metadata__") {
      for (const auto &[own, each] : *entry)
        if (auto string = each.getAsString())
          texts[StringRef(own)] = string->str();
      continue;
    }
    auto type = entry->getString("dtype");
    const llvm::json::Array *shape = entry->getArray("shape"), *offsets = entry->getArray("data_offsets");
    if (!type || !shape || !offsets || offsets->size() != 2)
      return corrupt("'" + name + "' has no type, shape or place");
    Tensor &tensor = tensors[name];
    tensor.type = type->str();
    for (const llvm::json::Value &extent : *shape)
      tensor.shape.push_back(extent.getAsInteger().value_or(-1));
    std::optional<uint64_t> begin = (*offsets)[0].getAsUINT64(), end = (*offsets)[1].getAsUINT64();
    if (!begin || !end || *begin > *end || *end > data.size())
      return corrupt("'" + name + "' lies outside of the file");
    tensor.bytes = data.slice(size_t(*begin), size_t(*end));
  }
  return llvm::Error::success();
}

/// The digests of what a network and those that it applies mean, from what a model says of itself
/// (frontend/sema/Describe.h).
static std::map<std::string, std::string> meanings(StringRef description, StringRef network) {
  std::map<std::string, std::string> result;
  auto json = llvm::json::parse(description);
  if (!json) {
    llvm::consumeError(json.takeError());
    return result;
  }
  const llvm::json::Object *object = json->getAsObject();
  const llvm::json::Array *parts = object ? object->getArray("parts") : nullptr;
  std::vector<std::string> reached{network.str()};
  for (size_t i = 0; parts && i < reached.size(); ++i)
    for (const llvm::json::Value &value : *parts) {
      const llvm::json::Object *part = value.getAsObject();
      if (!part || part->getString("network").value_or("") != reached[i])
        continue;
      result[part->getString("what").value_or("").str()] = part->getString("meaning").value_or("").str();
      if (const llvm::json::Array *uses = part->getArray("uses"))
        for (const llvm::json::Value &use : *uses)
          if (auto name = use.getAsString(); name && !llvm::is_contained(reached, *name))
            reached.push_back(name->str());
    }
  return result;
}

std::string Weights::changedPart(StringRef configuration, StringRef network) const {
  auto found = texts.find("model");
  if (found == texts.end())
    return {};
  std::map<std::string, std::string> before = meanings(found->second, network);
  for (const auto &[what, meaning] : meanings(configuration, network))
    if (auto old = before.find(what); old != before.end() && old->second != meaning)
      return what;
  return {};
}

/// Whether all numbers of type T among the bytes are finite.
template <typename T> static bool allFinite(StringRef bytes) {
  for (size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    T number;
    std::memcpy(&number, bytes.data() + at, sizeof(T));
    if (!std::isfinite(number))
      return false;
  }
  return true;
}

llvm::Expected<std::string> Weights::tensor(StringRef name, RankedTensorType type) const {
  auto found = tensors.find(name);
  if (found == tensors.end())
    return wrong(file + " does not hold " + name);
  const Tensor &tensor = found->second;
  Type element = type.getElementType();
  bool widens = element.isF64() && tensor.type == "F32";
  if ((tensor.type != typeName(element) && !widens) || ArrayRef(tensor.shape) != type.getShape())
    return wrong(file + ": expected " + name + " to be " + typeName(element) + " " + text(type.getShape()) + ", got " +
                 tensor.type + " " + text(tensor.shape));
  size_t each = tensor.type == "F64" ? 8 : 4;
  if (tensor.bytes.size() != size_t(type.getNumElements()) * each)
    return wrong(file + " is truncated or corrupt: the size of " + name + " is not that of its shape");
  if (!(each == 8 ? allFinite<double>(tensor.bytes) : allFinite<float>(tensor.bytes)))
    return wrong(file + ": " + name + " holds a number that is not finite");
  if (!widens)
    return tensor.bytes.str();
  std::string wide;
  for (size_t at = 0; at < tensor.bytes.size(); at += sizeof(float)) {
    float number;
    std::memcpy(&number, tensor.bytes.data() + at, sizeof(float));
    double doubled = number;
    wide.append(reinterpret_cast<const char *>(&doubled), sizeof(double));
  }
  return wide;
}

} // namespace agon::exports
