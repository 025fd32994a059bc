//===- Tensors.cpp - Shapes, contractions, reductions, derivatives ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Elaborator.h"
#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace agon::sema {

// 2^40 elements of one sample are 4 TiB: no one means that.
static constexpr int64_t elementLimit = int64_t(1) << 40;
static constexpr size_t rankLimit = 16;

std::optional<Shape> Elaborator::broadcastShape(const Shape &a, const Shape &b) {
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

bool Elaborator::checkShape(const Shape &shape, SourceRange at) {
  if (shape.size() > rankLimit) {
    error(at, fmt::format("a tensor has at most {} axes, got {}", rankLimit, shape.size()));
    return false;
  }
  int64_t count = 1;
  for (int64_t dim : shape) {
    if (dim < 1) {
      error(at, fmt::format("a dimension is at least 1, got {} in {}", dim, printShape(shape)));
      return false;
    }
    if (dim > elementLimit / count) {
      error(at, fmt::format("the shape {} has more than 2^40 elements", printShape(shape)));
      return false;
    }
    count *= dim;
  }
  return true;
}

Type Elaborator::samplesType(Type type) {
  type.batched = false;
  type.shape.insert(type.shape.begin(), batchSize());
  return type;
}

Node *Elaborator::reshape(Node *node, Shape shape) {
  if (!node || node->type.shape == shape)
    return node;
  Type type = node->type;
  type.shape = std::move(shape);
  if (node->op == Op::Constant)
    return constant(node->value, type);
  return make(Op::Reshape, type, {node});
}

Node *Elaborator::transpose(Node *node, std::vector<int64_t> permutation) {
  if (!node || std::is_sorted(permutation.begin(), permutation.end()))
    return node;
  Type type = node->type;
  for (size_t i = 0; i < permutation.size(); ++i)
    type.shape[i] = node->type.shape[permutation[i]];
  Node *result = make(Op::Transpose, type, {node});
  if (result)
    result->axes = std::move(permutation);
  return result;
}

/// NumPy's matmul: axes before the last two are batch axes and broadcast; a
/// vector is a row on the left, a column on the right.
Value Elaborator::matmul(Node *a, Node *b, SourceRange at) {
  const Shape &left = a->type.shape, &right = b->type.shape;
  if (left.empty() || right.empty()) {
    Diagnostic &diagnostic =
        error(at, fmt::format("`@` needs vectors or matrices, got {} and {}", printShape(left), printShape(right)));
    diagnostic.help("`*` multiplies by a number");
    return {};
  }
  size_t rightAxis = right.size() == 1 ? 0 : right.size() - 2;
  if (left.back() != right[rightAxis]) {
    Diagnostic &diagnostic = error(at, fmt::format("cannot multiply {} by {}: the inner axes are {} and {}",
                                                   printShape(left), printShape(right), left.back(), right[rightAxis]));
    noteOrigin(diagnostic, a);
    noteOrigin(diagnostic, b);
    if (right.size() == 2 && right[1] == left.back())
      diagnostic.help("`transpose` of the right side would fit");
    return {};
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
      return {};
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
      return {};
  }
  int64_t aRank = a->type.shape.size(), bRank = b->type.shape.size();
  Type type{Element::Real, a->type.batched || b->type.batched, {}, 0};
  for (size_t i = 0; i + 1 < a->type.shape.size(); ++i)
    type.shape.push_back(a->type.shape[i]);
  if (right.size() > 1)
    type.shape.push_back(b->type.shape.back());
  Node *node = make(Op::Contract, type, {a, b});
  if (!node)
    return {};
  for (size_t i = 0; i < batch; ++i) {
    node->lhsBatch.push_back(i);
    node->rhsBatch.push_back(i);
  }
  node->lhsAxes = {aRank - 1};
  node->rhsAxes = {right.size() == 1 ? bRank - 1 : bRank - 2};
  return Value::ofTensor(node);
}

Node *Elaborator::reduce(Op op, Node *node, std::vector<int64_t> axes, bool keep, bool overBatch) {
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
    result->axes = std::move(axes);
    result->overBatch = overBatch;
    node = result;
  }
  return keep ? reshape(node, kept) : node;
}

Node *Elaborator::scale(Node *node, double factor) {
  if (!node || factor == 1)
    return node;
  return make(Op::Mul, node->type, {node, constant(factor, node->type)});
}

std::optional<std::vector<int64_t>> Elaborator::axes(const Value &value, size_t rank, SourceRange at) {
  std::vector<int64_t> result;
  if (value.isError())
    return std::nullopt;
  if (value.is(Value::Kind::All)) {
    result.resize(rank);
    std::iota(result.begin(), result.end(), 0);
    return result;
  }
  std::vector<Value> list{value};
  if (value.is(Value::Kind::Tuple) || value.is(Value::Kind::List))
    list = value.elements;
  for (const Value &element : list) {
    if (!element.is(Value::Kind::Int)) {
      if (!element.isError())
        error(at, fmt::format("an axis is a whole number, got {}", describe(element)));
      return std::nullopt;
    }
    int64_t axis = element.integer < 0 ? element.integer + int64_t(rank) : element.integer;
    if (axis < 0 || axis >= int64_t(rank)) {
      Diagnostic &diagnostic = error(at, fmt::format("axis {} is out of range: a sample here has {} {}",
                                                     element.integer, rank, rank == 1 ? "axis" : "axes"));
      diagnostic.help("the batch axis is not counted; `E[...]` and `batch_mean` look across it");
      return std::nullopt;
    }
    if (std::find(result.begin(), result.end(), axis) != result.end()) {
      error(at, fmt::format("axis {} is given twice", element.integer));
      return std::nullopt;
    }
    result.push_back(axis);
  }
  return result;
}

std::optional<Shape> Elaborator::shapeOf(const Value &value, SourceRange at) {
  Shape shape;
  if (value.isError())
    return std::nullopt;
  std::vector<Value> dims{value};
  if (value.is(Value::Kind::List) || value.is(Value::Kind::Tuple))
    dims = value.elements;
  for (const Value &dim : dims) {
    if (!dim.is(Value::Kind::Int)) {
      if (!dim.isError())
        error(at, fmt::format("a dimension is a whole number, got {}", describe(dim)));
      return std::nullopt;
    }
    shape.push_back(dim.integer);
  }
  if (!checkShape(shape, at))
    return std::nullopt;
  return shape;
}

Node *Elaborator::concat(std::vector<Node *> nodes, int64_t axis) {
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
    result->axis = axis;
  return result;
}

Node *Elaborator::slice(Node *node, size_t axis, int64_t start, int64_t size) {
  if (!node || (start == 0 && size == node->type.shape[axis]))
    return node;
  Type type = node->type;
  Shape from = type.shape;
  type.shape[axis] = size;
  Node *result = make(Op::Slice, type, {node});
  if (!result)
    return nullptr;
  result->starts.assign(from.size(), 0);
  result->starts[axis] = start;
  result->sizes = type.shape;
  result->strides.assign(from.size(), 1);
  return result;
}

Value Elaborator::index(const Value &base, const Expr &expr) {
  if (base.isError())
    return {};
  bool list = base.is(Value::Kind::List) || base.is(Value::Kind::Tuple);
  Node *node = nullptr;
  if (!list && !(node = toTensor(base, expr.children[0]->range)))
    return {};
  size_t rank = list ? 1 : node->type.shape.size();
  if (expr.subscripts.size() > rank) {
    Diagnostic &diagnostic =
        error(expr.range, fmt::format("{} subscripts on {}", expr.subscripts.size(),
                                      list ? describe(base) : "shape " + printShape(node->type.shape)));
    if (node)
      noteOrigin(diagnostic, node);
    diagnostic.help("subscripts count the axes of one sample, without the batch");
    return {};
  }
  Shape shape = node ? node->type.shape : Shape{int64_t(base.elements.size())};
  Shape kept;
  Value result = base;
  for (size_t axis = 0; axis < rank; ++axis) {
    int64_t size = shape[axis];
    if (axis >= expr.subscripts.size()) {
      kept.push_back(size);
      continue;
    }
    const syntax::Subscript &subscript = expr.subscripts[axis];
    auto bound = [&](const syntax::ExprPtr &e, int64_t fallback) -> std::optional<int64_t> {
      if (!e)
        return fallback;
      auto i = evalInt(*e, "a subscript");
      if (!i)
        return std::nullopt;
      return *i < 0 ? *i + size : *i;
    };
    auto first = bound(subscript.first, 0), last = bound(subscript.last, size);
    if (!first || !last)
      return {};
    SourceRange at = subscript.range ? subscript.range : expr.range;
    if (!subscript.isSlice) {
      if (*first < 0 || *first >= size) {
        Diagnostic &diagnostic = error(at, fmt::format("subscript out of range: axis {} has {} {}", axis, size,
                                                       size == 1 ? "element" : "elements"));
        if (node)
          noteOrigin(diagnostic, node);
        return {};
      }
      if (list)
        return base.elements[*first];
      node = slice(node, axis, *first, 1);
    } else {
      if (*first < 0 || *last > size || (list ? *first > *last : *first >= *last)) {
        Diagnostic &diagnostic = error(
            at, fmt::format("the slice {}:{} does not lie within axis {} of {} elements", *first, *last, axis, size));
        if (node)
          noteOrigin(diagnostic, node);
        return {};
      }
      if (list) {
        result.elements = {base.elements.begin() + *first, base.elements.begin() + *last};
        return result;
      }
      node = slice(node, axis, *first, *last - *first);
      kept.push_back(*last - *first);
    }
    if (!node)
      return {};
  }
  return Value::ofTensor(reshape(node, kept));
}

Value Elaborator::expectation(const Value &value, SourceRange at) {
  if (value.isError())
    return {};
  if (value.is(Value::Kind::Tuple)) {
    error(at, fmt::format("E[...] is the mean of one value, got {}", describe(value)))
        .help("take the tuple apart: `let (a, b) = ...`");
    return {};
  }
  if (value.isNumber())
    return value;
  Node *node = toReal(value, at);
  if (!node)
    return {};
  double count = double(elementCount(node->type.shape));
  if (node->type.batched)
    count *= double(batchSize());
  std::vector<int64_t> every(node->type.shape.size());
  std::iota(every.begin(), every.end(), 0);
  Node *sum = reduce(Op::Sum, node, every, false, true);
  if (sum && node->type.batched)
    sum->expectation = true;
  return Value::ofTensor(scale(sum, 1 / count));
}

Value Elaborator::gradient(const Value &y, const Value &x, SourceRange at, SourceRange yAt, SourceRange xAt) {
  Node *top = toReal(y, yAt);
  if (!top)
    return {};
  if (!x.isTensor()) {
    if (!x.isError())
      error(xAt, fmt::format("a derivative is with respect to a tensor, got {}", describe(x)));
    return {};
  }
  Node *bottom = x.node;
  if (bottom->graph != context->graph && !(bottom = adopt(bottom)))
    return {};
  if (bottom->type.element != Element::Real) {
    error(xAt, fmt::format("a derivative is with respect to real numbers, got {}", describe(x)));
    return {};
  }
  if (elementCount(top->type.shape) != 1) {
    Diagnostic &diagnostic =
        error(yAt, fmt::format("a derivative is of one number per sample, got shape {}", printShape(top->type.shape)));
    noteOrigin(diagnostic, top);
    diagnostic.help("`sum(...)` or `mean(...)` makes one number of it");
    return {};
  }
  if (top->type.batched && !bottom->type.batched) {
    Diagnostic &diagnostic =
        error(at, "a derivative of a number per sample is not with respect to what all samples share");
    noteOrigin(diagnostic, bottom);
    diagnostic.help("`grad(E[...], ...)` differentiates the mean");
    return {};
  }
  if (!dependsOn(top, bottom)) {
    Diagnostic &diagnostic = error(at, "the derivative is zero: the first argument does not depend on the second");
    diagnostic.help("an expression written twice is computed twice: name it with `let`, and use the name "
                    "in both places");
    return {};
  }
  return Value::ofTensor(make(Op::Gradient, bottom->type, {top, bottom}));
}

} // namespace agon::sema
