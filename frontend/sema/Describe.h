//===- Describe.h - What tells two versions of a model apart -----*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_DESCRIBE_H
#define AGON_FRONTEND_SEMA_DESCRIBE_H

#include "frontend/sema/Model.h"

namespace agon::sema {

/// One thing of a model that another version of it may have otherwise. The contents come from the
/// elaborated model: constants are numbers in them, the library's code is expanded, and neither
/// comments nor the file's name are there.
struct Part {
  std::string what;              ///< "objective of D", "constant rate".
  std::string text;              ///< As written, for people.
  std::string meaning;           ///< What weights mean rests on this; empty: they mean the same whatever it is.
  std::string training;          ///< The course of training rests on this; empty: it does not.
  std::string network;           ///< The network whose weights `meaning` is about.
  std::vector<std::string> uses; ///< The networks that it applies.
};

/// All parts, constants first. `model` has a game.
std::vector<Part> describe(const Model &model);

} // namespace agon::sema
#endif
