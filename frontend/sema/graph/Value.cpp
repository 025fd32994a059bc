//===- Value.cpp - What an expression evaluates to --------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/graph/Value.h"
#include <fmt/format.h>

namespace agon::sema {

Value Value::ofInt(int64_t value) {
  Value v;
  v.kind = Kind::Int;
  v.integer = value;
  return v;
}

Value Value::ofReal(double value) {
  Value v;
  v.kind = Kind::Real;
  v.real = value;
  return v;
}

Value Value::ofBool(bool value) {
  Value v;
  v.kind = Kind::Bool;
  v.boolean = value;
  return v;
}

Value Value::ofString(std::string text) {
  Value v;
  v.kind = Kind::String;
  v.text = std::move(text);
  return v;
}

Value Value::ofList(std::vector<Value> elements) {
  Value v;
  v.kind = Kind::List;
  v.elements = std::move(elements);
  return v;
}

Value Value::ofTuple(std::vector<Value> elements) {
  Value v;
  v.kind = Kind::Tuple;
  v.elements = std::move(elements);
  return v;
}

Value Value::ofShape(const Shape &shape) {
  std::vector<Value> dims;
  for (int64_t dim : shape)
    dims.push_back(ofInt(dim));
  return ofList(std::move(dims));
}

Value Value::ofDecl(const syntax::Decl *decl) {
  Value v;
  v.kind = Kind::Callable;
  v.decl = decl;
  return v;
}

Value Value::ofBuiltin(const Builtin *builtin, std::string_view name) {
  Value v;
  v.kind = Kind::Callable;
  v.builtin = builtin;
  v.text = name;
  return v;
}

Value Value::ofDeferred(Kind kind, Deferred &deferred, int64_t index) {
  Value v;
  v.kind = kind;
  v.deferred = &deferred;
  v.index = index;
  return v;
}

Value Value::ofTensor(Node *node) {
  Value v;
  if (!node)
    return v;
  v.kind = Kind::Tensor;
  v.node = node;
  return v;
}

Value Value::all() {
  Value v;
  v.kind = Kind::All;
  return v;
}

std::string_view kindName(syntax::DeclKind kind) {
  switch (kind) {
  case syntax::DeclKind::Import:
    return "import";
  case syntax::DeclKind::Const:
    return "constant";
  case syntax::DeclKind::Fn:
    return "function";
  case syntax::DeclKind::Layer:
    return "layer";
  case syntax::DeclKind::Network:
    return "network";
  case syntax::DeclKind::Optimizer:
    return "optimizer";
  case syntax::DeclKind::Source:
    return "source";
  case syntax::DeclKind::Game:
    return "game";
  }
  return "";
}

std::string describe(const Value &value) {
  switch (value.kind) {
  case Value::Kind::Error:
    return "an invalid value";
  case Value::Kind::All:
    return "`all`";
  case Value::Kind::Int:
    return fmt::format("the whole number {}", value.integer);
  case Value::Kind::Real:
    return fmt::format("the number {}", value.real);
  case Value::Kind::Bool:
    return value.boolean ? "`true`" : "`false`";
  case Value::Kind::String:
    return fmt::format("the text \"{}\"", value.text);
  case Value::Kind::List:
    return fmt::format("a list of {}", value.elements.size());
  case Value::Kind::Tuple:
    return fmt::format("{} values in a tuple", value.elements.size());
  case Value::Kind::Callable:
    if (value.decl)
      return fmt::format("the {} `{}`", kindName(value.decl->kind), value.decl->name.text);
    return fmt::format("the function `{}`", value.text);
  case Value::Kind::Distribution:
    return "a distribution";
  case Value::Kind::Tensor:
    if (value.node->type.element == Element::Real)
      return "a tensor of shape " + printShape(value.node->type.shape);
    if (value.node->type.element == Element::Label)
      return "a label, " + printType(value.node->type);
    return printType(value.node->type);
  case Value::Kind::GameName:
    return "a variable of the game";
  case Value::Kind::Hyper:
    return "a hyperparameter";
  }
  return "";
}

std::string printValue(const Value &value) {
  switch (value.kind) {
  case Value::Kind::Int:
    return fmt::format("{}", value.integer);
  case Value::Kind::Real:
    return fmt::format("{}", value.real);
  case Value::Kind::Bool:
    return value.boolean ? "true" : "false";
  case Value::Kind::String:
    return fmt::format("\"{}\"", value.text);
  case Value::Kind::List:
  case Value::Kind::Tuple: {
    std::vector<std::string> parts;
    for (const Value &element : value.elements)
      parts.push_back(printValue(element));
    return value.kind == Value::Kind::List ? fmt::format("[{}]", fmt::join(parts, ", "))
                                           : fmt::format("({})", fmt::join(parts, ", "));
  }
  case Value::Kind::Callable:
    return value.decl ? value.decl->name.text : value.text;
  default:
    return describe(value);
  }
}

std::string joined(const Value &parts) {
  std::string text;
  for (const Value &part : parts.isList() ? parts.elements : std::vector<Value>{parts})
    text += part.is(Value::Kind::String) ? part.text : printValue(part);
  return text;
}

} // namespace agon::sema
