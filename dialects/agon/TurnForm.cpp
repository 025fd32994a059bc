//===- TurnForm.cpp - What functions of the turn form say -----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/TurnForm.h"

using namespace mlir;
using namespace agon;

static constexpr StringLiteral kindName = "agon.kind", subjectName = "agon.subject", cellAttributeName = "agon.cell";

void agon::setFunctionKind(func::FuncOp function, StringRef kind, int64_t subject) {
  Builder b(function.getContext());
  function->setAttr(kindName, b.getStringAttr(kind));
  if (subject >= 0)
    function->setAttr(subjectName, b.getI64IntegerAttr(subject));
}

StringRef agon::functionKind(func::FuncOp function) {
  auto kind = function->getAttrOfType<StringAttr>(kindName);
  return kind ? kind.getValue() : StringRef();
}

int64_t agon::functionSubject(func::FuncOp function) {
  auto subject = function->getAttrOfType<IntegerAttr>(subjectName);
  return subject ? subject.getInt() : -1;
}

DictionaryAttr agon::cellAttributes(MLIRContext *context, const Twine &name) {
  Builder b(context);
  return b.getDictionaryAttr(b.getNamedAttr(cellAttributeName, FlatSymbolRefAttr::get(b.getStringAttr(name))));
}

FlatSymbolRefAttr agon::cellIn(DictionaryAttr attributes) {
  return attributes ? attributes.getAs<FlatSymbolRefAttr>(cellAttributeName) : FlatSymbolRefAttr();
}

FlatSymbolRefAttr agon::argumentCell(func::FuncOp function, unsigned number) {
  return function.getArgAttrOfType<FlatSymbolRefAttr>(number, cellAttributeName);
}

FlatSymbolRefAttr agon::resultCell(func::FuncOp function, unsigned number) {
  return function.getResultAttrOfType<FlatSymbolRefAttr>(number, cellAttributeName);
}
