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
    entry.network->text = textOf(decl.range);
  }
  return entry;
}

/// Runs `body` as a part of the network's own: outside of any application.
template <typename Body> bool Elaborator::asNetwork(NetworkEntry &entry, Body &&body) {
  const Decl &decl = *entry.decl;
  entry.state = NetworkEntry::Running;
  Context none;
  Scope global;
  global.library = decl.range.file && decl.range.file->isStandardLibrary;
  Saved savedContext(context, &none);
  Saved savedScope(scope, &global);
  Saved savedPlace(userPlace, decl.name.range);
  std::vector<Call> outer;
  outer.swap(calls);
  unsigned before = diagnostics.numErrors();
  bool ok = body() && diagnostics.numErrors() == before;
  outer.swap(calls);
  entry.state = ok ? NetworkEntry::Done : NetworkEntry::Failed;
  return ok;
}

bool Elaborator::declareInputs(NetworkEntry &entry) {
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
      auto type = typeOf(*param.type, true);
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

bool Elaborator::elaborate(NetworkEntry &entry) {
  if (!declareInputs(entry))
    return false;
  const agon::sema::Network &network = *entry.network;
  return !network.forms.empty() || elaborate(entry, network.arguments, {});
}

const Form *Elaborator::elaborate(NetworkEntry &entry, const std::vector<Type> &arguments, SourceRange at) {
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
      calls.push_back({entry.decl, at});
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

bool Elaborator::elaborateBody(NetworkEntry &entry, Form &form, bool training) {
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
  Frame frame;
  frame.decl = &decl;
  frame.scope.library = scope->library;
  Saved savedContext(context, &own);
  Saved savedScope(scope, &frame.scope);
  for (size_t i = 0; i < form.arguments.size(); ++i) {
    userPlace = entry.argumentRanges[i];
    Node *argument = make(Op::Argument, form.arguments[i]);
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
    function.results.push_back(node);
  }
  if (training)
    return true;
  const std::vector<Node *> &before = form.training.results, &now = form.sampling.results;
  if (now.size() != before.size()) {
    error(frame.resultRange, fmt::format("`{}` returns another number of values in sampling, {} and not {}",
                                         network.name, now.size(), before.size()));
    return false;
  }
  for (size_t i = 0; i < now.size(); ++i)
    if (now[i]->type.shape != before[i]->type.shape) {
      error(frame.resultRange,
            fmt::format("`{}` returns another shape in sampling, {}", network.name, printShape(now[i]->type.shape)));
      return false;
    }
  return true;
}

/// The two functions of a form return values of one type: what a sample reaches in either has a batch axis in both.
bool Elaborator::joinResults(Form &form) {
  for (size_t i = 0; i < form.training.results.size(); ++i) {
    Type type = form.training.results[i]->type;
    type.batched |= form.sampling.results[i]->type.batched;
    for (Function *function : {&form.training, &form.sampling}) {
      Node *&result = function->results[i];
      Context own;
      own.kind = Context::Network;
      own.graph = &function->graph;
      Saved savedContext(context, &own);
      userPlace = result->range;
      if (!(result = broadcast(result, type)))
        return false;
    }
    form.results.push_back(type);
  }
  return true;
}

} // namespace agon::sema
