//===- Networks.cpp - Networks, twice: training and sampling ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/Networks.h"
#include "frontend/sema/eval/Body.h"
#include "frontend/sema/eval/Types.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

NetworkEntry &Networks::entry(const Decl &decl) {
  NetworkEntry &entry = entries[&decl];
  if (!entry.decl) {
    entry.decl = &decl;
    entry.network = std::make_unique<agon::sema::Network>();
    entry.network->name = decl.name.text;
    entry.network->range = decl.name.range;
    entry.network->text = textOf(decl.range);
  }
  return entry;
}

/// Runs `body` as a part of the network's own: outside of any application.
template <typename Body> bool Networks::asNetwork(NetworkEntry &entry, Body &&body) {
  const Decl &decl = *entry.decl;
  entry.state = NetworkEntry::Running;
  Context none;
  Scope global;
  global.library = decl.range.file && decl.range.file->isStandardLibrary;
  Evaluator::Within within(e, none, global);
  Saved savedPlace(reporter.userPlace, decl.name.range);
  std::vector<Reporter::Call> outer;
  outer.swap(reporter.calls);
  unsigned before = reporter.diagnostics.numErrors();
  bool ok = body() && reporter.diagnostics.numErrors() == before;
  outer.swap(reporter.calls);
  entry.state = ok ? NetworkEntry::Done : NetworkEntry::Failed;
  return ok;
}

bool Networks::declareInputs(NetworkEntry &entry) {
  if (entry.state != NetworkEntry::Untouched)
    return entry.state == NetworkEntry::Done;
  agon::sema::Network &network = *entry.network;
  return asNetwork(entry, [&] {
    bool ok = true;
    for (const syntax::Param &param : entry.decl->params) {
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
      auto type = typeOf(e, *param.type, true);
      if (!type) {
        ok = false;
        continue;
      }
      network.argumentNames.push_back(param.name.text);
      network.arguments.push_back(*type);
      entry.argumentRanges.push_back(param.name.range.to(param.type->range));
    }
    return ok;
  });
}

/// "(z: [100]) -> [784]"
static std::string signatureOf(const Network &network, const Form &form) {
  std::vector<std::string> inputs, outputs;
  for (size_t i = 0; i < form.arguments.size(); ++i)
    inputs.push_back(fmt::format("{}: {}", network.argumentNames[i], printType(form.arguments[i])));
  for (const Type &type : form.results)
    outputs.push_back(printType(type));
  std::string output = outputs.size() == 1 ? outputs[0] : fmt::format("({})", fmt::join(outputs, ", "));
  return fmt::format("({}) -> {}", fmt::join(inputs, ", "), output);
}

bool Networks::elaborate(NetworkEntry &entry) {
  if (!declareInputs(entry))
    return false;
  const agon::sema::Network &network = *entry.network;
  return !network.forms.empty() || elaborate(entry, network.arguments, {});
}

const Form *Networks::elaborate(NetworkEntry &entry, const std::vector<Type> &arguments, SourceRange at) {
  agon::sema::Network &network = *entry.network;
  for (const auto &form : network.forms)
    if (form->arguments == arguments)
      return entry.state == NetworkEntry::Done ? form.get() : nullptr;
  Form &form = *network.forms.emplace_back(std::make_unique<Form>());
  form.arguments = arguments;
  for (size_t i = 0; i < arguments.size(); ++i)
    if (!arguments[i].batched)
      form.suffix += (form.suffix.empty() ? ".shared." : ".") + network.argumentNames[i];
  bool ok = asNetwork(entry, [&] {
    // Errors inside are the network's own, wherever it was first applied, unless it is as it was applied that matters.
    if (!form.suffix.empty())
      reporter.calls.push_back({entry.decl, at});
    return elaborateBody(entry, form, true) && elaborateBody(entry, form, false) && joinResults(form);
  });
  if (!ok)
    return nullptr;
  for (Storage &storage : network.storages)
    for (auto &node : storage.init.nodes)
      node->graph = &storage.init;
  if (network.signature.empty())
    network.signature = signatureOf(network, form);
  return &form;
}

bool Networks::elaborateBody(NetworkEntry &entry, Form &form, bool training) {
  const Decl &decl = *entry.decl;
  agon::sema::Network &network = *entry.network;
  Function &function = training ? form.training : form.sampling;
  Instance instance;
  Context own;
  own.kind = Context::Network;
  own.graph = &function.graph;
  own.training = training;
  own.network = &entry;
  own.function = &function;
  own.instance = &instance;
  LayerBody body(e, decl);
  body.scope().library = e.scope->library;
  Evaluator::Within within(e, own, body.scope());
  for (size_t i = 0; i < form.arguments.size(); ++i) {
    reporter.userPlace = entry.argumentRanges[i];
    Node *argument = graph.make(Op::Argument, form.arguments[i]);
    if (!argument)
      return false;
    argument->details = Position{int64_t(i)};
    function.arguments.push_back(argument);
    body.scope().set(network.argumentNames[i], Value::ofTensor(argument));
  }
  reporter.userPlace = decl.name.range;
  if (!body.run())
    return false;
  Value value = std::move(body.result);
  reporter.userPlace = body.resultRange;
  if (decl.result && !checkResult(e, decl, *decl.result, value, body.scope(), body.resultRange))
    return false;
  std::vector<Value> results{value};
  if (value.is(Value::Kind::Tuple))
    results = value.elements();
  if (results.empty()) {
    error(body.resultRange, fmt::format("the network `{}` returns nothing", network.name));
    return false;
  }
  for (const Value &result : results) {
    Node *node = graph.toReal(result, body.resultRange);
    if (!node)
      return false;
    function.results.push_back(node);
  }
  if (training)
    return true;
  const std::vector<Node *> &before = form.training.results, &now = form.sampling.results;
  if (now.size() != before.size()) {
    error(body.resultRange, fmt::format("`{}` returns another number of values in sampling, {} and not {}",
                                        network.name, now.size(), before.size()));
    return false;
  }
  for (size_t i = 0; i < now.size(); ++i)
    if (now[i]->type.shape != before[i]->type.shape) {
      error(body.resultRange,
            fmt::format("`{}` returns another shape in sampling, {}", network.name, printShape(now[i]->type.shape)));
      return false;
    }
  return true;
}

/// The two functions of a form return values of one type: what a sample reaches in either has a batch axis in both.
bool Networks::joinResults(Form &form) {
  for (size_t i = 0; i < form.training.results.size(); ++i) {
    Type type = form.training.results[i]->type;
    type.batched |= form.sampling.results[i]->type.batched;
    for (Function *function : {&form.training, &form.sampling}) {
      Node *&result = function->results[i];
      Context own;
      own.kind = Context::Network;
      own.graph = &function->graph;
      Saved savedContext(graph.context, &own);
      reporter.userPlace = result->range;
      if (!(result = graph.broadcast(result, type)))
        return false;
    }
    form.results.push_back(type);
  }
  return true;
}

/// An argument as the input `slot` takes it; null after an error.
Node *Networks::operand(const NetworkEntry &entry, size_t slot, const ArgValue &arg) {
  const agon::sema::Network &network = *entry.network;
  const Type &expected = network.arguments[slot];
  Node *node = graph.toTensor(arg.value, arg.range);
  if (node && expected.element == Element::Real && node->type.element != Element::Label)
    node = graph.convert(node, Element::Real);
  if (!node || (node->type.element == expected.element && node->type.shape == expected.shape &&
                node->type.classes == expected.classes))
    return node;
  Diagnostic &diagnostic =
      error(arg.range,
            fmt::format("the network `{}` expects `{}` of {}{}, got {}", network.name, network.argumentNames[slot],
                        expected.element == Element::Real ? "shape " : "", printType(expected), printType(node->type)));
  diagnostic.note(entry.argumentRanges[slot], "the input is declared here");
  graph.noteOrigin(diagnostic, node);
  if (node->type.element == Element::Label && expected.element == Element::Real)
    diagnostic.help("`one_hot(y)` makes a vector of a label");
  else if (expected.element == Element::Real && node->type.element == expected.element &&
           elementCount(node->type.shape) == elementCount(expected.shape))
    diagnostic.help(
        fmt::format("the number of elements agrees: `reshape(..., {})` would do", printShape(expected.shape)));
  return nullptr;
}

Value Networks::applyAverage(const Ident &name, std::vector<ArgValue> &args, SourceRange at) {
  auto found = averages.find(name.text);
  if (found == averages.end()) {
    Diagnostic &diagnostic = error(name.range, fmt::format("there is no average `{}`", name.text));
    std::vector<std::string> known;
    for (const auto &[each, average] : averages)
      known.push_back(each);
    if (e.names.findNetwork(name.text))
      diagnostic.help(fmt::format("the game declares it: `average {} with ema(0.999)`", name.text));
    else
      suggest(diagnostic, name.text, known);
    return {};
  }
  if (!graph.context || graph.context->kind != Context::Game) {
    error(name.range, "an average stands in objectives, metrics and lets of a game");
    return {};
  }
  const auto &[average, decl] = found->second;
  return apply(entry(*decl), args, at, average);
}

Value Networks::apply(NetworkEntry &entry, std::vector<ArgValue> &args, SourceRange at, const Average *average) {
  if (entry.state == NetworkEntry::Running) {
    error(at, fmt::format("the network `{}` applies itself", entry.decl->name.text))
        .note(entry.decl->name.range, "it is declared here");
    return {};
  }
  if (!declareInputs(entry))
    return {};
  const agon::sema::Network &network = *entry.network;
  Slots found;
  found.callee = fmt::format("the network `{}`", network.name);
  found.positional = network.arguments.size();
  for (const std::string &name : network.argumentNames)
    found.slots.push_back({name});
  found.declared = [&](Diagnostic &diagnostic) {
    if (elaborate(entry))
      diagnostic.note(network.range, fmt::format("it is declared as {}{}", network.name, network.signature));
  };
  if (!found.fill(reporter, args, at))
    return {};
  std::vector<Node *> operands;
  std::vector<Type> types;
  for (size_t i = 0; i < found.slots.size(); ++i) {
    Node *node = operand(entry, i, *found.slots[i].argument);
    if (!node)
      return {};
    operands.push_back(node);
    types.push_back(node->type);
  }
  const Form *form = elaborate(entry, types, at);
  if (!form)
    return {};
  Saved savedPlace(reporter.userPlace, at.file && at.file->isStandardLibrary ? reporter.userPlace : at);
  return applied({&network, form, average}, operands);
}

std::optional<int64_t> Networks::storage(NetworkEntry &entry, const std::string &path, SourceRange at) {
  if (!elaborate(entry))
    return std::nullopt;
  if (auto it = entry.storageByPath.find(path); it != entry.storageByPath.end())
    return it->second;
  Diagnostic &diagnostic = error(at, fmt::format("`{}` has no parameter `{}`", entry.network->name, path));
  std::vector<std::string> known;
  for (const Storage &storage : entry.network->storages)
    known.push_back(storage.path);
  suggest(diagnostic, path, known);
  if (!known.empty())
    diagnostic.help(fmt::format("it has {}", fmt::join(known, ", ")));
  return std::nullopt;
}

Value Networks::parameter(const Decl &decl, std::string_view path, SourceRange at) {
  if (!graph.context || graph.context->kind != Context::Game) {
    error(at, "a parameter by its name stands in objectives, metrics and lets of a game");
    return {};
  }
  NetworkEntry &owner = entry(decl);
  auto index = storage(owner, std::string(path), at);
  if (!index)
    return {};
  Node *node = graph.make(Op::Read, owner.network->storages[*index].type);
  if (!node)
    return {};
  node->details = Stored{owner.network.get(), *index};
  return Value::ofTensor(node);
}

/// The application's node, and one for each of its results.
Value Networks::applied(const Applied &what, const std::vector<Node *> &operands) {
  const Form &form = *what.form;
  Node *node = graph.make(Op::Apply, form.results[0], operands);
  if (!node)
    return {};
  node->details = what;
  std::vector<Value> results;
  for (size_t i = 0; i < form.results.size(); ++i) {
    Node *result = graph.make(Op::Result, form.results[i], {node});
    if (!result)
      return {};
    result->details = Position{int64_t(i)};
    results.push_back(Value::ofTensor(result));
  }
  return results.size() == 1 ? results[0] : Value::ofTuple(std::move(results));
}

} // namespace agon::sema
