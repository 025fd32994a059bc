//===- Interpreter.cpp - The model's meaning, slowly ------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/sema/Interpreter.h"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace agon::sema::test {

using Index = std::vector<int64_t>;

static int64_t product(const Index &shape) {
  int64_t result = 1;
  for (int64_t dim : shape)
    result *= dim;
  return result;
}

/// Steps to the next index; false after the last.
static bool advance(Index &index, const Index &shape) {
  for (size_t i = shape.size(); i-- > 0;) {
    if (++index[i] < shape[i])
      return true;
    index[i] = 0;
  }
  return false;
}

static double &at(Array &array, const Index &index) {
  int64_t offset = 0;
  for (size_t i = 0; i < index.size(); ++i)
    offset = offset * array.shape[i] + index[i];
  return array.values.at(offset);
}

static double get(const Array &array, const Index &index) { return at(const_cast<Array &>(array), index); }

Array Array::zeros(std::vector<int64_t> shape) {
  Array array;
  array.values.assign(product(shape), 0);
  array.shape = std::move(shape);
  return array;
}

std::vector<int64_t> Interpreter::fullShape(const Type &type) const {
  Index shape = type.shape;
  if (type.batched)
    shape.insert(shape.begin(), batch);
  return shape;
}

Storages Interpreter::initialize(const Network &network) {
  Storages storages;
  for (size_t i = 0; i < network.storages.size(); ++i) {
    const Storage &storage = network.storages[i];
    storages[{&network, int64_t(i)}] = run(storage.init, {storage.initial}, {}, storages).at(0);
  }
  return storages;
}

std::vector<Array> Interpreter::run(const Graph &graph, const std::vector<Node *> &roots,
                                    const std::map<const Node *, Array> &given, const Storages &storages) {
  for (const auto &node : graph.nodes) {
    auto it = given.find(node.get());
    Array value = it != given.end() ? it->second : evaluate(*node, storages);
    if (node->op != Op::Apply) {
      EXPECT_EQ(value.shape, fullShape(node->type)) << "operation " << int(node->op);
    }
    values[node.get()] = std::move(value);
  }
  std::vector<Array> results;
  for (const Node *root : roots)
    results.push_back(values.at(root));
  return results;
}

Outcome Interpreter::run(const Function &function, const std::vector<Array> &arguments, const Storages &storages) {
  std::map<const Node *, Array> given;
  for (size_t i = 0; i < arguments.size(); ++i)
    given[function.arguments[i]] = arguments[i];
  std::vector<Node *> roots = function.results;
  for (const Function::Write &write : function.writes)
    roots.push_back(write.value);
  std::vector<Array> all = run(function.graph, roots, given, storages);
  Outcome outcome;
  outcome.results.assign(all.begin(), all.begin() + function.results.size());
  for (size_t i = 0; i < function.writes.size(); ++i)
    outcome.writes[std::to_string(function.writes[i].storage)] = all[function.results.size() + i];
  return outcome;
}

Array Interpreter::contract(const Node &node, const Array &a, const Array &b) {
  bool aBatched = node.operands[0]->type.batched, bBatched = node.operands[1]->type.batched;
  auto contains = [](const Index &axes, int64_t axis) {
    return std::find(axes.begin(), axes.end(), axis) != axes.end();
  };
  Array result = Array::zeros(fullShape(node.type));
  Index sums;
  for (int64_t axis : node.lhsAxes())
    sums.push_back(node.operands[0]->type.shape[axis]);
  Index index(result.shape.size(), 0);
  do {
    size_t cursor = node.type.batched ? 1 : 0;
    int64_t n = node.type.batched ? index[0] : 0;
    Index left(node.operands[0]->type.shape.size()), right(node.operands[1]->type.shape.size());
    for (size_t i = 0; i < node.lhsBatch().size(); ++i)
      left[node.lhsBatch()[i]] = right[node.rhsBatch()[i]] = index[cursor++];
    for (size_t i = 0; i < left.size(); ++i)
      if (!contains(node.lhsBatch(), i) && !contains(node.lhsAxes(), i))
        left[i] = index[cursor++];
    for (size_t i = 0; i < right.size(); ++i)
      if (!contains(node.rhsBatch(), i) && !contains(node.rhsAxes(), i))
        right[i] = index[cursor++];
    Index k(sums.size(), 0);
    do {
      for (size_t i = 0; i < k.size(); ++i)
        left[node.lhsAxes()[i]] = right[node.rhsAxes()[i]] = k[i];
      Index l = left, r = right;
      if (aBatched)
        l.insert(l.begin(), n);
      if (bBatched)
        r.insert(r.begin(), n);
      at(result, index) += get(a, l) * get(b, r);
    } while (advance(k, sums));
  } while (advance(index, result.shape));
  return result;
}

/// The trilinear form, term by term: of Conv y += x * w, of its transpose x += y * w.
static void convolve(const Node &node, const Array &a, const Array &w, Array &result) {
  bool forward = node.op == Op::Conv;
  const Array &x = forward ? a : result, &y = forward ? result : a;
  size_t shift = node.type.batched, wShift = node.operands[1]->type.batched, spatial = node.strides().size();
  Index kernel(w.shape.begin() + wShift + 1, w.shape.end());
  int64_t groupIn = kernel[0], groupOut = w.shape[wShift] / node.groups();
  Index i(y.shape.size(), 0);
  do {
    Index k(kernel.size(), 0);
    do {
      Index from(i.begin(), i.begin() + shift), filter(i.begin(), i.begin() + wShift);
      int64_t out = i[shift];
      from.push_back(out / groupOut * groupIn + k[0]);
      filter.push_back(out);
      filter.insert(filter.end(), k.begin(), k.end());
      bool inside = true;
      for (size_t d = 0; d < spatial; ++d) {
        from.push_back(i[shift + 1 + d] * node.strides()[d] + k[1 + d] * node.dilations()[d] - node.starts()[d]);
        inside &= from.back() >= 0 && from.back() < x.shape[shift + 1 + d];
      }
      if (inside)
        at(result, forward ? i : from) += get(a, forward ? from : i) * get(w, filter);
    } while (advance(k, kernel));
  } while (advance(i, y.shape));
}

/// Where the element `i` of windows lies in what they are windows of.
static Index unfolded(const Node &node, const Index &i) {
  size_t rank = i.size() - node.axes().size();
  Index from(i.begin(), i.begin() + rank);
  for (size_t k = 0; k < node.axes().size(); ++k) {
    int64_t &axis = from[node.axes()[k] + node.type.batched];
    axis = axis * node.strides()[k] + i[rank + k] * node.dilations()[k];
  }
  return from;
}

Array Interpreter::evaluate(const Node &node, const Storages &storages) {
  Array result = Array::zeros(fullShape(node.type));
  Index index(result.shape.size(), 0);
  size_t shift = node.type.batched ? 1 : 0;
  // Every element of the result, from an index into operand 0.
  auto gather = [&](auto &&source) {
    do
      at(result, index) = source(index);
    while (advance(index, result.shape));
    return result;
  };
  switch (node.op) {
  case Op::Constant:
    return gather([&](const Index &) { return node.value(); });
  case Op::Table:
    result.values = node.values();
    return result;
  case Op::Read:
    return storages.at({node.network(), node.storage()});
  case Op::Iota:
    return gather([&](const Index &i) { return double(i[node.axis() + shift]); });
  case Op::Random: {
    std::uniform_real_distribution<double> uniform;
    std::normal_distribution<double> normal;
    for (double &value : result.values)
      value = node.random() == RandomKind::Normal    ? normal(engine)
              : node.random() == RandomKind::Uniform ? uniform(engine)
                                                     : std::floor(uniform(engine) * node.type.classes);
    return result;
  }
  case Op::Hyper:
    return operand(node, 0);
  case Op::Apply:
    return Array::zeros({});
  case Op::Result: {
    const Node &call = *node.operands[0];
    std::vector<Array> arguments;
    for (size_t i = 0; i < call.operands.size(); ++i)
      arguments.push_back(operand(call, i));
    return run(call.form()->training, arguments, storages).results.at(node.index());
  }
  case Op::Select:
    for (size_t i = 0; i < result.values.size(); ++i)
      result.values[i] = operand(node, operand(node, 0).values[i] != 0 ? 1 : 2).values[i];
    return result;
  case Op::Broadcast: {
    const Array &x = operand(node, 0);
    bool batched = node.operands[0]->type.batched;
    size_t missing = result.shape.size() - shift - node.operands[0]->type.shape.size();
    return gather([&](const Index &i) {
      Index from(i.begin() + shift + missing, i.end());
      for (size_t k = 0; k < from.size(); ++k)
        if (node.operands[0]->type.shape[k] == 1)
          from[k] = 0;
      if (batched)
        from.insert(from.begin(), i[0]);
      return get(x, from);
    });
  }
  case Op::Reshape:
    result.values = operand(node, 0).values;
    return result;
  case Op::Transpose:
    return gather([&](const Index &i) {
      Index from = i;
      for (size_t k = 0; k < node.axes().size(); ++k)
        from[node.axes()[k] + shift] = i[k + shift];
      return get(operand(node, 0), from);
    });
  case Op::Slice:
    return gather([&](const Index &i) {
      Index from = i;
      for (size_t k = 0; k < node.starts().size(); ++k)
        from[k + shift] = node.starts()[k] + i[k + shift] * node.strides()[k];
      return get(operand(node, 0), from);
    });
  case Op::Pad:
    return gather([&](const Index &i) {
      Index from = i;
      for (size_t k = 0; k < node.starts().size(); ++k) {
        from[k + shift] -= node.starts()[k];
        if (from[k + shift] < 0 || from[k + shift] >= node.operands[0]->type.shape[k])
          return node.value();
      }
      return get(operand(node, 0), from);
    });
  case Op::Concat:
    return gather([&](const Index &i) {
      Index from = i;
      size_t part = 0;
      int64_t &k = from[node.axis() + shift];
      while (k >= node.operands[part]->type.shape[node.axis()])
        k -= node.operands[part++]->type.shape[node.axis()];
      return get(operand(node, part), from);
    });
  case Op::OneHot:
    return gather([&](const Index &i) {
      Index from(i.begin(), i.end() - 1);
      return double(get(operand(node, 0), from) == double(i.back()));
    });
  case Op::Contract:
    return contract(node, operand(node, 0), operand(node, 1));
  case Op::Samples:
  case Op::PerSample:
    result.values = operand(node, 0).values;
    return result;
  case Op::Reverse:
    return gather([&](const Index &i) {
      Index from = i;
      for (int64_t axis : node.axes())
        from[axis + shift] = result.shape[axis + shift] - 1 - i[axis + shift];
      return get(operand(node, 0), from);
    });
  case Op::CumSum: {
    const Array &x = operand(node, 0);
    return gather([&](const Index &i) {
      double sum = 0;
      Index from = i;
      int64_t &k = from[node.axis() + shift], here = i[node.axis() + shift], size = x.shape[node.axis() + shift];
      for (k = node.reversed() ? here : 0; k < (node.reversed() ? size : here + 1); ++k)
        sum += get(x, from);
      return sum;
    });
  }
  case Op::Conv:
  case Op::ConvTranspose:
    convolve(node, operand(node, 0), operand(node, 1), result);
    return result;
  case Op::Unfold:
    return gather([&](const Index &i) { return get(operand(node, 0), unfolded(node, i)); });
  case Op::Fold: {
    const Array &windows = operand(node, 0);
    Index i(windows.shape.size(), 0);
    do
      at(result, unfolded(node, i)) += get(windows, i);
    while (advance(i, windows.shape));
    return result;
  }
  case Op::Gather:
  case Op::ScatterAdd: {
    bool gathers = node.op == Op::Gather;
    const Array &x = operand(node, 0), &labels = operand(node, 1);
    Index i = Index((gathers ? result : x).shape.size(), 0);
    const Index shape = (gathers ? result : x).shape;
    // An index into the slices names an element of the table, by its label.
    size_t xShift = node.operands[0]->type.batched, labelRank = node.operands[1]->type.shape.size();
    do {
      auto start = i.begin() + shift + node.axis();
      Index labelled(start, start + labelRank);
      if (node.operands[1]->type.batched)
        labelled.insert(labelled.begin(), i[0]);
      Index entry(i.begin() + (gathers ? shift - xShift : 0), start);
      entry.push_back(int64_t(get(labels, labelled)));
      entry.insert(entry.end(), start + labelRank, i.end());
      if (gathers)
        at(result, i) = get(x, entry);
      else
        at(result, entry) += get(x, i);
    } while (advance(i, shape));
    return result;
  }
  case Op::Sum:
  case Op::ReduceMax:
  case Op::ReduceMin: {
    const Array &x = operand(node, 0);
    bool batched = node.operands[0]->type.batched;
    double start = node.op == Op::Sum ? 0 : node.op == Op::ReduceMax ? -INFINITY : INFINITY;
    std::fill(result.values.begin(), result.values.end(), start);
    Index from(x.shape.size(), 0);
    do {
      Index to;
      if (batched && !node.overBatch())
        to.push_back(from[0]);
      for (size_t k = batched ? 1 : 0; k < from.size(); ++k)
        if (std::find(node.axes().begin(), node.axes().end(), int64_t(k - (batched ? 1 : 0))) == node.axes().end())
          to.push_back(from[k]);
      double &sum = at(result, to), value = get(x, from);
      sum = node.op == Op::Sum ? sum + value : node.op == Op::ReduceMax ? std::max(sum, value) : std::min(sum, value);
    } while (advance(from, x.shape));
    return result;
  }
  case Op::Argument:
  case Op::Use:
  case Op::DataMean:
  case Op::Step:
  case Op::Weight:
  case Op::Cotangent:
  case Op::Slot:
  case Op::Gradient:
    ADD_FAILURE() << "operation " << int(node.op) << " has no value of its own";
    return result;
  default:
    break;
  }
  const Array &a = operand(node, 0);
  const Array &b = node.operands.size() > 1 ? operand(node, 1) : a;
  EXPECT_EQ(a.shape, b.shape) << "operands of operation " << int(node.op);
  for (size_t i = 0; i < result.values.size(); ++i)
    result.values[i] = fold(node.op, a.values[i], b.values[i]);
  return result;
}

} // namespace agon::sema::test
