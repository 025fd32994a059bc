//===- Checks.h - Whether numbers are what a field wants --------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_CHECKS_H
#define AGON_RUNTIME_DATA_CHECKS_H

#include "runtime/abi/agon_abi.h"
#include "runtime/data/Array.h"
#include "runtime/data/Faults.h"

#include <string>

namespace agon::rt {

/// The part of an array's records that a field takes.
struct Slice {
  int64_t first = 0;    ///< element of the record where the field begins
  int64_t elements = 0; ///< of the field
};

/// Checks labels: a fault names the place and the value of what is none of the field.
void checkLabels(const agon_field &field, const Array &array, const Slice &slice, Faults &faults);

/// Checks real numbers: finite, in the field's range, no larger than `dtype` can
/// hold. Bytes always are. A record's first number that is not is a fault, which names its place and the value.
/// \returns a warning, or an empty text.
std::string checkReals(const agon_field &field, uint32_t dtype, const Array &array, const Slice &slice, Faults &faults);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_CHECKS_H
