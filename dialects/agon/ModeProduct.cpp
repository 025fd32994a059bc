//===- ModeProduct.cpp - What a mode product's body is --------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/ModeProduct.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace agon;

/// What a matrix may have of elements.
static constexpr int64_t maxElements = 64;

arith::ConstantOp agon::smallMatrix(Value matrix) {
  auto constant = matrix.getDefiningOp<arith::ConstantOp>();
  auto type = dyn_cast<RankedTensorType>(matrix.getType());
  return type && type.getRank() == 2 && type.getNumElements() <= maxElements ? constant : arith::ConstantOp();
}

/// Whether the body adds the product of all inputs, however it is put in brackets.
static bool addsProductOfInputs(linalg::GenericOp generic) {
  Block *body = generic.getBody();
  unsigned numInputs = generic.getNumDpsInputs();
  if (generic.getNumDpsInits() != 1 || numInputs < 2 || body->getOperations().size() != numInputs + 1)
    return false;
  Value acc = body->getArgument(numInputs);
  auto add = body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add || (add.getLhs() == acc) == (add.getRhs() == acc))
    return false;
  // As many multiplications as there are must meet every input once.
  SmallVector<Value> open{add.getLhs() == acc ? add.getRhs() : add.getLhs()};
  llvm::DenseSet<Value> met;
  while (!open.empty()) {
    Value value = open.pop_back_val();
    if (auto mul = value.getDefiningOp<arith::MulFOp>())
      open.append({mul.getLhs(), mul.getRhs()});
    else if (!isa<BlockArgument>(value) || value == acc || !met.insert(value).second)
      return false;
  }
  return met.size() == numInputs;
}

std::optional<SmallVector<ModeMatrix, 3>> agon::matchModeProduct(linalg::GenericOp generic) {
  if (generic.getNumReductionLoops() == 0 || !addsProductOfInputs(generic))
    return std::nullopt;
  SmallVector<utils::IteratorType> kinds = generic.getIteratorTypesArray();
  llvm::DenseSet<unsigned> used;
  SmallVector<ModeMatrix, 3> matrices;
  SmallVector<OpOperand *> operands = generic.getDpsInputOperands();
  for (OpOperand *operand : ArrayRef(operands).drop_back()) {
    arith::ConstantOp matrix = smallMatrix(operand->get());
    auto elements = matrix ? dyn_cast<DenseFPElementsAttr>(matrix.getValue()) : DenseFPElementsAttr();
    AffineMap map = generic.getMatchingIndexingMap(operand);
    if (!elements || !map.isProjectedPermutation())
      return std::nullopt;
    unsigned to = map.getDimPosition(0), from = map.getDimPosition(1);
    if (kinds[to] != utils::IteratorType::parallel || kinds[from] != utils::IteratorType::reduction ||
        !used.insert(to).second || !used.insert(from).second)
      return std::nullopt;
    matrices.push_back({elements, to, from});
  }
  if (generic.getNumReductionLoops() != matrices.size())
    return std::nullopt;
  return matrices;
}
