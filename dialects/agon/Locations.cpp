//===- Locations.cpp - What locations tell beside the place ---------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Locations.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

Location agon::batchedLocation(ArrayRef<Location> locations) {
  MLIRContext *context = locations.front()->getContext();
  if (llvm::all_equal(locations))
    return locations.front();
  SmallVector<Location> places;
  SmallVector<StringRef> numbers;
  StringRef network;
  for (Location location : locations) {
    auto named = dyn_cast<NameLoc>(location);
    auto [name, number] = named ? named.getName().strref().split('#') : std::pair<StringRef, StringRef>();
    if (!named || (!places.empty() && name != network))
      return FusedLoc::get(context, locations);
    network = name;
    numbers.push_back(number);
    places.push_back(named.getChildLoc());
  }
  if (llvm::all_equal(numbers))
    return NameLoc::get(cast<NameLoc>(locations.front()).getName(), batchedLocation(places));
  return NameLoc::get(StringAttr::get(context, network + "#" + llvm::join(numbers, "+")), places.front());
}
