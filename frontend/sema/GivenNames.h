//===- GivenNames.h - Names that the language itself gives ------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GIVENNAMES_H
#define AGON_FRONTEND_SEMA_GIVENNAMES_H

#include <string_view>

namespace agon::sema::given {

/// The constant that says how many samples a minibatch has; a model may declare it.
inline constexpr std::string_view batch = "batch";

/// In an optimizer's body: a parameter, its gradient, and the number of the step.
inline constexpr std::string_view weight = "w", cotangent = "g", step = "t";

/// The special forms.
inline constexpr std::string_view total = "total", greatest = "greatest", isZero = "is_zero", dataMean = "data_mean";

} // namespace agon::sema::given
#endif
