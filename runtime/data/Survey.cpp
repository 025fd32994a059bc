#include "runtime/data/Survey.h"

#include <algorithm>
#include <string_view>

using namespace agon::rt;

namespace {

constexpr size_t shownPlaces = 3;

/// Calls `body(number, record, element)` with every number of the field as the game sees it.
template <typename Body> void visit(const DataSet &data, uint32_t field, Body &&body) {
  const auto [array, slice] = data.bound(field);
  std::vector<double> numbers(static_cast<size_t>(slice.elements));
  for (int64_t r = 0; r < array.records(); ++r) {
    data.read(field, r, numbers.data());
    for (int64_t e = 0; e < slice.elements; ++e)
      body(numbers[size_t(e)], r, e);
  }
}

void measure(const DataSet &data, uint32_t field, Survey &survey) {
  const auto [array, slice] = data.bound(field);
  long double sum = 0, squares = 0;
  int64_t finite = 0;
  visit(data, field, [&](double value, int64_t record, int64_t element) {
    if (!std::isfinite(value)) {
      ++(std::isnan(value) ? survey.nans : survey.infinities);
      if (survey.notFinite.size() < shownPlaces)
        survey.notFinite.push_back(array.place(record, slice.first + element));
      return;
    }
    survey.low = finite ? std::min(survey.low, value) : value;
    survey.high = finite ? std::max(survey.high, value) : value;
    sum += value;
    ++finite;
  });
  if (finite == 0)
    return;
  survey.mean = double(sum / finite);
  visit(data, field, [&](double value, int64_t, int64_t) {
    if (std::isfinite(value))
      squares += (static_cast<long double>(value) - survey.mean) * (static_cast<long double>(value) - survey.mean);
  });
  survey.deviation = double(std::sqrt(squares / finite));
}

void countDuplicates(const DataSet &data, uint32_t field, Survey &survey) {
  const auto [array, slice] = data.bound(field);
  size_t width = elementBytes(array.element);
  auto bytesOf = [&, &array = array, &slice = slice](int64_t record) {
    return std::string_view(reinterpret_cast<const char *>(array.record(record)) + size_t(slice.first) * width,
                            size_t(slice.elements) * width);
  };
  std::vector<std::pair<size_t, int64_t>> sorted; // by hash
  for (int64_t r = 0; r < array.records(); ++r)
    sorted.emplace_back(std::hash<std::string_view>()(bytesOf(r)), r);
  std::sort(sorted.begin(), sorted.end());
  for (size_t begin = 0; begin < sorted.size();) {
    size_t end = begin;
    std::vector<int64_t> different; // of one hash: almost always one record
    for (; end < sorted.size() && sorted[end].first == sorted[begin].first; ++end) {
      int64_t record = sorted[end].second;
      auto same = std::ranges::find_if(different, [&](int64_t r) { return bytesOf(r) == bytesOf(record); });
      if (same == different.end()) {
        different.push_back(record);
        continue;
      }
      ++survey.duplicates;
      if (!survey.firstDuplicate || record < survey.firstDuplicate->first)
        survey.firstDuplicate = {record, *same};
    }
    begin = end;
  }
}

} // namespace

Survey agon::rt::surveyOf(const DataSet &data, uint32_t field) {
  Survey survey;
  survey.records = data.bound(field).array.records();
  if (int64_t classes = data.field(field).classes; classes > 0) {
    survey.classes.resize(size_t(classes));
    visit(data, field, [&](double label, int64_t, int64_t) {
      if (label >= 0 && label < double(classes)) // what is none is a fault
        ++survey.classes[size_t(label)];
    });
    return survey;
  }
  measure(data, field, survey);
  countDuplicates(data, field, survey);
  return survey;
}
