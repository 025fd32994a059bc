//===- Value.cpp - What an expression evaluates to --------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/graph/Value.h"
#include <fmt/format.h>

namespace agon::sema {

Value Value::ofInt(int64_t value) { return made<Kind::Int>(value); }

Value Value::ofReal(double value) { return made<Kind::Real>(value); }

Value Value::ofBool(bool value) { return made<Kind::Bool>(value); }

Value Value::ofString(std::string text) { return made<Kind::String>(std::move(text)); }

Value Value::ofList(std::vector<Value> elements) { return made<Kind::List>(Elements<Kind::List>{std::move(elements)}); }

Value Value::ofTuple(std::vector<Value> elements) {
  return made<Kind::Tuple>(Elements<Kind::Tuple>{std::move(elements)});
}

Value Value::ofShape(const Shape &shape) {
  std::vector<Value> dims;
  for (int64_t dim : shape)
    dims.push_back(ofInt(dim));
  return ofList(std::move(dims));
}

Value Value::ofDecl(const syntax::Decl *decl) { return made<Kind::Callable>(Callable{decl, nullptr, {}}); }

Value Value::ofBuiltin(const Builtin *builtin, std::string_view name) {
  return made<Kind::Callable>(Callable{nullptr, builtin, std::string(name)});
}

Value Value::ofDistribution(std::shared_ptr<const DistributionValue> distribution) {
  return made<Kind::Distribution>(std::move(distribution));
}

Value Value::ofTensor(Node *node) { return node ? made<Kind::Tensor>(node) : Value(); }

Value Value::ofGameName(Deferred &names, int64_t index) { return made<Kind::GameName>(Name{&names, index}); }

Value Value::ofHyper(Deferred &arguments, int64_t index) { return made<Kind::Hyper>(HyperName{{&arguments, index}}); }

Value Value::all() { return made<Kind::All>(Everything()); }

const std::string &Value::text() const {
  static const std::string none;
  if (const std::string *text = std::get_if<size_t(Kind::String)>(&data))
    return *text;
  return callable() ? callable()->name : none;
}

const std::vector<Value> &Value::elements() const {
  static const std::vector<Value> none;
  if (const auto *list = std::get_if<size_t(Kind::List)>(&data))
    return list->list;
  const auto *tuple = std::get_if<size_t(Kind::Tuple)>(&data);
  return tuple ? tuple->list : none;
}

std::vector<Value> &Value::changeElements() { return const_cast<std::vector<Value> &>(elements()); }

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
  switch (value.kind()) {
  case Value::Kind::Error:
    return "an invalid value";
  case Value::Kind::All:
    return "`all`";
  case Value::Kind::Int:
    return fmt::format("the whole number {}", value.integer());
  case Value::Kind::Real:
    return fmt::format("the number {}", value.number());
  case Value::Kind::Bool:
    return value.boolean() ? "`true`" : "`false`";
  case Value::Kind::String:
    return fmt::format("the text \"{}\"", value.text());
  case Value::Kind::List:
    return fmt::format("a list of {}", value.elements().size());
  case Value::Kind::Tuple:
    return fmt::format("{} values in a tuple", value.elements().size());
  case Value::Kind::Callable:
    if (value.decl())
      return fmt::format("the {} `{}`", kindName(value.decl()->kind), value.decl()->name.text);
    return fmt::format("the function `{}`", value.text());
  case Value::Kind::Distribution:
    return "a distribution";
  case Value::Kind::Tensor:
    if (value.node()->type.element == Element::Real)
      return "a tensor of shape " + printShape(value.node()->type.shape);
    if (value.node()->type.element == Element::Label)
      return "a label, " + printType(value.node()->type);
    return printType(value.node()->type);
  case Value::Kind::GameName:
    return "a variable of the game";
  case Value::Kind::Hyper:
    return "a hyperparameter";
  }
  return "";
}

std::string printValue(const Value &value) {
  switch (value.kind()) {
  case Value::Kind::All:
    return "all";
  case Value::Kind::Int:
    return fmt::format("{}", value.integer());
  case Value::Kind::Real:
    return fmt::format("{}", value.number());
  case Value::Kind::Bool:
    return value.boolean() ? "true" : "false";
  case Value::Kind::String:
    return fmt::format("\"{}\"", value.text());
  case Value::Kind::List:
  case Value::Kind::Tuple: {
    std::vector<std::string> parts;
    for (const Value &element : value.elements())
      parts.push_back(printValue(element));
    return value.kind() == Value::Kind::List ? fmt::format("[{}]", fmt::join(parts, ", "))
                                             : fmt::format("({})", fmt::join(parts, ", "));
  }
  case Value::Kind::Callable:
    return value.decl() ? value.decl()->name.text : value.text();
  default:
    return describe(value);
  }
}

std::string joined(const Value &parts) {
  std::string text;
  for (const Value &part : parts.isList() ? parts.elements() : std::vector<Value>{parts})
    text += part.is(Value::Kind::String) ? part.text() : printValue(part);
  return text;
}

} // namespace agon::sema
