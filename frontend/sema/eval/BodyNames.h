//===- BodyNames.h - Names in bodies that nothing ran -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_EVAL_BODYNAMES_H
#define AGON_FRONTEND_SEMA_EVAL_BODYNAMES_H

#include "frontend/sema/eval/Evaluator.h"

namespace agon::sema {

/// Complains of names that a declaration's body uses and that nothing binds or declares, also where the body was never
/// run or a branch never taken. A name is known after the line that binds it, in whatever branch that stands, and in
/// the whole of a loop that binds it. Complains also of `<-` to what is no memory.
void checkBodyNames(Evaluator &e, const Decl &decl);

} // namespace agon::sema
#endif
