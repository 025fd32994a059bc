//===- Library.h - The standard library's text -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_STD_LIBRARY_H
#define AGON_FRONTEND_STD_LIBRARY_H

#include <string>
#include <utility>
#include <vector>

namespace agon::library {

/// The files of frontend/std, as (name, text): ("layers.agon", ...).
const std::vector<std::pair<std::string, std::string>> &standardLibrary();

} // namespace agon::library
#endif
