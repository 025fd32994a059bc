//===- Binding.h - Arguments to parameters ---------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_EVAL_BINDING_H
#define AGON_FRONTEND_SEMA_EVAL_BINDING_H

#include "frontend/sema/eval/Evaluator.h"

namespace agon::sema {

/// Binds the arguments of one application to a declaration's parameters, and the names in their types to what these
/// stand for.
class Binding : public Reporting {
public:
  /// `names` are those of the declaration's body, `at` is the application.
  Binding(Evaluator &e, const Decl &decl, Scope &names, SourceRange at)
      : Reporting(e.reporter), e(e), decl(decl), names(names), at(at) {}

  /// False after an error.
  bool bind(std::vector<ArgValue> &args);

private:
  bool fits(const syntax::Param &param, const Value &value, SourceRange at);
  bool bindType(const syntax::Param &param, Value &value, SourceRange at);
  bool bindShape(const syntax::Param &param, const Node *node, SourceRange at);

  Evaluator &e;
  const Decl &decl;
  Scope &names;
  SourceRange at;
};

} // namespace agon::sema
#endif
