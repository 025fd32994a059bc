//===- WeightsItems.h - Weights that are read from files --------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_WEIGHTSITEMS_H
#define AGON_FRONTEND_SEMA_GAME_WEIGHTSITEMS_H

#include "frontend/sema/eval/Networks.h"

namespace agon::sema {

/// The items `frozen F from "FILE"` and `init G from "FILE"` of a game.
class WeightsItems : public Reporting {
public:
  explicit WeightsItems(Networks &networks) : Reporting(networks.reporter), networks(networks) {}

  /// Sets the network's `weights`. What the game applies is elaborated before.
  void elaborate(const syntax::GameItem &item);

private:
  Networks &networks;
};

} // namespace agon::sema
#endif
