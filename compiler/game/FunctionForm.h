//===- FunctionForm.h - One function of the turn form, being made -*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GAME_FUNCTIONFORM_H
#define AGON_COMPILER_GAME_FUNCTIONFORM_H

#include "compiler/game/Cells.h"
#include "mlir/IR/IRMapping.h"

namespace agon::game {

/// What a player's update region is made from.
struct Move {
  llvm::SmallVector<mlir::Value> weights, cotangents, slots;
  mlir::Value step; ///< f64, 1 at the first update.
};

/// A point of parameter space, and what has been computed there: each variable once.
struct Point {
  llvm::StringMap<mlir::Value> parameters; ///< By name; what is not here is as it was before the call.
  llvm::StringMap<mlir::Value> variables;
  llvm::StringMap<unsigned> applications; ///< Of each network, so far, by the way to them.
};

/// A function that reads cells (its arguments) and gives some of them new
/// values (its results). Regions of the game form are inlined into it: every
/// variable at most once at a point, so that all uses share one draw; a network
/// at every application, in one specialisation. What is drawn is the same at all
/// points.
class FunctionForm {
public:
  enum Specialisation { Training, Sampling };

  /// `stream` is the number of the next random stream, advanced by each draw.
  FunctionForm(const GameIndex &index, const CellTable &cells, mlir::Location loc, llvm::StringRef name,
               llvm::StringRef kind, Specialisation specialisation, int64_t &stream);

  /// Inlines a region without arguments; returns what it yields. In a player's
  /// update `move` is what the player moves by. Errors are at the operation
  /// that cannot be inlined.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> inlineRegion(mlir::Region &region, const Move *move = nullptr);
  /// The same for a region that yields one value.
  mlir::FailureOr<mlir::Value> inlineScalar(mlir::Region &region);

  /// What an objective, of the player or move `name`, is at a point.
  mlir::FailureOr<mlir::Value> objective(mlir::Region &region, llvm::StringRef name, Point &at);
  /// Inlines one operation whose operands are mapped; its results are mapped then.
  mlir::LogicalResult inlineOp(mlir::Operation &op, mlir::IRMapping &map, const Move *move = nullptr);

  /// The value of data or of a variable in this turn.
  mlir::FailureOr<mlir::Value> use(llvm::StringRef name, mlir::Location loc);
  /// Makes `value` that of a variable.
  void set(llvm::StringRef variable, mlir::Value value) { point->variables[variable] = value; }
  /// An application of the network, with its own weights or with an average's shadow of them.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> apply(llvm::StringRef network, mlir::ValueRange inputs,
                                                        mlir::Location loc, PlayerOp average = {});

  /// How many updates the player has made once it has made `rounds` in this turn; and the number, as f64, of the update
  /// that it makes after `round` others.
  mlir::FailureOr<mlir::Value> stepsAfter(PlayerOp player, int64_t rounds);
  mlir::FailureOr<mlir::Value> step(PlayerOp player, int64_t round);

  /// The value before the call of the cell of `kind` that belongs to `subject` (`cellName`), or null (after an error)
  /// if there is no such cell.
  mlir::FailureOr<mlir::Value> read(CellKind kind, const llvm::Twine &subject, mlir::Location loc);
  /// Makes `value` the cell's value after the call.
  mlir::LogicalResult write(CellKind kind, const llvm::Twine &subject, mlir::Value value, mlir::Location loc);
  /// In `init`, a read after a write means the value written.
  void readWhatIsWritten() { seesWrites = true; }
  /// A network that has an average is applied with its weights everywhere.
  void useAverages() { usesAverages = true; }
  /// Over a data set, the sum of an expectation stays marked as one.
  void keepExpectations() { keepsExpectations = true; }

  /// The streams of draws, by the way to them and their place: at another point a draw is the same.
  using Streams = std::map<std::pair<std::string, mlir::Operation *>, int64_t>;
  /// What another function of these streams draws by the same way is the same here.
  void drawAs(Streams &others) { streams = &others; }

  /// An application of a network.
  struct Applied {
    llvm::StringRef network;
    bool average; ///< With an average's weights.
    bool nested;  ///< Within another application.
    llvm::SmallVector<mlir::Value> inputs, results;
  };
  /// All applications, in the order in which they end.
  llvm::SmallVector<Applied> applied;
  /// What applications proposed for states, in order.
  llvm::MapVector<mlir::SymbolRefAttr, llvm::SmallVector<mlir::Value>> proposals;

  mlir::OpBuilder &getBuilder() { return builder; }
  /// Ends the function. `subject` is a number of agon_abi.h, or -1.
  mlir::func::FuncOp finish(int64_t subject = -1);

private:
  mlir::LogicalResult inlineBlock(mlir::Block &block, mlir::IRMapping &map, const Move *move,
                                  llvm::SmallVectorImpl<mlir::Value> &yielded);
  mlir::FailureOr<mlir::Value> valueOf(mlir::Operation &op, mlir::IRMapping &map, const Move *move);
  mlir::FailureOr<mlir::Value> iteration(mlir::Location loc);
  mlir::FailureOr<mlir::Value> hyper(HyperOp op, mlir::Value expression);

  const GameIndex &index;
  const CellTable &cells;
  std::string kindOfFunction;
  Specialisation specialisation;
  int64_t &stream;
  mlir::func::FuncOp function;
  mlir::OpBuilder builder;
  bool seesWrites = false, keepsExpectations = false, usesAverages = false;
  PlayerOp shadow; ///< Of the network being inlined: the average whose weights it has.
  llvm::StringMap<mlir::Value> arguments;
  Point home; ///< Where all parameters are what they were before the call.
  Point *point = &home;
  Streams ownStreams, *streams = &ownStreams;
  std::string way; ///< To what is being inlined: "D/G#1", the first application of G within D's objective.
  llvm::SmallVector<std::string> argumentCells;
  llvm::MapVector<std::string, mlir::Value, std::map<std::string, unsigned>> results;
  llvm::SmallVector<llvm::StringRef> callers; ///< Variables and networks being inlined.
  llvm::StringMap<unsigned> applications;     ///< Of each network, so far.
  mlir::StringAttr application;               ///< The one being inlined, for locations.
};

/// The sum of all elements of a tensor.
mlir::Value sumOf(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value);

} // namespace agon::game

#endif
