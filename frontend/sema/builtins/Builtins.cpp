//===- Builtins.cpp - The table of built-in functions -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/builtins/Builtins.h"
#include "frontend/sema/GivenNames.h"
#include "frontend/sema/builtins/BuiltinFunctions.h"
#include <unordered_map>

namespace agon::sema {

static Value number(int64_t value) { return Value::ofInt(value); }
static const Value no = Value::ofBool(false), all = Value::all();

static Param optional(std::string_view name, Takes takes) { return {name, takes, {}, Param::Optional}; }
static Param further(std::string_view name, Takes takes) { return {name, takes, {}, Param::Rest}; }

static std::vector<Builtin> tensorFunctions() {
  using enum Takes;
  return {
  // Elementwise.
#define FUNCTION(id, name, passes, made, fold) {name, {{"x", Numbers}}, builtin::elementwise, Op::id},
#include "frontend/sema/Operations.def"
      {"select", {{"c"}, {"a"}, {"b"}}, builtin::select},
      {"float", {{"x"}}, builtin::toFloat},
      {"stop_gradient", {{"x"}}, builtin::stopGradient},
      {"grad", {{"y", Reals}, {"x"}}, builtin::grad},
      // Reductions.
      {"max", {further("x", Numbers), {"axis", Axes, all}, {"keep", Flag, no}}, builtin::extremum, Op::ReduceMax},
      {"min", {further("x", Numbers), {"axis", Axes, all}, {"keep", Flag, no}}, builtin::extremum, Op::ReduceMin},
      {"sum", {{"x", Numbers}, {"axis", Axes, all}, {"keep", Flag, no}}, builtin::sum},
      {"mean", {{"x", Numbers}, {"axis", Axes, all}, {"keep", Flag, no}}, builtin::mean},
      {"batch_mean", {{"x", Numbers}}, builtin::batchMean},
      // Shape.
      {"reshape", {{"x", Tensor}, further("shape", Shape)}, builtin::reshape},
      {"flatten", {{"x", Tensor}}, builtin::flatten},
      {"transpose", {{"x", Tensor}, further("axes", Axis)}, builtin::transpose},
      {"concat", {further("x", Reals), {"axis", Axis, number(0)}}, builtin::concat},
      {"stack", {further("x", Reals), {"axis", Axis, number(0)}}, builtin::stack},
      {"broadcast", {{"x", Tensor}, further("shape", Shape)}, builtin::broadcast},
      {"pad", {{"x", Reals}, {"low", Widths}, {"high", Widths}, {"value", Number, number(0)}}, builtin::pad},
      {"reverse", {{"x"}, optional("axis", Axes)}, builtin::reverse},
      {"one_hot", {{"y", Labels}}, builtin::oneHot},
      {"iota", {{"n", Count}}, builtin::iota},
      {"arange", {{"n", Count}}, builtin::iota},
  };
}

static std::vector<Builtin> windowAndLabelFunctions() {
  using enum Takes;
  return {
      // Windows.
      {"convolve",
       {{"x", Reals},
        {"W", Reals},
        {"stride", Counts, number(1)},
        {"pad", Padding, number(0)},
        {"dilation", Counts, number(1)},
        {"groups", Count, number(1)}},
       builtin::convolve},
      {"deconvolve",
       {{"x", Reals},
        {"W", Reals},
        {"stride", Counts, number(1)},
        {"pad", Padding, number(0)},
        {"output_pad", Widths, number(0)},
        {"dilation", Counts, number(1)},
        {"groups", Count, number(1)}},
       builtin::deconvolve},
      {"unfold",
       {{"x", Tensor},
        {"axis", Axes},
        {"size", Counts},
        {"stride", Counts, number(1)},
        {"dilation", Counts, number(1)}},
       builtin::unfold},
      {"fold",
       {{"x", Reals},
        {"axis", Axes},
        {"length", Counts},
        {"stride", Counts, number(1)},
        {"dilation", Counts, number(1)}},
       builtin::fold},
      {"cumsum", {{"x", Reals}, {"axis", Axis, number(-1)}, {"reverse", Flag, no}}, builtin::cumsum},
      // Labels and samples.
      {"gather", {{"x", Reals}, {"index", Labels}, {"axis", Axis, number(0)}}, builtin::gather},
      {"scatter_add", {{"x", Reals}, {"index", Labels}, {"n", Count}, {"axis", Axis, number(0)}}, builtin::scatterAdd},
      {"label", {{"x", Tensor}, {"k", Count}}, builtin::label},
      {"samples", {{"x", Tensor}}, builtin::samples},
      {"per_sample", {{"x", Tensor}}, builtin::perSample},
      {"draw", {{"distribution", Distribution}, {"shape", Shape}}, builtin::draw},
  };
}

static std::vector<Builtin> otherFunctions() {
  using enum Takes;
  const std::vector<Param> moments{{"m", Moments, number(0)}, {"s", Moments, number(1)}};
  return {
      // Questions answered while compiling.
      {"shape", {{"x", Tensor}}, builtin::shape},
      {"rank", {{"x"}}, builtin::rank},
      {"size", {{"x"}}, builtin::size},
      {"len", {{"x"}}, builtin::len},
      {"is_label", {{"x"}}, builtin::isLabel},
      {"is_batched", {{"x"}}, builtin::isBatched},
      {"is_number", {{"x"}}, builtin::isNumber},
      {"is_list", {{"x"}}, builtin::isListOf},
      {"product", {{"list", NumberList}}, builtin::product},
      {"range", {{"first", Whole}, optional("last", Whole)}, builtin::range},
      {"fill", {{"count", Whole}, {"value"}}, builtin::fill},
      {"fan_in", {{"shape", Shape}}, builtin::fanIn},
      {"fan_out", {{"shape", Shape}}, builtin::fanOut},
      {"fail", {further("message", Anything), optional("help", Anything)}, builtin::fail},
      // Distributions.
      {"normal", moments, builtin::normal},
      {"truncated_normal", moments, builtin::truncatedNormal},
      {"uniform", {{"a", Moments, number(0)}, {"b", Moments, number(1)}}, builtin::uniform},
      {"bernoulli", {{"p", Moments}}, builtin::bernoulli},
      {"categorical", {{"k"}}, builtin::categorical},
      // Special forms, whose argument is not evaluated first: SpecialForms.
      {given::total, {{"x"}}, nullptr},
      {given::greatest, {{"x"}}, nullptr},
      {given::ownTotal, {{"x"}}, nullptr},
      {given::along, {{"x"}, {"v"}}, nullptr},
      {given::before, {{"w"}}, nullptr},
      {given::isZero, {{"x"}}, nullptr},
      {given::dataMean, {{"x"}}, nullptr},
  };
}

static const std::vector<Builtin> &table() {
  static const std::vector<Builtin> rows = [] {
    std::vector<Builtin> list = tensorFunctions();
    for (const auto &more : {windowAndLabelFunctions(), otherFunctions()})
      list.insert(list.end(), more.begin(), more.end());
    return list;
  }();
  return rows;
}

const Builtin *findBuiltin(std::string_view name) {
  static const std::unordered_map<std::string_view, const Builtin *> byName = [] {
    std::unordered_map<std::string_view, const Builtin *> map;
    for (const Builtin &builtin : table())
      map.emplace(builtin.name, &builtin);
    return map;
  }();
  auto it = byName.find(name);
  return it == byName.end() ? nullptr : it->second;
}

const std::vector<std::string> &builtinNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Builtin &builtin : table())
      list.emplace_back(builtin.name);
    return list;
  }();
  return names;
}

} // namespace agon::sema
