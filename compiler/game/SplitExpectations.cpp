//===- SplitExpectations.cpp - Expectations over a data set ---------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/autodiff/Gradient.h"
#include "compiler/game/Passes.h"
#include "dialects/agon/Cells.h"
#include "dialects/agon/SafeNumerics.h"
#include "dialects/agon/TurnForm.h"
#include "llvm/ADT/SetVector.h"
#include <map>

namespace agon::game {
#define GEN_PASS_DEF_SPLITEXPECTATIONS
#include "compiler/game/Passes.h.inc"
} // namespace agon::game

using namespace mlir;
using namespace agon;

namespace {

/// One mean (or maximum) over the data set.
struct Expectation {
  Value value; ///< In the function that is split, what it replaces.
  Value input; ///< What it is taken of; the first axis is the batch.
  ReduceKind kind;
  double factor;               ///< `value` is so many times the mean.
  int64_t round;               ///< Its input needs only expectations of earlier rounds.
  SmallVector<int64_t> groups; ///< The record groups that its input depends on, in order.
  std::string name;            ///< What its cells belong to.
};

/// Cuts one function of kind `evaluate`.
class Splitter {
public:
  Splitter(func::FuncOp function, ProgramOp program) : function(function), program(program) {
    for (auto cell : program.getOps<CellOp>())
      cells[cell.getName()] = cell;
    for (auto field : program.getOps<FieldOp>())
      groups[field.getCell()] = field.getGroup();
  }

  void split();

  int64_t expectations = 0, functions = 0;

private:
  using Operations = llvm::SetVector<Operation *>;

  StringRef cellOf(BlockArgument argument) {
    FlatSymbolRefAttr name = argumentCell(function, argument.getArgNumber());
    return name ? name.getValue() : StringRef();
  }
  Operations slice(ArrayRef<Value> values, llvm::SmallSetVector<Value, 8> *arguments = nullptr);
  void find();
  void add(Value value, Value input, ReduceKind kind, double factor, int64_t round);
  void form(int64_t round, ArrayRef<Expectation *> members);
  Value read(func::FuncOp into, OpBuilder &builder, const Expectation &expectation);
  void declare(CellKind kind, const Expectation &expectation, Type type);

  func::FuncOp function;
  ProgramOp program;
  llvm::StringMap<CellOp> cells;
  llvm::StringMap<int64_t> groups; ///< Of each data cell.
  std::vector<std::unique_ptr<Expectation>> list;
  llvm::DenseMap<Value, Expectation *> byValue;
};

/// What `values` are computed from, back to the expectations, which are cells by then.
Splitter::Operations Splitter::slice(ArrayRef<Value> values, llvm::SmallSetVector<Value, 8> *arguments) {
  Operations needed;
  SmallVector<Value> pending(values);
  while (!pending.empty()) {
    Value value = pending.pop_back_val();
    Operation *op = value.getDefiningOp();
    if (byValue.contains(value) || (op && !needed.insert(op)))
      continue;
    if (op)
      llvm::append_range(pending, op->getOperands());
    else if (arguments)
      arguments->insert(value);
  }
  return needed;
}

void Splitter::add(Value value, Value input, ReduceKind kind, double factor, int64_t round) {
  auto made = std::make_unique<Expectation>();
  *made = {value, input, kind, factor, round, {}, (function.getSymName() + "." + Twine(list.size())).str()};
  llvm::SmallSetVector<Value, 8> arguments;
  slice({input}, &arguments);
  for (Value argument : arguments)
    if (auto group = groups.find(cellOf(cast<BlockArgument>(argument))); group != groups.end())
      made->groups.push_back(group->second);
  llvm::sort(made->groups);
  made->groups.erase(llvm::unique(made->groups), made->groups.end());
  byValue[value] = made.get();
  list.push_back(std::move(made));
}

/// The product of a sum and a constant, if nothing else uses the sum: the mean that E is. With one factor for both
/// large numbers do not overflow between them.
static std::pair<Value, double> scaled(ReduceOp sum) {
  if (sum->hasOneUse())
    if (auto product = dyn_cast<arith::MulFOp>(*sum->user_begin()))
      for (Value operand : product->getOperands())
        if (std::optional<double> constant = safe::splatOf(operand); constant && operand != sum.getResult())
          return {product, *constant};
  return {sum, 1};
}

/// Lists the expectations that the results need, each after those within it.
void Splitter::find() {
  Operation *end = function.getBody().front().getTerminator();
  Operations needed = slice(SmallVector<Value>(end->getOperands()));
  // Whether another minibatch would change a value, and the round before which it cannot be had.
  llvm::DenseMap<Value, std::pair<bool, int64_t>> known;
  for (BlockArgument argument : function.getArguments()) {
    CellOp cell = cells.lookup(cellOf(argument));
    known[argument] = {cell && (cell.getKind() == CellKind::Data || cell.getKind() == CellKind::Key), 0};
  }
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (!needed.contains(&op))
      continue;
    bool varies = false;
    int64_t round = 0;
    for (Value operand : op.getOperands()) {
      auto [changes, from] = known.lookup(operand);
      varies |= changes;
      round = std::max(round, from);
    }
    auto reduce = dyn_cast<ReduceOp>(op);
    if (reduce && reduce.getExpectation() && varies) {
      // A mean of per-sample sums, as many times as there are samples in a minibatch.
      bool isSum = reduce.getKind() == ReduceKind::Sum;
      auto [value, factor] = isSum ? scaled(reduce) : std::pair(Value(reduce), 1.0);
      add(value, reduce.getInput(), reduce.getKind(), isSum ? factor * double(program.getBatch()) : 1, round);
      varies = false;
      ++round;
    }
    for (Value result : op.getResults())
      known[result] = {varies, round};
  }
  for (OpOperand &result : end->getOpOperands()) {
    auto [varies, round] = known.lookup(result.get());
    if (!varies)
      continue;
    OpBuilder builder(end);
    auto type = cast<RankedTensorType>(result.get().getType());
    auto samples = type.clone({int64_t(program.getBatch())});
    Value each = BroadcastOp::create(builder, end->getLoc(), samples, result.get(), ArrayRef<int64_t>{});
    // A value of its own to replace, though others use what is returned too.
    Value mean = ReshapeOp::create(builder, end->getLoc(), type, result.get());
    result.set(mean);
    add(mean, each, ReduceKind::Sum, 1, round);
  }
}

void Splitter::declare(CellKind kind, const Expectation &expectation, Type type) {
  OpBuilder builder = OpBuilder::atBlockEnd(&program.getBody().front());
  CellOp::create(builder, expectation.value.getLoc(), kind, cellName(kind, expectation.name),
                 cellTitle(kind, expectation.name), /*owner=*/-1, cast<RankedTensorType>(type));
}

/// The expectation, read from its cell, in another function or in the one that is split.
Value Splitter::read(func::FuncOp into, OpBuilder &builder, const Expectation &expectation) {
  CellKind kind = expectation.kind == ReduceKind::Max ? CellKind::Largest : CellKind::Expectation;
  Location loc = expectation.value.getLoc();
  unsigned number = into.getNumArguments();
  (void)into.insertArgument(number, expectation.value.getType(),
                            cellAttributes(builder.getContext(), cellName(kind, expectation.name)), loc);
  Value value = into.getArgument(number);
  if (expectation.factor == 1)
    return value;
  return arith::MulFOp::create(builder, loc, value,
                               autodiff::splatConstant(builder, loc, expectation.factor, value.getType()));
}

/// Makes the function that computes what `members`, of one round and of the same groups, are taken of.
void Splitter::form(int64_t round, ArrayRef<Expectation *> members) {
  SmallVector<Value> inputs;
  llvm::SmallSetVector<Value, 8> arguments;
  for (Expectation *member : members)
    inputs.push_back(member->input);
  Operations needed = slice(inputs, &arguments);

  Location loc = function.getLoc();
  OpBuilder builder(function->getContext());
  builder.setInsertionPointToEnd(function->getBlock());
  auto made = func::FuncOp::create(builder, loc, (function.getSymName() + "_expectations_" + Twine(functions++)).str(),
                                   builder.getFunctionType({}, {}));
  setFunctionKind(made, FunctionKind::Expectations, round);
  builder.setInsertionPointToStart(made.addEntryBlock());
  IRMapping map;
  for (Value argument : arguments) {
    unsigned number = made.getNumArguments();
    DictionaryAttr cell = cellAttributes(builder.getContext(), cellOf(cast<BlockArgument>(argument)));
    (void)made.insertArgument(number, argument.getType(), cell, argument.getLoc());
    map.map(argument, made.getArgument(number));
  }
  auto readEarlier = [&](Value value) {
    if (Expectation *earlier = byValue.lookup(value); earlier && !map.contains(value))
      map.map(value, read(made, builder, *earlier));
  };
  for (Operation &op : function.getBody().front())
    if (needed.contains(&op)) {
      llvm::for_each(op.getOperands(), readEarlier);
      builder.clone(op, map);
    }

  SmallVector<Value> values;
  SmallVector<DictionaryAttr> attributes;
  for (Expectation *member : members) {
    readEarlier(member->input);
    Value value = map.lookup(member->input);
    auto axes = llvm::to_vector(llvm::seq<int64_t>(1, cast<RankedTensorType>(value.getType()).getRank()));
    if (!axes.empty())
      value = ReduceOp::create(builder, member->value.getLoc(), member->kind, value, axes);
    values.push_back(value);
    attributes.push_back(cellAttributes(builder.getContext(), cellName(CellKind::Expected, member->name)));
    declare(CellKind::Expected, *member, value.getType());
    declare(member->kind == ReduceKind::Max ? CellKind::Largest : CellKind::Expectation, *member,
            member->value.getType());
  }
  func::ReturnOp::create(builder, loc, values);
  made.setType(builder.getFunctionType(made.getBody().getArgumentTypes(), ValueRange(values).getTypes()));
  made.setAllResultAttrs(attributes);
}

void Splitter::split() {
  find();
  expectations = list.size();
  std::map<std::pair<int64_t, std::vector<int64_t>>, SmallVector<Expectation *>> rounds;
  for (const auto &each : list)
    rounds[{each->round, std::vector<int64_t>(each->groups.begin(), each->groups.end())}].push_back(each.get());
  for (const auto &[key, members] : rounds)
    form(key.first, members);
  OpBuilder builder = OpBuilder::atBlockBegin(&function.getBody().front());
  for (const auto &each : list)
    each->value.replaceAllUsesWith(read(function, builder, *each));
  // What no sample changes is summed in place.
  function.walk([](ReduceOp op) { op.setExpectation(false); });
}

struct SplitExpectations : game::impl::SplitExpectationsBase<SplitExpectations> {
  void runOnOperation() override {
    auto programs = getOperation().getOps<ProgramOp>();
    if (programs.empty())
      return;
    for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
      if (functionKind(function) != FunctionKind::Evaluate)
        continue;
      Splitter splitter(function, *programs.begin());
      splitter.split();
      numExpectations += splitter.expectations;
      numFunctions += splitter.functions;
    }
  }
};

} // namespace
