//===- Dependence.cpp - Whether a value depends on another ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/graph/Dependence.h"

namespace agon::sema {

bool passesDerivative(const Node &node, size_t i) {
  switch (passesOf(node.op)) {
  case Passes::All:
    return true;
  case Passes::None:
    return false;
  case Passes::First:
    return i == 0;
  case Passes::AllButFirst:
    return i != 0;
  case Passes::UnlessLabel:
    return node.type.element != Element::Label;
  }
  return true;
}

bool dependsOn(const Node *node, const Node *on) {
  // A let that only names a parameter is that parameter.
  while (on->op == Op::Use && on->variable()->result &&
         (on->variable()->result->op == Op::Read || on->variable()->result->op == Op::Use))
    on = on->variable()->result;
  std::unordered_set<const Node *> seen;
  std::unordered_set<const Variable *> throughLets;
  std::vector<const Node *> work{node};
  const Variable *target = on->op == Op::Use ? on->variable() : nullptr;
  bool isStored = on->op == Op::Read;
  while (!work.empty()) {
    const Node *next = work.back();
    work.pop_back();
    if (next == on)
      return true;
    if (!seen.insert(next).second)
      continue;
    for (size_t i = 0; i < next->operands.size(); ++i)
      if (passesDerivative(*next, i))
        work.push_back(next->operands[i]);
    if (isStored && next->op == Op::Read && next->network() == on->network() && next->storage() == on->storage())
      return true;
    if (isStored && next->op == Op::Apply && !next->average())
      for (const Node *result : next->form()->inTurns(*next->network()).results)
        work.push_back(result);
    if (next->op != Op::Use)
      continue;
    if (target && next->variable() == target)
      return true;
    // A let is computed once a turn: y = f(x) bound outside depends on x.
    if (next->variable()->kind == Variable::Let && next->variable()->result && (target || isStored))
      work.push_back(next->variable()->result);
  }
  return false;
}

std::unordered_set<const Node *> reach(const std::vector<Node *> &roots, const std::vector<Node *> &stops) {
  std::unordered_set<const Node *> seen(stops.begin(), stops.end());
  std::vector<const Node *> work(roots.begin(), roots.end());
  while (!work.empty()) {
    const Node *next = work.back();
    work.pop_back();
    if (seen.insert(next).second)
      work.insert(work.end(), next->operands.begin(), next->operands.end());
  }
  return seen;
}

} // namespace agon::sema
