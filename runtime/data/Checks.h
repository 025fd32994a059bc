//===- Checks.h - Whether numbers are what a field wants --------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_CHECKS_H
#define AGON_RUNTIME_DATA_CHECKS_H

#include "runtime/abi/agon_abi.h"
#include "runtime/data/Array.h"

#include <string>

namespace agon::rt {

/// The part of an array's records that a field takes.
struct Slice {
  int64_t first = 0;    ///< element of the record where the field begins
  int64_t stride = 0;   ///< elements of a record
  int64_t elements = 0; ///< of the field
};

/// \throws Failure (BadData) naming the place and the value of what is no label of the field.
void checkLabels(const agon_field &field, const Array &array, const Slice &slice);

/// Checks real numbers: finite, in the field's range, no larger than `dtype` can
/// hold. Bytes always are. \returns a warning, or an empty text.
/// \throws Failure (BadData) naming the place and the value of what is not.
std::string checkReals(const agon_field &field, uint32_t dtype, const Array &array, const Slice &slice);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_CHECKS_H
