//===- Builtins.cpp - The table of built-in functions -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Builtins.h"
#include "frontend/sema/BuiltinFunctions.h"

namespace agon::sema {

static const Builtin table[] = {
    // Elementwise.
    {"exp", "x", builtin::elementwise, Op::Exp},
    {"log", "x", builtin::elementwise, Op::Log},
    {"sqrt", "x", builtin::elementwise, Op::Sqrt},
    {"tanh", "x", builtin::elementwise, Op::Tanh},
    {"sigmoid", "x", builtin::elementwise, Op::Sigmoid},
    {"softplus", "x", builtin::elementwise, Op::Softplus},
    {"abs", "x", builtin::elementwise, Op::Abs},
    {"sin", "x", builtin::elementwise, Op::Sin},
    {"cos", "x", builtin::elementwise, Op::Cos},
    {"erf", "x", builtin::elementwise, Op::Erf},
    {"floor", "x", builtin::elementwise, Op::Floor},
    {"ceil", "x", builtin::elementwise, Op::Ceil},
    {"sign", "x", builtin::elementwise, Op::Sign},
    {"select", "c a b", builtin::select},
    {"float", "x", builtin::toFloat},
    {"stop_gradient", "x", builtin::stopGradient},
    {"grad", "y x", builtin::grad},
    // Reductions.
    {"max", "axis? keep? x*", builtin::extremum, Op::ReduceMax},
    {"min", "axis? keep? x*", builtin::extremum, Op::ReduceMin},
    {"sum", "x axis? keep?", builtin::sum},
    {"mean", "x axis? keep?", builtin::mean},
    {"batch_mean", "x", builtin::batchMean},
    // Shape.
    {"reshape", "x shape*", builtin::reshape},
    {"flatten", "x", builtin::flatten},
    {"transpose", "x axes*", builtin::transpose},
    {"concat", "axis? x*", builtin::concat},
    {"stack", "axis? x*", builtin::stack},
    {"broadcast", "x shape*", builtin::broadcast},
    {"pad", "x low high value?", builtin::pad},
    {"reverse", "x axis?", builtin::reverse},
    {"one_hot", "y", builtin::oneHot},
    {"iota", "n", builtin::iota},
    {"arange", "n", builtin::iota},
    // Windows.
    {"convolve", "x W stride? pad? dilation? groups?", builtin::convolve},
    {"deconvolve", "x W stride? pad? output_pad? dilation? groups?", builtin::deconvolve},
    {"unfold", "x axis size stride? dilation?", builtin::unfold},
    {"fold", "x axis length stride? dilation?", builtin::fold},
    {"cumsum", "x axis? reverse?", builtin::cumsum},
    // Labels and samples.
    {"gather", "x index axis?", builtin::gather},
    {"scatter_add", "x index n axis?", builtin::scatterAdd},
    {"label", "x k", builtin::label},
    {"samples", "x", builtin::samples},
    {"per_sample", "x", builtin::perSample},
    {"draw", "distribution shape", builtin::draw},
    // Questions answered while compiling.
    {"shape", "x", builtin::shape},
    {"rank", "x", builtin::rank},
    {"size", "x", builtin::size},
    {"len", "x", builtin::len},
    {"is_label", "x", builtin::isLabel},
    {"is_batched", "x", builtin::isBatched},
    {"is_number", "x", builtin::isNumber},
    {"is_list", "x", builtin::isListOf},
    {"product", "list", builtin::product},
    {"range", "first last?", builtin::range},
    {"fill", "count value", builtin::fill},
    {"fan_in", "shape", builtin::fanIn},
    {"fan_out", "shape", builtin::fanOut},
    {"fail", "help? message*", builtin::fail},
    // Distributions.
    {"normal", "m? s?", builtin::normal},
    {"truncated_normal", "m? s?", builtin::truncatedNormal},
    {"uniform", "a? b?", builtin::uniform},
    {"bernoulli", "p", builtin::bernoulli},
    {"categorical", "k", builtin::categorical},
    // Special forms: Elaborator::special.
    {"total", "x", nullptr},
    {"greatest", "x", nullptr},
    {"is_zero", "x", nullptr},
    {"data_mean", "x", nullptr},
};

const Builtin *findBuiltin(std::string_view name) {
  for (const Builtin &builtin : table)
    if (builtin.name == name)
      return &builtin;
  return nullptr;
}

const std::vector<std::string> &builtinNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Builtin &builtin : table)
      list.emplace_back(builtin.name);
    return list;
  }();
  return names;
}

} // namespace agon::sema
