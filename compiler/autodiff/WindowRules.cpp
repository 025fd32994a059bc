//===- WindowRules.cpp - Pullbacks of convolutions, windows and labels ----===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/autodiff/Rules.h"
#include "dialects/agon/Matrix.h"

using namespace mlir;
using namespace agon;
using namespace agon::autodiff;

namespace {

/// Another face of the form that `op` is one of.
template <typename Face, typename OpTy> Value face(Pullback &p, OpTy op, Type type, Value lhs, Value rhs) {
  return p.create<Face>(type, lhs, rhs, op.getStrides(), op.getLow(), op.getHigh(), op.getDilations(), op.getGroups());
}

// One trilinear form in input, filter and output: whichever is the result, the
// cotangent takes its place, and each operand's is the form's derivative there.
void conv(ConvOp op, Pullback &p) {
  if (p.needs(0))
    p.give(0, face<ConvInputGradientOp>(p, op, op.getLhs().getType(), p.cotangent(), op.getRhs()));
  if (p.needs(1))
    p.give(1, face<ConvFilterGradientOp>(p, op, op.getRhs().getType(), op.getLhs(), p.cotangent()));
}

void convInputGradient(ConvInputGradientOp op, Pullback &p) {
  if (p.needs(0))
    p.give(0, face<ConvOp>(p, op, op.getLhs().getType(), p.cotangent(), op.getRhs()));
  if (p.needs(1))
    p.give(1, face<ConvFilterGradientOp>(p, op, op.getRhs().getType(), p.cotangent(), op.getLhs()));
}

void convFilterGradient(ConvFilterGradientOp op, Pullback &p) {
  if (p.needs(0))
    p.give(0, face<ConvInputGradientOp>(p, op, op.getLhs().getType(), op.getRhs(), p.cotangent()));
  if (p.needs(1))
    p.give(1, face<ConvOp>(p, op, op.getRhs().getType(), op.getLhs(), p.cotangent()));
}

void unfold(UnfoldOp op, Pullback &p) {
  p.give(0, p.create<FoldOp>(op.getInput().getType(), p.cotangent(), op.getDims(), op.getSizes(), op.getStrides(),
                             op.getDilations()));
}

void fold(FoldOp op, Pullback &p) {
  p.give(0, p.create<UnfoldOp>(op.getInput().getType(), p.cotangent(), op.getDims(), op.getSizes(), op.getStrides(),
                               op.getDilations()));
}

void reverse(ReverseOp op, Pullback &p) { p.give(0, p.create<ReverseOp>(op.getType(), p.cotangent(), op.getDims())); }

// What is summed up to here counts from here on.
void cumsum(CumSumOp op, Pullback &p) {
  p.give(0, p.create<CumSumOp>(op.getType(), p.cotangent(), op.getDim(), !op.getReverse()));
}

void modeProduct(ModeProductOp op, Pullback &p) {
  auto matrices = llvm::map_to_vector(llvm::seq<unsigned>(0, op.getMatrices().size()),
                                      [&](unsigned i) -> Attribute { return transposed(op.getMatrix(i)); });
  p.give(0, p.create<ModeProductOp>(op.getInput().getType(), p.cotangent(), op.getDims(),
                                    ArrayAttr::get(op.getContext(), matrices)));
}

void gather(GatherOp op, Pullback &p) {
  p.give(0, p.create<ScatterAddOp>(op.getInput().getType(), p.cotangent(), op.getLabels(), op.getBatch()));
}

void scatterAdd(ScatterAddOp op, Pullback &p) {
  p.give(0, p.create<GatherOp>(op.getInput().getType(), p.cotangent(), op.getLabels(), op.getBatch()));
}

void attachRules(MLIRContext *context, AgonDialect *) {
  attach<conv, convInputGradient, convFilterGradient, unfold, fold, reverse, cumsum, modeProduct, gather, scatterAdd>(
      *context);
}

} // namespace

void agon::autodiff::registerWindowRules(DialectRegistry &registry) { registry.addExtension(attachRules); }
