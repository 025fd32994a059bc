//===- Target.cpp - The machine a program is compiled for -----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Agon.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace agon;

// GCC does not see that a parameter which was parsed has a value.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#define GET_ATTRDEF_CLASSES
#include "dialects/agon/AgonAttributes.cpp.inc"
#pragma GCC diagnostic pop

void AgonDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/agon/AgonAttributes.cpp.inc"
      >();
}

LogicalResult TargetAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError, StringRef kind, StringRef,
                                 StringAttr, int64_t lanes, int64_t registers, DenseI64ArrayAttr caches,
                                 DenseI64ArrayAttr sharers, int64_t workers, ArrayAttr multiplyAdds, ArrayAttr needs) {
  if (kind.empty())
    return emitError() << "expected the name of a target";
  if (lanes < 1 || !llvm::isPowerOf2_64(uint64_t(lanes)))
    return emitError() << "expected a power of two for lanes, got " << lanes;
  if (registers < 1 || workers < 1)
    return emitError() << "expected registers and workers, got " << registers << " and " << workers;
  if (caches.size() != sharers.size())
    return emitError() << "expected sharers for each of " << caches.size() << " caches, got " << sharers.size();
  for (auto [bytes, share] : llvm::zip_equal(caches.asArrayRef(), sharers.asArrayRef()))
    if (bytes < 1 || share < 1)
      return emitError() << "expected bytes and sharers of a cache, got " << bytes << " and " << share;
  if (!llvm::all_of(multiplyAdds, llvm::IsaPred<TypeAttr>))
    return emitError() << "expected types as multiply_adds, got " << multiplyAdds;
  if (!llvm::all_of(needs, llvm::IsaPred<StringAttr>))
    return emitError() << "expected strings as needs, got " << needs;
  return success();
}
