//===- Networks.cpp - Networks, twice: training and sampling ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Elaborator.h"
#include <fmt/format.h>

namespace agon::sema {

NetworkEntry &Elaborator::networkEntry(const Decl &decl) {
  NetworkEntry &entry = entries[&decl];
  if (!entry.decl) {
    entry.decl = &decl;
    entry.network = std::make_unique<agon::sema::Network>();
    entry.network->name = decl.name.text;
    entry.network->range = decl.name.range;
  }
  return entry;
}

bool Elaborator::elaborate(NetworkEntry &entry) {
  if (entry.state != NetworkEntry::Untouched)
    return entry.state == NetworkEntry::Done;
  entry.state = NetworkEntry::Running;
  const Decl &decl = *entry.decl;
  agon::sema::Network &network = *entry.network;

  Context none;
  Scope global;
  global.library = decl.range.file && decl.range.file->isStandardLibrary;
  Saved savedContext(context, &none);
  Saved savedScope(scope, &global);
  Saved savedPlace(userPlace, decl.name.range);
  // Errors inside are the network's own, wherever it was first applied.
  std::vector<Call> outer;
  outer.swap(calls);
  unsigned before = diagnostics.numErrors();
  bool ok = true;
  std::vector<std::string> inputs;
  for (const syntax::Param &param : decl.params) {
    if (!param.type || (param.type->kind != TypeKind::Shape && param.type->kind != TypeKind::Class)) {
      error(param.name.range, fmt::format("the input `{}` of a network is a shape or class(k)", param.name.text))
          .help(fmt::format("write `{}: [784]`; numbers that shape a network are `const`", param.name.text));
      ok = false;
      continue;
    }
    if (param.fallback) {
      error(param.fallback->range, "an input of a network has no default value");
      ok = false;
    }
    for (const std::string &name : network.argumentNames)
      if (name == param.name.text) {
        error(param.name.range, fmt::format("the input `{}` is declared twice", name));
        ok = false;
      }
    auto type = typeOf(*param.type, true);
    if (!type) {
      ok = false;
      continue;
    }
    network.argumentNames.push_back(param.name.text);
    network.arguments.push_back(*type);
    entry.argumentRanges.push_back(param.name.range.to(param.type->range));
    inputs.push_back(fmt::format("{}: {}", param.name.text, printType(*type)));
  }
  ok = ok && elaborateBody(entry, network.training, true);
  ok = ok && elaborateBody(entry, network.sampling, false);
  ok = ok && diagnostics.numErrors() == before;
  outer.swap(calls);
  entry.state = ok ? NetworkEntry::Done : NetworkEntry::Failed;
  if (!ok)
    return false;
  for (Storage &storage : network.storages)
    for (auto &node : storage.init.nodes)
      node->graph = &storage.init;
  std::vector<std::string> outputs;
  for (const Type &type : network.results)
    outputs.push_back(printType(type));
  std::string output = outputs.size() == 1 ? outputs[0] : fmt::format("({})", fmt::join(outputs, ", "));
  network.signature = fmt::format("({}) -> {}", fmt::join(inputs, ", "), output);
  return true;
}

bool Elaborator::elaborateBody(NetworkEntry &entry, Function &function, bool training) {
  const Decl &decl = *entry.decl;
  agon::sema::Network &network = *entry.network;
  Instance instance;
  Context own;
  own.kind = Context::Network;
  own.graph = &function.graph;
  own.training = training;
  own.network = &entry;
  own.function = &function;
  own.instance = &instance;
  Frame frame;
  frame.decl = &decl;
  frame.scope.library = scope->library;
  Saved savedContext(context, &own);
  Saved savedScope(scope, &frame.scope);
  for (size_t i = 0; i < network.arguments.size(); ++i) {
    userPlace = entry.argumentRanges[i];
    Node *argument = make(Op::Argument, network.arguments[i]);
    if (!argument)
      return false;
    argument->index = int64_t(i);
    function.arguments.push_back(argument);
    frame.scope.set(network.argumentNames[i], Value::ofTensor(argument));
  }
  userPlace = decl.name.range;
  if (!runBody(decl, frame))
    return false;
  Value value = std::move(frame.result);
  userPlace = frame.resultRange;
  if (decl.result && !checkResult(decl, *decl.result, value, frame.scope, frame.resultRange, true))
    return false;
  std::vector<Value> results{value};
  if (value.is(Value::Kind::Tuple))
    results = value.elements;
  if (results.empty()) {
    error(frame.resultRange, fmt::format("the network `{}` returns nothing", network.name));
    return false;
  }
  for (const Value &result : results) {
    Node *node = toReal(result, frame.resultRange);
    if (!node)
      return false;
    Type type = node->type;
    type.batched = true;
    if (!(node = broadcast(node, type)))
      return false;
    if (training)
      network.results.push_back(type);
    else if (function.results.size() >= network.results.size() || !(network.results[function.results.size()] == type)) {
      error(frame.resultRange,
            fmt::format("`{}` returns another shape in sampling, {}", network.name, printShape(type.shape)));
      return false;
    }
    function.results.push_back(node);
  }
  return true;
}

} // namespace agon::sema
