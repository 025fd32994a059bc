//===- CellView.h - The elements of a cell, on the host ---------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_CELLVIEW_H
#define AGON_RUNTIME_CORE_CELLVIEW_H

#include "runtime/abi/agon_abi.h"
#include "runtime/device/Staged.h"

#include <span>

namespace agon::rt {

/// A cell's elements to read, counted as they are stored.
class CellReading : public StagedRead {
public:
  CellReading(const Device &device, const std::byte *place, size_t bytes, uint32_t dtype)
      : StagedRead(device, place, bytes), dtype(dtype) {}

  /// An element of any dtype as a number.
  double operator[](int64_t index) const {
    switch (dtype) {
    case AGON_F32:
      return double(reinterpret_cast<const float *>(data())[index]);
    case AGON_F64:
      return reinterpret_cast<const double *>(data())[index];
    case AGON_I32:
      return double(reinterpret_cast<const int32_t *>(data())[index]);
    default:
      return double(reinterpret_cast<const int64_t *>(data())[index]);
    }
  }
  /// All of them; T must be the dtype.
  template <typename T> std::span<const T> as() const {
    return {reinterpret_cast<const T *>(data()), size() / sizeof(T)};
  }

private:
  uint32_t dtype;
};

/// A cell's elements to write, counted as they are stored; they reach the device when the view ends.
class CellWriting : public StagedWrite {
public:
  CellWriting(const Device &device, std::byte *place, size_t bytes, uint32_t dtype, Before before)
      : StagedWrite(device, place, bytes, before), dtype(dtype) {}

  /// Sets an element of any dtype.
  void set(int64_t index, double value) const {
    switch (dtype) {
    case AGON_F32:
      reinterpret_cast<float *>(data())[index] = float(value);
      break;
    case AGON_F64:
      reinterpret_cast<double *>(data())[index] = value;
      break;
    case AGON_I32:
      reinterpret_cast<int32_t *>(data())[index] = int32_t(value);
      break;
    default:
      reinterpret_cast<int64_t *>(data())[index] = int64_t(value);
    }
  }
  /// All of them; T must be the dtype.
  template <typename T> std::span<T> as() const { return {reinterpret_cast<T *>(data()), size() / sizeof(T)}; }

private:
  uint32_t dtype;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_CELLVIEW_H
