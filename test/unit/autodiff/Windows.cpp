//===- Windows.cpp - Reference of windows and labels ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/autodiff/Windows.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace agon;
using namespace agon::test;

namespace {

using Get = llvm::function_ref<const Tensor &(Value)>;

/// Calls `term` with the places of every x[n, c, i], w[o, c, k] and y[n, o, p]
/// whose product is a term of the trilinear form.
template <typename OpTy, typename Term>
void forEachTerm(OpTy op, const Index &x, const Index &w, const Index &y, Term term) {
  int64_t outputs = w[0] / static_cast<int64_t>(op.getGroups()), inputs = w[1];
  Index kernel(w.begin() + 1, w.end());
  forEach(y, [&](const Index &out) {
    forEach(kernel, [&](const Index &tap) {
      Index from{out[0], out[1] / outputs * inputs + tap[0]}, weight{out[1]};
      weight.insert(weight.end(), tap.begin(), tap.end());
      for (size_t i = 0; i + 2 < x.size(); ++i) {
        int64_t place = out[i + 2] * op.getStrides()[i] + tap[i + 1] * op.getDilations()[i] - op.getLow()[i];
        if (place < 0 || place >= x[i + 2])
          return;
        from.push_back(place);
      }
      term(flat(x, from), flat(w, weight), flat(y, out));
    });
  });
}

/// Calls `pair` with the places in the whole and in the windows of the same element.
template <typename OpTy, typename Pair>
void forEachWindowElement(OpTy op, const Index &whole, const Index &windows, Pair pair) {
  forEach(windows, [&](const Index &index) {
    Index from(index.begin(), index.begin() + whole.size());
    for (size_t i = 0; i < op.getDims().size(); ++i) {
      int64_t &place = from[op.getDims()[i]];
      place = place * op.getStrides()[i] + index[whole.size() + i] * op.getDilations()[i];
    }
    pair(flat(whole, from), flat(windows, index));
  });
}

/// Calls `pair` with the places in the table and in the slices of the same
/// element, wherever the label is one of the table's.
void forEachSliceElement(const Index &table, const Tensor &labels, const Index &slices, int64_t batch,
                         llvm::function_ref<void(int64_t, int64_t)> pair) {
  int64_t labelRank = labels.shape.size();
  forEach(slices, [&](const Index &index) {
    double label = labels.data[flat(labels.shape, Index(index.begin(), index.begin() + labelRank))];
    if (label < 0 || label >= static_cast<double>(table[batch]))
      return;
    Index from(index.begin(), index.begin() + batch);
    from.push_back(static_cast<int64_t>(label));
    from.insert(from.end(), index.begin() + labelRank, index.end());
    pair(flat(table, from), flat(slices, index));
  });
}

Tensor cumsum(CumSumOp op, const Tensor &input) {
  Tensor result = Tensor::filled(op.getType(), 0);
  forEach(input.shape, [&](const Index &index) {
    Index from = index;
    int64_t &at = from[op.getDim()], end = input.shape[op.getDim()];
    double sum = 0;
    if (op.getReverse())
      for (; at < end; ++at)
        sum += input.data[flat(input.shape, from)];
    else
      for (; at >= 0; --at)
        sum += input.data[flat(input.shape, from)];
    result.data[flat(result.shape, index)] = sum;
  });
  return result;
}

Tensor modeProduct(ModeProductOp op, const Tensor &input) {
  Tensor result = Tensor::filled(op.getType(), 0);
  forEach(result.shape, [&](const Index &index) {
    // What is summed over: a column of each matrix.
    Index columns;
    for (int64_t dim : op.getDims())
      columns.push_back(input.shape[dim]);
    forEach(columns, [&](const Index &column) {
      Index from = index;
      double term = 1;
      for (size_t i = 0; i < columns.size(); ++i) {
        int64_t &at = from[op.getDims()[i]];
        term *= op.getMatrix(i).getValues<double>()[at * columns[i] + column[i]];
        at = column[i];
      }
      result.data[flat(result.shape, index)] += term * input.data[flat(input.shape, from)];
    });
  });
  return result;
}

} // namespace

std::optional<Tensor> agon::test::windowOperation(Operation &operation, Get get) {
  if (operation.getNumResults() != 1)
    return std::nullopt;
  Tensor result = Tensor::filled(operation.getResult(0).getType(), 0);
  std::vector<double> &sums = result.data;
  bool known =
      llvm::TypeSwitch<Operation *, bool>(&operation)
          .Case([&](ConvOp op) {
            const Tensor &x = get(op.getLhs()), &w = get(op.getRhs());
            forEachTerm(op, x.shape, w.shape, result.shape,
                        [&](int64_t i, int64_t k, int64_t p) { sums[p] += x.data[i] * w.data[k]; });
            return true;
          })
          .Case([&](ConvInputGradientOp op) {
            const Tensor &y = get(op.getLhs()), &w = get(op.getRhs());
            forEachTerm(op, result.shape, w.shape, y.shape,
                        [&](int64_t i, int64_t k, int64_t p) { sums[i] += y.data[p] * w.data[k]; });
            return true;
          })
          .Case([&](ConvFilterGradientOp op) {
            const Tensor &x = get(op.getLhs()), &y = get(op.getRhs());
            forEachTerm(op, x.shape, result.shape, y.shape,
                        [&](int64_t i, int64_t k, int64_t p) { sums[k] += x.data[i] * y.data[p]; });
            return true;
          })
          .Case([&](UnfoldOp op) {
            const Tensor &x = get(op.getInput());
            forEachWindowElement(op, x.shape, result.shape, [&](int64_t i, int64_t w) { sums[w] = x.data[i]; });
            return true;
          })
          .Case([&](FoldOp op) {
            const Tensor &w = get(op.getInput());
            forEachWindowElement(op, result.shape, w.shape, [&](int64_t i, int64_t k) { sums[i] += w.data[k]; });
            return true;
          })
          .Case([&](GatherOp op) {
            const Tensor &x = get(op.getInput());
            forEachSliceElement(x.shape, get(op.getLabels()), result.shape, op.getBatch(),
                                [&](int64_t row, int64_t slice) { sums[slice] = x.data[row]; });
            return true;
          })
          .Case([&](ScatterAddOp op) {
            const Tensor &x = get(op.getInput());
            forEachSliceElement(result.shape, get(op.getLabels()), x.shape, op.getBatch(),
                                [&](int64_t row, int64_t slice) { sums[row] += x.data[slice]; });
            return true;
          })
          .Case([&](CumSumOp op) {
            result = cumsum(op, get(op.getInput()));
            return true;
          })
          .Case([&](ModeProductOp op) {
            result = modeProduct(op, get(op.getInput()));
            return true;
          })
          .Default([](Operation *) { return false; });
  if (!known)
    return std::nullopt;
  return result;
}
