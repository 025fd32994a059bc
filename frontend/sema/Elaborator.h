//===- Elaborator.h - The interpreter behind analyze() -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Evaluates a model file once. Compile-time values are computed; tensors
// become nodes of the graph of the context at hand. Each group of members is
// defined in the .cpp named above it.
//===----------------------------------------------------------------------===//
#ifndef AGON_FRONTEND_SEMA_ELABORATOR_H
#define AGON_FRONTEND_SEMA_ELABORATOR_H

#include "frontend/sema/Builtins.h"
#include "frontend/sema/Sema.h"
#include "frontend/sema/Value.h"
#include <functional>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace agon::sema {

using syntax::BinaryOp;
using syntax::Decl;
using syntax::DeclKind;
using syntax::Diagnostic;
using syntax::Expr;
using syntax::ExprKind;
using syntax::Ident;
using syntax::Stmt;
using syntax::StmtKind;
using syntax::TypeExpr;
using syntax::TypeKind;

/// Sets a variable for a block.
template <typename T> class Saved {
public:
  Saved(T &slot, T value) : slot(slot), old(slot) { slot = value; }
  ~Saved() { slot = old; }
  Saved(const Saved &) = delete;

private:
  T &slot, old;
};

/// The names of one body. A body is flat: `if` and `for` bodies share it.
struct Scope {
  std::vector<std::pair<std::string, Value>> names;
  const Scope *parent = nullptr;
  bool library = false; ///< Names that are not here are looked up in the library alone.

  const Value *find(std::string_view name) const {
    for (auto it = names.rbegin(); it != names.rend(); ++it)
      if (it->first == name)
        return &it->second;
    return nullptr;
  }
  void set(const std::string &name, Value value) {
    for (auto &entry : names)
      if (entry.first == name) {
        entry.second = std::move(value);
        return;
      }
    names.emplace_back(name, std::move(value));
  }
};

/// One application of a layer, or a network: what parameters are named within.
struct Instance {
  std::string path; ///< "" or "block_0."
  std::map<std::string, int64_t> applications;
};

/// A network and how far its elaboration has come.
struct NetworkEntry {
  const Decl *decl = nullptr;
  enum { Untouched, Running, Done, Failed } state = Untouched;
  std::unique_ptr<Network> network;
  std::map<std::string, int64_t> storageByPath;
  std::vector<SourceRange> argumentRanges;
};

struct OptimizerRun;

/// What a label is turned into.
inline constexpr std::string_view labelHelp =
    "`one_hot(y)` makes a vector of a label, `embed(y, dim)` a learned one, `float(y)` a number";

/// How a rate that changes is written.
inline constexpr std::string_view scheduleHelp =
    "a schedule is an expression of the player's step `t`: `lr = 1e-4 * (1 + cos(pi * min(t, 10000) / 10000))`";

/// Where nodes go and what the program may do there.
struct Context {
  enum Kind { Constant, Network, Game, Init, Update, Source } kind = Constant;
  Graph *graph = nullptr;
  bool training = true;
  NetworkEntry *network = nullptr;
  Function *function = nullptr;
  Instance *instance = nullptr;
  std::unordered_map<const Variable *, Node *> uses;
  std::unordered_map<const Node *, Node *> adopted; ///< Init: what was computed from parameters elsewhere.
  OptimizerRun *optimizer = nullptr;
};

/// A body under execution.
struct Frame {
  Scope scope;
  const Decl *decl = nullptr;
  std::map<std::string, int64_t> states; ///< Name of a state to its storage.
  std::map<std::string, SourceRange> storages, written;
  Value result;
  SourceRange resultRange;
};

enum class Flow { Next, Return, Fail };

/// An evaluated argument of a call.
struct ArgValue {
  const Ident *name = nullptr;
  Value value;
  SourceRange range;
};

/// An optimiser's numeric argument.
struct HyperArg {
  std::string optimizer, name;
  Value value;       ///< A number, or a Hyper tensor.
  SourceRange range; ///< The argument as given, or the optimizer where it is left out.
  Node *node = nullptr;
  bool read = false; ///< By more than a `require`: `--set` may override it.
  int64_t index = -1;
};

/// A `require` that was not broken while compiling.
struct Demand {
  std::string optimizer, condition;
  Node *holds; ///< In the player's update; a truth value.
};

/// What one optimizer of a chain found, and what it wrote.
struct ChainLink {
  const Expr *expr;
  std::vector<Node *> weights, cotangents; ///< As it found them, one a parameter.
  std::vector<Node *> written;             ///< Of weights, cotangents and slots.
  bool movesWeights = false;
};

/// The optimiser of one player, on all of its parameters in lockstep.
struct OptimizerRun {
  Player *player = nullptr;
  std::vector<Frame> frames; ///< One a parameter; all at the same statement.
  size_t current = 0;
  std::vector<Node *> weights, cotangents, slots;
  std::vector<HyperArg> hypers;
  std::string optimizer;                              ///< The element of the chain at work.
  std::vector<std::map<std::string, int64_t>> slotOf; ///< One a parameter: name to slot.
  std::unordered_map<const Expr *, Value> totals;     ///< Of the statement at work.
  std::vector<Demand> demands;
  std::vector<ChainLink> chain;
  /// In a `require`: arguments that it reads. `plainly` where they stand for what is known while compiling.
  std::vector<int64_t> *judging = nullptr;
  bool plainly = false;
  Node *step = nullptr;
};

/// One named thing of a game, elaborated when it is first read.
struct GameName {
  const syntax::GameItem *item = nullptr;
  size_t position = 0; ///< Which of the item's names.
  enum { Untouched, Running, Done, Failed } state = Untouched;
  Variable *variable = nullptr;
  Value constant; ///< A `let` of a compile-time value.
  bool used = false;
};

class Elaborator {
public:
  Elaborator(syntax::SourceManager &sources, const Options &options, syntax::Diagnostics &diagnostics);
  std::unique_ptr<Model> run(const syntax::Module &main);

  //===-- Diagnose.cpp ----------------------------------------------------===//
  /// An error at the user's place: where `at` is the library's, the innermost
  /// place in the user's files, with a note into the library.
  Diagnostic &error(SourceRange at, std::string message);
  struct Call {
    const Decl *decl;
    SourceRange at;
    const Scope *scope = nullptr; // Of its arguments.
  };
  const Call *libraryCall() const;
  std::string subject(SourceRange at, std::string_view message) const;
  Diagnostic &notNumbers(SourceRange at, const Node *label, std::string message);
  Diagnostic &warning(SourceRange at, std::string message);
  /// An error that a body itself declares, by `fail` or `require`.
  Diagnostic &refuse(SourceRange at, std::string message);
  /// Notes where a tensor's shape was decided.
  void noteOrigin(Diagnostic &diagnostic, const Node *node);
  /// What is written there, on one line, without comments.
  std::string textOf(SourceRange range) const;
  /// Counts work against a limit; false when the program runs away.
  bool spend(SourceRange at);

  //===-- Hints.cpp -------------------------------------------------------===//
  /// Adds "did you mean" if a candidate is near, or what else was likely meant.
  void suggest(Diagnostic &diagnostic, std::string_view name, const std::vector<std::string> &candidates);
  /// "`X` is not there yet".
  Value notThereYet(SourceRange at, std::string_view what);
  /// Whether the language has the name, but this compiler does not.
  bool isPlanned(std::string_view name) const;

  //===-- Names.cpp -------------------------------------------------------===//
  Value lookup(std::string_view name, SourceRange at);
  Value lookupCallee(const Ident &name);
  const Decl *findOptimizer(const Ident &name, bool library);
  const Decl *findSource(const Ident &name);
  int64_t batchSize();

  //===-- Emit.cpp --------------------------------------------------------===//
  Node *make(Op op, Type type, std::vector<Node *> operands = {});
  Node *constant(double value, Type type);
  Node *adopt(Node *node);
  Node *convert(Node *node, Element element);
  Node *broadcast(Node *node, const Type &type);
  Node *toTensor(const Value &value, SourceRange at);
  Node *toReal(const Value &value, SourceRange at);
  /// The same, but `t` and the arguments of an optimiser keep their double precision.
  Node *toNumbers(const Value &value, SourceRange at);

  //===-- Elementwise.cpp, Operators.cpp ----------------------------------===//
  Value unary(Op op, const Value &value, SourceRange at, std::string_view name);
  Value binary(BinaryOp op, Value a, Value b, SourceRange at, SourceRange aAt = {}, SourceRange bAt = {});
  Value elementwise(Op op, Value a, Value b, SourceRange at, std::string_view verb, SourceRange aAt = {},
                    SourceRange bAt = {});
  Value select(const Value &condition, const Value &a, const Value &b, SourceRange at);
  Value power(const Value &a, const Value &b, SourceRange at);

  //===-- Tensors.cpp -----------------------------------------------------===//
  std::optional<Shape> broadcastShape(const Shape &a, const Shape &b);
  bool checkShape(const Shape &shape, SourceRange at);
  /// The type of all samples of a batched type together: unbatched, with the batch as its first axis.
  Type samplesType(Type type);
  Value matmul(Node *a, Node *b, SourceRange at);
  Node *reshape(Node *node, Shape shape);
  Node *transpose(Node *node, std::vector<int64_t> permutation);
  Node *reduce(Op op, Node *node, std::vector<int64_t> axes, bool keep, bool overBatch);
  Node *scale(Node *node, double factor);
  std::optional<std::vector<int64_t>> axes(const Value &value, size_t rank, SourceRange at);
  std::optional<Shape> shapeOf(const Value &value, SourceRange at);
  Node *concat(std::vector<Node *> nodes, int64_t axis);
  Node *slice(Node *node, size_t axis, int64_t start, int64_t size);
  Value index(const Value &base, const Expr &expr);
  Value expectation(const Value &value, SourceRange at);
  Value gradient(const Value &y, const Value &x, SourceRange at, SourceRange yAt, SourceRange xAt);

  //===-- Random.cpp ------------------------------------------------------===//
  Node *draw(const Value &distribution, const Type &type, SourceRange at);
  Node *random(RandomKind kind, const Type &type);

  //===-- Eval.cpp --------------------------------------------------------===//
  Value eval(const Expr &expr);
  std::optional<int64_t> evalInt(const Expr &expr, std::string_view what);

  //===-- Calls.cpp -------------------------------------------------------===//
  Value call(const Value &callee, std::string_view name, std::vector<ArgValue> args, SourceRange at);
  /// Binds arguments to a declaration's parameters in `scope` (Binding.cpp).
  bool bind(const Decl &decl, std::vector<ArgValue> &args, Scope &scope, SourceRange at);
  Value apply(NetworkEntry &entry, std::vector<ArgValue> &args, SourceRange at);

  Value read(const Value &value, SourceRange at);
  Value special(const Expr &expr, const Builtin &builtin);

  //===-- Dependence.cpp --------------------------------------------------===//
  bool dependsOn(const Node *node, const Node *on);

  Context *context = nullptr;
  Scope *scope = nullptr;
  OptimizerRun *optimizerRun() { return context ? context->optimizer : nullptr; }

private:
  struct Global {
    const Decl *decl = nullptr;
    enum { Untouched, Running, Done } state = Untouched;
    Value value;
  };
  using Table = std::map<std::string, Global, std::less<>>;
  using DeclTable = std::map<std::string, const Decl *, std::less<>>;

  //===-- Names.cpp -------------------------------------------------------===//
  void loadLibrary();
  void loadModule(const syntax::Module &module, std::vector<std::string> &stack, bool isMain);
  void declare(const Decl &decl, bool library, bool isMain);
  void applyDefines();
  Value global(Global &entry, SourceRange at);
  std::vector<std::string> candidates(bool callees) const;

  //===-- Eval.cpp --------------------------------------------------------===//
  Value evalHere(const Expr &expr);
  Value evalBinary(const Expr &expr);
  Value evalCall(const Expr &expr);
  std::optional<std::vector<ArgValue>> evalArgs(const std::vector<syntax::Arg> &args);
  Value evalConditional(const Expr &expr);
  Value evalList(const Expr &expr);
  SourceRange placeOf(const Expr &expr) const;

  //===-- Calls.cpp -------------------------------------------------------===//
  Value callBuiltin(const Builtin &builtin, std::vector<ArgValue> &args, SourceRange at);
  Value callDecl(const Decl &decl, std::vector<ArgValue> &args, SourceRange at);

  //===-- Binding.cpp -----------------------------------------------------===//
  bool bindType(const Decl &decl, const syntax::Param &param, Value &value, Scope &scope, SourceRange at);
  bool bindShape(const Decl &decl, const syntax::Param &param, const Node *node, Scope &scope, SourceRange at);
  bool checkResult(const Decl &decl, const TypeExpr &type, Value &value, Scope &scope, SourceRange at, bool network);

  //===-- Bodies.cpp ------------------------------------------------------===//
  Flow run(const std::vector<syntax::StmtPtr> &body, Frame &frame);
  Flow run(const Stmt &stmt, Frame &frame);
  Flow runLet(const Stmt &stmt, Frame &frame);
  Flow runStorage(const Stmt &stmt, Frame &frame);
  Flow runWrite(const Stmt &stmt, Frame &frame);
  Flow runFor(const Stmt &stmt, Frame &frame);
  Flow eachRound(const Stmt &stmt, const std::function<Flow(const Value &)> &round);
  Flow runNoise(const Stmt &stmt, Frame &frame);
  Flow runMode(const Stmt &stmt, Frame &frame);
  bool runRequire(const Stmt &stmt, const Decl &decl);
  void knownNames(const Expr &expr, std::vector<std::string> &names, std::vector<std::string> &values);
  bool runBody(const Decl &decl, Frame &frame);
  bool assign(Scope &into, const std::vector<Ident> &names, const Value &value, SourceRange at);
  bool initialize(Storage &storage, const Expr &value, bool drawn, bool either = false);
  std::optional<Type> typeOf(const TypeExpr &type, bool batched);

  //===-- Networks.cpp ----------------------------------------------------===//
  NetworkEntry &networkEntry(const Decl &decl);
  template <typename Body> bool asNetwork(NetworkEntry &entry, Body &&body);
  bool declareInputs(NetworkEntry &entry);
  /// As the game applies it, or, if nothing has applied it yet, with all inputs batched.
  bool elaborate(NetworkEntry &entry);
  /// As it is applied to arguments of these types at `at`; null after an error.
  const Form *elaborate(NetworkEntry &entry, const std::vector<Type> &arguments, SourceRange at);
  bool elaborateBody(NetworkEntry &entry, Form &form, bool training);
  bool joinResults(Form &form);

  //===-- Game.cpp, Variables.cpp, Players.cpp, Play.cpp; Optimizers.cpp, Lockstep.cpp, Requirements.cpp --===//
  void elaborateGame(const Decl &decl);
  void declareGameNames(const Decl &decl);
  Value readGameName(size_t index, SourceRange at);
  void elaborateData(const syntax::GameItem &item);
  void elaborateSource(Group &group, const syntax::GameItem &item);
  void elaborateNoise(GameName &name);
  void elaborateLet(size_t index);
  Variable *addVariable(Variable::Kind kind, const std::string &name, SourceRange range);
  Node *scalarObjective(const Expr &expr, std::string_view what);
  void elaboratePlayer(const syntax::GameItem &item);
  void elaborateOptimizer(Player &player, const syntax::GameItem &item);
  bool runOptimizer(OptimizerRun &run, const Decl &decl, std::vector<ArgValue> &args, SourceRange at);
  Value readHyper(int64_t index);
  void nameHypers(OptimizerRun &run);
  bool runLockstep(OptimizerRun &run, const std::vector<syntax::StmtPtr> &body);
  bool runLockstep(OptimizerRun &run, const Stmt &stmt);
  Value overAll(const Expr &expr, std::string_view name);
  bool require(OptimizerRun &run, const Stmt &stmt);
  bool formConditions(OptimizerRun &run);
  bool checkChain(OptimizerRun &run);
  void elaborateMetric(const syntax::GameItem &item);
  void elaborateInit(const syntax::GameItem &item);
  void elaboratePlay(const Decl &decl);
  void unknownWay(const Ident &name);
  bool flatten(const syntax::Turn &turn, std::vector<int64_t> &schedule);
  void move(std::vector<int64_t> players, std::vector<int64_t> &schedule);

  //===-- Dependence.cpp --------------------------------------------------===//
  void checkOwnership();
  void checkInitialValues();
  void finishNetworks();

  //===-- Generators.cpp --------------------------------------------------===//
  void findGenerators();

  syntax::SourceManager &sources;
  const Options &options;
  syntax::Diagnostics &diagnostics;
  std::unique_ptr<Model> model;

  std::vector<std::unique_ptr<syntax::Module>> modules;
  Table userNames, libraryNames;
  DeclTable userOptimizers, libraryOptimizers, userSources, librarySources;
  std::vector<const Decl *> constants, networks, games, importedGames;
  std::set<std::string> imported;
  std::map<std::string, const Decl *> defines;
  std::map<const Decl *, NetworkEntry> entries;

  SourceRange userPlace;
  std::vector<Call> calls;
  int depth = 0;
  int64_t work = 0, nodeCount = 0;
  bool exhausted = false;

  std::vector<GameName> gameNames;
  Scope gameScope;
  std::vector<std::vector<double>> *modes = nullptr;
  double *modeRadius = nullptr;
  int64_t batch = 0;
};

/// Whether a `require` says what to do at most, and leaves what is wrong to its condition.
bool onlyHelps(const Stmt &stmt);

} // namespace agon::sema
#endif
