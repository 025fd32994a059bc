//===- BodyNames.cpp - Names in bodies that nothing ran ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/BodyNames.h"
#include "frontend/sema/GivenNames.h"
#include <algorithm>
#include <set>

namespace agon::sema {

namespace {

using Statements = std::vector<syntax::StmtPtr>;

/// One declaration, from its first line to its last: a name is bound after what its own line uses.
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
  void bind(const Stmt &stmt);
  void bindIn(const Statements &body);

  void use(const Expr *expr);
  void use(const std::vector<syntax::Arg> &args) {
    for (const syntax::Arg &arg : args)
      use(arg.value.get());
  }
  void use(const TypeExpr *type, bool mayBind);
  void useIn(const Statements &body);
  void useTarget(const Stmt &stmt);
  bool isNews(const std::string &name, bool isKnown);

  Evaluator &e;
  const Decl &decl;
  Scope scope; ///< What is bound, as suggestions see it.
  std::set<std::string> bound, told;
  std::set<std::string> states, params; ///< What `<-` writes, and the parameters of the body.
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

/// The names that a statement makes.
void BodyNames::bind(const Stmt &stmt) {
  if (stmt.kind == StmtKind::Assign || stmt.kind == StmtKind::Write)
    return;
  for (const Ident &name : stmt.names) {
    bind(name.text);
    if (stmt.kind == StmtKind::State)
      states.insert(name.text);
    else if (stmt.kind == StmtKind::Param)
      params.insert(name.text);
  }
}

void BodyNames::bindIn(const Statements &body) {
  for (const syntax::StmtPtr &stmt : body) {
    bind(*stmt);
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

/// What stands to the left of `=` without `let`, and of `<-`, must be there.
void BodyNames::useTarget(const Stmt &stmt) {
  for (const Ident &name : stmt.names) {
    bool isBound = bound.count(name.text);
    if (stmt.kind == StmtKind::Assign && isNews(name.text, isBound))
      e.tellUnbound(name);
    if (stmt.kind != StmtKind::Write || !isNews(name.text, states.count(name.text)))
      continue;
    if (decl.kind == DeclKind::Optimizer || decl.kind == DeclKind::Way)
      e.tellNotWritten(name, isBound);
    else
      e.tellNoState(name, params.count(name.text), isBound);
  }
}

/// Branches are taken for run, all of them; a round of a loop may use what the round before has bound.
void BodyNames::useIn(const Statements &body) {
  for (const syntax::StmtPtr &stmt : body) {
    use(stmt->first.get());
    use(stmt->last.get());
    if (stmt->kind == StmtKind::For || stmt->kind == StmtKind::Mode)
      bind(*stmt);
    if (stmt->kind == StmtKind::For)
      bindIn(stmt->body);
    use(stmt->type.get(), /*mayBind=*/false);
    use(stmt->value.get());
    use(stmt->radius.get());
    use(stmt->args);
    useTarget(*stmt);
    bind(*stmt);
    useIn(stmt->body);
    useIn(stmt->elseBody);
  }
}

void BodyNames::check() {
  for (const syntax::Param &param : decl.params) {
    bind(param.name.text);
    bindDims(param.type.get());
  }
  if (decl.kind == DeclKind::Way) {
    for (const char *name : {"w", "g"})
      bind(name);
    states = {"w"};
  }
  if (decl.kind == DeclKind::Optimizer) {
    for (std::string_view name : {given::weight, given::cotangent, given::step})
      bind(std::string(name));
    states = {std::string(given::weight), std::string(given::cotangent)};
  }
  Context none;
  Evaluator::Within within(e, none, scope);
  for (const syntax::Param &param : decl.params) {
    use(param.type.get(), /*mayBind=*/true);
    use(param.fallback.get());
  }
  use(decl.value.get());
  useIn(decl.body);
  // The result may name what the body has bound; any other bare name stands for any dimension.
  use(decl.result.get(), /*mayBind=*/true);
}

void checkBodyNames(Evaluator &e, const Decl &decl) { BodyNames(e, decl).check(); }

} // namespace agon::sema
