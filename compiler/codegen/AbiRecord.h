//===- AbiRecord.h - What the ABI's structs are made of ---------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// runtime/abi/agon_abi.h is the only description of its structs: where a field
// lies and what type it has is asked of the struct itself, by the member's
// name, and how many fields there are is counted. So the compiler cannot
// disagree with the runtime, and a field that is added but not written does
// not compile.
//===----------------------------------------------------------------------===//
#ifndef AGON_COMPILER_CODEGEN_ABIRECORD_H
#define AGON_COMPILER_CODEGEN_ABIRECORD_H

#include "runtime/abi/agon_abi.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"

#include <array>
#include <cstddef>

namespace agon::codegen::abi {

namespace detail {
struct Anything {
  template <typename T> operator T() const;
};
template <typename Struct, typename... Fields> constexpr size_t countFields() {
  if constexpr (requires { Struct{Fields()..., Anything()}; })
    return countFields<Struct, Fields..., Anything>();
  else
    return sizeof...(Fields);
}
template <typename> struct Member;
template <typename S, typename T> struct Member<T S::*> {
  using Struct = S;
  using Type = T;
};
} // namespace detail

/// How many fields a struct has.
template <typename Struct> constexpr size_t fieldCount = detail::countFields<Struct>();

template <auto member> using StructOf = typename detail::Member<decltype(member)>::Struct;
template <auto member> using TypeOf = typename detail::Member<decltype(member)>::Type;

/// Bytes from the struct's start to a field: `offsetOf<&agon_frame::arena>()`.
template <auto member> size_t offsetOf() {
  static const StructOf<member> object{};
  return size_t(reinterpret_cast<const char *>(&(object.*member)) - reinterpret_cast<const char *>(&object));
}

/// One field of `Struct` and what is written there: a constant of LLVM's, a value of MLIR's.
template <typename Struct, typename Value> struct Field {
  size_t offset;
  Value value;
};

/// The values in the order of the struct, which must have exactly these fields.
template <typename Struct, typename Value, size_t n>
std::array<Value, n> inOrder(const Field<Struct, Value> (&fields)[n]) {
  static_assert(n == fieldCount<Struct>, "every field is written, and each once");
  std::array<const Field<Struct, Value> *, n> sorted;
  std::array<Value, n> values;
  for (size_t i = 0; i < n; ++i)
    sorted[i] = &fields[i];
  llvm::sort(sorted, [](auto *a, auto *b) { return a->offset < b->offset; });
  for (size_t i = 0; i < n; ++i) {
    if (i && sorted[i]->offset == sorted[i - 1]->offset)
      llvm::report_fatal_error("a field of the ABI is written twice");
    values[i] = sorted[i]->value;
  }
  return values;
}

} // namespace agon::codegen::abi
#endif
