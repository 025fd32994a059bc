//===- Lower.cpp - Elaborated model to the agon dialect -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/lower/Lower.h"
#include "dialects/agon/Specialisations.h"
#include "frontend/lower/GameLowering.h"
#include "frontend/lower/GraphLowering.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

namespace agon {
namespace {

using lowering::GraphLowering;
using lowering::LoweringContext;

void lowerStorage(LoweringContext &context, const sema::Storage &storage) {
  OpBuilder &b = context.b;
  Location loc = context.location(storage.range);
  auto op = StorageOp::create(b, loc, storage.isState, storage.path, context.type(storage.type));
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(&op.getInit());
  GraphLowering graph(context);
  graph.lower(storage.init);
  graph.yield(loc, {storage.initial});
}

void lowerFunction(LoweringContext &context, const sema::Network &network, const sema::Form &form, bool training) {
  OpBuilder &b = context.b;
  Location loc = context.location(network.range);
  const sema::Function &function = training ? form.training : form.sampling;
  SmallVector<Type> inputs = context.types(form.arguments);
  auto type = b.getFunctionType(inputs, context.types(form.results));
  auto op = ForwardOp::create(b, loc, (forwardPrefix(training) + form.suffix).str(), type);
  OpBuilder::InsertionGuard guard(b);
  SmallVector<Location> places(inputs.size(), loc);
  Block *body = b.createBlock(&op.getBody(), {}, inputs, places);
  GraphLowering graph(context, body->getArguments());
  graph.lower(function.graph);
  for (const sema::Function::Write &write : function.writes)
    WriteOp::create(b, context.location(write.range), context.symbol(network, write.storage), graph.value(write.value));
  graph.yield(loc, function.results);
}

void lowerNetwork(LoweringContext &context, const sema::Network &network) {
  OpBuilder &b = context.b;
  auto op = NetworkOp::create(b, context.location(network.range), network.name, network.signature);
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(&op.getBody());
  for (const sema::Storage &storage : network.storages)
    lowerStorage(context, storage);
  for (const auto &form : network.forms)
    for (bool training : {true, false})
      lowerFunction(context, network, *form, training);
}

} // namespace

OwningOpRef<ModuleOp> lower(const sema::Model &model, MLIRContext &context, const LowerOptions &options) {
  context.loadDialect<AgonDialect>();
  LoweringContext shared(context, options, model);
  OwningOpRef<ModuleOp> module = ModuleOp::create(shared.location({}));
  shared.b.setInsertionPointToEnd(module->getBody());
  if (model.game)
    lowering::nameVariables(shared, *model.game);
  for (const auto &network : model.networks)
    lowerNetwork(shared, *network);
  if (model.game)
    lowering::lowerGame(shared, model, options.configJson);
  if (failed(verify(*module)))
    return nullptr;
  return module;
}

} // namespace agon
