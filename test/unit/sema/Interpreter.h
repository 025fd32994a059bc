//===- Interpreter.h - The model's meaning, slowly ---------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Evaluates graphs of the model in double precision, one element at a time: an
// oracle for what the library's layers compute.
//===----------------------------------------------------------------------===//
#ifndef AGON_TEST_UNIT_SEMA_INTERPRETER_H
#define AGON_TEST_UNIT_SEMA_INTERPRETER_H

#include "frontend/sema/Model.h"
#include <map>
#include <random>
#include <unordered_map>

namespace agon::sema::test {

/// Row-major; a batched value has the batch as its first axis.
struct Array {
  std::vector<int64_t> shape;
  std::vector<double> values;
  static Array zeros(std::vector<int64_t> shape);
};

using Storages = std::map<std::pair<const Network *, int64_t>, Array>;

struct Outcome {
  std::vector<Array> results;
  std::map<std::string, Array> writes; ///< By path.
};

class Interpreter {
public:
  explicit Interpreter(int64_t batch, unsigned seed = 1) : batch(batch), engine(seed) {}

  std::vector<int64_t> fullShape(const Type &type) const;
  /// Draws the initial values of a network.
  Storages initialize(const Network &network);
  Outcome run(const Function &function, const std::vector<Array> &arguments, const Storages &storages);
  /// Any graph: leaves' values come from `given` where it has them.
  std::vector<Array> run(const Graph &graph, const std::vector<Node *> &roots,
                         const std::map<const Node *, Array> &given, const Storages &storages);

private:
  Array evaluate(const Node &node, const Storages &storages);
  Array contract(const Node &node, const Array &a, const Array &b);
  const Array &operand(const Node &node, size_t i) { return values.at(node.operands[i]); }

  int64_t batch;
  std::mt19937 engine;
  std::unordered_map<const Node *, Array> values;
};

} // namespace agon::sema::test
#endif
