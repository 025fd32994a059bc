//===- Evaluator.cpp - Tensors by the element -----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/kernel/Evaluator.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace agon::kernels;

void Evaluator::setLanes(std::optional<unsigned> axis, int64_t count, Value mask) {
  laneAxis = count == 1 ? std::nullopt : axis;
  laneCount = count;
  laneMask = mask;
}

//===----------------------------------------------------------------------===//
// Memory of what is known
//===----------------------------------------------------------------------===//

const Datum *Evaluator::lookup(const Key &key) const {
  auto found = memo.find(key);
  if (found == memo.end())
    return nullptr;
  for (const Memo &entry : found->second) {
    bool here =
        llvm::all_of(entry.places, [&](const auto &place) { return places[place.first].value == place.second; });
    if (here && entry.bounds == bounds.key() &&
        (!entry.datum.lanes || (entry.lanes == laneCount && entry.mask == laneMask)))
      return &entry.datum;
  }
  return nullptr;
}

void Evaluator::remember(const Key &key, Datum datum) {
  Memo entry{{}, laneCount, laneMask, bounds.key(), datum};
  for (auto [i, axis] : llvm::enumerate(axes))
    for (unsigned dim : axis.dims)
      if (key.second.isFunctionOfDim(dim)) {
        entry.places.push_back({unsigned(i), places[i].value});
        break;
      }
  memo[key].push_back(entry);
}

void Evaluator::preset(Value tensor, AffineMap map, Datum datum) { remember({tensor, map}, datum); }

void Evaluator::forget(unsigned level) {
  for (auto &known : memo)
    llvm::erase_if(known.second, [&](const Memo &entry) { return entry.datum.level >= level; });
  llvm::erase_if(bases, [&](const Base &base) { return base.address.level >= level; });
  llvm::erase_if(runs, [&](const Run &run) { return run.level >= level; });
  for (auto entry = spread.begin(), end = spread.end(); entry != end; ++entry)
    if (entry->second.second >= level)
      spread.erase(entry);
}

//===----------------------------------------------------------------------===//
// Addresses
//===----------------------------------------------------------------------===//

bool Evaluator::onLanes(const LinearForm &form) const { return laneAxis && axes[*laneAxis].uses(form); }

unsigned Evaluator::levelOf(const LinearForm &form) const {
  unsigned level = 0;
  for (auto [axis, place] : llvm::zip(axes, places))
    if (axis.uses(form))
      level = std::max(level, place.level);
  return level;
}

Value Evaluator::component(Value position, const Axis &axis, unsigned i) {
  OpBuilder &b = kernel.builder;
  int64_t inner = 1;
  for (unsigned j = i + 1; j != axis.sizes.size(); ++j)
    inner *= axis.sizes[j];
  auto number = [&](int64_t n) -> Value {
    Type type = position.getType();
    TypedAttr attr = b.getIntegerAttr(getElementTypeOrSelf(type), n);
    if (auto vectorType = dyn_cast<VectorType>(type))
      attr = DenseElementsAttr::get(vectorType, Attribute(attr));
    return arith::ConstantOp::create(b, kernel.loc, attr);
  };
  if (inner != 1)
    position = arith::DivUIOp::create(b, kernel.loc, position, number(inner));
  if (i != 0)
    position = arith::RemUIOp::create(b, kernel.loc, position, number(axis.sizes[i]));
  return position;
}

Evaluator::Parts Evaluator::partsOf(const LinearForm &form, bool skipLanes) const {
  Parts parts{form.constant, {}};
  for (unsigned i = 0; i != axes.size(); ++i) {
    if (!axes[i].uses(form) || (skipLanes && laneAxis == i))
      continue;
    auto position = places[i].value.getDefiningOp<arith::ConstantIndexOp>();
    auto stride = axes[i].stride(form);
    if (position && stride)
      parts.constant += position.value() * *stride;
    else
      parts.axes.push_back(i);
  }
  llvm::stable_sort(parts.axes, [&](unsigned a, unsigned b) { return places[a].level < places[b].level; });
  return parts;
}

SmallVector<int64_t> Evaluator::keyOf(const LinearForm &form, const Parts &parts) const {
  SmallVector<int64_t> key;
  for (unsigned i : parts.axes) {
    key.append({int64_t(i), int64_t(intptr_t(places[i].value.getAsOpaquePointer()))});
    for (unsigned dim : axes[i].dims)
      key.push_back(form.coefficients[dim]);
  }
  return key;
}

Datum Evaluator::scalarAddress(const LinearForm &form, bool skipLanes) {
  // What is known comes last, so that neighbours are at constant distances from one address.
  Parts parts = partsOf(form, skipLanes);
  SmallVector<int64_t> key = keyOf(form, parts);
  auto known = llvm::find_if(bases, [&](const Base &base) { return base.key == key; });
  Datum sum = known == bases.end() ? Datum() : known->address;
  for (unsigned i : known == bases.end() ? ArrayRef(parts.axes) : ArrayRef<unsigned>()) {
    sum.level = std::max(sum.level, places[i].level);
    at(sum.level, [&] {
      auto plus = [&](Value term, int64_t factor) {
        term = kernel.mul(term, factor);
        sum.value = sum.value ? kernel.add(sum.value, term) : term;
      };
      if (auto stride = axes[i].stride(form))
        return plus(places[i].value, *stride);
      for (auto [j, dim] : llvm::enumerate(axes[i].dims))
        if (int64_t factor = form.coefficients[dim])
          plus(component(places[i].value, axes[i], j), factor);
    });
  }
  if (known == bases.end() && sum.value)
    bases.push_back({std::move(key), sum});
  at(sum.level, [&] {
    Value constant = kernel.index(parts.constant);
    sum.value = sum.value ? kernel.add(sum.value, constant) : constant;
  });
  return sum;
}

Value Evaluator::address(const LinearForm &form) { return scalarAddress(form, /*skipLanes=*/false).value; }

Value Evaluator::laneOffsets(const LinearForm &form) {
  OpBuilder &b = kernel.builder;
  const Axis &axis = axes[*laneAxis];
  auto stride = axis.stride(form);
  auto type = VectorType::get({laneCount}, b.getI32Type());
  SmallVector<int32_t> steps;
  for (int64_t lane = 0; lane != laneCount; ++lane)
    steps.push_back(lane * stride.value_or(1));
  Value iota = arith::ConstantOp::create(b, kernel.loc, DenseElementsAttr::get(type, ArrayRef<int32_t>(steps)));
  if (stride)
    return iota;
  Value start = arith::IndexCastOp::create(b, kernel.loc, b.getI32Type(), places[*laneAxis].value);
  Value position = arith::AddIOp::create(b, kernel.loc, vector::BroadcastOp::create(b, kernel.loc, type, start), iota);
  Value sum;
  for (auto [j, dim] : llvm::enumerate(axis.dims)) {
    int64_t factor = form.coefficients[dim];
    if (factor == 0)
      continue;
    Value scale = arith::ConstantOp::create(b, kernel.loc, DenseElementsAttr::get(type, int32_t(factor)));
    Value term = arith::MulIOp::create(b, kernel.loc, component(position, axis, j), scale);
    sum = sum ? arith::AddIOp::create(b, kernel.loc, sum, term) : term;
  }
  return sum;
}

Value Evaluator::fullMask() {
  if (laneMask)
    return laneMask;
  auto type = VectorType::get({laneCount}, kernel.builder.getI1Type());
  return arith::ConstantOp::create(kernel.builder, kernel.loc, DenseElementsAttr::get(type, true));
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Datum Evaluator::load(Value row, Type element, const LinearForm &form) {
  OpBuilder &b = kernel.builder;
  Location loc = kernel.loc;
  Type storage = cast<MemRefType>(row.getType()).getElementType();
  Datum datum{Value(), std::max(levelOf(form), bounds.scalar.level), onLanes(form)};
  if (datum.lanes)
    datum.level = std::max(datum.level, bounds.lanes.level);
  if (kernel.isGrid && kernel.isWritten(row))
    datum.level = kernel.nest.depth();
  auto stride = datum.lanes ? axes[*laneAxis].stride(form) : std::nullopt;
  if (stride && bounds.key() == Bounds().key())
    datum.value = loadStrided(row, form, *stride);
  Value base = datum.value ? Value() : scalarAddress(form, /*skipLanes=*/datum.lanes && !stride).value;
  return at(datum.level, [&] {
    if (datum.value) {
      // Read together with its neighbours.
    } else if (!datum.lanes) {
      // Out of bounds any element will do: what comes of it is not chosen.
      if (bounds.scalar.value)
        base = arith::SelectOp::create(b, loc, bounds.scalar.value, base, kernel.index(0));
      datum.value = memref::LoadOp::create(b, loc, row, base);
    } else {
      auto type = VectorType::get({laneCount}, storage);
      bool elsewhere = stride == 1 && readsElsewhere(row);
      if (elsewhere)
        base = arith::SelectOp::create(b, loc, bounds.scalar.value, base, kernel.index(0));
      Value readable = elsewhere ? Value() : mask();
      if (stride == 1 && !readable) {
        datum.value = vector::LoadOp::create(b, loc, type, row, base, /*nontemporal=*/false, alignment(form, storage));
      } else {
        Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
        if (stride == 1)
          datum.value = vector::MaskedLoadOp::create(b, loc, type, row, base, readable, zero);
        else
          datum.value = vector::GatherOp::create(b, loc, type, row, base, laneOffsets(form),
                                                 readable ? readable : fullMask(), zero);
      }
    }
    if (storage != element) {
      Type bits = datum.lanes ? Type(VectorType::get({laneCount}, element)) : element;
      datum.value = arith::TruncIOp::create(b, loc, bits, datum.value);
    }
    return datum;
  });
}

bool Evaluator::readsElsewhere(Value row) const {
  return kernel.isGrid && bounds.scalar.value && !bounds.lanes.value && !laneMask &&
         cast<MemRefType>(row.getType()).getNumElements() >= laneCount;
}

bool Evaluator::isAligned(const LinearForm &form) const {
  Parts parts = partsOf(form, /*skipLanes=*/true);
  if (parts.constant % laneCount)
    return false;
  for (unsigned i : parts.axes)
    for (unsigned dim : axes[i].dims)
      if (form.coefficients[dim] % laneCount)
        return false;
  return true;
}

bool Evaluator::isStreamed(Value row, const LinearForm &form) const {
  Type element = cast<MemRefType>(row.getType()).getElementType();
  return kernel.isStreamed(row) && isAligned(form) &&
         laneCount * element.getIntOrFloatBitWidth() == kernel.options.target.getVectorBits();
}

llvm::MaybeAlign Evaluator::alignment(const LinearForm &form, Type element) const {
  if (!kernel.isGrid || !isAligned(form))
    return {};
  return llvm::Align(laneCount * element.getIntOrFloatBitWidth() / 8);
}

Value Evaluator::toStorage(Value row, Datum datum, bool lanes) {
  OpBuilder &b = kernel.builder;
  Location loc = kernel.loc;
  Type storage = cast<MemRefType>(row.getType()).getElementType();
  Value value = lanes ? vector(datum) : datum.value;
  // A single column: the lanes beyond the first hold nothing.
  if (!lanes && isa<VectorType>(value.getType()))
    value = vector::ExtractOp::create(b, loc, value, ArrayRef<int64_t>{0});
  if (getElementTypeOrSelf(value.getType()) != storage)
    value = arith::ExtUIOp::create(b, loc, lanes ? Type(VectorType::get({laneCount}, storage)) : storage, value);
  return value;
}

void Evaluator::store(Value row, const LinearForm &form, Datum datum) {
  OpBuilder &b = kernel.builder;
  Location loc = kernel.loc;
  Type storage = cast<MemRefType>(row.getType()).getElementType();
  bool lanes = onLanes(form);
  Value value = toStorage(row, datum, lanes);
  auto stride = lanes ? axes[*laneAxis].stride(form) : std::nullopt;
  Value base = scalarAddress(form, /*skipLanes=*/lanes && !stride).value;
  if (!lanes)
    memref::StoreOp::create(b, loc, value, row, base);
  else if (stride == 1 && !laneMask && isStreamed(row, form))
    vector::StoreOp::create(b, loc, value, row, base, /*nontemporal=*/true,
                            llvm::Align(kernel.options.target.getVectorBits() / 8));
  else if (stride == 1 && !laneMask)
    vector::StoreOp::create(b, loc, value, row, base, /*nontemporal=*/false, alignment(form, storage));
  else if (stride == 1)
    vector::MaskedStoreOp::create(b, loc, row, base, laneMask, value);
  else
    vector::ScatterOp::create(b, loc, Type(), row, ValueRange{base}, laneOffsets(form), fullMask(), value,
                              IntegerAttr());
}

void Evaluator::finish(const Epilogue &epilogue, ArrayRef<Datum> root) {
  for (auto [tensor, map] : epilogue.survey.rootReads)
    preset(tensor, map, root[cast<OpResult>(tensor).getResultNumber()]);
  SmallVector<Datum> data;
  for (const Output &output : epilogue.outputs)
    data.push_back(value(output.tensor, output.map));
  for (auto [output, datum] : llvm::zip(epilogue.outputs, data))
    store(kernel.flatResult(output.result), output.to, datum);
}

Value Evaluator::vector(Datum datum) {
  if (datum.lanes || laneCount == 1)
    return datum.value;
  auto &[result, level] = spread[{datum.value, laneCount}];
  if (!result)
    result = at(datum.level, [&]() -> Value {
      auto type = VectorType::get({laneCount}, datum.value.getType());
      return vector::BroadcastOp::create(kernel.builder, datum.value.getLoc(), type, datum.value);
    });
  level = datum.level;
  return result;
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Datum Evaluator::splat(Location loc, TypedAttr value) {
  OpBuilder::InsertionGuard guard(kernel.builder);
  kernel.builder.setInsertionPointToStart(&kernel.func.front());
  return {arith::ConstantOp::create(kernel.builder, loc, value), 0, false};
}

Datum Evaluator::constant(arith::ConstantOp op) {
  Datum &datum = constants[op];
  if (!datum.value)
    datum = splat(op.getLoc(), op.getValue());
  return datum;
}

Datum Evaluator::indexOf(AffineExpr expr) {
  OpBuilder &b = kernel.builder;
  unsigned numDims = 0;
  for (const Axis &axis : axes)
    for (unsigned dim : axis.dims)
      numDims = std::max(numDims, dim + 1);
  expr.walk([&](AffineExpr e) {
    if (auto dim = dyn_cast<AffineDimExpr>(e))
      numDims = std::max(numDims, dim.getPosition() + 1);
  });
  LinearForm form = *linearize(expr, numDims);
  if (!onLanes(form))
    return scalarAddress(form, false);
  auto stride = axes[*laneAxis].stride(form);
  Datum base = scalarAddress(form, /*skipLanes=*/!stride);
  unsigned level = levelOf(form);
  return at(level, [&] {
    auto type = VectorType::get({laneCount}, b.getIndexType());
    Value offsets = arith::IndexCastOp::create(b, kernel.loc, type, laneOffsets(form));
    Value start = vector::BroadcastOp::create(b, kernel.loc, type, base.value);
    return Datum{arith::AddIOp::create(b, kernel.loc, start, offsets), level, true};
  });
}

SmallVector<Datum> Evaluator::apply(Operation &op, ArrayRef<Datum> operands) {
  Datum common;
  for (const Datum &operand : operands) {
    common.level = std::max(common.level, operand.level);
    common.lanes |= operand.lanes;
  }
  IRMapping mapping;
  for (auto [formal, actual] : llvm::zip(op.getOperands(), operands))
    mapping.map(formal, common.lanes ? vector(actual) : actual.value);
  return at(common.level, [&] {
    Operation *clone = kernel.builder.clone(op, mapping);
    SmallVector<Datum> results;
    for (OpResult result : clone->getResults()) {
      if (common.lanes)
        result.setType(VectorType::get({laneCount}, result.getType()));
      results.push_back({result, common.level, common.lanes});
    }
    return results;
  });
}

SmallVector<Datum> Evaluator::body(linalg::GenericOp generic, AffineMap dims, ArrayRef<Datum> outs) {
  DenseMap<Value, Datum> known;
  unsigned numInputs = generic.getNumDpsInputs();
  for (OpOperand *input : generic.getDpsInputOperands()) {
    BlockArgument argument = generic.getMatchingBlockArgument(input);
    if (!argument.use_empty())
      known[argument] = value(input->get(), readingMap(generic, input).compose(dims));
  }
  for (auto [i, out] : llvm::enumerate(outs))
    known[generic.getBody()->getArgument(numInputs + i)] = out;
  // Sums and multiples of indices are linear too: an element's number, say, needs no division of what
  // was one loop to begin with. They are computed only where something else asks for them.
  DenseMap<Value, AffineExpr> indices;
  auto get = [&](Value v) {
    auto found = known.find(v);
    if (found != known.end())
      return found->second;
    if (AffineExpr expr = indices.lookup(v))
      return known[v] = indexOf(expr);
    return constant(v.getDefiningOp<arith::ConstantOp>());
  };
  auto asIndex = [&](Value v) -> AffineExpr {
    if (auto op = v.getDefiningOp<arith::ConstantIndexOp>())
      return getAffineConstantExpr(op.value(), v.getContext());
    return indices.lookup(v);
  };
  for (Operation &op : generic.getBody()->without_terminator()) {
    if (isa<arith::ConstantOp>(op))
      continue;
    if (auto index = dyn_cast<linalg::IndexOp>(op)) {
      indices[index] = dims.getResult(index.getDim());
      continue;
    }
    if (isa<arith::AddIOp, arith::MulIOp>(op) && op.getResult(0).getType().isIndex()) {
      AffineExpr a = asIndex(op.getOperand(0)), c = asIndex(op.getOperand(1));
      bool sum = isa<arith::AddIOp>(op);
      if (a && c && (sum || isa<AffineConstantExpr>(a) || isa<AffineConstantExpr>(c))) {
        indices[op.getResult(0)] = sum ? a + c : a * c;
        continue;
      }
    }
    SmallVector<Datum> operands;
    for (Value operand : op.getOperands())
      operands.push_back(get(operand));
    for (auto [result, datum] : llvm::zip(op.getResults(), apply(op, operands)))
      known[result] = datum;
  }
  SmallVector<Datum> yields;
  for (Value value : generic.getBody()->getTerminator()->getOperands())
    yields.push_back(get(value));
  return yields;
}

Datum Evaluator::value(Value tensor, AffineMap map) {
  Key key{tensor, map};
  if (const Datum *known = lookup(key))
    return *known;
  auto type = cast<RankedTensorType>(tensor.getType());
  Operation *op = tensor.getDefiningOp();
  auto constantOp = dyn_cast_or_null<arith::ConstantOp>(op);
  Datum datum;
  if (constantOp && isa<SplatElementsAttr>(constantOp.getValue())) {
    auto attr = cast<SplatElementsAttr>(constantOp.getValue());
    datum = splat(op->getLoc(), attr.getSplatValue<TypedAttr>());
  } else if (!op || constantOp) {
    datum = load(kernel.flatBuffer(tensor), type.getElementType(), *linearAddress(map, type.getShape()));
  } else if (auto fill = dyn_cast<linalg::FillOp>(op)) {
    datum = constant(fill.getInputs()[0].getDefiningOp<arith::ConstantOp>());
  } else if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
    SmallVector<Datum> outs;
    for (OpOperand &init : generic.getDpsInitsMutable())
      outs.push_back(generic.payloadUsesValueFromOperand(&init) ? value(init.get(), map) : Datum());
    SmallVector<Datum> yields = body(generic, iterationPoint(generic, map), outs);
    for (auto [result, yield] : llvm::zip(generic.getResults(), yields))
      remember({result, map}, yield);
    return yields[cast<OpResult>(tensor).getResultNumber()];
  } else if (auto insert = dyn_cast<tensor::InsertSliceOp>(op)) {
    datum = throughPadding(*readThroughPadding(insert, map));
  } else {
    datum = splat(op->getLoc(), cast<TypedAttr>(kernel.builder.getZeroAttr(type.getElementType())));
  }
  remember(key, datum);
  return datum;
}
