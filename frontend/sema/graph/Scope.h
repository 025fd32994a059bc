//===- Scope.h - The names of a body ---------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GRAPH_SCOPE_H
#define AGON_FRONTEND_SEMA_GRAPH_SCOPE_H

#include "frontend/sema/graph/Value.h"

namespace agon::sema {

/// The names of one body. A body is flat: `if` and `for` bodies share it.
struct Scope {
  std::vector<std::pair<std::string, Value>> names;
  const Scope *parent = nullptr;
  bool library = false; ///< Names that are not here are looked up in the library alone.

  const Value *find(std::string_view name) const {
    for (auto it = names.rbegin(); it != names.rend(); ++it)
      if (it->first == name)
        return &it->second;
    return nullptr;
  }
  void set(const std::string &name, Value value) {
    for (auto &entry : names)
      if (entry.first == name) {
        entry.second = std::move(value);
        return;
      }
    names.emplace_back(name, std::move(value));
  }
};

} // namespace agon::sema
#endif
