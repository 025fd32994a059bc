//===- Slots.cpp - Which argument is for which parameter ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/Slots.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

/// The parameter for an argument, by its name or, if it has none, its position; null after an error.
Slots::Slot *Slots::slotOf(Reporter &reporter, const ArgValue &arg, size_t position, size_t count) {
  if (arg.name) {
    std::vector<std::string> names;
    for (Slot &slot : slots) {
      if (slot.name == arg.name->text)
        return &slot;
      names.push_back(slot.name);
    }
    Diagnostic &diagnostic =
        reporter.error(arg.name->range, fmt::format("{} has no parameter `{}`", callee, arg.name->text));
    reporter.suggest(diagnostic, arg.name->text, names, /*ofOptimizer=*/false);
    declared(diagnostic);
    return nullptr;
  }
  if (position < positional)
    return &slots[position];
  declared(reporter.error(arg.range, fmt::format("{} takes at most {} {}, got {}", callee, slots.size(),
                                                 slots.size() == 1 ? "argument" : "arguments", count)));
  return nullptr;
}

bool Slots::fill(Reporter &reporter, std::vector<ArgValue> &args, SourceRange at) {
  size_t position = 0;
  for (ArgValue &arg : args) {
    if (!arg.name && variadic && position >= positional) {
      rest.push_back(&arg);
      continue;
    }
    Slot *slot = slotOf(reporter, arg, position, args.size());
    if (!slot)
      return false;
    position += !arg.name;
    if (slot->argument) {
      declared(reporter.error(arg.name ? arg.name->range : arg.range, fmt::format("`{}` is given twice", slot->name)));
      return false;
    }
    slot->argument = &arg;
  }
  for (const Slot &slot : slots)
    if (slot.required && !slot.argument) {
      declared(reporter.error(at, fmt::format("{} needs an argument for `{}`", callee, slot.name)));
      return false;
    }
  return true;
}

} // namespace agon::sema
