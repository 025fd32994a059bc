//===- OnnxGraph.cpp - An ONNX graph under construction ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/export/OnnxGraph.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace agon::exports {

namespace {
/// Numbers of fields, message by message.
namespace attribute {
enum : uint32_t { Name = 1, Int = 3, String = 4, Ints = 8, Type = 20 };
enum Kind { OfInt = 2, OfString = 3, OfInts = 7 };
} // namespace attribute
namespace node {
enum : uint32_t { Input = 1, Output = 2, Name = 3, OpType = 4, Attribute = 5, DocString = 6 };
}
namespace tensor {
enum : uint32_t { Dims = 1, DataType = 2, Name = 8, RawData = 9 };
}
namespace value {
enum : uint32_t { Name = 1, Type = 2, DocString = 3 };
enum : uint32_t { TensorType = 1, ElementType = 1, Shape = 2, Dimension = 1, DimensionValue = 1, DimensionParam = 2 };
} // namespace value
namespace graph {
enum : uint32_t { Node = 1, Name = 2, Initializer = 5, Input = 11, Output = 12 };
}
namespace file {
enum : uint32_t { IrVersion = 1, ProducerName = 2, Graph = 7, OpsetImport = 8, Properties = 14 };
enum : uint32_t { OpsetVersion = 2, Key = 1, Value = 2 };
} // namespace file

ProtoMessage tensorMessage(std::string_view name, Type element, ArrayRef<int64_t> shape, std::string_view bytes) {
  ProtoMessage message;
  message.integers(tensor::Dims, {shape.data(), shape.size()})
      .integer(tensor::DataType, OnnxGraph::elementType(element))
      .text(tensor::Name, name)
      .text(tensor::RawData, bytes);
  return message;
}

/// Elements as the format has them: little-endian, a truth value a byte.
std::string bytesOf(DenseElementsAttr elements, bool one) {
  std::string bytes;
  if (elements.getElementType().isInteger(1)) {
    for (bool each : elements.getValues<bool>()) {
      bytes.push_back(char(each));
      if (one)
        break;
    }
    return bytes;
  }
  ArrayRef<char> raw = elements.getRawData();
  size_t each = elements.getElementType().getIntOrFloatBitWidth() / 8;
  if (one || !elements.isSplat())
    return std::string(raw.data(), one ? each : raw.size());
  for (int64_t i = 0; i < elements.getNumElements(); ++i)
    bytes.append(raw.data(), each);
  return bytes;
}
} // namespace

OnnxAttribute::OnnxAttribute(std::string_view name, int64_t value) {
  message.text(attribute::Name, name).integer(attribute::Int, value).integer(attribute::Type, attribute::OfInt);
}

OnnxAttribute::OnnxAttribute(std::string_view name, ArrayRef<int64_t> values) {
  message.text(attribute::Name, name)
      .integers(attribute::Ints, {values.data(), values.size()})
      .integer(attribute::Type, attribute::OfInts);
}

OnnxAttribute::OnnxAttribute(std::string_view name, std::string_view value) {
  message.text(attribute::Name, name).text(attribute::String, value).integer(attribute::Type, attribute::OfString);
}

int64_t OnnxGraph::elementType(Type element) {
  enum : int64_t { Float = 1, Int32 = 6, Int64 = 7, Bool = 9, Double = 11 };
  if (element.isF64())
    return Double;
  if (element.isInteger(1))
    return Bool;
  if (element.isInteger(32))
    return Int32;
  return element.isInteger(64) ? Int64 : Float;
}

std::string OnnxGraph::add(std::string_view operation, ArrayRef<std::string> inputs,
                           ArrayRef<OnnxAttribute> attributes) {
  std::string result = fresh();
  addNamed(result, operation, inputs, attributes);
  return result;
}

void OnnxGraph::addNamed(std::string_view result, std::string_view operation, ArrayRef<std::string> inputs,
                         ArrayRef<OnnxAttribute> attributes) {
  ProtoMessage message;
  for (const std::string &input : inputs)
    message.text(node::Input, input);
  message.text(node::Output, result).text(node::Name, "n:" + std::to_string(nodes.size()));
  message.text(node::OpType, operation);
  for (const OnnxAttribute &each : attributes)
    message.message(node::Attribute, each.message);
  if (!place.empty())
    message.text(node::DocString, place);
  nodes.push_back(std::move(message));
}

std::string OnnxGraph::integers(ArrayRef<int64_t> values) {
  std::string_view raw(reinterpret_cast<const char *>(values.data()), 8 * values.size());
  std::string &name = shared["i" + std::string(raw)];
  if (name.empty()) {
    name = fresh();
    ProtoMessage message;
    int64_t size = int64_t(values.size());
    message.integers(tensor::Dims, {&size, 1}).integer(tensor::DataType, /*int64*/ 7).text(tensor::Name, name);
    constants.push_back(std::move(message.text(tensor::RawData, raw)));
  }
  return name;
}

std::string OnnxGraph::constant(DenseElementsAttr elements, ArrayRef<int64_t> shape) {
  bool one = llvm::all_of(shape, [](int64_t extent) { return extent == 1; });
  std::string raw = bytesOf(elements, one);
  std::string key = std::to_string(elementType(elements.getElementType()));
  for (int64_t extent : shape)
    key += "," + std::to_string(extent);
  std::string &name = shared[key + ":" + raw];
  if (name.empty()) {
    name = fresh();
    initializer(name, elements.getElementType(), shape, raw);
  }
  return name;
}

std::string OnnxGraph::scalar(Type element, double value) {
  auto type = RankedTensorType::get({}, element);
  if (isa<FloatType>(element))
    return constant(DenseElementsAttr::get(type, FloatAttr::get(element, value).getValue()), {});
  return constant(DenseElementsAttr::get(type, APInt(element.getIntOrFloatBitWidth(), uint64_t(int64_t(value)))), {});
}

void OnnxGraph::initializer(std::string_view name, Type element, ArrayRef<int64_t> shape, std::string_view raw) {
  bytes += raw.size();
  constants.push_back(tensorMessage(name, element, shape, raw));
}

void OnnxGraph::port(std::vector<ProtoMessage> &list, std::string_view name, Type element, ArrayRef<int64_t> shape,
                     std::string_view text) {
  ProtoMessage dimensions, type, kind, message;
  for (int64_t extent : shape) {
    ProtoMessage dimension;
    if (extent == anySize)
      dimension.text(value::DimensionParam, "batch");
    else
      dimension.integer(value::DimensionValue, extent);
    dimensions.message(value::Dimension, dimension);
  }
  type.integer(value::ElementType, elementType(element)).message(value::Shape, dimensions);
  kind.message(value::TensorType, type);
  message.text(value::Name, name).message(value::Type, kind);
  if (!text.empty())
    message.text(value::DocString, text);
  list.push_back(std::move(message));
}

void OnnxGraph::input(std::string_view name, Type element, ArrayRef<int64_t> shape, std::string_view text) {
  port(inputs, name, element, shape, text);
}

void OnnxGraph::output(std::string_view name, Type element, ArrayRef<int64_t> shape) {
  port(outputs, name, element, shape, {});
}

std::string OnnxGraph::model(std::string_view name, ArrayRef<std::pair<std::string, std::string>> properties) const {
  ProtoMessage content, opsets, whole;
  for (const ProtoMessage &each : nodes)
    content.message(graph::Node, each);
  content.text(graph::Name, name);
  for (auto [list, field] : {std::pair(&constants, graph::Initializer), std::pair(&inputs, graph::Input),
                             std::pair(&outputs, graph::Output)})
    for (const ProtoMessage &each : *list)
      content.message(field, each);
  opsets.integer(file::OpsetVersion, opset);
  whole.integer(file::IrVersion, irVersion).text(file::ProducerName, "agonc").message(file::Graph, content);
  whole.message(file::OpsetImport, opsets);
  for (const auto &[key, text] : properties) {
    ProtoMessage property;
    whole.message(file::Properties, property.text(file::Key, key).text(file::Value, text));
  }
  return whole.str();
}

} // namespace agon::exports
