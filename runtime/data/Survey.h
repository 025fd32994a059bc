//===- Survey.h - What a bound field holds ----------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_SURVEY_H
#define AGON_RUNTIME_DATA_SURVEY_H

#include "runtime/data/DataSet.h"

#include <cmath>
#include <optional>
#include <utility>

namespace agon::rt {

/// All records of a field, counted.
struct Survey {
  int64_t records = 0;
  /// Of the finite numbers as the game sees them; NaN where there are none.
  double low = NAN, high = NAN, mean = NAN, deviation = NAN;
  int64_t nans = 0, infinities = 0;
  std::vector<std::string> notFinite; ///< places of the first few
  std::vector<int64_t> classes;       ///< of a field of classes: the records of each
  int64_t duplicates = 0;             ///< records that equal an earlier one, byte for byte; not of classes
  std::optional<std::pair<int64_t, int64_t>> firstDuplicate; ///< the record, and the earlier one
};

/// Looks at every record of a bound field.
Survey surveyOf(const DataSet &data, uint32_t field);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_SURVEY_H
