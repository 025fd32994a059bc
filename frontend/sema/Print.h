//===- Print.h - The model as text -------------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_PRINT_H
#define AGON_FRONTEND_SEMA_PRINT_H

#include "frontend/sema/Model.h"
#include <map>

namespace agon::sema {

/// The whole model, a node a line, for tests and for debugging.
std::string print(const Model &model);
/// A turn's body: two turns that print alike do the same.
std::string printTurn(const GameTurn &turn);

/// Stand for the names of noises and definitions, which the program does not know.
using VariableNumbers = std::map<const Variable *, size_t>;

/// Its parts, appended to `out`: all that the program makes of them, nothing of how they were written. A variable that
/// has a number goes by it.
void print(std::string &out, const Network &network, const Function &function);
void print(std::string &out, const Storage &storage);
void print(std::string &out, const Group &group); ///< The source, if there is one.
void print(std::string &out, const Variable &variable, const VariableNumbers &numbers = {});
void print(std::string &out, const Metric &metric, const VariableNumbers &numbers = {});
void printObjective(std::string &out, const Graph &graph, Node *objective, const VariableNumbers &numbers = {});
void printUpdate(std::string &out, const Player &player);
void printPlay(std::string &out, const Game &game);

} // namespace agon::sema
#endif
