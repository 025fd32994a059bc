//===- Applications.cpp - Functions, layers and networks, applied -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/Applications.h"
#include "frontend/sema/eval/Binding.h"
#include "frontend/sema/eval/Body.h"
#include "frontend/sema/eval/Types.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

Value Applications::apply(const Decl &decl, std::vector<ArgValue> &args, SourceRange at) {
  if (decl.kind == DeclKind::Network)
    return networks.apply(networks.entry(decl), args, at);
  if (decl.kind != DeclKind::Fn && decl.kind != DeclKind::Layer) {
    error(at, fmt::format("the {} `{}` cannot be applied", kindName(decl.kind), decl.name.text));
    return {};
  }
  if (reporter.calls.size() >= 200) {
    reporter.exhausted = true;
    error(at, fmt::format("the {} `{}` applies itself without end", kindName(decl.kind), decl.name.text))
        .note(decl.name.range, "it is declared here");
    return {};
  }
  LayerBody body(e, decl);
  if (!Binding(e, decl, body.scope(), at).bind(args))
    return {};
  reporter.calls.push_back({&decl, at, &body.scope()});
  Instance own;
  Instance *instance = e.graph.context ? e.graph.context->instance : nullptr;
  if (instance && decl.kind == DeclKind::Layer) {
    std::string name = decl.name.text;
    std::replace(name.begin(), name.end(), '.', '_');
    own.path = fmt::format("{}{}_{}.", instance->path, name, instance->applications[name]++);
    instance = &own;
  }
  Value result;
  {
    Context none;
    Context *here = e.graph.context ? e.graph.context : &none;
    Evaluator::Within within(e, *here, body.scope());
    Saved savedInstance(here->instance, instance);
    if (body.run()) {
      result = std::move(body.result);
      if (decl.result && !checkResult(e, decl, *decl.result, result, body.scope(), body.resultRange))
        result = {};
    }
  }
  reporter.calls.pop_back();
  return result;
}

} // namespace agon::sema
