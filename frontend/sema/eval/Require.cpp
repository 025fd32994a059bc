//===- Require.cpp - Errors that a body itself declares ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/builtins/Builtins.h"
#include "frontend/sema/eval/Body.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

/// Whether a value can be shown as a condition's: a number, or a list of them.
static bool isPlain(const Value &value) {
  return value.isNumber() || value.is(Value::Kind::Bool) ||
         (value.isList() && std::all_of(value.elements().begin(), value.elements().end(), isPlain));
}

/// "channels = 6, groups = 4": the names in a condition whose values are known when compiling, each once.
void Body::knownNames(const Expr &expr, std::vector<std::string> &names, std::vector<std::string> &values) {
  if (expr.kind == ExprKind::Name) {
    const Value *value = e.scope->find(expr.text);
    if (value && isPlain(*value) && std::find(names.begin(), names.end(), expr.text) == names.end()) {
      names.push_back(expr.text);
      values.push_back(printValue(*value));
    }
  }
  for (const auto &child : expr.children)
    if (child)
      knownNames(*child, names, values);
  for (const syntax::Arg &arg : expr.args)
    knownNames(*arg.value, names, values);
}

bool onlyHelps(const Stmt &stmt) {
  return stmt.args.empty() || (stmt.args.size() == 1 && stmt.args[0].name && stmt.args[0].name->text == "help");
}

/// False, after an error, where the condition does not hold or is none. What only
/// training can tell, a condition on tensors, passes.
bool Body::require(const Stmt &stmt) {
  const Expr &condition = *stmt.value;
  Value value = e.eval(condition);
  if (value.isError())
    return false;
  if (value.isTensor() && value.node()->type.element == Element::Bool)
    return true;
  if (!value.is(Value::Kind::Bool)) {
    error(condition.range, fmt::format("`require` expects a condition, got {}", describe(value)));
    return false;
  }
  if (value.boolean())
    return true;
  auto args = e.evalArgs(stmt.args);
  if (!args)
    return false;
  if (!onlyHelps(stmt)) {
    e.callBuiltin(*findBuiltin("fail"), *args, condition.range);
    return false;
  }
  std::vector<std::string> names, values;
  knownNames(condition, names, values);
  for (size_t i = 0; i < names.size() && names.size() > 1; ++i)
    values[i] = fmt::format("{} = {}", names[i], values[i]);
  Diagnostic &diagnostic =
      refuse(condition.range, fmt::format("`{}` expects `{}`{}{}", decl.name.text, textOf(condition.range),
                                          values.empty() ? "" : ", got ", fmt::join(values, ", ")));
  if (!args->empty())
    diagnostic.help(joined(args->front().value));
  return false;
}

} // namespace agon::sema
