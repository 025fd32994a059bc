//===- Ownership.h - Who owns what, and depends on it ----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_OWNERSHIP_H
#define AGON_FRONTEND_SEMA_GAME_OWNERSHIP_H

#include "frontend/sema/eval/Networks.h"

namespace agon::sema {

/// Checks of a whole game.
class Ownership : public Reporting {
public:
  Ownership(Networks &networks, Model &model) : Reporting(networks.reporter), networks(networks), model(model) {}

  /// Each network with parameters has one owner, whose objective depends on it.
  void checkOwnership();
  /// A frozen network applies none that moves.
  void checkFrozen();
  /// Parameters are initialised in order of declaration: an initial value may apply networks before its own.
  void checkInitialValues();
  /// Keeps the networks that the game uses, in order of declaration, in the forms that it applies.
  void finishNetworks();

private:
  void checkMove(const Move &move);

  Networks &networks;
  Model &model;
};

} // namespace agon::sema
#endif
