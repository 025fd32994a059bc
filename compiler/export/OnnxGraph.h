//===- OnnxGraph.h - An ONNX graph under construction -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Messages of ONNX (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) and
// the numbers of their fields are written here and in OnnxGraph.cpp alone.
//===----------------------------------------------------------------------===//
#ifndef AGON_COMPILER_EXPORT_ONNXGRAPH_H
#define AGON_COMPILER_EXPORT_ONNXGRAPH_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "support/Protobuf.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include <string>
#include <vector>

namespace agon::exports {

/// An attribute of a node.
struct OnnxAttribute {
  OnnxAttribute(std::string_view name, int64_t value);
  OnnxAttribute(std::string_view name, llvm::ArrayRef<int64_t> values);
  OnnxAttribute(std::string_view name, std::string_view value);

  ProtoMessage message;
};

/// Nodes, constants, inputs and outputs, in the order in which they are added. Values are known by their names.
class OnnxGraph {
public:
  /// The operator set, and the version of the file's format: what onnxruntime 1.14 (2023) and later read.
  static constexpr int64_t opset = 18, irVersion = 8;

  /// Adds a node with one result. \returns the result's name.
  std::string add(std::string_view operation, llvm::ArrayRef<std::string> inputs,
                  llvm::ArrayRef<OnnxAttribute> attributes = {});
  /// The same with a name of the caller's for the result.
  void addNamed(std::string_view result, std::string_view operation, llvm::ArrayRef<std::string> inputs,
                llvm::ArrayRef<OnnxAttribute> attributes = {});
  /// What the nodes that follow come from, "gan.agon:9:12".
  void setPlace(std::string text) { place = std::move(text); }

  /// A list of whole numbers; equal ones are one constant.
  std::string integers(llvm::ArrayRef<int64_t> values);
  /// Numbers of a tensor type, of which `shape` may be another with as many elements, or [1, ..., 1] for a splat.
  std::string constant(mlir::DenseElementsAttr elements, llvm::ArrayRef<int64_t> shape);
  /// One number of the element type, without axes.
  std::string scalar(mlir::Type element, double value);
  /// A named constant: a parameter.
  void initializer(std::string_view name, mlir::Type element, llvm::ArrayRef<int64_t> shape, std::string_view bytes);
  /// An axis of this size is of the minibatch's.
  static constexpr int64_t anySize = -1;
  void input(std::string_view name, mlir::Type element, llvm::ArrayRef<int64_t> shape, std::string_view text);
  void output(std::string_view name, mlir::Type element, llvm::ArrayRef<int64_t> shape);

  /// The file's content. \param properties keys and values for people.
  std::string model(std::string_view name, llvm::ArrayRef<std::pair<std::string, std::string>> properties) const;
  /// Bytes so far, nearly.
  size_t size() const { return bytes; }

  /// ONNX's number for an element type: f32, f64, i1, i32, i64.
  static int64_t elementType(mlir::Type element);

private:
  std::string fresh() { return "t:" + std::to_string(names++); }
  void port(std::vector<ProtoMessage> &list, std::string_view name, mlir::Type element, llvm::ArrayRef<int64_t> shape,
            std::string_view text);

  std::vector<ProtoMessage> nodes, constants, inputs, outputs;
  llvm::StringMap<std::string> shared; ///< Names of constants, by what they hold.
  std::string place;
  size_t names = 0, bytes = 0;
};

} // namespace agon::exports

#endif
