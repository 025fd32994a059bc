//===- BodyNames.cpp - Names in bodies that nothing ran ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/BodyNames.h"
#include <algorithm>
#include <set>

namespace agon::sema {

namespace {

using Statements = std::vector<syntax::StmtPtr>;

/// One declaration: first what it binds, then what it uses.
class BodyNames {
public:
  BodyNames(Evaluator &e, const Decl &decl) : e(e), decl(decl) {}

  void check();

private:
  void bind(const std::string &name) {
    if (bound.insert(name).second)
      scope.set(name, Value());
  }
  void bindDims(const TypeExpr *type);
  void bindIn(const Statements &body);

  void use(const Expr *expr);
  void use(const std::vector<syntax::Arg> &args) {
    for (const syntax::Arg &arg : args)
      use(arg.value.get());
  }
  void use(const TypeExpr *type, bool mayBind);
  void useIn(const Statements &body);
  bool isNews(const std::string &name, bool isKnown);

  Evaluator &e;
  const Decl &decl;
  Scope scope; ///< What is bound, as suggestions see it.
  std::set<std::string> bound, told;
};

} // namespace

/// A bare name in the type of a parameter is bound by the argument.
void BodyNames::bindDims(const TypeExpr *type) {
  if (!type)
    return;
  for (const syntax::ExprPtr &dim : type->dims)
    if (dim && dim->kind == ExprKind::Name)
      bind(dim->text);
  if (type->classes && type->classes->kind == ExprKind::Name)
    bind(type->classes->text);
  for (const syntax::TypePtr &element : type->elements)
    bindDims(element.get());
}

void BodyNames::bindIn(const Statements &body) {
  for (const syntax::StmtPtr &stmt : body) {
    if (stmt->kind != StmtKind::Assign && stmt->kind != StmtKind::Write)
      for (const Ident &name : stmt->names)
        bind(name.text);
    bindIn(stmt->body);
    bindIn(stmt->elseBody);
  }
}

/// Whether an unknown name is still to be told of: it may have been when the body ran.
bool BodyNames::isNews(const std::string &name, bool isKnown) {
  if (isKnown || !told.insert(name).second)
    return false;
  std::string quoted = "`" + name + "`";
  return std::none_of(e.reporter.diagnostics.all().begin(), e.reporter.diagnostics.all().end(), [&](const auto &said) {
    return said->range.file == decl.range.file && said->range.begin >= decl.range.begin &&
           said->range.end <= decl.range.end && said->message.find(quoted) != std::string::npos;
  });
}

void BodyNames::use(const Expr *expr) {
  if (!expr)
    return;
  if (expr->kind == ExprKind::Name && isNews(expr->text, bound.count(expr->text) || e.isKnown(expr->text)))
    e.tellUnknown(expr->text, expr->range);
  const std::string &callee = expr->callee.text;
  if (expr->kind == ExprKind::Call && isNews(callee, bound.count(callee) || e.names.isKnown(callee)))
    e.tellUnknownCallee(expr->callee);
  for (const syntax::ExprPtr &child : expr->children)
    use(child.get());
  use(expr->args);
  for (const syntax::Subscript &subscript : expr->subscripts) {
    use(subscript.first.get());
    use(subscript.last.get());
  }
}

void BodyNames::use(const TypeExpr *type, bool mayBind) {
  if (!type)
    return;
  auto useDim = [&](const syntax::ExprPtr &dim) {
    if (dim && !(mayBind && dim->kind == ExprKind::Name))
      use(dim.get());
  };
  for (const syntax::ExprPtr &dim : type->dims)
    useDim(dim);
  useDim(type->classes);
  for (const syntax::TypePtr &element : type->elements)
    use(element.get(), mayBind);
}

void BodyNames::useIn(const Statements &body) {
  for (const syntax::StmtPtr &stmt : body) {
    use(stmt->type.get(), /*mayBind=*/false);
    for (const syntax::ExprPtr *expr : {&stmt->value, &stmt->first, &stmt->last, &stmt->radius})
      use(expr->get());
    use(stmt->args);
    if (stmt->kind == StmtKind::Assign)
      for (const Ident &name : stmt->names)
        if (isNews(name.text, bound.count(name.text)))
          e.tellUnbound(name);
    useIn(stmt->body);
    useIn(stmt->elseBody);
  }
}

void BodyNames::check() {
  for (const syntax::Param &param : decl.params) {
    bind(param.name.text);
    bindDims(param.type.get());
  }
  if (decl.kind == DeclKind::Optimizer)
    for (const char *name : {"w", "g", "t"})
      bind(name);
  bindIn(decl.body);
  Context none;
  Evaluator::Within within(e, none, scope);
  for (const syntax::Param &param : decl.params) {
    use(param.type.get(), /*mayBind=*/true);
    use(param.fallback.get());
  }
  // A name in the result that nothing has bound stands for any dimension.
  use(decl.result.get(), /*mayBind=*/true);
  use(decl.value.get());
  useIn(decl.body);
}

void checkBodyNames(Evaluator &e, const Decl &decl) { BodyNames(e, decl).check(); }

} // namespace agon::sema
