//===- Slots.h - Which argument is for which parameter ---------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_EVAL_SLOTS_H
#define AGON_FRONTEND_SEMA_EVAL_SLOTS_H

#include "frontend/sema/Diagnose.h"
#include "frontend/sema/graph/Value.h"
#include <functional>

namespace agon::sema {

/// An evaluated argument of a call.
struct ArgValue {
  const syntax::Ident *name = nullptr;
  Value value;
  SourceRange range;
};

/// The parameters of what is applied, whatever that is.
struct Slots {
  struct Slot {
    std::string name;
    bool required = true;
    ArgValue *argument = nullptr;
  };
  std::string callee;           ///< "`dense`", "the network `D`"
  std::vector<Slot> slots;      ///< By position first, then those that go by name alone.
  size_t positional = 0;        ///< How many go by position.
  bool variadic = false;        ///< Takes further arguments by position.
  std::vector<ArgValue *> rest; ///< These.
  /// Adds how it is declared to what is wrong with an application.
  std::function<void(Diagnostic &)> declared;

  /// Finds the argument of each parameter; false after an error.
  bool fill(Reporter &reporter, std::vector<ArgValue> &args, SourceRange at);

private:
  Slot *slotOf(Reporter &reporter, const ArgValue &arg, size_t position, size_t count);
};

} // namespace agon::sema
#endif
