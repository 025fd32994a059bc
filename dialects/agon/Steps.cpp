//===- Steps.cpp - What the table says of functions -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Agon.h"

using namespace mlir;
using namespace agon;

using EmitError = llvm::function_ref<InFlightDiagnostic()>;

LogicalResult ExtentAttr::verify(EmitError emitError, int64_t offset, int64_t bytes, Type element, bool) {
  if (offset < 0 || bytes < 0)
    return emitError() << "expected a nonnegative offset and size, got " << offset << " and " << bytes;
  if (!isa<Float32Type, Float64Type>(element))
    return emitError() << "expected f32 or f64, got " << element;
  return success();
}

/// Whether each of `attributes`, if there are any, is an `Attr`.
template <typename Attr> static LogicalResult verifyAll(EmitError emitError, ArrayAttr attributes, StringRef what) {
  for (Attribute attribute : attributes ? attributes.getValue() : ArrayRef<Attribute>())
    if (!isa<Attr>(attribute))
      return emitError() << "expected " << what << ", got " << attribute;
  return success();
}

LogicalResult StepAttr::verify(EmitError emitError, RegionKind, StringRef, StringRef, StringRef, int64_t flops,
                               int64_t bytes, FlatSymbolRefAttr, ArrayAttr extents, ArrayAttr makers) {
  if (flops < 0 || bytes < 0)
    return emitError() << "expected nonnegative flops and bytes, got " << flops << " and " << bytes;
  if (failed(verifyAll<ExtentAttr>(emitError, extents, "extents")))
    return failure();
  return verifyAll<MakerAttr>(emitError, makers, "makers");
}

LogicalResult FunctionAttr::verify(EmitError emitError, StringRef, int64_t, ArrayAttr reads, ArrayAttr writes,
                                   int64_t flops, int64_t tempBytes, FlatSymbolRefAttr, ArrayAttr steps) {
  if (flops < 0 || tempBytes < 0)
    return emitError() << "expected nonnegative flops and temp_bytes, got " << flops << " and " << tempBytes;
  for (ArrayAttr cells : {reads, writes})
    if (failed(verifyAll<FlatSymbolRefAttr>(emitError, cells, "the symbols of cells")))
      return failure();
  return verifyAll<StepAttr>(emitError, steps, "steps");
}
