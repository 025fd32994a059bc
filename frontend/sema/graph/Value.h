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
#include <variant>

namespace agon::sema {

struct Builtin;
struct DistributionValue;
class Value;

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
class Value {
public:
  /// In the order of the variant below.
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
    Tensor,
    GameName, ///< A variable of the game, read through Op::Use.
    Hyper     ///< An optimiser's numeric argument; becomes a node when it is read.
  };

  static Value ofInt(int64_t value);
  static Value ofReal(double value);
  static Value ofBool(bool value);
  static Value ofString(std::string text);
  static Value ofList(std::vector<Value> elements);
  static Value ofTuple(std::vector<Value> elements);
  static Value ofShape(const Shape &shape);
  static Value ofDecl(const syntax::Decl *decl);
  static Value ofBuiltin(const Builtin *builtin, std::string_view name);
  static Value ofDistribution(std::shared_ptr<const DistributionValue> distribution);
  static Value ofTensor(Node *node); ///< Error for nullptr.
  static Value ofGameName(Deferred &names, int64_t index);
  static Value ofHyper(Deferred &arguments, int64_t index);
  static Value all();

  Kind kind() const { return Kind(data.index()); }
  bool is(Kind k) const { return kind() == k; }
  bool isError() const { return is(Kind::Error); }
  bool isNumber() const { return is(Kind::Int) || is(Kind::Real); }
  bool isTensor() const { return is(Kind::Tensor); }
  bool isDeferred() const { return is(Kind::GameName) || is(Kind::Hyper); }
  bool isList() const { return is(Kind::List) || is(Kind::Tuple); }

  // Of a value of the kind in question; else nothing: 0, false, no elements, null.
  int64_t integer() const { return as<Kind::Int>(int64_t(0)); }
  double number() const { return is(Kind::Int) ? double(integer()) : as<Kind::Real>(0.0); }
  bool boolean() const { return as<Kind::Bool>(false); }
  const std::string &text() const; ///< Of a String, or a built-in function's name.
  const std::vector<Value> &elements() const;
  /// Of a list or tuple, to be changed.
  std::vector<Value> &changeElements();
  const syntax::Decl *decl() const { return callable() ? callable()->decl : nullptr; }
  const Builtin *builtin() const { return callable() ? callable()->builtin : nullptr; }
  const DistributionValue &distribution() const { return **std::get_if<size_t(Kind::Distribution)>(&data); }
  Node *node() const { return as<Kind::Tensor>(static_cast<Node *>(nullptr)); }
  int64_t index() const { return name().index; } ///< Which of its Deferred's names.
  bool mayBeFunction() const { return name().of->mayBeFunction(name().index); }
  /// What a deferred value stands for where it is read.
  Value read(SourceRange at) const { return name().of->read(name().index, at); }

private:
  struct Everything {};
  template <Kind kind> struct Elements {
    std::vector<Value> list;
  };
  struct Callable {
    const syntax::Decl *decl = nullptr;
    const Builtin *builtin = nullptr;
    std::string name; ///< Of a built-in function.
  };
  struct Name {
    Deferred *of = nullptr;
    int64_t index = 0;
  };
  struct HyperName : Name {};

  template <Kind kind, typename T> T as(T otherwise) const {
    auto *held = std::get_if<size_t(kind)>(&data);
    return held ? T(*held) : otherwise;
  }
  template <Kind kind, typename T> static Value made(T &&content) {
    Value value;
    value.data.template emplace<size_t(kind)>(std::forward<T>(content));
    return value;
  }
  const Callable *callable() const { return std::get_if<size_t(Kind::Callable)>(&data); }
  Name name() const { return is(Kind::Hyper) ? as<Kind::Hyper>(Name()) : as<Kind::GameName>(Name()); }

  std::variant<std::monostate, Everything, int64_t, double, bool, std::string, Elements<Kind::List>,
               Elements<Kind::Tuple>, Callable, std::shared_ptr<const DistributionValue>, Node *, Name, HyperName>
      data;
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
