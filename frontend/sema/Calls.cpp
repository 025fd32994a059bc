//===- Calls.cpp - Applying functions, layers and networks ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Elaborator.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

Value Elaborator::call(const Value &callee, std::string_view name, std::vector<ArgValue> args, SourceRange at) {
  if (callee.isError())
    return {};
  if (!callee.is(Value::Kind::Callable)) {
    error(at, fmt::format("`{}` is {} and cannot be applied", name, describe(callee)));
    return {};
  }
  if (callee.builtin)
    return callBuiltin(*callee.builtin, args, at);
  return callDecl(*callee.decl, args, at);
}

Value Elaborator::callBuiltin(const Builtin &builtin, std::vector<ArgValue> &args, SourceRange at) {
  if (!builtin.run) {
    error(at, fmt::format("`{}` cannot be passed as a value", builtin.name));
    return {};
  }
  const auto &[names, optional, variadic, byPosition] = builtin.params;
  BuiltinArgs bound;
  bound.place = at;
  bound.values.resize(names.size());
  bound.ranges.assign(names.size(), at);
  size_t positional = 0;
  for (ArgValue &arg : args) {
    size_t slot = names.size();
    if (arg.name) {
      slot = std::find(names.begin(), names.end(), arg.name->text) - names.begin();
      if (slot == names.size()) {
        Diagnostic &diagnostic =
            error(arg.name->range, fmt::format("`{}` has no parameter `{}`", builtin.name, arg.name->text));
        suggest(diagnostic, arg.name->text, names);
        return {};
      }
    } else if (positional < byPosition) {
      slot = positional++;
    } else if (variadic) {
      bound.rest.push_back(std::move(arg.value));
      bound.restRanges.push_back(arg.range);
      continue;
    } else {
      error(arg.range, fmt::format("`{}` takes at most {} {}, got {}", builtin.name, names.size(),
                                   names.size() == 1 ? "argument" : "arguments", args.size()));
      return {};
    }
    if (bound.values[slot]) {
      error(arg.name ? arg.name->range : arg.range, fmt::format("`{}` is given twice", names[slot]));
      return {};
    }
    bound.values[slot] = std::move(arg.value);
    bound.ranges[slot] = arg.range;
  }
  for (size_t i = 0; i < names.size(); ++i)
    if (!bound.values[i] && !optional[i]) {
      error(at, fmt::format("`{}` needs an argument for `{}`", builtin.name, names[i]));
      return {};
    }
  return builtin.run(*this, builtin, bound);
}

Value Elaborator::callDecl(const Decl &decl, std::vector<ArgValue> &args, SourceRange at) {
  if (decl.kind == DeclKind::Network)
    return apply(networkEntry(decl), args, at);
  if (decl.kind != DeclKind::Fn && decl.kind != DeclKind::Layer) {
    error(at, fmt::format("the {} `{}` cannot be applied", kindName(decl.kind), decl.name.text));
    return {};
  }
  if (calls.size() >= 200) {
    exhausted = true;
    error(at, fmt::format("the {} `{}` applies itself without end", kindName(decl.kind), decl.name.text))
        .note(decl.name.range, "it is declared here");
    return {};
  }
  Frame frame;
  frame.decl = &decl;
  frame.scope.library = decl.range.file && decl.range.file->isStandardLibrary;
  if (!bind(decl, args, frame.scope, at))
    return {};
  calls.push_back({&decl, at, &frame.scope});
  Instance own;
  Instance *instance = context ? context->instance : nullptr;
  if (instance && decl.kind == DeclKind::Layer) {
    std::string name = decl.name.text;
    std::replace(name.begin(), name.end(), '.', '_');
    own.path = fmt::format("{}{}_{}.", instance->path, name, instance->applications[name]++);
    instance = &own;
  }
  Value result;
  {
    Context none;
    Context *here = context ? context : &none;
    Saved savedContext(context, here);
    Saved savedInstance(here->instance, instance);
    Saved savedScope(scope, &frame.scope);
    if (runBody(decl, frame)) {
      result = std::move(frame.result);
      if (decl.result && !checkResult(decl, *decl.result, result, frame.scope, frame.resultRange, false))
        result = {};
    }
  }
  calls.pop_back();
  return result;
}

Value Elaborator::apply(NetworkEntry &entry, std::vector<ArgValue> &args, SourceRange at) {
  if (entry.state == NetworkEntry::Running) {
    error(at, fmt::format("the network `{}` applies itself", entry.decl->name.text))
        .note(entry.decl->name.range, "it is declared here");
    return {};
  }
  if (!declareInputs(entry))
    return {};
  const agon::sema::Network &network = *entry.network;
  size_t count = network.arguments.size();
  std::vector<Node *> operands(count, nullptr);
  auto noteDeclaration = [&](Diagnostic &diagnostic) {
    if (elaborate(entry))
      diagnostic.note(network.range, fmt::format("it is declared as {}{}", network.name, network.signature));
  };
  size_t positional = 0;
  for (ArgValue &arg : args) {
    size_t slot = positional;
    if (arg.name) {
      slot = std::find(network.argumentNames.begin(), network.argumentNames.end(), arg.name->text) -
             network.argumentNames.begin();
      if (slot == count) {
        Diagnostic &diagnostic =
            error(arg.name->range, fmt::format("the network `{}` has no input `{}`", network.name, arg.name->text));
        suggest(diagnostic, arg.name->text, network.argumentNames);
        return {};
      }
    } else if (positional++ >= count) {
      noteDeclaration(error(arg.range, fmt::format("the network `{}` takes {} {}, got {}", network.name, count,
                                                   count == 1 ? "input" : "inputs", args.size())));
      return {};
    }
    if (operands[slot]) {
      error(arg.range, fmt::format("the input `{}` is given twice", network.argumentNames[slot]));
      return {};
    }
    const Type &expected = network.arguments[slot];
    Node *node = toTensor(arg.value, arg.range);
    if (node && expected.element == Element::Real && node->type.element != Element::Label)
      node = convert(node, Element::Real);
    if (!node)
      return {};
    if (node->type.element != expected.element || node->type.shape != expected.shape ||
        node->type.classes != expected.classes) {
      Diagnostic &diagnostic =
          error(arg.range, fmt::format("the network `{}` expects `{}` of {}{}, got {}", network.name,
                                       network.argumentNames[slot], expected.element == Element::Real ? "shape " : "",
                                       printType(expected), printType(node->type)));
      diagnostic.note(entry.argumentRanges[slot], "the input is declared here");
      noteOrigin(diagnostic, node);
      if (node->type.element == Element::Label && expected.element == Element::Real)
        diagnostic.help("`one_hot(y)` makes a vector of a label");
      else if (expected.element == Element::Real && node->type.element == expected.element &&
               elementCount(node->type.shape) == elementCount(expected.shape))
        diagnostic.help(
            fmt::format("the number of elements agrees: `reshape(..., {})` would do", printShape(expected.shape)));
      return {};
    }
    operands[slot] = node;
  }
  std::vector<Type> types;
  for (size_t i = 0; i < count; ++i) {
    if (!operands[i]) {
      noteDeclaration(
          error(at, fmt::format("the network `{}` takes {} {}, got {}: `{}` is missing", network.name, count,
                                count == 1 ? "input" : "inputs", args.size(), network.argumentNames[i])));
      return {};
    }
    types.push_back(operands[i]->type);
  }
  const Form *form = elaborate(entry, types, at);
  if (!form)
    return {};
  Saved savedPlace(userPlace, at.file && at.file->isStandardLibrary ? userPlace : at);
  Node *node = make(Op::Apply, form->results[0], operands);
  if (!node)
    return {};
  node->network = &network;
  node->form = form;
  std::vector<Value> results;
  for (size_t i = 0; i < form->results.size(); ++i) {
    Node *result = make(Op::Result, form->results[i], {node});
    if (!result)
      return {};
    result->index = int64_t(i);
    results.push_back(Value::ofTensor(result));
  }
  return results.size() == 1 ? results[0] : Value::ofTuple(std::move(results));
}

} // namespace agon::sema
