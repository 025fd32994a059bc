//===- Generators.h - What `sample` and `apply` can run --------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_GENERATORS_H
#define AGON_FRONTEND_SEMA_GAME_GENERATORS_H

#include "frontend/sema/Model.h"

namespace agon::sema {

/// Finds the networks of a game that `sample` can run, and behind them those that `apply` can.
void findGenerators(Game &game);

} // namespace agon::sema
#endif
