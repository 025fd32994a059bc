#include "runtime/cli/RealPoints.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Memory.h"
#include "runtime/core/Random.h"
#include "runtime/core/Sampler.h"

#include <algorithm>
#include <numeric>

using namespace agon::rt;
using metrics::Matrix;

Matrix agon::rt::roomFor(int64_t count, int64_t elements, const char *what) {
  uint64_t bytes = 0, available = availableMemory();
  if (__builtin_mul_overflow(uint64_t(count), uint64_t(elements) * sizeof(double), &bytes) || bytes > available)
    fail(ExitCode::Unavailable, "{} {} of {} numbers need {} of memory, {} are there", count, what, elements,
         bytesText(bytes), bytesText(available));
  return Matrix(count, elements);
}

std::vector<RunFile::Data> agon::rt::dataOfGroup(const Instance &instance, const RunFile &run, uint32_t group) {
  const agon_model &model = instance.model();
  std::vector<RunFile::Data> found;
  for (const RunFile::Data &bound : run.data)
    if (std::any_of(model.fields, model.fields + model.num_fields, [&](const agon_field &field) {
          return field.group == group && std::ranges::count(bound.fields, field.name);
        }))
      found.push_back(bound);
  return found;
}

int64_t RealPoints::elements() const {
  return elementCount(instance.recordShape(instance.cell(instance.model().fields[field].cell)));
}

std::string RealPoints::origin() const {
  const agon_model &model = instance.model();
  for (const DataSet::Source &source : data.sources())
    if (std::count(source.fields.begin(), source.fields.end(), model.fields[field].name))
      return source.path;
  const char *text = model.groups[model.fields[field].group].source_text;
  return text ? text : "";
}

Matrix RealPoints::range(int64_t first, int64_t end) const {
  Matrix points = roomFor(end - first, elements(), "records");
  for (int64_t i = first; i < end; ++i)
    data.read(field, i, points.row(i - first).data());
  return points;
}

Matrix RealPoints::choice(int64_t count, int64_t end) const {
  std::vector<uint32_t> order(static_cast<size_t>(end));
  std::iota(order.begin(), order.end(), 0u);
  SplitMix random(uint64_t(seed), 0x63686f696365);
  count = std::min(count, end);
  for (int64_t i = 0; i < count; ++i)
    std::swap(order[size_t(i)], order[size_t(i) + random.below(uint64_t(end - i))]);
  Matrix points = roomFor(count, elements(), "records");
  for (int64_t i = 0; i < count; ++i)
    data.read(field, order[size_t(i)], points.row(i).data());
  return points;
}

Matrix RealPoints::draws(int64_t first, int64_t count) const {
  Matrix points = roomFor(count, elements(), "draws");
  Samples drawn = drawRecords(instance, data, field, first + count, seed);
  std::copy(drawn.row(first), drawn.row(first + count), points.data());
  return points;
}
