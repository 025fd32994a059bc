//===- FormChunks.cpp - The pass agon-form-chunks -------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// A chain is found from its end, a transform of tiles back. Whatever has the samples as
// another axis than the first cannot be cut where it lies, and is made within; so is padding,
// which is no work. What has them as the first axis is an input of the chain.
//===----------------------------------------------------------------------===//
#include "compiler/target/Target.h"
#include "compiler/tensor/FusionGraph.h"
#include "compiler/tensor/Passes.h"
#include "compiler/tensor/RegionWork.h"
#include "compiler/tensor/SampleAxes.h"
#include "dialects/agon/ModeProduct.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

namespace agon::tensors {
#define GEN_PASS_DEF_AGONFORMCHUNKS
#include "compiler/tensor/Passes.h.inc"
} // namespace agon::tensors

namespace {

/// Regions that lead to one, with what passes between them and what they read.
class Chain {
public:
  /// The one that ends in `last`; nothing if none does, or its regions cannot be cut by samples.
  static std::optional<Chain> endingIn(RegionOp last);
  /// How many samples a part has; all of them if the chain is better left as it is.
  int64_t samplesOfAPart(const targets::ChunkCosts &costs) const;
  int64_t getSamples() const { return samples; }
  /// Replaces the chain by a region of kind chunks.
  void form(int64_t part);

private:
  explicit Chain(RegionOp last) : last(last), samples(cast<ShapedType>(last.getResult(0).getType()).getDimSize(0)) {}
  bool add(RegionOp region, unsigned axis);
  bool read(Value value, SampleAxis axis, RegionOp reader);
  bool isReadOutside(Operation *op) const;
  bool isClosed() const;
  SmallVector<Operation *> inOrder() const;
  Operation *behindInputs() const;
  void formBody(Block *body, int64_t part);
  void removeMembers();

  RegionOp last;
  int64_t samples;
  llvm::MapVector<Operation *, SampleAxes> regions;
  llvm::SetVector<Operation *> reshapes;
  llvm::SetVector<Value> inputs;
  llvm::DenseMap<Value, SampleAxis> axes; ///< of all that is read
  int64_t between = 0;                    ///< bytes that pass between regions, but for padding
  int64_t rows = 0;                       ///< that a sample has in a contraction, at least
};

} // namespace

/// Whether a region may be computed twice.
static bool isCheap(RegionOp region) {
  return region.getKind() != agon::RegionKind::Contraction &&
         llvm::none_of(region.getBody().front().getOps<linalg::GenericOp>(),
                       [](linalg::GenericOp generic) { return bodyCost(generic).expensive; });
}

//===----------------------------------------------------------------------===//
// Finding
//===----------------------------------------------------------------------===//

/// Adds a region whose results have the samples as axis `axis`, and what has to be made with it.
bool Chain::add(RegionOp region, unsigned axis) {
  std::optional<SampleAxes> found = SampleAxes::of(region, axis, samples);
  if (!found)
    return false;
  if (region.getKind() == agon::RegionKind::Contraction) {
    int64_t own = found->rowsOfASample();
    rows = rows ? std::min(rows, own) : own;
    if (own == 0)
      return false;
  }
  if (region != last && region.getKind() != agon::RegionKind::Insert)
    between += tensorBytes(region.getResult(0).getType());
  regions.insert({region, *found});
  return llvm::all_of(llvm::enumerate(region.getInputs()),
                      [&](auto input) { return read(input.value(), found->ofInput(input.index()), region); });
}

/// The padding that `value` is, by whatever shape; null if it is none.
static RegionOp paddingOf(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getInput();
  auto region = value.getDefiningOp<RegionOp>();
  return region && region.getKind() == agon::RegionKind::Insert && region.getNumResults() == 1 ? region : RegionOp();
}

/// Notes that `reader` reads `value` with the samples along `axis`: an input, or what a region makes that belongs to
/// the chain.
bool Chain::read(Value value, SampleAxis axis, RegionOp reader) {
  auto [known, isNew] = axes.try_emplace(value, axis);
  if (!isNew)
    return known->second == axis;
  auto reshape = value.getDefiningOp<ReshapeOp>();
  auto producer = value.getDefiningOp<RegionOp>();
  RegionOp padding =
      reader != last && reader.getKind() == agon::RegionKind::ModeProduct ? paddingOf(value) : RegionOp();
  bool isPadding = padding && (padding->hasOneUse() || isCheap(padding));
  SampleAxis before = reshape && axis ? axisBefore(reshape, *axis) : std::nullopt;
  if (before && (isPadding || *axis != 0)) {
    reshapes.insert(reshape);
    return read(reshape.getInput(), before, reader);
  }
  bool isTransformed =
      axis && *axis != 0 && producer && producer.getNumResults() == 1 &&
      (producer.getKind() == agon::RegionKind::Contraction || producer.getKind() == agon::RegionKind::ModeProduct);
  if (isTransformed || (isPadding && producer && axis && SampleAxes::of(padding, *axis, samples)))
    return add(producer, *axis);
  inputs.insert(value);
  return !axis || *axis == 0;
}

/// Whether what `op` makes is read by others than the chain.
bool Chain::isReadOutside(Operation *op) const {
  return llvm::any_of(op->getUsers(), [&](Operation *user) {
    return reshapes.contains(user) ? isReadOutside(user) : !regions.contains(user);
  });
}

/// Whether nothing dear would have to be computed once more for readers outside.
bool Chain::isClosed() const {
  return llvm::all_of(regions, [&](const auto &member) {
    auto region = cast<RegionOp>(member.first);
    return region == last || isCheap(region) || !isReadOutside(region);
  });
}

std::optional<Chain> Chain::endingIn(RegionOp last) {
  auto type = cast<RankedTensorType>(last.getResult(0).getType());
  if (last.getKind() != agon::RegionKind::ModeProduct || type.getRank() == 0)
    return std::nullopt;
  Chain chain(last);
  if (!chain.add(last, 0) || chain.rows == 0 || !chain.isClosed())
    return std::nullopt;
  return chain;
}

int64_t Chain::samplesOfAPart(const targets::ChunkCosts &costs) const {
  // What is the same for all samples, a filter mostly, is read again for each part.
  int64_t again = 0;
  for (Value input : inputs)
    if (!axes.lookup(input))
      again += tensorBytes(input.getType());
  if (costs.partBytes == 0 || between <= costs.wholeBytes || between <= again)
    return samples;
  int64_t best = samples;
  for (int64_t part = samples / costs.leastParts; part >= 1; --part)
    if (samples % part == 0 && between / samples * part <= costs.partBytes &&
        (best == samples || part * rows >= costs.partRows))
      best = part;
  return best;
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

SmallVector<Operation *> Chain::inOrder() const {
  SmallVector<Operation *> members(reshapes.begin(), reshapes.end());
  for (auto &member : regions)
    members.push_back(member.first);
  llvm::sort(members, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return members;
}

/// Makes the chain for a part of the samples.
void Chain::formBody(Block *body, int64_t part) {
  OpBuilder b = OpBuilder::atBlockEnd(body);
  IRMapping mapping;
  for (Value input : inputs)
    mapping.map(input, body->addArgument(partOf(input.getType(), axes.lookup(input), part), input.getLoc()));
  for (Operation *op : inOrder()) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(mapping.lookup(operand));
    if (auto reshape = dyn_cast<ReshapeOp>(op)) {
      RankedTensorType type = partOf(reshape.getType(), axes.lookup(reshape.getResult()), part);
      mapping.map(reshape.getResult(), ReshapeOp::create(b, op->getLoc(), type, operands[0]).getResult());
      continue;
    }
    RegionOp copy = regions.find(op)->second.cut(b, operands, part);
    mapping.map(op->getResults(), copy.getResults());
  }
  SmallVector<Value> yielded;
  for (Value result : last.getResults())
    yielded.push_back(mapping.lookup(result));
  YieldOp::create(b, last.getLoc(), yielded);
}

/// Takes the chain's regions away; those that others read come to stand before the first of these.
void Chain::removeMembers() {
  SmallVector<Operation *> members = inOrder();
  for (Operation *op : llvm::reverse(members)) {
    if (op->use_empty()) {
      op->erase();
      continue;
    }
    Operation *first = *op->user_begin();
    for (Operation *user : op->getUsers())
      if (user->isBeforeInBlock(first))
        first = user;
    op->moveBefore(first);
  }
}

/// The operation before which all inputs are there. An epilogue may have kept the last region back until long after
/// that, with all that it reads alive.
Operation *Chain::behindInputs() const {
  Operation *latest = nullptr;
  for (Value input : inputs)
    if (Operation *producer = input.getDefiningOp(); producer && (!latest || latest->isBeforeInBlock(producer)))
      latest = producer;
  return latest ? latest->getNextNode() : &last->getBlock()->front();
}

void Chain::form(int64_t part) {
  OpBuilder b(behindInputs());
  SmallVector<Location> locations{last.getLoc()};
  for (Operation *op : inOrder())
    locations.push_back(op->getLoc());
  int64_t flops = 0, bytes = 0;
  for (Value input : inputs)
    bytes += tensorBytes(input.getType());
  for (Type type : last.getResultTypes())
    bytes += tensorBytes(type);
  auto chunks = RegionOp::create(b, b.getFusedLoc(locations), last.getResultTypes(), agon::RegionKind::Chunks,
                                 inputs.getArrayRef(), flops, bytes, /*places=*/ArrayAttr(), /*plan=*/Attribute());
  Block &body = chunks.getBody().emplaceBlock();
  formBody(&body, part);
  for (auto region : body.getOps<RegionOp>())
    flops += region.getFlops();
  chunks.setFlops(flops * (samples / part));
  last->replaceAllUsesWith(chunks.getResults());
  removeMembers();
}

//===----------------------------------------------------------------------===//
// Epilogues
//===----------------------------------------------------------------------===//

/// The transform that is the root of a region of kind mode_product.
static linalg::GenericOp rootOf(Block &body) {
  for (auto generic : body.getOps<linalg::GenericOp>())
    if (matchModeProduct(generic))
      return generic;
  return {};
}

/// Whether what follows the transform reads more than biases: tensors as large as the result. Within the chain that
/// costs more than a region of its own (README.md has the measurement).
static bool readsFromMemory(RegionOp last) {
  Block &body = last.getBody().front();
  linalg::GenericOp root = rootOf(body);
  int64_t elements = cast<ShapedType>(root.getResult(0).getType()).getNumElements();
  return llvm::any_of(body.getOps<linalg::GenericOp>(), [&](linalg::GenericOp generic) {
    return root->isBeforeInBlock(generic) && llvm::any_of(generic.getDpsInputs(), [&](Value input) {
             return isa<BlockArgument>(input) && cast<ShapedType>(input.getType()).getNumElements() >= elements;
           });
  });
}

/// A region of `kind` with `last`'s body, but for what `yielded` of it does not need. The value `given` of the body, if
/// there is one, is an input of the new region: `made`.
static RegionOp extract(OpBuilder &b, RegionOp last, agon::RegionKind kind, ArrayRef<Value> yielded, Value given = {},
                        Value made = {}) {
  SmallVector<Value> inputs(last.getInputs());
  SmallVector<Type> types = llvm::map_to_vector(yielded, [](Value value) { return value.getType(); });
  auto region = RegionOp::create(b, last.getLoc(), types, kind, inputs, 0, 0, ArrayAttr(), Attribute());
  IRMapping mapping;
  last.getBody().cloneInto(&region.getBody(), mapping);
  Block &body = region.getBody().front();
  if (given) {
    mapping.lookup(given).replaceAllUsesWith(body.addArgument(given.getType(), given.getLoc()));
    inputs.push_back(made);
  }
  body.getTerminator()->setOperands(llvm::map_to_vector(yielded, [&](Value value) { return mapping.lookup(value); }));
  auto ops = llvm::map_to_vector(body.without_terminator(), [](Operation &op) { return &op; });
  for (Operation *op : llvm::reverse(ops))
    if (op->use_empty())
      op->erase();
  for (unsigned i = inputs.size(); i-- > 0;)
    if (body.getArgument(i).use_empty()) {
      body.eraseArgument(i);
      inputs.erase(inputs.begin() + i);
    }
  region.getInputsMutable().assign(inputs);
  region.setFlops(countFlops(body));
  region.setBytes(countBytes(body));
  return region;
}

/// Makes what follows the transform of `last` a region of its own. \returns the transform alone.
static RegionOp splitEpilogue(RegionOp last) {
  OpBuilder b(last);
  Block &body = last.getBody().front();
  Value root = rootOf(body).getResult(0);
  RegionOp product = extract(b, last, agon::RegionKind::ModeProduct, root);
  SmallVector<Value> yielded, results;
  for (auto [value, result] : llvm::zip_equal(cast<YieldOp>(body.getTerminator()).getValues(), last.getResults()))
    if (value == root) {
      result.replaceAllUsesWith(product.getResult(0));
    } else {
      yielded.push_back(value);
      results.push_back(result);
    }
  RegionOp epilogue = extract(b, last, agon::RegionKind::Elementwise, yielded, root, product.getResult(0));
  for (auto [old, result] : llvm::zip_equal(results, epilogue.getResults()))
    old.replaceAllUsesWith(result);
  last.erase();
  return product;
}

namespace {
struct FormChunksPass : tensors::impl::AgonFormChunksBase<FormChunksPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    TargetAttr machine = targets::machineOf(function);
    const targets::Target *target = targets::targetOf(machine, function);
    if (!target)
      return signalPassFailure();
    targets::ChunkCosts costs = target->getChunkCosts(machine);
    if (function.isExternal() || costs.partBytes == 0)
      return;
    for (RegionOp last : llvm::to_vector(function.getBody().front().getOps<RegionOp>())) {
      if (last.getKind() != agon::RegionKind::ModeProduct)
        continue;
      std::optional<Chain> chain = Chain::endingIn(last);
      if (!chain)
        continue;
      int64_t part = chain->samplesOfAPart(costs);
      if (part == chain->getSamples())
        continue;
      if (readsFromMemory(last)) {
        chain = Chain::endingIn(splitEpilogue(last));
        if (!chain)
          continue;
      }
      chain->form(part);
      ++numChunks;
    }
  }
};
} // namespace
