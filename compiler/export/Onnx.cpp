//===- Onnx.cpp - A network as an ONNX model -----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/export/Onnx.h"
#include "compiler/export/OnnxOperations.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace agon::exports {

namespace {

/// "gan.agon:9:12", or nothing.
std::string placeOf(Operation *op) {
  auto place = op->getLoc()->findInstanceOf<FileLineColLoc>();
  if (!place)
    return {};
  return (place.getFilename().getValue() + ":" + Twine(place.getLine()) + ":" + Twine(place.getColumn())).str();
}

class Exporter {
public:
  Exporter(const Network &network, const Weights &weights) : network(network), weights(weights) {}
  FailureOr<std::string> run();

private:
  LogicalResult addWeights();
  void addInputs(OnnxOperations &operations);
  LogicalResult add(Operation &op, OnnxOperations &operations);
  void addDraw(RandomOp draw, OnnxOperations &operations);
  /// What a draw or a result is called: `name`, or more where an input of the user's is called so.
  std::string unlikeInputs(std::string name) const;

  const Network &network;
  const Weights &weights;
  OnnxGraph graph;
  unsigned draws = 0;
};

/// Protocol Buffers' messages have at most so many bytes.
constexpr uint64_t mostBytes = (uint64_t(1) << 31) - 1;

LogicalResult Exporter::addWeights() {
  for (const Port &port : network.weights) {
    auto bytes = weights.tensor(port.name, port.type);
    if (!bytes)
      return userError(network.function.getLoc()) << llvm::toString(bytes.takeError());
    graph.initializer(port.name, port.type.getElementType(), port.type.getShape(), *bytes);
  }
  return success();
}

/// Labels are i64 outside, as other libraries have them.
void Exporter::addInputs(OnnxOperations &operations) {
  for (const Port &port : network.inputs) {
    Type element = port.type.getElementType();
    auto label = dyn_cast<IntegerType>(element);
    Type outside = label ? IntegerType::get(element.getContext(), 64) : element;
    graph.input(port.name, outside, operations.shapeOf(port.value), label ? "labels" : "");
    operations.bind(port.value, port.name);
    if (label)
      operations.bind(port.value, graph.add("Cast", {port.name}, {{"to", OnnxGraph::elementType(element)}}));
  }
}

std::string Exporter::unlikeInputs(std::string name) const {
  while (llvm::is_contained(llvm::map_range(network.inputs, [](const Port &port) { return port.name; }), name))
    name += "_";
  return name;
}

/// What a network draws by itself comes from outside, too.
void Exporter::addDraw(RandomOp draw, OnnxOperations &operations) {
  std::string kind = stringifyRandomKind(draw.getKind()).str();
  std::string name = unlikeInputs(kind + "_" + std::to_string(draws++));
  std::string text = draw.getKind() == RandomKind::Normal ? "draws of the standard normal distribution"
                     : draw.getKind() == RandomKind::Uniform
                         ? "uniform draws from [0, 1)"
                         : "uniform draws from 0 to " + std::to_string(draw.getClasses().value_or(1) - 1);
  text += ", those of stream " + std::to_string(draw.getStream().value_or(0));
  graph.input(name, draw.getType().getElementType(), operations.shapeOf(draw), text);
  operations.bind(draw, name);
}

LogicalResult Exporter::add(Operation &op, OnnxOperations &operations) {
  graph.setPlace(placeOf(&op));
  if (auto draw = dyn_cast<RandomOp>(op)) {
    addDraw(draw, operations);
    return success();
  }
  if (failed(operations.add(op)))
    return userError(op.getLoc()) << network.name << " cannot be exported: ONNX has no nodes for '" << op.getName()
                                  << "'";
  if (graph.size() > mostBytes)
    return userError(op.getLoc()) << network.name << " cannot be exported: the file would be larger than 2 GiB, the "
                                  << "most that the format holds";
  return success();
}

FailureOr<std::string> Exporter::run() {
  SmallVector<Value> batched;
  for (const Port &port : network.inputs)
    if (port.isBatched)
      batched.push_back(port.value);
  Block &body = network.function.getBody().front();
  for (auto draw : body.getOps<RandomOp>())
    if (auto type = draw.getType(); type.getRank() > 0 && type.getDimSize(0) == network.batch)
      batched.push_back(draw);
  SampleAxes axes(network.function, batched);
  Operation *mixing = axes.mixing();
  if (mixing)
    mixing->emitRemark() << network.name
                         << " looks across the samples of a minibatch here: the file is for minibatches of "
                         << network.batch << "; -D batch=N makes it another number";
  if (failed(addWeights()))
    return failure();
  OnnxOperations operations(graph, axes, /*isFixed=*/mixing != nullptr);
  for (const Port &port : network.weights)
    operations.bind(port.value, port.name);
  addInputs(operations);
  for (Operation &op : body.without_terminator())
    if (failed(add(op, operations)))
      return failure();
  graph.setPlace({});
  for (const Port &port : network.outputs) {
    std::string name = unlikeInputs(port.name);
    graph.addNamed(name, "Identity", {operations.whole(port.value)});
    graph.output(name, port.type.getElementType(), operations.shapeOf(port.value));
  }
  std::pair<std::string, std::string> properties[] = {
      {"game", network.game}, {"network", network.name + network.signature}, {"weights", weights.path()}};
  std::string content = graph.model(network.name, properties);
  if (content.size() > mostBytes)
    return userError(network.function.getLoc()) << network.name << " cannot be exported: the file would be larger than "
                                                << "2 GiB, the most that the format holds",
           failure();
  return content;
}

} // namespace

FailureOr<std::string> onnxModel(const Network &network, const Weights &weights) {
  return Exporter(network, weights).run();
}

} // namespace agon::exports
