//===- Builtin.cpp - What a built-in function is ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/graph/Builtin.h"
#include <algorithm>

namespace agon::sema {

Signature::Signature(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    size_t end = std::min(text.find(' ', i), text.size());
    std::string name(text.substr(i, end - i));
    i = end + 1;
    if (name.back() == '*') {
      variadic = true;
      continue;
    }
    optional.push_back(name.back() == '?');
    if (optional.back())
      name.pop_back();
    names.push_back(name);
  }
  while (positional < names.size() && !(variadic && optional[positional]))
    ++positional;
}

} // namespace agon::sema
