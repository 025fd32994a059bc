//===- Binding.cpp - Arguments to parameters --------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/Binding.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

/// "dense(x: [n], units: int, bias = true)" as the declaration has it.
static std::string signatureOf(const Decl &decl) {
  std::vector<std::string> params;
  for (const syntax::Param &param : decl.params) {
    SourceRange range = param.name.range;
    if (param.fallback)
      range = range.to(param.fallback->range);
    else if (param.type)
      range = range.to(param.type->range);
    params.push_back(range ? range.file->text.substr(range.begin, range.end - range.begin) : param.name.text);
  }
  return fmt::format("{}({})", decl.name.text, fmt::join(params, ", "));
}

bool Binding::bind(std::vector<ArgValue> &args) {
  Slots found;
  found.callee = fmt::format("`{}`", decl.name.text);
  found.positional = decl.params.size();
  for (const syntax::Param &param : decl.params)
    found.slots.push_back({param.name.text, !param.fallback});
  found.declared = [&](Diagnostic &diagnostic) {
    diagnostic.help(fmt::format("it is declared as `{}`", signatureOf(decl)));
    if (decl.kind == DeclKind::Fn && e.updates())
      diagnostic.help(std::string(scheduleHelp));
  };
  if (!found.fill(reporter, args, at))
    return false;
  for (size_t i = 0; i < decl.params.size(); ++i) {
    const syntax::Param &param = decl.params[i];
    ArgValue *given = found.slots[i].argument;
    Value value;
    if (given) {
      value = std::move(given->value);
    } else {
      Saved savedScope(e.scope, &names);
      value = e.eval(*param.fallback);
      if (value.isError())
        return false;
    }
    SourceRange place = given ? given->range : at;
    if (param.type ? !bindType(param, value, place) : given && !fits(param, value, place))
      return false;
    names.set(param.name.text, std::move(value));
  }
  return true;
}

/// A default value that is `true` or a number says what is expected.
bool Binding::fits(const syntax::Param &param, const Value &value, SourceRange at) {
  if (!param.fallback)
    return true;
  ExprKind kind = param.fallback->kind;
  bool flag = value.is(Value::Kind::Bool);
  bool number = kind == ExprKind::Integer || kind == ExprKind::Real;
  if ((kind == ExprKind::Bool && !flag) || (number && flag)) {
    error(at, fmt::format("`{}` expects {} for `{}`, got {}", decl.name.text, number ? "a number" : "`true` or `false`",
                          param.name.text, describe(value)));
    return false;
  }
  return true;
}

/// Checks the value against the type that is written; a tensor is made of what becomes one.
bool Binding::bindType(const syntax::Param &param, Value &value, SourceRange at) {
  GraphBuilder &graph = e.graph;
  auto mismatch = [&](std::string_view expected) -> bool {
    if (!value.isError()) {
      Diagnostic &diagnostic = error(at, fmt::format("`{}` expects {} for `{}`, got {}", decl.name.text, expected,
                                                     param.name.text, describe(value)));
      if (value.isTensor())
        graph.noteOrigin(diagnostic, value.node());
      bool isLabel = value.isTensor() && value.node()->type.element == Element::Label;
      if (isLabel && param.type->kind == TypeKind::Shape)
        diagnostic.help(std::string(labelHelp));
      else if (param.type->kind == TypeKind::Class)
        diagnostic.help(std::string(classHelp));
    }
    return false;
  };
  switch (param.type->kind) {
  case TypeKind::Int:
    if (value.is(Value::Kind::Hyper))
      value = value.read(at);
    return value.is(Value::Kind::Int) || mismatch("a whole number");
  case TypeKind::Real:
    if (value.isNumber() || value.is(Value::Kind::Hyper) ||
        (value.isTensor() && value.node()->type.shape.empty() &&
         (value.node()->type.element == Element::Real || value.node()->type.element == Element::Hyper)))
      return true;
    return mismatch("a number");
  case TypeKind::Bool:
    return value.is(Value::Kind::Bool) || mismatch("`true` or `false`");
  case TypeKind::Tuple:
    return value.is(Value::Kind::Tuple) || mismatch("a tuple");
  case TypeKind::Class: {
    if (!value.isTensor() || value.node()->type.element != Element::Label)
      return mismatch("a label, class(k),");
    const Expr *classes = param.type->classes.get();
    if (!classes)
      return true;
    if (classes->kind == ExprKind::Name && !names.find(classes->text)) {
      names.set(classes->text, Value::ofInt(value.node()->type.classes));
      return true;
    }
    Saved savedScope(e.scope, &names);
    auto expected = e.evalInt(*classes, "a number of classes");
    if (!expected)
      return false;
    return *expected == value.node()->type.classes || mismatch(fmt::format("a label of class({})", *expected));
  }
  case TypeKind::Shape: {
    if (value.is(Value::Kind::Callable) || value.is(Value::Kind::Distribution) || value.is(Value::Kind::String) ||
        value.is(Value::Kind::Tuple))
      return mismatch("a tensor");
    if (value.isTensor() && value.node()->type.element == Element::Label)
      return mismatch("numbers");
    Node *node = graph.toReal(value, at);
    if (!node)
      return false;
    value = Value::ofTensor(node);
    return bindShape(param, node, at);
  }
  }
  return true;
}

/// Names in a parameter's shape are bound by the argument; one that is bound
/// already, and any other expression, must agree.
bool Binding::bindShape(const syntax::Param &param, const Node *node, SourceRange at) {
  GraphBuilder &graph = e.graph;
  const TypeExpr &type = *param.type;
  const Shape &shape = node->type.shape;
  auto mismatch = [&](std::string_view why) {
    Diagnostic &diagnostic = error(at, fmt::format("`{}` expects `{}` of shape {}, got {}", decl.name.text,
                                                   param.name.text, textOf(type.range), printShape(shape)));
    if (!why.empty())
      diagnostic.withLabel(std::string(why));
    graph.noteOrigin(diagnostic, node);
    if (type.dims.size() == 1 && shape.size() > 1 && !type.spread[0])
      diagnostic.help(fmt::format("`flatten` makes [{}] of it", elementCount(shape)));
    if (!type.range.file->isStandardLibrary)
      diagnostic.note(type.range, "the parameter is declared here");
    return false;
  };
  size_t spreads = std::count(type.spread.begin(), type.spread.end(), true);
  if (spreads > 1) {
    error(type.range, "a shape has one `..` at most");
    return false;
  }
  if (spreads ? shape.size() + 1 < type.dims.size() : shape.size() != type.dims.size())
    return mismatch(fmt::format("this has {} {}", shape.size(), shape.size() == 1 ? "axis" : "axes"));
  size_t position = 0;
  for (size_t i = 0; i < type.dims.size(); ++i) {
    const Expr *dim = type.dims[i].get();
    if (type.spread[i]) {
      size_t count = shape.size() + 1 - type.dims.size();
      Shape part(shape.begin() + position, shape.begin() + position + count);
      position += count;
      if (!dim)
        continue;
      if (dim->kind != ExprKind::Name) {
        error(dim->range, "`..` binds a name here");
        return false;
      }
      if (const Value *before = names.find(dim->text)) {
        auto expected = graph.shapeOf(*before, dim->range);
        if (!expected)
          return false;
        if (*expected != part)
          return mismatch(fmt::format("`{}` is {} already", dim->text, printShape(*expected)));
        continue;
      }
      names.set(dim->text, Value::ofShape(part));
      continue;
    }
    int64_t actual = shape[position++];
    if (!dim)
      continue;
    if (dim->kind == ExprKind::Name && !names.find(dim->text)) {
      names.set(dim->text, Value::ofInt(actual));
      continue;
    }
    Saved savedScope(e.scope, &names);
    auto expected = e.evalInt(*dim, "a dimension");
    if (!expected)
      return false;
    if (*expected != actual)
      return mismatch(dim->kind == ExprKind::Name ? fmt::format("`{}` is {} already", dim->text, *expected)
                                                  : fmt::format("this axis must be {}", *expected));
  }
  return true;
}

} // namespace agon::sema
