//===- LayerBody.cpp - The memory of layers and networks ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/Body.h"
#include "frontend/sema/eval/InitialValues.h"
#include "frontend/sema/eval/Types.h"
#include <fmt/format.h>

namespace agon::sema {

bool LayerBody::mayAssign(const Ident &name) {
  if (states.count(name.text) || storages.count(name.text)) {
    Diagnostic &diagnostic = error(name.range, fmt::format("`=` does not change `{}`, which is memory", name.text));
    if (states.count(name.text))
      diagnostic.help(fmt::format("write `{} <- ...`", name.text));
    return false;
  }
  if (!scope().find(name.text)) {
    e.tellUnbound(name);
    return false;
  }
  return true;
}

std::string_view LayerBody::helpForIf(const Value &condition) const {
  return condition.isTensor() ? "`if c then a else b` as an expression chooses element by element"
                              : "a condition is `true` or `false`, as `n != 0` is";
}

/// A draw for each sample; an initial value is drawn once.
Type LayerBody::drawn(size_t) const {
  Type type;
  type.batched = !graph.context || graph.context->kind != Context::Init;
  return type;
}

bool LayerBody::declare(const Stmt &stmt) {
  const Ident &name = stmt.names[0];
  bool state = stmt.kind == StmtKind::State;
  std::string_view word = state ? "state" : "param";
  if (decl.kind != DeclKind::Layer && decl.kind != DeclKind::Network) {
    error(stmt.range, fmt::format("`{}` stands in a layer or a network, not in a {}", word, kindName(decl.kind)));
    return false;
  }
  if (!graph.context || !graph.context->instance || graph.context->kind != Context::Network) {
    SourceRange at = reporter.calls.empty() ? stmt.range : reporter.calls.back().at;
    error(at, fmt::format("`{}` makes {}: it can only be applied inside a network", decl.name.text,
                          state ? "memory" : "parameters"))
        .help(state ? "declare `network N(x: [..]) -> [..] = ...`, apply N here, and have it owned by the player whose "
                      "turns write it: `player P(..., N)`"
                    : "declare `network N(x: [..]) -> [..] = ...`, and apply N here");
    return false;
  }
  if (auto it = storages.find(name.text); it != storages.end()) {
    Diagnostic &diagnostic = error(name.range, fmt::format("`{}` is declared twice in one application", name.text));
    if (it->second.begin != name.range.begin)
      diagnostic.note(it->second, "the first declaration is here");
    diagnostic.help("each round of a `for` would need a name of its own: put it into a layer");
    return false;
  }
  storages.emplace(name.text, name.range);
  Type type;
  if (stmt.type) {
    auto declared = typeOf(e, *stmt.type, false);
    if (!declared)
      return false;
    if (declared->element != Element::Real) {
      error(stmt.type->range, fmt::format("a {} is made of real numbers", word));
      return false;
    }
    type = *declared;
  }
  NetworkEntry &entry = *graph.context->network;
  std::string path = graph.context->instance->path + name.text;
  int64_t index;
  auto it = entry.storageByPath.find(path);
  if (it == entry.storageByPath.end()) {
    Storage storage;
    storage.path = path;
    storage.isState = state;
    storage.type = type;
    storage.range = name.range.file->isStandardLibrary ? reporter.userPlace : name.range;
    if (!stmt.value) {
      error(stmt.range, fmt::format("`{}` needs an initial value: `= ...` or `~ ...`", name.text));
      return false;
    }
    if (!initialize(e, storage, *stmt.value, stmt.drawn))
      return false;
    index = int64_t(entry.network->storages.size());
    entry.network->storages.push_back(std::move(storage));
    entry.storageByPath.emplace(path, index);
  } else {
    index = it->second;
    const Storage &storage = entry.network->storages[index];
    if (!(storage.type == type) || storage.isState != state) {
      error(name.range, fmt::format("`{}.{}` has shape {} in training and {} in sampling", entry.network->name, path,
                                    printShape(storage.type.shape), printShape(type.shape)))
          .help("`if training` must leave the parameters as they are");
      return false;
    }
  }
  Node *node = graph.make(Op::Read, type);
  if (!node)
    return false;
  node->details = Stored{entry.network.get(), index};
  if (state)
    states.emplace(name.text, index);
  scope().set(name.text, Value::ofTensor(node));
  return true;
}

bool LayerBody::write(const Stmt &stmt) {
  const Ident &name = stmt.names[0];
  auto it = states.find(name.text);
  if (it == states.end()) {
    e.tellNoState(name, storages.count(name.text), scope().find(name.text));
    return false;
  }
  if (auto before = written.find(name.text); before != written.end()) {
    error(stmt.range, fmt::format("`{}` is written twice in one application", name.text))
        .note(before->second, "the first write is here")
        .help("reading a state gives its value before the turn: the first write would be lost");
    return false;
  }
  written.emplace(name.text, stmt.range);
  if (!graph.context->training || !graph.context->function)
    return true;
  Node *node = graph.toReal(e.eval(*stmt.value), stmt.value->range);
  if (!node)
    return false;
  const Storage &storage = graph.context->network->network->storages[it->second];
  auto shape = graph.broadcastShape(node->type.shape, storage.type.shape);
  if (node->type.batched) {
    error(stmt.value->range, fmt::format("`{}` is one for all samples, and this is one a sample", name.text))
        .help("`batch_mean(...)` is the mean over the minibatch");
    return false;
  }
  if (!shape || *shape != storage.type.shape) {
    error(stmt.value->range, fmt::format("`{}` has shape {}, got {}", name.text, printShape(storage.type.shape),
                                         printShape(node->type.shape)));
    return false;
  }
  if (!(node = graph.broadcast(node, storage.type)))
    return false;
  SourceRange at = stmt.range.file->isStandardLibrary ? reporter.userPlace : stmt.range;
  graph.context->function->writes.push_back({it->second, node, at});
  return true;
}

} // namespace agon::sema
