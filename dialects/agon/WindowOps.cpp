//===- WindowOps.cpp - Verifiers of convolutions and windows --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Checks.h"
#include "dialects/agon/Matrix.h"

using namespace mlir;
using namespace agon;
using namespace agon::detail;

/// From the first element of a window to one past its last.
static int64_t windowExtent(int64_t size, int64_t dilation) { return (size - 1) * dilation + 1; }

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

/// The three faces agree on the shapes of one form; they differ in which of its
/// tensors is the result.
template <typename OpTy>
static LogicalResult verifyForm(OpTy op, RankedTensorType input, RankedTensorType filter, RankedTensorType output) {
  if (input.getElementType() != filter.getElementType() || input.getElementType() != output.getElementType())
    return op.emitOpError() << "expected input, filter and output of one element type, got " << input.getElementType()
                            << ", " << filter.getElementType() << " and " << output.getElementType();
  int64_t rank = input.getRank();
  if (rank < 3 || filter.getRank() != rank || output.getRank() != rank)
    return op.emitOpError() << "expected input, filter and output of equal rank, at least 3, got " << rank << ", "
                            << filter.getRank() << " and " << output.getRank();
  int64_t spatial = rank - 2, groups = op.getGroups();
  constexpr StringRef each = "a spatial axis";
  if (failed(checkLength(op, op.getStrides(), spatial, "strides", each)) ||
      failed(checkLength(op, op.getLow(), spatial, "low paddings", each)) ||
      failed(checkLength(op, op.getHigh(), spatial, "high paddings", each)) ||
      failed(checkLength(op, op.getDilations(), spatial, "dilations", each)) ||
      failed(checkAtLeast(op, op.getStrides(), 1, "strides")) ||
      failed(checkAtLeast(op, op.getLow(), 0, "low paddings")) ||
      failed(checkAtLeast(op, op.getHigh(), 0, "high paddings")) ||
      failed(checkAtLeast(op, op.getDilations(), 1, "dilations")) || failed(checkAtLeast(op, groups, 1, "groups")))
    return failure();
  int64_t channels = input.getDimSize(1), features = filter.getDimSize(0);
  if (channels % groups != 0)
    return op.emitOpError() << "expected input channels divisible by " << groups << " groups, got " << channels;
  if (features % groups != 0)
    return op.emitOpError() << "expected filters divisible by " << groups << " groups, got " << features;
  if (filter.getDimSize(1) != channels / groups)
    return op.emitOpError() << "expected filters of " << channels / groups << " channels (" << channels
                            << " of the input in " << groups << " groups), got " << filter.getDimSize(1);
  if (output.getDimSize(1) != features)
    return op.emitOpError() << "expected " << features << " output channels, one a filter, got "
                            << output.getDimSize(1);
  if (output.getDimSize(0) != input.getDimSize(0))
    return op.emitOpError() << "expected input and output of one batch size, got " << input.getDimSize(0) << " and "
                            << output.getDimSize(0);
  for (int64_t axis = 0; axis < spatial; ++axis) {
    int64_t kernel = filter.getDimSize(axis + 2);
    if (kernel < 1)
      return op.emitOpError() << "expected a nonempty kernel on spatial axis " << axis << ", got size " << kernel;
    int64_t padded = op.getLow()[axis] + input.getDimSize(axis + 2) + op.getHigh()[axis];
    int64_t extent = windowExtent(kernel, op.getDilations()[axis]);
    if (extent > padded)
      return op.emitOpError() << "expected the kernel within the padded input on spatial axis " << axis << " of size "
                              << padded << ", got an extent of " << extent;
    int64_t positions = (padded - extent) / op.getStrides()[axis] + 1;
    if (output.getDimSize(axis + 2) != positions)
      return op.emitOpError() << "expected " << positions << " output positions on spatial axis " << axis << ", got "
                              << output.getDimSize(axis + 2);
  }
  return success();
}

LogicalResult ConvOp::verify() { return verifyForm(*this, tensorType(getLhs()), tensorType(getRhs()), getType()); }

LogicalResult ConvInputGradientOp::verify() {
  return verifyForm(*this, getType(), tensorType(getRhs()), tensorType(getLhs()));
}

LogicalResult ConvFilterGradientOp::verify() {
  return verifyForm(*this, tensorType(getLhs()), getType(), tensorType(getRhs()));
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

RankedTensorType UnfoldOp::inferType(RankedTensorType input, ArrayRef<int64_t> dims, ArrayRef<int64_t> sizes,
                                     ArrayRef<int64_t> strides, ArrayRef<int64_t> dilations) {
  SmallVector<int64_t> shape(input.getShape());
  for (auto [dim, size, stride, dilation] : llvm::zip_equal(dims, sizes, strides, dilations))
    shape[dim] = (shape[dim] - windowExtent(size, dilation)) / stride + 1;
  llvm::append_range(shape, sizes);
  return RankedTensorType::get(shape, input.getElementType());
}

void UnfoldOp::build(OpBuilder &builder, OperationState &state, Value input, ArrayRef<int64_t> dims,
                     ArrayRef<int64_t> sizes, ArrayRef<int64_t> strides, ArrayRef<int64_t> dilations) {
  build(builder, state, inferType(tensorType(input), dims, sizes, strides, dilations), input, dims, sizes, strides,
        dilations);
}

/// Unfold and fold are transposes of each other: `windows` are those of `whole`.
template <typename OpTy> static LogicalResult verifyWindows(OpTy op, RankedTensorType whole, RankedTensorType windows) {
  constexpr StringRef each = "a dim";
  int64_t count = op.getDims().size();
  if (failed(checkAxes(op, op.getDims(), whole.getRank(), "window")) ||
      failed(checkLength(op, op.getSizes(), count, "sizes", each)) ||
      failed(checkLength(op, op.getStrides(), count, "strides", each)) ||
      failed(checkLength(op, op.getDilations(), count, "dilations", each)) ||
      failed(checkAtLeast(op, op.getSizes(), 1, "sizes")) || failed(checkAtLeast(op, op.getStrides(), 1, "strides")) ||
      failed(checkAtLeast(op, op.getDilations(), 1, "dilations")))
    return failure();
  for (auto [dim, size, dilation] : llvm::zip_equal(op.getDims(), op.getSizes(), op.getDilations()))
    if (windowExtent(size, dilation) > whole.getDimSize(dim))
      return op.emitOpError() << "expected windows within axis " << dim << " of size " << whole.getDimSize(dim)
                              << ", got an extent of " << windowExtent(size, dilation);
  RankedTensorType expected =
      UnfoldOp::inferType(whole, op.getDims(), op.getSizes(), op.getStrides(), op.getDilations());
  if (windows == expected)
    return success();
  return op.emitOpError() << "expected windows of type " << expected << ", got " << windows;
}

LogicalResult UnfoldOp::verify() { return verifyWindows(*this, tensorType(getInput()), getType()); }
LogicalResult FoldOp::verify() { return verifyWindows(*this, getType(), tensorType(getInput())); }

//===----------------------------------------------------------------------===//
// Mode products
//===----------------------------------------------------------------------===//

LogicalResult ModeProductOp::verify() {
  RankedTensorType input = tensorType(getInput());
  int64_t count = getMatrices().size();
  if (failed(checkAxes(*this, getDims(), input.getRank(), "mode")) ||
      failed(checkLength(*this, getDims(), count, "dims", "a matrix")))
    return failure();
  SmallVector<int64_t> shape(input.getShape());
  for (auto [i, dim] : llvm::enumerate(getDims())) {
    auto matrix = getMatrix(i).getType();
    if (matrix.getDimSize(1) != shape[dim])
      return emitOpError() << "expected a matrix of " << shape[dim] << " columns for axis " << dim << ", got "
                           << matrix.getDimSize(1);
    shape[dim] = matrix.getDimSize(0);
  }
  return checkResult(*this, RankedTensorType::get(shape, input.getElementType()));
}

DenseFPElementsAttr agon::transposed(DenseFPElementsAttr matrix) {
  int64_t rows = matrix.getType().getDimSize(0), columns = matrix.getType().getDimSize(1);
  auto entries = llvm::to_vector(matrix.getValues<double>());
  SmallVector<double> turned;
  for (int64_t column = 0; column < columns; ++column)
    for (int64_t row = 0; row < rows; ++row)
      turned.push_back(entries[row * columns + column]);
  auto type = RankedTensorType::get({columns, rows}, matrix.getElementType());
  return cast<DenseFPElementsAttr>(DenseElementsAttr::get(type, ArrayRef(turned)));
}
