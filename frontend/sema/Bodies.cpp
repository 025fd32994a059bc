//===- Bodies.cpp - Statements ----------------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Elaborator.h"
#include <fmt/format.h>

namespace agon::sema {

bool Elaborator::runBody(const Decl &decl, Frame &frame) {
  if (decl.value) {
    frame.resultRange = decl.value->range;
    frame.result = eval(*decl.value);
    return !frame.result.isError();
  }
  Flow flow = run(decl.body, frame);
  if (flow == Flow::Next) {
    error(decl.name.range, fmt::format("the body of `{}` ends without `return`", decl.name.text));
    return false;
  }
  return flow == Flow::Return && !frame.result.isError();
}

Flow Elaborator::run(const std::vector<syntax::StmtPtr> &body, Frame &frame) {
  for (const auto &stmt : body) {
    Flow flow = run(*stmt, frame);
    if (flow != Flow::Next)
      return flow;
  }
  return Flow::Next;
}

Flow Elaborator::run(const Stmt &stmt, Frame &frame) {
  if (!spend(stmt.range))
    return Flow::Fail;
  switch (stmt.kind) {
  case StmtKind::Let:
  case StmtKind::Assign:
    return runLet(stmt, frame);
  case StmtKind::Param:
  case StmtKind::State:
    return runStorage(stmt, frame);
  case StmtKind::Write:
    return runWrite(stmt, frame);
  case StmtKind::Return:
    frame.resultRange = stmt.value ? stmt.value->range : stmt.range;
    if (!stmt.value) {
      error(stmt.range, "expected a value after `return`");
      return Flow::Fail;
    }
    frame.result = eval(*stmt.value);
    return frame.result.isError() ? Flow::Fail : Flow::Return;
  case StmtKind::For:
    return runFor(stmt, frame);
  case StmtKind::If: {
    Value condition = eval(*stmt.value);
    if (condition.isError())
      return Flow::Fail;
    if (!condition.is(Value::Kind::Bool)) {
      Diagnostic &diagnostic =
          error(stmt.value->range, fmt::format("`if` is decided at compile time, got {}", describe(condition)));
      if (condition.isTensor())
        diagnostic.help("`if c then a else b` as an expression chooses element by element");
      return Flow::Fail;
    }
    return run(condition.boolean ? stmt.body : stmt.elseBody, frame);
  }
  case StmtKind::Noise:
    return runNoise(stmt, frame);
  case StmtKind::Require:
    return runRequire(stmt, *frame.decl) ? Flow::Next : Flow::Fail;
  case StmtKind::Mode:
    return runMode(stmt, frame);
  }
  return Flow::Fail;
}

bool Elaborator::assign(Scope &into, const std::vector<Ident> &names, const Value &value, SourceRange at) {
  if (value.isError())
    return false;
  if (names.size() == 1) {
    into.set(names[0].text, value);
    return true;
  }
  bool list = value.is(Value::Kind::Tuple) || value.is(Value::Kind::List);
  if (!list || value.elements.size() != names.size()) {
    Diagnostic &diagnostic =
        error(at, fmt::format("expected {} values to take apart, got {}", names.size(), describe(value)));
    if (value.isTensor())
      diagnostic.help("`x[0]` is the first along the first axis");
    return false;
  }
  for (size_t i = 0; i < names.size(); ++i)
    into.set(names[i].text, value.elements[i]);
  return true;
}

Flow Elaborator::runLet(const Stmt &stmt, Frame &frame) {
  if (stmt.kind == StmtKind::Assign)
    for (const Ident &name : stmt.names) {
      if (frame.states.count(name.text) || frame.storages.count(name.text)) {
        Diagnostic &diagnostic = error(name.range, fmt::format("`=` does not change `{}`, which is memory", name.text));
        if (frame.states.count(name.text))
          diagnostic.help(fmt::format("write `{} <- ...`", name.text));
        return Flow::Fail;
      }
      if (!frame.scope.find(name.text)) {
        Diagnostic &diagnostic = error(name.range, fmt::format("unknown name `{}`", name.text));
        diagnostic.help(fmt::format("`let {} = ...` makes a new name", name.text));
        return Flow::Fail;
      }
    }
  Value value = eval(*stmt.value);
  return assign(frame.scope, stmt.names, value, stmt.value->range) ? Flow::Next : Flow::Fail;
}

std::optional<Type> Elaborator::typeOf(const TypeExpr &type, bool batched) {
  Type result;
  result.batched = batched;
  if (type.kind == TypeKind::Class) {
    auto classes = type.classes ? evalInt(*type.classes, "a number of classes") : std::nullopt;
    if (!classes)
      return std::nullopt;
    if (*classes < 1 || *classes > INT32_MAX) {
      error(type.range, fmt::format("class(k) needs at least one class, got {}", *classes));
      return std::nullopt;
    }
    result.element = Element::Label;
    result.classes = *classes;
    return result;
  }
  if (type.kind == TypeKind::Real)
    return result;
  if (type.kind != TypeKind::Shape) {
    error(type.range, "expected a shape such as [3, 32, 32], or class(k)");
    return std::nullopt;
  }
  for (size_t i = 0; i < type.dims.size(); ++i) {
    const Expr *dim = type.dims[i].get();
    if (!dim) {
      error(type.range, "expected a known shape, got `..`");
      return std::nullopt;
    }
    if (i < type.spread.size() && type.spread[i]) {
      auto part = shapeOf(eval(*dim), dim->range);
      if (!part)
        return std::nullopt;
      result.shape.insert(result.shape.end(), part->begin(), part->end());
      continue;
    }
    auto size = evalInt(*dim, "a dimension");
    if (!size)
      return std::nullopt;
    if (*size < 1) {
      error(dim->range, fmt::format("a dimension is at least 1, got {}", *size));
      return std::nullopt;
    }
    result.shape.push_back(*size);
  }
  if (!checkShape(result.shape, type.range))
    return std::nullopt;
  return result;
}

/// The initial value of a parameter or state, in a graph of its own.
bool Elaborator::initialize(Storage &storage, const Expr &expr, bool drawn, bool either) {
  Graph graph;
  Context init;
  init.kind = Context::Init;
  init.graph = &graph;
  init.network = context->network;
  init.training = context->training;
  Saved savedContext(context, &init);
  Value value = eval(expr);
  if (value.isError())
    return false;
  bool computed = either;
  if (value.is(Value::Kind::Callable)) {
    // `init = he_normal`: a function of the shape.
    std::vector<ArgValue> args(1);
    args[0].value = Value::ofShape(storage.type.shape);
    args[0].range = expr.range;
    value = call(value, textOf(expr.range), std::move(args), expr.range);
    if (value.isError())
      return false;
    computed = true;
  }
  Node *node = nullptr;
  if (value.is(Value::Kind::Distribution)) {
    if (!drawn && !computed) {
      error(expr.range, fmt::format("`{}` is drawn from a distribution: expected `~`, got `=`", storage.path));
      return false;
    }
    node = draw(value, storage.type, expr.range);
  } else if (drawn && !computed) {
    return draw(value, storage.type, expr.range) != nullptr; // Says what is wrong.
  } else {
    node = toReal(value, expr.range);
  }
  if (!node)
    return false;
  auto shape = broadcastShape(node->type.shape, storage.type.shape);
  if (!shape || *shape != storage.type.shape || node->type.batched) {
    Diagnostic &diagnostic =
        error(expr.range, fmt::format("the initial value has shape {}, `{}` has {}", printShape(node->type.shape),
                                      storage.path, printShape(storage.type.shape)));
    if (storage.range)
      diagnostic.note(storage.range, "it is declared here");
    return false;
  }
  if (!(node = broadcast(node, storage.type)))
    return false;
  storage.init = std::move(graph);
  storage.initial = node;
  return true;
}

Flow Elaborator::runStorage(const Stmt &stmt, Frame &frame) {
  const Ident &name = stmt.names[0];
  bool state = stmt.kind == StmtKind::State;
  std::string_view word = state ? "state" : "param";
  if (frame.decl && frame.decl->kind != DeclKind::Layer && frame.decl->kind != DeclKind::Network) {
    error(stmt.range,
          fmt::format("`{}` stands in a layer or a network, not in a {}", word, kindName(frame.decl->kind)));
    return Flow::Fail;
  }
  if (!context || !context->instance || context->kind != Context::Network) {
    SourceRange at = calls.empty() ? stmt.range : calls.back().at;
    error(at, fmt::format("`{}` makes {}: it can only be applied inside a network",
                          frame.decl ? frame.decl->name.text : "this", state ? "memory" : "parameters"))
        .help("declare `network N(x: [..]) -> [..] = ...`, and apply N here");
    return Flow::Fail;
  }
  if (auto it = frame.storages.find(name.text); it != frame.storages.end()) {
    Diagnostic &diagnostic = error(name.range, fmt::format("`{}` is declared twice in one application", name.text));
    if (it->second.begin != name.range.begin)
      diagnostic.note(it->second, "the first declaration is here");
    diagnostic.help("each round of a `for` would need a name of its own: put it into a layer");
    return Flow::Fail;
  }
  frame.storages.emplace(name.text, name.range);
  Type type;
  if (stmt.type) {
    auto declared = typeOf(*stmt.type, false);
    if (!declared)
      return Flow::Fail;
    if (declared->element != Element::Real) {
      error(stmt.type->range, fmt::format("a {} is made of real numbers", word));
      return Flow::Fail;
    }
    type = *declared;
  }
  NetworkEntry &entry = *context->network;
  std::string path = context->instance->path + name.text;
  int64_t index;
  auto it = entry.storageByPath.find(path);
  if (it == entry.storageByPath.end()) {
    Storage storage;
    storage.path = path;
    storage.isState = state;
    storage.type = type;
    storage.range = name.range.file->isStandardLibrary ? userPlace : name.range;
    if (!stmt.value) {
      error(stmt.range, fmt::format("`{}` needs an initial value: `= ...` or `~ ...`", name.text));
      return Flow::Fail;
    }
    if (!initialize(storage, *stmt.value, stmt.drawn))
      return Flow::Fail;
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
      return Flow::Fail;
    }
  }
  Node *node = make(Op::Read, type);
  if (!node)
    return Flow::Fail;
  node->network = entry.network.get();
  node->storage = index;
  if (state)
    frame.states.emplace(name.text, index);
  frame.scope.set(name.text, Value::ofTensor(node));
  return Flow::Next;
}

Flow Elaborator::runWrite(const Stmt &stmt, Frame &frame) {
  const Ident &name = stmt.names[0];
  auto it = frame.states.find(name.text);
  if (it == frame.states.end()) {
    bool param = frame.storages.count(name.text);
    Diagnostic &diagnostic = error(name.range, fmt::format("`<-` writes a state, and `{}` is {}", name.text,
                                                           param                         ? "a parameter"
                                                           : frame.scope.find(name.text) ? "not one"
                                                                                         : "not declared"));
    if (param)
      diagnostic.help("parameters are changed by the player's optimizer; `state` declares memory");
    return Flow::Fail;
  }
  if (auto before = frame.written.find(name.text); before != frame.written.end()) {
    error(stmt.range, fmt::format("`{}` is written twice in one application", name.text))
        .note(before->second, "the first write is here")
        .help("reading a state gives its value before the turn: the first write would be lost");
    return Flow::Fail;
  }
  frame.written.emplace(name.text, stmt.range);
  if (!context->training || !context->function)
    return Flow::Next;
  Node *node = toReal(eval(*stmt.value), stmt.value->range);
  if (!node)
    return Flow::Fail;
  const Storage &storage = context->network->network->storages[it->second];
  auto shape = broadcastShape(node->type.shape, storage.type.shape);
  if (node->type.batched) {
    error(stmt.value->range, fmt::format("`{}` is one for all samples, and this is one a sample", name.text))
        .help("`batch_mean(...)` is the mean over the minibatch");
    return Flow::Fail;
  }
  if (!shape || *shape != storage.type.shape) {
    error(stmt.value->range, fmt::format("`{}` has shape {}, got {}", name.text, printShape(storage.type.shape),
                                         printShape(node->type.shape)));
    return Flow::Fail;
  }
  if (!(node = broadcast(node, storage.type)))
    return Flow::Fail;
  SourceRange at = stmt.range.file->isStandardLibrary ? userPlace : stmt.range;
  context->function->writes.push_back({it->second, node, at});
  return Flow::Next;
}

Flow Elaborator::runFor(const Stmt &stmt, Frame &frame) {
  return eachRound(stmt, [&](const Value &value) {
    return assign(frame.scope, stmt.names, value, stmt.first->range) ? run(stmt.body, frame) : Flow::Fail;
  });
}

/// The rounds of a loop: over a range, a list, or the first axis of a tensor.
Flow Elaborator::eachRound(const Stmt &stmt, const std::function<Flow(const Value &)> &round) {
  auto next = [&](const Value &value) { return spend(stmt.range) ? round(value) : Flow::Fail; };
  if (stmt.last) {
    auto first = evalInt(*stmt.first, "the start of a range");
    auto last = evalInt(*stmt.last, "the end of a range");
    if (!first || !last)
      return Flow::Fail;
    for (int64_t i = *first; i < *last; ++i)
      if (Flow flow = next(Value::ofInt(i)); flow != Flow::Next)
        return flow;
    return Flow::Next;
  }
  Value over = eval(*stmt.first);
  if (over.isError())
    return Flow::Fail;
  if (over.isTensor() && !over.node->type.shape.empty()) {
    Shape row(over.node->type.shape.begin() + 1, over.node->type.shape.end());
    for (int64_t i = 0; i < over.node->type.shape[0]; ++i)
      if (Flow flow = next(Value::ofTensor(reshape(slice(over.node, 0, i, 1), row))); flow != Flow::Next)
        return flow;
    return Flow::Next;
  }
  if (!over.isList()) {
    Diagnostic &diagnostic =
        error(stmt.first->range,
              fmt::format("a loop goes over a range, a list or the first axis of a tensor, got {}", describe(over)));
    if (over.is(Value::Kind::Int))
      diagnostic.help("write `0..n`: from 0 to n - 1");
    return Flow::Fail;
  }
  for (const Value &element : over.elements)
    if (Flow flow = next(element); flow != Flow::Next)
      return flow;
  return Flow::Next;
}

Flow Elaborator::runNoise(const Stmt &stmt, Frame &frame) {
  Value distribution = eval(*stmt.value);
  if (distribution.isError())
    return Flow::Fail;
  Type type;
  // A draw for each sample; an initial value is drawn once.
  type.batched = !context || context->kind != Context::Init;
  if (stmt.type) {
    auto declared = typeOf(*stmt.type, type.batched);
    if (!declared)
      return Flow::Fail;
    type = *declared;
  }
  Node *node = draw(distribution, type, stmt.value->range);
  if (!node)
    return Flow::Fail;
  frame.scope.set(stmt.names[0].text, Value::ofTensor(broadcast(node, type)));
  return Flow::Next;
}

Flow Elaborator::runMode(const Stmt &stmt, Frame &frame) {
  if (!modes || !frame.decl || frame.decl->kind != DeclKind::Source) {
    error(stmt.range, "`mode` stands in a source");
    return Flow::Fail;
  }
  auto first = evalInt(*stmt.first, "the start of a range");
  auto last = evalInt(*stmt.last, "the end of a range");
  if (!first || !last)
    return Flow::Fail;
  for (int64_t i = *first; i < *last; ++i) {
    if (!spend(stmt.range))
      return Flow::Fail;
    frame.scope.set(stmt.names[0].text, Value::ofInt(i));
    Value point = eval(*stmt.value);
    Value radius = stmt.radius ? eval(*stmt.radius) : Value::ofReal(0);
    if (point.isError() || radius.isError())
      return Flow::Fail;
    if (point.isNumber())
      point = Value::ofList({point});
    std::vector<double> numbers;
    bool known = point.is(Value::Kind::List) && radius.isNumber();
    for (const Value &element : point.elements)
      if ((known &= element.isNumber()))
        numbers.push_back(element.number());
    if (!known) {
      error(stmt.value->range, "a mode is a list of numbers known at compile time, with a radius");
      return Flow::Fail;
    }
    modes->push_back(std::move(numbers));
    *modeRadius = std::max(*modeRadius, radius.number());
  }
  return Flow::Next;
}

} // namespace agon::sema
