#include "runtime/core/Instance.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Permute.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace agon::rt;

size_t agon::rt::dtypeBytes(uint32_t dtype) {
  switch (dtype) {
#define KIND(NAME, BYTES, NUMBER, WORD)                                                                                \
  case AGON_##NAME:                                                                                                    \
    return BYTES;
    AGON_DTYPES(KIND)
#undef KIND
  }
  return 8;
}

const char *agon::rt::dtypeName(uint32_t dtype) {
  switch (dtype) {
#define KIND(NAME, BYTES, NUMBER, WORD)                                                                                \
  case AGON_##NAME:                                                                                                    \
    return WORD;
    AGON_DTYPES(KIND)
#undef KIND
  }
  return "?";
}

std::string agon::rt::shapeText(std::span<const int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), ", "));
}

std::string agon::rt::placeText(int64_t element, std::span<const int64_t> shape) {
  std::vector<int64_t> place(shape.size());
  for (size_t axis = place.size(); axis-- > 0; element /= shape[axis])
    place[axis] = element % shape[axis];
  return shapeText(place);
}

int64_t agon::rt::elementCount(std::span<const int64_t> shape) {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

namespace {
/// The version must be checked before anything else of the table is read.
const agon_model &checked(const agon_model &model, const Device &device) {
  if (model.abi_version != AGON_ABI_VERSION)
    fail(ExitCode::Internal, "expected a model of ABI version {}, got {}; compile the game again", AGON_ABI_VERSION,
         model.abi_version);
  for (const char *const *feature = model.cpu_features; feature && *feature; ++feature)
    if (!device.supports(device.self, *feature))
      fail(ExitCode::Internal,
           "this binary was compiled for {} and needs {}, which this processor lacks; compile it "
           "with --march=portable, for AVX2 with FMA and better",
           model.target, *feature);
  return model;
}
} // namespace

Instance::Instance(const agon_model &model, std::shared_ptr<const Device> device, Memory memory)
    : table(checked(model, *device)), onDevice(std::move(device)), arena(nullptr), frame{} {
  checkTable();
  arena = onDevice->allocate(onDevice->self, memory == Memory::None ? 64 : std::max<uint64_t>(model.arena_bytes, 64));
  frame = {arena, onDevice->launch, onDevice->copy, onDevice->self, nullptr, nullptr};
  if (memory == Memory::None)
    return;
  for (uint32_t kind : {AGON_CELL_HYPER, AGON_CELL_OBJECTIVE})
    for (uint32_t index : cellsOf(kind))
      write(cell(index), 0, std::numeric_limits<double>::quiet_NaN());
}

Instance::~Instance() { onDevice->release(onDevice->self, arena); }

void Instance::checkTable() const {
  auto broken = [](const char *what, const char *name) {
    fail(ExitCode::Internal, "the model's table is inconsistent: {} '{}'", what, name);
  };
  for (uint32_t i = 0; i < table.num_cells; ++i) {
    const agon_cell &c = cell(i);
    if (c.kind >= AGON_NUM_CELL_KINDS || c.dtype >= AGON_NUM_DTYPES)
      broken("unknown kind or element type of cell", c.name);
    for (int64_t extent : shape(c))
      if (extent < 0)
        broken("negative extent of cell", c.name);
    if (c.order && !isPermutation({c.order, c.rank}))
      broken("order of cell", c.name);
    if (c.offset % 64 != 0 || c.offset > table.cell_bytes || bytes(c) > table.cell_bytes - c.offset)
      broken("misplaced cell", c.name);
  }
  if (table.cell_bytes > table.arena_bytes || table.key_cell >= table.num_cells ||
      cell(table.key_cell).dtype != AGON_I64 || count(cell(table.key_cell)) != 2)
    broken("key cell of game", table.name);
  for (uint32_t i = 0; i < table.num_functions; ++i)
    for (uint32_t r = 0; r < function(i).num_reads; ++r)
      if (function(i).reads[r] >= table.num_cells)
        broken("reads of function", function(i).name);
  for (uint32_t i = 0; i < table.num_functions; ++i)
    for (uint32_t r = 0; r < function(i).num_regions; ++r)
      if (const agon_launch *launch = function(i).regions[r].launch;
          launch && (launch->space != onDevice->space || launch->scratch > AGON_KERNEL_STACK_BYTES))
        broken("launches of function", function(i).name);
  for (uint32_t i = 0; i < table.num_fields; ++i) {
    const agon_field &field = table.fields[i];
    if (field.cell >= table.num_cells || field.group >= table.num_groups || cell(field.cell).rank < 1 ||
        cell(field.cell).shape[0] != table.batch)
      broken("data field", field.name);
    if (field.expand && (field.expand->space != onDevice->space || field.expand->arguments != 3 ||
                         field.numbers % 64 != 0 || field.numbers > table.arena_bytes ||
                         256 * dtypeBytes(cell(field.cell).dtype) > table.arena_bytes - field.numbers))
      broken("numbers of data field", field.name);
  }
  for (uint32_t i = 0; i < table.num_schedule; ++i)
    if (table.schedule[i] >= table.num_functions || table.every[i] == 0)
      broken("schedule of game", table.name);
  for (uint32_t i = 0; i < table.num_repeats; ++i)
    if (const agon_repeat &repeat = table.repeats[i]; repeat.first >= table.num_schedule || repeat.length == 0 ||
                                                      repeat.length > table.num_schedule - repeat.first ||
                                                      repeat.rounds >= table.num_cells)
      broken("repeats of game", table.name);
}

void Instance::copyOut(const agon_cell &cell, std::byte *to) const {
  if (!cell.order) {
    onDevice->download(onDevice->self, to, place(cell), bytes(cell));
    return;
  }
  std::vector<int64_t> storedShape(cell.rank);
  std::vector<uint32_t> back(cell.rank);
  for (uint32_t i = 0; i < cell.rank; ++i) {
    storedShape[i] = cell.shape[cell.order[i]];
    back[cell.order[i]] = i;
  }
  permute(reading(cell).data(), to, storedShape, back, dtypeBytes(cell.dtype));
}

void Instance::copyIn(const agon_cell &cell, const std::byte *from) const {
  if (cell.order)
    permute(from, writing(cell).data(), shape(cell), {cell.order, cell.rank}, dtypeBytes(cell.dtype));
  else
    onDevice->upload(onDevice->self, place(cell), from, bytes(cell));
}

double Instance::read(const agon_cell &cell, int64_t index) const {
  size_t each = dtypeBytes(cell.dtype);
  return CellReading(device(), place(cell) + size_t(index) * each, each, cell.dtype)[0];
}

void Instance::write(const agon_cell &cell, int64_t index, double value) const {
  size_t each = dtypeBytes(cell.dtype);
  CellWriting(device(), place(cell) + size_t(index) * each, each, cell.dtype, CellWriting::Before::Replaced)
      .set(0, value);
}

void Instance::saveCells(std::vector<std::byte> &to) const {
  to.resize(table.cell_bytes);
  onDevice->download(onDevice->self, to.data(), arena, to.size());
}

void Instance::restoreCells(const std::vector<std::byte> &from) const {
  onDevice->upload(onDevice->self, arena, from.data(), from.size());
}

int Instance::findCell(uint32_t kind, std::string_view name) const {
  for (uint32_t i = 0; i < table.num_cells; ++i)
    if (cell(i).kind == kind && name == cell(i).name)
      return int(i);
  return -1;
}

std::vector<uint32_t> Instance::cellsOf(uint32_t kind) const {
  std::vector<uint32_t> result;
  for (uint32_t i = 0; i < table.num_cells; ++i)
    if (cell(i).kind == kind)
      result.push_back(i);
  return result;
}

int Instance::findNetwork(std::string_view name) const {
  for (uint32_t n = 0; n < table.num_networks; ++n)
    if (name == table.networks[n].name)
      return int(n);
  return -1;
}

std::vector<uint32_t> Instance::weightsOf(uint32_t network) const {
  std::vector<uint32_t> result;
  for (uint32_t i = 0; i < table.num_cells; ++i) {
    if (cell(i).kind > AGON_CELL_STATE)
      continue;
    // Networks G and G.up: "G.up.W" is of the longer name.
    int owner = -1;
    std::string_view name = cell(i).name;
    for (size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1))
      if (int found = findNetwork(name.substr(0, dot)); found >= 0)
        owner = found;
    if (owner == int(network))
      result.push_back(i);
  }
  return result;
}

std::vector<std::pair<uint32_t, uint32_t>> Instance::shadowsOf(const agon_average &average) const {
  std::vector<std::pair<uint32_t, uint32_t>> result;
  size_t prefix = std::string_view(table.networks[average.network].name).size();
  for (uint32_t index : weightsOf(average.network)) {
    std::string shadow = fmt::format("average.{}{}", average.name, cell(index).name + prefix);
    if (int found = findCell(cell(index).kind, shadow); found >= 0)
      result.emplace_back(index, uint32_t(found));
  }
  return result;
}

void Instance::startAverage(const agon_average &average) const {
  std::vector<std::byte> elements;
  for (auto [index, shadow] : shadowsOf(average)) {
    elements.resize(bytes(cell(index)));
    copyOut(cell(index), elements.data());
    copyIn(cell(shadow), elements.data());
  }
}

int Instance::findFunction(uint32_t kind, int32_t subject) const {
  for (uint32_t i = 0; i < table.num_functions; ++i)
    if (function(i).kind == kind && function(i).subject == subject)
      return int(i);
  return -1;
}

bool Instance::reads(const agon_function &function, uint32_t cell) const {
  const uint32_t *end = function.reads + function.num_reads;
  return std::find(function.reads, end, cell) != end;
}

bool Instance::readsGroup(const agon_function &function, uint32_t group) const {
  for (uint32_t i = 0; i < table.num_fields; ++i)
    if (table.fields[i].group == group && reads(function, table.fields[i].cell))
      return true;
  return false;
}

void Instance::setKey(int64_t seed, int64_t draw) const {
  CellWriting key = writing(cell(table.key_cell));
  key.as<int64_t>()[0] = seed;
  key.as<int64_t>()[1] = draw;
}
