//===- Calls.cpp - Applying functions, layers and networks ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/Evaluator.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

Value Evaluator::call(const Value &callee, std::string_view name, std::vector<ArgValue> args, SourceRange at) {
  if (callee.isError())
    return {};
  if (!callee.is(Value::Kind::Callable)) {
    error(at, fmt::format("`{}` is {} and cannot be applied", name, describe(callee)));
    return {};
  }
  if (callee.builtin())
    return callBuiltin(*callee.builtin(), args, at);
  return applications->apply(*callee.decl(), args, at);
}

Value Evaluator::callBuiltin(const Builtin &builtin, std::vector<ArgValue> &args, SourceRange at) {
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
  return builtin.run(graph, builtin, bound);
}

} // namespace agon::sema
