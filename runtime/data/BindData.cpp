//===- BindData.cpp - Fields and the files that they are drawn from -------===//
#include "runtime/core/Failure.h"
#include "runtime/core/Memory.h"
#include "runtime/data/Collection.h"
#include "runtime/data/DataSet.h"
#include "runtime/data/InputFile.h"
#include "runtime/data/Parallel.h"
#include "runtime/data/Readers.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <numeric>
#include <zlib.h>

using namespace agon::rt;

struct DataSet::Binder {
  Faults &faults;
  ReadingMeans means;
  /// By path and parts: what is bound twice is looked at once, and decoded once for each shape.
  using Key = std::pair<std::string, std::vector<std::string>>;
  std::map<Key, Collection> collections;
  /// Records with their channels first, and of what they were before their shape and checksum.
  struct Decoded {
    std::shared_ptr<const Array> array;
    std::vector<int64_t> shape;
    uint32_t sum = 0;
    int64_t skipped = 0; ///< pictures that cannot be decoded
  };
  std::map<std::pair<Key, std::vector<int64_t>>, Decoded> decoded;
};

void DataSet::bindAll(const std::vector<Binding> &bindings, const std::vector<std::vector<uint32_t>> &fields,
                      const Opening &opening) {
  Faults first(Faults::Told::First);
  std::shared_ptr<const BlockStore> store;
  std::error_code error;
  if (!opening.cache.empty() && !std::filesystem::is_directory(opening.cache, error))
    fail(ExitCode::InputOutput, "cannot write into {}: it is no folder", opening.cache);
  if (!opening.cache.empty())
    store = std::make_shared<const BlockStore>(opening.cache);
  Binder binder{opening.faults ? *opening.faults : first, {instance.threads(), store}, {}, {}};
  for (size_t i = 0; i < bindings.size(); ++i)
    bind(bindings[i], fields[i], binder);
}

/// What files take as they lie on the disk; those that cannot be looked at take nothing.
static uint64_t bytesOf(const std::vector<std::string> &files) {
  uint64_t bytes = 0;
  std::error_code error;
  for (const std::string &file : files)
    if (uint64_t size = std::filesystem::file_size(file, error); !error)
      bytes += size;
  return bytes;
}

void DataSet::bind(const Binding &binding, const std::vector<uint32_t> &fields, Binder &binder) {
  std::vector<std::string> files = filesOf(binding.path);
  if (holdsMembers(files[0]))
    return bindCollection(binding, files, fields, binder);
  auto readAll = [&](const std::vector<std::string> &columns) {
    bool areLarge = files.size() > 1 && bytesOf(files) > availableMemory();
    Joining all(binding.path);
    for (const std::string &file : files)
      all.add(readArray(file, columns, binder.faults, binder.means.store, areLarge));
    return all.finish();
  };
  // Each field of a NPZ file is an array of its own: those that are chosen, or those that are called as the fields.
  if (fields.size() > 1 && isNpz(files[0])) {
    const std::vector<std::string> &names = binding.columns.empty() ? binding.fields : binding.columns;
    if (names.size() != fields.size())
      fail(ExitCode::Usage, "{}: {} fields, {} arrays", binding.path, fields.size(), names.size());
    for (size_t i = 0; i < fields.size(); ++i) {
      Binding one = binding;
      one.fields = {binding.fields[i]};
      one.columns = {names[i]};
      bindArray(one, {fields[i]}, readAll(one.columns), binder.faults);
    }
    return;
  }
  bindArray(binding, fields, readAll(binding.columns), binder.faults);
}

/// A checksum of the elements as the file has them, begun with that of others.
static uint32_t sumOf(const Array &array, uint32_t before) {
  if (array.pieces.empty())
    return uint32_t(
        crc32_z(before, reinterpret_cast<const Bytef *>(array.data()), size_t(array.records()) * array.recordBytes()));
  return std::accumulate(array.pieces.begin(), array.pieces.end(), before,
                         [](uint32_t sum, const Array &piece) { return sumOf(piece, sum); });
}

void DataSet::bindArray(const Binding &binding, const std::vector<uint32_t> &fields, Array read, Faults &faults) {
  auto shapeOf = [&](uint32_t index) { return instance.recordShape(instance.cell(field(index).cell)); };
  int64_t wanted = 0;
  for (uint32_t index : fields)
    wanted += elementCount(shapeOf(index));
  note(binding, read.shape, read.element, sumOf(read, 0));
  std::span<const int64_t> record(read.shape);
  record = record.subspan(1);
  if (read.recordElements() != wanted) {
    std::string expected = fields.size() == 1 ? shapeText(shapeOf(fields[0])) : fmt::format("{} columns", wanted);
    fail(ExitCode::BadData, "{}: {} expects records of {}, got {} of {}", binding.path, fmt::join(binding.fields, ","),
         expected, read.records(), shapeText(record));
  }
  if (fields.size() == 1 && field(fields[0]).classes == 0)
    turnChannelsFirst(read, shapeOf(fields[0]));
  auto array = std::make_shared<const Array>(std::move(read));
  int64_t first = 0;
  for (uint32_t index : fields) {
    int64_t elements = elementCount(shapeOf(index));
    take(index, binding, array, {first, elements}, faults);
    first += elements;
  }
}

void DataSet::note(const Binding &binding, const std::vector<int64_t> &shape, Element element, uint32_t sum) {
  std::vector<std::string> flipped;
  std::ranges::copy_if(binding.fields, std::back_inserter(flipped),
                       [&](const std::string &name) { return std::ranges::count(binding.flipped, name) > 0; });
  files.push_back({binding.fields,
                   binding.path,
                   binding.columns,
                   shape,
                   elementName(element),
                   fmt::format("crc32 {:08x}", sum),
                   {},
                   std::move(flipped),
                   binding.skips,
                   0});
}

void DataSet::take(uint32_t index, const Binding &binding, std::shared_ptr<const Array> array, Slice slice,
                   Faults &faults) {
  const agon_field &field = instance.model().fields[index];
  Column &column = columns[index];
  column.array = std::move(array);
  column.slice = slice;
  if (std::ranges::count(binding.flipped, field.name)) {
    auto shape = instance.recordShape(instance.cell(field.cell));
    if (field.classes > 0 || shape.size() < 2 || shape.size() > 3)
      fail(ExitCode::Usage, "--flip {}: expected a field of pictures, [c, h, w] or [h, w], got {}", field.name,
           field.classes > 0 ? fmt::format("class({})", field.classes) : shapeText(shape));
    column.rowElements = shape.back();
  }
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

/// The classes of a collection that a field takes: where there are several kinds, that of as many as it has.
static const Collection::Labels &classesFor(const Collection &collection, const std::string &path,
                                            const agon_field &field) {
  if (collection.labels.empty())
    fail(ExitCode::BadData, "{}: some of its pictures lie in no folder that would tell the class of {}", path,
         field.name);
  auto fits = [&](const Collection::Labels &labels) {
    return std::ranges::all_of(labels.numbers, [&](int32_t number) { return number < field.classes; });
  };
  auto found = std::ranges::find_if(collection.labels, [&](const Collection::Labels &labels) {
    return labels.names.empty() ? fits(labels) : labels.names.size() == size_t(field.classes);
  });
  return found == collection.labels.end() ? collection.labels[0] : *found;
}

/// The class of each record that was kept, of all those that have `names`.
static Array arrayOf(const Collection::Labels &labels, const std::vector<std::string> &names,
                     std::shared_ptr<const std::vector<std::string>> kept, const std::string &path) {
  std::vector<int32_t> numbers;
  for (size_t i = 0; i < names.size() && numbers.size() < kept->size(); ++i)
    if (names[i] == (*kept)[numbers.size()])
      numbers.push_back(labels.numbers[i]);
  Array array;
  array.path = path;
  array.element = Element::I32;
  array.shape = {int64_t(numbers.size())};
  array.names = std::move(kept);
  array.storage.resize(numbers.size() * sizeof(int32_t));
  std::memcpy(array.storage.data(), numbers.data(), array.storage.size());
  return array;
}

Array DataSet::readWhole(const Binding &binding, const Collection &collection, std::span<const int64_t> wanted,
                         Binder &binder, int64_t &skipped) {
  if (!collection.picture || binding.skips == 0)
    return readRecords(collection, binding.path, wanted, binder.means, binder.faults, noteTexts);
  Faults damaged(Faults::Told::Undecodable);
  Array array = readRecords(collection, binding.path, wanted, binder.means, damaged, noteTexts);
  skipped = damaged.count();
  std::string count = fmt::format("{} of {} pictures cannot be decoded", skipped, collection.size());
  if (double(skipped) > binding.skips * double(collection.size()) || array.records() == 0)
    fail(ExitCode::BadData, "{}: {}, more than --skip-damaged {} leaves out: {}", binding.path, count, binding.skips,
         damaged.first()[0]);
  if (skipped > 0)
    warningTexts.push_back(fmt::format("{}: {} and are left out", binding.path, count));
  warningTexts.insert(warningTexts.end(), damaged.first().begin(), damaged.first().end());
  if (size_t shown = damaged.first().size(); shown < size_t(skipped))
    warningTexts.push_back(fmt::format("{}: and {} more", binding.path, size_t(skipped) - shown));
  return array;
}

void DataSet::tellOfClasses(const std::string &path, const agon_field &label, const std::vector<std::string> &names) {
  if (names.empty())
    return;
  if (names.size() > size_t(label.classes))
    fail(ExitCode::BadData, "{}: its records are of {} classes, {} has {}", path, names.size(), label.name,
         label.classes);
  if (names.size() < size_t(label.classes))
    noteTexts.push_back(fmt::format("{}: its records are of {} classes, {} has {}: 0 is {}, the last one, {}, {}", path,
                                    names.size(), label.name, label.classes, shownText(names.front()), names.size() - 1,
                                    shownText(names.back())));
}

void DataSet::bindCollection(const Binding &binding, const std::vector<std::string> &files,
                             const std::vector<uint32_t> &fields, Binder &binder) {
  const agon_model &model = instance.model();
  const agon_field *image = nullptr, *label = nullptr;
  for (uint32_t index : fields)
    (field(index).classes > 0 ? label : image) = &model.fields[index];
  if (fields.size() > 2 || (fields.size() == 2 && !(image && label)))
    fail(ExitCode::Usage,
         "{}: a folder or archive gives one field its records and one, of classes, theirs: --data x=PATH or "
         "--data x,y=PATH",
         binding.path);
  auto shapeOf = [&](const agon_field &of) { return instance.recordShape(instance.cell(of.cell)); };
  Binder::Key key{binding.path, binding.columns};
  auto [found, isNew] = binder.collections.try_emplace(key);
  if (isNew) {
    found->second = openCollection(binding.path, files, binding.columns, binder.means);
    noteTexts.insert(noteTexts.end(), found->second.notes.begin(), found->second.notes.end());
  }
  const Collection &collection = found->second;
  Binder::Decoded *records = nullptr;
  std::shared_ptr<const Array> labels;
  const Collection::Labels *classes = nullptr;
  if (image) {
    auto shape = shapeOf(*image);
    records = &binder.decoded[{key, {shape.begin(), shape.end()}}];
    if (!records->array) {
      Array read = readWhole(binding, collection, shape, binder, records->skipped);
      records->shape = read.shape;
      records->sum = sumOf(read, 0);
      const std::vector<int64_t> &s = records->shape; // of pictures [n, h, w, c]
      turnChannelsFirst(read,
                        collection.picture ? std::vector{s[3], s[1], s[2]} : std::vector(shape.begin(), shape.end()));
      records->array = std::make_shared<const Array>(std::move(read));
    }
  }
  if (label) {
    classes = &classesFor(collection, binding.path, *label);
    labels = std::make_shared<const Array>(
        arrayOf(*classes, *collection.names, image && binding.skips > 0 ? records->array->names : collection.names,
                binding.path));
  }
  uint32_t sum = image ? records->sum : 0;
  note(binding, image ? records->shape : labels->shape, image ? records->array->element : labels->element,
       labels ? sumOf(*labels, sum) : sum);
  if (image) {
    this->files.back().skipped = records->skipped;
    auto shape = shapeOf(*image);
    int64_t wanted = elementCount(shape);
    const std::vector<int64_t> &s = records->shape;
    if (records->array->records() > 0 && records->array->recordElements() != wanted)
      fail(ExitCode::BadData, "{}: {} expects records of {}, got {}", binding.path, image->name, shapeText(shape),
           collection.array ? shapeText(std::span(s).subspan(1))
                            : fmt::format("pictures of {} x {} pixels and {} channels", s[2], s[1], s[3]));
    take(uint32_t(image - model.fields), binding, records->array, {0, wanted}, binder.faults);
  }
  if (!label)
    return;
  columns[size_t(label - model.fields)].classNames = classes->names;
  this->files.back().classes = classes->names;
  tellOfClasses(binding.path, *label, classes->names);
  take(uint32_t(label - model.fields), binding, labels, {0, 1}, binder.faults);
}

/// Copies what is mapped into memory, where it may be changed.
static void takeOutOfFiles(Array &array) {
  std::vector<Array *> mapped;
  size_t bytes = 0;
  auto note = [&](Array &each) {
    if (!each.mapping)
      return;
    mapped.push_back(&each);
    bytes += size_t(each.records()) * each.recordBytes();
  };
  note(array);
  std::ranges::for_each(array.pieces, note);
  if (mapped.empty())
    return;
  if (uint64_t available = availableMemory(); bytes > available)
    fail(ExitCode::Unavailable, "{}: to turn its channels first takes {}, {} are available; {}", array.path,
         bytesText(bytes), bytesText(available), cacheAdvice);
  for (Array *each : mapped) {
    each->storage.assign(each->data(), each->data() + size_t(each->records()) * each->recordBytes());
    each->mapping = nullptr;
    each->offset = 0;
  }
}

void DataSet::turnChannelsFirst(Array &array, std::span<const int64_t> wanted) const {
  const std::vector<int64_t> s = array.shape;
  bool turned =
      wanted.size() == 3 && s.size() == 4 && s[1] == wanted[1] && s[2] == wanted[2] && s[3] == wanted[0] && s[3] > 1;
  if (!turned || std::equal(wanted.begin(), wanted.end(), s.begin() + 1))
    return;
  takeOutOfFiles(array);
  int64_t pixels = s[1] * s[2], channels = s[3];
  size_t recordBytes = array.recordBytes();
  array.shape = {s[0], channels, s[1], s[2]};
  dispatch(array.element, [&](auto zero) {
    parallelFor(size_t(s[0]), instance.threads(), [&](size_t record) {
      std::byte *to = array.record(int64_t(record));
      const Bytes before(to, to + recordBytes);
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t p = 0; p < pixels; ++p, to += sizeof(zero))
          std::memcpy(to, before.data() + size_t(p * channels + c) * sizeof(zero), sizeof(zero));
    });
  });
}
