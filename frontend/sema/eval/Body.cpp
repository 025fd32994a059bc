//===- Body.cpp - Statements ----------------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/Body.h"
#include "frontend/sema/eval/Types.h"
#include <fmt/format.h>

namespace agon::sema {

static Flow flow(bool ok) { return ok ? Flow::Next : Flow::Fail; }

bool Body::run() {
  if (decl.value) {
    resultRange = decl.value->range;
    result = e.eval(*decl.value);
    return !result.isError();
  }
  Flow flow = run(decl.body);
  if (flow == Flow::Next && mustReturn()) {
    error(decl.name.range, fmt::format("the body of `{}` ends without `return`", decl.name.text));
    return false;
  }
  return mustReturn() ? flow == Flow::Return && !result.isError() : flow == Flow::Next;
}

Flow Body::run(const std::vector<syntax::StmtPtr> &body) {
  for (const auto &stmt : body) {
    Flow flow = run(*stmt);
    if (flow != Flow::Next)
      return flow;
  }
  return Flow::Next;
}

Flow Body::run(const Stmt &stmt) {
  if (!spend(stmt.range))
    return Flow::Fail;
  switch (stmt.kind) {
  case StmtKind::Let:
  case StmtKind::Assign:
    return flow(let(stmt));
  case StmtKind::Param:
  case StmtKind::State:
    return flow(declare(stmt));
  case StmtKind::Write:
    return flow(write(stmt));
  case StmtKind::Return:
    return leave(stmt);
  case StmtKind::For:
    return runFor(stmt);
  case StmtKind::If:
    return runIf(stmt);
  case StmtKind::Noise:
    return flow(noise(stmt));
  case StmtKind::Require:
    return flow(require(stmt));
  case StmtKind::Mode:
    return flow(mode(stmt));
  case StmtKind::Step:
  case StmtKind::Draw:
  case StmtKind::Play:
    return flow(playing(stmt));
  }
  return Flow::Fail;
}

std::optional<std::vector<Value>> Body::evalAll(const Expr &expr) {
  startStatement();
  std::vector<Value> values;
  for (size_t i = 0; i < scopes.size(); ++i) {
    current = i;
    Saved savedScope(e.scope, &scopes[i]);
    values.push_back(e.eval(expr));
    if (values.back().isError())
      return std::nullopt;
  }
  return values;
}

bool Body::assign(Scope &into, const std::vector<Ident> &names, const Value &value, SourceRange at) {
  if (value.isError())
    return false;
  if (names.size() == 1) {
    into.set(names[0].text, value);
    return true;
  }
  bool list = value.is(Value::Kind::Tuple) || value.is(Value::Kind::List);
  if (!list || value.elements().size() != names.size()) {
    Diagnostic &diagnostic =
        error(at, fmt::format("expected {} values to take apart, got {}", names.size(), describe(value)));
    if (value.isTensor())
      diagnostic.help("`x[0]` is the first along the first axis");
    return false;
  }
  for (size_t i = 0; i < names.size(); ++i)
    into.set(names[i].text, value.elements()[i]);
  return true;
}

bool Body::let(const Stmt &stmt) {
  if (stmt.kind == StmtKind::Assign)
    for (const Ident &name : stmt.names)
      if (!mayAssign(name))
        return false;
  auto values = evalAll(*stmt.value);
  if (!values)
    return false;
  for (size_t i = 0; i < scopes.size(); ++i)
    if (!assign(scopes[i], stmt.names, (*values)[i], stmt.value->range))
      return false;
  return true;
}

Flow Body::leave(const Stmt &stmt) {
  resultRange = stmt.value ? stmt.value->range : stmt.range;
  if (!stmt.value) {
    error(stmt.range, "expected a value after `return`");
    return Flow::Fail;
  }
  result = e.eval(*stmt.value);
  return result.isError() ? Flow::Fail : Flow::Return;
}

/// In all scopes it goes one way.
Flow Body::runIf(const Stmt &stmt) {
  auto conditions = evalAll(*stmt.value);
  if (!conditions)
    return Flow::Fail;
  bool chosen = conditions->front().boolean();
  for (const Value &condition : *conditions) {
    if (!condition.is(Value::Kind::Bool)) {
      Diagnostic &diagnostic =
          error(stmt.value->range, fmt::format("`if` is decided at compile time, got {}", describe(condition)));
      if (std::string_view help = helpForIf(condition); !help.empty())
        diagnostic.help(std::string(help));
      return Flow::Fail;
    }
    if (condition.boolean() != chosen) {
      error(stmt.value->range, "this `if` goes one way for one parameter, the other for another")
          .help("`if c then a else b` as an expression may differ");
      return Flow::Fail;
    }
  }
  return run(chosen ? stmt.body : stmt.elseBody);
}

Flow Body::runFor(const Stmt &stmt) {
  current = 0;
  Saved savedScope(e.scope, &scopes[0]);
  return eachRound(stmt, [&](const Value &value) {
    if (!mayLoopOver(value, stmt.first->range))
      return Flow::Fail;
    for (Scope &each : scopes)
      if (!assign(each, stmt.names, value, stmt.first->range))
        return Flow::Fail;
    return run(stmt.body);
  });
}

/// The rounds of a loop: over a range, a list, or the first axis of a tensor.
Flow Body::eachRound(const Stmt &stmt, const std::function<Flow(const Value &)> &round) {
  auto next = [&](const Value &value) { return spend(stmt.range) ? round(value) : Flow::Fail; };
  if (stmt.last) {
    auto first = e.evalInt(*stmt.first, "the start of a range");
    auto last = e.evalInt(*stmt.last, "the end of a range");
    if (!first || !last)
      return Flow::Fail;
    for (int64_t i = *first; i < *last; ++i)
      if (Flow flow = next(Value::ofInt(i)); flow != Flow::Next)
        return flow;
    return Flow::Next;
  }
  Value over = e.eval(*stmt.first);
  if (over.isError())
    return Flow::Fail;
  if (over.isTensor() && !over.node()->type.shape.empty()) {
    Shape row(over.node()->type.shape.begin() + 1, over.node()->type.shape.end());
    for (int64_t i = 0; i < over.node()->type.shape[0]; ++i)
      if (Flow flow = next(Value::ofTensor(graph.reshape(graph.slice(over.node(), 0, i, 1), row))); flow != Flow::Next)
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
  for (const Value &element : over.elements())
    if (Flow flow = next(element); flow != Flow::Next)
      return flow;
  return Flow::Next;
}

bool Body::noise(const Stmt &stmt) {
  auto values = evalAll(*stmt.value);
  if (!values)
    return false;
  for (size_t i = 0; i < scopes.size(); ++i) {
    Saved savedScope(e.scope, &scopes[i]);
    Type type = drawn(i);
    if (stmt.type) {
      auto declared = typeOf(e, *stmt.type, type.batched);
      if (!declared)
        return false;
      type = *declared;
    }
    Node *node = graph.draw((*values)[i], type, stmt.value->range);
    if (!node)
      return false;
    scopes[i].set(stmt.names[0].text, Value::ofTensor(graph.broadcast(node, type)));
  }
  return true;
}

bool Body::playing(const Stmt &stmt) {
  error(stmt.range, fmt::format("`{}` stands in a way to play", stmt.kind == StmtKind::Step   ? "step"
                                                                : stmt.kind == StmtKind::Draw ? "draw"
                                                                                              : "play"))
      .help("`way NAME { ... }` declares one");
  return false;
}

bool Body::mode(const Stmt &stmt) {
  error(stmt.range, "`mode` stands in a source");
  return false;
}

} // namespace agon::sema
