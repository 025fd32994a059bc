#include "runtime/data/DataSet.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Random.h"
#include "runtime/data/Members.h"
#include "runtime/data/PictureSet.h"
#include "runtime/data/Readers.h"

#include <algorithm>
#include <numeric>
#include <zlib.h>

using namespace agon::rt;

/// "crc32 00c0ffee" of the elements as the file has them.
static std::string contentOf(const Array &array) {
  size_t bytes = size_t(array.records() * array.recordElements()) * elementBytes(array.element);
  return fmt::format("crc32 {:08x}", crc32_z(0, reinterpret_cast<const Bytef *>(array.data()), bytes));
}

DataSet::DataSet(const Instance &instance, const std::vector<Binding> &bindings, int64_t seed, Fields needed,
                 Faults *collected)
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
  for (uint32_t g = 0; g < model.num_groups && needed == Fields::All; ++g) {
    const agon_field *bound = nullptr, *missing = nullptr;
    for (uint32_t f = 0; f < model.num_fields; ++f)
      if (model.fields[f].group == g)
        (isBoundField[f] ? bound : missing) = &model.fields[f];
    if (bound && missing)
      fail(ExitCode::Usage, "{} is bound but {}, of the same record, is not; give --data {}=PATH", bound->name,
           missing->name, missing->name);
  }
  Faults first(Faults::Told::First);
  for (size_t i = 0; i < bindings.size(); ++i)
    bind(bindings[i], fields[i], collected ? *collected : first);

  if (collected && collected->count() > 0)
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

void DataSet::bind(const Binding &binding, const std::vector<uint32_t> &fields, Faults &faults) {
  const agon_model &model = instance.model();
  int64_t wanted = 0;
  for (uint32_t index : fields)
    wanted += elementCount(instance.recordShape(instance.cell(model.fields[index].cell)));
  if (holdsMembers(binding.path))
    return bindPictures(binding, fields, faults);
  auto array = std::make_shared<const Array>(readArray(binding.path, binding.columns, faults));
  note(binding, *array);
  std::span<const int64_t> record(array->shape);
  record = record.subspan(1);
  if (array->recordElements() != wanted) {
    std::string expected = fields.size() == 1
                               ? shapeText(instance.recordShape(instance.cell(model.fields[fields[0]].cell)))
                               : fmt::format("{} columns", wanted);
    fail(ExitCode::BadData, "{}: {} expects records of {}, got {} of {}", binding.path, fmt::join(binding.fields, ","),
         expected, array->records(), shapeText(record));
  }
  int64_t first = 0;
  for (uint32_t index : fields) {
    const agon_field &field = model.fields[index];
    int64_t elements = elementCount(instance.recordShape(instance.cell(field.cell)));
    bool isImage = fields.size() == 1 && field.classes == 0;
    take(index, isImage ? channelsFirst(array, instance.recordShape(instance.cell(field.cell))) : array,
         {first, wanted, elements}, faults);
    first += elements;
  }
}

void DataSet::note(const Binding &binding, const Array &array) {
  files.push_back(
      {binding.fields, binding.path, binding.columns, array.shape, elementName(array.element), contentOf(array)});
}

void DataSet::take(uint32_t index, std::shared_ptr<const Array> array, Slice slice, Faults &faults) {
  const agon_field &field = instance.model().fields[index];
  Column &column = columns[index];
  column.array = std::move(array);
  column.slice = slice;
  bool scaled = field.classes == 0 && field.has_range;
  for (int i = 0; i < 256; ++i)
    column.table[size_t(i)] = scaled ? field.low + (field.high - field.low) * i / 255.0 : i;
  if (column.array->element == Element::U8 && instance.expands(field)) {
    CellWriting numbers = instance.numbers(field); // of a field's bytes, always the same
    for (int i = 0; i < 256; ++i)
      numbers.set(i, column.table[size_t(i)]);
  }
  if (field.classes > 0)
    checkLabels(field, *column.array, column.slice, faults);
  else if (std::string warning =
               checkReals(field, instance.cell(field.cell).dtype, *column.array, column.slice, faults);
           !warning.empty())
    warningTexts.push_back(warning);
}

void DataSet::bindPictures(const Binding &binding, const std::vector<uint32_t> &fields, Faults &faults) {
  const agon_model &model = instance.model();
  const agon_field *image = nullptr, *label = nullptr;
  for (uint32_t index : fields)
    (model.fields[index].classes > 0 ? label : image) = &model.fields[index];
  if (!binding.columns.empty() || fields.size() > 2 || (fields.size() == 2 && !(image && label)))
    fail(ExitCode::Usage,
         "{}: pictures give one field its pixels and one, of classes, the numbers of their folders: "
         "--data x=PATH or --data x,y=PATH",
         binding.path);
  auto shapeOf = [&](const agon_field &field) { return instance.recordShape(instance.cell(field.cell)); };
  PictureSet set = readPictures(binding.path, image ? shapeOf(*image) : std::span<const int64_t>(), faults);
  warningTexts.insert(warningTexts.end(), set.notes.begin(), set.notes.end());
  note(binding, image ? set.pixels : set.classes);
  if (image) {
    int64_t wanted = elementCount(shapeOf(*image));
    if (set.pixels.recordElements() != wanted)
      fail(ExitCode::BadData, "{}: {} expects records of {}, got pictures of {} x {} pixels and {} channels",
           binding.path, image->name, shapeText(shapeOf(*image)), set.pixels.shape[2], set.pixels.shape[1],
           set.pixels.shape[3]);
    const int64_t *s = set.pixels.shape.data();
    const int64_t planes[] = {s[3], s[1], s[2]};
    auto pixels = std::make_shared<const Array>(std::move(set.pixels));
    take(uint32_t(image - model.fields), channelsFirst(pixels, planes), {0, wanted, wanted}, faults);
  }
  if (!label)
    return;
  if (set.names.front().empty())
    fail(ExitCode::BadData, "{}: some of its pictures lie in no folder that would tell the class of {}", binding.path,
         label->name);
  if (set.names.size() > size_t(label->classes))
    fail(ExitCode::BadData, "{}: its pictures lie in {} folders, {} has {} classes", binding.path, set.names.size(),
         label->name, label->classes);
  if (set.names.size() < size_t(label->classes))
    warningTexts.push_back(
        fmt::format("{}: its pictures lie in {} folders, {} has {} classes: 0 is {}, the last one, {}, {}",
                    binding.path, set.names.size(), label->name, label->classes, shownText(set.names.front()),
                    set.names.size() - 1, shownText(set.names.back())));
  columns[size_t(label - model.fields)].classNames = set.names;
  take(uint32_t(label - model.fields), std::make_shared<const Array>(std::move(set.classes)), {0, 1, 1}, faults);
}

std::shared_ptr<const Array> DataSet::channelsFirst(std::shared_ptr<const Array> array,
                                                    std::span<const int64_t> wanted) const {
  const std::vector<int64_t> &s = array->shape;
  bool turned =
      wanted.size() == 3 && s.size() == 4 && s[1] == wanted[1] && s[2] == wanted[2] && s[3] == wanted[0] && s[3] > 1;
  if (!turned || std::equal(wanted.begin(), wanted.end(), s.begin() + 1))
    return array;
  auto result = std::make_shared<Array>();
  size_t width = elementBytes(array->element);
  int64_t pixels = s[1] * s[2], channels = s[3];
  result->path = array->path;
  result->element = array->element;
  result->shape = {s[0], channels, s[1], s[2]};
  result->storage.resize(size_t(s[0] * pixels * channels) * width);
  for (int64_t n = 0; n < s[0]; ++n)
    for (int64_t p = 0; p < pixels; ++p)
      for (int64_t c = 0; c < channels; ++c)
        std::memcpy(result->storage.data() + size_t((n * channels + c) * pixels + p) * width,
                    array->data() + size_t((n * pixels + p) * channels + c) * width, width);
  return result;
}

double DataSet::value(const Column &column, int64_t record, int64_t element) const {
  double v = column.array->number(record * column.slice.stride + column.slice.first + element);
  return column.array->element == Element::U8 ? column.table[size_t(v)] : v;
}

template <typename Out> void DataSet::copy(const Column &column, int64_t record, Out *to) const {
  const Array &array = *column.array;
  const int64_t from = record * column.slice.stride + column.slice.first, count = column.slice.elements;
  if (array.element == Element::U8) {
    const std::byte *bytes = array.data() + from;
    for (int64_t i = 0; i < count; ++i)
      to[i] = Out(column.table[size_t(bytes[i])]);
    return;
  }
  dispatch(array.element, [&](auto zero) {
    for (int64_t i = 0; i < count; ++i)
      to[i] = Out(array.load<decltype(zero)>(from + i)); // NOLINT(bugprone-signed-char-misuse): bytes with signs count
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

/// Sends the bytes of the chosen records to a device that makes numbers of them.
void DataSet::drawBytes(const agon_field &field, const Column &column) {
  const auto elements = size_t(column.slice.elements);
  bytes.resize(chosen.size() * elements); // its size from the first time on
  for (size_t i = 0; i < chosen.size(); ++i)
    std::memcpy(bytes.data() + i * elements,
                column.array->data() + chosen[i] * column.slice.stride + column.slice.first, elements);
  instance.expand(field, bytes);
}

void DataSet::draw(uint32_t group, Stream stream, int64_t number) {
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
      switch (cell.dtype) {
      case AGON_F32:
        copy(column, chosen[i], reinterpret_cast<float *>(row));
        break;
      case AGON_F64:
        copy(column, chosen[i], reinterpret_cast<double *>(row));
        break;
      case AGON_I32:
        copy(column, chosen[i], reinterpret_cast<int32_t *>(row));
        break;
      default:
        copy(column, chosen[i], reinterpret_cast<int64_t *>(row));
      }
    }
  }
}

void DataSet::fillMean(uint32_t field) const {
  const Column &column = columns[field];
  const agon_cell &mean = instance.cell(instance.model().fields[field].mean_cell);
  std::vector<long double> sums(size_t(column.slice.elements), 0); // finite for finite numbers
  for (int64_t r = 0; r < column.array->records(); ++r)
    for (int64_t e = 0; e < column.slice.elements; ++e)
      sums[size_t(e)] += value(column, r, e);
  CellWriting means = instance.writing(mean);
  for (int64_t e = 0; e < column.slice.elements; ++e)
    means.set(e, double(sums[size_t(e)] / column.array->records()));
}
