//===- BuiltinFunctions.h - What the table points to -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_BUILTINFUNCTIONS_H
#define AGON_FRONTEND_SEMA_BUILTINFUNCTIONS_H

#include "frontend/sema/Builtins.h"

namespace agon::sema::builtin {

using Function = Value(Elaborator &elaborator, const Builtin &self, const BuiltinArgs &args);

// BuiltinTensors.cpp
Function elementwise, select, toFloat, stopGradient, grad, extremum, sum, mean, batchMean, reshape, flatten, transpose,
    concat, stack, broadcast, pad, oneHot, iota;
// BuiltinQuestions.cpp
Function shape, rank, size, len, isLabel, isNumber, range, fill, fanIn, fanOut, notThereYet, fail, normal,
    truncatedNormal, uniform, bernoulli, categorical;

} // namespace agon::sema::builtin
#endif
