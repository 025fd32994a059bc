//===- GivenNames.h - Names that the language itself gives ------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GIVENNAMES_H
#define AGON_FRONTEND_SEMA_GIVENNAMES_H

#include <string_view>

namespace agon::sema::given {

/// The constant that says how many samples a minibatch has; a model may declare it.
inline constexpr std::string_view batch = "batch";

/// The number of the iteration.
inline constexpr std::string_view iteration = "iteration";

/// In the body of an optimizer or a way to play: a parameter and its gradient; in an optimizer's the number of the
/// step.
inline constexpr std::string_view weight = "w", cotangent = "g", step = "t";

/// The special forms.
inline constexpr std::string_view total = "total", greatest = "greatest", isZero = "is_zero", dataMean = "data_mean",
                                  before = "before", ownTotal = "own_total", along = "along";

} // namespace agon::sema::given
#endif
