//===- Dependence.h - Whether a value depends on another ---------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GRAPH_DEPENDENCE_H
#define AGON_FRONTEND_SEMA_GRAPH_DEPENDENCE_H

#include "frontend/sema/Model.h"
#include <unordered_set>

namespace agon::sema {

/// Whether a derivative passes from the node's operand `i`.
bool passesDerivative(const Node &node, size_t i);

/// Whether a derivative of `node` with respect to `on` can be other than zero.
bool dependsOn(const Node *node, const Node *on);

/// All that `roots` are computed from, themselves included, but nothing beyond `stops`.
std::unordered_set<const Node *> reach(const std::vector<Node *> &roots, const std::vector<Node *> &stops = {});

} // namespace agon::sema
#endif
