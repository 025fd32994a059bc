#include "runtime/embed/MemoryFeed.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Random.h"
#include "runtime/core/Suggest.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace agon::rt;

MemoryFeed::MemoryFeed(const Instance &instance, int64_t seed)
    : instance(instance), seed(seed), given(instance.model().num_fields), epochs(instance.model().num_groups) {}

void MemoryFeed::bind(const std::vector<Binding> &bindings) {
  // The files of one record may come one after the other.
  files.emplace(DataSet(instance, bindings, seed, {.needed = Opening::Fields::Any}));
}

void MemoryFeed::setSeed(int64_t value) {
  seed = value;
  for (Epoch &epoch : epochs)
    epoch.number = -1;
}

uint32_t MemoryFeed::fieldOf(const std::string &name) const {
  std::vector<std::string> names;
  for (uint32_t f = 0; f < instance.model().num_fields; ++f) {
    names.push_back(instance.model().fields[f].name);
    if (name == names.back())
      return f;
  }
  fail(ExitCode::Usage, "there is no data field '{}'{} (fields: {})", name, suggestion(name, names),
       names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
}

void MemoryFeed::give(const std::string &name, Element element, std::span<const int64_t> shape, const void *data) {
  uint32_t index = fieldOf(name);
  const agon_field &field = instance.model().fields[index];
  if (files && files->isBound(field.group))
    fail(ExitCode::Usage, "{} is {}bound to a file already", name,
         files->isBoundField(index) ? "" : "of a record that is ");
  std::span<const int64_t> wanted = instance.recordShape(instance.cell(field.cell));
  int64_t each = elementCount(wanted);
  if (shape.empty() || shape[0] < 1 || elementCount(shape.subspan(1)) != each)
    fail(ExitCode::BadData, "{} expects records of {}, got an array of {}", name, shapeText(wanted), shapeText(shape));
  std::vector<double> numbers(size_t(shape[0] * each));
  dispatch(element, [&](auto zero) {
    const auto *from = static_cast<const decltype(zero) *>(data);
    std::transform(from, from + numbers.size(), numbers.begin(), [](auto value) { return double(value); });
  });
  bool isScaled = element == Element::U8 && field.classes == 0 && field.has_range;
  for (size_t i = 0; i < numbers.size(); ++i) {
    double &number = numbers[i];
    if (isScaled)
      number = field.low + (field.high - field.low) * number / 255.0;
    bool isClass = number == std::floor(number) && number >= 0 && number < double(field.classes);
    bool isWithin = std::isfinite(number) && (!field.has_range || (number >= field.low && number <= field.high));
    if (!(field.classes > 0 ? isClass : isWithin))
      fail(ExitCode::BadData, "{}: record {} holds {}, expected {}", name, i / size_t(std::max<int64_t>(1, each)),
           number,
           field.classes > 0 ? fmt::format("a class from 0 to {}", field.classes - 1)
           : field.has_range ? fmt::format("numbers from {} to {}", field.low, field.high)
                             : std::string("finite numbers"));
  }
  given[index] = std::move(numbers);
  epochs[field.group].number = -1;
}

int64_t MemoryFeed::records(uint32_t group) const {
  if (files && files->isBound(group))
    return files->records(group);
  const agon_model &model = instance.model();
  for (uint32_t f = 0; f < model.num_fields; ++f)
    if (model.fields[f].group == group && !given[f].empty())
      return int64_t(given[f].size()) /
             std::max<int64_t>(1, elementCount(instance.recordShape(instance.cell(model.fields[f].cell))));
  return 0;
}

void MemoryFeed::require(const agon_function &function) const {
  const agon_model &model = instance.model();
  for (uint32_t f = 0; f < model.num_fields; ++f) {
    const agon_field &field = model.fields[f];
    bool isFromFile = files && files->isBound(field.group);
    bool isFromSource = !isBound(field.group) && model.groups[field.group].source >= 0;
    bool isMissing = isFromFile && !files->isBoundField(f);
    if (!isMissing && (isFromFile || isFromSource || !instance.reads(function, field.cell)))
      continue;
    if (given[f].empty())
      fail(ExitCode::Usage, "{} needs data: agon_bind(game, \"{}=PATH\"), or agon_give", field.name, field.name);
    int64_t each = std::max<int64_t>(1, elementCount(instance.recordShape(instance.cell(field.cell))));
    if (int64_t own = int64_t(given[f].size()) / each; own != records(field.group))
      fail(ExitCode::BadData, "fields of one record need equally many records: {} has {}, others of {} have {}",
           field.name, own, model.groups[field.group].name, records(field.group));
  }
}

void MemoryFeed::fillMean(uint32_t field) const {
  const agon_field &f = instance.model().fields[field];
  if (given[field].empty())
    return files ? files->fillMean(field) : void();
  const std::vector<double> &numbers = given[field];
  int64_t each = elementCount(instance.recordShape(instance.cell(f.cell))), count = records(f.group);
  CellWriting means = instance.writing(instance.cell(uint32_t(f.mean_cell)));
  for (int64_t e = 0; e < each; ++e) {
    long double sum = 0;
    for (int64_t r = 0; r < count; ++r)
      sum += numbers[size_t(r * each + e)];
    means.set(e, double(sum / count));
  }
}

/// The record that is number `i` of a minibatch, as DataSet has it.
int64_t MemoryFeed::recordOf(uint32_t group, Stream stream, int64_t number, int64_t i) {
  int64_t n = records(group), position = number * instance.model().batch + i;
  if (stream == Stream::InOrder)
    return position % n;
  if (stream == Stream::Metric)
    return int64_t(SplitMix(uint64_t(seed), 0x6d6574726963, uint64_t(number), uint64_t(group) << 32 | uint64_t(i))
                       .below(uint64_t(n)));
  Epoch &epoch = epochs[group];
  if (epoch.number != position / n) {
    epoch.number = position / n;
    epoch.order.resize(size_t(n));
    std::iota(epoch.order.begin(), epoch.order.end(), 0u);
    SplitMix random(uint64_t(seed), 0x65706f6368, group, uint64_t(epoch.number));
    for (size_t k = epoch.order.size(); k > 1; --k)
      std::swap(epoch.order[k - 1], epoch.order[random.below(k)]);
  }
  return epoch.order[size_t(position % n)];
}

void MemoryFeed::draw(uint32_t group, Stream stream, int64_t number) {
  if (files && files->isBound(group))
    return files->draw(group, stream, number);
  const agon_model &model = instance.model();
  for (int64_t i = 0; i < model.batch; ++i) {
    int64_t record = recordOf(group, stream, number, i);
    for (uint32_t f = 0; f < model.num_fields; ++f) {
      if (model.fields[f].group != group || given[f].empty())
        continue;
      const agon_cell &cell = instance.cell(model.fields[f].cell);
      int64_t each = elementCount(instance.recordShape(cell));
      CellWriting minibatch = instance.writing(cell, CellWriting::Before::Kept);
      for (int64_t e = 0; e < each; ++e)
        minibatch.set(i * each + e, given[f][size_t(record * each + e)]);
    }
  }
}
