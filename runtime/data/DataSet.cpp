#include "runtime/data/DataSet.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Random.h"

#include <algorithm>
#include <chrono>
#include <numeric>

using namespace agon::rt;

DataSet::DataSet(const Instance &instance, const std::vector<Binding> &bindings, int64_t seed, const Opening &opening)
    : instance(instance), seed(seed) {
  const agon_model &model = instance.model();
  columns.resize(model.num_fields);
  groupRecords.assign(model.num_groups, 0);
  epochs.resize(model.num_groups);
  chosen.reserve(size_t(model.batch));
  std::vector<std::vector<uint32_t>> fields;
  std::vector<bool> isBoundField(model.num_fields);
  for (const Binding &binding : bindings)
    fields.push_back(fieldsOf(binding, isBoundField));
  for (uint32_t g = 0; g < model.num_groups && opening.needed == Opening::Fields::All; ++g) {
    const agon_field *bound = nullptr, *missing = nullptr;
    for (uint32_t f = 0; f < model.num_fields; ++f)
      if (model.fields[f].group == g)
        (isBoundField[f] ? bound : missing) = &model.fields[f];
    if (bound && missing)
      fail(ExitCode::Usage, "{} is bound but {}, of the same record, is not; give --data {}=PATH", bound->name,
           missing->name, missing->name);
  }
  bindAll(bindings, fields, opening);

  if (opening.faults && opening.faults->count() > 0)
    return; // records were left out
  for (uint32_t g = 0; g < model.num_groups; ++g) {
    const Array *firstArray = nullptr;
    for (uint32_t f = 0; f < model.num_fields; ++f) {
      if (model.fields[f].group != g)
        continue;
      const Array *array = columns[f].array.get();
      if (array && !firstArray)
        firstArray = array;
      if (array && array->records() != firstArray->records())
        fail(ExitCode::BadData, "fields of one record need equally many records: {} has {}, {} has {}",
             firstArray->path, firstArray->records(), array->path, array->records());
    }
    if (!firstArray)
      continue;
    groupRecords[g] = firstArray->records();
    if (groupRecords[g] > int64_t(UINT32_MAX))
      fail(ExitCode::BadData, "{}: more than {} records", firstArray->path, UINT32_MAX);
    epochs[g].order.resize(size_t(groupRecords[g]));
  }
}

std::vector<uint32_t> DataSet::fieldsOf(const Binding &binding, std::vector<bool> &isBoundField) const {
  const agon_model &model = instance.model();
  std::vector<uint32_t> fields;
  for (const std::string &name : binding.fields) {
    const agon_field *end = model.fields + model.num_fields;
    const agon_field *field = std::find_if(model.fields, end, [&](const agon_field &f) { return name == f.name; });
    if (field == end) {
      std::vector<std::string> names;
      for (uint32_t f = 0; f < model.num_fields; ++f)
        names.push_back(model.fields[f].name);
      fail(ExitCode::Usage, "unknown data field '{}' in --data; {} has {}", name, model.name,
           names.empty() ? "no data" : fmt::format("{}", fmt::join(names, ", ")));
    }
    uint32_t index = uint32_t(field - model.fields);
    if (isBoundField[index])
      fail(ExitCode::Usage, "data field {} is bound twice", name);
    if (!fields.empty() && field->group != model.fields[fields[0]].group)
      fail(ExitCode::Usage, "{} and {} are drawn independently; bind each with its own --data",
           model.fields[fields[0]].name, name);
    fields.push_back(index);
    isBoundField[index] = true;
  }
  return fields;
}

template <typename Out> void DataSet::copy(const Column &column, int64_t record, Out *to) const {
  const Array &array = *column.array;
  const int64_t count = column.slice.elements;
  const std::byte *from = array.record(record) + size_t(column.slice.first) * elementBytes(array.element);
  if (array.element == Element::U8) {
    for (int64_t i = 0; i < count; ++i)
      to[i] = Out(column.table[size_t(from[i])]);
    return;
  }
  dispatch(array.element, [&](auto zero) {
    for (int64_t i = 0; i < count; ++i)
      to[i] = Out(elementAt<decltype(zero)>(from, i)); // NOLINT(bugprone-signed-char-misuse): bytes with signs count
  });
}

void DataSet::read(uint32_t field, int64_t record, double *to) const { copy(columns[field], record, to); }

void DataSet::shuffle(uint32_t group, int64_t epoch) {
  Epoch &current = epochs[group];
  if (current.number == epoch)
    return;
  std::iota(current.order.begin(), current.order.end(), 0u);
  SplitMix random(uint64_t(seed), 0x65706f6368, group, uint64_t(epoch));
  for (size_t i = current.order.size(); i > 1; --i)
    std::swap(current.order[i - 1], current.order[random.below(i)]);
  current.number = epoch;
}

void DataSet::chooseMirrored(uint32_t group, int64_t number) {
  mirrored.clear();
  for (uint32_t f = 0; f < columns.size() && mirrored.empty(); ++f)
    if (field(f).group == group && columns[f].rowElements > 0)
      for (size_t i = 0; i < chosen.size(); ++i)
        mirrored.push_back(
            uint8_t(SplitMix(uint64_t(seed), 0x666c6970, group, uint64_t(number) * chosen.size() + i).below(2)));
}

/// Turns every row of a picture around.
template <typename T> static void mirror(T *picture, int64_t elements, int64_t rowElements) {
  for (T *row = picture; row != picture + elements; row += rowElements)
    std::reverse(row, row + rowElements);
}

/// Sends the bytes of the chosen records to a device that makes numbers of them.
void DataSet::drawBytes(const agon_field &field, const Column &column) {
  const auto elements = size_t(column.slice.elements);
  bytes.resize(chosen.size() * elements); // its size from the first time on
  for (size_t i = 0; i < chosen.size(); ++i) {
    std::byte *to = bytes.data() + i * elements;
    std::memcpy(to, column.array->record(chosen[i]) + column.slice.first, elements);
    if (column.rowElements > 0 && !mirrored.empty() && mirrored[i])
      mirror(to, column.slice.elements, column.rowElements);
  }
  instance.expand(field, bytes);
}

void DataSet::draw(uint32_t group, Stream stream, int64_t number) {
  auto begin = std::chrono::steady_clock::now();
  const agon_model &model = instance.model();
  const int64_t n = groupRecords[group], batch = model.batch;
  chosen.clear(); // its capacity is a batch: nothing is allocated
  for (int64_t i = 0; i < batch; ++i) {
    // A product of draw numbers and batch sizes beyond 2^63 takes longer than
    // anyone's run, but keys of other streams are large: those are hashed.
    int64_t record = 0;
    if (stream == Stream::Training) {
      int64_t position = number * batch + i;
      shuffle(group, position / n);
      record = epochs[group].order[size_t(position % n)];
    } else if (stream == Stream::Metric) {
      SplitMix random(uint64_t(seed), 0x6d6574726963, uint64_t(number), uint64_t(group) << 32 | uint64_t(i));
      record = int64_t(random.below(uint64_t(n)));
    } else {
      record = (number * batch + i) % n;
    }
    chosen.push_back(record);
  }
  mirrored.clear();
  if (stream == Stream::Training)
    chooseMirrored(group, number);
  for (uint32_t f = 0; f < model.num_fields; ++f) {
    if (model.fields[f].group != group)
      continue;
    const Column &column = columns[f];
    if (!column.array)
      continue;
    if (column.array->element == Element::U8 && instance.expands(model.fields[f])) {
      drawBytes(model.fields[f], column);
      continue;
    }
    const agon_cell &cell = instance.cell(model.fields[f].cell);
    CellWriting minibatch = instance.writing(cell);
    for (int64_t i = 0; i < batch; ++i) {
      std::byte *row = minibatch.data() + size_t(i * column.slice.elements) * dtypeBytes(cell.dtype);
      auto fill = [&](auto *to) {
        copy(column, chosen[size_t(i)], to);
        if (column.rowElements > 0 && !mirrored.empty() && mirrored[size_t(i)])
          mirror(to, column.slice.elements, column.rowElements);
      };
      switch (cell.dtype) {
      case AGON_F32:
        fill(reinterpret_cast<float *>(row));
        break;
      case AGON_F64:
        fill(reinterpret_cast<double *>(row));
        break;
      case AGON_I32:
        fill(reinterpret_cast<int32_t *>(row));
        break;
      default:
        fill(reinterpret_cast<int64_t *>(row));
      }
    }
  }
  drawing += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void DataSet::fillMean(uint32_t field) const {
  const Column &column = columns[field];
  const agon_cell &mean = instance.cell(instance.model().fields[field].mean_cell);
  std::vector<long double> sums(size_t(column.slice.elements), 0); // finite for finite numbers
  std::vector<double> numbers(sums.size());
  for (int64_t r = 0; r < column.array->records(); ++r) {
    copy(column, r, numbers.data());
    for (size_t e = 0; e < sums.size(); ++e)
      sums[e] += numbers[e];
  }
  CellWriting means = instance.writing(mean);
  for (int64_t e = 0; e < column.slice.elements; ++e)
    means.set(e, double(sums[size_t(e)] / column.array->records()));
}
