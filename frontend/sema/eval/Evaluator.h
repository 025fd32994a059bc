//===- Evaluator.h - Expressions and applications --------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_EVAL_EVALUATOR_H
#define AGON_FRONTEND_SEMA_EVAL_EVALUATOR_H

#include "frontend/sema/eval/Declarations.h"
#include "frontend/sema/eval/Slots.h"
#include "frontend/sema/graph/Builtin.h"
#include "frontend/sema/graph/GraphBuilder.h"
#include "frontend/sema/graph/Scope.h"

namespace agon::sema {

using syntax::BinaryOp;
using syntax::Expr;
using syntax::ExprKind;
using syntax::Stmt;
using syntax::StmtKind;
using syntax::TypeExpr;
using syntax::TypeKind;

/// What is declared and can be applied.
class DeclaredFunctions {
public:
  virtual ~DeclaredFunctions() = default;
  virtual Value apply(const Decl &decl, std::vector<ArgValue> &args, SourceRange at) = 0;
  /// `average(G)(z)`
  virtual Value applyAverage(const Ident &name, std::vector<ArgValue> &args, SourceRange at) = 0;
  /// `G.dense_0.W`: what the network calls `path`.
  virtual Value parameter(const Decl &network, std::string_view path, SourceRange at) = 0;
};

/// The built-in forms whose argument is not evaluated first.
class SpecialForms {
public:
  virtual ~SpecialForms() = default;
  virtual Value special(const Expr &expr, const Builtin &builtin) = 0;
};

/// Evaluates expressions: what is known while compiling is computed, tensors
/// become nodes of the graph.
class Evaluator : public Reporting {
public:
  Evaluator(GraphBuilder &graph, Declarations &names) : Reporting(graph.reporter), graph(graph), names(names) {}

  Value eval(const Expr &expr);
  std::optional<int64_t> evalInt(const Expr &expr, std::string_view what);
  /// All of them, so that each has its say; nothing if one is in error.
  std::optional<std::vector<ArgValue>> evalArgs(const std::vector<syntax::Arg> &args);
  /// A stage of a pipeline is its call, without what flows into it.
  SourceRange placeOf(const Expr &expr) const;

  Value call(const Value &callee, std::string_view name, std::vector<ArgValue> args, SourceRange at);
  Value callBuiltin(const Builtin &builtin, std::vector<ArgValue> &args, SourceRange at);

  /// A constant's value, or the declaration.
  Value global(Declarations::Global &entry, SourceRange at);
  /// Evaluates the constant `batch`, if there is one.
  void readBatch();
  /// Whether a name stands for something everywhere.
  bool isKnown(const std::string &name) const;
  /// The errors of a name that stands for nothing: read, applied, bound anew.
  void tellUnknown(std::string_view name, SourceRange at);
  void tellUnknownCallee(const Ident &name);
  void tellUnbound(const Ident &name);
  /// `<-` to what is no state of a layer, and to what an optimizer does not write.
  void tellNoState(const Ident &name, bool isParam, bool isBound);
  void tellNotWritten(const Ident &name, bool isBound);

  /// Evaluates for a block with nodes going to another context, among other names.
  class Within {
  public:
    Within(Evaluator &e, Context &context, Scope &scope) : context(e.graph.context, &context), scope(e.scope, &scope) {}

  private:
    Saved<Context *> context;
    Saved<Scope *> scope;
  };

  GraphBuilder &graph;
  Declarations &names;
  DeclaredFunctions *applications = nullptr;
  SpecialForms *forms = nullptr;
  Scope *scope = nullptr;

  /// Whether this is an optimizer's, or an argument of one.
  bool updates() const { return graph.context && graph.context->kind == Context::Update; }

private:
  /// `eval` without its guard of depth and number.
  Value evalHere(const Expr &expr);
  /// a + b, a and b
  Value evalBinary(const Expr &expr);
  /// f(a): of a declaration, a built-in function or a special form
  Value evalCall(const Expr &expr);
  /// if c then a else b: one side where c is known, a selection elsewhere
  Value evalConditional(const Expr &expr);
  /// [a, ..b]
  Value evalList(const Expr &expr);
  /// base[i, a:b], of a list or a tensor
  Value index(const Value &base, const Expr &expr);

  /// What a name stands for here, and an error with what was likely meant where there is none.
  Value lookup(std::string_view name, SourceRange at);
  /// The same for what is to be called, which a local that cannot be called does not hide.
  Value lookupCallee(const Ident &name);
  /// The names that an unknown one may have meant.
  std::vector<std::string> candidates(bool callees) const;

  int depth = 0;
};

} // namespace agon::sema
#endif
