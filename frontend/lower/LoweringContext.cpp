//===- LoweringContext.cpp - What all of the lowering shares --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/lower/LoweringContext.h"

using namespace mlir;

namespace agon::lowering {

LoweringContext::LoweringContext(MLIRContext &context, const LowerOptions &options, const sema::Model &model)
    : b(&context), real(options.f64 ? Type(b.getF64Type()) : Type(b.getF32Type())),
      batch(model.game ? model.game->batch : 1), sourceName(options.sourceName) {}

RankedTensorType LoweringContext::type(const sema::Type &type) {
  SmallVector<int64_t> shape;
  if (type.batched)
    shape.push_back(batch);
  llvm::append_range(shape, type.shape);
  switch (type.element) {
  case sema::Element::Real:
    return RankedTensorType::get(shape, real);
  case sema::Element::Hyper:
    return RankedTensorType::get(shape, b.getF64Type());
  case sema::Element::Label:
    return RankedTensorType::get(shape, b.getI32Type());
  case sema::Element::Bool:
    return RankedTensorType::get(shape, b.getI1Type());
  }
  llvm_unreachable("every element has a type");
}

SmallVector<Type> LoweringContext::types(const std::vector<sema::Type> &list) {
  SmallVector<Type> result;
  for (const sema::Type &each : list)
    result.push_back(type(each));
  return result;
}

Location LoweringContext::location(sema::SourceRange range) {
  if (!range)
    return FileLineColLoc::get(b.getStringAttr(sourceName), 0, 0);
  auto place = range.file->lineColumn(range.begin);
  return FileLineColLoc::get(b.getStringAttr(range.file->path), place.line, place.column);
}

FlatSymbolRefAttr LoweringContext::symbol(const sema::Network &network) {
  return FlatSymbolRefAttr::get(b.getContext(), network.name);
}

FlatSymbolRefAttr LoweringContext::symbol(const sema::Variable &variable) {
  return FlatSymbolRefAttr::get(variables.at(&variable));
}

SymbolRefAttr LoweringContext::symbol(const sema::Network &network, int64_t storage) {
  auto path = FlatSymbolRefAttr::get(b.getContext(), network.storages[storage].path);
  return SymbolRefAttr::get(b.getStringAttr(network.name), {path});
}

Value splat(OpBuilder &b, Location loc, RankedTensorType type, double value) {
  Type element = type.getElementType();
  TypedAttr number = isa<FloatType>(element) ? TypedAttr(b.getFloatAttr(element, value))
                                             : TypedAttr(b.getIntegerAttr(element, static_cast<int64_t>(value)));
  return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, Attribute(number)));
}

} // namespace agon::lowering
