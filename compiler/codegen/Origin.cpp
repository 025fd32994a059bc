//===- Origin.cpp - Where a region comes from, in the user's words --------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Origin.h"
#include "compiler/codegen/Placement.h"
#include "dialects/agon/Constants.h"
#include "dialects/agon/Locations.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "runtime/abi/agon_abi.h"
#include "llvm/ADT/TypeSwitch.h"
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
    else if (named.getName() == safeLocationName)
      origin.safe = true;
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

std::string Origin::within() const {
  if (!gradients)
    return application;
  std::string times = gradients > 1 ? std::to_string(gradients) + "-fold " : "";
  return "the " + times + "gradient" + (application.empty() ? "" : " of " + application);
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

/// What an operation is called in the language, and what it may make of finite operands.
static std::pair<StringRef, unsigned> makes(Operation *op) {
  using Result = std::pair<StringRef, unsigned>;
  constexpr unsigned nan = AGON_MAKES_NAN, inf = AGON_MAKES_INF, overflow = AGON_MAKES_OVERFLOW;
  // What a reduction's generic does once for each element that it combines.
  auto generic = dyn_cast<linalg::GenericOp>(op->getParentOp());
  bool reduces = generic && generic.getNumReductionLoops() > 0;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case<math::LogOp, math::Log1pOp>([&](Operation *) { return Result("log", nan | inf); })
      .Case<math::ExpOp, math::ExpM1Op>([&](Operation *) { return Result("exp", inf); })
      .Case<math::SqrtOp>([&](Operation *) { return Result("sqrt", nan); })
      .Case<math::RsqrtOp>([&](Operation *) { return Result("1 / sqrt", nan | overflow); })
      .Case([&](math::PowFOp pow) {
        std::optional<double> exponent = constantNumber(pow.getRhs());
        bool whole = exponent && *exponent >= 0 && *exponent == std::trunc(*exponent);
        return Result("^", whole ? overflow : nan | overflow);
      })
      .Case([&](arith::DivFOp div) {
        std::optional<double> divisor = constantNumber(div.getRhs());
        return Result("/", divisor && *divisor != 0 ? 0 : nan | overflow);
      })
      .Case<arith::RemFOp>([&](Operation *) { return Result("%", nan); })
      .Case<arith::MulFOp>([&](Operation *) { return Result("*", overflow); })
      .Case<arith::AddFOp>([&](Operation *) { return Result("sum", reduces ? overflow : 0); })
      .Case<arith::TruncFOp>([&](Operation *) { return Result("the conversion to 32 bits", overflow); })
      .Default([&](Operation *) { return Result("", 0); });
}

std::vector<Maker> makersOf(RegionOp region) {
  std::vector<Maker> makers;
  auto add = [&](StringRef operation, Location location, unsigned what) {
    Origin origin = originOf(location);
    Maker maker{operation.str(), origin.within(), origin.source, what};
    bool known = llvm::any_of(makers, [&](const Maker &other) {
      return std::tie(other.operation, other.within, other.source) ==
             std::tie(maker.operation, maker.within, maker.source);
    });
    if (!origin.safe && !known)
      makers.push_back(std::move(maker));
  };
  region->walk<WalkOrder::PreOrder>([&](linalg::GenericOp generic) {
    RegionKind kind = cast<RegionOp>(generic->getParentOp()).getKind();
    bool contracts =
        generic.getNumReductionLoops() > 0 && (kind == RegionKind::Contraction || kind == RegionKind::ModeProduct);
    if (contracts)
      return add("contraction", generic.getLoc(), AGON_MAKES_OVERFLOW);
    generic.getBody()->walk([&](Operation *op) {
      if (auto [operation, what] = makes(op); what)
        add(operation, op->getLoc(), what);
    });
  });
  return makers;
}

} // namespace agon::codegen
