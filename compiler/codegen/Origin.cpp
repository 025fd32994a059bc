//===- Origin.cpp - Where a region comes from, in the user's words --------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Origin.h"
#include "compiler/codegen/Placement.h"
#include "dialects/agon/Locations.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace agon::codegen {

/// Follows the first branch that ends in a place of a file.
static bool follow(Location location, Origin &origin) {
  if (auto place = dyn_cast<FileLineColLoc>(location)) {
    if (place.getLine() == 0)
      return false;
    origin.source = (llvm::sys::path::filename(place.getFilename().getValue()) + ":" + Twine(place.getLine()) + ":" +
                     Twine(place.getColumn()))
                        .str();
    return true;
  }
  if (auto named = dyn_cast<NameLoc>(location)) {
    if (!follow(named.getChildLoc(), origin))
      return false;
    if (named.getName() == gradientLocationName)
      ++origin.gradients;
    else
      origin.application = named.getName().str(); // the outermost stays
    return true;
  }
  if (auto fused = dyn_cast<FusedLoc>(location))
    return llvm::any_of(fused.getLocations(), [&](Location each) { return follow(each, origin); });
  if (auto call = dyn_cast<CallSiteLoc>(location))
    return follow(call.getCaller(), origin);
  return false;
}

Origin originOf(Location location) {
  Origin origin;
  follow(location, origin);
  return origin;
}

std::string nameOf(RegionOp region) {
  Origin origin = originOf(region.getLoc());
  std::string text;
  llvm::raw_string_ostream os(text);
  if (!origin.application.empty())
    os << origin.application << " ";
  if (origin.gradients > 1)
    os << origin.gradients << "x ";
  if (origin.gradients)
    os << "gradient ";
  os << stringifyRegionKind(region.getKind()) << " [";
  ShapedType largest;
  for (Type type : region.getResultTypes())
    if (auto shaped = cast<ShapedType>(type); !largest || byteSize(shaped) > byteSize(largest))
      largest = shaped;
  if (largest)
    llvm::interleaveComma(largest.getShape(), os);
  os << "]";
  return text;
}

} // namespace agon::codegen
