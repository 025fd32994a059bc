//===- EqualRegions.cpp - Regions that are one kernel ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/EqualRegions.h"

using namespace mlir;

namespace agon::codegen {

RegionKey::RegionKey(RegionOp region) : region(region) {
  if (std::optional<ArrayAttr> placed = region.getPlaces()) {
    llvm::SmallMapVector<Attribute, unsigned, 8> numbers;
    for (Attribute place : *placed)
      bufferOf.push_back(numbers.insert({place, unsigned(numbers.size())}).first->second);
    for (auto &[place, number] : numbers)
      places.push_back(place);
    return;
  }
  bufferOf.resize(region.getInputs().size() + region.getNumResults());
  std::iota(bufferOf.begin(), bufferOf.end(), 0);
}

llvm::hash_code RegionKey::hash() const {
  llvm::hash_code hash = llvm::hash_combine_range(bufferOf.begin(), bufferOf.end());
  RegionOp(region).getBody().walk([&](Operation *op) {
    hash = llvm::hash_combine(hash, OperationEquivalence::computeHash(op, OperationEquivalence::ignoreHashValue,
                                                                      OperationEquivalence::ignoreHashValue,
                                                                      OperationEquivalence::IgnoreLocations));
  });
  return hash;
}

bool RegionKey::isSameKernel(const RegionKey &other) const {
  RegionOp left = region, right = other.region;
  return bufferOf == other.bufferOf && left.getKind() == right.getKind() && left.getPlan() == right.getPlan() &&
         left.getOperandTypes() == right.getOperandTypes() && left.getResultTypes() == right.getResultTypes() &&
         OperationEquivalence::isRegionEquivalentTo(&left.getBody(), &right.getBody(),
                                                    OperationEquivalence::IgnoreLocations);
}

} // namespace agon::codegen
