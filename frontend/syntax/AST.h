//===- AST.h - The syntax tree of a model file ------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Plain data: one struct a construct, every node with its place in the source.
// Names are resolved and shapes computed in frontend/sema, not here.
//===----------------------------------------------------------------------===//
#ifndef AGON_FRONTEND_SYNTAX_AST_H
#define AGON_FRONTEND_SYNTAX_AST_H

#include "frontend/syntax/Source.h"
#include <optional>

namespace agon::syntax {

struct Expr;
struct Stmt;
using ExprPtr = std::unique_ptr<Expr>;
using StmtPtr = std::unique_ptr<Stmt>;

/// A name as written, with its place. Declarations and references may be
/// dotted: `fgan.kl.activation`.
struct Ident {
  std::string text;
  SourceRange range;
};

//===-- Expressions -------------------------------------------------------===//

enum class ExprKind {
  Integer,     // 42: exact
  Real,        // 0.5, 1e-3
  Bool,        // true, false
  String,      // "text"
  Name,        // x, fgan.kl.activation (dots joined by the parser)
  Unary,       // -a, not a
  Binary,      // a + b, ...
  Call,        // f(a, k = b); `x |> f(a)` and `x |> f` are calls with piped = true, x first
  Index,       // x[i], x[a:b], x[i, a:b]
  Conditional, // if c then a else b
  List,        // [a, b, ..rest]: a shape or a vector of expressions
  Tuple,       // (a, b)
  Expectation  // E[e]
};

enum class UnaryOp { Neg, Not };
enum class BinaryOp { Add, Sub, Mul, Div, Mod, Pow, MatMul, Lt, Le, Gt, Ge, Eq, Ne, And, Or };

struct Arg {
  std::optional<Ident> name; ///< Set for `k = v`.
  ExprPtr value;
};

/// One subscript: `i`, or `a:b` with either side left out.
struct Subscript {
  bool isSlice = false;
  ExprPtr first, last;
  SourceRange range;
};

struct Expr {
  ExprKind kind;
  SourceRange range;

  int64_t integer = 0;               // Integer
  double real = 0;                   // Real
  bool boolean = false;              // Bool
  std::string text;                  // String; Name
  UnaryOp unary = {};                // Unary
  BinaryOp binary = {};              // Binary
  SourceRange opRange;               // Unary, Binary: the operator itself
  std::vector<ExprPtr> children;     // Unary 1; Binary 2; Conditional 3; List, Tuple n; Index 1 (base);
                                     // Expectation 1
  std::vector<bool> spread;          // List: child i is written `..child`
  Ident callee;                      // Call
  std::vector<Arg> args;             // Call; for a piped call args[0] is the left side
  bool piped = false;                // Call
  std::optional<Ident> averaged;     // Call: `average(G)(z)`, the G; the callee is `average`
  std::vector<Subscript> subscripts; // Index
  uint32_t height = 1;               ///< Of the tree from here down; the parser bounds it (and the nesting of
                                     ///< statements, types and turns), so that recursion over a tree is safe.

  Expr(ExprKind kind, SourceRange range) : kind(kind), range(range) {}
};

//===-- Types -------------------------------------------------------------===//

enum class TypeKind {
  Shape, // [1, 28, 28], [n, ..rest], []: the shape of one sample
  Class, // class(10)
  Int,
  Real,
  Bool,
  Tuple // ([1], [10]): several results
};

struct TypeExpr {
  TypeKind kind;
  SourceRange range;
  std::vector<ExprPtr> dims; // Shape: each a Name (binds in parameter position) or an expression
  std::vector<bool> spread;  // Shape: dims[i] is written `..rest`; `[..]` is one spread with null dim
  ExprPtr classes;           // Class
  std::vector<std::unique_ptr<TypeExpr>> elements; // Tuple
};
using TypePtr = std::unique_ptr<TypeExpr>;

//===-- Statements --------------------------------------------------------===//

enum class StmtKind {
  Let,     // let a = e; let (a, b) = e
  Assign,  // a = e: rebinds a name of this body
  Param,   // param W: [n, m] ~ dist; param b: [m] = 0
  State,   // state u: [m] = 0 (layers), state m = 0 (optimisers); `~ dist` too
  Write,   // m <- e
  Return,  // return e
  For,     // for i in a..b { }, for a in list { }, for (a, b) in list { }
  If,      // if cond { } else { }; `else if` nests
  Noise,   // noise k: class(8) ~ categorical(8), in sources and bodies
  Require, // require cond, "why", value: an error where the condition does not hold
  Mode,    // mode i in 0..n at [x, y] within r: a mixture source's modes, in sources
  Step,    // step e, in ways to play: the players move along e
  Draw,    // draw, in ways to play: the next minibatch
  Play     // play, in ways to play: the turns of the block
};

struct Stmt {
  StmtKind kind;
  SourceRange range;
  std::vector<Ident> names;      // Let, For: 1, or n for a tuple pattern; the others: 1
  TypePtr type;                  // Param, State, Noise; may be null
  ExprPtr value;                 // Let, Assign, Write, Return, Step; Param/State/Noise: the initial value or
                                 // distribution; If, Require: the condition; Mode: the point
  bool drawn = false;            // Param, State: `~` rather than `=`
  ExprPtr first, last;           // For, Mode: the range; For over a list: `first`, and no `last`
  ExprPtr radius;                // Mode
  std::vector<Arg> args;         // Require: what `fail` says, texts and values; may be empty
  std::vector<StmtPtr> body;     // For, If
  std::vector<StmtPtr> elseBody; // If
};

//===-- Declarations ------------------------------------------------------===//

struct Param {
  Ident name;
  TypePtr type;     // may be null
  ExprPtr fallback; // default value, may be null
};

enum class DeclKind { Import, Const, Fn, Layer, Network, Optimizer, Source, Way, Game };

/// `play { ... }` and what is inside it.
struct Turn {
  enum Kind { Move, Simultaneous, Repeat, Sequence, Unrolled, Way } kind;
  SourceRange range;
  Ident player;                                // Move; Unrolled: who moves; Way: its name, `every`, `lookahead`
  ExprPtr count;                               // Repeat, Unrolled; Way: `every 16 { }`, or null
  std::vector<Arg> args;                       // Way: `lookahead(5, 0.5) { }`
  Ident opponent;                              // Unrolled: `G unrolling 5 D`
  std::vector<std::unique_ptr<Turn>> children; // Simultaneous, Repeat and Way (one Sequence), Sequence
};

struct DataField {
  Ident name;
  TypePtr type;
  ExprPtr low, high; // `in (low, high)`, both or neither
};

/// Frozen: `frozen F from "FILE"`; Load: `init G from "FILE"`; Init: `init G.dense_0.b = e`.
enum class GameItemKind { Data, Noise, Let, Value, Player, Move, Play, Metric, Average, Init, Frozen, Load };

struct GameItem {
  GameItemKind kind;
  SourceRange range;
  std::vector<Ident> names;       // Let: 1 or n; Data, Play: none; Move, Init: 1, dotted; the others: 1
  std::vector<DataField> fields;  // Data
  TypePtr type;                   // Noise
  ExprPtr value;                  // Noise: distribution; Data: `~ source(...)` or null; Let, Value, Metric, Init;
                                  // Player, Move: the objective
  std::vector<Ident> owned;       // Player(N1, N2); empty: the network of the player's name
  bool maximizes = false;         // Player, Move
  std::vector<ExprPtr> optimizer; // Player: the chain `a(...) then b(...)`, each a Call or Name;
                                  // Average: one, `ema(0.999)`
  std::unique_ptr<Turn> turns;    // Play: a Sequence
  Ident file;                     // Frozen, Load: the path, its quotes' range
  std::optional<Ident> alias;     // Frozen, Load: `as C`, what the file calls the network; Average: its name
};

struct Decl {
  DeclKind kind;
  SourceRange range;
  Ident name;                  // dotted where written so; Import: the path, its quotes' range
  std::string doc;             // The `///` lines above, joined by newlines
  std::vector<Param> params;   // Fn, Layer, Network, Optimizer, Source, Way
  TypePtr result;              // Layer, Network, Source; may be null
  ExprPtr value;               // Const; Fn and Network of the form `= e`
  std::vector<StmtPtr> body;   // Fn, Layer, Network, Optimizer, Source, Way of the form { ... }
  std::vector<GameItem> items; // Game
};

/// One parsed file.
struct Module {
  const SourceFile *file = nullptr;
  std::vector<Decl> decls;
};

} // namespace agon::syntax
#endif
