//===- Model.h - The elaborated model ---------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// What frontend/sema makes of a syntax tree: templates expanded, constants
// folded, shapes known, every broadcast explicit, every parameter named. It is
// plain data without a word of MLIR; frontend/lower maps it one to one onto the
// agon dialect.
//===----------------------------------------------------------------------===//
#ifndef AGON_FRONTEND_SEMA_MODEL_H
#define AGON_FRONTEND_SEMA_MODEL_H

#include "frontend/sema/Operations.h"
#include "frontend/syntax/Source.h"
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace agon::sema {

using syntax::SourceRange;
using Shape = std::vector<int64_t>;

/// What a tensor is made of.
enum class Element {
  Real,  ///< f32 or f64, as --float says.
  Hyper, ///< Always f64, always a scalar: hyperparameters and what is computed from the step t.
  Label, ///< i32: class(k).
  Bool   ///< i1: comparisons.
};

/// The type of a value: the shape of one sample, and whether there is a
/// leading batch axis (data, noise and what depends on them, through networks
/// too) or not (parameters, constants, expectations).
struct Type {
  Element element = Element::Real;
  bool batched = false;
  Shape shape;
  int64_t classes = 0; ///< Label: the number of classes.
  bool operator==(const Type &) const = default;
};

enum class RandomKind {
  Uniform,    // Real in [0, 1)
  Normal,     // Real, standard normal
  Categorical // Label, uniform over the type's classes
};

struct Graph;
struct Average;
struct Form;
struct Network;
struct Variable;

// What an operation says besides its operands and its type, by kinds of operations.

/// Constant
struct Number {
  double value = 0;
};
/// Table
struct Numbers {
  std::vector<double> values;
};
/// Argument, Result, Hyper, Weight, Cotangent, Slot
struct Position {
  int64_t index = 0;
};
/// Loss, Advance
struct Moving {
  int64_t player = 0; ///< Index into Game::players.
  int64_t move = -1;  ///< Loss: index into Game::moves, or -1: the player's own objective.
  int64_t round = 0;  ///< Advance: steps of the player's optimizer before it, in the turn.
};
/// Concat, Iota, CumSum, Gather, ScatterAdd
struct Along {
  int64_t axis = 0;
  bool reversed = false; ///< CumSum
};
/// Sum, ReduceMax, ReduceMin, Transpose, Reverse
struct Over {
  std::vector<int64_t> axes;
  bool overBatch = false;   ///< Sum, ReduceMax, ReduceMin
  bool expectation = false; ///< Sum: that of an E[...]
};
/// Slice, Pad
struct Box {
  std::vector<int64_t> starts, sizes, strides;
  double value = 0; ///< Pad
};
/// Conv, ConvTranspose, Unfold, Fold
struct Sliding {
  std::vector<int64_t> starts, sizes, strides, dilations;
  std::vector<int64_t> axes; ///< Unfold, Fold
  int64_t groups = 1;        ///< Conv, ConvTranspose
};
/// Contract
struct Pairing {
  std::vector<int64_t> lhsBatch, rhsBatch, lhsAxes, rhsAxes;
};
/// Read
struct Stored {
  const Network *network = nullptr;
  int64_t storage = 0; ///< Index into network->storages.
};
/// Apply
struct Applied {
  const Network *network = nullptr;
  const Form *form = nullptr;       ///< Which of the network's.
  const Average *average = nullptr; ///< Whose weights, in place of the network's own.
};

/// One operation and its result. Owned by a Graph, which keeps creation order,
/// so operands always come before their users.
struct Node {
  Op op;
  Type type;
  SourceRange range; ///< The user's place: the outermost call in the user's own file, never the library's.
  std::vector<Node *> operands;
  /// By the operation; RandomKind is Random's, the Variable that of Use and DataMean.
  std::variant<std::monostate, Number, Numbers, Position, Along, Over, Moving, Box, Sliding, Pairing, RandomKind,
               Stored, Applied, const Variable *>
      details;
  const Graph *graph = nullptr; ///< The graph that owns the node.

  // A field of `details`; of an operation without it nothing: 0, false, no elements, null.
  double value() const { return of(&Number::value, &Box::value); }
  const std::vector<double> &values() const { return of(&Numbers::values); }
  int64_t index() const { return of(&Position::index); }
  int64_t axis() const { return of(&Along::axis); }
  bool reversed() const { return of(&Along::reversed); }
  const std::vector<int64_t> &axes() const { return of(&Over::axes, &Sliding::axes); }
  bool overBatch() const { return of(&Over::overBatch); }
  bool expectation() const { return of(&Over::expectation); }
  const std::vector<int64_t> &starts() const { return of(&Box::starts, &Sliding::starts); }
  const std::vector<int64_t> &sizes() const { return of(&Box::sizes, &Sliding::sizes); }
  const std::vector<int64_t> &strides() const { return of(&Box::strides, &Sliding::strides); }
  const std::vector<int64_t> &dilations() const { return of(&Sliding::dilations); }
  int64_t groups() const { return of(&Sliding::groups); }
  const Moving &moving() const { return std::get<Moving>(details); }
  const std::vector<int64_t> &lhsBatch() const { return of(&Pairing::lhsBatch); }
  const std::vector<int64_t> &rhsBatch() const { return of(&Pairing::rhsBatch); }
  const std::vector<int64_t> &lhsAxes() const { return of(&Pairing::lhsAxes); }
  const std::vector<int64_t> &rhsAxes() const { return of(&Pairing::rhsAxes); }
  RandomKind random() const { return std::get<RandomKind>(details); }
  const Network *network() const { return of(&Stored::network, &Applied::network); }
  int64_t storage() const { return of(&Stored::storage); }
  const Form *form() const { return of(&Applied::form); }
  const Average *average() const { return of(&Applied::average); }
  const Variable *variable() const {
    auto *variable = std::get_if<const Variable *>(&details);
    return variable ? *variable : nullptr;
  }

private:
  template <typename T, typename Part, typename... More> const T &of(T Part::*field, More... more) const {
    if (const Part *part = std::get_if<Part>(&details))
      return part->*field;
    if constexpr (sizeof...(more) != 0) {
      return of(more...);
    } else {
      static const Part none;
      return none.*field;
    }
  }
};

/// A straight-line program: nodes in order.
struct Graph {
  std::vector<std::unique_ptr<Node>> nodes;
};

/// A parameter or a state of a network.
struct Storage {
  std::string path; ///< Within the network: "dense_0.W", "batchnorm_0.mean", "w".
  bool isState = false;
  Type type; ///< Real, unbatched.
  Graph init;
  Node *initial = nullptr; ///< In `init`.
  SourceRange range;
  std::string initText; ///< Of an `init` item that replaced the value: "data_mean(x)".
};

/// One specialisation of a network's body.
struct Function {
  Graph graph;
  std::vector<Node *> arguments; ///< Op::Argument nodes.
  std::vector<Node *> results;
  struct Write {
    int64_t storage; ///< Index of a state in Network::storages.
    Node *value;
    SourceRange range;
  };
  std::vector<Write> writes; ///< `<-`, in training functions only.
};

/// A network's functions for one choice of the inputs that all samples share.
struct Form {
  std::vector<Type> arguments;
  std::vector<Type> results; ///< Of both functions: batched where a sample reaches the result in either.
  Function training, sampling;
  /// What an application of `network` in a turn computes, with its own weights or with those of an average.
  const Function &inTurns(const Network &network, const Average *average = nullptr) const;
  std::string suffix; ///< Of the functions' names: "", or ".shared.x.y" for the inputs without a batch axis.
};

/// The file that a network's weights are read from at initialisation.
struct Weights {
  std::string path; ///< Absolute.
  std::string name; ///< What the file calls the network.
  std::string text; ///< As written: "frozen F from \"f.safetensors\" as C".
  SourceRange range;
  bool frozen = false; ///< Nothing of the network moves: it computes in training what it computes in sampling.
};

struct Network {
  std::string name;
  SourceRange range;
  std::vector<std::string> argumentNames;
  std::vector<Type> arguments;              ///< As declared: batched.
  std::vector<Storage> storages;            ///< In order of creation.
  std::vector<std::unique_ptr<Form>> forms; ///< Those that the game applies; one at least.
  std::string signature;                    ///< "(z: [100]) -> [784]"
  std::string text;                         ///< As written, on one line.
  std::optional<Weights> weights;           ///< None: they are drawn.
  bool isFrozen() const { return weights && weights->frozen; }
};

/// What has one value in each turn.
struct Variable {
  enum Kind { Data, Noise, Let } kind; // `value V` is a Let of shape []
  std::string name;
  Type type;
  SourceRange range;
  Graph graph;            ///< Noise, Let
  Node *result = nullptr; ///< Noise, Let
  std::string text;       ///< Noise, Let: its value as written; "" where the compiler made it.
  // Data:
  int64_t group = -1; ///< Index into Game::groups.
  bool hasRange = false;
  double low = 0, high = 0;
};

/// The fields of one `data` line.
struct Group {
  std::string name; ///< "x" or "x,y"
  std::vector<const Variable *> fields;
  bool hasSource = false; ///< A built-in source was given:
  std::string sourceText; ///< "ring(modes = 8, radius = 2, std = 0.02)"
  Graph source;
  std::vector<Node *> sourceResults;      ///< One a field.
  std::vector<std::vector<double>> modes; ///< Each mode's point; empty if not a mixture.
  double modeRadius = 0;
};

/// A number that `--set` may override: an optimiser's named argument.
struct HyperParameter {
  std::string name; ///< "D.lr"; "D.clip_norm.limit" where `D.limit` would be ambiguous.
};

/// An optimiser's memory for one parameter.
struct Slot {
  std::string name;  ///< "adam.m": the optimiser and the state's name.
  int64_t parameter; ///< Index into Player::parameters.
  Type type;
  double initial = 0;
};

struct Player {
  std::string name;
  SourceRange range;
  std::vector<const Network *> owned;
  bool maximizes = false;
  Graph objectiveGraph;
  Node *objective = nullptr; ///< Real, unbatched, [].
  std::string objectiveText; ///< As written: "-E[D(G(z))]".
  std::string optimizer;     ///< As written: "adam(lr = 1e-4)".
  /// What it owns and trains, in order: (network, storage index).
  struct Owned {
    const Network *network;
    int64_t storage;
  };
  std::vector<Owned> parameters;
  std::vector<HyperParameter> hypers;
  std::vector<Slot> slots;
  /// What the optimiser demands of its arguments, from the step and hyperparameters alone.
  struct Requirement {
    std::string text; ///< "sgd of player D requires `lr >= 0`, got D.lr = {}"
    Node *judged;     ///< Hyper [1 + n]: 1 where it is broken, else 0; the values for the n `{}`.
  };
  Graph conditions;
  std::vector<Requirement> requirements;
  /// The update of all of the player's parameters together. Cotangent nodes
  /// are the gradient of the *minimised* objective (of -objective for a
  /// player that maximizes).
  Graph update;
  std::vector<Node *> newWeights; ///< One a parameter.
  std::vector<Node *> newSlots;   ///< One a slot.
};

/// A shadow of a network's weights, which follows them after each iteration.
struct Average {
  std::string name; ///< The network's, or as it says itself.
  const Network *network = nullptr;
  /// "average.G": the parameters are the network's, the weights of the update their shadows, and its cotangents the
  /// shadows less the network's weights. It owns nothing and has no objective.
  Player update;
};

/// A further objective of a player, for turns of its own.
struct Move {
  std::string name; ///< "D.penalty"
  SourceRange range;
  int64_t player; ///< Index into Game::players.
  bool maximizes = false;
  Graph graph;
  Node *objective = nullptr; ///< Real, unbatched, [].
  std::string text;          ///< As written.
};

/// What a way to play keeps from turn to turn for one parameter.
struct Memory {
  std::string name; ///< "lookahead.slow.D.dense_0.W"
  int64_t player;   ///< Index into Game::players.
  Type type;
  double initial = 0;
};

/// Players who move at once.
struct GameTurn {
  std::vector<int64_t> players; ///< Indices into Game::players.
  std::string way;              ///< The way to play that made it: "extragradient"; "" without one.
  /// Arguments are the players' parameters, then their optimizers' slots, then what the turn keeps; results their new
  /// values. Without results each player moves once, along its gradient.
  Graph graph;
  std::vector<Node *> results;
  std::vector<int64_t> rounds; ///< Steps of each player's optimizer.
  std::vector<int64_t> keeps;  ///< Indices into Game::memories.
};

/// A turn of one iteration: it is played in iterations 1, 1 + every, 1 + 2 every, ...
struct Scheduled {
  int64_t turn; ///< Index into Game::turns.
  int64_t every = 1;
  bool operator==(const Scheduled &) const = default;
};

/// Turns that are played as often as a number of the iteration says, one after the other.
struct Repeated {
  int64_t first, length; ///< Indices into Schedule::turns.
  int64_t rounds;        ///< Index into Game::rounds.
};

/// One iteration, in order, or a part of one. A repetition within another comes after it.
struct Schedule {
  std::vector<Scheduled> turns;
  std::vector<Repeated> repeats;

  void append(const Schedule &more);
};

/// How often turns are repeated.
struct Rounds {
  Graph graph;
  Node *result = nullptr; ///< Hyper, of the number of the iteration alone.
};

struct Metric {
  std::string name;
  SourceRange range;
  Graph graph;
  Node *result = nullptr; ///< Real, unbatched, [].
  std::string text;       ///< As written.
};

/// A network that is applied to noise, labels and what all samples share, so `sample` can run it.
/// An argument such as concat(z, c) is a Let "G.z" of its own, at the end of Game::variables.
/// Or one that takes real data alone, so `apply` can run it: its one input is that field.
struct Generator {
  const Network *network;
  const Form *form;
  std::vector<const Variable *> inputs; ///< Noise, data of element Label, or a Let without other data; or one field.
  int64_t result = 0;                   ///< Which of the network's results is drawn: a batched one.
  const Variable *imitates = nullptr;   ///< A data field with the same number of elements, if any.
};

struct Game {
  std::string name;
  SourceRange range;
  int64_t batch = 64;
  std::vector<std::unique_ptr<Variable>> variables; ///< In order of declaration.
  std::vector<Group> groups;
  std::vector<std::unique_ptr<Player>> players;
  std::vector<std::unique_ptr<Average>> averages;
  std::vector<std::unique_ptr<Move>> moves;
  std::vector<Metric> metrics;
  std::vector<Generator> generators;
  std::vector<Memory> memories;
  std::vector<std::unique_ptr<GameTurn>> turns; ///< The distinct ones.
  std::vector<std::unique_ptr<Rounds>> rounds;
  Schedule schedule;    ///< One iteration; repeats whose number is known are written out.
  std::string playText; ///< "{ repeat 5 { D }; G }" for info.
};

struct Model {
  std::vector<std::unique_ptr<Network>> networks; ///< Those that the game uses, in order of declaration.
  std::optional<Game> game;                       ///< None in a library file.
  /// Constants in force, as text, in order of declaration: for run.json.
  std::vector<std::pair<std::string, std::string>> constants;
};

/// "[3, 64, 64]"
std::string printShape(const Shape &shape);
/// "[3, 64, 64]", "class(10)", "a truth value of shape []": what one sample is, for messages.
std::string printType(const Type &type);
/// The number of elements of one sample.
int64_t elementCount(const Shape &shape);

} // namespace agon::sema
#endif
