//===- SumOfProducts.cpp - What a contraction's body is -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/SumOfProducts.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/BitVector.h"

using namespace mlir;

bool agon::isSumOfProducts(linalg::GenericOp generic) {
  unsigned numInputs = generic.getNumDpsInputs();
  Block *body = generic.getBody();
  if (numInputs == 0 || numInputs % 2 || generic.getNumDpsInits() != 1 || generic.getNumReductionLoops() == 0 ||
      body->getOperations().size() != numInputs + 1)
    return false;
  llvm::BitVector open(numInputs / 2, true);
  Value sum = body->getTerminator()->getOperand(0);
  while (auto add = sum.getDefiningOp<arith::AddFOp>()) {
    auto product = add.getRhs().getDefiningOp<arith::MulFOp>();
    sum = add.getLhs();
    if (!product) {
      product = add.getLhs().getDefiningOp<arith::MulFOp>();
      sum = add.getRhs();
    }
    if (!product)
      return false;
    auto x = dyn_cast<BlockArgument>(product.getLhs()), y = dyn_cast<BlockArgument>(product.getRhs());
    if (!x || !y || x.getArgNumber() / 2 != y.getArgNumber() / 2 || x == y || x.getArgNumber() >= numInputs ||
        !open.test(x.getArgNumber() / 2))
      return false;
    open.reset(x.getArgNumber() / 2);
  }
  return open.none() && sum == body->getArgument(numInputs);
}
