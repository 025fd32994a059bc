//===- Builtins.cpp - The table of built-in functions -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/builtins/Builtins.h"
#include "frontend/sema/builtins/BuiltinFunctions.h"
#include <algorithm>
#include <unordered_map>

namespace agon::sema {

static const std::vector<Builtin> &table() {
  static const std::vector<Builtin> rows = {
  // Elementwise.
#define FUNCTION(id, name, passes, made, fold) {name, Signature("x"), builtin::elementwise, Op::id},
#include "frontend/sema/Operations.def"
      {"select", Signature("c a b"), builtin::select},
      {"float", Signature("x"), builtin::toFloat},
      {"stop_gradient", Signature("x"), builtin::stopGradient},
      {"grad", Signature("y x"), builtin::grad},
      // Reductions.
      {"max", Signature("axis? keep? x*"), builtin::extremum, Op::ReduceMax},
      {"min", Signature("axis? keep? x*"), builtin::extremum, Op::ReduceMin},
      {"sum", Signature("x axis? keep?"), builtin::sum},
      {"mean", Signature("x axis? keep?"), builtin::mean},
      {"batch_mean", Signature("x"), builtin::batchMean},
      // Shape.
      {"reshape", Signature("x shape*"), builtin::reshape},
      {"flatten", Signature("x"), builtin::flatten},
      {"transpose", Signature("x axes*"), builtin::transpose},
      {"concat", Signature("axis? x*"), builtin::concat},
      {"stack", Signature("axis? x*"), builtin::stack},
      {"broadcast", Signature("x shape*"), builtin::broadcast},
      {"pad", Signature("x low high value?"), builtin::pad},
      {"reverse", Signature("x axis?"), builtin::reverse},
      {"one_hot", Signature("y"), builtin::oneHot},
      {"iota", Signature("n"), builtin::iota},
      {"arange", Signature("n"), builtin::iota},
      // Windows.
      {"convolve", Signature("x W stride? pad? dilation? groups?"), builtin::convolve},
      {"deconvolve", Signature("x W stride? pad? output_pad? dilation? groups?"), builtin::deconvolve},
      {"unfold", Signature("x axis size stride? dilation?"), builtin::unfold},
      {"fold", Signature("x axis length stride? dilation?"), builtin::fold},
      {"cumsum", Signature("x axis? reverse?"), builtin::cumsum},
      // Labels and samples.
      {"gather", Signature("x index axis?"), builtin::gather},
      {"scatter_add", Signature("x index n axis?"), builtin::scatterAdd},
      {"label", Signature("x k"), builtin::label},
      {"samples", Signature("x"), builtin::samples},
      {"per_sample", Signature("x"), builtin::perSample},
      {"draw", Signature("distribution shape"), builtin::draw},
      // Questions answered while compiling.
      {"shape", Signature("x"), builtin::shape},
      {"rank", Signature("x"), builtin::rank},
      {"size", Signature("x"), builtin::size},
      {"len", Signature("x"), builtin::len},
      {"is_label", Signature("x"), builtin::isLabel},
      {"is_batched", Signature("x"), builtin::isBatched},
      {"is_number", Signature("x"), builtin::isNumber},
      {"is_list", Signature("x"), builtin::isListOf},
      {"product", Signature("list"), builtin::product},
      {"range", Signature("first last?"), builtin::range},
      {"fill", Signature("count value"), builtin::fill},
      {"fan_in", Signature("shape"), builtin::fanIn},
      {"fan_out", Signature("shape"), builtin::fanOut},
      {"fail", Signature("help? message*"), builtin::fail},
      // Distributions.
      {"normal", Signature("m? s?"), builtin::normal},
      {"truncated_normal", Signature("m? s?"), builtin::truncatedNormal},
      {"uniform", Signature("a? b?"), builtin::uniform},
      {"bernoulli", Signature("p"), builtin::bernoulli},
      {"categorical", Signature("k"), builtin::categorical},
      // Special forms, whose argument is not evaluated first: SpecialForms.
      {"total", Signature("x"), nullptr},
      {"greatest", Signature("x"), nullptr},
      {"is_zero", Signature("x"), nullptr},
      {"data_mean", Signature("x"), nullptr},
  };
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
