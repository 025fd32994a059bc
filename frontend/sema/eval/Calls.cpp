//===- Calls.cpp - Applying functions, layers and networks ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/Evaluator.h"
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
  Slots found;
  found.callee = fmt::format("`{}`", builtin.name);
  found.declared = [&](Diagnostic &diagnostic) {
    diagnostic.help(fmt::format("it is declared as `{}`", signatureOf(builtin)));
  };
  std::vector<size_t> params; // Of the slots.
  for (size_t i = 0; i < builtin.params.size(); ++i) {
    const Param &param = builtin.params[i];
    if (param.form == Param::Rest) {
      found.variadic = true;
      continue;
    }
    found.positional += !found.variadic;
    found.slots.push_back({std::string(param.name), param.form == Param::Plain && !param.fallback});
    params.push_back(i);
  }
  if (!found.fill(reporter, args, at))
    return {};
  BuiltinArgs bound;
  bound.place = at;
  bound.values.resize(builtin.params.size());
  bound.ranges.assign(builtin.params.size(), at);
  for (size_t i = 0; i < params.size(); ++i)
    if (ArgValue *given = found.slots[i].argument) {
      bound.values[params[i]] = std::move(given->value);
      bound.ranges[params[i]] = given->range;
    }
  for (ArgValue *given : found.rest) {
    bound.rest.push_back(std::move(given->value));
    bound.restRanges.push_back(given->range);
  }
  return makeWhatParametersTake(graph, builtin, bound) ? builtin.run(graph, builtin, bound) : Value();
}

} // namespace agon::sema
