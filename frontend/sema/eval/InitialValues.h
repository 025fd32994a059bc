//===- InitialValues.h - What parameters and states begin with -*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_EVAL_INITIALVALUES_H
#define AGON_FRONTEND_SEMA_EVAL_INITIALVALUES_H

#include "frontend/sema/eval/Evaluator.h"

namespace agon::sema {

/// The initial value of a parameter or state, in a graph of its own; `drawn` if it is written after `~`, `either` if
/// a distribution may stand there as well as a value. False after an error.
bool initialize(Evaluator &e, Storage &storage, const Expr &value, bool drawn, bool either = false);

} // namespace agon::sema
#endif
