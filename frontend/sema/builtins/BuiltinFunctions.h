//===- BuiltinFunctions.h - What the table points to -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_BUILTINS_BUILTINFUNCTIONS_H
#define AGON_FRONTEND_SEMA_BUILTINS_BUILTINFUNCTIONS_H

#include "frontend/sema/graph/Builtin.h"

namespace agon::sema::builtin {

using Function = Value(GraphBuilder &graph, const Builtin &self, const BuiltinArgs &args);

// Tensors.cpp
Function elementwise, select, toFloat, stopGradient, grad, extremum, sum, mean, batchMean, reshape, flatten, transpose,
    concat, stack, broadcast, oneHot, iota;
// Windows.cpp
Function pad, convolve, deconvolve, unfold, fold;
// Indexing.cpp
Function gather, scatterAdd, label, reverse, cumsum, samples, perSample, draw;
// Questions.cpp
Function shape, rank, size, len, isLabel, isNumber, isBatched, isListOf, product, range, fill, fanIn, fanOut, fail,
    normal, truncatedNormal, uniform, bernoulli, categorical;

} // namespace agon::sema::builtin
#endif
