//===- OnnxStructure.cpp - Shapes, sums and windows as nodes of ONNX -----===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/export/OnnxOperations.h"
#include <limits>

using namespace mlir;

namespace agon::exports {

static ArrayRef<int64_t> extentsOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

//===----------------------------------------------------------------------===//
// The same elements elsewhere
//===----------------------------------------------------------------------===//

LogicalResult OnnxOperations::broadcast(BroadcastOp op) {
  const OnnxValue &input = values[op.getInput()];
  SmallVector<int64_t> fresh;
  OnnxValue result;
  result.repeated.assign(size_t(op.getType().getRank()), true);
  for (auto [axis, to] : llvm::enumerate(op.getDims()))
    result.repeated[size_t(to)] = input.repeated[axis];
  for (int64_t axis = 0; axis < op.getType().getRank(); ++axis)
    if (!llvm::is_contained(op.getDims(), axis))
      fresh.push_back(axis);
  std::string name = input.name;
  result.name = fresh.empty() ? name : graph.add("Unsqueeze", {name, graph.integers(fresh)});
  values[op] = std::move(result);
  return success();
}

LogicalResult OnnxOperations::reshape(ReshapeOp op) {
  std::string input = whole(op.getInput());
  SmallVector<int64_t> shape = shapeOf(op);
  // At most one size is found from the number of elements; that of an axis in the same place is copied.
  for (auto [axis, extent] : llvm::enumerate(shape))
    if (extent == OnnxGraph::anySize && int64_t(axis) < int64_t(extentsOf(op.getInput()).size()) &&
        isBatch(op.getInput(), int64_t(axis)))
      extent = 0;
  if (llvm::count(shape, OnnxGraph::anySize) > 1)
    return failure();
  return set(op, graph.add("Reshape", {input, graph.integers(shape)}));
}

LogicalResult OnnxOperations::transpose(TransposeOp op) {
  const OnnxValue &input = values[op.getInput()];
  OnnxValue result;
  for (int64_t from : op.getPermutation())
    result.repeated.push_back(input.repeated[size_t(from)]);
  std::string name = input.name;
  result.name = graph.add("Transpose", {name}, {{"perm", op.getPermutation()}});
  values[op] = std::move(result);
  return success();
}

LogicalResult OnnxOperations::slice(SliceOp op) {
  OnnxValue result = values[op.getInput()];
  SmallVector<int64_t> starts, ends, sliced, strides;
  for (auto [axis, extent] : llvm::enumerate(op.getType().getShape())) {
    if (result.repeated[axis] || extent == extentsOf(op.getInput())[axis])
      continue;
    starts.push_back(op.getStarts()[axis]);
    strides.push_back(op.getStrides()[axis]);
    ends.push_back(starts.back() + (extent - 1) * strides.back() + 1);
    sliced.push_back(int64_t(axis));
  }
  if (!sliced.empty())
    result.name = graph.add("Slice", {result.name, graph.integers(starts), graph.integers(ends), graph.integers(sliced),
                                      graph.integers(strides)});
  values[op] = std::move(result);
  return success();
}

LogicalResult OnnxOperations::reverse(ReverseOp op) {
  int64_t count = int64_t(op.getDims().size());
  SmallVector<int64_t> last(size_t(count), -1), end(size_t(count), std::numeric_limits<int64_t>::min());
  return set(op, graph.add("Slice", {whole(op.getInput()), graph.integers(last), graph.integers(end),
                                     graph.integers(op.getDims()), graph.integers(last)}));
}

/// Zeros between neighbours come first, axis by axis: each element becomes a row of its own, which is padded.
LogicalResult OnnxOperations::pad(PadOp op) {
  std::string name = whole(op.getInput());
  std::string value = graph.scalar(op.getType().getElementType(), op.getValue().convertToDouble());
  auto in = extentsOf(op.getInput()), out = extentsOf(op);
  int64_t rank = op.getType().getRank();
  SmallVector<int64_t> shape = shapeOf(op.getInput());
  for (int64_t axis = 0; axis < rank; ++axis) {
    int64_t stride = op.getStrides()[axis];
    if (stride == 1 || in[axis] <= 1)
      continue;
    SmallVector<int64_t> pads(size_t(2 * (rank + 1)), 0), joined;
    pads[size_t(rank + 1 + axis + 1)] = stride - 1;
    name = graph.add("Unsqueeze", {name, graph.integers({axis + 1})});
    name = graph.add("Pad", {name, graph.integers(pads), value});
    shape[axis] = in[axis] * stride;
    for (auto [each, extent] : llvm::enumerate(shape))
      joined.push_back(extent == OnnxGraph::anySize && int64_t(each) < axis ? 0 : extent);
    name = graph.add("Reshape", {name, graph.integers(joined)});
    // What follows the last element is no gap.
    name = graph.add("Slice",
                     {name, graph.integers({0}), graph.integers({shape[axis] - stride + 1}), graph.integers({axis})});
    shape[axis] += 1 - stride;
  }
  SmallVector<int64_t> low, high;
  for (int64_t axis = 0; axis < rank; ++axis) {
    bool isAll = shape[axis] == OnnxGraph::anySize;
    low.push_back(isAll ? 0 : op.getStarts()[axis]);
    high.push_back(isAll ? 0 : out[axis] - op.getStarts()[axis] - shape[axis]);
  }
  low.append(high);
  return set(op, graph.add("Pad", {name, graph.integers(low), value}));
}

LogicalResult OnnxOperations::concat(ConcatOp op) {
  SmallVector<std::string> names;
  for (Value input : op.getInputs())
    names.push_back(whole(input));
  return set(op, graph.add("Concat", names, {{"axis", int64_t(op.getDim())}}));
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

LogicalResult OnnxOperations::reduce(ReduceOp op) {
  std::string node = op.getKind() == ReduceKind::Sum   ? "ReduceSum"
                     : op.getKind() == ReduceKind::Max ? "ReduceMax"
                                                       : "ReduceMin";
  if (op.getDims().empty())
    return set(op, whole(op.getInput()));
  return set(op, graph.add(node, {whole(op.getInput()), graph.integers(op.getDims())}, {{"keepdims", int64_t(0)}}));
}

/// A matrix product where it is one, else a sum in Einstein's notation.
LogicalResult OnnxOperations::contract(ContractOp op) {
  std::string lhs = whole(op.getLhs()), rhs = whole(op.getRhs());
  auto left = op.getLhsReduce(), right = op.getRhsReduce();
  int64_t ofLeft = int64_t(extentsOf(op.getLhs()).size()), ofRight = int64_t(extentsOf(op.getRhs()).size());
  if (op.getLhsBatch().empty() && left.size() == 1 && ofRight == 2 && ofLeft >= 2 && left[0] == ofLeft - 1) {
    if (right[0] == 1)
      rhs = graph.add("Transpose", {rhs}, {{"perm", ArrayRef<int64_t>{1, 0}}});
    return set(op, graph.add("MatMul", {lhs, rhs}));
  }
  char next = 'a';
  std::string a(size_t(ofLeft), ' '), b(size_t(ofRight), ' '), result;
  for (auto [i, j] : llvm::zip(op.getLhsBatch(), op.getRhsBatch()))
    result += a[size_t(i)] = b[size_t(j)] = next++;
  for (auto [i, j] : llvm::zip(left, right))
    a[size_t(i)] = b[size_t(j)] = next++;
  for (std::string *axes : {&a, &b})
    for (char &axis : *axes)
      if (axis == ' ')
        result += axis = next++;
  if (next > 'z' + 1)
    return failure();
  std::string equation = a + "," + b + "->" + result;
  return set(op, graph.add("Einsum", {lhs, rhs}, {{"equation", std::string_view(equation)}}));
}

LogicalResult OnnxOperations::cumSum(CumSumOp op) {
  // The axis is a number without axes.
  Type whole64 = IntegerType::get(op.getContext(), 64);
  return set(op, graph.add("CumSum", {whole(op.getInput()), graph.scalar(whole64, double(op.getDim()))},
                           {{"reverse", int64_t(op.getReverse())}}));
}

//===----------------------------------------------------------------------===//
// By label
//===----------------------------------------------------------------------===//

/// Labels that are none read place 0, whose elements are then put away.
LogicalResult OnnxOperations::gather(GatherOp op) {
  int64_t batch = int64_t(op.getBatch()), classes = extentsOf(op.getInput())[size_t(batch)];
  int64_t ofLabels = int64_t(extentsOf(op.getLabels()).size());
  Type element = cast<RankedTensorType>(op.getLabels().getType()).getElementType();
  std::string within = labelsWithin(op.getLabels(), classes);
  std::string places = graph.add("Where", {within, whole(op.getLabels()), graph.scalar(element, 0)});
  std::string read;
  if (batch == 0) {
    read = graph.add("Gather", {whole(op.getInput()), places}, {{"axis", int64_t(0)}});
  } else {
    std::string indices = graph.add("Cast", {places}, {{"to", int64_t(7)}});
    indices = graph.add("Unsqueeze", {indices, graph.integers({ofLabels})});
    read = graph.add("GatherND", {whole(op.getInput()), indices}, {{"batch_dims", batch}});
  }
  auto rest = llvm::to_vector(llvm::seq<int64_t>(ofLabels, op.getType().getRank()));
  if (!rest.empty())
    within = graph.add("Unsqueeze", {within, graph.integers(rest)});
  return set(op, graph.add("Where", {within, read, graph.scalar(op.getType().getElementType(), 0)}));
}

/// A contraction with the labels' indicators.
LogicalResult OnnxOperations::scatterAdd(ScatterAddOp op) {
  int64_t batch = int64_t(op.getBatch()), classes = extentsOf(op)[size_t(batch)];
  int64_t ofLabels = int64_t(extentsOf(op.getLabels()).size()), rank = int64_t(extentsOf(op.getInput()).size());
  auto all = llvm::to_vector(llvm::seq<int32_t>(0, int32_t(classes)));
  Type element = cast<RankedTensorType>(op.getLabels().getType()).getElementType();
  auto numbers = DenseElementsAttr::get(RankedTensorType::get({classes}, element), ArrayRef<int32_t>(all));
  std::string labels = graph.add("Unsqueeze", {whole(op.getLabels()), graph.integers({ofLabels})});
  std::string equal = graph.add("Equal", {labels, graph.constant(numbers, {classes})});
  std::string shares = graph.add("Cast", {equal}, {{"to", OnnxGraph::elementType(op.getType().getElementType())}});
  if (rank > 24)
    return failure();
  std::string axes;
  for (int64_t axis = 0; axis < rank; ++axis)
    axes += char('a' + axis);
  std::string equation = axes.substr(0, size_t(ofLabels)) + "z," + axes + "->" + axes.substr(0, size_t(batch)) + "z" +
                         axes.substr(size_t(ofLabels));
  return set(op, graph.add("Einsum", {shares, whole(op.getInput())}, {{"equation", std::string_view(equation)}}));
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

/// Paddings before all axes, then after all.
static SmallVector<int64_t> padsOf(ArrayRef<int64_t> low, ArrayRef<int64_t> high) {
  SmallVector<int64_t> pads(low);
  pads.append(high.begin(), high.end());
  return pads;
}

LogicalResult OnnxOperations::conv(ConvOp op) {
  return set(op, graph.add("Conv", {whole(op.getLhs()), whole(op.getRhs())},
                           {{"strides", op.getStrides()},
                            {"pads", padsOf(op.getLow(), op.getHigh())},
                            {"dilations", op.getDilations()},
                            {"group", int64_t(op.getGroups())}}));
}

LogicalResult OnnxOperations::deconv(ConvInputGradientOp op) {
  SmallVector<int64_t> rest;
  for (size_t axis = 0; axis < op.getStrides().size(); ++axis) {
    int64_t extent = (extentsOf(op.getRhs())[axis + 2] - 1) * op.getDilations()[axis] + 1;
    int64_t made = op.getStrides()[axis] * (extentsOf(op.getLhs())[axis + 2] - 1) + extent - op.getLow()[axis] -
                   op.getHigh()[axis];
    rest.push_back(extentsOf(op)[axis + 2] - made);
  }
  return set(op, graph.add("ConvTranspose", {whole(op.getLhs()), whole(op.getRhs())},
                           {{"strides", op.getStrides()},
                            {"pads", padsOf(op.getLow(), op.getHigh())},
                            {"output_padding", rest},
                            {"dilations", op.getDilations()},
                            {"group", int64_t(op.getGroups())}}));
}

/// Each axis is read at the places of its windows' elements, which go last.
LogicalResult OnnxOperations::unfold(UnfoldOp op) {
  std::string name = whole(op.getInput());
  int64_t rank = int64_t(extentsOf(op.getInput()).size());
  for (size_t i = 0; i < op.getDims().size(); ++i, ++rank) {
    int64_t axis = op.getDims()[i], size = op.getSizes()[i], positions = extentsOf(op)[size_t(axis)];
    SmallVector<int64_t> places, permutation;
    for (int64_t p = 0; p < positions; ++p)
      for (int64_t k = 0; k < size; ++k)
        places.push_back(p * op.getStrides()[i] + k * op.getDilations()[i]);
    std::string indices = graph.add("Reshape", {graph.integers(places), graph.integers({positions, size})});
    name = graph.add("Gather", {name, indices}, {{"axis", axis}});
    for (int64_t each = 0; each <= rank; ++each)
      if (each != axis + 1)
        permutation.push_back(each);
    permutation.push_back(axis + 1);
    name = graph.add("Transpose", {name}, {{"perm", ArrayRef<int64_t>(permutation)}});
  }
  return set(op, name);
}

/// Axis by axis, from the last: positions and elements of windows are contracted with where they lie.
LogicalResult OnnxOperations::fold(FoldOp op) {
  std::string name = whole(op.getInput());
  size_t rank = extentsOf(op.getInput()).size();
  Type element = op.getType().getElementType();
  if (rank > 24)
    return failure();
  for (size_t i = op.getDims().size(); i-- > 0; --rank) {
    auto axis = size_t(op.getDims()[i]);
    int64_t size = op.getSizes()[i], positions = extentsOf(op.getInput())[axis], extent = extentsOf(op)[axis];
    SmallVector<double> lies(size_t(positions * size * extent), 0);
    for (int64_t p = 0; p < positions; ++p)
      for (int64_t k = 0; k < size; ++k)
        lies[size_t((p * size + k) * extent + p * op.getStrides()[i] + k * op.getDilations()[i])] = 1;
    SmallVector<Attribute> numbers;
    for (double each : lies)
      numbers.push_back(FloatAttr::get(element, each));
    auto type = RankedTensorType::get({positions, size, extent}, element);
    std::string incidence = graph.constant(DenseElementsAttr::get(type, numbers), type.getShape());
    std::string axes;
    for (size_t each = 0; each < rank; ++each)
      axes += char('a' + each);
    std::string result = axes.substr(0, rank - 1);
    result[axis] = 'z';
    std::string equation = axes + "," + axes[axis] + axes[rank - 1] + "z->" + result;
    name = graph.add("Einsum", {name, incidence}, {{"equation", std::string_view(equation)}});
  }
  return set(op, name);
}

} // namespace agon::exports
