//===- LiftConstants.cpp - One kernel for regions that differ in numbers --===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// A deep network has many layers of one shape. What they draw at the beginning differs in the number of a random
// stream, what two players' optimizers do in a rate: a number of the body, which would make a kernel of its own of
// each.
#include "compiler/codegen/Passes.h"
#include "dialects/agon/TurnForm.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <map>

using namespace mlir;

namespace agon::codegen {
#define GEN_PASS_DEF_AGONLIFTCONSTANTS
#include "compiler/codegen/Passes.h.inc"

namespace {

/// A region with the numbers that may be lifted from it, in the order of its operations.
struct Candidate {
  RegionOp region;
  SmallVector<arith::ConstantOp> numbers;

  explicit Candidate(RegionOp region) : region(region) {
    region.getBody().walk([&](arith::ConstantOp constant) {
      if (mayBeLifted(constant))
        numbers.push_back(constant);
    });
  }

  /// Of everything but the numbers' values.
  llvm::hash_code hash() const {
    RegionOp op = region;
    llvm::hash_code hash = llvm::hash_combine(numbers.size(), op.getKind());
    op.getBody().walk([&](Operation *op) {
      auto constant = dyn_cast<arith::ConstantOp>(op);
      hash = constant && mayBeLifted(constant)
                 ? llvm::hash_combine(hash, constant.getType())
                 : llvm::hash_combine(hash, OperationEquivalence::computeHash(op, OperationEquivalence::ignoreHashValue,
                                                                              OperationEquivalence::ignoreHashValue,
                                                                              OperationEquivalence::IgnoreLocations));
    });
    return hash;
  }

  /// Whether `other` is the same but for the numbers' values.
  bool isLike(Candidate &other) {
    RegionOp left = region, right = other.region;
    if (numbers.size() != other.numbers.size() || left.getKind() != right.getKind() ||
        left.getOperandTypes() != right.getOperandTypes() || left.getResultTypes() != right.getResultTypes() ||
        left.getPlan() != right.getPlan())
      return false;
    SmallVector<TypedAttr> own = values();
    for (auto [mine, theirs] : llvm::zip_equal(numbers, other.numbers)) {
      if (mine.getType() != theirs.getType()) {
        setValues(own);
        return false;
      }
      mine.setValueAttr(theirs.getValue());
    }
    bool like = OperationEquivalence::isRegionEquivalentTo(&left.getBody(), &right.getBody(),
                                                           OperationEquivalence::IgnoreLocations);
    setValues(own);
    return like;
  }

  /// Makes an operand of number `index`: a constant of the function, that the region and its operation read.
  void lift(size_t index) {
    arith::ConstantOp number = numbers[index];
    auto generic = cast<linalg::GenericOp>(number->getParentOp());
    auto type = RankedTensorType::get({}, number.getType());
    OpBuilder b = OpBuilder::atBlockBegin(region->getBlock());
    Value constant =
        arith::ConstantOp::create(b, number.getLoc(), DenseElementsAttr::get(type, Attribute(number.getValue())));
    region.getInputsMutable().append(constant);
    Value operand = region.getBody().addArgument(type, number.getLoc());

    SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
    unsigned place = generic.getNumDpsInputs();
    maps.insert(maps.begin() + place, AffineMap::get(generic.getNumLoops(), 0, b.getContext()));
    generic.getInputsMutable().append(operand);
    generic.setIndexingMapsAttr(b.getAffineMapArrayAttr(maps));
    Value element = generic.getBody()->insertArgument(place, number.getType(), number.getLoc());
    number.replaceAllUsesWith(element);
    number.erase();
  }

  TypedAttr value(size_t index) { return numbers[index].getValue(); }

private:
  /// A number of an elementwise operation, with which it counts: functions and shifts are better off with a constant.
  static bool mayBeLifted(arith::ConstantOp constant) {
    auto generic = dyn_cast<linalg::GenericOp>(constant->getParentOp());
    if (!generic || generic.getNumReductionLoops() ||
        !(isa<FloatType>(constant.getType()) || constant.getType().isInteger(32) || constant.getType().isInteger(64)))
      return false;
    return llvm::all_of(constant->getUsers(), [](Operation *user) {
      return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp, arith::AddIOp, arith::XOrIOp>(user);
    });
  }

  SmallVector<TypedAttr> values() {
    return llvm::map_to_vector(numbers, [](arith::ConstantOp number) { return number.getValue(); });
  }
  void setValues(ArrayRef<TypedAttr> values) {
    for (auto [number, value] : llvm::zip_equal(numbers, values))
      number.setValueAttr(value);
  }
};

struct LiftConstants : impl::AgonLiftConstantsBase<LiftConstants> {
  void runOnOperation() override {
    std::vector<SmallVector<Candidate>> groups;
    std::map<size_t, SmallVector<size_t>> byHash;
    for (func::FuncOp function : getOperation().getOps<func::FuncOp>()) {
      if (functionKind(function).empty())
        continue;
      for (RegionOp region : function.getOps<RegionOp>()) {
        Candidate candidate(region);
        if (candidate.numbers.empty())
          continue;
        SmallVector<size_t> &known = byHash[candidate.hash()];
        auto *group = llvm::find_if(known, [&](size_t each) { return candidate.isLike(groups[each].front()); });
        if (group == known.end()) {
          known.push_back(groups.size());
          groups.emplace_back().push_back(candidate);
        } else {
          groups[*group].push_back(candidate);
        }
      }
    }
    for (SmallVector<Candidate> &group : groups)
      liftDifferences(group);
  }

private:
  /// Lifts each number that is not the same in all regions of the group.
  void liftDifferences(SmallVector<Candidate> &group) {
    for (size_t i = 0; i < group.front().numbers.size(); ++i) {
      if (llvm::all_of(group, [&](Candidate &each) { return each.value(i) == group.front().value(i); }))
        continue;
      ++numLifted;
      for (Candidate &each : group)
        each.lift(i);
    }
  }
};

} // namespace
} // namespace agon::codegen
