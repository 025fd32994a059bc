//===- FactorSums.cpp - Sums without the factors they share ---------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// A factor that is the same along all that a sum runs over can as well be taken
// afterwards:
//
//   sum over n of x[n, c] * s[c]  =  s[c] * sum over n of x[n, c]
//
// Not so what is there to keep a sum finite: quotients by a greatest element, and factors of squares.
//
// In gradients of norms such factors come from one another's sums: each would be
// one more pass over memory. Without them all are sums of products of the same few
// tensors, which one pass takes (MergeReductions.cpp).
//===----------------------------------------------------------------------===//
#include "compiler/tensor/View.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

namespace agon::tensors {
#define GEN_PASS_DEF_AGONFACTORSUMS
#include "compiler/tensor/Passes.h.inc"
} // namespace agon::tensors

namespace {
using Axes = SmallVector<int64_t>;

/// `core * factors / divisors`, perhaps negative: factors and divisors are the same along all summed axes, the core
/// is not; it is null where there is nothing else.
struct Product {
  Value core;
  SmallVector<Value> factors, divisors;
  bool negative = false;

  /// Whether there is a factor that has to be computed.
  bool hasFactors() const {
    return llvm::any_of(llvm::concat<const Value>(factors, divisors), [](Value value) { return !splatValue(value); });
  }
};

/// One sum over some axes of a tensor.
class Sum {
public:
  explicit Sum(ReduceOp op) : op(op), builder(op), axes(op.getDims()) {}

  /// The sum, written with fewer factors inside; null if there are none to take out.
  Value factored() {
    SmallVector<Product> terms;
    bool any = false;
    if (!collect(op.getInput(), /*negative=*/false, terms))
      return {};
    for (const Product &term : terms)
      any |= term.hasFactors();
    if (!any)
      return {};
    Value total;
    for (const Product &term : terms) {
      Value value = sumOf(term);
      total = total ? arith::AddFOp::create(builder, op.getLoc(), total, value).getResult() : value;
    }
    return total;
  }

private:
  /// Terms from which a sum is no longer taken apart.
  static constexpr size_t mostTerms = 4;
  /// Operations, one after the other, that are looked through.
  static constexpr unsigned mostDepth = 8;

  static Axes sourceAxes(BroadcastOp broadcast, ArrayRef<int64_t> axes) {
    Axes source;
    for (auto [axis, dim] : llvm::enumerate(broadcast.getDims()))
      if (llvm::is_contained(axes, dim))
        source.push_back(axis);
    return source;
  }

  /// Whether `value` is the same all along `axes`, as is seen from the last `depth` operations.
  static bool isFixed(Value value, ArrayRef<int64_t> axes, unsigned depth = mostDepth) {
    if (axes.empty() || splatValue(value))
      return true;
    Operation *def = value.getDefiningOp();
    if (!def || !depth)
      return false;
    if (auto broadcast = dyn_cast<BroadcastOp>(def))
      return isFixed(broadcast.getInput(), sourceAxes(broadcast, axes), depth - 1);
    return isElementwise(def) &&
           llvm::all_of(def->getOperands(), [&](Value operand) { return isFixed(operand, axes, depth - 1); });
  }

  /// Whether the last `depth` operations of `value` choose among elements of a tensor. What is divided by its greatest
  /// element is so that its sums stay finite.
  static bool keepsRange(Value value, unsigned depth = mostDepth) {
    Operation *def = value.getDefiningOp();
    if (!def || !depth)
      return false;
    if (auto reduce = dyn_cast<ReduceOp>(def))
      return reduce.getKind() == ReduceKind::Max || reduce.getKind() == ReduceKind::Min;
    return (isElementwise(def) || isa<BroadcastOp, ReshapeOp>(def)) &&
           llvm::any_of(def->getOperands(), [&](Value operand) { return keepsRange(operand, depth - 1); });
  }

  /// Whether `value` may be taken out of the sum.
  bool isFactor(Value value) const { return isFixed(value, axes) && !keepsRange(value); }

  /// `value`, which is the same along `axes`, without them.
  Value without(Value value, ArrayRef<int64_t> axes) {
    if (axes.empty())
      return value;
    auto type = cast<RankedTensorType>(value.getType());
    RankedTensorType kept = ReduceOp::inferType(type, axes);
    if (TypedAttr scalar = splatValue(value))
      return arith::ConstantOp::create(builder, op.getLoc(), DenseElementsAttr::get(kept, Attribute(scalar)));
    if (auto broadcast = value.getDefiningOp<BroadcastOp>()) {
      Value source = without(broadcast.getInput(), sourceAxes(broadcast, axes));
      Axes dims;
      for (int64_t dim : broadcast.getDims())
        if (!llvm::is_contained(axes, dim))
          dims.push_back(dim - llvm::count_if(axes, [&](int64_t axis) { return axis < dim; }));
      return source.getType() == kept ? source
                                      : Value(BroadcastOp::create(builder, broadcast.getLoc(), kept, source, dims));
    }
    IRMapping mapping;
    for (Value operand : value.getDefiningOp()->getOperands())
      if (!mapping.contains(operand))
        mapping.map(operand, without(operand, axes));
    Operation *copy = builder.clone(*value.getDefiningOp(), mapping);
    copy->getResult(0).setType(kept);
    return copy->getResult(0);
  }

  /// `value` as a product. What takes long to compute is no core: it would be kept for the sum's sake.
  Product factorise(Value value, unsigned depth = mostDepth) {
    if (isFactor(value))
      return {{}, {value}, {}, false};
    Product whole{value, {}, {}, false};
    Operation *def = value.getDefiningOp();
    if (!def || !depth)
      return whole;
    Product product = whole;
    if (auto neg = dyn_cast<arith::NegFOp>(def)) {
      product = factorise(neg.getOperand(), depth - 1);
      product.negative = !product.negative;
    } else if (auto mul = dyn_cast<arith::MulFOp>(def); mul && mul.getLhs() != mul.getRhs()) {
      // (A square stays: its factor would be squared, too.)
      Product rhs = factorise(mul.getRhs(), depth - 1);
      product = factorise(mul.getLhs(), depth - 1);
      product.negative ^= rhs.negative;
      product.factors.append(rhs.factors);
      product.divisors.append(rhs.divisors);
      if (product.factors.empty() && product.divisors.empty())
        return whole;
      if (product.core && rhs.core)
        product.core = arith::MulFOp::create(builder, mul.getLoc(), product.core, rhs.core);
      else if (rhs.core)
        product.core = rhs.core;
    } else if (auto div = dyn_cast<arith::DivFOp>(def); div && isFactor(div.getRhs())) {
      product = factorise(div.getLhs(), depth - 1);
      product.divisors.push_back(div.getRhs());
    }
    Operation *core = product.core.getDefiningOp();
    return core && isa<math::MathDialect>(core->getDialect()) ? whole : product;
  }

  /// The terms that make up `value`; false if one of them is the same everywhere, and so perhaps what centres the
  /// others: their sums apart would be large beside their difference.
  bool collect(Value value, bool negative, SmallVectorImpl<Product> &terms) {
    Operation *def = value.getDefiningOp();
    if (auto neg = dyn_cast_or_null<arith::NegFOp>(def))
      return collect(neg.getOperand(), !negative, terms);
    if (isa_and_nonnull<arith::AddFOp, arith::SubFOp>(def) && terms.size() < mostTerms &&
        llvm::none_of(def->getOperands(), [&](Value operand) { return isFixed(operand, axes); }))
      return collect(def->getOperand(0), negative, terms) &&
             collect(def->getOperand(1), negative != isa<arith::SubFOp>(def), terms);
    terms.push_back(factorise(value));
    terms.back().negative ^= negative;
    return terms.back().core != nullptr;
  }

  Value sumOf(const Product &product) {
    Location loc = op.getLoc();
    Value sum = ReduceOp::create(builder, loc, ReduceKind::Sum, product.core, axes);
    for (Value factor : product.factors)
      sum = arith::MulFOp::create(builder, loc, sum, without(factor, axes));
    for (Value divisor : product.divisors)
      sum = arith::DivFOp::create(builder, loc, sum, without(divisor, axes));
    return product.negative ? arith::NegFOp::create(builder, loc, sum).getResult() : sum;
  }

  ReduceOp op;
  OpBuilder builder;
  Axes axes;
};

/// A filter's gradient, a sum as well, with the constant factor taken out of its cotangent; null if there is none, or
/// the filter is the larger of the two.
Value factored(ConvFilterGradientOp op) {
  auto mul = op.getRhs().getDefiningOp<arith::MulFOp>();
  TypedAttr scalar = mul ? splatValue(mul.getRhs()) : TypedAttr();
  if (!scalar || op.getType().getNumElements() >= cast<RankedTensorType>(mul.getType()).getNumElements())
    return {};
  OpBuilder builder(op);
  auto gradient = cast<ConvFilterGradientOp>(builder.clone(*op));
  gradient.getRhsMutable().set(mul.getLhs());
  auto factor =
      arith::ConstantOp::create(builder, op.getLoc(), DenseElementsAttr::get(op.getType(), Attribute(scalar)));
  return arith::MulFOp::create(builder, op.getLoc(), gradient, factor);
}

struct FactorSumsPass : tensors::impl::AgonFactorSumsBase<FactorSumsPass> {
  void runOnOperation() override {
    SmallVector<Operation *> sums;
    getOperation().walk([&](Operation *op) {
      auto reduce = dyn_cast<ReduceOp>(op);
      if (isa<ConvFilterGradientOp>(op) ||
          (reduce && reduce.getKind() == ReduceKind::Sum && !reduce.getExpectation() && !reduce.getDims().empty()))
        sums.push_back(op);
    });
    for (Operation *op : sums) {
      auto reduce = dyn_cast<ReduceOp>(op);
      Value value = reduce ? Sum(reduce).factored() : factored(cast<ConvFilterGradientOp>(op));
      if (!value)
        continue;
      op->getResult(0).replaceAllUsesWith(value);
      op->erase();
      ++numFactored;
    }
  }
};
} // namespace
