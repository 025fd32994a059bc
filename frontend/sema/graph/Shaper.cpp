//===- Shaper.cpp - Shapes, contractions, reductions -------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/graph/Shaper.h"
#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace agon::sema {

std::optional<Shape> Shaper::broadcastShape(const Shape &a, const Shape &b) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1)
      return std::nullopt;
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  return result;
}

Type Shaper::samplesType(Type type) {
  type.batched = false;
  type.shape.insert(type.shape.begin(), batchSize());
  return type;
}

Node *Shaper::reshape(Node *node, Shape shape) {
  if (!node || node->type.shape == shape)
    return node;
  Type type = node->type;
  type.shape = std::move(shape);
  if (node->op == Op::Constant)
    return constant(node->value(), type);
  return make(Op::Reshape, type, {node});
}

Node *Shaper::transpose(Node *node, std::vector<int64_t> permutation) {
  if (!node || std::is_sorted(permutation.begin(), permutation.end()))
    return node;
  Type type = node->type;
  for (size_t i = 0; i < permutation.size(); ++i)
    type.shape[i] = node->type.shape[permutation[i]];
  Node *result = make(Op::Transpose, type, {node});
  if (result)
    result->details = Over{std::move(permutation)};
  return result;
}

/// NumPy's matmul: axes before the last two are batch axes and broadcast; a
/// vector is a row on the left, a column on the right.
Node *Shaper::matmul(Node *a, Node *b, SourceRange at) {
  const Shape &left = a->type.shape, &right = b->type.shape;
  if (left.empty() || right.empty()) {
    Diagnostic &diagnostic =
        error(at, fmt::format("`@` needs vectors or matrices, got {} and {}", printShape(left), printShape(right)));
    diagnostic.help("`*` multiplies by a number");
    return nullptr;
  }
  size_t rightAxis = right.size() == 1 ? 0 : right.size() - 2;
  if (left.back() != right[rightAxis]) {
    Diagnostic &diagnostic = error(at, fmt::format("cannot multiply {} by {}: the inner axes are {} and {}",
                                                   printShape(left), printShape(right), left.back(), right[rightAxis]));
    noteOrigin(diagnostic, a);
    noteOrigin(diagnostic, b);
    if (right.size() == 2 && right[1] == left.back())
      diagnostic.help("`transpose` of the right side would fit");
    return nullptr;
  }
  // Leading axes that both have are batch axes of the contraction.
  Shape leftBatch(left.begin(), left.end() - std::min<size_t>(left.size(), 2));
  Shape rightBatch(right.begin(), right.end() - std::min<size_t>(right.size(), 2));
  size_t batch = 0;
  if (!rightBatch.empty()) {
    auto joined = broadcastShape(leftBatch, rightBatch);
    if (!joined) {
      error(at, fmt::format("cannot multiply {} by {}: the leading axes do not match", printShape(left),
                            printShape(right)));
      return nullptr;
    }
    batch = joined->size();
    auto widen = [&](Node *node, size_t kept) {
      Shape shape = *joined;
      shape.insert(shape.end(), node->type.shape.end() - kept, node->type.shape.end());
      Type type = node->type;
      type.shape = shape;
      return broadcast(node, type);
    };
    a = widen(a, std::min<size_t>(left.size(), 2));
    b = widen(b, std::min<size_t>(right.size(), 2));
    if (!a || !b)
      return nullptr;
  }
  int64_t aRank = a->type.shape.size(), bRank = b->type.shape.size();
  Type type{Element::Real, a->type.batched || b->type.batched, {}, 0};
  for (size_t i = 0; i + 1 < a->type.shape.size(); ++i)
    type.shape.push_back(a->type.shape[i]);
  if (right.size() > 1)
    type.shape.push_back(b->type.shape.back());
  Node *node = make(Op::Contract, type, {a, b});
  if (!node)
    return nullptr;
  Pairing pairing;
  for (size_t i = 0; i < batch; ++i) {
    pairing.lhsBatch.push_back(i);
    pairing.rhsBatch.push_back(i);
  }
  pairing.lhsAxes = {aRank - 1};
  pairing.rhsAxes = {right.size() == 1 ? bRank - 1 : bRank - 2};
  node->details = std::move(pairing);
  return node;
}

Node *Shaper::reduce(Op op, Node *node, std::vector<int64_t> axes, bool keep, bool overBatch) {
  node = convert(node, node && node->type.element == Element::Hyper ? Element::Hyper : Element::Real);
  if (!node)
    return nullptr;
  std::sort(axes.begin(), axes.end());
  overBatch &= node->type.batched;
  Type type = node->type;
  Shape kept = type.shape;
  type.shape.clear();
  for (size_t i = 0; i < kept.size(); ++i)
    if (std::binary_search(axes.begin(), axes.end(), int64_t(i)))
      kept[i] = 1;
    else
      type.shape.push_back(kept[i]);
  if (overBatch)
    type.batched = false;
  if (!axes.empty() || overBatch) {
    Node *result = make(op, type, {node});
    if (!result)
      return nullptr;
    result->details = Over{std::move(axes), overBatch};
    node = result;
  }
  return keep ? reshape(node, kept) : node;
}

Node *Shaper::scale(Node *node, double factor) {
  if (!node || factor == 1)
    return node;
  return make(Op::Mul, node->type, {node, constant(factor, node->type)});
}

Node *Shaper::concat(std::vector<Node *> nodes, int64_t axis) {
  if (nodes.empty() || std::find(nodes.begin(), nodes.end(), nullptr) != nodes.end())
    return nullptr;
  if (nodes.size() == 1)
    return nodes[0];
  Type type = nodes[0]->type;
  type.shape[axis] = 0;
  for (Node *node : nodes) {
    type.shape[axis] += node->type.shape[axis];
    type.batched |= node->type.batched;
  }
  for (Node *&node : nodes) {
    Type own = type;
    own.shape = node->type.shape;
    if (!(node = broadcast(node, own)))
      return nullptr;
  }
  Node *result = make(Op::Concat, type, std::move(nodes));
  if (result)
    result->details = Along{axis};
  return result;
}

Node *Shaper::slice(Node *node, size_t axis, int64_t start, int64_t size) {
  if (!node || (start == 0 && size == node->type.shape[axis]))
    return node;
  Type type = node->type;
  Shape from = type.shape;
  type.shape[axis] = size;
  Node *result = make(Op::Slice, type, {node});
  if (!result)
    return nullptr;
  Box box{std::vector<int64_t>(from.size(), 0), type.shape, std::vector<int64_t>(from.size(), 1)};
  box.starts[axis] = start;
  result->details = std::move(box);
  return result;
}

} // namespace agon::sema
