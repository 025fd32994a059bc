//===- Forms.cpp - Forms whose argument is not evaluated first ------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/Forms.h"
#include "frontend/sema/game/OptimizerBody.h"
#include <fmt/format.h>

namespace agon::sema {

/// Whether a tensor is a parameter, perhaps in another shape, whose initial value is the number 0.
static bool startsAtZero(const Value &value) {
  if (!value.isTensor())
    return false;
  const Node *node = value.node();
  while (node->op == Op::Reshape || node->op == Op::Transpose)
    node = node->operands[0];
  if (node->op != Op::Read)
    return false;
  const Storage &storage = node->network()->storages[node->storage()];
  const Node *initial = storage.initial;
  while (initial && initial->op == Op::Broadcast)
    initial = initial->operands[0];
  return !storage.isState && initial && initial->op == Op::Constant && initial->value() == 0;
}

Value GameForms::special(const Expr &expr, const Builtin &builtin) {
  if (expr.args.size() != 1 || expr.args[0].name) {
    error(e.placeOf(expr), fmt::format("`{}` takes one argument, got {}", builtin.name, expr.args.size()));
    return {};
  }
  const Expr &arg = *expr.args[0].value;
  if (builtin.name == "is_zero") {
    if (arg.kind == ExprKind::Name)
      for (const Scope *s = e.scope; s; s = s->parent)
        if (const Value *value = s->find(arg.text)) {
          if (run && value->is(Value::Kind::Hyper)) {
            const Value &hyper = run->hypers[value->index()].value;
            return Value::ofBool(hyper.isNumber() && hyper.number() == 0);
          }
          break;
        }
    Value value = e.eval(arg);
    bool isZero = value.isNumber() ? value.number() == 0 : startsAtZero(value);
    return value.isError() ? Value() : Value::ofBool(isZero);
  }
  if (builtin.name == "data_mean") {
    if (arg.kind == ExprKind::Name)
      for (const Scope *s = e.scope; s; s = s->parent) {
        const Value *value = s->find(arg.text);
        if (!value || !value->is(Value::Kind::GameName))
          continue;
        GameName &name = variables->names[value->index()];
        if (!name.variable || name.variable->kind != Variable::Data || name.variable->type.element != Element::Real)
          break;
        if (!graph.context || graph.context->kind != Context::Init) {
          error(e.placeOf(expr), "`data_mean` is known at initialisation alone: it stands in an `init` item");
          return {};
        }
        name.used = true;
        Type type = name.variable->type;
        type.batched = false;
        Node *node = graph.make(Op::DataMean, type);
        if (node)
          node->details = name.variable;
        return Value::ofTensor(node);
      }
    error(arg.range, "`data_mean` takes a `data` variable of real numbers");
    return {};
  }
  OptimizerBody *body = run ? run->body : nullptr;
  if (!body || body->scopes.empty() || e.scope != &body->scopes[body->current]) {
    error(e.placeOf(expr), fmt::format("`{}` stands in an optimizer's own statements", builtin.name));
    return {};
  }
  return builtin.name == "before" ? body->before(expr) : body->overAll(expr, builtin.name);
}

} // namespace agon::sema
