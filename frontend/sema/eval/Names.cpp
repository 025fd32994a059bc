//===- Names.cpp - What names stand for ---------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/GivenNames.h"
#include "frontend/sema/builtins/Builtins.h"
#include "frontend/sema/eval/Evaluator.h"
#include <cmath>
#include <fmt/format.h>

namespace agon::sema {

Value Evaluator::global(Declarations::Global &entry, SourceRange at) {
  if (entry.decl->kind != DeclKind::Const)
    return Value::ofDecl(entry.decl);
  if (entry.state == Declarations::Global::Done)
    return entry.value;
  if (entry.state == Declarations::Global::Running) {
    error(entry.decl->name.range, fmt::format("the constant `{}` depends on itself", entry.decl->name.text))
        .note(at, "it is needed here");
    entry.state = Declarations::Global::Done;
    entry.value = {};
    return {};
  }
  entry.state = Declarations::Global::Running;
  const Decl *decl = entry.decl;
  bool library = decl->range.file && decl->range.file->isStandardLibrary;
  if (auto it = names.defines.find(decl->name.text); it != names.defines.end() && !library)
    decl = it->second;
  Context none;
  Scope empty;
  empty.library = library;
  Within within(*this, none, empty);
  Saved savedPlace(reporter.userPlace, library ? reporter.userPlace : decl->name.range);
  std::vector<Reporter::Call> noCalls;
  noCalls.swap(reporter.calls);
  Value value = decl->value ? eval(*decl->value) : Value();
  noCalls.swap(reporter.calls);
  if (entry.state == Declarations::Global::Done) // It depended on itself.
    return {};
  entry.state = Declarations::Global::Done;
  entry.value = value;
  return value;
}

std::vector<std::string> Evaluator::candidates(bool callees) const {
  if (!reporter.diagnostics.wantsSuggestions())
    return {};
  std::vector<std::string> list = builtinNames();
  for (const Scope *s = scope; s; s = s->parent)
    for (const auto &entry : s->names)
      list.push_back(entry.first);
  if (!scope || !scope->library)
    for (const auto &entry : names.userNames)
      list.push_back(entry.first);
  for (const auto &entry : names.libraryNames)
    list.push_back(entry.first);
  if (!callees)
    list.insert(list.end(), {"pi", "inf", "true", "false", "training", std::string(given::batch)});
  return list;
}

void Evaluator::readBatch() {
  auto it = names.userNames.find(given::batch);
  if (it == names.userNames.end() || it->second.decl->kind != DeclKind::Const)
    return;
  const Decl *decl = it->second.decl;
  if (auto define = names.defines.find(std::string(given::batch)); define != names.defines.end())
    decl = define->second;
  Value value = global(it->second, decl->name.range);
  if (value.is(Value::Kind::Int) && value.integer() >= 1 && value.integer() <= (1 << 24))
    graph.batch = value.integer();
  else if (!value.isError())
    error(decl->value ? decl->value->range : decl->range,
          fmt::format("`batch` is a number of samples from 1 to 16777216, got {}", describe(value)));
}

Value Evaluator::lookup(std::string_view name, SourceRange at) {
  for (const Scope *s = scope; s; s = s->parent)
    if (const Value *value = s->find(name))
      return value->isDeferred() ? value->read(at) : *value;
  bool library = scope && scope->library;
  if (name == given::batch && (library || !names.userNames.count(given::batch)))
    return Value::ofInt(graph.batchSize());
  if (!library)
    if (auto it = names.userNames.find(name); it != names.userNames.end())
      return global(it->second, at);
  if (auto it = names.libraryNames.find(name); it != names.libraryNames.end())
    return global(it->second, at);
  if (name == "training")
    return Value::ofBool(!graph.context || graph.context->training);
  if (name == given::iteration && graph.context && graph.context->graph &&
      (graph.context->kind == Context::Game || graph.context->kind == Context::Update ||
       graph.context->kind == Context::Turn))
    return Value::ofTensor(graph.make(Op::Iteration, {Element::Hyper, false, {}, 0}));
  if (name == "pi")
    return Value::ofReal(M_PI);
  if (name == "inf")
    return Value::ofReal(INFINITY);
  if (name == "all")
    return Value::all();
  if (const Builtin *builtin = findBuiltin(name))
    return Value::ofBuiltin(builtin, builtin->name);
  if (size_t dot = name.find('.'); dot != std::string_view::npos && !library)
    if (const Decl *network = names.findNetwork(name.substr(0, dot)))
      return applications->parameter(*network, name.substr(dot + 1), at);
  tellUnknown(name, at);
  return {};
}

bool Evaluator::isKnown(const std::string &name) const {
  return name == given::batch || name == "training" || name == given::iteration || name == "pi" || name == "inf" ||
         name == "all" || names.isKnown(name);
}

void Evaluator::tellUnknown(std::string_view name, SourceRange at) {
  if (name == given::iteration) {
    error(at, "`iteration` is known only while training")
        .help("it may stand in objectives, metrics, arguments of optimizers, ways to play, the number of a `repeat`");
    return;
  }
  Diagnostic &diagnostic = error(at, fmt::format("unknown name `{}`", name));
  if (names.findOptimizer(Ident{std::string(name), at}, scope && scope->library))
    diagnostic.help(fmt::format("`{}` is an optimizer: it stands after `with`", name));
  else
    suggest(diagnostic, name, candidates(false), updates());
}

void Evaluator::tellUnbound(const Ident &name) {
  error(name.range, fmt::format("unknown name `{}`", name.text))
      .help(fmt::format("`let {} = ...` makes a new name", name.text));
}

void Evaluator::tellNoState(const Ident &name, bool isParam, bool isBound) {
  std::string_view what = isParam ? "a parameter" : isBound ? "not one" : "not declared";
  Diagnostic &diagnostic = error(name.range, fmt::format("`<-` writes a state, and `{}` is {}", name.text, what));
  if (isParam)
    diagnostic.help("parameters are changed by the player's optimizer; `state` declares memory");
}

void Evaluator::tellNotWritten(const Ident &name, bool isBound) {
  error(name.range, fmt::format("`<-` writes `w`, `g` or a state, and `{}` is {}", name.text,
                                isBound ? "none of them" : "not declared"))
      .help(fmt::format("`state {} = 0` declares memory", name.text));
}

Value Evaluator::lookupCallee(const Ident &name) {
  // A local that cannot be called does not hide a function: batchnorm's state
  // `mean` and the function `mean` live side by side.
  for (const Scope *s = scope; s; s = s->parent)
    if (const Value *value = s->find(name.text)) {
      if (value->is(Value::Kind::Callable) || value->isError())
        return *value;
      if (value->is(Value::Kind::GameName) && value->mayBeFunction()) {
        Value result = value->read(name.range);
        if (result.is(Value::Kind::Callable) || result.isError())
          return result;
      }
    }
  bool library = scope && scope->library;
  if (!library)
    if (auto it = names.userNames.find(name.text); it != names.userNames.end()) {
      Value value = global(it->second, name.range);
      if (value.is(Value::Kind::Callable) || value.isError())
        return value;
    }
  if (auto it = names.libraryNames.find(name.text); it != names.libraryNames.end())
    return global(it->second, name.range);
  if (const Builtin *builtin = findBuiltin(name.text))
    return Value::ofBuiltin(builtin, builtin->name);
  for (const Scope *s = scope; s; s = s->parent)
    if (s->find(name.text)) {
      error(name.range, fmt::format("`{}` is a value and cannot be applied", name.text));
      return {};
    }
  if (!library && names.userNames.count(name.text)) {
    error(name.range, fmt::format("`{}` is a constant and cannot be applied", name.text));
    return {};
  }
  tellUnknownCallee(name);
  return {};
}

void Evaluator::tellUnknownCallee(const Ident &name) {
  Diagnostic &diagnostic = error(name.range, fmt::format("unknown function, layer or network `{}`", name.text));
  if (names.findOptimizer(name, scope && scope->library))
    diagnostic.help(fmt::format("`{}` is an optimizer: it stands after `with`", name.text));
  else if (name.text == "average")
    diagnostic.help("an average is applied as the network is: `average(G)(z)`");
  else if (names.userSources.count(name.text) || names.librarySources.count(name.text))
    diagnostic.help(fmt::format("`{0}` is a source: write `data x: [2] ~ {0}(...)`", name.text));
  else
    suggest(diagnostic, name.text, candidates(true), updates());
}

} // namespace agon::sema
