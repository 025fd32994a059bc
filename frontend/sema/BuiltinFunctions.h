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
// BuiltinWindows.cpp
Function convolve, deconvolve, unfold, fold;
// BuiltinIndexing.cpp
Function gather, scatterAdd, label, reverse, cumsum, samples, perSample, draw;
// BuiltinQuestions.cpp
Function shape, rank, size, len, isLabel, isNumber, isBatched, isListOf, product, range, fill, fanIn, fanOut, fail,
    normal, truncatedNormal, uniform, bernoulli, categorical;

} // namespace agon::sema::builtin
#endif
