//===- Value.h - What an expression evaluates to -----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Sema is an interpreter whose values are of two times: numbers, lists,
// functions and distributions are known while compiling; tensors are nodes of
// the graph under construction.
//===----------------------------------------------------------------------===//
#ifndef AGON_FRONTEND_SEMA_GRAPH_VALUE_H
#define AGON_FRONTEND_SEMA_GRAPH_VALUE_H

#include "frontend/sema/Model.h"
#include "frontend/syntax/AST.h"
#include <memory>

namespace agon::sema {

struct Builtin;
struct DistributionValue;
struct Value;

/// What a name stands for that has its value only where it is read.
class Deferred {
public:
  virtual ~Deferred() = default;
  /// The `index`-th of them, as it is now; `at` is where it is read.
  virtual Value read(int64_t index, SourceRange at) = 0;
  /// Whether it may be one that can be applied.
  virtual bool mayBeFunction(int64_t) const { return false; }
};

/// The value of an expression. `Error` means that a diagnostic has been given;
/// whatever meets it becomes `Error` without another word.
struct Value {
  enum class Kind {
    Error,
    All, ///< `all`: every axis.
    Int, ///< Exact, 64 bits, overflow is diagnosed.
    Real,
    Bool,
    String,
    List,     ///< A shape or a vector: [a, b, c]
    Tuple,    ///< Several results.
    Callable, ///< A fn, layer, network or built-in function.
    Distribution,
    Tensor,   ///< `node`
    GameName, ///< A variable of the game, `index` of `deferred`; read through Op::Use.
    Hyper     ///< An optimiser's numeric argument, `index` of `deferred`; becomes a node when it is read.
  };
  Kind kind = Kind::Error;
  int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  std::string text; ///< String; a built-in function's name.
  std::vector<Value> elements;
  const syntax::Decl *decl = nullptr;
  const Builtin *builtin = nullptr;
  std::shared_ptr<const DistributionValue> distribution;
  Node *node = nullptr;
  Deferred *deferred = nullptr;
  int64_t index = 0;

  static Value ofInt(int64_t value);
  static Value ofReal(double value);
  static Value ofBool(bool value);
  static Value ofString(std::string text);
  static Value ofList(std::vector<Value> elements);
  static Value ofTuple(std::vector<Value> elements);
  static Value ofShape(const Shape &shape);
  static Value ofDecl(const syntax::Decl *decl);
  static Value ofTensor(Node *node); ///< Error for nullptr.
  static Value ofBuiltin(const Builtin *builtin, std::string_view name);
  static Value ofDeferred(Kind kind, Deferred &deferred, int64_t index);
  static Value all();

  bool is(Kind k) const { return kind == k; }
  bool isError() const { return kind == Kind::Error; }
  bool isNumber() const { return kind == Kind::Int || kind == Kind::Real; }
  bool isTensor() const { return kind == Kind::Tensor; }
  bool isDeferred() const { return kind == Kind::GameName || kind == Kind::Hyper; }
  bool isList() const { return kind == Kind::List || kind == Kind::Tuple; }
  double number() const { return kind == Kind::Int ? double(integer) : real; }
};

/// A distribution as a first-class value: `normal(0, 0.02)`.
struct DistributionValue {
  enum Kind { Normal, TruncatedNormal, Uniform, Bernoulli, Categorical } kind;
  Value first, second; ///< Mean and deviation; low and high; probability; classes or probabilities.
};

/// "the whole number 3", "a tensor of shape [2]", "the layer `dense`", for messages.
std::string describe(const Value &value);
/// As the value would be written in a program, for run.json: "128", "[3, 32]".
std::string printValue(const Value &value);
/// Texts and values, one after the other: what a list holds, or the one value.
std::string joined(const Value &parts);
/// The word for a declaration's kind: "layer", "network".
std::string_view kindName(syntax::DeclKind kind);

} // namespace agon::sema
#endif
