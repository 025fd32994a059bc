//===- ModeProductForm.cpp - A region that is a mode product --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/region/ModeProductForm.h"
#include "dialects/agon/ModeProduct.h"
#include <cmath>

using namespace mlir;
using namespace agon;
using namespace agon::regions;

/// What a matrix may have of rows or columns, and the unrolled code of elements.
static constexpr int64_t maxSide = 8, maxPoints = 64;

/// Makes the modes of the root's matrices, if code may hold all elements of a point.
bool ModeProductForm::matchMatrices() {
  auto matrices = matchModeProduct(root);
  if (!matrices || matrices->size() > 3)
    return false;
  for (const ModeMatrix &matrix : *matrices) {
    if (sizes[matrix.to] > maxSide || sizes[matrix.from] > maxSide)
      return false;
    SmallVector<double> elements;
    for (const APFloat &value : matrix.elements.getValues<APFloat>())
      elements.push_back(value.convertToDouble());
    if (!llvm::all_of(elements, [](double value) { return std::isfinite(value); }))
      return false;
    modes.push_back({MatrixProgram(elements, sizes[matrix.to], sizes[matrix.from], element), matrix.from, matrix.to});
  }
  // The elements at hand after each step, the last mode first.
  auto points = [&](unsigned done) {
    int64_t count = 1;
    for (unsigned i = 0; i != modes.size(); ++i)
      count *= i < modes.size() - done ? modes[i].columns : modes[i].rows;
    return count;
  };
  for (unsigned done = 0; done <= modes.size(); ++done)
    if (points(done) > maxPoints)
      return false;
  inputs = points(0);
  outputs = points(modes.size());
  return true;
}

/// Whether the parallel dimensions run through the result, each element once.
bool ModeProductForm::coversResult() {
  auto type = cast<RankedTensorType>(root.getResult(0).getType());
  auto to = linearAddress(root.getIndexingMapMatchingResult(root->getOpResult(0)), type.getShape());
  if (!to)
    return false;
  SmallVector<std::pair<int64_t, int64_t>> steps; // stride and size
  int64_t first = to->constant;
  SmallVector<utils::IteratorType> kinds = root.getIteratorTypesArray();
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    int64_t stride = to->coefficients[dim];
    if (kinds[dim] == utils::IteratorType::reduction) {
      if (stride)
        return false;
    } else if (size != 1) {
      steps.push_back({std::abs(stride), size});
      first += stride < 0 ? stride * (size - 1) : 0;
    }
  }
  llvm::sort(steps);
  int64_t expected = 1;
  for (auto [stride, size] : steps) {
    if (stride != expected)
      return false;
    expected *= size;
  }
  return first == 0 && expected == type.getNumElements();
}

void ModeProductForm::addModeAxes(SmallVectorImpl<Axis> &axes) const {
  for (const Mode &mode : modes) {
    axes.push_back({{mode.from}, {sizes[mode.from]}, /*reduction=*/true});
    axes.push_back({{mode.to}, {sizes[mode.to]}});
  }
}

/// The operations of a point.
double ModeProductForm::operations() const {
  double operations = double(inputs * prologue.work + outputs * epilogue.survey.work);
  int64_t points = inputs;
  for (const Mode &mode : llvm::reverse(modes)) {
    points /= mode.columns;
    operations += double(points * mode.operations());
    points *= mode.rows;
  }
  return operations;
}

bool ModeProductForm::recognise(RegionOp region) {
  element = dyn_cast<FloatType>(root.getBody()->getArguments().back().getType());
  if (!element || !(element.isF32() || element.isF64()) || !matchMatrices() || !coversResult() || !isEvaluable(root) ||
      !epilogue.analyse(region, root))
    return false;
  OpOperand &init = root.getDpsInitsMutable()[0], *x = root.getDpsInputOperands().back();
  if (!epilogue.survey.visit(init.get(), root.getMatchingIndexingMap(&init)) ||
      !prologue.visit(x->get(), root.getMatchingIndexingMap(x)))
    return false;
  // x is one and the same for all rows of the matrices. Its map may say otherwise, where an
  // elementwise operation before it was put over the whole iteration space.
  for (const Mode &mode : modes) {
    if (prologue.usesIndex && root.getMatchingIndexingMap(x).isFunctionOfDim(mode.to))
      return false;
    for (const Survey::Leaf &leaf : prologue.leaves)
      if (leaf.form.coefficients[mode.to])
        return false;
  }
  return true;
}

std::optional<ModeProductForm> ModeProductForm::of(RegionOp region) {
  ModeProductForm form;
  form.root = findRoot(region);
  if (!form.root)
    return std::nullopt;
  form.sizes = form.root.getStaticLoopRanges();
  if (!form.recognise(region))
    return std::nullopt;
  return form;
}
