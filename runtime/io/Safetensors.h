//===- Safetensors.h - Files of tensors, as they are read ------*- C++ -*-===//
///
/// https://huggingface.co/docs/safetensors: 8 bytes header length (little
/// endian), a JSON header, the tensors, in any order.
///
//===----------------------------------------------------------------------===//
#ifndef AGON_RUNTIME_IO_SAFETENSORS_H
#define AGON_RUNTIME_IO_SAFETENSORS_H

#include "runtime/core/Failure.h"
#include "runtime/core/Instance.h"
#include "support/InputFile.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace agon::rt {

/// What the format calls a cell's elements.
const char *tensorType(const agon_cell &cell);

/// A file whose kind, size and header are judged when it is opened: what it says of its tensors is right.
class Safetensors {
public:
  struct Tensor {
    std::string type;
    std::vector<int64_t> shape;
    uint64_t begin, end; ///< Bytes of the content.
  };

  /// \throws Failure: NoInput; BadData when it is truncated or corrupt; InputOutput.
  explicit Safetensors(const std::string &path);

  /// Texts, by their keys.
  const nlohmann::json &metadata() const { return own; }
  const std::map<std::string, Tensor> &tensors() const { return all; }

  /// Reads all tensors. \throws Failure (InputOutput, BadData).
  void readContent();
  /// A tensor's elements, after `readContent`.
  const std::byte *data(const Tensor &tensor) const { return content.data() + tensor.begin; }
  /// Whether its elements are numbers of 16, 32 or 64 bits with a fraction.
  static bool isReal(const Tensor &tensor);
  /// The elements of a tensor of such numbers, after `readContent`.
  std::vector<double> numbers(const Tensor &tensor) const;
  /// Whether a tensor's elements are a cell's. \param widens whether 32-bit numbers serve a cell of 64-bit ones.
  static bool fits(const Tensor &tensor, const Instance &instance, const agon_cell &cell, bool widens);
  /// Fills a cell that the tensor fits, after `readContent`.
  void copyTo(const Instance &instance, const agon_cell &cell, const Tensor &tensor) const;
  /// \throws Failure (BadData) when the tensor holds a number that is not finite.
  void checkFinite(const std::string &name) const;

  template <typename... Args> [[noreturn]] void corrupt(fmt::format_string<Args...> format, Args &&...args) const {
    fail(ExitCode::BadData, "{} is truncated or corrupt: {}", path, fmt::format(format, std::forward<Args>(args)...));
  }

private:
  /// Reads so many bytes of the file, which has them unless it shrinks meanwhile.
  std::vector<std::byte> bytes(size_t count);
  /// Reads the header; `available` becomes the size of what follows.
  nlohmann::json readHeader();
  /// Finds every tensor of the file: together they are all of its bytes.
  void place(const nlohmann::json &header);

  std::string path;
  support::InputFile file;
  uint64_t available = 0;
  nlohmann::json own;
  std::map<std::string, Tensor> all;
  std::vector<std::byte> content;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_SAFETENSORS_H
