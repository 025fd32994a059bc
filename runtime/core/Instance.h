//===- Instance.h - A model with its memory and threads ---------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_INSTANCE_H
#define AGON_RUNTIME_CORE_INSTANCE_H

#include "runtime/abi/agon_abi.h"
#include "runtime/core/CellView.h"
#include "runtime/core/Profiler.h"
#include "runtime/device/Device.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agon::rt {

/// Bytes of one element.
size_t dtypeBytes(uint32_t dtype);
/// "f32", "f64", "i32", "i64".
const char *dtypeName(uint32_t dtype);
/// "[3, 64, 64]"; "[]" is one number.
std::string shapeText(std::span<const int64_t> shape);
/// "[1, 0, 7]": an element's place, by its number in the order of the shape.
std::string placeText(int64_t element, std::span<const int64_t> shape);
/// The product of a shape's entries.
int64_t elementCount(std::span<const int64_t> shape);

/// Everything needed to call a model's functions: the device, the arena in its
/// memory, and views of cells. Hyperparameter cells start as NaN (the model's
/// own expressions), all others as zero.
class Instance {
public:
  /// \throws Failure (Internal): another ABI version, a table that contradicts
  /// itself, a processor that lacks what the code needs; (Unavailable): no memory.
  /// Without memory only the table may be asked.
  enum class Memory { Arena, None };
  Instance(const agon_model &model, std::shared_ptr<const Device> device, Memory memory = Memory::Arena);
  ~Instance();
  Instance(const Instance &) = delete;
  Instance &operator=(const Instance &) = delete;

  const agon_model &model() const { return table; }
  const agon_cell &cell(uint32_t index) const { return table.cells[index]; }
  const agon_function &function(uint32_t index) const { return table.functions[index]; }
  const Device &device() const { return *onDevice; }
  int threads() const { return onDevice->threads; }

  std::span<const int64_t> shape(const agon_cell &cell) const { return {cell.shape, cell.rank}; }
  /// The shape without the batch axis; DATA and SAMPLE cells only.
  std::span<const int64_t> recordShape(const agon_cell &cell) const { return shape(cell).subspan(cell.rank ? 1 : 0); }
  int64_t count(const agon_cell &cell) const { return elementCount(shape(cell)); }
  size_t bytes(const agon_cell &cell) const { return size_t(count(cell)) * dtypeBytes(cell.dtype); }

  /// The cell's elements as they are stored, to read or to write on the host.
  CellReading reading(const agon_cell &cell) const { return {device(), place(cell), bytes(cell), cell.dtype}; }
  CellWriting writing(const agon_cell &cell, CellWriting::Before before = CellWriting::Before::Replaced) const {
    return {device(), place(cell), bytes(cell), cell.dtype, before};
  }
  /// The cell, whose elements are numbers of the model's `real`, for `Device::judge`.
  Piece piece(const agon_cell &cell) const { return {place(cell), uint64_t(count(cell))}; }
  /// What lies `offset` bytes from the arena's start, to read on the host.
  StagedRead reading(uint64_t offset, size_t bytes) const { return {device(), arena + offset, bytes}; }
  /// Whether the device makes the numbers of a data field of bytes (`expand`), which are then to be had there.
  bool expands(const agon_field &field) const { return field.expand && onDevice->expand; }
  /// The 256 numbers that a byte of the field may stand for.
  CellWriting numbers(const agon_field &field) const {
    uint32_t dtype = cell(field.cell).dtype;
    return {device(), arena + field.numbers, 256 * dtypeBytes(dtype), dtype, CellWriting::Before::Replaced};
  }
  /// Fills the field's cell with the numbers of these bytes, one for each element.
  void expand(const agon_field &field, std::span<const std::byte> bytes) const {
    onDevice->expand(onDevice->self, *field.expand, place(cell(field.cell)), bytes.data(), bytes.size(),
                     arena + field.numbers);
  }
  /// All cells, as bytes that `restoreCells` takes.
  void saveCells(std::vector<std::byte> &to) const;
  void restoreCells(const std::vector<std::byte> &from) const;
  /// Copies the cell's elements, in the order of its shape, to and from `bytes(cell)` bytes.
  void copyOut(const agon_cell &cell, std::byte *to) const;
  void copyIn(const agon_cell &cell, const std::byte *from) const;
  /// The elements in the order of the cell's shape; T must be its dtype.
  template <typename T> std::vector<T> load(const agon_cell &cell) const {
    std::vector<T> elements(size_t(count(cell)));
    copyOut(cell, reinterpret_cast<std::byte *>(elements.data()));
    return elements;
  }
  template <typename T> void store(const agon_cell &cell, std::span<const T> elements) const {
    copyIn(cell, reinterpret_cast<const std::byte *>(elements.data()));
  }
  /// One element of any dtype as a number, counted as stored: not for cells with an order.
  double read(const agon_cell &cell, int64_t index = 0) const;
  void write(const agon_cell &cell, int64_t index, double value) const;

  /// Index of the cell of this kind and name, or -1.
  int findCell(uint32_t kind, std::string_view name) const;
  /// Indices of all cells of a kind, in table order.
  std::vector<uint32_t> cellsOf(uint32_t kind) const;
  /// Indices of a network's parameters and states, in table order.
  std::vector<uint32_t> weightsOf(uint32_t network) const;
  /// The cells of an average's network, each with its shadow.
  std::vector<std::pair<uint32_t, uint32_t>> shadowsOf(const agon_average &average) const;
  /// Makes the shadows what they follow.
  void startAverage(const agon_average &average) const;
  std::span<const agon_average> averages() const { return {table.averages, table.num_averages}; }
  /// Index of the network of this name, or -1.
  int findNetwork(std::string_view name) const;
  /// Index of the first function of a kind with this subject, or -1.
  int findFunction(uint32_t kind, int32_t subject = -1) const;
  /// Whether the function reads the cell.
  bool reads(const agon_function &function, uint32_t cell) const;
  /// Whether the function reads any DATA cell of a record group.
  bool readsGroup(const agon_function &function, uint32_t group) const;
  /// Whether the cell belongs in a checkpoint.
  static bool isPersistent(const agon_cell &cell) { return cell.kind <= AGON_CELL_STEP; }

  void setKey(int64_t seed, int64_t draw) const;
  void call(uint32_t function) const {
    if (profiler) [[unlikely]]
      profiler->call(device(), frame, table.functions[function]);
    else
      table.functions[function].fn(&frame);
  }
  /// Calls the marked version of a function, which must have one, with marks of the caller's.
  void callMarked(const agon_function &function, agon_mark_fn mark, void *context) const {
    agon_frame own = frame;
    own.mark = mark;
    own.profiler = context;
    function.marked(&own);
  }
  /// From now on calls are recorded; null ends it.
  void profile(Profiler *by) { profiler = by; }

  /// Whether the device records calls that come again (`Device::begin`); not while they are profiled.
  bool repeats() const { return onDevice->begin && !profiler; }
  /// Within a list of calls: brings bytes of the arena to the host, to be had by `fetched`.
  void fetch(uint64_t offset, uint64_t bytes) const { onDevice->fetch(onDevice->self, arena + offset, bytes); }
  const std::byte *fetched() const { return onDevice->fetched(onDevice->self); }

private:
  void checkTable() const;
  std::byte *place(const agon_cell &cell) const { return arena + cell.offset; }

  const agon_model &table;
  std::shared_ptr<const Device> onDevice;
  std::byte *arena;
  agon_frame frame;
  Profiler *profiler = nullptr;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_INSTANCE_H
