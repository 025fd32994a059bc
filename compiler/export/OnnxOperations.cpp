//===- OnnxOperations.cpp - Operations as nodes of ONNX ------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/export/OnnxOperations.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace agon::exports {

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// The node for an elementwise operation that has one of its own; empty for others.
static StringRef nodeOf(Operation &op) {
  bool isTruth = op.getNumResults() == 1 && typeOf(op.getResult(0)).getElementType().isInteger(1);
  if (isTruth)
    if (StringRef name = llvm::StringSwitch<StringRef>(op.getName().getStringRef())
                             .Case("arith.andi", "And")
                             .Case("arith.ori", "Or")
                             .Case("arith.xori", "Xor")
                             .Default("");
        !name.empty())
      return name;
  return llvm::StringSwitch<StringRef>(op.getName().getStringRef())
      .Cases({"arith.addf", "arith.addi"}, "Add")
      .Cases({"arith.subf", "arith.subi"}, "Sub")
      .Cases({"arith.mulf", "arith.muli"}, "Mul")
      .Case("arith.divf", "Div")
      .Case("arith.negf", "Neg")
      .Case("arith.maximumf", "Max")
      .Case("arith.minimumf", "Min")
      .Case("arith.select", "Where")
      .Case("math.exp", "Exp")
      .Case("math.log", "Log")
      .Case("math.sqrt", "Sqrt")
      .Case("math.tanh", "Tanh")
      .Case("math.absf", "Abs")
      .Case("math.sin", "Sin")
      .Case("math.cos", "Cos")
      .Case("math.erf", "Erf")
      .Case("math.floor", "Floor")
      .Case("math.ceil", "Ceil")
      .Case("math.roundeven", "Round")
      .Case("math.powf", "Pow")
      .Case("agon.sigmoid", "Sigmoid")
      .Case("agon.softplus", "Softplus")
      .Default("");
}

LogicalResult OnnxOperations::add(Operation &op) {
  if (StringRef node = nodeOf(op); !node.empty())
    return elementwise(op, node);
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](arith::ConstantOp each) { return constant(each); })
      .Case<arith::UIToFPOp, arith::SIToFPOp, arith::FPToSIOp, arith::ExtFOp, arith::TruncFOp, arith::ExtUIOp>(
          [&](auto) {
            int64_t to = OnnxGraph::elementType(typeOf(op.getResult(0)).getElementType());
            return elementwise(op, "Cast", {{"to", to}});
          })
      .Case([&](arith::RemFOp) { return elementwise(op, "Mod", {{"fmod", int64_t(1)}}); })
      .Case([&](arith::CmpFOp each) {
        return elementwise(op, [&](Names x) { return compare(each.getPredicate(), x[0], x[1]); });
      })
      .Case([&](arith::CmpIOp each) { return compareLabels(each); })
      .Case([&](math::RsqrtOp) {
        return elementwise(op, [&](Names x) { return graph.add("Reciprocal", {graph.add("Sqrt", {x[0]})}); });
      })
      .Case<math::ExpM1Op, math::Log1pOp, math::ErfcOp>([&](auto each) {
        Type element = typeOf(each.getResult()).getElementType();
        return elementwise(op, [&](Names x) {
          return isa<math::ExpM1Op>(op)   ? expm1(element, x[0])
                 : isa<math::Log1pOp>(op) ? log1p(element, x[0])
                                          : erfc(element, x[0]);
        });
      })
      .Case([&](BroadcastOp each) { return broadcast(each); })
      .Case([&](ReshapeOp each) { return reshape(each); })
      .Case([&](TransposeOp each) { return transpose(each); })
      .Case([&](SliceOp each) { return slice(each); })
      .Case([&](PadOp each) { return pad(each); })
      .Case([&](ReverseOp each) { return reverse(each); })
      .Case([&](ConcatOp each) { return concat(each); })
      .Case([&](ReduceOp each) { return reduce(each); })
      .Case([&](ContractOp each) { return contract(each); })
      .Case([&](OneHotOp each) { return oneHot(each); })
      .Case([&](IotaOp each) { return iota(each); })
      .Case([&](GatherOp each) { return gather(each); })
      .Case([&](ScatterAddOp each) { return scatterAdd(each); })
      .Case([&](CumSumOp each) { return cumSum(each); })
      .Case([&](ConvOp each) { return conv(each); })
      .Case([&](ConvInputGradientOp each) { return deconv(each); })
      .Case([&](UnfoldOp each) { return unfold(each); })
      .Case([&](FoldOp each) { return fold(each); })
      .Default([](Operation *) { return failure(); });
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

void OnnxOperations::bind(Value value, std::string name) {
  int64_t rank = typeOf(value).getRank();
  if (counted.empty() && rank > 0 && isBatch(value, 0))
    counted = name;
  values[value] = {std::move(name), SmallVector<bool>(size_t(rank), false)};
}

LogicalResult OnnxOperations::set(Value value, std::string name) {
  values[value] = {std::move(name), SmallVector<bool>(size_t(typeOf(value).getRank()), false)};
  return success();
}

SmallVector<int64_t> OnnxOperations::shapeOf(Value value) const {
  auto shape = llvm::to_vector(typeOf(value).getShape());
  for (auto [axis, extent] : llvm::enumerate(shape))
    if (isBatch(value, int64_t(axis)))
      extent = OnnxGraph::anySize;
  return shape;
}

/// The sizes of the axes of `which`, and 1 for the others, as a value.
std::string OnnxOperations::sizes(Value value, ArrayRef<bool> which) {
  SmallVector<std::string> parts;
  SmallVector<int64_t> known;
  auto flush = [&] {
    if (!known.empty())
      parts.push_back(graph.integers(known));
    known.clear();
  };
  for (auto [axis, extent] : llvm::enumerate(shapeOf(value))) {
    if (!which[axis] || extent != OnnxGraph::anySize) {
      known.push_back(which[axis] ? extent : 1);
      continue;
    }
    flush();
    parts.push_back(graph.add("Shape", {counted}, {{"start", int64_t(0)}, {"end", int64_t(1)}}));
  }
  flush();
  return parts.size() == 1 ? parts.front() : graph.add("Concat", parts, {{"axis", int64_t(0)}});
}

std::string OnnxOperations::whole(Value value) {
  OnnxValue &known = values[value];
  if (llvm::none_of(known.repeated, [](bool each) { return each; }))
    return known.name;
  std::string name = graph.add("Expand", {known.name, sizes(value, known.repeated)});
  OnnxValue &kept = values[value];
  kept.name = name;
  kept.repeated.assign(kept.repeated.size(), false);
  return name;
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

LogicalResult OnnxOperations::elementwise(Operation &op, llvm::function_ref<std::string(Names)> make) {
  SmallVector<std::string> names;
  OnnxValue result;
  result.repeated.assign(size_t(typeOf(op.getResult(0)).getRank()), true);
  for (Value operand : op.getOperands()) {
    const OnnxValue &value = values[operand];
    if (value.repeated.size() != result.repeated.size())
      return failure();
    names.push_back(value.name);
    for (auto [all, each] : llvm::zip(result.repeated, value.repeated))
      all = all && each;
  }
  result.name = make(names);
  values[op.getResult(0)] = std::move(result);
  return success();
}

LogicalResult OnnxOperations::elementwise(Operation &op, std::string_view node, Attributes attributes) {
  return elementwise(op, [&](Names names) { return graph.add(node, names, attributes); });
}

/// exp(x) - 1 without loss at 0 (Higham 2002, section 1.14.1).
std::string OnnxOperations::expm1(Type element, const std::string &x) {
  std::string one = graph.scalar(element, 1), u = graph.add("Exp", {x});
  std::string less = graph.add("Sub", {u, one});
  std::string corrected = graph.add("Div", {graph.add("Mul", {less, x}), graph.add("Log", {u})});
  std::string isOne = graph.add("Equal", {u, one});
  std::string isSmall = graph.add("Less", {graph.add("Abs", {x}), graph.scalar(element, 0.5)});
  return graph.add("Where", {isOne, x, graph.add("Where", {isSmall, corrected, less})});
}

/// log(1 + x) without loss at 0, by the same idea.
std::string OnnxOperations::log1p(Type element, const std::string &x) {
  std::string one = graph.scalar(element, 1), u = graph.add("Add", {x, one});
  std::string less = graph.add("Sub", {u, one}), log = graph.add("Log", {u});
  std::string corrected = graph.add("Div", {graph.add("Mul", {log, x}), less});
  std::string isSmall = graph.add("Less", {graph.add("Abs", {x}), graph.scalar(element, 0.5)});
  return graph.add("Where", {graph.add("Equal", {u, one}), x, graph.add("Where", {isSmall, corrected, log})});
}

/// 1 - erf(x) by a Chebyshev fit whose relative error is 1.2e-7 everywhere (Press et al. 1992, section 6.2).
std::string OnnxOperations::erfc(Type element, const std::string &x) {
  constexpr double coefficients[] = {0.17087277,  -0.82215223, 1.48851587, -1.13520398, 0.27886807,
                                     -0.18628806, 0.09678418,  0.37409196, 1.00002368,  -1.26551223};
  auto number = [&](double value) { return graph.scalar(element, value); };
  std::string z = graph.add("Abs", {x});
  std::string t = graph.add("Reciprocal", {graph.add("Add", {graph.add("Mul", {z, number(0.5)}), number(1)})});
  std::string sum = number(coefficients[0]);
  for (double each : ArrayRef(coefficients).drop_front())
    sum = graph.add("Add", {graph.add("Mul", {sum, t}), number(each)});
  std::string exponent = graph.add("Sub", {sum, graph.add("Mul", {z, z})});
  std::string above = graph.add("Mul", {t, graph.add("Exp", {exponent})});
  return graph.add("Where", {graph.add("Less", {x, number(0)}), graph.add("Sub", {number(2), above}), above});
}

std::string OnnxOperations::compare(arith::CmpFPredicate predicate, const std::string &x, const std::string &y) {
  using P = arith::CmpFPredicate;
  auto negated = [&](P other) { return graph.add("Not", {compare(other, x, y)}); };
  switch (predicate) {
  case P::OEQ:
    return graph.add("Equal", {x, y});
  case P::OGT:
    return graph.add("Greater", {x, y});
  case P::OGE:
    return graph.add("GreaterOrEqual", {x, y});
  case P::OLT:
    return graph.add("Less", {x, y});
  case P::OLE:
    return graph.add("LessOrEqual", {x, y});
  case P::UNO:
    return graph.add("Or", {graph.add("IsNaN", {x}), graph.add("IsNaN", {y})});
  case P::ONE:
    return graph.add("And", {negated(P::OEQ), negated(P::UNO)});
  case P::AlwaysFalse:
    return compare(P::ONE, x, x);
  // Each of the others is another one's contrary.
  case P::UEQ:
    return negated(P::ONE);
  case P::UGT:
    return negated(P::OLE);
  case P::UGE:
    return negated(P::OLT);
  case P::ULT:
    return negated(P::OGE);
  case P::ULE:
    return negated(P::OGT);
  case P::UNE:
    return negated(P::OEQ);
  case P::ORD:
    return negated(P::UNO);
  case P::AlwaysTrue:
    return negated(P::AlwaysFalse);
  }
  llvm_unreachable("expected a predicate");
}

LogicalResult OnnxOperations::compareLabels(arith::CmpIOp op) {
  using P = arith::CmpIPredicate;
  StringRef node;
  switch (op.getPredicate()) {
  case P::eq:
    return elementwise(*op, "Equal");
  case P::ne:
    return elementwise(*op, [&](Names x) { return graph.add("Not", {graph.add("Equal", x)}); });
  case P::slt:
    return elementwise(*op, "Less");
  case P::sle:
    return elementwise(*op, "LessOrEqual");
  case P::sgt:
    return elementwise(*op, "Greater");
  case P::sge:
    return elementwise(*op, "GreaterOrEqual");
  default:
    return failure();
  }
}

LogicalResult OnnxOperations::constant(arith::ConstantOp op) {
  auto elements = dyn_cast<DenseElementsAttr>(op.getValue());
  if (!elements)
    return failure();
  auto shape = llvm::to_vector(typeOf(op).getShape());
  OnnxValue value;
  if (elements.isSplat())
    shape.assign(shape.size(), 1);
  value.repeated.assign(shape.size(), elements.isSplat());
  value.name = graph.constant(elements, shape);
  values[op] = std::move(value);
  return success();
}

/// Whether each label is one of 0 to classes - 1.
std::string OnnxOperations::labelsWithin(Value labels, int64_t classes) {
  Type element = typeOf(labels).getElementType();
  std::string name = whole(labels);
  return graph.add("And", {graph.add("GreaterOrEqual", {name, graph.scalar(element, 0)}),
                           graph.add("Less", {name, graph.scalar(element, double(classes))})});
}

LogicalResult OnnxOperations::oneHot(OneHotOp op) {
  RankedTensorType type = op.getType();
  int64_t rank = type.getRank(), classes = type.getDimSize(rank - 1);
  auto all = llvm::to_vector(llvm::seq<int32_t>(0, int32_t(classes)));
  auto numbers = DenseElementsAttr::get(RankedTensorType::get({classes}, typeOf(op.getLabels()).getElementType()),
                                        ArrayRef<int32_t>(all));
  std::string labels = graph.add("Unsqueeze", {whole(op.getLabels()), graph.integers({rank - 1})});
  std::string equal = graph.add("Equal", {labels, graph.constant(numbers, {classes})});
  return set(op, graph.add("Cast", {equal}, {{"to", OnnxGraph::elementType(type.getElementType())}}));
}

LogicalResult OnnxOperations::iota(IotaOp op) {
  RankedTensorType type = op.getType();
  int64_t size = type.getDimSize(int64_t(op.getDim()));
  SmallVector<Attribute> numbers;
  for (int64_t i = 0; i < size; ++i)
    numbers.push_back(isa<FloatType>(type.getElementType())
                          ? Attribute(FloatAttr::get(type.getElementType(), double(i)))
                          : Attribute(IntegerAttr::get(type.getElementType(), i)));
  SmallVector<int64_t> shape(size_t(type.getRank()), 1);
  shape[op.getDim()] = size;
  OnnxValue value;
  value.repeated.assign(shape.size(), true);
  value.repeated[op.getDim()] = false;
  value.name =
      graph.constant(DenseElementsAttr::get(RankedTensorType::get({size}, type.getElementType()), numbers), shape);
  values[op] = std::move(value);
  return success();
}

} // namespace agon::exports
