//===- Context.h - Where nodes go --------------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GRAPH_CONTEXT_H
#define AGON_FRONTEND_SEMA_GRAPH_CONTEXT_H

#include "frontend/sema/Model.h"
#include "frontend/syntax/AST.h"
#include <map>
#include <unordered_map>

namespace agon::sema {

/// One application of a layer, or a network: what parameters are named within.
struct Instance {
  std::string path; ///< "" or "block_0."
  std::map<std::string, int64_t> applications;
};

/// A network and how far its elaboration has come.
struct NetworkEntry {
  const syntax::Decl *decl = nullptr;
  enum { Untouched, Running, Done, Failed } state = Untouched;
  std::unique_ptr<Network> network;
  std::map<std::string, int64_t> storageByPath;
  std::vector<SourceRange> argumentRanges;
};

/// Brings values of one turn of a way to play into the next.
class Carrier {
public:
  virtual ~Carrier() = default;
  /// The node, in the graph at hand; null where it cannot be had.
  virtual Node *carry(Node *node) = 0;
};

/// Where nodes go and what the program may do there.
struct Context {
  enum Kind { Constant, Network, Game, Init, Update, Source, Turn } kind = Constant;
  Graph *graph = nullptr;
  bool training = true;
  NetworkEntry *network = nullptr;
  Function *function = nullptr;
  Instance *instance = nullptr;
  std::unordered_map<const Variable *, Node *> uses;
  Carrier *carrier = nullptr;                       ///< Turn
  std::unordered_map<const Node *, Node *> adopted; ///< Init: what was computed from parameters elsewhere.
};

} // namespace agon::sema
#endif
