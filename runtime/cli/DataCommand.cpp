//===- DataCommand.cpp - data ---------------------------------------------===//
#include "runtime/cli/Commands.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/data/Survey.h"
#include "runtime/io/JsonNumber.h"
#include "support/Shown.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>

using namespace agon::rt;
using agon::support::shown;
using Json = nlohmann::ordered_json;

namespace {

/// Records of a field that a contact sheet shows, and classes that are listed one by one.
constexpr int64_t sheetRecords = 64, listedClasses = 20;

/// The report on what a command line binds.
class Report {
public:
  Report(const DataSet &data, const Instance &instance) : data(data), instance(instance) {
    for (uint32_t f = 0; f < instance.model().num_fields; ++f)
      if (data.isBoundField(f))
        fields.push_back({f, surveyOf(data, f), sourceOf(f)});
  }

  void print() const;
  Json json() const;
  /// Records of all fields that are pictures, below each other. \throws Failure (Usage) where none is.
  Image sheet() const;

private:
  struct Field {
    uint32_t index;
    Survey survey;
    const DataSet::Source *source;
  };

  const DataSet::Source *sourceOf(uint32_t field) const {
    return &*std::ranges::find_if(data.sources(), [&](const DataSet::Source &source) {
      return std::ranges::count(source.fields, data.field(field).name) > 0;
    });
  }
  std::span<const int64_t> shapeOf(uint32_t field) const {
    return instance.recordShape(instance.cell(data.field(field).cell));
  }
  std::string typeOf(uint32_t field) const;
  std::string className(const Field &field, size_t number) const;
  void printClasses(const Field &field) const;
  std::vector<int64_t> shownRecords(const Field &field) const;

  const DataSet &data;
  const Instance &instance;
  std::vector<Field> fields;
};

template <typename... Args> void line(fmt::format_string<Args...> format, Args &&...args) {
  std::printf("%s\n", shown(fmt::format(format, std::forward<Args>(args)...)).c_str());
}

/// What the game makes of a record: "[1, 28, 28] in (-1, 1)", "class(10)".
std::string Report::typeOf(uint32_t field) const {
  const agon_field &of = data.field(field);
  if (of.classes > 0)
    return fmt::format("class({})", of.classes);
  return shapeText(shapeOf(field)) + (of.has_range ? fmt::format(" in ({}, {})", of.low, of.high) : "");
}

/// A class by its number and, where the data tells, its name.
std::string Report::className(const Field &field, size_t number) const {
  const std::vector<std::string> &names = data.classNames(field.index);
  return number < names.size() ? fmt::format("{} {}", number, names[number]) : std::to_string(number);
}

void Report::printClasses(const Field &field) const {
  const std::vector<int64_t> &counts = field.survey.classes;
  auto share = [&](int64_t count) {
    return 100.0 * double(count) / double(std::max<int64_t>(field.survey.records, 1));
  };
  if (int64_t(counts.size()) > listedClasses) {
    auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    line("  classes     {}, from {} records ({}) to {} ({}); {} of them have none", counts.size(), *least,
         className(field, size_t(least - counts.begin())), *most, className(field, size_t(most - counts.begin())),
         std::ranges::count(counts, 0));
    return;
  }
  for (size_t i = 0; i < counts.size(); ++i)
    line("  {}{:<20} {:>9}  {:5.1f} %", i ? "            " : "classes     ", className(field, i), counts[i],
         share(counts[i]));
}

void Report::print() const {
  for (const Field &field : fields) {
    const Survey &survey = field.survey;
    const Array &array = data.bound(field.index).array;
    std::span<const int64_t> stored(field.source->fields.size() == 1 ? field.source->shape : array.shape);
    line("{}: {}", data.field(field.index).name, field.source->path);
    line("  records     {}, stored as {} {}, taken as {}", survey.records, elementName(array.element),
         shapeText(stored.subspan(1)), typeOf(field.index));
    if (data.field(field.index).classes > 0) {
      printClasses(field);
      continue;
    }
    line("  numbers     {:.6g} to {:.6g}, mean {:.6g}, standard deviation {:.6g}", survey.low, survey.high, survey.mean,
         survey.deviation);
    if (!survey.notFinite.empty())
      line("  not finite  {} NaN and {} infinite, first at {}", survey.nans, survey.infinities,
           fmt::join(survey.notFinite, "; "));
    if (survey.firstDuplicate)
      line("  duplicates  {} equal to an earlier record; the first: {} is {}", survey.duplicates,
           array.place(survey.firstDuplicate->first, 0), array.place(survey.firstDuplicate->second, 0));
    else
      line("  duplicates  none");
  }
}

Json Report::json() const {
  Json all = Json::array();
  for (const Field &field : fields) {
    const Survey &survey = field.survey;
    const agon_field &of = data.field(field.index);
    auto shape = shapeOf(field.index);
    Json entry = {{"name", of.name}, {"path", field.source->path}, {"records", survey.records}};
    entry["stored"] = {{"shape", field.source->shape}, {"element", field.source->element}};
    entry["shape"] = std::vector<int64_t>(shape.begin(), shape.end());
    if (of.has_range)
      entry["range"] = {jsonNumber(of.low), jsonNumber(of.high)};
    if (of.classes > 0) {
      entry["classes"] = Json::array();
      const std::vector<std::string> &names = data.classNames(field.index);
      for (size_t i = 0; i < survey.classes.size(); ++i)
        entry["classes"].push_back({{"class", i},
                                    {"name", i < names.size() ? Json(names[i]) : Json(nullptr)},
                                    {"records", survey.classes[i]}});
    } else {
      entry["least"] = jsonNumber(survey.low);
      entry["greatest"] = jsonNumber(survey.high);
      entry["mean"] = jsonNumber(survey.mean);
      entry["deviation"] = jsonNumber(survey.deviation);
      entry["nan"] = survey.nans;
      entry["infinite"] = survey.infinities;
      entry["not_finite"] = survey.notFinite;
      entry["duplicates"] = survey.duplicates;
      entry["first_duplicate"] =
          survey.firstDuplicate ? Json{survey.firstDuplicate->first, survey.firstDuplicate->second} : Json(nullptr);
    }
    all.push_back(entry);
  }
  return all;
}

/// Records that lie evenly over the set; where these have classes, in their order.
std::vector<int64_t> Report::shownRecords(const Field &field) const {
  int64_t all = field.survey.records, count = std::min(all, sheetRecords);
  std::vector<int64_t> records;
  for (int64_t i = 0; i < count; ++i)
    records.push_back(i * all / count);
  for (const Field &label : fields)
    if (data.field(label.index).classes > 0 && data.field(label.index).group == data.field(field.index).group)
      std::ranges::stable_sort(records, {}, [&](int64_t record) {
        double number;
        data.read(label.index, record, &number);
        return number;
      });
  return records;
}

Image Report::sheet() const {
  constexpr int64_t gap = 8;
  std::vector<Image> grids;
  for (const Field &field : fields) {
    const agon_field &of = data.field(field.index);
    auto shape = shapeOf(field.index);
    if (of.classes > 0 || pictureKind(shape) != PictureKind::Images)
      continue;
    Samples samples;
    samples.shape.assign(shape.begin(), shape.end());
    for (int64_t record : shownRecords(field)) {
      samples.values.resize(size_t((samples.count + 1) * samples.elements()));
      data.read(field.index, record, samples.values.data() + samples.count * samples.elements());
      ++samples.count;
    }
    Backdrop backdrop;
    backdrop.hasRange = of.has_range != 0;
    backdrop.low = of.low;
    backdrop.high = of.high;
    grids.push_back(imageGrid(samples, backdrop));
  }
  if (grids.empty())
    fail(ExitCode::Usage, "-o: none of the fields that --data binds is of pictures, [c, h, w] or [h, w]");
  int64_t width = 0, height = -gap;
  int channels = 1;
  for (const Image &grid : grids) {
    width = std::max(width, grid.width);
    height += grid.height + gap;
    channels = std::max(channels, grid.channels);
  }
  Image whole(width, height, channels, 255);
  int64_t top = 0;
  for (Image &grid : grids) {
    for (int64_t y = 0; y < grid.height; ++y)
      for (int64_t x = 0; x < grid.width; ++x)
        for (int c = 0; c < channels; ++c)
          whole.at(x, top + y)[c] = grid.at(x, y)[std::min(c, grid.channels - 1)];
    top += grid.height + gap;
  }
  return whole;
}

} // namespace

int agon::rt::dataCommand(const agon_model &model, const DataOptions &options) {
  requireOutput();
  if (options.data.empty())
    fail(ExitCode::Usage, "data looks at what --data binds; give --data FIELD=PATH");
  if (!options.output.empty() && !options.output.ends_with(".png"))
    fail(ExitCode::Usage, "expected an output file that ends in .png, got {}", options.output);
  if (!options.force && isOfAnotherKind(options.output, "\x89PNG"))
    fail(ExitCode::Usage, "{} exists and is of another kind; replace it with --force", options.output);
  Instance instance(model, openCpu(threadCount(options.threads)), Instance::Memory::None);
  Faults faults(Faults::Told::All);
  std::vector<Binding> bindings;
  for (const std::string &text : options.data) {
    bindings.push_back(parseBinding(text));
    bindings.back().skips = options.skipDamaged;
  }
  DataSet data(instance, bindings, 0, {Opening::Fields::Any, &faults, options.dataCache});
  Report report(data, instance);
  std::vector<std::string> notes = data.notes();
  notes.insert(notes.end(), data.warnings().begin(), data.warnings().end());
  if (options.json) {
    Json all = {{"game", model.name}, {"fields", report.json()}, {"notes", notes}};
    all["faults"] = faults.count();
    all["first_faults"] = faults.first();
    std::printf("%s\n", all.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
  } else {
    report.print();
    for (const std::string &note : notes)
      line("note: {}", note);
  }
  finishOutput();
  if (faults.count() > 0) {
    std::string list = fmt::format("\n  {}", fmt::join(faults.first(), "\n  "));
    if (int64_t more = faults.count() - int64_t(faults.first().size()))
      list += fmt::format("\n  and {} more", more);
    fail(ExitCode::BadData, "the data has {} {}, listed below{}", faults.count(),
         faults.count() == 1 ? "fault" : "faults", list);
  }
  if (!options.output.empty())
    writePng(report.sheet(), options.output);
  return int(ExitCode::Done);
}
