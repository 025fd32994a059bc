//===- Binding.cpp - Arguments to parameters, results to types --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/Evaluator.h"
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

bool Evaluator::bind(const Decl &decl, std::vector<ArgValue> &args, Scope &into, SourceRange at) {
  const auto &params = decl.params;
  std::vector<ArgValue *> bound(params.size(), nullptr);
  size_t positional = 0;
  auto declared = [&](Diagnostic &diagnostic) {
    diagnostic.help(fmt::format("it is declared as `{}`", signatureOf(decl)));
  };
  for (ArgValue &arg : args) {
    size_t slot = params.size();
    if (arg.name) {
      std::vector<std::string> names;
      for (size_t i = 0; i < params.size(); ++i) {
        names.push_back(params[i].name.text);
        if (params[i].name.text == arg.name->text)
          slot = i;
      }
      if (slot == params.size()) {
        Diagnostic &diagnostic =
            error(arg.name->range, fmt::format("`{}` has no parameter `{}`", decl.name.text, arg.name->text));
        suggest(diagnostic, arg.name->text, names);
        declared(diagnostic);
        return false;
      }
    } else {
      slot = positional++;
      if (slot >= params.size()) {
        Diagnostic &diagnostic =
            error(arg.range, fmt::format("`{}` takes at most {} {}, got {}", decl.name.text, params.size(),
                                         params.size() == 1 ? "argument" : "arguments", args.size()));
        declared(diagnostic);
        return false;
      }
    }
    if (bound[slot]) {
      Diagnostic &diagnostic =
          error(arg.name ? arg.name->range : arg.range, fmt::format("`{}` is given twice", params[slot].name.text));
      declared(diagnostic);
      return false;
    }
    bound[slot] = &arg;
  }
  for (size_t i = 0; i < params.size(); ++i) {
    const syntax::Param &param = params[i];
    Value value;
    SourceRange range = at;
    if (bound[i]) {
      value = std::move(bound[i]->value);
      range = bound[i]->range;
    } else if (param.fallback) {
      Saved savedScope(scope, &into);
      value = eval(*param.fallback);
      if (value.isError())
        return false;
    } else {
      Diagnostic &diagnostic =
          error(at, fmt::format("`{}` needs an argument for `{}`", decl.name.text, param.name.text));
      declared(diagnostic);
      if (decl.kind == DeclKind::Fn && updates())
        diagnostic.help(std::string(scheduleHelp));
      return false;
    }
    if (param.type && !bindType(decl, param, value, into, range))
      return false;
    // A default value that is `true` or a number says what is expected.
    if (!param.type && param.fallback && bound[i]) {
      ExprKind kind = param.fallback->kind;
      bool flag = value.is(Value::Kind::Bool);
      bool number = kind == ExprKind::Integer || kind == ExprKind::Real;
      if ((kind == ExprKind::Bool && !flag) || (number && flag)) {
        error(range, fmt::format("`{}` expects {} for `{}`, got {}", decl.name.text,
                                 number ? "a number" : "`true` or `false`", param.name.text, describe(value)));
        return false;
      }
    }
    into.set(param.name.text, std::move(value));
  }
  return true;
}

bool Evaluator::bindType(const Decl &decl, const syntax::Param &param, Value &value, Scope &into, SourceRange at) {
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
        diagnostic.help("`data y: class(k)` is a label; `label(i, k)` makes one of a number");
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
    if (classes->kind == ExprKind::Name && !into.find(classes->text)) {
      into.set(classes->text, Value::ofInt(value.node()->type.classes));
      return true;
    }
    Saved savedScope(scope, &into);
    auto expected = evalInt(*classes, "a number of classes");
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
    return bindShape(decl, param, node, into, at);
  }
  }
  return true;
}

/// Names in a parameter's shape are bound by the argument; one that is bound
/// already, and any other expression, must agree.
bool Evaluator::bindShape(const Decl &decl, const syntax::Param &param, const Node *node, Scope &into, SourceRange at) {
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
      if (const Value *before = into.find(dim->text)) {
        auto expected = graph.shapeOf(*before, dim->range);
        if (!expected)
          return false;
        if (*expected != part)
          return mismatch(fmt::format("`{}` is {} already", dim->text, printShape(*expected)));
        continue;
      }
      into.set(dim->text, Value::ofShape(part));
      continue;
    }
    int64_t actual = shape[position++];
    if (!dim)
      continue;
    if (dim->kind == ExprKind::Name && !into.find(dim->text)) {
      into.set(dim->text, Value::ofInt(actual));
      continue;
    }
    Saved savedScope(scope, &into);
    auto expected = evalInt(*dim, "a dimension");
    if (!expected)
      return false;
    if (*expected != actual)
      return mismatch(dim->kind == ExprKind::Name ? fmt::format("`{}` is {} already", dim->text, *expected)
                                                  : fmt::format("this axis must be {}", *expected));
  }
  return true;
}

/// Checks a body's value against the declared result; turns it into tensors.
bool Evaluator::checkResult(const Decl &decl, const TypeExpr &type, Value &value, Scope &in, SourceRange at,
                            bool network) {
  if (value.isError())
    return false;
  Saved savedScope(scope, &in);
  if (type.kind == TypeKind::Tuple) {
    if (!value.is(Value::Kind::Tuple) || value.elements().size() != type.elements.size()) {
      error(at, fmt::format("`{}` is declared to return {} values, got {}", decl.name.text, type.elements.size(),
                            describe(value)))
          .note(type.range, "the result is declared here");
      return false;
    }
    for (size_t i = 0; i < type.elements.size(); ++i)
      if (!checkResult(decl, *type.elements[i], value.changeElements()[i], in, at, network))
        return false;
    return true;
  }
  if (type.kind == TypeKind::Class && !network) {
    Node *node = graph.toTensor(value, at);
    auto expected = typeOf(type, true);
    if (!node || !expected)
      return false;
    if (node->type.element != Element::Label || node->type.classes != expected->classes) {
      error(at,
            fmt::format("`{}` is declared to return {}, got {}", decl.name.text, printType(*expected), describe(value)))
          .note(type.range, "the result is declared here");
      return false;
    }
    value = Value::ofTensor(node);
    return true;
  }
  if (type.kind != TypeKind::Shape) {
    error(type.range, fmt::format("the result of `{}` is a tensor: expected a shape such as [1]", decl.name.text));
    return false;
  }
  if (value.is(Value::Kind::Tuple)) {
    error(at, fmt::format("`{}` is declared to return one value, got {}", decl.name.text, describe(value)))
        .note(type.range, "the result is declared here");
    return false;
  }
  Node *node = graph.toReal(value, at);
  if (!node)
    return false;
  const Shape &shape = node->type.shape;
  // Names that nothing has bound are free: `-> [c, h2, w2]`.
  Shape expected;
  bool anyRank = false, matches = true;
  std::vector<std::optional<int64_t>> dims;
  size_t spreadAt = 0;
  for (size_t i = 0; i < type.dims.size(); ++i) {
    const Expr *dim = type.dims[i].get();
    bool known =
        dim && (dim->kind != ExprKind::Name || in.find(dim->text) || names.isKnown(dim->text) || dim->text == "batch");
    if (type.spread[i]) {
      if (!known) {
        anyRank = true;
        spreadAt = dims.size();
        continue;
      }
      auto part = graph.shapeOf(eval(*dim), dim->range);
      if (!part)
        return false;
      dims.insert(dims.end(), part->begin(), part->end());
      continue;
    }
    if (!known) {
      dims.push_back(std::nullopt);
      continue;
    }
    auto size = evalInt(*dim, "a dimension");
    if (!size)
      return false;
    if (*size < 1) {
      error(dim->range, fmt::format("a dimension is at least 1, got {}", *size));
      return false;
    }
    dims.push_back(*size);
  }
  matches = anyRank ? shape.size() >= dims.size() : shape.size() == dims.size();
  for (size_t i = 0; matches && i < dims.size(); ++i) {
    size_t j = anyRank && i >= spreadAt ? shape.size() - (dims.size() - i) : i;
    matches = !dims[i] || *dims[i] == shape[j];
  }
  if (!matches) {
    std::vector<std::string> text;
    for (size_t i = 0; i <= dims.size(); ++i) {
      if (anyRank && i == spreadAt)
        text.push_back("..");
      if (i < dims.size())
        text.push_back(dims[i] ? std::to_string(*dims[i]) : "?");
    }
    Diagnostic &diagnostic = error(at, fmt::format("`{}` is declared to return [{}], its body returns {}",
                                                   decl.name.text, fmt::join(text, ", "), printShape(shape)));
    diagnostic.note(type.range, "the result is declared here");
    if (node->op != Op::Argument)
      graph.noteOrigin(diagnostic, node);
    if (!anyRank && std::all_of(dims.begin(), dims.end(), [](auto &d) { return d.has_value(); })) {
      int64_t count = 1;
      for (auto &dim : dims)
        count *= *dim;
      if (count == elementCount(shape))
        diagnostic.help(fmt::format("the number of elements agrees: `reshape([{}])` would do", fmt::join(text, ", ")));
    }
    return false;
  }
  value = Value::ofTensor(node);
  return true;
}

} // namespace agon::sema
